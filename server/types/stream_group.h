/*
 * Consumer groups: who reads a stream together, each entry going to one of them, and what they have not acknowledged.
 *
 * A group has a list of all that is pending (stream_pending.h), and each consumer a tree of the IDs that are pending
 * with it, so its own history is as quickly gone through as everybody's. The functions here keep both alike.
 *
 * All changes allocate first: -ENOMEM leaves the group as it was. Times are wall, in milliseconds. Under the lock of the
 * stream's shard.
 */
#ifndef KVS_TYPES_STREAM_GROUP_H
#define KVS_TYPES_STREAM_GROUP_H

#include "types/name_table.h"
#include "types/stream_pending.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GROUP_READ_UNKNOWN INT64_C(-1) /* of entries_read */
#define CONSUMER_NEVER INT64_C(-1)     /* of active_ms */

struct stream_group {
    struct named named;       /* first */
    struct stream_id last_id; /* the last that was delivered */
    int64_t entries_read;     /* of all that were ever added, up to last_id */
    struct name_table consumers;
    struct pending_list pending;
    char name[];
};

struct stream_consumer {
    struct named named; /* first */
    int64_t seen_ms;    /* when it last tried anything */
    int64_t active_ms;  /* when it last got anything */
    struct tree own;    /* IDs that are pending with it */
    char name[];
};

/* A group that nobody has read with. NULL without memory. */
struct stream_group *stream_group_create(struct bytes name, struct stream_id last_id, int64_t entries_read);

/* The caller has taken it out of its table. at_once: this thread frees all of it, however much it is. */
void stream_group_free(struct stream_group *group, bool at_once);

/* With all that is pending and everybody's numbers. NULL without memory. */
struct stream_group *stream_group_copy(const struct stream_group *group);

/* Bytes, estimated from samples entries of each list; 0: from all. */
size_t stream_group_memory(const struct stream_group *group, size_t samples);

/* ---- consumers ---- */

struct stream_consumer *stream_consumer_find(const struct stream_group *group, struct bytes name);
struct stream_consumer *stream_consumer_at(const struct stream_group *group, uint32_t number);

/* A new consumer, whose name the group doesn't have. NULL without memory. */
struct stream_consumer *stream_consumer_add(struct stream_group *group, struct bytes name, int64_t now_ms);

/* It goes, with all that is pending with it. */
void stream_consumer_remove(struct stream_group *group, struct stream_consumer *consumer);

/* ---- entries; 0 or -ENOMEM ---- */

/*
 * The entry was delivered to that consumer, for the first time. If it is pending already, because the group was set back,
 * it counts as if it weren't.
 */
int stream_group_deliver(struct stream_group *group, struct stream_consumer *consumer, struct stream_id id,
                         int64_t now_ms);

/* At the place of an ID that isn't pending: it is now, with that consumer, or, with NULL, given back. */
int stream_group_add(struct stream_group *group, struct tree_place *place, struct stream_id id,
                     struct stream_consumer *consumer, int64_t delivered_ms, int64_t count);

/* The entry at the place goes to that consumer, which may be its owner, with that time and count. */
int stream_group_claim(struct stream_group *group, struct tree_place *place, const struct pending_entry *entry,
                       struct stream_consumer *consumer, int64_t delivered_ms, int64_t count);

/* The entry at the place has no owner any more, and is the last of those. */
int stream_group_give_back(struct stream_group *group, struct tree_place *place, const struct pending_entry *entry,
                           int64_t count);

/* The entry at the place is not pending any more. */
void stream_group_drop(struct stream_group *group, struct tree_place *place, const struct pending_entry *entry);

/* The same by ID; false: it isn't pending. */
bool stream_group_acknowledge(struct stream_group *group, struct stream_id id);

/* Ends the process if something is wrong with it. For tests and DEBUG. */
void stream_group_check(const struct stream_group *group);

#endif
