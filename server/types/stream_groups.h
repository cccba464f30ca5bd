/*
 * The consumer groups of a stream. Under the lock of its shard.
 */
#ifndef KVS_TYPES_STREAM_GROUPS_H
#define KVS_TYPES_STREAM_GROUPS_H

#include "types/stream_id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream_groups;

/* For the stream's own operations; groups aren't NULL. */
void stream_groups_free(struct stream_groups *groups);
bool stream_groups_are_slow_to_free(const struct stream_groups *groups);      /* more than about 20 microseconds */
struct stream_groups *stream_groups_copy(const struct stream_groups *groups); /* NULL without memory */
size_t stream_groups_memory(const struct stream_groups *groups, size_t samples);
uint64_t stream_groups_count(const struct stream_groups *groups);

/* Takes the ID out of all lists of what is pending. */
void stream_groups_forget(struct stream_groups *groups, struct stream_id id);

/* Whether every group has been given the entry and none has it pending: it has read and acknowledged it. */
bool stream_groups_all_acked(const struct stream_groups *groups, struct stream_id id);

#endif
