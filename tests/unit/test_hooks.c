/* The hooks: each change of the keyspace passes both, once, and nothing passes them that is no change. */
#include "base/bytes.h"
#include "base/text.h"
#include "kit/suites.h"
#include "store/hooks.h"
#include "store/keyspace.h"
#include "store/reaper.h"
#include "store/table.h"
#include "types/string.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define NOW_MS 1000000

static struct keyspace *keyspace;
static struct view view;
static unsigned number; /* the follower's */
static struct text told;

/* "before a=1 " of an entry, "before a=0 " of none, "before * " of a whole database; after likewise with the event. */
static void note(const char *hook, const struct view *seen, const struct key *key, const char *more)
{
    if (key)
        text_addf(&told, "%s %d:%.*s %s, ", hook, seen->db, (int)key->name.len, key->name.data, more);
    else
        text_addf(&told, "%s %d:* %s, ", hook, seen->db, more);
}

static void before(void *context, const struct view *seen, const struct key *key, const struct entry *entry)
{
    must(context == &told);
    note("before", seen, key, entry ? "there" : "absent");
}

static void after(void *context, const struct view *seen, const struct key *key, const struct key_event *event)
{
    must(context == &told);
    note("after", seen, key, event->name);
}

static const struct follower follower = {.before = before, .after = after, .context = &told};

static void setup(void)
{
    keyspace = keyspace_create(4);
    view = (struct view){.keyspace = keyspace, .now_ms = NOW_MS, .actor = 7};
    number = keyspace_follow(keyspace, &follower);
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++)
        keyspace_set_interest(keyspace, number, i, true);
    told = TEXT_EMPTY;
}

static void teardown(void)
{
    keyspace_unfollow(keyspace, number);
    keyspace_destroy(keyspace);
    reaper_stop();
    text_deinit(&told);
}

/* What was told since the last time is just this. */
static void expect(const char *expected)
{
    ck_assert_str_eq(told.len ? told.data : "", expected);
    text_deinit(&told);
    told = TEXT_EMPTY;
}

static struct key key_named(const char *name)
{
    return key_make(name, strlen(name));
}

/* The shards of two keys, which may be the same. */
static struct shard_set shards_of(const struct key *a, const struct key *b)
{
    struct shard_set set = {0};
    shard_set_add(&set, a->hash);
    shard_set_add(&set, b->hash);
    return set;
}

static void lock_both(const struct key *a, const struct key *b)
{
    struct shard_set set = shards_of(a, b);
    keyspace_lock(keyspace, &set);
}

static void unlock_both(const struct key *a, const struct key *b)
{
    struct shard_set set = shards_of(a, b);
    keyspace_unlock(keyspace, &set);
}

static void lock(const struct key *key)
{
    lock_both(key, key);
}

static void unlock(const struct key *key)
{
    unlock_both(key, key);
}

static void put(const char *name, int64_t expire_ms)
{
    struct key key = key_named(name);
    lock(&key);
    keyspace_put(&view, &key, string_create_int(key.name, 1, expire_ms), &string_event_set);
    unlock(&key);
}

static uint64_t changes(void)
{
    struct keyspace_stats stats;
    keyspace_stats_read(keyspace, &stats);
    return stats.changes;
}

START_TEST(a_key_that_is_put_is_told_once_new_or_not)
{
    put("a", ENTRY_NO_EXPIRY);
    expect("before 0:a absent, after 0:a set, ");
    put("a", NOW_MS + 10);
    expect("before 0:a there, after 0:a set, ");
    ck_assert_uint_eq(changes(), 2);
    ck_assert_uint_eq(view.events, 2);
}
END_TEST

START_TEST(a_change_in_place_is_told_once_with_its_ttl)
{
    struct key key = key_named("a");
    put("a", NOW_MS + 10);
    expect("before 0:a absent, after 0:a set, ");
    lock(&key);
    const struct entry *found = keyspace_find_for_write(&view, &key);
    struct entry *changed = string_set_int(keyspace_edit(&view, &key, found), 2);
    expect("before 0:a there, ");
    keyspace_edited_until(&view, &key, found, changed, NOW_MS + 20, &string_event_set);
    expect("after 0:a set, ");
    ck_assert_int_eq(entry_expiry(keyspace_find(&view, &key, LOOKUP_PEEK)), NOW_MS + 20);
    unlock(&key);
    ck_assert_uint_eq(changes(), 2);
}
END_TEST

