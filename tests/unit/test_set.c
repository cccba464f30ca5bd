/*
 * Sets beside a model, from packed to tree and back to nothing, with memory that runs out at any allocation: then
 * nothing has changed. What a set is called follows Redis 7.2, and samples are distinct and even.
 */
#include "base/memory.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "types/sample.h"
#include "types/set.h"
#include "types/set_probe.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MEMBERS_MAX 700
#define ROUNDS 60
#define STEPS 1500

static const struct set_limits limits = {.intset_entries = 512, .listpack_entries = 128, .listpack_value = 64};

static struct dice dice;
static bool model[MEMBERS_MAX];
static unsigned model_count;
static char text[500];

/* Some members are numbers, some lie outside. */
static struct bytes text_of(unsigned number)
{
    size_t len = (size_t)sprintf(text, number % 2 ? "m%u" : "%u", number * 37);
    if (number % 31 == 3)
        while (len < 400)
            text[len++] = '.';
    return (struct bytes){text, len};
}

static void init_member(struct element *member, unsigned number)
{
    struct bytes bytes = text_of(number);
    element_init(member, bytes.data, bytes.len);
}

static struct entry *make_set(struct collection *set)
{
    struct entry *entry = collection_create(&set_kind, (struct bytes){"key", 3}, ENTRY_NO_EXPIRY);
    must(entry);
    collection_open(set, &set_kind, entry);
    return entry;
}

static void must_be_called(const struct entry *entry, const char *name)
{
    ck_assert_str_eq(set_type.encoding(entry), name);
}

static void check_set(const struct entry *entry)
{
    struct collection set;
    struct element member;
    collection_open(&set, &set_kind, entry);
    must(collection_count(&set) == model_count);
    for (unsigned i = 0; i < MEMBERS_MAX; i++) {
        init_member(&member, i);
        must(set_has(&set, &member) == model[i]);
    }
    collection_check(&set);
}

/* ---- beside a model ---- */

/* Adds the member of a set of its own, as it is stored there. */
static int add_stored(struct collection *set, const struct element *member, unsigned countdown)
{
    struct collection other;
    struct collection_place place;
    make_set(&other);
    must(set_add(&other, member, NULL, &limits) == 1 && collection_at(&other, 0, &place));
    mem_fail_after(countdown);
    int added = set_add_stored(set, place.record, &limits);
    mem_fail_after(0);
    entry_free(other.entry);
    return added;
}

/* One random change; more of them add, or more remove. */
static struct entry *change_set(struct entry *entry, bool grows, bool memory_fails)
{
    struct collection set;
    struct element member;
    unsigned number = (unsigned)dice_below(&dice, MEMBERS_MAX);
    unsigned countdown = memory_fails ? 1 + (unsigned)dice_below(&dice, 4) : 0;
    bool adds = dice_chance(&dice, grows ? 80 : 20);
    init_member(&member, number);
    collection_open(&set, &set_kind, entry);
    int changed;
    if (adds && dice_chance(&dice, 30)) {
        changed = add_stored(&set, &member, countdown);
    } else {
        mem_fail_after(countdown);
        changed = adds ? set_add(&set, &member, NULL, &limits) : set_remove(&set, &member);
        mem_fail_after(0);
    }
    if (changed < 0) {
        must(changed == -ENOMEM && memory_fails && set.entry == entry);
        return entry;
    }
    must(changed == (model[number] != adds));
    model[number] = adds;
    model_count = adds ? model_count + (unsigned)changed : model_count - (unsigned)changed;
    return set.entry;
}

