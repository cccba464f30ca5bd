/*
 * Trees that are built from records in order: they have these records, change like any other tree afterwards, and
 * without memory at any allocation nothing is left of them.
 */
#include "base/memory.h"
#include "base/usage.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "shape/tree_build.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 80000
#define SAME_PIECE 7 /* records of an index that have the same hash */

struct kind {
    enum tree_order order;
    struct record_form form;
};

static const struct kind kinds[] = {{TREE_BY_PLACE, {.elements = 1}},
                                    {TREE_BY_PLACE, {.elements = 2}},
                                    {TREE_BY_SCORE, {.fixed = 8, .elements = 1}},
                                    {TREE_BY_HASH, {.fixed = 12}}};

/* The records that trees are built from, which have references of their own. */
static char *records;
static size_t *offsets;
static uint64_t *keys;
static unsigned count;

static size_t add_element(char *out, unsigned number)
{
    char text[400];
    struct element element;
    size_t len = (size_t)sprintf(text, "m%08u", number);
    while (number % 97 == 1 && len < 300) /* lies outside */
        text[len++] = '.';
    while (number % 89 == 1 && len < 240)
        text[len++] = '.';
    element_init(&element, text, len);
    return element_store(out, &element, NULL);
}

static void make_record(const struct kind *kind, unsigned number)
{
    char *out = records + offsets[number];
    unsigned thirds = number / 3;
    double score = thirds;
    uint32_t piece = number / SAME_PIECE * 90001u;
    size_t len = kind->form.fixed;
    keys[number] = 0;
    if (kind->form.fixed > 0)
        memcpy(out, &score, sizeof score);
    if (kind->order == TREE_BY_SCORE)
        keys[number] = record_score_key(score);
    if (kind->order == TREE_BY_HASH) {
        memcpy(out + sizeof score, &piece, sizeof piece);
        keys[number] = (uint64_t)piece << 32;
    }
    for (unsigned i = 0; i < kind->form.elements; i++)
        len += add_element(out + len, number + i);
    offsets[number + 1] = offsets[number] + len;
}

static void make_records(const struct kind *kind, unsigned wanted)
{
    records = malloc((size_t)wanted * 40 + 100000);
    offsets = calloc(wanted + 1, sizeof offsets[0]);
    keys = calloc(wanted + 1, sizeof keys[0]);
    must(records && offsets && keys);
    for (count = 0; count < wanted; count++)
        make_record(kind, count);
}

static void free_records(const struct kind *kind)
{
    record_release_all(records, records + offsets[count], kind->form);
    free(records);
    free(offsets);
    free(keys);
}

/* With the countdown-th allocation failing. */
static int build(const struct kind *kind, unsigned countdown, struct tree *tree_out)
{
    struct tree_builder builder;
    int error = 0;
    mem_fail_after(countdown);
    tree_build_begin(&builder, kind->order, kind->form);
    for (unsigned i = 0; i < count && !error; i++) {
        record_retain_all(records + offsets[i], records + offsets[i + 1], kind->form);
        error = tree_build_add(&builder, keys[i], records + offsets[i], offsets[i + 1] - offsets[i]);
    }
    if (error)
        tree_build_drop(&builder);
    else
        error = tree_build_end(&builder, tree_out);
    mem_fail_after(0);
    return error;
}

/* The record is one of those from number on, up to end, that no other has been yet. */
static void check_record(const struct tree *tree, const char *record, unsigned number, unsigned end, bool *is_taken)
{
    size_t len = record_len(record, tree->form);
    while (number < end && (is_taken[number] || len != offsets[number + 1] - offsets[number] ||
                            memcmp(record, records + offsets[number], len) != 0))
        number++;
    must(number < end);
    is_taken[number] = true;
}

/* By hash the records of a leaf stand in any order. */
static void check_records(const struct tree *tree)
{
    struct tree_place place;
    unsigned number = 0, leaf_end = 0;
    bool by_hash = tree->order == TREE_BY_HASH, *is_taken = calloc(count + 1, 1);
    must(is_taken && tree->count == count);
    tree_check(tree);
    for (bool more = tree_at(tree, 0, &place); more; more = tree_next(tree, &place), number++) {
        if (place.index == 0)
            leaf_end = number + tree_leaf_count(&place);
        check_record(tree, tree_record(&place), by_hash ? number - place.index : number,
                     by_hash ? leaf_end : number + 1, is_taken);
        must(number % 1000 != 0 || tree_index(tree, &place) == number);
    }
    must(number == count);
    free(is_taken);
}

