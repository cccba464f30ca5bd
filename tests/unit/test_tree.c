/*
 * Trees: against models in each of the three orders, with memory that runs out at any allocation, and scans that miss
 * nothing while the tree changes.
 */
#include "base/memory.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "shape/tree.h"
#include "shape/tree_ahead.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIVERSE 4000
#define STEPS 60000

static const struct record_form form_list = {.elements = 1}, form_hash = {.elements = 2},
                                form_scores = {.fixed = 8, .elements = 1}, form_index = {.fixed = 12};

/* ---- members ---- */

static struct dice dice;

/* The text of a member, which tells its number; some are numbers, some too large to lie in the tree. */
static size_t text_of(unsigned number, char *out)
{
    size_t len = (size_t)sprintf(out, number % 3 ? "m%u" : "%u", number);
    size_t wanted = number % 97 == 1 ? 300 : number % 7 == 1 ? 20 + number % 200 : len;
    while (len < wanted)
        out[len++] = '.';
    return len;
}

static void element_of(unsigned number, struct element *element, char *text)
{
    element_init(element, text, text_of(number, text));
}

static unsigned number_of(const char *stored)
{
    struct element_view view;
    element_view(stored, &view);
    unsigned number = 0;
    for (size_t i = view.text.data[0] == 'm'; i < view.text.len && view.text.data[i] != '.'; i++)
        number = number * 10 + (unsigned)(view.text.data[i] - '0');
    return number;
}

static size_t add_element(char *record, size_t len, unsigned number)
{
    struct element element;
    char text[400];
    element_of(number, &element, text);
    size_t added = element_store(record + len, &element, NULL);
    return added ? len + added : 0;
}

/* At one of a thousand, the next allocations but some fail. */
static bool memory_may_fail;

static void tempt_memory(void)
{
    mem_fail_after(memory_may_fail && dice_chance(&dice, 20) ? 1 + (unsigned)dice_below(&dice, 4) : 0);
}

/* Puts the record in; false if there was no memory, and then nothing has changed. */
static bool put_in(struct tree *tree, struct tree_place *place, unsigned removed, const char *record, size_t len)
{
    uint64_t count = tree->count;
    tempt_memory();
    int error = tree_splice(tree, place, removed, record, len, false);
    mem_fail_after(0);
    if (!error)
        return true;
    must(memory_may_fail && error == -ENOMEM && tree->count == count);
    record_release_all(record, record + len, tree->form);
    return false;
}

/* ---- by place ---- */

static unsigned list[UNIVERSE];
static unsigned list_len;

static void check_list(const struct tree *tree)
{
    struct tree_place place;
    tree_check(tree);
    must(tree->count == list_len);
    if (!tree_at(tree, 0, &place)) {
        must(list_len == 0);
        return;
    }
    unsigned at = 0;
    do {
        must(number_of(tree_record(&place)) == list[at] && tree_index(tree, &place) == at);
        at++;
    } while (tree_next(tree, &place));
    must(at == list_len && tree_at(tree, list_len - 1, &place));
    do
        must(number_of(tree_record(&place)) == list[--at]);
    while (tree_previous(tree, &place));
    must(at == 0);
}

static void check_last(struct tree *tree)
{
    struct tree_place place;
    for (unsigned i = 0; i < 2 && list_len > 0; i++) {
        if (i == 0)
            must(tree_at(tree, list_len - 1, &place)); /* as it is, and after it was noted where it is */
        else
            tree_last(tree, &place);
        must(number_of(tree_record(&place)) == list[list_len - 1] && tree_index(tree, &place) == list_len - 1);
    }
}

/*
 * From a random place in both directions, for what may be there more than once or not at all, with and without a limit.
 */
