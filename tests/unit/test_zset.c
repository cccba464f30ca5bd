/*
 * Sorted sets beside a sorted model, packed and as trees, with memory that runs out at any allocation; and walks in
 * parts while members come, go and change their scores.
 */
#include "base/memory.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "store/value_type.h"
#include "types/zset.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIVERSE 1500 /* members that there may be */
#define TEXT_MAX 420

struct known {
    unsigned number;
    double score;
};

static struct dice dice;
static char texts[UNIVERSE][TEXT_MAX];
static size_t text_lens[UNIVERSE];
static struct known model[UNIVERSE]; /* in the set's order */
static unsigned model_len;

static const struct zset_limits limits = {128, 64};

/* Numbers of all sizes, short texts, long ones with a long beginning in common, blobs, and the empty one. */
static void make_texts(void)
{
    for (unsigned i = 0; i < UNIVERSE; i++) {
        int len = 0;
        char *text = texts[i];
        if (i % 7 == 1)
            len = sprintf(text, "%lld", (long long)i * i * i * (i % 2 ? -1 : 1));
        else if (i % 31 == 3)
            len = sprintf(text, "%0400u", i);
        else if (i % 17 == 5)
            len = sprintf(text, "%0200u", i);
        else if (i > 0)
            len = sprintf(text, i % 2 ? "m%u" : "member:%08u", i);
        text_lens[i] = (size_t)len;
    }
}

static struct element element_of(unsigned number)
{
    struct element element;
    element_init(&element, texts[number], text_lens[number]);
    return element;
}

static struct bytes text_of(unsigned number)
{
    return (struct bytes){texts[number], text_lens[number]};
}

static int compare_texts(unsigned a, unsigned b)
{
    size_t shorter = text_lens[a] < text_lens[b] ? text_lens[a] : text_lens[b];
    int order = memcmp(texts[a], texts[b], shorter);
    return order ? order : (text_lens[a] > text_lens[b]) - (text_lens[a] < text_lens[b]);
}

static int compare_known(const void *a, const void *b)
{
    const struct known *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? -1 : 1;
    return compare_texts(x->number, y->number);
}

/* ---- the model ---- */

static unsigned model_place(const struct known *known)
{
    unsigned at = 0;
    while (at < model_len && compare_known(&model[at], known) < 0)
        at++;
    return at;
}

static void model_add(unsigned number, double score)
{
    struct known known = {number, score};
    unsigned at = model_place(&known);
    memmove(&model[at + 1], &model[at], (model_len++ - at) * sizeof model[0]);
    model[at] = known;
}

static void model_cut(unsigned from, unsigned count)
{
    memmove(&model[from], &model[from + count], (model_len - from - count) * sizeof model[0]);
    model_len -= count;
}

/* Its index, or -1. */
static int model_find(unsigned number)
{
    for (unsigned i = 0; i < model_len; i++)
        if (model[i].number == number)
            return (int)i;
    return -1;
}

/* ---- the set ---- */

static struct entry *create_set(void)
{
    struct entry *entry = collection_create(&zset_kind, (struct bytes){"key", 3}, ENTRY_NO_EXPIRY);
    must(entry);
    model_len = 0;
    return entry;
}

static bool is_same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static void must_be(const struct collection_place *place, const struct known *known)
{
    struct element_view view;
    element_view(zset_member(place->record), &view);
    must(is_same_bits(zset_score(place->record), known->score));
    must(bytes_equal(view.text.data, view.text.len, texts[known->number], text_lens[known->number]));
}

static void check_walks(const struct collection *zset)
{
    struct collection_place place;
    unsigned at = 0;
    for (bool more = collection_at(zset, 0, &place); more; more = collection_next(zset, &place))
        must_be(&place, &model[at++]);
    must(at == model_len && collection_count(zset) == model_len);
    bool more = model_len > 0 && collection_at(zset, model_len - 1, &place);
    for (; more; more = collection_previous(zset, &place))
        must_be(&place, &model[--at]);
    must(at == 0);
}

