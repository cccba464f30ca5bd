/*
 * The ACL log: which user was refused what. Refusals of one kind within a minute share an entry, with a count.
 *
 * There is one log per process; any thread, its lock is its own.
 */
#ifndef KVS_RECORD_ACL_LOG_H
#define KVS_RECORD_ACL_LOG_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum acl_log_reason { ACL_LOG_AUTH, ACL_LOG_COMMAND, ACL_LOG_KEY, ACL_LOG_CHANNEL, ACL_LOG_SOCKET, ACL_LOG_REASONS };

/* Where it was refused: to a request, to one that was to be queued or had been, or to what a script calls. */
enum acl_log_context { ACL_LOG_TOPLEVEL, ACL_LOG_MULTI, ACL_LOG_LUA };

/* A refusal. Texts are borrowed: for the call of acl_log_add(), or for a visit by acl_log_each(). */
struct acl_refusal {
    enum acl_log_reason reason;
    struct bytes object; /* the command's full name, the key, the channel, or AUTH or HELLO as it was sent */
    struct bytes user;   /* the name that was tried or used */
    struct bytes client; /* its line of CLIENT LIST */
    enum acl_log_context context;
};

/*
 * Records a refusal, and keeps the max_len newest entries. Texts are cut to so many bytes, since strangers choose them,
 * so no entry occupies more than ACL_LOG_ENTRY_MAX.
 */
#define ACL_LOG_TEXT_MAX 960 /* object, user */
#define ACL_LOG_CLIENT_MAX 2000
#define ACL_LOG_ENTRY_MAX 4352
void acl_log_add(const struct acl_refusal *refusal, int64_t max_len);

struct acl_log_entry {
    int64_t id;
    int64_t count;                  /* how often it happened */
    int64_t created_ms, updated_ms; /* wall: the first and the last time */
    int64_t happened_ms;            /* monotonic: the last time, for the age */
    struct acl_refusal refusal;     /* the client is that of the last time */
};

/* Calls visit for the max newest entries, newest first, under the log's lock. Returns how many there were. */
typedef void acl_log_visit(void *context, const struct acl_log_entry *entry);
int64_t acl_log_each(int64_t max, acl_log_visit *visit, void *context);

/* Forgets all entries; ids continue. */
void acl_log_reset(void);

/* The bytes that the entries occupy. */
size_t acl_log_bytes(void);

/* How many refusals there were for this reason since the start or acl_log_reset_counts(). */
uint64_t acl_log_count(enum acl_log_reason reason);
void acl_log_reset_counts(void);

#endif
