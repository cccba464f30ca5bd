/*
 * Collections: a list beside its model, from packed to tree and back to nothing, with memory that runs out at any
 * allocation: then nothing has changed, and the entry is where it was.
 */
#include "base/memory.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "types/collection.h"
#include "types/list.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ELEMENTS_MAX 600
#define ROUNDS 400
#define STEPS 300

static struct dice dice;
static unsigned model[ELEMENTS_MAX];
static unsigned model_len;

/* Some texts are numbers, some lie outside. */
static size_t text_of(unsigned number, char *out)
{
    size_t len = (size_t)sprintf(out, number % 2 ? "m%u" : "%u", number);
    if (number % 31 == 3)
        while (len < 400)
            out[len++] = '.';
    return len;
}

static size_t make_record(unsigned number, char *record)
{
    struct element element;
    char text[500];
    element_init(&element, text, text_of(number, text));
    size_t len = element_store(record, &element, NULL);
    must(len > 0);
    return len;
}

static void check_list(const struct entry *entry)
{
    struct collection list;
    struct collection_place place;
    char text[500];
    unsigned at = 0;
    collection_open(&list, &list_kind, entry);
    must(collection_count(&list) == model_len);
    for (bool more = collection_at(&list, 0, &place); more; more = collection_next(&list, &place), at++) {
        struct element_view view;
        element_view(place.record, &view);
        must(at < model_len && bytes_equal(view.text.data, view.text.len, text, text_of(model[at], text)));
    }
    must(at == model_len);
    collection_check(&list);
}

static void find_place(const struct collection *list, unsigned at, struct collection_place *place)
{
    if (!collection_at(list, at, place))
        collection_end(list, place);
}

static void model_replace(unsigned at, unsigned removed, const unsigned *added, unsigned count)
{
    memmove(&model[at + count], &model[at + removed], (model_len - at - removed) * sizeof model[0]);
    if (count > 0)
        model[at] = *added;
    model_len = model_len - removed + count;
}

/* One random change; the entry afterwards. */
static struct entry *change(struct entry *entry, bool memory_fails)
{
    struct collection list;
    struct collection_place place;
    struct tree cut;
    char record[RECORD_MAX];
    unsigned number = (unsigned)dice_below(&dice, 1000), kind = (unsigned)dice_below(&dice, 20), removed = 0;
    collection_open(&list, &list_kind, entry);
    if (kind == 0 && model_len > 0) {
        unsigned from = (unsigned)dice_below(&dice, model_len), count = 1 + (unsigned)dice_below(&dice, 20);
        count = count < model_len - from ? count : model_len - from;
        mem_fail_after(memory_fails ? 1 : 0);
        int error = collection_cut(&list, from, count, &cut);
        mem_fail_after(0);
        must(error == 0 || (error == -ENOMEM && list.entry == entry));
        if (error == 0)
            model_replace(from, count, NULL, 0);
        tree_deinit(&cut);
        return list.entry;
    }
    bool adds = model_len == 0 || (kind < 14 && model_len < ELEMENTS_MAX - 1);
    if (!adds || kind == 1)
        removed = model_len > 0;
    unsigned at = (unsigned)dice_below(&dice, removed ? model_len : model_len + 1);
    size_t len = adds ? make_record(number, record) : 0;
    find_place(&list, at, &place);
    mem_fail_after(memory_fails ? 1 + (unsigned)dice_below(&dice, 4) : 0);
    int error = collection_splice(&list, &place, removed, adds ? record : NULL, len, false);
    mem_fail_after(0);
    if (error == 0) {
        model_replace(at, removed, &number, adds);
        return list.entry;
    }
    must(error == -ENOMEM && memory_fails && list.entry == entry);
    if (adds)
        record_release_all(record, record + len, list_kind.form);
    return entry;
}

