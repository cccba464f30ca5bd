/*
 * Epochs: whatever happens to keys and databases while the walk is on its way, each key that was there is kept once, with
 * its value and in its database as they were, and no other.
 */
#include "base/memory.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "store/epoch.h"
#include "store/keyspace.h"
#include "store/reaper.h"
#include "types/string.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define DATABASES 4
#define NAMES 3000
#define STEPS 4000
#define NOW_MS 1000000
#define WALK_BYTES 400 /* a piece, at KEPT_BYTES each */
#define KEPT_BYTES 10
#define ABSENT (-1)

static struct keyspace *keyspace;
static struct view view;
static struct dice dice;
static int64_t value_now[DATABASES][NAMES], value_then[DATABASES][NAMES];

static struct {
    struct epoch_keeper keeper;
    pthread_mutex_t lock; /* the reaper keeps as well */
    unsigned wrong, kept;
    bool seen[DATABASES][NAMES];
} witness = {.lock = PTHREAD_MUTEX_INITIALIZER};

static size_t note_kept(struct epoch_keeper *keeper, int db, const struct entry *entry)
{
    struct string_view text;
    struct bytes name = entry_key(entry);
    unsigned number = 0;
    (void)keeper;
    string_view(entry, &text);
    int64_t value = 0;
    for (size_t i = 0; i < text.len; i++)
        value = value * 10 + (text.data[i] - '0');
    for (size_t i = 0; i < name.len; i++)
        number = number * 10 + (unsigned)(name.data[i] - '0');
    pthread_mutex_lock(&witness.lock);
    witness.kept++;
    if (number >= NAMES || witness.seen[db][number] || value_then[db][number] != value)
        witness.wrong++;
    else
        witness.seen[db][number] = true;
    pthread_mutex_unlock(&witness.lock);
    return KEPT_BYTES;
}

/* ---- changes, here and in the model ---- */

static const char *name_of(unsigned number)
{
    static char names[2][16];
    static unsigned next;
    char *name = names[next++ % 2];
    snprintf(name, sizeof names[0], "%u", number);
    return name;
}

static struct key key_of(const char *name)
{
    return key_make(name, strlen(name));
}

static void put(unsigned number, int64_t value)
{
    struct key key = key_of(name_of(number));
    keyspace_put(&view, &key, string_create_int(key.name, value, ENTRY_NO_EXPIRY), &string_event_set);
    value_now[view.db][number] = value;
}

/* In place, or (a text as long as that) in an entry that moves. */
static void edit(unsigned number, int64_t value)
{
    char text[60];
    struct key key = key_of(name_of(number));
    const struct entry *found = keyspace_find_for_write(&view, &key);
    if (!found)
        return;
    struct entry *entry = keyspace_edit(&view, &key, found);
    int len = snprintf(text, sizeof text, "%0*lld", dice_chance(&dice, 50) ? 50 : 1, (long long)value);
    struct entry *changed = string_set_bytes(entry, text, (size_t)len);
    keyspace_edited(&view, &key, found, changed, &string_event_set);
    value_now[view.db][number] = value;
}

static void erase(unsigned number)
{
    struct key key = key_of(name_of(number));
    keyspace_delete(&view, &key);
    value_now[view.db][number] = ABSENT;
}

static void transfer(unsigned from, unsigned to, int db)
{
    struct key key = key_of(name_of(from)), target = key_of(name_of(to));
    int64_t *value = &value_now[view.db][from];
    if (dice_chance(&dice, 30)) {
        if (keyspace_rename(&view, &key, &target, true) == TRANSFER_DONE && from != to) {
            value_now[view.db][to] = *value;
            *value = ABSENT;
        }
    } else if (db != view.db && dice_chance(&dice, 50)) {
        if (keyspace_move(&view, &key, db) == TRANSFER_DONE) {
            value_now[db][from] = *value;
            *value = ABSENT;
        }
    } else if (db != view.db || from != to) {
        if (keyspace_copy(&view, &key, db, &target, true) == TRANSFER_DONE)
            value_now[db][to] = *value;
    }
}

static void flush(int db)
{
    keyspace_flush(&view, db, dice_chance(&dice, 50));
    for (int i = 0; i < DATABASES; i++)
        for (unsigned number = 0; number < NAMES && (db < 0 || db == i); number++)
            value_now[i][number] = ABSENT;
}

