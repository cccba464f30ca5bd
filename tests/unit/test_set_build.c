/*
 * Sets that are built from other sets: they have what a model says, each member once, and change like others. Without
 * memory at any allocation nothing is left of them.
 */
#include "base/memory.h"
#include "base/usage.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "types/set.h"
#include "types/set_build.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define UNIVERSE 12000
#define SETS 6

static const struct set_limits limits = {512, 128, 64};
static struct dice dice;
static struct collection sets[SETS];
static bool model[UNIVERSE];

static void init_member(struct element *member, unsigned number, char *text)
{
    size_t len = (size_t)sprintf(text, number % 2 ? "m%u" : "%u", number * 37);
    while (number % 97 == 3 && len < 400) /* lies outside */
        text[len++] = '.';
    element_init(member, text, len);
}

static void create(struct collection *set)
{
    struct entry *entry = collection_create(&set_kind, (struct bytes){"key", 3}, ENTRY_NO_EXPIRY);
    must(entry);
    collection_open(set, &set_kind, entry);
}

/* Of the first so many numbers each set has some, or the same as the first set. */
static void make_sets(unsigned universe, unsigned percent, bool are_same)
{
    dice = dice_create(universe + percent);
    memset(model, 0, sizeof model);
    for (unsigned i = 0; i < SETS; i++) {
        create(&sets[i]);
        struct dice same = dice_create(7);
        for (unsigned number = 0; number < universe; number++) {
            char text[500];
            struct element member;
            if (!dice_chance(are_same ? &same : &dice, percent))
                continue;
            init_member(&member, number, text);
            must(set_add(&sets[i], &member, NULL, &limits) == 1);
            model[number] = true;
        }
    }
}

static void free_sets(void)
{
    for (unsigned i = 0; i < SETS; i++)
        entry_free(sets[i].entry);
}

static void check_set(const struct collection *set)
{
    unsigned count = 0;
    for (unsigned number = 0; number < UNIVERSE; number++) {
        char text[500];
        struct element member;
        init_member(&member, number, text);
        must(set_has(set, &member) == model[number]);
        count += model[number];
    }
    must(collection_count(set) == count);
    collection_check(set);
}

static void stir(struct collection *set)
{
    for (unsigned step = 0; step < 5000; step++) {
        unsigned number = (unsigned)dice_below(&dice, UNIVERSE);
        char text[500];
        struct element member;
        init_member(&member, number, text);
        if (model[number])
            must(set_remove(set, &member) == 1);
        else
            must(set_add(set, &member, NULL, &limits) == 1);
        model[number] = !model[number];
    }
}

/* The union of all. With the countdown-th allocation failing. */
static int unite(struct collection *set, unsigned countdown)
{
    struct set_builder builder;
    mem_fail_after(countdown);
    int error = set_build_begin(&builder);
    error = error ? error : set_build_unite(&builder, sets, SETS);
    error = error ? error : set_build_end(&builder, set);
    mem_fail_after(0);
    if (error)
        set_build_drop(&builder);
    return error;
}

START_TEST(a_union_has_each_member_once)
{
    static const unsigned universes[] = {1500, 4000, UNIVERSE};
    for (unsigned round = 0; round < 9; round++) {
        int64_t before = usage_own();
        struct collection set;
        make_sets(universes[round % 3], 30 + round * 7, _i == 1);
        create(&set);
        must(unite(&set, 0) == 0);
        free_sets();
        check_set(&set);
        stir(&set);
        check_set(&set);
        entry_free(set.entry);
        ck_assert_int_eq(usage_own(), before);
    }
}
END_TEST

START_TEST(without_memory_nothing_is_left)
{
    struct collection set;
    make_sets(UNIVERSE, 60, false);
    create(&set);
    for (unsigned countdown = 1;; countdown++) {
        struct entry *entry = set.entry;
        int64_t before = usage_own();
        int error = unite(&set, countdown);
        if (error == 0)
            break;
        must(error == -ENOMEM && set.entry == entry && usage_own() == before);
    }
    free_sets();
    check_set(&set);
    entry_free(set.entry);
}
END_TEST

/* One walk, of which each member comes by itself, and what is passed is told only when there is need. */
START_TEST(a_walk_that_is_followed_needs_little_memory)
{
    struct collection set;
    struct collection_place place;
    struct set_builder builder;
    make_sets(UNIVERSE, 90, true);
    create(&set);
    must(set_build_begin(&builder) == 0);
    size_t room = builder.room;
    for (bool more = collection_at(&sets[0], 0, &place); more; more = collection_next(&sets[0], &place)) {
        if (set_build_is_full(&builder))
            set_build_pass(&builder, tree_leaf_hash(&sets[0].trees.tree, &place.tree));
        must(set_build_add(&builder, place.record) == 0);
    }
    must(collection_count(&sets[0]) > 2 * room);
    ck_assert_uint_eq(builder.room, room);
    must(set_build_end(&builder, &set) == 0);
    check_set(&set);
    free_sets();
    entry_free(set.entry);
}
END_TEST

Suite *suite_set_build(void);
Suite *suite_set_build(void)
{
    Suite *suite = suite_create("set_build");
    TCase *tcase = tcase_create("set_build");
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 240 : 60);
    tcase_add_loop_test(tcase, a_union_has_each_member_once, 0, 2);
    tcase_add_test(tcase, without_memory_nothing_is_left);
    tcase_add_test(tcase, a_walk_that_is_followed_needs_little_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
