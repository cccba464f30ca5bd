#include "core/quantity.h"
#include "core/table.h"
#include "survey/key_report.h"
#include "survey/key_stats_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef const char *write_function(char *text, double amount);

static void add_amount(struct table *table, write_function *write, double amount, bool is_known)
{
    char text[QUANTITY_SIZE];
    table_add(table, "%s", is_known ? write(text, amount) : "-");
}

static write_function *length_writer(const char *unit)
{
    return unit && strcmp(unit, "bytes") == 0 ? quantity_write_bytes : quantity_write_count;
}

static void add_total_and_average(struct table *table, write_function *write, const struct histogram *histogram)
{
    bool is_known = histogram_count(histogram) > 0;
    add_amount(table, write, key_stats_total(histogram), is_known);
    add_amount(table, write, histogram_mean(histogram), is_known);
}

static void print_types(const struct key_stats *stats, uint64_t keys)
{
    static const char *const heading[] = {"Type",    "Keys",    "Share",  "Unit",   "Total",
                                          "Average", "Largest", "Memory", "Average"};
    struct table *table = table_create("lrrlrrrrr");
    for (size_t i = 0; i < sizeof heading / sizeof heading[0]; i++)
        table_add(table, "%s", heading[i]);
    for (size_t i = 0; i < stats->type_count; i++) {
        const struct type_stats *type = &stats->types[i];
        char count[QUANTITY_SIZE];
        table_add(table, "%s", type->name);
        table_add(table, "%s", quantity_write_thousands(count, type->count));
        table_add(table, "%.1f%%", 100 * (double)type->count / (double)keys);
        table_add(table, "%s", type->unit ? type->unit : "-");
        add_total_and_average(table, length_writer(type->unit), type->lengths);
        add_amount(table, length_writer(type->unit), (double)histogram_max(type->lengths),
                   histogram_count(type->lengths) > 0);
        add_total_and_average(table, quantity_write_bytes, type->memory);
    }
    table_print(table, stdout);
    table_destroy(table);
    putchar('\n');
}

static const char *write_milliseconds(char *text, double amount)
{
    return quantity_write_duration(text, amount / 1000);
}

static void add_distribution(struct table *table, const char *name, write_function *write,
                             const struct histogram *histogram)
{
    char count[QUANTITY_SIZE];
    if (histogram_count(histogram) == 0)
        return;
    table_add(table, "%s", name);
    table_add(table, "%s", quantity_write_count(count, (double)histogram_count(histogram)));
    add_amount(table, write, (double)histogram_min(histogram), true);
    for (size_t i = 0; i < KEY_STATS_PERCENTILES; i++)
        add_amount(table, write, (double)histogram_percentile(histogram, key_stats_percentiles[i]), true);
    add_amount(table, write, (double)histogram_max(histogram), true);
}

static void print_distributions(const struct key_stats *stats)
{
    static const char *const heading[] = {"Spread of", "Keys", "Min", "50%", "90%", "99%", "99.9%", "Max"};
    struct table *table = table_create("lrrrrrrr");
    for (size_t i = 0; i < sizeof heading / sizeof heading[0]; i++)
        table_add(table, "%s", heading[i]);
    for (size_t i = 0; i < stats->type_count; i++) {
        const struct type_stats *type = &stats->types[i];
        char name[64];
        snprintf(name, sizeof name, "%s %s", type->name, type->unit ? type->unit : "");
        add_distribution(table, name, length_writer(type->unit), type->lengths);
    }
    add_distribution(table, "memory", quantity_write_bytes, stats->memory);
    add_distribution(table, "key names", quantity_write_bytes, stats->names);
    add_distribution(table, "time to live", write_milliseconds, stats->ttls);
    table_print(table, stdout);
    table_destroy(table);
    putchar('\n');
}

static void print_ttls(const struct key_stats *stats)
{
    char with[QUANTITY_SIZE], without[QUANTITY_SIZE];
    uint64_t count = histogram_count(stats->ttls), all = count + stats->without_ttl;
    if (all == 0)
        return;
    printf("Keys with a time to live: %s (%.2f%%), without: %s (%.2f%%)\n\n", quantity_write_thousands(with, count),
           100 * (double)count / (double)all, quantity_write_thousands(without, stats->without_ttl),
           100 * (double)stats->without_ttl / (double)all);
}

static void print_top(const struct key_stats *stats)
{
    static const char *const heading[] = {"Memory", "Length", "Type", "Time to live", "Biggest keys"};
    size_t count;
    const struct top_key *list = top_keys_list(stats->top, &count);
    struct table *table = table_create("rrlrl");
    for (size_t i = 0; i < sizeof heading / sizeof heading[0]; i++)
        table_add(table, "%s", heading[i]);
    for (size_t i = 0; i < count; i++) {
        const int64_t *answers = list[i].answers;
        char *name = key_report_name(list[i].name, list[i].name_length);
        add_amount(table, quantity_write_bytes, (double)answers[KEY_MEMORY], answers[KEY_MEMORY] >= 0);
        add_amount(table, quantity_write_count, (double)answers[KEY_LENGTH], answers[KEY_LENGTH] >= 0);
        table_add(table, "%s", list[i].type_name);
        add_amount(table, write_milliseconds, (double)answers[KEY_TTL], answers[KEY_TTL] >= 0);
        table_add(table, "%s", name);
        free(name);
    }
    table_print(table, stdout);
    table_destroy(table);
}

void key_stats_print_tables(const struct key_stats *stats, const struct key_walk_result *result)
{
    if (key_report_begin_summary(result))
        key_report_name_bytes(result, stats->name_bytes);
    if (result->walked == 0)
        return;
    print_types(stats, result->walked);
    print_distributions(stats);
    print_ttls(stats);
    print_top(stats);
}
