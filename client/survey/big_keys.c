#include "survey/big_keys.h"

#include "survey/key_report.h"
#include "survey/key_totals.h"

#include <inttypes.h>
#include <stdio.h>

struct big_keys {
    struct key_totals totals;
    struct progress progress;
};

static void visit(void *context, const struct walked_key *key)
{
    struct big_keys *big = context;
    const struct key_total *total = key_totals_add(&big->totals, key);
    if (!total)
        return;
    progress_clear(&big->progress);
    key_report_fraction(key->fraction);
    printf("Biggest %-6s found so far '%s' with %" PRIu64 " %s\n", total->type_name, total->biggest_name,
           total->biggest, total->unit);
}

static void print_biggest(const struct key_totals *totals)
{
    for (size_t i = 0; i < totals->count; i++) {
        const struct key_total *total = &totals->types[i];
        if (total->biggest_name)
            printf("Biggest %6s found '%s' has %" PRIu64 " %s\n", total->type_name, total->biggest_name, total->biggest,
                   total->unit);
    }
    putchar('\n');
}

static void print_totals(const struct key_totals *totals)
{
    for (size_t i = 0; i < totals->count; i++) {
        const struct key_total *total = &totals->types[i];
        double share = totals->keys > 0 ? 100 * (double)total->count / (double)totals->keys : 0;
        double average = total->sized > 0 ? (double)total->size / (double)total->sized : 0;
        printf("%" PRIu64 " %ss with %" PRIu64 " %s (%05.2f%% of keys, avg size %.2f)\n", total->count,
               total->type_name, total->size, total->unit, share, average);
    }
}

struct key_walk_result big_keys_run(struct session *session, bool by_memory)
{
    struct big_keys big = {.progress = progress_begin()};
    struct key_walk_plan plan = {.visit = visit, .context = &big, .essential = by_memory ? KEY_MEMORY : KEY_TYPE};
    plan.asks[KEY_TYPE] = true;
    plan.asks[KEY_LENGTH] = !by_memory;
    plan.asks[KEY_MEMORY_OF_UNKNOWN] = !by_memory;
    plan.asks[KEY_MEMORY] = by_memory;
    key_totals_init(&big.totals, by_memory);
    struct key_walk_result result = key_walk_run(session, &plan, &big.progress);
    if (key_report_begin_summary(&result)) {
        key_report_name_bytes(&result, big.totals.name_bytes);
        print_biggest(&big.totals);
        print_totals(&big.totals);
    }
    key_totals_deinit(&big.totals);
    return result;
}
