/*
 * Parts of values that expire by themselves (fields of hashes), in a keyspace: looked up, reaped by rounds, told to
 * followers, renamed, moved and copied with their times; a value of which nothing is left takes its key along.
 */
#include "base/text.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "store/keyspace.h"
#include "store/reaper.h"
#include "types/hash.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define NOW_MS 1000000
#define SECOND_US 1000000

static struct keyspace *keyspace;
static struct view view;
static unsigned number; /* the follower's */
static struct text told;
static const struct hash_terms terms = {NOW_MS, 128, 64};
static const struct key_event event_put = {"put", EVENT_HASH, 1};

static void after(void *context, const struct view *seen, const struct key *key, const struct key_event *event)
{
    (void)context;
    text_addf(&told, "%d:%.*s %s, ", seen->db, (int)key->name.len, key->name.data, event->name);
}

static void part_expired(void *context, const struct view *seen, const struct key *key, struct bytes part)
{
    (void)context;
    must(key->name.len > 0 && key->name.data[0] != 0); /* it is read by code that a sanitizer watches */
    text_addf(&told, "%d:%.*s -%.*s, ", seen->db, (int)key->name.len, key->name.data, (int)part.len, part.data);
}

static const struct follower follower = {.after = after, .part_expired = part_expired};

static void setup(void)
{
    keyspace = keyspace_create(2);
    view = (struct view){.keyspace = keyspace, .now_ms = NOW_MS};
    number = keyspace_follow(keyspace, &follower);
    told = TEXT_EMPTY;
}

static void follow(void)
{
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++)
        keyspace_set_interest(keyspace, number, i, true);
}

static void teardown(void)
{
    keyspace_check(keyspace);
    keyspace_unfollow(keyspace, number);
    keyspace_destroy(keyspace);
    reaper_stop();
    text_deinit(&told);
}

static void expect(const char *expected)
{
    ck_assert_str_eq(told.len ? told.data : "", expected);
    text_deinit(&told);
    told = TEXT_EMPTY;
}

static struct key lock(const char *name)
{
    struct key key = key_make(name, strlen(name));
    struct shard_set set = {0};
    shard_set_add(&set, key.hash);
    keyspace_lock(keyspace, &set);
    return key;
}

static void unlock(const struct key *key)
{
    struct shard_set set = {0};
    shard_set_add(&set, key->hash);
    keyspace_unlock(keyspace, &set);
    keyspace_check(keyspace);
}

/* A hash of so many fields that expire then, and others that never do. */
static void put_hash(const char *name, unsigned timed, int64_t expire_ms, unsigned others)
{
    struct key key = lock(name);
    struct collection hash;
    collection_open(&hash, &hash_kind, collection_create(&hash_kind, key.name, ENTRY_NO_EXPIRY));
    for (unsigned i = 0; i < timed + others; i++) {
        char text[24];
        struct element field;
        element_init(&field, text, (size_t)sprintf(text, "f%u", i));
        must(hash_put(&hash, (struct hash_part){&field, NULL}, (struct hash_part){&field, NULL},
                      i < timed ? expire_ms : ENTRY_NO_EXPIRY, &terms) == 1);
    }
    keyspace_put(&view, &key, hash.entry, &event_put);
    unlock(&key);
}

/* How many records a hash has, those that are due among them; -1: there is no such key. Looking it up reaps some. */
static int64_t records(const char *name)
{
    struct key key = lock(name);
    struct collection hash;
    const struct entry *entry = keyspace_find(&view, &key, LOOKUP_PEEK);
    if (entry)
        collection_open(&hash, &hash_kind, entry);
    int64_t count = entry ? (int64_t)collection_count(&hash) : -1;
    unlock(&key);
    return count;
}

/* Each of so many fields of h was told once, and then that the hash is gone. */
static void expect_parts(unsigned count)
{
    char part[24];
    size_t len = strlen("0:h hexpired, 0:h del, ");
    for (unsigned i = 0; i < count; i++) {
        len += (size_t)sprintf(part, "0:h -f%u, ", i);
        must(strstr(told.data, part));
    }
    must(strstr(told.data, "0:h hexpired, 0:h del, "));
    ck_assert_uint_eq(told.len, len);
}

START_TEST(looking_a_value_up_reaps_a_few_parts)
{
    put_hash("h", 100, NOW_MS + 5, 7);
    view.now_ms = NOW_MS + 4;
    ck_assert_int_eq(records("h"), 107);
    view.now_ms = NOW_MS + 5;
    ck_assert_int_eq(records("h"), 43);
    ck_assert_int_eq(records("h"), 7);
    ck_assert_int_eq(records("h"), 7);
    struct keyspace_stats stats;
    keyspace_stats_read(keyspace, &stats);
    ck_assert_uint_eq(stats.parts_expired, 100);
    ck_assert_uint_eq(stats.expired, 0);
}
END_TEST

START_TEST(each_part_is_told_once_and_the_last_takes_the_key_along)
{
    put_hash("h", 60, NOW_MS + 5, 0); /* the entry moves as they go */
    follow();
    view.now_ms = NOW_MS + 5;
    struct key key = lock("h");
    must(!keyspace_find_for_write(&view, &key));
    unlock(&key);
    expect_parts(60);
}
END_TEST

START_TEST(a_round_tells_the_same)
{
    bool again;
    put_hash("h", 60, NOW_MS + 5, 0);
    follow();
    keyspace_expire_round(keyspace, NOW_MS + 5, SECOND_US, &again);
    expect_parts(60);
}
END_TEST