START_TEST(reading_tells_nothing)
{
    struct key key = key_named("a"), other = key_named("b");
    put("a", ENTRY_NO_EXPIRY);
    expect("before 0:a absent, after 0:a set, ");
    lock(&key);
    keyspace_find(&view, &key, LOOKUP_TOUCH);
    keyspace_find_for_write(&view, &key);
    unlock(&key);
    lock(&other);
    ck_assert(!keyspace_delete(&view, &other));
    unlock(&other);
    expect("");
    ck_assert_uint_eq(view.events, 1);
}
END_TEST

START_TEST(expiry_and_delete_are_told_once)
{
    struct key key = key_named("a");
    put("a", ENTRY_NO_EXPIRY);
    expect("before 0:a absent, after 0:a set, ");
    lock(&key);
    ck_assert_int_eq(keyspace_set_expiry(&view, &key, keyspace_find_for_write(&view, &key), NOW_MS + 5), 0);
    expect("before 0:a there, after 0:a expire, ");
    ck_assert_int_eq(keyspace_set_expiry(&view, &key, keyspace_find_for_write(&view, &key), ENTRY_NO_EXPIRY), 0);
    expect("before 0:a there, after 0:a persist, ");
    ck_assert(keyspace_delete(&view, &key));
    expect("before 0:a there, after 0:a del, ");
    unlock(&key);
    ck_assert_uint_eq(changes(), 4);
}
END_TEST

START_TEST(renaming_moving_and_copying_tell_each_key_and_count_one_change)
{
    struct key a = key_named("a"), b = key_named("b");
    put("a", ENTRY_NO_EXPIRY);
    put("b", ENTRY_NO_EXPIRY);
    text_deinit(&told);
    told = TEXT_EMPTY;
    uint64_t count = changes();
    lock_both(&a, &b);
    ck_assert_int_eq(keyspace_rename(&view, &a, &b, false), TRANSFER_OCCUPIED);
    expect("");
    ck_assert_int_eq(keyspace_rename(&view, &a, &b, true), TRANSFER_DONE);
    expect("before 0:a there, after 0:a rename_from, before 0:b there, after 0:b rename_to, ");
    ck_assert_uint_eq(changes(), count + 1);
    ck_assert_int_eq(keyspace_move(&view, &b, 2), TRANSFER_DONE);
    expect("before 0:b there, after 0:b move_from, before 2:b absent, after 2:b move_to, ");
    ck_assert_uint_eq(changes(), count + 2);
    view.db = 2;
    ck_assert_int_eq(keyspace_copy(&view, &b, 0, &a, false), TRANSFER_DONE);
    expect("before 0:a absent, after 0:a copy_to, ");
    ck_assert_uint_eq(changes(), count + 3);
    ck_assert_int_eq(keyspace_copy(&view, &b, 0, &a, false), TRANSFER_OCCUPIED);
    unlock_both(&a, &b);
    ck_assert_int_eq(view.db, 2);
    expect("");
}
END_TEST

START_TEST(a_key_that_is_due_expires_before_another_takes_its_name)
{
    struct key a = key_named("a"), b = key_named("b");
    put("a", ENTRY_NO_EXPIRY);
    put("b", NOW_MS);
    text_deinit(&told);
    told = TEXT_EMPTY;
    uint64_t count = changes();
    lock_both(&a, &b);
    ck_assert_int_eq(keyspace_copy(&view, &a, 0, &b, true), TRANSFER_DONE);
    unlock_both(&a, &b);
    expect("before 0:b there, after 0:b expired, before 0:b absent, after 0:b copy_to, ");
    put("b", NOW_MS);
    text_deinit(&told);
    told = TEXT_EMPTY;
    lock_both(&a, &b);
    ck_assert_int_eq(keyspace_rename(&view, &a, &b, true), TRANSFER_DONE);
    unlock_both(&a, &b);
    expect("before 0:b there, after 0:b expired, before 0:a there, after 0:a rename_from, "
           "before 0:b absent, after 0:b rename_to, ");
    ck_assert_uint_eq(changes(), count + 3);
}
END_TEST

