/*
 * Putting members with their scores into sorted sets, on behalf of the commands that do so.
 */
#ifndef KVS_HANDLERS_ZSET_PUT_H
#define KVS_HANDLERS_ZSET_PUT_H

#include "base/bytes.h"
#include "types/zset.h"

#include <stdbool.h>

enum zset_put { ZSET_PUT_NO_MEMORY, ZSET_PUT_NOTHING, ZSET_PUT_ADDED, ZSET_PUT_CHANGED };
enum zset_put_if { ZSET_PUT_ANY, ZSET_PUT_IF_NEW, ZSET_PUT_IF_PRESENT };

/* Adds the member, or gives it that score, which is not NaN. */
enum zset_put zset_put(struct collection *zset, const struct arg *member, double score, enum zset_put_if condition,
                       const struct zset_limits *limits);

#endif