static void swap(int a, int b)
{
    static int64_t aside[NAMES];
    keyspace_swap(&view, a, b);
    memcpy(aside, value_now[a], sizeof aside);
    memcpy(value_now[a], value_now[b], sizeof aside);
    memcpy(value_now[b], aside, sizeof aside);
}

static void change_something(int64_t value)
{
    unsigned number = (unsigned)dice_below(&dice, NAMES), kind = (unsigned)dice_below(&dice, 1000);
    int other = (int)dice_below(&dice, DATABASES);
    view.db = (int)dice_below(&dice, DATABASES);
    if (kind < 350)
        put(number, value);
    else if (kind < 550)
        edit(number, value);
    else if (kind < 750)
        erase(number);
    else if (kind < 990)
        transfer(number, (unsigned)dice_below(&dice, NAMES), other);
    else if (kind < 999)
        swap(view.db, other);
    else if (dice_chance(&dice, 10))
        flush(dice_chance(&dice, 20) ? -1 : other);
}

/* ---- the test: one thread, so all shards may be locked all the time ---- */

static void lock_all(void)
{
    struct shard_set all = {0};
    shard_set_fill(&all);
    keyspace_lock(keyspace, &all);
}

static void unlock_all(void)
{
    struct shard_set all = {0};
    shard_set_fill(&all);
    keyspace_unlock(keyspace, &all);
}

static void change_for_a_while(unsigned steps)
{
    static int64_t value;
    lock_all();
    for (unsigned i = 0; i < steps; i++)
        change_something(++value);
    unlock_all();
}

static void begin(void)
{
    memcpy(value_then, value_now, sizeof value_then);
    memset(witness.seen, 0, sizeof witness.seen);
    witness.wrong = witness.kept = 0;
    witness.keeper.keep = note_kept;
    epoch_begin(keyspace, &witness.keeper);
}

static void check_all_kept(void)
{
    unsigned expected = 0;
    for (int db = 0; db < DATABASES; db++)
        for (unsigned number = 0; number < NAMES; number++)
            expected += value_then[db][number] != ABSENT;
    ck_assert_uint_eq(witness.wrong, 0);
    ck_assert_uint_eq(witness.kept, expected);
}

static void setup(void)
{
    dice = dice_create(1);
    keyspace = keyspace_create(DATABASES);
    view = (struct view){.keyspace = keyspace, .now_ms = NOW_MS};
    for (int db = 0; db < DATABASES; db++)
        for (unsigned number = 0; number < NAMES; number++)
            value_now[db][number] = ABSENT;
}

static void teardown(void)
{
    keyspace_destroy(keyspace);
    reaper_stop();
}

START_TEST(each_key_of_the_moment_is_kept_once_as_it_was)
{
    unsigned rounds = scratch_rounds(20);
    for (unsigned round = 0; round < rounds; round++) {
        change_for_a_while(STEPS);
        begin();
        ck_assert(epoch_has_begun(keyspace));
        unsigned between = (unsigned)dice_below(&dice, 30); /* from a still keyspace to one that changes all over */
        do
            change_for_a_while(between);
        while (epoch_walk(keyspace, WALK_BYTES));
        reaper_drain();
        ck_assert(!epoch_goes_on(keyspace));
        ck_assert(!epoch_has_begun(keyspace));
        check_all_kept();
    }
}
END_TEST

START_TEST(after_the_walk_nothing_is_kept)
{
    change_for_a_while(STEPS);
    begin();
    while (epoch_walk(keyspace, WALK_BYTES))
        ;
    unsigned kept = witness.kept;
    change_for_a_while(STEPS);
    reaper_drain();
    ck_assert_uint_eq(witness.kept, kept);
}
END_TEST

START_TEST(an_entry_that_was_made_before_is_new_when_it_is_put)
{
    struct key key = key_of("1");
    struct entry *entry = string_create_int(key.name, 1, ENTRY_NO_EXPIRY);
    begin();
    lock_all();
    keyspace_put(&view, &key, entry, &string_event_set);
    unlock_all();
    while (epoch_walk(keyspace, WALK_BYTES))
        ;
    ck_assert_uint_eq(witness.kept, 0);
}
END_TEST

Suite *suite_epoch(void)
{
    Suite *suite = suite_create("epoch");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 120);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, each_key_of_the_moment_is_kept_once_as_it_was);
    tcase_add_test(all, after_the_walk_nothing_is_kept);
    tcase_add_test(all, an_entry_that_was_made_before_is_new_when_it_is_put);
    suite_add_tcase(suite, all);
    return suite;
}
