/*
 * Accounts of this machine: the names of users and groups, looked up through NSS.
 *
 * A lookup may read files or ask a service, so requests never wait for one: lookups happen at start, when a rule or a
 * socket is set, and for INFO's section about sockets. Any thread.
 */
#ifndef KVS_HOST_ACCOUNT_H
#define KVS_HOST_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define ACCOUNT_NAME_MAX 64 /* bytes of a name with its NUL; an account with a longer one appears as its number */

/* name is a name or a decimal number. False when no account has that name; a number is taken without a lookup. */
bool account_find_user(const char *name, uid_t *uid_out);
bool account_find_group(const char *name, gid_t *gid_out);

/* Writes the account's name, or the number if it has none. Returns out. */
const char *account_user_name(uid_t uid, char out[ACCOUNT_NAME_MAX]);
const char *account_group_name(gid_t gid, char out[ACCOUNT_NAME_MAX]);

/*
 * Loads what lookups need (libraries of NSS), so that they still work in the sandbox. Not where only systemd's dynamic
 * users would need a library: those then appear as numbers. Main thread, at start.
 */
void account_warm_up(void);

#endif
