/*
 * Accounts of this machine: the names of users and groups, by NSS.
 *
 * Looking up may read files or ask a service, so it stays off the way of requests: at start, when a rule or a socket
 * is set, when a connection is logged. Any thread.
 */
#ifndef KVS_HOST_ACCOUNT_H
#define KVS_HOST_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define ACCOUNT_NAME_MAX 64 /* bytes of a name with its NUL; a longer one is told as a number */

/* A name or a decimal number. False when there is no such account; a number needs none. */
bool account_find_user(const char *name, uid_t *uid_out);
bool account_find_group(const char *name, gid_t *gid_out);

/* The name, or the number where it has none. Returns out. */
const char *account_user_name(uid_t uid, char out[ACCOUNT_NAME_MAX]);
const char *account_group_name(gid_t gid, char out[ACCOUNT_NAME_MAX]);

/*
 * Loads what lookups need (libraries of NSS), so that they still work in the sandbox; but not for the accounts of
 * systemd's dynamic users alone, which have numbers then. Main thread, at start.
 */
void account_warm_up(void);

#endif
