/*
 * The groups of a stream, by name.
 *
 * Functions take NULL, unless they say otherwise, for a stream that never had one. Under the lock of the stream's shard.
 */
#ifndef KVS_TYPES_STREAM_GROUPS_H
#define KVS_TYPES_STREAM_GROUPS_H

#include "types/stream_group.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream_groups {
    struct name_table by_name;
};

/* ---- for the type ---- */

/* All at once; it takes about 4 ms for a million pending entries. */
void stream_groups_free(struct stream_groups *groups);

/* Whether that takes more than some microseconds. */
bool stream_groups_are_slow_to_free(const struct stream_groups *groups);

/* A copy with all that is pending. groups isn't NULL. NULL without memory. */
struct stream_groups *stream_groups_copy(const struct stream_groups *groups);

/* Bytes, estimated from samples entries of each list; 0: from all. */
size_t stream_groups_memory(const struct stream_groups *groups, size_t samples);

uint64_t stream_groups_count(const struct stream_groups *groups);

/* An entry goes from the stream, and from all pending lists. True: it was in some. */
bool stream_groups_forget(struct stream_groups *groups, struct stream_id id);

/* Whether every group has got the entry, and acknowledged it. Without a group nobody has. */
bool stream_groups_all_acked(const struct stream_groups *groups, struct stream_id id);

/* ---- groups ---- */

/* NULL: there is none with that name. */
struct stream_group *stream_groups_find(const struct stream_groups *groups, struct bytes name);

/* Adds a group under its name, which isn't there; *groups is made at the first. 0 or -ENOMEM. */
int stream_groups_add(struct stream_groups **groups, struct stream_group *group);

/* The group goes. What it had is freed in the background if it is much. */
void stream_groups_remove(struct stream_groups *groups, struct stream_group *group);

/* In the order of names: the first one, and the next. NULL: there is none. */
struct stream_group *stream_groups_first(const struct stream_groups *groups, struct tree_place *place_out);
struct stream_group *stream_groups_next(const struct stream_groups *groups, struct tree_place *place);

/* Ends the process if something is wrong with them. For tests and DEBUG. */
void stream_groups_check(const struct stream_groups *groups);

#endif
