/*
 * What --keystats has collected (key_stats.c), for those who print it: key_stats_tables.c, key_stats_json.c.
 */
#ifndef KVS_CLIENT_SURVEY_KEY_STATS_INTERNAL_H
#define KVS_CLIENT_SURVEY_KEY_STATS_INTERNAL_H

#include "core/histogram.h"
#include "survey/key_walk.h"
#include "survey/top_keys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct type_stats {
    char *name;
    const char *unit; /* of lengths; NULL: they are not known */
    uint64_t count;
    struct histogram *lengths;
    struct histogram *memory;
};

struct key_stats {
    struct type_stats *types; /* when printed: those with most keys first */
    size_t type_count;
    struct histogram *names; /* their lengths */
    struct histogram *memory;
    struct histogram *ttls; /* milliseconds */
    uint64_t without_ttl;
    uint64_t name_bytes;
    struct top_keys *top; /* by memory; by length where memory is not known */
};

#define KEY_STATS_PERCENTILES 4

extern const double key_stats_percentiles[KEY_STATS_PERCENTILES];

/* Of all values together; as exact as a double. */
double key_stats_total(const struct histogram *histogram);

void key_stats_print_tables(const struct key_stats *stats, const struct key_walk_result *result);

/* One line. `quoted`: strings in printable ASCII. */
void key_stats_print_json(const struct key_stats *stats, const struct key_walk_result *result, bool quoted);

#endif
