/*
 * Gatherings: members of several sources are joined as a model says, however often they are joined on the way, and
 * become sorted sets that agree with it and change like others. Without memory at any allocation nothing is left.
 */
#include "base/memory.h"
#include "base/usage.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "types/gathering.h"
#include "types/zset.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define UNIVERSE 3000
#define SOURCES 5

static struct dice dice;
static char stored[UNIVERSE][ELEMENT_MAX];
static const struct zset_limits limits = {128, 64};

/* What is wanted: how many sources each member is in, and the numbers of these, as the decimal digits of its score. */
static unsigned times[UNIVERSE];
static double wanted[UNIVERSE];

static size_t text_of(unsigned number, char *text)
{
    size_t len = (size_t)sprintf(text, number % 3 ? "m%u" : "%u", number);
    while (number % 97 == 1 && len < 300) /* lies outside */
        text[len++] = '.';
    return len;
}

static void element_of(unsigned number, struct element *element, char *text)
{
    element_init(element, text, text_of(number, text));
}

static void make_members(void)
{
    for (unsigned i = 0; i < UNIVERSE; i++) {
        char text[400];
        struct element element;
        element_of(i, &element, text);
        must(element_store(stored[i], &element, NULL) > 0);
        times[i] = 0;
        wanted[i] = 0;
    }
}

static void free_members(void)
{
    for (unsigned i = 0; i < UNIVERSE; i++)
        element_release(stored[i]);
}

/* The same one as it lies in another collection, with a blob of its own. */
static void copy_member(unsigned number, char *out)
{
    char text[400];
    struct element element;
    element_of(number, &element, text);
    must(element_store(out, &element, NULL) > 0);
}

/* ---- joining ---- */

static bool append_digits(void *context, const struct gathering *gathering, struct record_ref *same, size_t count)
{
    (void)context;
    for (size_t i = 1; i < count; i++) {
        must(gathering_source(gathering, &same[i]) > gathering_source(gathering, &same[i - 1]));
        same[0].score = same[0].score * 10 + same[i].score;
    }
    return true;
}

static bool in_all(void *context, const struct gathering *gathering, struct record_ref *same, size_t count)
{
    append_digits(context, gathering, same, count);
    return count == SOURCES;
}

static bool in_first_alone(void *context, const struct gathering *gathering, struct record_ref *same, size_t count)
{
    (void)context;
    return count == 1 && gathering_source(gathering, same) == 0;
}

static gathering_rule *const rules[] = {append_digits, in_all, in_first_alone};

static char copies[SOURCES][UNIVERSE][ELEMENT_MAX];

/* Each source has some of the first so many members. */
static void gather(struct gathering *gathering, unsigned universe, unsigned percent, bool reserves)
{
    for (unsigned source = 0; source < SOURCES; source++) {
        must(!reserves || gathering_reserve(gathering, universe) == 0);
        for (unsigned number = 0; number < universe; number++) {
            copies[source][number][0] = 0;
            if (!dice_chance(&dice, percent))
                continue;
            copy_member(number, copies[source][number]);
            times[number]++;
            wanted[number] = wanted[number] * 10 + source + 1;
            gathering_add_of(gathering, source, copies[source][number], source + 1);
        }
    }
}

static void release_copies(unsigned universe)
{
    for (unsigned source = 0; source < SOURCES; source++)
        for (unsigned number = 0; number < universe; number++)
            element_release(copies[source][number]);
}

/* By the rule of that number: which members stay. */
static void settle_model(unsigned rule)
{
    for (unsigned i = 0; i < UNIVERSE; i++) {
        bool stays = rule == 0 ? times[i] > 0 : rule == 1 ? times[i] == SOURCES : wanted[i] == 1;
        if (!stays)
            times[i] = 0;
    }
}

static void check_built(const struct collection *collection)
{
    unsigned count = 0;
    for (unsigned i = 0; i < UNIVERSE; i++) {
        char text[400];
        struct element element;
        struct collection_place place;
        element_of(i, &element, text);
        must(collection_find(collection, &element, &place) == (times[i] > 0));
        must(times[i] == 0 || zset_score(place.record) == wanted[i]);
        count += times[i] > 0;
    }
    must(collection_count(collection) == count);
    collection_check(collection);
}

/* Members go and come, and some get other scores. */
static void stir(struct collection *collection)
{
    for (unsigned step = 0; step < 4000; step++) {
        unsigned number = (unsigned)dice_below(&dice, UNIVERSE);
        double score = (double)dice_below(&dice, 50);
        char text[400];
        struct element element;
        struct collection_place place;
        element_of(number, &element, text);
        bool found = collection_find(collection, &element, &place);
        must(found == (times[number] > 0));
        if (found && step % 3 == 0) {
            must(zset_rescore(collection, &place, score) == 0);
        } else if (found) {
            must(collection_splice(collection, &place, 1, NULL, 0, false) == 0);
            times[number] = 0;
        } else {
            must(zset_add(collection, &element, NULL, score, &limits) == 0);
            times[number] = 1;
        }
        wanted[number] = score;
    }
}

