/*
 * Tables: against a model, under hashes that can't tell keys apart, with memory that runs out, and scans that
 * miss nothing while segments split and merge.
 */
#include "base/memory.h"
#include "base/random.h"
#include "base/siphash.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "store/key.h"
#include "store/table.h"
#include "types/string.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define UNIVERSE 6000

/* ---- hashes ---- */

static uint64_t key_number(const void *data, size_t len)
{
    uint64_t number = 0;
    const char *digits = data;
    for (size_t i = 1; i < len; i++)
        number = number * 10 + (uint64_t)(digits[i] - '0');
    return number;
}

static uint64_t hash_equal(const void *data, size_t len)
{
    (void)data, (void)len;
    return UINT64_C(0x123456789abcdef0);
}

static uint64_t hash_equal_low(const void *data, size_t len)
{
    return siphash_bytes(data, len) | ((1u << SLOT_TAG_BITS) - 1);
}

static uint64_t hash_equal_high(const void *data, size_t len)
{
    return siphash_bytes(data, len) >> 30;
}

static uint64_t hash_last_tags(const void *data, size_t len)
{
    return siphash_bytes(data, len) | 0x7ff0; /* all want the last buckets: displaced ones go round the end */
}

static uint64_t hash_sequence(const void *data, size_t len)
{
    return key_number(data, len);
}

static uint64_t hash_high_sequence(const void *data, size_t len)
{
    return key_number(data, len) << 50 | key_number(data, len);
}

static key_hash_function *const hashes[] = {NULL,           hash_equal,    hash_equal_low,    hash_equal_high,
                                            hash_last_tags, hash_sequence, hash_high_sequence};
#define HASHES ((int)(sizeof hashes / sizeof hashes[0]))

/* ---- the table beside its model ---- */

struct model {
    struct table table;
    struct entry *entries[UNIVERSE]; /* by number; NULL: absent */
    size_t count;
};

static struct model model;

static size_t key_of(unsigned number, char *key)
{
    return (size_t)sprintf(key, "k%u", number);
}

static struct entry *entry_of(unsigned number, int64_t expire_ms)
{
    char key[16];
    struct bytes name = {key, key_of(number, key)};
    struct entry *entry = string_create_int(name, number, expire_ms);
    must(entry);
    return entry;
}

static uint64_t hash_of(unsigned number)
{
    char key[16];
    size_t len = key_of(number, key);
    return key_hash(key, len);
}

static table_slot *slot_of(unsigned number)
{
    char key[16];
    size_t len = key_of(number, key);
    return table_find(&model.table, key_hash(key, len), key, len);
}

static void model_insert(unsigned number, int64_t expire_ms)
{
    must(!slot_of(number));
    model.entries[number] = entry_of(number, expire_ms);
    must(table_insert(&model.table, hash_of(number), model.entries[number]) == 0);
    model.count++;
}

static void model_remove(unsigned number)
{
    table_slot *slot = slot_of(number);
    must(slot);
    must(slot_entry(*slot) == model.entries[number]);
    table_remove(&model.table, hash_of(number), slot);
    entry_free(model.entries[number]);
    model.entries[number] = NULL;
    model.count--;
}

static void model_replace(unsigned number, int64_t expire_ms)
{
    struct entry *old = model.entries[number];
    table_slot *slot = table_find_address(&model.table, hash_of(number), old);
    must(slot);
    must(slot == slot_of(number));
    model.entries[number] = entry_of(number, expire_ms);
    table_replace(&model.table, hash_of(number), slot, model.entries[number]);
    entry_free(old);
}

static void model_check(void)
{
    size_t expires = 0;
    table_check(&model.table);
    must(model.table.count == model.count);
    for (unsigned i = 0; i < UNIVERSE; i++) {
        table_slot *slot = slot_of(i);
        must((slot ? slot_entry(*slot) : NULL) == model.entries[i]);
        expires += slot && slot_expires(*slot);
    }
    must(model.table.expires == expires);
}