/* A bound between or at any of the members, and where the model has it. */
static void check_bound(const struct collection *zset)
{
    struct collection_place place;
    struct known known = {(unsigned)dice_below(&dice, UNIVERSE), 0};
    known.score = model_len > 0 ? model[dice_below(&dice, model_len)].score : 0;
    struct record_bound bound = record_bound_at(known.score, text_of(known.number));
    unsigned kind = (unsigned)dice_below(&dice, 4), expected = 0;
    if (kind == 1)
        bound = record_bound_from(known.score);
    else if (kind == 2)
        bound = record_bound_above(known.score);
    bound.after = bound.after || kind == 3;
    for (unsigned i = 0; i < model_len; i++) {
        int order = compare_known(&model[i], &known);
        bool before = kind == 0   ? order < 0
                      : kind == 1 ? model[i].score < known.score
                      : kind == 2 ? model[i].score <= known.score
                                  : order <= 0;
        expected += before;
    }
    bool found = collection_seek(zset, &bound, &place);
    must(found == (expected < model_len));
    if (found) {
        must_be(&place, &model[expected]);
        must(collection_index(zset, &place) == expected);
    }
}

static void check_member(const struct collection *zset)
{
    struct collection_place place;
    unsigned number = (unsigned)dice_below(&dice, UNIVERSE);
    struct element element = element_of(number);
    int at = model_find(number);
    must(zset_find(zset, &element, &place) == (at >= 0));
    if (at >= 0) {
        must_be(&place, &model[at]);
        must(collection_index(zset, &place) == (uint64_t)at);
    }
}

static void check_set(const struct entry *entry)
{
    struct collection zset;
    collection_open(&zset, &zset_kind, entry);
    check_walks(&zset);
    for (int i = 0; i < 20; i++) {
        check_bound(&zset);
        check_member(&zset);
    }
    collection_check(&zset);
}

/* ---- changes ---- */

/* A score as the set has it while it is a listpack, or when it is none any more. */
static double as_kept_by(const struct collection *zset, double score)
{
    return score == 0 && zset_is_listpack(zset->entry) ? 0 : score;
}

/* Few scores for many members, many scores, one, or those at the edges of what a score can be. */
static double some_score(unsigned kind)
{
    static const double edges[] = {-INFINITY, -1e308, -1, -4.9e-324, -0.0, 0.0, 4.9e-324, 0.1, 1e308, INFINITY};
    switch (kind) {
    case 0:
        return edges[dice_below(&dice, sizeof edges / sizeof edges[0])];
    case 1:
        return (double)dice_below(&dice, 1000000) / 7 - 50000;
    case 2:
        return 1;
    default:
        return (double)dice_below(&dice, 3);
    }
}

/* A score that lets the member stay, go to a neighbour or beyond, or to an end. */
static double other_score(unsigned at, unsigned kind)
{
    unsigned near = at + (unsigned)dice_below(&dice, 5);
    switch (dice_below(&dice, 7)) {
    case 0:
        return model[at].score;
    case 1:
        return -model[at].score; /* 0 to -0, too */
    case 2:
        return near >= 2 && near - 2 < model_len ? model[near - 2].score : model[at].score;
    case 3:
        return nextafter(model[at].score, dice_chance(&dice, 50) ? INFINITY : -INFINITY);
    case 4:
        return model[0].score;
    case 5:
        return model[model_len - 1].score;
    default:
        return some_score(kind);
    }
}

static void arm(bool memory_fails)
{
    mem_fail_after(memory_fails ? 1 + (unsigned)dice_below(&dice, 6) : 0);
}

/* Whether it was done; if not, memory had run out, and the entry is where it was. */
static bool is_done(int error, const struct collection *zset, const struct entry *entry, bool memory_fails)
{
    mem_fail_after(0);
    must(error >= 0 || (error == -ENOMEM && memory_fails && zset->entry == entry));
    return error >= 0;
}