static void create(struct collection *collection)
{
    struct entry *entry = collection_create(&zset_kind, (struct bytes){"key", 3}, ENTRY_NO_EXPIRY);
    must(entry);
    collection_open(collection, &zset_kind, entry);
}

START_TEST(members_are_joined_as_the_rule_says)
{
    static const unsigned universes[] = {1, 20, 300, UNIVERSE};
    unsigned rule = (unsigned)_i;
    dice = dice_create((uint64_t)_i);
    for (unsigned round = 0; round < 24; round++) {
        unsigned universe = universes[round % 4], percent = round % 3 ? 85 : 20;
        bool reserves = rule == 0 && round % 2; /* a union may be joined on the way */
        struct gathering gathering;
        struct collection collection;
        int64_t before = usage_own();
        make_members();
        create(&collection);
        must(gathering_begin_joined(&gathering, reserves ? 1 : SOURCES * universe, SOURCES, rules[rule], NULL) == 0);
        gather(&gathering, universe, percent, reserves);
        settle_model(rule);
        must(gathering_build(&gathering, &collection) == 0);
        gathering_deinit(&gathering);
        release_copies(universe);
        check_built(&collection);
        stir(&collection);
        check_built(&collection);
        entry_free(collection.entry);
        free_members();
        ck_assert_int_eq(usage_own(), before);
    }
}
END_TEST

/* A union that names one source again and again takes memory for its members, not for each time that they come. */
START_TEST(the_same_members_need_no_more_room)
{
    struct gathering gathering;
    make_members();
    must(gathering_begin_joined(&gathering, UNIVERSE, 100, append_digits, NULL) == 0);
    for (unsigned source = 0; source < 100; source++) {
        must(gathering_reserve(&gathering, UNIVERSE) == 0);
        for (unsigned number = 0; number < UNIVERSE; number++)
            gathering_add_of(&gathering, source, stored[number], 0);
    }
    gathering_join(&gathering);
    ck_assert_uint_eq(gathering.count, UNIVERSE);
    ck_assert_uint_le(gathering.room, 4 * UNIVERSE);
    gathering_deinit(&gathering);
    free_members();
}
END_TEST

/* ---- building ---- */

/* Of one source, in the order of numbers or in none. */
static int build(struct collection *collection, unsigned count, bool is_joined, unsigned countdown)
{
    struct gathering gathering;
    must((is_joined ? gathering_begin_joined(&gathering, count, 1, append_digits, NULL)
                    : gathering_begin(&gathering, count)) == 0);
    for (unsigned i = 0; i < count; i++) {
        if (is_joined)
            gathering_add_of(&gathering, 0, stored[i], wanted[i]);
        else
            gathering_add(&gathering, stored[i], wanted[i]);
    }
    mem_fail_after(countdown);
    int error = gathering_build(&gathering, collection);
    mem_fail_after(0);
    gathering_deinit(&gathering);
    return error;
}

START_TEST(without_memory_a_collection_stays_empty)
{
    static const unsigned counts[] = {3, 30, UNIVERSE};
    bool is_joined = _i == 1;
    dice = dice_create(20 + (uint64_t)_i);
    for (unsigned kind = 0; kind < 6; kind++) {
        unsigned count = counts[kind / 2];
        struct collection collection;
        int64_t first = usage_own();
        make_members();
        for (unsigned i = 0; i < count; i++) {
            times[i] = 1;
            unsigned tens = i / 10;
            wanted[i] = kind % 2 ? tens : (double)dice_below(&dice, 20);
        }
        create(&collection);
        for (unsigned countdown = 1;; countdown++) {
            struct entry *entry = collection.entry;
            int64_t before = usage_own();
            int error = build(&collection, count, is_joined, countdown);
            if (error == 0)
                break;
            must(error == -ENOMEM && collection.entry == entry && collection_count(&collection) == 0);
            must(usage_own() == before);
        }
        check_built(&collection);
        entry_free(collection.entry);
        free_members();
        ck_assert_int_eq(usage_own(), first);
    }
}
END_TEST

Suite *suite_gathering(void);
Suite *suite_gathering(void)
{
    Suite *suite = suite_create("gathering");
    TCase *tcase = tcase_create("gathering");
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 240 : 60);
    tcase_add_loop_test(tcase, members_are_joined_as_the_rule_says, 0, 3);
    tcase_add_test(tcase, the_same_members_need_no_more_room);
    tcase_add_loop_test(tcase, without_memory_a_collection_stays_empty, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
