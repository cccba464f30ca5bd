/*
 * The ACL log: who was refused what. Entries of one kind within a minute are one, with a count.
 *
 * Guarded by a lock of its own, that nothing else is taken under; any worker inside the gate.
 */
#ifndef KVS_RECORD_ACL_LOG_H
#define KVS_RECORD_ACL_LOG_H

#include "base/bytes.h"

#include <stddef.h>
#include <stdint.h>

struct call;
struct reply;

enum acl_log_reason { ACL_LOG_AUTH, ACL_LOG_COMMAND, ACL_LOG_KEY, ACL_LOG_CHANNEL, ACL_LOG_SOCKET, ACL_LOG_REASONS };

/*
 * Notes that this call was refused. object is the command's full name, the key, the channel, or AUTH or HELLO as it
 * was sent; user the name that was tried or used. Both are cut to ACL_LOG_TEXT_MAX bytes, since strangers choose them.
 */
#define ACL_LOG_TEXT_MAX 1024
void acl_log_add(const struct call *call, enum acl_log_reason reason, struct bytes object, struct bytes user);

/* Answers with the newest entries, at most max of them, as ACL LOG does. */
void acl_log_reply(struct reply *reply, size_t max);

/* Forgets all entries; their numbers go on. */
void acl_log_reset(void);

/* How often it happened since the start or acl_log_reset_counts(). */
uint64_t acl_log_count(enum acl_log_reason reason);
void acl_log_reset_counts(void);

#endif