static void cut_some(struct collection *zset, bool memory_fails)
{
    struct tree cut;
    const struct entry *entry = zset->entry;
    unsigned from = (unsigned)dice_below(&dice, model_len + 1), count = (unsigned)dice_below(&dice, 60);
    if (dice_chance(&dice, 5))
        from = 0, count = model_len;
    else if (dice_chance(&dice, 10))
        from = (unsigned)dice_below(&dice, model_len / 4 + 1), count = model_len * 3 / 4;
    arm(memory_fails);
    if (is_done(collection_cut(zset, from, count, &cut), zset, entry, memory_fails))
        model_cut(from, count < model_len - from ? count : model_len - from);
    tree_deinit(&cut);
}

static void rescore(struct collection *zset, unsigned at, unsigned kind, bool memory_fails)
{
    struct collection_place place;
    const struct entry *entry = zset->entry;
    unsigned number = model[at].number;
    double score = other_score(at, kind);
    struct element element = element_of(number);
    must(zset_find(zset, &element, &place));
    arm(memory_fails);
    if (!is_done(zset_rescore(zset, &place, score), zset, entry, memory_fails))
        return;
    model_cut(at, 1);
    model_add(number, as_kept_by(zset, score));
}

/* One random change; the entry afterwards. */
static struct entry *change(struct entry *entry, unsigned kind, unsigned most, bool memory_fails)
{
    struct collection zset;
    unsigned number = (unsigned)dice_below(&dice, UNIVERSE);
    struct element element = element_of(number);
    int at = model_find(number);
    collection_open(&zset, &zset_kind, entry);
    if (model_len > 0 && dice_chance(&dice, 30)) {
        rescore(&zset, (unsigned)dice_below(&dice, model_len), kind, memory_fails);
    } else if (model_len > most || dice_chance(&dice, 1)) {
        cut_some(&zset, memory_fails);
    } else if (at < 0) {
        double score = some_score(kind);
        arm(memory_fails);
        if (is_done(zset_add(&zset, &element, NULL, score, &limits), &zset, entry, memory_fails))
            model_add(number, as_kept_by(&zset, score));
    } else if (dice_chance(&dice, 40)) {
        arm(memory_fails);
        if (is_done(zset_remove(&zset, &element), &zset, entry, memory_fails))
            model_cut((unsigned)at, 1);
    } else {
        rescore(&zset, (unsigned)at, kind, memory_fails);
    }
    return zset.entry;
}

/* By the kind of scores; odd ones with memory that fails; of the set's size there are two. */
START_TEST(a_sorted_set_agrees_with_a_sorted_model)
{
    unsigned kind = (unsigned)_i / 4, most = _i & 2 ? 1000 : 80;
    bool memory_fails = _i & 1;
    dice = dice_create((uint64_t)_i);
    make_texts();
    for (unsigned round = 0; round < scratch_rounds(4); round++) {
        struct entry *entry = create_set();
        for (int step = 0; step < 6000; step++) {
            entry = change(entry, kind, most, memory_fails && dice_chance(&dice, 40));
            if (step % 60 == 0)
                check_set(entry);
        }
        check_set(entry);
        struct entry *copy = entry_copy(entry, (struct bytes){"copy", 4}, ENTRY_NO_EXPIRY);
        must(copy);
        entry_free(entry);
        check_set(copy);
        entry_free(copy);
    }
}
END_TEST