static void check_search(const struct tree *tree)
{
    struct tree_place place;
    struct element element;
    char text[400];
    unsigned from = (unsigned)dice_below(&dice, list_len), at = from;
    unsigned number =
        dice_chance(&dice, 80) ? list[dice_below(&dice, list_len)] : (unsigned)dice_below(&dice, UNIVERSE);
    uint64_t passed, most = dice_chance(&dice, 50) ? UINT64_MAX : 1 + dice_below(&dice, list_len);
    bool back = dice_chance(&dice, 50);
    while (at < list_len && list[at] != number)
        at += back ? -1u : 1u; /* below 0 it is beyond the end */
    unsigned distance = back ? from - at : at - from;
    must(tree_at(tree, from, &place));
    element_of(number, &element, text);
    bool found = tree_search(tree, &element, back, most, &place, &passed);
    must(found == (at < list_len && distance < most));
    if (found)
        must(passed == distance && tree_index(tree, &place) == at && number_of(tree_record(&place)) == number);
}

static void list_place(const struct tree *tree, unsigned at, struct tree_place *place)
{
    if (!tree_at(tree, at, place))
        tree_end(tree, place);
}

static void list_insert(struct tree *tree, unsigned at, unsigned number)
{
    struct tree_place place;
    char record[RECORD_MAX];
    size_t len = add_element(record, 0, number);
    list_place(tree, at, &place);
    if (list_len == UNIVERSE || !put_in(tree, &place, 0, record, len)) {
        if (list_len == UNIVERSE)
            record_release_all(record, record + len, form_list);
        return;
    }
    memmove(&list[at + 1], &list[at], (list_len - at) * sizeof list[0]);
    list[at] = number;
    list_len++;
}

static void list_replace(struct tree *tree, unsigned at, unsigned number)
{
    struct tree_place place;
    char record[RECORD_MAX];
    size_t len = add_element(record, 0, number);
    must(tree_at(tree, at, &place));
    if (put_in(tree, &place, 1, record, len))
        list[at] = number;
}

static void list_cut(struct tree *tree, unsigned at, unsigned count)
{
    struct tree cut;
    uint64_t before = tree->count;
    tree_cut(tree, at, count, &cut);
    count = count < list_len - at ? count : list_len - at;
    must(tree->count == before - count && cut.count <= count);
    if (cut.count)
        must(cut.root);
    tree_deinit(&cut);
    memmove(&list[at], &list[at + count], (list_len - at - count) * sizeof list[0]);
    list_len -= count;
}

static void list_remove(struct tree *tree, unsigned at)
{
    struct tree_place place;
    if (at == list_len - 1) {
        tree_last(tree, &place);
        must(number_of(tree_record(&place)) == list[at] && tree_index(tree, &place) == at);
    } else {
        must(tree_at(tree, at, &place));
    }
    tempt_memory();
    tree_remove(tree, &place);
    mem_fail_after(0);
    memmove(&list[at], &list[at + 1], (list_len - at - 1) * sizeof list[0]);
    list_len--;
}

static unsigned where(unsigned limit)
{
    unsigned kind = (unsigned)dice_below(&dice, 4);
    return kind == 0 ? 0 : kind == 1 ? limit - 1 : (unsigned)dice_below(&dice, limit);
}

START_TEST(places_hold)
{
    struct tree tree;
    dice = dice_create((uint64_t)_i);
    memory_may_fail = _i & 1;
    list_len = 0;
    tree_init(&tree, TREE_BY_PLACE, form_list);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned growth = step / 5000 % 2 ? 30 : 65; /* in turn it grows and shrinks */
        unsigned number = (unsigned)dice_below(&dice, UNIVERSE);
        if (dice_chance(&dice, growth))
            list_insert(&tree, where(list_len + 1), number);
        else if (list_len > 0 && dice_chance(&dice, 20))
            list_replace(&tree, where(list_len), number);
        else if (list_len > 0)
            list_remove(&tree, where(list_len));
        if (list_len > 0 && dice_below(&dice, 2000) == 0)
            list_cut(&tree, where(list_len), 1 + where(list_len));
        if (step % 500 == 0)
            check_list(&tree);
        if (step % 7 == 0)
            check_last(&tree);
        if (step % 20 == 0 && list_len > 0)
            check_search(&tree);
    }
    check_list(&tree);
    tree_deinit(&tree);
}
END_TEST

