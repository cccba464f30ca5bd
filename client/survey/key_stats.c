#include "survey/key_stats.h"

#include "core/memory.h"
#include "survey/key_stats_internal.h"

#include <stdlib.h>
#include <string.h>

#define KEYS_SHOWN 10

const double key_stats_percentiles[KEY_STATS_PERCENTILES] = {50, 90, 99, 99.9};

double key_stats_total(const struct histogram *histogram)
{
    return histogram_mean(histogram) * (double)histogram_count(histogram);
}

static struct type_stats *find_type(struct key_stats *stats, const struct walked_key *key)
{
    const char *name = key->type_name ? key->type_name : "unknown";
    for (size_t i = 0; i < stats->type_count; i++) {
        if (strcmp(stats->types[i].name, name) == 0)
            return &stats->types[i];
    }
    stats->types = memory_resize(stats->types, (stats->type_count + 1) * sizeof *stats->types);
    struct type_stats *type = &stats->types[stats->type_count++];
    *type = (struct type_stats){
        .name = memory_copy_text(name, strlen(name)),
        .unit = key->type ? key->type->unit : NULL,
        .lengths = histogram_create(),
        .memory = histogram_create(),
    };
    return type;
}

static void add_known(struct histogram *histogram, int64_t value)
{
    if (value >= 0)
        histogram_add(histogram, (uint64_t)value);
}

static void visit(void *context, const struct walked_key *key)
{
    struct key_stats *stats = context;
    struct type_stats *type = find_type(stats, key);
    int64_t length = key->answers[KEY_LENGTH], memory = key->answers[KEY_MEMORY], ttl = key->answers[KEY_TTL];
    type->count++;
    add_known(type->lengths, length);
    add_known(type->memory, memory);
    add_known(stats->memory, memory);
    add_known(stats->ttls, ttl);
    stats->without_ttl += ttl == KEY_HAS_NO_TTL;
    stats->name_bytes += key->name_length;
    histogram_add(stats->names, key->name_length);
    int64_t size = memory >= 0 ? memory : length;
    if (size > 0)
        top_keys_add(stats->top, (uint64_t)size, key);
}

/* For qsort(3): the type with most keys first. */
static int compare_types(const void *first, const void *second)
{
    uint64_t a = ((const struct type_stats *)first)->count, b = ((const struct type_stats *)second)->count;
    return (a < b) - (a > b);
}

static void stats_destroy(struct key_stats *stats)
{
    for (size_t i = 0; i < stats->type_count; i++) {
        free(stats->types[i].name);
        histogram_destroy(stats->types[i].lengths);
        histogram_destroy(stats->types[i].memory);
    }
    free(stats->types);
    histogram_destroy(stats->names);
    histogram_destroy(stats->memory);
    histogram_destroy(stats->ttls);
    top_keys_destroy(stats->top);
}

struct key_walk_result key_stats_run(struct session *session)
{
    struct key_stats stats = {
        .names = histogram_create(),
        .memory = histogram_create(),
        .ttls = histogram_create(),
        .top = top_keys_create(KEYS_SHOWN),
    };
    struct progress progress = progress_begin();
    struct key_walk_plan plan = {.visit = visit, .context = &stats, .essential = KEY_TYPE};
    plan.asks[KEY_TYPE] = plan.asks[KEY_LENGTH] = plan.asks[KEY_MEMORY] = plan.asks[KEY_TTL] = true;
    struct key_walk_result result = key_walk_run(session, &plan, &progress);
    if (stats.type_count > 0)
        qsort(stats.types, stats.type_count, sizeof *stats.types, compare_types);
    enum format format = session_options(session)->style.format;
    if (format == FORMAT_JSON || format == FORMAT_QUOTED_JSON)
        key_stats_print_json(&stats, &result, format == FORMAT_QUOTED_JSON);
    else
        key_stats_print_tables(&stats, &result);
    stats_destroy(&stats);
    return result;
}