/* Each allocation of each kind of change fails once, in a set on the point of becoming a tree, and in a larger one. */
START_TEST(without_memory_nothing_has_changed)
{
    dice = dice_create(100);
    make_texts();
    for (unsigned size = 10; size < 400; size += size < 80 ? 1 : 37) {
        struct entry *entry = create_set();
        struct collection zset;
        collection_open(&zset, &zset_kind, entry);
        for (unsigned number = 0; number < size; number++) {
            struct element element = element_of(number);
            must(zset_add(&zset, &element, NULL, number % 3, &limits) == 0);
            model_add(number, number % 3);
        }
        for (unsigned countdown = 1, done = 0; !done; countdown++) {
            struct element element = element_of(size);
            entry = zset.entry;
            mem_fail_after(countdown);
            int error = zset_add(&zset, &element, NULL, 1, &limits);
            mem_fail_after(0);
            must(error == 0 || (error == -ENOMEM && zset.entry == entry));
            if (error == 0)
                model_add(size, 1);
            check_set(zset.entry);
            done = error == 0;
        }
        for (unsigned countdown = 1, done = 0; !done; countdown++) {
            struct collection_place place;
            struct element element = element_of(size);
            must(zset_find(&zset, &element, &place));
            mem_fail_after(countdown);
            int error = collection_rescore(&zset, &place, 1.5);
            mem_fail_after(0);
            must(error == 0 || error == -ENOMEM);
            if (error == 0) {
                model_cut((unsigned)model_find(size), 1);
                model_add(size, 1.5);
            }
            check_set(zset.entry);
            done = error == 0;
        }
        for (unsigned countdown = 1; countdown < 6; countdown++) {
            entry = entry_copy(zset.entry, (struct bytes){"key", 3}, ENTRY_NO_EXPIRY);
            mem_fail_after(countdown);
            struct entry *copy = entry_copy(entry, (struct bytes){"copy", 4}, ENTRY_NO_EXPIRY);
            mem_fail_after(0);
            check_set(entry);
            if (copy) {
                check_set(copy);
                entry_free(copy);
            }
            entry_free(entry);
        }
        entry_free(zset.entry);
    }
}
END_TEST

/* The names in OBJECT ENCODING go from listpack to skiplist by members or bytes of one, and not back. */
START_TEST(the_encoding_follows_the_limits)
{
    for (unsigned by_value = 0; by_value < 2; by_value++) {
        struct collection zset;
        struct element element;
        char text[80];
        collection_open(&zset, &zset_kind, create_set());
        for (unsigned i = 0; i < (by_value ? 2 : 129); i++) {
            ck_assert_str_eq(zset_type.encoding(zset.entry), "listpack");
            int len = by_value ? sprintf(text, "%0*u", i ? 65 : 64, i) : sprintf(text, "%u", i);
            element_init(&element, text, (size_t)len);
            ck_assert_int_eq(zset_add(&zset, &element, NULL, i, &limits), 0);
        }
        ck_assert_str_eq(zset_type.encoding(zset.entry), "skiplist");
        ck_assert_int_eq(zset_remove(&zset, &element), 1);
        ck_assert_int_eq(zset_remove(&zset, &element), 0);
        ck_assert_str_eq(zset_type.encoding(zset.entry), "skiplist");
        entry_free(zset.entry);
    }
}
END_TEST

/* ---- walks in parts ---- */

#define STAYING 3000
#define PASSING 3000

struct visited {
    unsigned char seen[STAYING];
    uint64_t count;
};

static void visit(void *context, const char *record)
{
    struct visited *visited = context;
    struct element_view view;
    unsigned number;
    char kind, text[40];
    element_view(zset_member(record), &view);
    must(view.text.len < sizeof text);
    memcpy(text, view.text.data, view.text.len);
    text[view.text.len] = '\0';
    must(sscanf(text, "%c%u", &kind, &number) == 2);
    if (kind == 's')
        visited->seen[number] = 1;
    visited->count++;
}

static struct element scan_element(char kind, unsigned number, char text[40])
{
    struct element element;
    int len = sprintf(text, "%c%u", kind, number);
    element_init(&element, text, (size_t)len);
    return element;
}