static void model_begin(key_hash_function *hash)
{
    memset(&model, 0, sizeof model);
    key_set_hash(hash);
    table_init(&model.table);
}

static void model_end(void)
{
    table_deinit(&model.table, entry_free);
    ck_assert_uint_eq(table_memory(&model.table), 0);
    key_set_hash(NULL);
}

static int64_t some_expiry(struct dice *dice)
{
    return dice_chance(dice, 30) ? (int64_t)dice_below(dice, 1000) : ENTRY_NO_EXPIRY;
}

/* Hashes that make a list of the table are tried with fewer keys: they cost the square. */
static unsigned universe_for(key_hash_function *hash)
{
    return hash == hash_equal ? 600 : UNIVERSE;
}

/* ---- tests ---- */

START_TEST(random_changes_agree_with_a_model)
{
    struct dice dice = dice_create((uint64_t)_i);
    key_hash_function *hash = hashes[_i];
    unsigned universe = universe_for(hash), steps = scratch_rounds(60000), growing = 1;
    model_begin(hash);
    for (unsigned step = 0; step < steps; step++) {
        unsigned number = (unsigned)dice_below(&dice, universe);
        if (step % (steps / 6) == 0)
            growing = dice_chance(&dice, 50) ? 90 : 15; /* mostly inserts, or mostly removals */
        if (!model.entries[number]) {
            if (dice_chance(&dice, growing))
                model_insert(number, some_expiry(&dice));
        } else if (dice_chance(&dice, 30)) {
            model_replace(number, some_expiry(&dice));
        } else if (!dice_chance(&dice, growing)) {
            model_remove(number);
        }
        if (step % 200 == 0)
            table_check(&model.table);
        if (step % 5000 == 0)
            model_check();
    }
    model_check();
    model_end();
}
END_TEST

START_TEST(emptied_table_keeps_no_memory)
{
    struct dice dice = dice_create(100 + (uint64_t)_i);
    key_hash_function *hash = hashes[_i];
    unsigned universe = universe_for(hash), order[UNIVERSE];
    model_begin(hash);
    ck_assert_uint_eq(table_memory(&model.table), 0);
    for (unsigned i = 0; i < universe; i++) {
        order[i] = i;
        model_insert(i, ENTRY_NO_EXPIRY);
    }
    model_check();
    for (unsigned i = 0; i < universe; i++) {
        unsigned other = i + (unsigned)dice_below(&dice, universe - i), number = order[other];
        order[other] = order[i];
        model_remove(number);
        if (i % 500 == 0)
            model_check();
    }
    model_check();
    ck_assert_uint_eq(table_memory(&model.table), 0);
    ck_assert_uint_eq(table_scan(&model.table, 0, NULL, NULL), 0);
    model_end();
}
END_TEST

START_TEST(empty_table_finds_and_prefetches_nothing)
{
    size_t count = 9, looked = 0;
    struct entry *expired[4];
    model_begin(NULL);
    ck_assert_ptr_null(slot_of(1));
    table_prefetch_bucket(&model.table, 0);
    table_prefetch_bucket(&model.table, UINT64_MAX);
    table_prefetch_entry(&model.table, UINT64_MAX);
    ck_assert_uint_eq(table_scan(&model.table, 12345, NULL, NULL), 0);
    ck_assert_uint_eq(table_find_expired(&model.table, 0, 1, expired, 4, &count, &looked), 0);
    ck_assert_uint_eq(count, 0);
    table_check(&model.table);
    model_end();
}
END_TEST

START_TEST(prefetching_reads_nothing_that_isnt_there)
{
    model_begin(hashes[_i]);
    for (unsigned i = 0; i < 500; i++)
        model_insert(i, ENTRY_NO_EXPIRY);
    for (unsigned i = 0; i < 1000; i++) { /* present and absent keys */
        table_prefetch_bucket(&model.table, hash_of(i));
        table_prefetch_entry(&model.table, hash_of(i));
    }
    table_prefetch_entry(&model.table, 0); /* the tag of empty slots */
    model_end();
}
END_TEST