/* The run of a leaf whose elements have so many forms that some lie side by side that are alike, and some don't. */
START_TEST(skipping_goes_from_record_to_record)
{
    char run[10000];
    size_t offsets[101] = {0};
    dice = dice_create((uint64_t)_i);
    for (unsigned round = 0; round < 2000; round++) {
        unsigned kinds = 1 + (unsigned)dice_below(&dice, 3), lasting = 1 + (unsigned)dice_below(&dice, 40);
        unsigned kind = 0;
        for (unsigned i = 0; i < 100; i++) {
            char text[100];
            struct element element;
            memset(text, ELEMENT_TEXT, sizeof text); /* looks like a tag wherever it is read */
            kind = i % lasting ? kind : (unsigned)dice_below(&dice, kinds);
            element_init(&element, text, 1 + kind * 7 + (kind == 2 ? dice_below(&dice, 80) : 0));
            offsets[i + 1] = offsets[i] + element_store(run + offsets[i], &element, NULL);
        }
        unsigned from = (unsigned)dice_below(&dice, 100), count = (unsigned)dice_below(&dice, 101 - from);
        must(record_skip(run + offsets[from], run + offsets[100], form_list, count) == run + offsets[from + count]);
    }
}
END_TEST

/* ---- by hash ---- */

static unsigned values[UNIVERSE]; /* of each field, plus one; 0: absent */
static unsigned present;

static void hash_set(struct tree *tree, unsigned number, unsigned value)
{
    struct element element;
    struct tree_place place;
    char text[400], record[RECORD_MAX];
    element_of(number, &element, text);
    bool found = tree_find(tree, &element, &place);
    must(found == (values[number] > 0));
    size_t len = add_element(record, add_element(record, 0, number), value);
    if (put_in(tree, &place, found, record, len)) {
        present += !found;
        values[number] = value + 1;
    }
}

static void hash_delete(struct tree *tree, unsigned number)
{
    struct element element;
    struct tree_place place;
    char text[400];
    element_of(number, &element, text);
    must(tree_find(tree, &element, &place) == (values[number] > 0));
    if (!values[number])
        return;
    must(number_of(record_second(tree_record(&place), form_hash)) == values[number] - 1);
    tempt_memory();
    tree_remove(tree, &place);
    mem_fail_after(0);
    values[number] = 0;
    present--;
}

/* A walk over all leaves, a step at a time, while the tree changes. */
struct scan {
    uint64_t cursor;
    bool seen[UNIVERSE], stayed[UNIVERSE]; /* met; there from the beginning on */
};

static void scan_begin(struct scan *scan)
{
    scan->cursor = 0;
    for (unsigned i = 0; i < UNIVERSE; i++) {
        scan->seen[i] = false;
        scan->stayed[i] = values[i] > 0;
    }
}

static void scan_step(struct scan *scan, const struct tree *tree)
{
    struct tree_place place;
    const char *end;
    if (tree_find_hash(tree, scan->cursor, &place)) {
        for (const char *record = tree_run(&place, &end); record < end; record += record_len(record, form_hash))
            scan->seen[number_of(record)] = true;
        scan->cursor = tree_next_hash(tree, &place);
    } else {
        scan->cursor = 0;
    }
    if (scan->cursor != 0)
        return;
    for (unsigned i = 0; i < UNIVERSE; i++)
        must(scan->seen[i] || !scan->stayed[i]);
    scan_begin(scan);
}

static void check_hash(const struct tree *tree)
{
    struct tree_place place;
    unsigned met = 0;
    tree_check(tree);
    for (bool more = tree_at(tree, 0, &place); more; more = tree_next(tree, &place), met++)
        must(values[number_of(tree_record(&place))]);
    must(met == present && tree->count == present);
}

