/*
 * What the commands of sorted sets share: finding the set that is read, and members with scores in replies.
 */
#ifndef KVS_HANDLERS_SCORED_MEMBERS_H
#define KVS_HANDLERS_SCORED_MEMBERS_H

#include "handlers/elements.h"
#include "handlers/lookup.h"
#include "server.h"
#include "types/zset.h"

static inline struct zset_limits zset_limits_of(const struct call *call)
{
    const struct config *config = &call->server->config;
    return (struct zset_limits){config->zset_max_listpack_entries, config->zset_max_listpack_value};
}

/* The set that is read. False, after the answer, if the key holds something else; found says whether there is one. */
static inline bool zset_lookup(struct call *call, const struct key *key, struct collection *zset_out, bool *found_out)
{
    const struct entry *entry = lookup_read(call, key);
    if (!lookup_is(call, entry, TYPE_ZSET))
        return false;
    *found_out = entry != NULL;
    if (entry)
        collection_open(zset_out, &zset_kind, entry);
    return true;
}

/* The beginning of an answer with so many members. With scores, each of them is a pair of its own in RESP3. */
static inline void reply_scored_count(struct reply *reply, uint64_t count, bool scores)
{
    reply_array(reply, scores && reply->resp == 2 ? count * 2 : count);
}

static inline void reply_scored_member(struct reply *reply, const char *stored, double score, bool scores)
{
    if (scores && reply->resp > 2)
        reply_array(reply, 2);
    reply_element(reply, stored);
    if (scores)
        reply_double(reply, score);
}

static inline void reply_scored(struct reply *reply, const char *record, bool scores)
{
    reply_scored_member(reply, zset_member(record), zset_score(record), scores);
}

/* Answers with the count members from index on, upwards or downwards; there are so many. */
static inline void reply_scored_run(struct reply *reply, const struct collection *zset, uint64_t index, uint64_t count,
                                    bool down, bool scores)
{
    struct collection_place place;
    bool more = count > 0 && collection_at(zset, index, &place);
    while (more && !reply_is_over(reply)) {
        reply_scored(reply, place.record, scores);
        more = --count > 0 && (down ? collection_previous(zset, &place) : collection_next(zset, &place));
    }
}

#endif
