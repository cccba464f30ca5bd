#include "survey/hot_keys.h"

#include "survey/key_report.h"
#include "survey/top_keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define KEYS_SHOWN 16

struct hot_keys {
    struct top_keys *top;
    struct progress progress;
};

static void visit(void *context, const struct walked_key *key)
{
    struct hot_keys *hot = context;
    int64_t frequency = key->answers[KEY_FREQUENCY];
    if (frequency < 0 || !top_keys_add(hot->top, (uint64_t)frequency, key))
        return;
    char *name = key_report_name(key->name, key->name_length);
    progress_clear(&hot->progress);
    key_report_fraction(key->fraction);
    printf("Hot key '%s' found so far with counter %" PRId64 "\n", name, frequency);
    free(name);
}

static void print_top(const struct top_keys *top)
{
    size_t count;
    const struct top_key *list = top_keys_list(top, &count);
    for (size_t i = 0; i < count; i++) {
        char *name = key_report_name(list[i].name, list[i].name_length);
        printf("hot key found with counter: %" PRIu64 "\tkeyname: %s\n", list[i].value, name);
        free(name);
    }
}

struct key_walk_result hot_keys_run(struct session *session)
{
    struct hot_keys hot = {.top = top_keys_create(KEYS_SHOWN), .progress = progress_begin()};
    struct key_walk_plan plan = {.visit = visit, .context = &hot, .essential = KEY_FREQUENCY};
    plan.asks[KEY_FREQUENCY] = true;
    struct key_walk_result result = key_walk_run(session, &plan, &hot.progress);
    if (key_report_begin_summary(&result))
        print_top(hot.top);
    top_keys_destroy(hot.top);
    return result;
}