START_TEST(hashes_find_and_scans_miss_nothing)
{
    struct tree tree, copy;
    static struct scan scan;
    dice = dice_create(10 + (uint64_t)_i);
    memory_may_fail = _i & 1;
    memset(values, 0, sizeof values);
    present = 0;
    tree_init(&tree, TREE_BY_HASH, form_hash);
    scan_begin(&scan);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned growth = step / 10000 % 2 ? 20 : 80, number = (unsigned)dice_below(&dice, UNIVERSE);
        if (dice_chance(&dice, growth)) {
            hash_set(&tree, number, (unsigned)dice_below(&dice, UNIVERSE));
        } else {
            hash_delete(&tree, number);
            scan.stayed[number] = false;
        }
        if (step % 7 == 0)
            scan_step(&scan, &tree);
        if (step % 1000 == 0)
            check_hash(&tree);
    }
    must(tree_memory(&tree, 0) > 0 || tree.count == 0);
    tempt_memory();
    if (tree_copy(&copy, &tree) == 0) {
        tree_deinit(&tree);
        check_hash(&copy);
    } else {
        check_hash(&tree);
        tree_deinit(&tree);
    }
    mem_fail_after(0);
    tree_deinit(&copy);
}
END_TEST

/* Fills a tree by hash with the fields below that number. */
static void fill_hash(struct tree *tree, unsigned count)
{
    dice = dice_create(1);
    memory_may_fail = false;
    memset(values, 0, sizeof values);
    present = 0;
    tree_init(tree, TREE_BY_HASH, form_hash);
    for (unsigned number = 0; number < count; number++)
        hash_set(tree, number, number);
}

static bool has_field(const struct tree *tree, unsigned number)
{
    struct element element;
    struct tree_place place;
    char text[400];
    element_of(number, &element, text);
    return tree_find(tree, &element, &place) && number_of(tree_record(&place)) == number;
}

/* Ranges that begin and end anywhere in leaves, so in any of their sections. */
START_TEST(what_a_cut_leaves_is_found_by_hash)
{
    struct tree tree, cut;
    fill_hash(&tree, UNIVERSE);
    while (tree.count > 0) {
        unsigned found = 0;
        tree_cut(&tree, dice_below(&dice, tree.count), 1 + dice_below(&dice, 200), &cut);
        tree_deinit(&cut);
        tree_check(&tree);
        for (unsigned number = 0; number < UNIVERSE; number++)
            found += has_field(&tree, number);
        must(found == tree.count);
    }
}
END_TEST

/* A leaf of records in any order has no sections until it is parted. */
START_TEST(a_planted_run_is_found_by_hash)
{
    struct tree tree;
    char run[TREE_RUN_MAX];
    unsigned count = 0;
    size_t len = 0;
    fill_hash(&tree, 0);
    for (; len + 2 * (size_t)ELEMENT_MAX <= sizeof run; count++)
        len = add_element(run, add_element(run, len, count * 3), count * 3);
    must(tree_plant(&tree, run, len, count) == 0);
    for (unsigned number = 0; number < UNIVERSE; number++)
        must(has_field(&tree, number) == (number < 3 * count && number % 3 == 0));
    for (unsigned number = 1; number < 300; number += 3) {
        struct element element;
        struct tree_place place;
        char text[400], record[RECORD_MAX];
        element_of(number, &element, text);
        must(!tree_find(&tree, &element, &place));
        must(tree_insert(&tree, &place, record, add_element(record, add_element(record, 0, number), 0)) == 0);
        tree_check(&tree);
        must(has_field(&tree, number));
    }
    for (unsigned number = 0; number < 3 * count; number += 3)
        must(has_field(&tree, number));
    tree_deinit(&tree);
}
END_TEST

START_TEST(a_look_ahead_goes_where_a_search_goes)
{
    struct tree tree;
    fill_hash(&tree, 0);
    for (unsigned number = 0; number < UNIVERSE; number++) {
        struct element element;
        struct tree_place place;
        struct tree_ahead ahead;
        char text[400];
        hash_set(&tree, number, number);
        element_of((unsigned)dice_below(&dice, UNIVERSE), &element, text);
        bool pays = tree_ahead_begin(&ahead, &tree, element_hash(&element));
        must(pays == (tree.height > 1));
        for (unsigned step = 0; step < TREE_AHEAD_STEPS && pays; step++)
            tree_ahead_step(&ahead, step);
        tree_find(&tree, &element, &place);
        must(!pays || ahead.node == place.leaf);
    }
    must(tree.height > 1);
    tree_deinit(&tree);
}
END_TEST

