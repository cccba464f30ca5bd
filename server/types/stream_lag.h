/*
 * How far a group has read: how many of all entries that were ever added it has got, and how many are still to come.
 *
 * Deleted entries leave gaps, of which a stream knows only the last; so where one may be ahead, neither is known. The
 * rules are those of Redis 7.2. Under the lock of the stream's shard.
 */
#ifndef KVS_TYPES_STREAM_LAG_H
#define KVS_TYPES_STREAM_LAG_H

#include "types/stream.h"
#include "types/stream_group.h"

#include <stdbool.h>
#include <stdint.h>

/* How many entries were added up to that ID, itself included; GROUP_READ_UNKNOWN where nothing tells. */
int64_t stream_added_up_to(const struct stream *stream, struct stream_id id);

/* The group gets the entry with that ID, which the stream has. */
void stream_lag_advance(const struct stream *stream, struct stream_group *group, struct stream_id id);

/* How many entries the group has still to get. False: that isn't known. */
bool stream_lag(const struct stream *stream, const struct stream_group *group, int64_t *lag_out);

#endif
