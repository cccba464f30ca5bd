/*
 * A sorted set that a command makes, in an entry of its own: to be answered with, or to be stored under a key, where it
 * replaces what was there. An empty one leaves no key behind.
 */
#ifndef KVS_HANDLERS_ZSET_RESULT_H
#define KVS_HANDLERS_ZSET_RESULT_H

#include "command/call.h"
#include "store/key_event.h"
#include "types/zset.h"

struct zset_result {
    struct call *call;
    struct collection zset;
    struct zset_limits limits;
};

/* key is the one to store under, or any. False, with the error, without memory. */
bool zset_result_begin(struct zset_result *result, struct call *call, const struct key *key);

/* Adds a member, as another collection has it stored, that isn't there yet. False without memory. */
bool zset_result_add(struct zset_result *result, const char *stored, double score);

/* Ends it: stores it under the key, and answers with the number of its members. */
void zset_result_store(struct zset_result *result, const struct key *key, const struct key_event *event);

/* Ends it, and frees it. */
void zset_result_drop(struct zset_result *result);

#endif