/* ---- by score ---- */

static const double scores[] = {-1.0 / 0.0, -5.5, -1, -0.0, 0.0, 0.25, 1, 1e300, 1.0 / 0.0};
static double score_of[UNIVERSE];
static bool ranked[UNIVERSE];
static unsigned order[UNIVERSE]; /* members in order */

static int compare_texts(unsigned a, unsigned b)
{
    char first[400], second[400];
    size_t first_len = text_of(a, first), second_len = text_of(b, second);
    int sign = memcmp(first, second, first_len < second_len ? first_len : second_len);
    return sign ? sign : (first_len > second_len) - (first_len < second_len);
}

static int compare_members(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    if (score_of[x] != score_of[y])
        return score_of[x] < score_of[y] ? -1 : 1;
    return compare_texts(x, y);
}

static bool find_member(const struct tree *tree, unsigned number, struct tree_place *place)
{
    char text[400];
    size_t len = text_of(number, text);
    struct bytes bytes = {text, len};
    return tree_find_score(tree, score_of[number], bytes, place);
}

static void score_add(struct tree *tree, unsigned number)
{
    struct tree_place place;
    char record[RECORD_MAX];
    score_of[number] = scores[dice_below(&dice, sizeof scores / sizeof scores[0])];
    memcpy(record, &score_of[number], sizeof(double));
    size_t len = add_element(record, sizeof(double), number);
    must(!find_member(tree, number, &place));
    if (put_in(tree, &place, 0, record, len))
        ranked[number] = true;
}

static void score_remove(struct tree *tree, unsigned number)
{
    struct tree_place place;
    must(find_member(tree, number, &place));
    tempt_memory();
    tree_remove(tree, &place);
    mem_fail_after(0);
    ranked[number] = false;
}

/* How many of the sorted members are below, or with after not above, that score and text. */
static unsigned model_rank(unsigned count, unsigned number, bool after)
{
    unsigned rank = 0;
    while (rank < count) {
        int sign = order[rank] == number ? 0 : compare_members(&order[rank], &number);
        if (after ? sign > 0 : sign >= 0)
            break;
        rank++;
    }
    return rank;
}

static void check_scores(const struct tree *tree)
{
    struct tree_place place;
    unsigned count = 0;
    char text[400];
    tree_check(tree);
    for (unsigned i = 0; i < UNIVERSE; i++)
        if (ranked[i])
            order[count++] = i;
    qsort(order, count, sizeof order[0], compare_members);
    must(tree->count == count);
    for (unsigned i = 0; i < count; i += 1 + count / 50) {
        must(tree_at(tree, i, &place) && number_of(tree_record(&place) + sizeof(double)) == order[i]);
        must(find_member(tree, order[i], &place) && tree_index(tree, &place) == i);
    }
    for (unsigned i = 0; i < 50; i++) {
        unsigned number = (unsigned)dice_below(&dice, UNIVERSE);
        bool after = dice_chance(&dice, 50);
        unsigned rank = model_rank(count, number, after);
        size_t len = text_of(number, text);
        struct bytes bytes = {text, len};
        bool found = tree_seek(tree, &(struct record_bound){record_score_key(score_of[number]), bytes, after}, &place);
        must(found == (rank < count) && (!found || tree_index(tree, &place) == rank));
    }
}

