/*
 * Searching sorted sets for members within a shape, and keeping those found until they are sorted.
 *
 * A match refers to a record of the set, and is of use until the set is changed.
 */
#ifndef KVS_TYPES_GEO_SEARCH_H
#define KVS_TYPES_GEO_SEARCH_H

#include "types/collection.h"
#include "types/geo_shape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct geo_match {
    double distance;    /* from the center of the shape, meters */
    const char *record; /* borrowed from the set */
    uint64_t place;     /* in the order in which they were found */
};

/* Calls with each match, until that returns false. */
typedef bool geo_visit(void *context, const struct geo_match *match);
void geo_search(const struct collection *zset, const struct geo_shape *shape, geo_visit *visit, void *context);

enum geo_order { GEO_AS_FOUND, GEO_NEAREST_FIRST, GEO_FARTHEST_FIRST };

/* Matches that are kept: all, or as many as are wanted of those that come first in some order. */
struct geo_matches {
    enum geo_order order;
    uint64_t wanted; /* UINT64_MAX: all */
    struct geo_match *array;
    size_t count, room;
};

/* Keeps one, in the place of another if there are enough. 0 or -ENOMEM. */
int geo_matches_add(struct geo_matches *matches, const struct geo_match *match);

/* Puts them in order; those at the same distance come as they were found. */
void geo_matches_sort(struct geo_matches *matches);

void geo_matches_deinit(struct geo_matches *matches);

#endif