/* Takes most records out again, wherever they are, so that leaves and branches are joined. */
static void take_away(struct tree *tree, struct dice *dice)
{
    struct tree_place place;
    while (tree->count > count / 10) {
        must(tree_at(tree, dice_below(dice, tree->count), &place));
        tree_remove(tree, &place);
        if (tree->count % 5000 == 0)
            tree_check(tree);
    }
    tree_check(tree);
}

START_TEST(a_tree_has_the_records_that_it_was_built_from)
{
    static const unsigned sizes[] = {0, 1, 20, 60, 3000, MOST};
    const struct kind *kind = &kinds[_i];
    struct dice dice = dice_create((uint64_t)_i);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct tree tree;
        int64_t before = usage_own();
        make_records(kind, sizes[i]);
        ck_assert_int_eq(build(kind, 0, &tree), 0);
        check_records(&tree);
        if (tree.count > 0)
            take_away(&tree, &dice);
        tree_deinit(&tree);
        free_records(kind);
        ck_assert_int_eq(usage_own(), before);
    }
}
END_TEST

START_TEST(without_memory_nothing_is_left_of_a_tree)
{
    const struct kind *kind = &kinds[_i];
    struct tree tree;
    make_records(kind, 5000);
    for (unsigned countdown = 1;; countdown++) {
        int64_t before = usage_own();
        if (build(kind, countdown, &tree) == 0)
            break;
        must(usage_own() == before);
    }
    check_records(&tree);
    tree_deinit(&tree);
    free_records(kind);
}
END_TEST

/* Leaves have some room for what comes later, and not much of it. */
START_TEST(leaves_are_filled)
{
    const struct kind *kind = &kinds[2];
    struct tree tree;
    make_records(kind, MOST);
    ck_assert_int_eq(build(kind, 0, &tree), 0);
    size_t bytes = offsets[count];
    for (unsigned i = 0; i < count; i++)
        bytes += element_outside(records + offsets[i] + kind->form.fixed);
    ck_assert_uint_lt(tree_memory(&tree, 0), bytes + bytes / 8);
    tree_deinit(&tree);
    free_records(kind);
}
END_TEST

/* More records with one hash than a leaf is filled with: they stay together, and what can't is refused. */
START_TEST(equal_hashes_share_a_leaf)
{
    for (unsigned same = 60; same < 90; same++) {
        struct tree_builder builder;
        struct tree tree;
        struct tree_place place;
        char record[12] = {0};
        int error = 0;
        tree_build_begin(&builder, TREE_BY_HASH, kinds[3].form);
        for (uint32_t i = 0; i < 5 * same && !error; i++) {
            uint32_t piece = i / same;
            memcpy(record + 8, &piece, sizeof piece);
            error = tree_build_add(&builder, (uint64_t)piece << 32, record, sizeof record);
        }
        if (error) {
            must(error == -ENOMEM && same * sizeof record > TREE_RUN_MAX);
            tree_build_drop(&builder);
            continue;
        }
        must(same * sizeof record <= TREE_RUN_MAX && tree_build_end(&builder, &tree) == 0);
        tree_check(&tree);
        must(tree_find_hash(&tree, UINT64_C(3) << 32, &place) && tree_leaf_count(&place) == same);
        tree_deinit(&tree);
    }
}
END_TEST

Suite *suite_tree_build(void);
Suite *suite_tree_build(void)
{
    Suite *suite = suite_create("tree_build");
    TCase *tcase = tcase_create("tree_build");
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 240 : 60);
    tcase_add_loop_test(tcase, a_tree_has_the_records_that_it_was_built_from, 0, sizeof kinds / sizeof kinds[0]);
    tcase_add_loop_test(tcase, without_memory_nothing_is_left_of_a_tree, 0, sizeof kinds / sizeof kinds[0]);
    tcase_add_test(tcase, leaves_are_filled);
    tcase_add_test(tcase, equal_hashes_share_a_leaf);
    suite_add_tcase(suite, tcase);
    return suite;
}