START_TEST(growth_keeps_pace_with_entries)
{
    model_begin(NULL);
    for (unsigned i = 0; i < UNIVERSE; i++) {
        model_insert(i, ENTRY_NO_EXPIRY);
        /* a slot has 8 bytes; the worst is just after a split, and for the first keys */
        must(table_memory(&model.table) <= 24 * (model.count + 8) + 128);
    }
    struct table_shape shape;
    table_shape_read(&model.table, &shape);
    must(shape.segments == model.table.segments);
    must(shape.displaced <= UNIVERSE / 4);
    must(shape.buckets * BUCKET_SLOTS >= UNIVERSE);
    model_end();
}
END_TEST

START_TEST(hostile_hash_does_not_blow_up_the_directory)
{
    model_begin(hashes[_i]);
    unsigned universe = universe_for(hashes[_i]);
    for (unsigned i = 0; i < universe; i++)
        model_insert(i, ENTRY_NO_EXPIRY);
    ck_assert_uint_le(table_memory(&model.table), 64 * UNIVERSE);
    model_check();
    model_end();
}
END_TEST

/* ---- memory ---- */

/* Whatever allocation of an insert fails, the table is as before, or the insert did without. */
START_TEST(failing_allocation_changes_nothing)
{
    model_begin(hashes[_i]);
    unsigned universe = universe_for(hashes[_i]) / 2, refused = 0;
    for (unsigned number = 0; number < universe; number++) {
        struct entry *entry = entry_of(number, number % 3 ? ENTRY_NO_EXPIRY : 5);
        int result = -ENOMEM;
        for (unsigned nth = 1; nth < 8 && result; nth++) {
            mem_fail_after(nth);
            result = table_insert(&model.table, hash_of(number), entry);
            mem_fail_after(0);
            if (result == 0)
                break;
            refused++;
            must(result == -ENOMEM);
            must(model.table.count == model.count);
            must(!slot_of(number));
            if (number % 16 == 0)
                table_check(&model.table);
        }
        must(result == 0);
        model.entries[number] = entry;
        model.count++;
    }
    must(refused > 0);
    model_check();
    model_end();
}
END_TEST

START_TEST(removal_succeeds_without_memory)
{
    struct dice dice = dice_create(200 + (uint64_t)_i);
    model_begin(hashes[_i]);
    unsigned universe = universe_for(hashes[_i]);
    for (unsigned i = 0; i < universe; i++)
        model_insert(i, ENTRY_NO_EXPIRY);
    for (unsigned i = 0; i < universe; i++) {
        mem_fail_after(1 + (unsigned)dice_below(&dice, 3));
        model_remove(i);
        mem_fail_after(0);
        if (i % 200 == 0)
            table_check(&model.table);
    }
    model_check();
    model_end();
}
END_TEST

/* ---- scans ---- */

struct walk {
    uint8_t seen[UNIVERSE];
    size_t visits;
};

static void walk_visit(void *context, struct entry *entry)
{
    struct walk *walk = context;
    int64_t number = string_int(entry);
    must(model.entries[number] == entry); /* only what is there is shown */
    walk->seen[number] = 1;
    walk->visits++;
}

START_TEST(scan_of_a_still_table_sees_each_entry_once)
{
    for (unsigned count = 1; count < UNIVERSE; count = count * 3 / 2 + 1) {
        struct walk walk = {0};
        model_begin(hashes[_i]);
        if (count > universe_for(hashes[_i]))
            break;
        for (unsigned i = 0; i < count; i++)
            model_insert(i, ENTRY_NO_EXPIRY);
        uint64_t cursor = 0;
        do {
            cursor = table_scan(&model.table, cursor, walk_visit, &walk);
            must(cursor >> TABLE_CURSOR_BITS == 0);
        } while (cursor);
        must(walk.visits == count);
        for (unsigned i = 0; i < count; i++)
            must(walk.seen[i] == 1);
        model_end();
    }
    model_end();
}
END_TEST