START_TEST(scores_sort)
{
    struct tree tree, cut;
    dice = dice_create(20 + (uint64_t)_i);
    memory_may_fail = _i & 1;
    memset(ranked, 0, sizeof ranked);
    tree_init(&tree, TREE_BY_SCORE, form_scores);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned number = (unsigned)dice_below(&dice, UNIVERSE);
        if (ranked[number] && dice_chance(&dice, step / 10000 % 2 ? 90 : 20))
            score_remove(&tree, number);
        else if (!ranked[number] && dice_chance(&dice, step / 10000 % 2 ? 20 : 90))
            score_add(&tree, number);
        if (step % 1000 == 0)
            check_scores(&tree);
        if (step % 20000 == 19999 && tree.count > 0) {
            check_scores(&tree);
            unsigned from = (unsigned)dice_below(&dice, tree.count),
                     count = 1 + (unsigned)dice_below(&dice, tree.count);
            for (unsigned i = from; i < from + count && i < tree.count; i++)
                ranked[order[i]] = false;
            tree_cut(&tree, from, count, &cut);
            tree_deinit(&cut);
            check_scores(&tree);
        }
    }
    check_scores(&tree);
    tree_deinit(&tree);
}
END_TEST

/* ---- the index of a sorted set, and bounds ---- */

START_TEST(equal_hashes_stay_in_one_leaf)
{
    struct tree tree;
    struct tree_place place;
    const char *end;
    tree_init(&tree, TREE_BY_HASH, form_index);
    for (uint32_t i = 0; i < 3000; i++) {
        char record[12];
        double score = i;
        uint32_t piece = i % 1000 * 4000000u;
        memcpy(record, &score, sizeof score);
        memcpy(record + sizeof score, &piece, sizeof piece);
        tree_find_hash(&tree, (uint64_t)piece << 32, &place);
        must(tree_insert(&tree, &place, record, sizeof record) == 0);
    }
    tree_check(&tree);
    for (uint32_t i = 0; i < 1000; i++) {
        unsigned met = 0;
        must(tree_find_hash(&tree, (uint64_t)(i * 4000000u) << 32, &place));
        for (const char *record = tree_run(&place, &end); record < end; record += 12)
            met += memcmp(record + 8, &(uint32_t){i * 4000000u}, 4) == 0;
        must(met == 3);
    }
    tree_deinit(&tree);
}
END_TEST

START_TEST(records_that_come_in_order_fill_their_leaves)
{
    struct tree tree;
    struct tree_place place;
    char record[RECORD_MAX];
    tree_init(&tree, TREE_BY_PLACE, form_list);
    for (unsigned i = 0; i < 200000; i++) {
        struct element element;
        element_init(&element, "a member of 16 b", 16);
        size_t len = element_store(record, &element, NULL);
        if (_i == 0)
            tree_end(&tree, &place);
        else if (!tree_at(&tree, 0, &place))
            tree_end(&tree, &place);
        must(tree_insert(&tree, &place, record, len) == 0);
    }
    tree_check(&tree);
    ck_assert_uint_lt(tree_memory(&tree, 0), 200000 * 19);
    size_t estimated = tree_memory(&tree, 1000);
    ck_assert_msg(estimated > 200000 * 17 && estimated < 200000 * 20, "%zu", estimated);
    tree_deinit(&tree);
}
END_TEST

Suite *suite_tree(void);
Suite *suite_tree(void)
{
    Suite *suite = suite_create("tree");
    TCase *tcase = tcase_create("tree");
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 120 : 60);
    tcase_add_loop_test(tcase, places_hold, 0, 4);
    tcase_add_loop_test(tcase, skipping_goes_from_record_to_record, 0, 4);
    tcase_add_loop_test(tcase, hashes_find_and_scans_miss_nothing, 0, 4);
    tcase_add_test(tcase, what_a_cut_leaves_is_found_by_hash);
    tcase_add_test(tcase, a_planted_run_is_found_by_hash);
    tcase_add_test(tcase, a_look_ahead_goes_where_a_search_goes);
    tcase_add_loop_test(tcase, scores_sort, 0, 4);
    tcase_add_test(tcase, equal_hashes_stay_in_one_leaf);
    tcase_add_loop_test(tcase, records_that_come_in_order_fill_their_leaves, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
