/*
 * The ACL log: who was refused what. Entries of one kind within a minute are one, with a count.
 *
 * One log a process; any thread.
 */
#ifndef KVS_RECORD_ACL_LOG_H
#define KVS_RECORD_ACL_LOG_H

#include "base/bytes.h"

#include <stdint.h>

enum acl_log_reason { ACL_LOG_AUTH, ACL_LOG_COMMAND, ACL_LOG_KEY, ACL_LOG_CHANNEL, ACL_LOG_SOCKET, ACL_LOG_REASONS };

/* A refusal. Texts are borrowed: by acl_log_add() for the call, from acl_log_each() for the visit. */
struct acl_refusal {
    enum acl_log_reason reason;
    struct bytes object; /* the command's full name, the key, the channel, or AUTH or HELLO as it was sent */
    struct bytes user;   /* the name that was tried or used */
    struct bytes client; /* its line of CLIENT LIST */
};

/*
 * Notes it, and keeps the max_len newest entries. object and user are cut to ACL_LOG_TEXT_MAX bytes, since strangers
 * choose them.
 */
#define ACL_LOG_TEXT_MAX 1024
void acl_log_add(const struct acl_refusal *refusal, int64_t max_len);

struct acl_log_entry {
    int64_t id;
    int64_t count;                  /* how often it happened */
    int64_t created_ms, updated_ms; /* wall: the first and the last time */
    struct acl_refusal refusal;     /* the client of the last time */
};

/* Calls visit for the max newest entries, under the log's lock. Returns how many there were. */
typedef void acl_log_visit(void *context, const struct acl_log_entry *entry);
int64_t acl_log_each(int64_t max, acl_log_visit *visit, void *context);

/* Forgets all entries; their numbers go on. */
void acl_log_reset(void);

/* How often it happened since the start or acl_log_reset_counts(). */
uint64_t acl_log_count(enum acl_log_reason reason);
void acl_log_reset_counts(void);

#endif