/* Between two steps of a walk: the table grows or shrinks by a lot or a little. Keys below stable stay. */
static void disturb(struct dice *dice, unsigned stable, unsigned universe)
{
    unsigned changes =
        (unsigned)dice_below(dice, 4) ? (unsigned)dice_below(dice, 8) : (unsigned)dice_below(dice, universe / 2);
    bool grow = dice_chance(dice, 50);
    for (unsigned i = 0; i < changes; i++) {
        unsigned number = stable + (unsigned)dice_below(dice, universe - stable);
        if (grow && !model.entries[number])
            model_insert(number, ENTRY_NO_EXPIRY);
        else if (!grow && model.entries[number])
            model_remove(number);
    }
}

START_TEST(scan_misses_nothing_that_stayed_while_segments_split_and_merge)
{
    unsigned histories = scratch_rounds(400), depths = 0;
    bool must_deepen = !hashes[_i]; /* goes on until the directory has changed often enough under a scan */
    for (unsigned history = 0; history < histories || (must_deepen && depths <= histories / 10); history++) {
        must(history < 100 * histories);
        struct dice dice = dice_create(1000 + (uint64_t)_i * 100000 + history);
        unsigned universe = 100u << dice_below(&dice, hashes[_i] == hash_equal ? 3 : 6);
        unsigned stable = (unsigned)dice_below(&dice, history % 2 ? 30 : universe / 4), steps = 0;
        struct walk walk = {0};
        model_begin(hashes[_i]);
        for (unsigned i = 0; i < stable; i++)
            model_insert(i, ENTRY_NO_EXPIRY);
        for (unsigned i = stable; i < universe; i++)
            if (history % 3 == 0)
                model_insert(i, ENTRY_NO_EXPIRY);
        uint64_t cursor = 0;
        unsigned restless = (unsigned)dice_below(&dice, 60); /* steps with changes between them */
        do {
            unsigned before = model.table.depth;
            cursor = table_scan(&model.table, cursor, walk_visit, &walk);
            if (cursor && steps < restless)
                disturb(&dice, stable, universe);
            depths += before != model.table.depth;
            must(++steps < 200000);
        } while (cursor);
        for (unsigned i = 0; i < stable; i++)
            ck_assert_msg(walk.seen[i], "history %u: key %u was missed", history, i);
        table_check(&model.table);
        model_end();
    }
}
END_TEST

START_TEST(any_cursor_is_harmless)
{
    struct dice dice = dice_create(300);
    model_begin(NULL);
    for (unsigned i = 0; i < UNIVERSE; i++)
        model_insert(i, ENTRY_NO_EXPIRY);
    for (unsigned i = 0; i < 20000; i++) {
        struct walk walk = {0};
        uint64_t next = table_scan(&model.table, dice_next(&dice) >> (64 - TABLE_CURSOR_BITS), walk_visit, &walk);
        must(next >> TABLE_CURSOR_BITS == 0);
    }
    model_end();
}
END_TEST

/* ---- expiry ---- */

START_TEST(find_expired_finds_all_that_is_due_and_nothing_else)
{
    struct dice dice = dice_create(400 + (uint64_t)_i);
    unsigned universe = universe_for(hashes[_i]), due = 0, found = 0, calls = 0;
    uint64_t position = 0;
    int64_t now_ms = 500;
    model_begin(hashes[_i]);
    for (unsigned i = 0; i < universe; i++) {
        int64_t at = some_expiry(&dice);
        model_insert(i, at);
        due += at != ENTRY_NO_EXPIRY && at <= now_ms;
    }
    do {
        struct entry *expired[7];
        size_t count, looked = 0;
        position = table_find_expired(&model.table, position, now_ms, expired, 7, &count, &looked);
        for (size_t i = 0; i < count; i++) {
            int64_t number = string_int(expired[i]);
            must(model.entries[number] == expired[i]);
            must(entry_expiry(expired[i]) != ENTRY_NO_EXPIRY);
            must(entry_expiry(expired[i]) <= now_ms);
            model_remove((unsigned)number);
            found++;
        }
        must(++calls < 100000);
    } while (position);
    /* removals may merge a part that was looked at with one that wasn't, but nothing is passed over for good */
    must(found == due);
    model_check();
    model_end();
}
END_TEST

