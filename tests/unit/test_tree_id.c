/*
 * Trees by ID: against a model, with memory that runs out at any allocation, with IDs that share their upper half and
 * with such that don't, and with a million that share one.
 */
#include "base/memory.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "shape/tree.h"
#include "shape/tree_build.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MOST 3000
#define STEPS 40000

static struct dice dice;
static bool memory_may_fail;

/* The model: IDs in order, with a byte for each that fills its record behind the ID. */
static struct record_id ids[MOST];
static unsigned char fillings[MOST];
static unsigned count;

static void tempt_memory(void)
{
    mem_fail_after(memory_may_fail && dice_chance(&dice, 20) ? 1 + (unsigned)dice_below(&dice, 4) : 0);
}

static void make_record(char *out, struct record_id id, unsigned char filling, size_t len)
{
    memcpy(out, &id, sizeof id);
    memset(out + sizeof id, filling, len - sizeof id);
}

static bool is_record(const char *record, struct record_id id, unsigned char filling, size_t len)
{
    char expected[RECORD_FIXED_MAX];
    make_record(expected, id, filling, len);
    return memcmp(record, expected, len) == 0;
}

/* How many of the model's IDs are lower. */
static unsigned model_rank(struct record_id id)
{
    unsigned low = 0, high = count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (record_id_compare(ids[middle], id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool model_has(unsigned rank, struct record_id id)
{
    return rank < count && record_id_compare(ids[rank], id) == 0;
}

static void model_remove(unsigned from, unsigned removed)
{
    memmove(&ids[from], &ids[from + removed], (count - from - removed) * sizeof ids[0]);
    memmove(&fillings[from], &fillings[from + removed], count - from - removed);
    count -= removed;
}

/* The bounds of unsigned numbers are among them. */
static uint64_t half_of(uint64_t variety)
{
    uint64_t number = dice_below(&dice, variety);
    return number == 0 && dice_chance(&dice, 50) ? UINT64_MAX : number;
}

static struct record_id any_id(uint64_t variety)
{
    return (struct record_id){half_of(variety), half_of(100000 / variety)};
}

static void put(struct tree *tree, struct record_id id)
{
    struct tree_place place;
    char record[RECORD_FIXED_MAX];
    unsigned rank = model_rank(id);
    unsigned char filling = (unsigned char)dice_below(&dice, 256);
    uint64_t before = tree->count;
    bool found = tree_find_id(tree, id, &place);
    must(found == model_has(rank, id));
    if (!found && count == MOST)
        return;
    make_record(record, id, filling, tree->form.fixed);
    tempt_memory();
    int error = tree_splice(tree, &place, found, record, tree->form.fixed, false);
    mem_fail_after(0);
    if (error) {
        must(memory_may_fail && error == -ENOMEM && tree->count == before);
        return;
    }
    if (!found) {
        memmove(&ids[rank + 1], &ids[rank], (count - rank) * sizeof ids[0]);
        memmove(&fillings[rank + 1], &fillings[rank], count - rank);
        count++;
    }
    ids[rank] = id;
    fillings[rank] = filling;
}

static void take(struct tree *tree, unsigned rank)
{
    struct tree_place place;
    must(tree_find_id(tree, ids[rank], &place));
    tempt_memory();
    tree_remove(tree, &place);
    mem_fail_after(0);
    model_remove(rank, 1);
}

static void cut_front(struct tree *tree, unsigned removed)
{
    struct tree cut;
    tree_cut(tree, 0, removed, &cut);
    tree_deinit(&cut);
    model_remove(0, removed);
}

static void check_at(const struct tree *tree, struct tree_place *place, unsigned rank)
{
    must(is_record(tree_record(place), ids[rank], fillings[rank], tree->form.fixed));
    must(tree_index(tree, place) == rank);
}

static void check_seeks(const struct tree *tree, struct record_id id)
{
    struct tree_place place;
    unsigned rank = model_rank(id);
    bool has = model_has(rank, id);
    must(tree_find_id(tree, id, &place) == has);
    must(tree_seek_id(tree, id, &place) == (rank < count));
    if (rank < count)
        check_at(tree, &place, rank);
    must(tree_seek_id_back(tree, id, &place) == (has || rank > 0));
    if (has || rank > 0)
        check_at(tree, &place, has ? rank : rank - 1);
}

static void check_all(const struct tree *tree)
{
    struct tree_place place;
    unsigned rank = 0;
    tree_check(tree);
    must(tree->count == count);
    for (bool more = tree_at(tree, 0, &place); more; more = tree_next(tree, &place))
        check_at(tree, &place, rank++);
    must(rank == count);
    for (bool more = count > 0 && tree_at(tree, count - 1, &place); more; more = tree_previous(tree, &place))
        check_at(tree, &place, --rank);
    must(rank == 0);
}

/* IDs of one upper half, of a few, of many; records of the least and of the greatest length. */
START_TEST(ids_sort)
{
    static const uint64_t varieties[] = {1, 5, 1000, 100000};
    struct tree tree, copy;
    dice = dice_create(40 + (uint64_t)_i);
    memory_may_fail = _i & 1;
    count = 0;
    uint64_t variety = varieties[_i / 2];
    tree_init(&tree, TREE_BY_ID, (struct record_form){.fixed = _i & 2 ? RECORD_FIXED_MAX : 17});
    for (unsigned step = 0; step < STEPS; step++) {
        if (dice_chance(&dice, step / 5000 % 2 ? 30 : 70))
            put(&tree, any_id(variety));
        else if (count > 0)
            take(&tree, (unsigned)dice_below(&dice, count));
        if (count > 0 && dice_below(&dice, 3000) == 0)
            cut_front(&tree, 1 + (unsigned)dice_below(&dice, count));
        check_seeks(&tree, any_id(variety));
        if (step % 1000 == 0)
            check_all(&tree);
    }
    check_all(&tree);
    must(tree_copy(&copy, &tree) == 0);
    tree_deinit(&tree);
    check_all(&copy);
    tree_deinit(&copy);
}
END_TEST

/* What comes in order is found at once, and leaves are full. */
START_TEST(a_million_ids_may_share_their_upper_half)
{
    struct tree tree;
    struct tree_place place;
    char record[24] = "";
    unsigned many = scratch_is_sanitized() ? 100000 : 1000000;
    tree_init(&tree, TREE_BY_ID, (struct record_form){.fixed = sizeof record});
    for (unsigned i = 0; i < many; i++) {
        struct record_id id = {7, i * 2};
        memcpy(record, &id, sizeof id);
        must(!tree_find_id(&tree, id, &place) && tree_insert(&tree, &place, record, sizeof record) == 0);
    }
    tree_check(&tree);
    ck_assert_uint_lt(tree_memory(&tree, 0), (size_t)many * 26);
    for (unsigned i = 0; i < many; i++) {
        struct record_id odd = {7, i * 2 + 1};
        must(tree_find_id(&tree, (struct record_id){7, i * 2}, &place) && tree_index(&tree, &place) == i);
        must(tree_seek_id(&tree, odd, &place) == (i + 1 < many));
        must(tree_seek_id_back(&tree, odd, &place) && tree_index(&tree, &place) == i);
    }
    tree_deinit(&tree);
}
END_TEST

/* What records own is released once, whichever way they go: removed, replaced, kept, cut off, freed with the tree. */
static unsigned char releases[MOST];

static void note_release(const char *record)
{
    releases[record_id(record).low]++;
}

START_TEST(what_records_own_is_released_once)
{
    struct tree tree, cut;
    struct tree_place place;
    char record[24] = "";
    memset(releases, 0, sizeof releases);
    record_owner_register(RECORD_OWNS_BLOCK, note_release);
    dice = dice_create(70 + (uint64_t)_i);
    tree_init(&tree, TREE_BY_ID, (struct record_form){.fixed = sizeof record, .owner = RECORD_OWNS_BLOCK});
    for (unsigned i = 0; i < MOST; i++) {
        struct record_id id = {1, i};
        memcpy(record, &id, sizeof id);
        must(!tree_find_id(&tree, id, &place) && tree_insert(&tree, &place, record, sizeof record) == 0);
    }
    must(tree_find_id(&tree, (struct record_id){1, 7}, &place));
    must(tree_splice(&tree, &place, 1, NULL, 0, true) == 0 && releases[7] == 0);
    releases[7]++;
    must(tree_find_id(&tree, (struct record_id){1, 8}, &place));
    tree_remove(&tree, &place);
    must(releases[8] == 1);
    mem_fail_after((unsigned)_i);
    tree_cut(&tree, dice_below(&dice, 10), 1 + dice_below(&dice, MOST), &cut);
    mem_fail_after(0);
    for (bool more = tree_at(&tree, 0, &place); more; more = tree_next(&tree, &place))
        must(releases[record_id(tree_record(&place)).low] == 0);
    tree_check(&tree);
    tree_deinit(&cut);
    tree_deinit(&tree);
    for (unsigned i = 0; i < MOST; i++)
        must(releases[i] == 1);
}
END_TEST

START_TEST(a_built_tree_finds_ids)
{
    static struct tree_builder builder;
    struct tree tree;
    char record[24] = "";
    dice = dice_create(60);
    count = 0;
    tree_build_begin(&builder, TREE_BY_ID, (struct record_form){.fixed = sizeof record});
    for (; count < MOST; count++) {
        ids[count] = (struct record_id){count / 700, count * 3};
        fillings[count] = (unsigned char)count;
        make_record(record, ids[count], fillings[count], sizeof record);
        must(tree_build_add(&builder, ids[count].high, record, sizeof record) == 0);
    }
    must(tree_build_end(&builder, &tree) == 0);
    check_all(&tree);
    for (unsigned i = 0; i < MOST; i++)
        check_seeks(&tree, (struct record_id){i / 700, i * 3 + dice_below(&dice, 3)});
    tree_deinit(&tree);
}
END_TEST

Suite *suite_tree_id(void);
Suite *suite_tree_id(void)
{
    Suite *suite = suite_create("tree_id");
    TCase *tcase = tcase_create("tree_id");
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 120 : 60);
    tcase_add_loop_test(tcase, ids_sort, 0, 8);
    tcase_add_test(tcase, a_million_ids_may_share_their_upper_half);
    tcase_add_loop_test(tcase, what_records_own_is_released_once, 0, 8);
    tcase_add_test(tcase, a_built_tree_finds_ids);
    suite_add_tcase(suite, tcase);
    return suite;
}
