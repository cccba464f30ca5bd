/*
 * A sorted set that a command makes, to be answered with, or to be stored under a key, where it replaces what was
 * there. An empty one leaves no key behind.
 *
 *     zset_result_begin()
 *     ...                       functions of .members, or zset_result_add()
 *     zset_result_store()       or another one that ends it
 */
#ifndef KVS_HANDLERS_ZSET_RESULT_H
#define KVS_HANDLERS_ZSET_RESULT_H

#include "command/call.h"
#include "store/key_event.h"
#include "types/gathering.h"
#include "types/zset.h"

struct zset_result {
    struct call *call;
    struct gathering members;
    struct zset_limits limits;
    bool is_skiplist; /* that is what it is called while members are added */
    bool settles;     /* in the end it is named by what has become of it */
};

/* Bytes of memory that so many members take while the result is made. */
static inline size_t zset_result_bytes(uint64_t count)
{
    return count * sizeof(struct record_ref);
}

/* Room for most members, of which none comes twice. False, with the error, without memory. */
bool zset_result_begin(struct zset_result *result, struct call *call, uint64_t most);

/* For members of several sources, with a rule that joins them; it is named in the end. */
bool zset_result_begin_joined(struct zset_result *result, struct call *call, uint64_t room, uint64_t sources,
                              gathering_rule *rule, void *context);

/* Adds a member, as another collection has it stored. */
void zset_result_add(struct zset_result *result, const char *stored, double score);

/* Ends it: stores it under the key, and answers with the number of its members; or with the error, without memory. */
void zset_result_store(struct zset_result *result, const struct key *key, const struct key_event *event);

/* Ends it: answers with the members, or with their number. */
void zset_result_reply(struct zset_result *result, bool scores);
void zset_result_reply_count(struct zset_result *result);

/* Ends it, with the error, without memory. */
void zset_result_fail(struct zset_result *result);

#endif