START_TEST(find_expired_reads_no_segment_in_which_nothing_is_due)
{
    struct entry *expired[64];
    size_t count, looked = 0;
    uint64_t position = 0;
    model_begin(NULL);
    for (unsigned i = 0; i < UNIVERSE; i++)
        model_insert(i, 1000);
    do
        position = table_find_expired(&model.table, position, 999, expired, 64, &count, &looked);
    while (position);
    ck_assert_uint_eq(looked, 0);
    model_replace(77, 10); /* one that is due makes its segment worth a look */
    do {
        position = table_find_expired(&model.table, position, 999, expired, 64, &count, &looked);
        if (count)
            ck_assert_ptr_eq(expired[0], model.entries[77]);
    } while (position && !count);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_lt(looked, 520);
    model_end();
}
END_TEST

/* ---- chance ---- */

START_TEST(a_wrong_count_ends_the_process_that_checks)
{
    model_begin(NULL);
    model_insert(0, ENTRY_NO_EXPIRY);
    model.table.count++;
    table_check(&model.table);
}
END_TEST

START_TEST(random_entries_are_evenly_chosen)
{
    enum { KEYS = 2000, DRAWS = 200 * KEYS };
    static unsigned hits[KEYS];
    struct random_state random;
    random_seed(&random, scratch_seed());
    model_begin(NULL);
    for (unsigned i = 0; i < KEYS; i++)
        model_insert(i, ENTRY_NO_EXPIRY);
    for (unsigned i = 0; i < DRAWS; i++)
        hits[string_int(table_random(&model.table, &random))]++;
    for (unsigned i = 0; i < KEYS; i++) {
        /* 200 expected each; segments differ by some tenths in how full they are */
        must(hits[i] > 80);
        must(hits[i] < 420);
    }
    for (unsigned i = 1; i < KEYS; i++)
        model_remove(i);
    must(table_random(&model.table, &random) == model.entries[0]);
    model_end();
}
END_TEST

static void stop_failing(void)
{
    mem_fail_after(0);
    key_set_hash(NULL);
}

Suite *suite_table(void);
Suite *suite_table(void)
{
    Suite *suite = suite_create("table");
    TCase *tcase = tcase_create("table");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, NULL, stop_failing);
    tcase_add_loop_test(tcase, random_changes_agree_with_a_model, 0, HASHES);
    tcase_add_loop_test(tcase, emptied_table_keeps_no_memory, 0, HASHES);
    tcase_add_test(tcase, empty_table_finds_and_prefetches_nothing);
    tcase_add_loop_test(tcase, prefetching_reads_nothing_that_isnt_there, 0, HASHES);
    tcase_add_test(tcase, growth_keeps_pace_with_entries);
    tcase_add_loop_test(tcase, hostile_hash_does_not_blow_up_the_directory, 0, HASHES);
    tcase_add_loop_test(tcase, failing_allocation_changes_nothing, 0, HASHES);
    tcase_add_loop_test(tcase, removal_succeeds_without_memory, 0, HASHES);
    tcase_add_loop_test(tcase, scan_of_a_still_table_sees_each_entry_once, 0, HASHES);
    tcase_add_loop_test(tcase, scan_misses_nothing_that_stayed_while_segments_split_and_merge, 0, HASHES);
    tcase_add_test(tcase, any_cursor_is_harmless);
    tcase_add_loop_test(tcase, find_expired_finds_all_that_is_due_and_nothing_else, 0, HASHES);
    tcase_add_test(tcase, find_expired_reads_no_segment_in_which_nothing_is_due);
    tcase_add_test(tcase, random_entries_are_evenly_chosen);
    tcase_add_test_raise_signal(tcase, a_wrong_count_ends_the_process_that_checks, SIGABRT);
    suite_add_tcase(suite, tcase);
    return suite;
}
