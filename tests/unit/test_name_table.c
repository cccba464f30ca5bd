/*
 * Name tables beside a model: what was added is found by name and by number, and gone through in the order of names; a
 * copy has the same; and without memory for an addition nothing has happened.
 */
#include "base/memory.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "types/name_table.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THINGS 600
#define NAME_MAX_LEN 400

struct thing {
    struct named named; /* first */
    unsigned what;
};

static char names[THINGS][NAME_MAX_LEN];
static struct thing things[THINGS];
static struct dice dice;

/* Names of all lengths, also too long for a record, numbers, the empty one, and bytes that are no text. */
static void make_names(void)
{
    for (unsigned i = 0; i < THINGS; i++) {
        int len = 0;
        if (i % 23 == 7)
            len = sprintf(names[i], "%0380u", i);
        else if (i % 5 == 2)
            len = sprintf(names[i], "%u", i * i);
        else if (i > 0)
            len = sprintf(names[i], i % 2 ? "%c%u" : "\xff%c%u", (int)(i % 7), i);
        things[i] = (struct thing){.named = {.name = {names[i], (size_t)len}}, .what = i};
    }
}

static int compare_names(const void *a, const void *b)
{
    const struct thing *left = *(struct thing *const *)a, *right = *(struct thing *const *)b;
    size_t left_len = left->named.name.len, right_len = right->named.name.len;
    size_t len = left_len < right_len ? left_len : right_len;
    int order = memcmp(left->named.name.data, right->named.name.data, len);
    return order ? order : (left_len > right_len) - (left_len < right_len);
}

/* The things that are in the table, sorted by name. */
static unsigned sorted(struct thing *out[THINGS])
{
    unsigned count = 0;
    for (unsigned i = 0; i < THINGS; i++)
        if (things[i].named.number)
            out[count++] = &things[i];
    qsort(out, count, sizeof out[0], compare_names);
    return count;
}

static void compare(const struct name_table *table)
{
    struct thing *order[THINGS];
    struct tree_place place;
    unsigned count = sorted(order);
    name_table_check(table);
    ck_assert_uint_eq(name_table_count(table), count);
    const struct named *named = name_table_first(table, &place);
    for (unsigned i = 0; i < count; i++) {
        ck_assert_ptr_eq(named, &order[i]->named);
        named = name_table_next(table, &place);
    }
    ck_assert_ptr_null(named);
    for (unsigned i = 0; i < THINGS; i++) {
        struct named *expected = things[i].named.number ? &things[i].named : NULL;
        ck_assert_ptr_eq(name_table_find(table, things[i].named.name), expected);
        if (expected)
            ck_assert_ptr_eq(name_table_at(table, expected->number), expected);
    }
}

/* Adds or removes some, with memory that runs out now and then. */
static void toggle_some(struct name_table *table, unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        struct named *named = &things[dice_below(&dice, THINGS)].named;
        uint64_t before = name_table_count(table);
        if (named->number) {
            name_table_remove(table, named);
            ck_assert_uint_eq(named->number, 0);
            continue;
        }
        mem_fail_after(dice_chance(&dice, 30) ? 1 + (unsigned)dice_below(&dice, 3) : 0);
        int error = name_table_add(table, named);
        mem_fail_after(0);
        ck_assert(error == 0 || error == -ENOMEM);
        ck_assert_uint_eq(named->number != 0, error == 0);
        ck_assert_uint_eq(name_table_count(table), before + (error == 0));
    }
}

START_TEST(things_are_found_by_name_and_number_and_come_in_order)
{
    struct name_table table;
    dice = dice_create(1);
    make_names();
    name_table_init(&table);
    compare(&table);
    for (unsigned i = 0; i < scratch_rounds(30); i++) {
        toggle_some(&table, 100);
        compare(&table);
    }
    ck_assert_uint_le(table.room, 1024); /* numbers are given again */
    ck_assert_uint_gt(name_table_memory(&table), name_table_count(&table) * sizeof(void *));
    name_table_deinit(&table);
}
END_TEST

static struct named *copy_thing(const struct named *named)
{
    struct thing *copy = mem_try_alloc(sizeof *copy);
    if (copy)
        *copy = *(const struct thing *)named;
    return copy ? &copy->named : NULL;
}

static void free_thing(struct named *named)
{
    mem_free(named);
}

START_TEST(a_copy_has_the_same_numbers)
{
    struct name_table table, copy;
    struct tree_place place;
    dice = dice_create(2);
    make_names();
    name_table_init(&table);
    toggle_some(&table, 300);
    unsigned countdown = 1;
    for (mem_fail_after(countdown); name_table_copy(&copy, &table, copy_thing, free_thing) != 0;
         mem_fail_after(countdown)) {
        ck_assert_uint_eq(name_table_count(&copy), 0);
        countdown += 1 + countdown / 8;
    }
    mem_fail_after(0);
    ck_assert_uint_gt(countdown, 50);
    name_table_check(&copy);
    ck_assert_uint_eq(name_table_count(&copy), name_table_count(&table));
    struct named *named = name_table_first(&copy, &place);
    for (; named; named = name_table_next(&copy, &place)) {
        const struct thing *thing = (const struct thing *)named;
        ck_assert_ptr_ne(thing, &things[thing->what]);
        ck_assert_ptr_eq(name_table_at(&table, named->number), &things[thing->what].named);
    }
    for (named = name_table_first(&copy, &place); named; named = name_table_next(&copy, &place))
        free_thing(named);
    name_table_deinit(&copy);
    name_table_deinit(&table);
}
END_TEST

Suite *suite_name_table(void)
{
    Suite *suite = suite_create("name_table");
    TCase *tcase = tcase_create("tables");
    tcase_add_test(tcase, things_are_found_by_name_and_number_and_come_in_order);
    tcase_add_test(tcase, a_copy_has_the_same_numbers);
    suite_add_tcase(suite, tcase);
    return suite;
}