/* How many scores there are in a walk's set: all members share one, or some do, or none. */
static double walk_score(unsigned kind)
{
    static const unsigned scores[] = {1, 2, 40, 300, 1000000};
    return (double)dice_below(&dice, scores[kind]);
}

static void put(struct collection *zset, char kind, unsigned number, double score)
{
    char text[40];
    struct collection_place place;
    struct element element = scan_element(kind, number, text);
    if (zset_find(zset, &element, &place))
        must(collection_rescore(zset, &place, score) == 0);
    else
        must(zset_add(zset, &element, NULL, score, &limits) == 0);
}

static void stir(struct collection *zset, unsigned kind)
{
    char text[40];
    for (int i = 0; i < 40; i++) {
        unsigned number = (unsigned)dice_below(&dice, PASSING);
        struct element element = scan_element('p', number, text);
        if (dice_chance(&dice, 50))
            put(zset, 'p', number, walk_score(kind));
        else
            must(zset_remove(zset, &element) >= 0);
        put(zset, 's', (unsigned)dice_below(&dice, STAYING), walk_score(kind));
    }
}

START_TEST(a_walk_in_parts_sees_each_member_that_stays)
{
    unsigned kind = (unsigned)_i / 3;
    static const uint64_t counts[] = {1, 10, 1000};
    struct collection zset;
    dice = dice_create(200 + (uint64_t)_i);
    collection_open(&zset, &zset_kind, create_set());
    for (unsigned i = 0; i < STAYING; i++)
        put(&zset, 's', i, walk_score(kind));
    for (unsigned i = 0; i < PASSING; i += 2)
        put(&zset, 'p', i, walk_score(kind));
    for (unsigned round = 0; round < 4; round++) {
        static struct visited visited;
        uint64_t cursor = 0, parts = 0;
        memset(&visited, 0, sizeof visited);
        do {
            cursor = collection_scan(&zset, cursor, counts[_i % 3], visit, &visited);
            must(cursor < UINT64_C(1) << 53 && parts++ < 20000);
            if (round > 0)
                stir(&zset, kind);
        } while (cursor != 0);
        for (unsigned i = 0; i < STAYING; i++)
            must(visited.seen[i]);
        must(round > 0 || visited.count < 2 * collection_count(&zset));
        collection_check(&zset);
    }
    entry_free(zset.entry);
}
END_TEST

/* Any cursor is answered, too, and a small set comes at once. */
START_TEST(a_walk_may_begin_anywhere)
{
    struct collection zset;
    dice = dice_create(300);
    collection_open(&zset, &zset_kind, create_set());
    for (unsigned i = 0; i < STAYING; i++) {
        static struct visited visited;
        put(&zset, 's', i, walk_score(1));
        memset(&visited, 0, sizeof visited);
        if (i < 20) {
            ck_assert_uint_eq(collection_scan(&zset, 0, 1, visit, &visited), 0);
            ck_assert_uint_eq(visited.count, i + 1);
        }
        must(collection_scan(&zset, dice_next(&dice), 10, visit, &visited) < UINT64_C(1) << 53);
        must(collection_scan(&zset, dice_next(&dice) >> 11, 10, visit, &visited) < UINT64_C(1) << 53);
    }
    entry_free(zset.entry);
}
END_TEST

Suite *suite_zset(void);
Suite *suite_zset(void)
{
    Suite *suite = suite_create("zset");
    TCase *tcase = tcase_create("zset");
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 240 : 60);
    tcase_add_loop_test(tcase, a_sorted_set_agrees_with_a_sorted_model, 0, 16);
    tcase_add_test(tcase, without_memory_nothing_has_changed);
    tcase_add_test(tcase, the_encoding_follows_the_limits);
    tcase_add_loop_test(tcase, a_walk_in_parts_sees_each_member_that_stays, 0, 15);
    tcase_add_test(tcase, a_walk_may_begin_anywhere);
    suite_add_tcase(suite, tcase);
    return suite;
}
