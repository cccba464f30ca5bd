/*
 * Groups in replies: what XINFO tells of them.
 */
#ifndef KVS_HANDLERS_STREAM_GROUPS_REPLY_H
#define KVS_HANDLERS_STREAM_GROUPS_REPLY_H

#include "command/call.h"
#include "resp/reply.h"
#include "types/stream.h"
#include "types/stream_groups.h"

/* XINFO GROUPS' map of a group. */
void reply_group(struct reply *reply, const struct stream *stream, const struct stream_group *group);

/* XINFO CONSUMERS' map of a consumer. */
void reply_consumer(struct reply *reply, const struct stream_consumer *consumer, int64_t now_ms);

/* XINFO STREAM FULL's array of all groups, with at most count entries of each list; 0: with all. */
void stream_groups_reply_full(struct call *call, const struct stream *stream, uint64_t count);

/* The name of the entry's owner; empty for one that was given back. Borrowed. */
struct bytes group_owner_name(const struct stream_group *group, const struct pending_entry *entry);

/* A walk over what is pending with one consumer, in the order of IDs. A change of the group ends it. */
struct consumer_walk {
    const struct stream_group *group;
    const struct stream_consumer *consumer;
    struct tree_place place; /* in the consumer's tree */
    struct pending_entry entry;
};

/* To the first entry from that ID on, and to the next. False: there is none. */
bool consumer_walk_begin(struct consumer_walk *walk, const struct stream_group *group,
                         const struct stream_consumer *consumer, struct stream_id from);
bool consumer_walk_next(struct consumer_walk *walk);

#endif
