#include "output/format.h"
#include "survey/key_stats_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_string(const char *bytes, size_t length, bool quoted)
{
    struct reply reply = {.type = REPLY_STRING, .text = (char *)bytes, .length = length}; /* only read */
    format_json(stdout, &reply, quoted);
}

/* Of any member of an object but the first. */
static void begin_member(const char *name)
{
    printf(",\"%s\":", name);
}

/* Of a histogram: an object, or null when it holds nothing. */
static void print_spread(const char *name, const struct histogram *histogram)
{
    begin_member(name);
    if (histogram_count(histogram) == 0) {
        fputs("null", stdout);
        return;
    }
    printf("{\"keys\":%" PRIu64 ",\"total\":%.0f,\"average\":%.2f,\"min\":%" PRIu64, histogram_count(histogram),
           key_stats_total(histogram), histogram_mean(histogram), histogram_min(histogram));
    for (size_t i = 0; i < KEY_STATS_PERCENTILES; i++)
        printf(",\"p%g\":%" PRIu64, key_stats_percentiles[i],
               histogram_percentile(histogram, key_stats_percentiles[i]));
    printf(",\"max\":%" PRIu64 "}", histogram_max(histogram));
}

static void print_types(const struct key_stats *stats, bool quoted)
{
    begin_member("types");
    putchar('[');
    for (size_t i = 0; i < stats->type_count; i++) {
        const struct type_stats *type = &stats->types[i];
        printf("%s{\"type\":", i > 0 ? "," : "");
        print_string(type->name, strlen(type->name), quoted);
        printf(",\"keys\":%" PRIu64, type->count);
        if (type->unit)
            printf(",\"unit\":\"%s\"", type->unit);
        print_spread("length", type->lengths);
        print_spread("memory", type->memory);
        putchar('}');
    }
    putchar(']');
}

static void print_answer(const char *name, int64_t answer)
{
    begin_member(name);
    if (answer >= 0)
        printf("%" PRId64, answer);
    else
        fputs("null", stdout);
}

static void print_top(const struct top_keys *top, bool quoted)
{
    size_t count;
    const struct top_key *list = top_keys_list(top, &count);
    begin_member("biggest");
    putchar('[');
    for (size_t i = 0; i < count; i++) {
        printf("%s{\"key\":", i > 0 ? "," : "");
        print_string(list[i].name, list[i].name_length, quoted);
        begin_member("type");
        print_string(list[i].type_name, strlen(list[i].type_name), quoted);
        print_answer("memory", list[i].answers[KEY_MEMORY]);
        print_answer("length", list[i].answers[KEY_LENGTH]);
        print_answer("ttl_ms", list[i].answers[KEY_TTL]);
        putchar('}');
    }
    putchar(']');
}

void key_stats_print_json(const struct key_stats *stats, const struct key_walk_result *result, bool quoted)
{
    if (result->code != EXIT_CODE_OK && result->walked == 0)
        return;
    printf("{\"keys\":%" PRIu64 ",\"complete\":%s", result->walked, result->is_complete ? "true" : "false");
    print_types(stats, quoted);
    print_spread("memory", stats->memory);
    print_spread("key_names", stats->names);
    print_spread("ttl_ms", stats->ttls);
    printf(",\"without_ttl\":%" PRIu64, stats->without_ttl);
    print_top(stats->top, quoted);
    puts("}");
}