START_TEST(rounds_reap_what_nobody_looks_up)
{
    bool again = true;
    put_hash("small", 3, NOW_MS + 5, 1);
    put_hash("large", 3000, NOW_MS + 6, 2);
    put_hash("gone", 2000, NOW_MS + 6, 0);
    put_hash("later", 10, NOW_MS + 50, 0);
    keyspace_expire_round(keyspace, NOW_MS + 4, SECOND_US, &again);
    ck_assert_int_eq(records("small"), 4);
    keyspace_expire_round(keyspace, NOW_MS + 5, SECOND_US, &again);
    ck_assert_int_eq(records("small"), 1);
    ck_assert_int_eq(records("large"), 3002);
    for (unsigned round = 0; round < 1000 && (round == 0 || again); round++) /* one that lasts as long, or many */
        keyspace_expire_round(keyspace, NOW_MS + 6, 0, &again);
    must(!again);
    ck_assert_int_eq(records("large"), 2);
    ck_assert_int_eq(records("gone"), -1);
    ck_assert_int_eq(records("later"), 10);
    ck_assert_uint_eq(keyspace_size(keyspace, 0), 3);
    ck_assert_uint_eq(keyspace_expires(keyspace, 0), 0);
}
END_TEST

START_TEST(rounds_come_back_to_what_they_had_no_time_for)
{
    bool again = true;
    char name[24];
    unsigned shard = key_shard(key_make("a", 1).hash), made = 0;
    for (unsigned i = 0; made < 3; i++) { /* in one table */
        size_t len = (size_t)sprintf(name, "key:%u", i);
        if (key_shard(key_make(name, len).hash) != shard)
            continue;
        put_hash(name, 256, NOW_MS + 5, 0); /* as many as a piece of work reaps */
        made++;
    }
    for (unsigned round = 0; round < 1000 && again; round++)
        keyspace_expire_round(keyspace, NOW_MS + 5, 0, &again);
    ck_assert_uint_eq(keyspace_size(keyspace, 0), 0);
}
END_TEST

START_TEST(a_value_begins_to_age_where_it_is)
{
    bool again;
    struct collection hash;
    struct collection_place place;
    struct element field;
    put_hash("h", 0, 0, 2);
    struct key key = lock("h");
    const struct entry *found = keyspace_find_for_write(&view, &key);
    collection_open(&hash, &hash_kind, keyspace_edit(&view, &key, found));
    element_init(&field, "f1", 2);
    must(hash_find(&hash, &field, NOW_MS, &place) && hash_set_expiry(&hash, &place, NOW_MS + 5) == 0);
    keyspace_edited(&view, &key, found, hash.entry, &event_put);
    unlock(&key);
    keyspace_expire_round(keyspace, NOW_MS + 5, SECOND_US, &again);
    ck_assert_int_eq(records("h"), 1);
}
END_TEST

START_TEST(times_go_along_with_the_value)
{
    bool again;
    struct key to = key_make("other", 5), key;
    struct shard_set set = {0};
    put_hash("h", 3, NOW_MS + 5, 1);
    key = key_make("h", 1);
    shard_set_add(&set, key.hash);
    shard_set_add(&set, to.hash);
    keyspace_lock(keyspace, &set);
    must(keyspace_copy(&view, &key, 1, &to, false) == TRANSFER_DONE);
    must(keyspace_rename(&view, &key, &to, false) == TRANSFER_DONE);
    keyspace_unlock(keyspace, &set);
    keyspace_expire_round(keyspace, NOW_MS + 5, SECOND_US, &again);
    ck_assert_int_eq(records("other"), 1);
    view.db = 1;
    ck_assert_int_eq(records("other"), 1);
    keyspace_check(keyspace);
}
END_TEST

START_TEST(nothing_is_reaped_while_expiry_is_suspended)
{
    bool again;
    put_hash("h", 3, NOW_MS + 5, 1);
    view.now_ms = NOW_MS + 5;
    keyspace_suspend_expiry_until(keyspace, INT64_MAX);
    keyspace_expire_round(keyspace, NOW_MS + 5, SECOND_US, &again);
    ck_assert_int_eq(records("h"), 4);
    keyspace_suspend_expiry_until(keyspace, 0);
    ck_assert_int_eq(records("h"), 1);
}
END_TEST

START_TEST(a_value_with_its_own_time_goes_as_a_whole)
{
    bool again;
    put_hash("h", 3, NOW_MS + 5, 1);
    struct key key = lock("h");
    must(keyspace_set_expiry(&view, &key, keyspace_find_for_write(&view, &key), NOW_MS + 5) == 0);
    unlock(&key);
    follow();
    ck_assert_uint_eq(keyspace_expire_round(keyspace, NOW_MS + 5, SECOND_US, &again), 1);
    expect("0:h expired, ");
}
END_TEST

Suite *suite_parts_expire(void);
Suite *suite_parts_expire(void)
{
    Suite *suite = suite_create("parts_expire");
    TCase *tcase = tcase_create("parts_expire");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 60 : 20);
    tcase_add_test(tcase, looking_a_value_up_reaps_a_few_parts);
    tcase_add_test(tcase, each_part_is_told_once_and_the_last_takes_the_key_along);
    tcase_add_test(tcase, a_round_tells_the_same);
    tcase_add_test(tcase, rounds_reap_what_nobody_looks_up);
    tcase_add_test(tcase, rounds_come_back_to_what_they_had_no_time_for);
    tcase_add_test(tcase, a_value_begins_to_age_where_it_is);
    tcase_add_test(tcase, times_go_along_with_the_value);
    tcase_add_test(tcase, nothing_is_reaped_while_expiry_is_suspended);
    tcase_add_test(tcase, a_value_with_its_own_time_goes_as_a_whole);
    suite_add_tcase(suite, tcase);
    return suite;
}