START_TEST(what_time_and_eviction_take_is_told_but_is_no_change_of_the_data)
{
    struct key key = key_named("a");
    bool again;
    put("a", NOW_MS);
    put("b", NOW_MS);
    put("c", ENTRY_NO_EXPIRY);
    text_deinit(&told);
    told = TEXT_EMPTY;
    uint64_t count = changes();
    lock(&key);
    ck_assert_ptr_null(keyspace_find(&view, &key, LOOKUP_TOUCH));
    unlock(&key);
    expect("before 0:a there, after 0:a expired, ");
    ck_assert_uint_eq(keyspace_expire_round(keyspace, NOW_MS, 1000000, &again), 1);
    expect("before 0:b there, after 0:b expired, ");
    const struct eviction_wish wish = {.victim = VICTIM_ANY, .samples = 5};
    ck_assert_int_eq(keyspace_evict(keyspace, &wish, NOW_MS), EVICTED_KEY);
    expect("before 0:c there, after 0:c evicted, ");
    ck_assert_uint_eq(changes(), count);
}
END_TEST

START_TEST(whole_databases_are_told_as_one_and_count_their_keys)
{
    put("a", ENTRY_NO_EXPIRY);
    put("b", ENTRY_NO_EXPIRY);
    view.db = 1;
    put("c", ENTRY_NO_EXPIRY);
    text_deinit(&told);
    told = TEXT_EMPTY;
    uint64_t count = changes();
    keyspace_swap(&view, 0, 1);
    expect("before 0:* absent, before 1:* absent, after 0:* swap, after 1:* swap, ");
    ck_assert_uint_eq(changes(), count + 1);
    keyspace_swap(&view, 1, 1);
    expect("after 1:* swap, ");
    ck_assert_uint_eq(changes(), count + 2);
    ck_assert_uint_eq(keyspace_flush(&view, 1, false), 2);
    expect("before 1:* absent, after 1:* flush, ");
    ck_assert_uint_eq(changes(), count + 4);
    ck_assert_uint_eq(keyspace_flush(&view, -1, true), 1);
    expect("before 0:* absent, after 0:* flush, "); /* the only one that is in use */
    ck_assert_uint_eq(changes(), count + 5);
    ck_assert_int_eq(view.db, 1);
}
END_TEST

START_TEST(a_follower_is_told_of_the_shards_that_it_cares_about)
{
    struct key key = key_named("a");
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++)
        keyspace_set_interest(keyspace, number, i, i == key_shard(key.hash));
    put("a", ENTRY_NO_EXPIRY);
    expect("before 0:a absent, after 0:a set, ");
    char name[16];
    for (unsigned i = 0; i < 1000; i++) {
        sprintf(name, "b%u", i);
        if (key_shard(key_named(name).hash) != key_shard(key.hash))
            put(name, ENTRY_NO_EXPIRY);
    }
    expect("");
}
END_TEST

Suite *suite_hooks(void);
Suite *suite_hooks(void)
{
    Suite *suite = suite_create("hooks");
    TCase *tcase = tcase_create("hooks");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_key_that_is_put_is_told_once_new_or_not);
    tcase_add_test(tcase, a_change_in_place_is_told_once_with_its_ttl);
    tcase_add_test(tcase, reading_tells_nothing);
    tcase_add_test(tcase, expiry_and_delete_are_told_once);
    tcase_add_test(tcase, renaming_moving_and_copying_tell_each_key_and_count_one_change);
    tcase_add_test(tcase, a_key_that_is_due_expires_before_another_takes_its_name);
    tcase_add_test(tcase, what_time_and_eviction_take_is_told_but_is_no_change_of_the_data);
    tcase_add_test(tcase, whole_databases_are_told_as_one_and_count_their_keys);
    tcase_add_test(tcase, a_follower_is_told_of_the_shards_that_it_cares_about);
    suite_add_tcase(suite, tcase);
    return suite;
}