START_TEST(a_list_grows_into_a_tree_and_shrinks)
{
    dice = dice_create((uint64_t)_i);
    for (int round = 0; round < ROUNDS; round++) {
        struct entry *entry = collection_create(&list_kind, (struct bytes){"key", 3}, ENTRY_NO_EXPIRY);
        model_len = 0;
        for (int step = 0; step < STEPS; step++) {
            entry = change(entry, _i == 1 && dice_chance(&dice, 30));
            if (step % 20 == 0)
                check_list(entry);
        }
        check_list(entry);
        struct entry *copy = entry_copy(entry, (struct bytes){"copy", 4}, ENTRY_NO_EXPIRY);
        must(copy);
        entry_free(entry);
        check_list(copy);
        must(entry_memory(copy, 0) > 0);
        entry_free(copy);
    }
}
END_TEST

/* ---- moving from list to list ---- */

static struct entry *make_list(unsigned first, unsigned count)
{
    struct collection list;
    struct collection_place place;
    char record[RECORD_MAX];
    struct entry *entry = collection_create(&list_kind, (struct bytes){"key", 3}, ENTRY_NO_EXPIRY);
    collection_open(&list, &list_kind, entry);
    for (unsigned i = 0; i < count; i++) {
        collection_end(&list, &place);
        size_t len = make_record(first + i, record);
        must(collection_splice(&list, &place, 0, record, len, false) == 0);
    }
    return list.entry;
}

/* The list consists of count numbers from first on, with extra before or behind them. */
static void expect_list(const struct entry *entry, unsigned first, unsigned count, int extra, enum side side)
{
    model_len = 0;
    if (extra >= 0 && side == SIDE_LEFT)
        model[model_len++] = (unsigned)extra;
    for (unsigned i = 0; i < count; i++)
        model[model_len++] = first + i;
    if (extra >= 0 && side == SIDE_RIGHT)
        model[model_len++] = (unsigned)extra;
    check_list(entry);
}

/*
 * Small lists and trees, with any allocation failing: the element is in one of the two lists, whole, and nowhere else.
 */
START_TEST(an_element_is_moved_or_stays)
{
    unsigned lens[] = {1, 2, 30, 31, 300};
    enum side from = _i & 1 ? SIDE_RIGHT : SIDE_LEFT, to = _i & 2 ? SIDE_RIGHT : SIDE_LEFT;
    for (unsigned kind = 0; kind < 25; kind++) {
        unsigned count = lens[kind % 5], others = lens[kind / 5];
        bool moved = false;
        for (unsigned fail = 1; !moved; fail++) {
            struct collection source, target;
            collection_open(&source, &list_kind, make_list(3, count));
            collection_open(&target, &list_kind, make_list(1000, others));
            mem_fail_after(fail);
            moved = list_move(&source, from, &target, to) == 0;
            mem_fail_after(0);
            unsigned gone = from == SIDE_LEFT ? 3 : 3 + count - 1;
            expect_list(source.entry, 3 + (moved && from == SIDE_LEFT), count - moved, -1, to);
            expect_list(target.entry, 1000, others, moved ? (int)gone : -1, to);
            entry_free(source.entry);
            entry_free(target.entry);
        }
    }
}
END_TEST

START_TEST(a_list_is_turned_round_or_stays)
{
    unsigned lens[] = {2, 30, 300};
    for (unsigned kind = 0; kind < 3; kind++) {
        bool moved = false;
        for (unsigned fail = 1; !moved; fail++) {
            struct collection list;
            collection_open(&list, &list_kind, make_list(3, lens[kind]));
            mem_fail_after(fail);
            moved = list_move(&list, SIDE_LEFT, &list, SIDE_RIGHT) == 0;
            mem_fail_after(0);
            expect_list(list.entry, 3 + moved, lens[kind] - moved, moved ? 3 : -1, SIDE_RIGHT);
            entry_free(list.entry);
        }
    }
}
END_TEST

Suite *suite_collection(void);
Suite *suite_collection(void)
{
    Suite *suite = suite_create("collection");
    TCase *tcase = tcase_create("collection");
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 120 : 60);
    tcase_add_loop_test(tcase, a_list_grows_into_a_tree_and_shrinks, 0, 2);
    tcase_add_loop_test(tcase, an_element_is_moved_or_stays, 0, 4);
    tcase_add_test(tcase, a_list_is_turned_round_or_stays);
    suite_add_tcase(suite, tcase);
    return suite;
}