START_TEST(a_set_has_what_was_added)
{
    dice = dice_create((uint64_t)_i);
    for (int round = 0; round < ROUNDS; round++) {
        struct collection set;
        struct entry *entry = make_set(&set);
        memset(model, 0, sizeof model);
        model_count = 0;
        for (int step = 0; step < STEPS; step++) {
            entry = change_set(entry, step < STEPS / 2, _i == 1 && dice_chance(&dice, 30));
            if (step % 250 == 0)
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

/* ---- probes ---- */

START_TEST(a_probe_finds_what_the_set_has)
{
    struct collection set, other;
    struct collection_place place;
    struct element member;
    struct element_view view;
    unsigned has = 0;
    make_set(&set);
    make_set(&other);
    struct set_probe *probe = set_probe_create();
    for (unsigned i = 0; i < 20000; i++) {
        init_member(&member, i);
        if (i % 3 != 0)
            must(set_add(&set, &member, NULL, &limits) == 1);
        if (i % 2 != 0)
            must(set_add(&other, &member, NULL, &limits) == 1);
    }
    must(set_probe_pays(&set, 10000) && !set_probe_pays(&set, 100));
    for (bool more = collection_at(&other, 0, &place); more; more = collection_next(&other, &place)) {
        element_init_stored(&member, place.record, &view);
        bool found = set_probe_has(probe, &set, element_hash(&member), &member);
        must(found == set_has(&set, &member));
        has += found;
    }
    must(has == 6667);
    mem_free(probe);
    entry_free(set.entry);
    entry_free(other.entry);
}
END_TEST

/* ---- names ---- */

static void add_text(struct collection *set, const char *member_text)
{
    struct element member;
    element_init(&member, member_text, strlen(member_text));
    must(set_add(set, &member, NULL, &limits) >= 0);
}

static void add_numbers(struct collection *set, const char *format, unsigned from, unsigned to)
{
    char digits[20];
    for (unsigned i = from; i < to; i++) {
        snprintf(digits, sizeof digits, format, i);
        add_text(set, digits);
    }
}

START_TEST(numbers_are_an_intset_up_to_its_limit)
{
    struct collection set;
    make_set(&set);
    add_numbers(&set, "%u", 0, 512);
    must_be_called(set.entry, "intset");
    add_numbers(&set, "%u", 0, 512);
    must_be_called(set.entry, "intset");
    add_numbers(&set, "%u", 512, 513);
    must_be_called(set.entry, "hashtable");
    entry_free(set.entry);
}
END_TEST

START_TEST(an_intset_that_gets_a_text_is_a_listpack_while_it_is_small)
{
    struct collection set;
    make_set(&set);
    add_numbers(&set, "%u", 0, 127);
    add_text(&set, "text");
    must_be_called(set.entry, "listpack");
    add_text(&set, "another");
    must_be_called(set.entry, "hashtable");
    entry_free(set.entry);
    make_set(&set);
    add_numbers(&set, "%u", 0, 128);
    add_text(&set, "text");
    must_be_called(set.entry, "hashtable");
    entry_free(set.entry);
}
END_TEST

START_TEST(a_long_member_makes_a_hashtable)
{
    struct collection set;
    char longest[66];
    memset(longest, 'x', sizeof longest);
    longest[65] = '\0';
    make_set(&set);
    add_text(&set, longest + 1);
    must_be_called(set.entry, "listpack");
    add_text(&set, longest);
    must_be_called(set.entry, "hashtable");
    entry_free(set.entry);
}
END_TEST

START_TEST(a_limit_shorter_than_numbers_counts_for_those_that_are_there)
{
    static const struct set_limits narrow = {.intset_entries = 512, .listpack_entries = 128, .listpack_value = 4};
    struct collection set;
    struct element member;
    make_set(&set);
    add_text(&set, "12345");
    must_be_called(set.entry, "intset");
    element_init(&member, "x", 1);
    must(set_add(&set, &member, NULL, &narrow) == 1);
    must_be_called(set.entry, "hashtable");
    entry_free(set.entry);
}
END_TEST

/* What a new set is called that begins with this member and is to get so many. */
static void must_begin_as(const char *first, uint64_t count, const char *name)
{
    struct collection set;
    struct element member;
    make_set(&set);
    element_init(&member, first, strlen(first));
    set_name(&set, &member, count, &limits);
    must_be_called(set.entry, name);
    entry_free(set.entry);
}

START_TEST(a_new_set_is_called_by_its_first_member_and_how_many_are_to_come)
{
    must_begin_as("1", 512, "intset");
    must_begin_as("1", 513, "hashtable");
    must_begin_as("a", 128, "listpack");
    must_begin_as("a", 129, "hashtable");
    must_begin_as("01", 1, "listpack");
}
END_TEST

START_TEST(a_set_that_is_to_get_many_is_a_hashtable_before)
{
    struct collection set;
    make_set(&set);
    add_text(&set, "1");
    set_name_before(&set, 512, &limits);
    must_be_called(set.entry, "intset");
    set_name_before(&set, 513, &limits);
    must_be_called(set.entry, "hashtable");
    entry_free(set.entry);
    make_set(&set);
    add_text(&set, "a");
    set_name_before(&set, 128, &limits);
    must_be_called(set.entry, "listpack");
    set_name_before(&set, 129, &limits);
    must_be_called(set.entry, "hashtable");
    entry_free(set.entry);
}
END_TEST

START_TEST(a_hashtable_of_which_little_remains_is_a_listpack)
{
    struct collection set;
    struct element member;
    make_set(&set);
    add_numbers(&set, "m%u", 0, 129);
    set_name_remains(&set, &limits);
    must_be_called(set.entry, "hashtable");
    element_init(&member, "m5", 2);
    must(set_remove(&set, &member) == 1);
    must_be_called(set.entry, "hashtable");
    set_name_remains(&set, &limits);
    must_be_called(set.entry, "listpack");
    entry_free(set.entry);
}
END_TEST

/* ---- samples ---- */

static void check_sample(const struct collection *set, uint64_t count)
{
    static unsigned char seen[200000];
    struct sample sample;
    const char *record;
    int64_t number;
    uint64_t given = 0;
    memset(seen, 0, sizeof seen);
    sample_begin(&sample, set, count, 0);
    while ((record = sample_next(&sample))) {
        must(element_to_i64(record, &number) && !seen[number]);
        seen[number] = 1;
        given++;
    }
    must(given == count);
}

START_TEST(a_sample_has_so_many_and_none_twice)
{
    static const unsigned sizes[] = {1, 2, 3, 100, 511, 512, 513, 1024, 1025, 5000, 70000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct collection set;
        make_set(&set);
        add_numbers(&set, "%u", 0, sizes[i]);
        uint64_t counts[] = {0,       1, 2, sizes[i] / 20, sizes[i] / 16, sizes[i] / 16 + 1, sizes[i] / 2, sizes[i] - 1,
                             sizes[i]};
        for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++)
            if (counts[k] <= sizes[i])
                check_sample(&set, counts[k]);
        entry_free(set.entry);
    }
}
END_TEST

/* How often each member of so many is in a sample of count: far from the mean it would be once in millions of runs. */
static void check_evenness(unsigned size, uint64_t count, unsigned samples)
{
    static unsigned hits[2000];
    struct collection set;
    struct sample sample;
    const char *record;
    int64_t number;
    make_set(&set);
    add_numbers(&set, "%u", 0, size);
    memset(hits, 0, sizeof hits);
    for (unsigned i = 0; i < samples; i++) {
        sample_begin(&sample, &set, count, 0);
        while ((record = sample_next(&sample)) && element_to_i64(record, &number))
            hits[number]++;
    }
    double mean = (double)samples * (double)count / size;
    for (unsigned i = 0; i < size; i++) {
        double off = hits[i] - mean;
        must(off * off < 49 * mean);
    }
    entry_free(set.entry);
}

START_TEST(a_sample_favours_no_record)
{
    check_evenness(10, 3, 20000);    /* packed */
    check_evenness(400, 100, 2000);  /* walked */
    check_evenness(1500, 20, 20000); /* permuted */
    check_evenness(1500, 1, 100000);
    check_evenness(1500, 300, 2000); /* walked, being a large part */
}
END_TEST

Suite *suite_set(void);
Suite *suite_set(void)
{
    Suite *suite = suite_create("set");
    TCase *tcase = tcase_create("set");
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 120 : 60);
    tcase_add_loop_test(tcase, a_set_has_what_was_added, 0, 2);
    tcase_add_test(tcase, a_probe_finds_what_the_set_has);
    tcase_add_test(tcase, numbers_are_an_intset_up_to_its_limit);
    tcase_add_test(tcase, an_intset_that_gets_a_text_is_a_listpack_while_it_is_small);
    tcase_add_test(tcase, a_long_member_makes_a_hashtable);
    tcase_add_test(tcase, a_limit_shorter_than_numbers_counts_for_those_that_are_there);
    tcase_add_test(tcase, a_new_set_is_called_by_its_first_member_and_how_many_are_to_come);
    tcase_add_test(tcase, a_set_that_is_to_get_many_is_a_hashtable_before);
    tcase_add_test(tcase, a_hashtable_of_which_little_remains_is_a_listpack);
    tcase_add_test(tcase, a_sample_has_so_many_and_none_twice);
    tcase_add_test(tcase, a_sample_favours_no_record);
    suite_add_tcase(suite, tcase);
    return suite;
}
