/* The keyspace: one truth for many threads, keys that expire, databases that are emptied, swapped and walked. */
#include "base/blob.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "store/keyspace.h"
#include "store/reaper.h"
#include "store/recency.h"
#include "store/table.h"
#include "types/string.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATABASES 4

static struct keyspace *keyspace;
static int64_t now_ms;
static uint32_t now_s; /* of the other clock */

static void begin(void)
{
    keyspace = keyspace_create(DATABASES);
    now_ms = 1000000;
    now_s = 5000;
}

static void end(void)
{
    keyspace_check(keyspace);
    keyspace_destroy(keyspace);
    reaper_stop();
    clock_set_fake(-1);
}

/* ---- one key, its lock taken and given back around each step ---- */

struct named_key {
    char text[24];
    struct key key;
    struct shard_set shards;
};

static void name_key(struct named_key *named, unsigned number)
{
    int len = sprintf(named->text, "key:%u", number);
    named->key.name = (struct bytes){named->text, (size_t)len};
    named->key.hash = key_hash(named->text, (size_t)len);
    named->shards = (struct shard_set){0};
    shard_set_add(&named->shards, named->key.hash);
}

/* A call's view of a database. Until the calling thread asks for another one. */
static struct view *view_at(int db)
{
    static __thread struct view view;
    view = (struct view){.keyspace = keyspace, .db = db, .now_ms = now_ms, .now_s = now_s};
    return &view;
}

static void put(int db, unsigned number, int64_t value, int64_t expire_ms)
{
    struct named_key named;
    name_key(&named, number);
    keyspace_lock(keyspace, &named.shards);
    keyspace_put(view_at(db), &named.key, string_create_int(named.key.name, value, expire_ms), &string_event_set);
    keyspace_unlock(keyspace, &named.shards);
}

/* The value, or -1 where there is no such key. */
static int64_t get(int db, unsigned number, enum lookup how)
{
    struct named_key named;
    name_key(&named, number);
    keyspace_lock(keyspace, &named.shards);
    const struct entry *entry = keyspace_find(view_at(db), &named.key, how);
    int64_t value = entry ? string_int(entry) : -1;
    keyspace_unlock(keyspace, &named.shards);
    return value;
}

static bool drop(int db, unsigned number)
{
    struct named_key named;
    name_key(&named, number);
    keyspace_lock(keyspace, &named.shards);
    bool was = keyspace_delete(view_at(db), &named.key);
    keyspace_unlock(keyspace, &named.shards);
    return was;
}

static void set_expiry(int db, unsigned number, int64_t expire_ms)
{
    struct named_key named;
    name_key(&named, number);
    keyspace_lock(keyspace, &named.shards);
    const struct entry *entry = keyspace_find_for_write(view_at(db), &named.key);
    must(entry);
    must(keyspace_set_expiry(view_at(db), &named.key, entry, expire_ms) == 0);
    keyspace_unlock(keyspace, &named.shards);
}

static struct keyspace_stats stats(void)
{
    struct keyspace_stats read;
    keyspace_stats_read(keyspace, &read);
    return read;
}

/* ---- keys ---- */

START_TEST(keys_are_put_replaced_found_and_deleted)
{
    for (unsigned i = 0; i < 3000; i++)
        put(0, i, i, ENTRY_NO_EXPIRY);
    must(keyspace_size(keyspace, 0) == 3000);
    for (unsigned i = 0; i < 3000; i += 2)
        put(0, i, i + 1, i % 4 ? ENTRY_NO_EXPIRY : now_ms + 10);
    must(keyspace_size(keyspace, 0) == 3000);
    must(keyspace_expires(keyspace, 0) == 750);
    keyspace_check(keyspace);
    for (unsigned i = 0; i < 3000; i++)
        must(get(0, i, LOOKUP_PEEK) == (i % 2 ? i : i + 1));
    must(get(1, 0, LOOKUP_PEEK) == -1); /* the other databases are others */
    for (unsigned i = 0; i < 3000; i++)
        must(drop(0, i));
    must(!drop(0, 0));
    must(keyspace_size(keyspace, 0) == 0);
    must(keyspace_expires(keyspace, 0) == 0);
}
END_TEST

START_TEST(a_moved_key_is_in_the_other_database_alone)
{
    struct named_key named;
    put(2, 7, 70, ENTRY_NO_EXPIRY);
    name_key(&named, 7);
    keyspace_lock(keyspace, &named.shards);
    const struct entry *entry = keyspace_find(view_at(2), &named.key, LOOKUP_PEEK);
    ck_assert_int_eq(keyspace_move(view_at(2), &named.key, 3), TRANSFER_DONE); /* one lock serves all databases */
    ck_assert_int_eq(keyspace_move(view_at(2), &named.key, 3), TRANSFER_NO_SOURCE);
    ck_assert_ptr_eq(keyspace_find(view_at(3), &named.key, LOOKUP_PEEK), entry); /* itself, no copy */
    keyspace_unlock(keyspace, &named.shards);
    ck_assert_int_eq(get(3, 7, LOOKUP_PEEK), 70);
    ck_assert_uint_eq(keyspace_size(keyspace, 2), 0);
}
END_TEST

START_TEST(changed_entries_are_found_where_they_moved_to)
{
    static char value[30000];
    memset(value, 'v', sizeof value);
    for (unsigned i = 0; i < 500; i++) {
        struct named_key named;
        put(0, i, 1, i % 2 ? now_ms + 5 : ENTRY_NO_EXPIRY);
        name_key(&named, i);
        keyspace_lock(keyspace, &named.shards);
        const struct entry *found = keyspace_find_for_write(view_at(0), &named.key);
        struct entry *changed = string_set_bytes(keyspace_edit(view_at(0), &named.key, found), value, i * 50);
        keyspace_edited(view_at(0), &named.key, found, changed, &string_event_set);
        ck_assert_ptr_eq(keyspace_find(view_at(0), &named.key, LOOKUP_PEEK), changed);
        keyspace_unlock(keyspace, &named.shards);
    }
    ck_assert_uint_eq(keyspace_expires(keyspace, 0), 250);
}
END_TEST

START_TEST(hits_and_misses_are_counted_if_wanted)
{
    put(0, 1, 1, ENTRY_NO_EXPIRY);
    keyspace_stats_reset(keyspace);
    get(0, 1, LOOKUP_TOUCH);
    get(0, 1, LOOKUP_NO_TOUCH);
    get(0, 2, LOOKUP_TOUCH);
    get(0, 1, LOOKUP_NO_STATS);
    get(0, 2, LOOKUP_PEEK);
    ck_assert_uint_eq(stats().hits, 2);
    ck_assert_uint_eq(stats().misses, 1);
}
END_TEST

START_TEST(looking_up_touches_if_wanted)
{
    struct named_key named;
    put(0, 1, 1, ENTRY_NO_EXPIRY);
    name_key(&named, 1);
    now_s += 50;
    get(0, 1, LOOKUP_NO_TOUCH);
    keyspace_lock(keyspace, &named.shards);
    ck_assert_uint_eq(recency_idle_seconds(keyspace_find(view_at(0), &named.key, LOOKUP_PEEK), now_s), 50);
    ck_assert_uint_eq(recency_idle_seconds(keyspace_find(view_at(0), &named.key, LOOKUP_TOUCH), now_s), 0);
    keyspace_unlock(keyspace, &named.shards);
}
END_TEST

START_TEST(changes_are_counted)
{
    uint64_t before = stats().changes;
    put(0, 1, 1, ENTRY_NO_EXPIRY);
    set_expiry(0, 1, now_ms + 10);
    drop(0, 1);
    drop(0, 1);
    ck_assert_uint_eq(stats().changes - before, 3);
}
END_TEST

START_TEST(prefetching_is_harmless_for_any_hash)
{
    for (unsigned i = 0; i < 200; i++)
        put(0, i, i, ENTRY_NO_EXPIRY);
    for (unsigned i = 0; i < 400; i++) {
        struct named_key named;
        name_key(&named, i);
        keyspace_lock(keyspace, &named.shards);
        for (int db = 0; db < 2; db++) {
            keyspace_prefetch_bucket(view_at(db), named.key.hash);
            keyspace_prefetch_entry(view_at(db), named.key.hash);
        }
        keyspace_unlock(keyspace, &named.shards);
    }
}
END_TEST

START_TEST(replaced_blobs_are_freed_when_the_locks_are_gone)
{
    struct named_key named;
    struct blob *blob = blob_create(BLOB_MIN);
    blob->len = BLOB_MIN;
    name_key(&named, 1);
    keyspace_lock(keyspace, &named.shards);
    keyspace_put(view_at(0), &named.key, string_create_blob(named.key.name, blob_retain(blob), ENTRY_NO_EXPIRY),
                 &string_event_set);
    keyspace_put(view_at(0), &named.key, string_create_int(named.key.name, 1, ENTRY_NO_EXPIRY), &string_event_set);
    for (unsigned i = 0; i < 100; i++) { /* more than can wait */
        keyspace_put(view_at(0), &named.key, string_create_blob(named.key.name, blob_retain(blob), ENTRY_NO_EXPIRY),
                     &string_event_set);
        keyspace_delete(view_at(0), &named.key);
    }
    keyspace_unlock(keyspace, &named.shards);
    ck_assert(blob_is_exclusive(blob));
    blob_release(blob);
}
END_TEST

START_TEST(large_values_are_freed_in_the_background_if_asked)
{
    struct named_key named;
    struct blob *blob = blob_create(1 << 20);
    blob->len = 1 << 20;
    name_key(&named, 1);
    keyspace_stats_reset(keyspace);
    keyspace_lock(keyspace, &named.shards);
    keyspace_put(view_at(0), &named.key, string_create_blob(named.key.name, blob, ENTRY_NO_EXPIRY), &string_event_set);
    keyspace_delete(view_at(0), &named.key);
    keyspace_unlock(keyspace, &named.shards);
    reaper_drain();
    ck_assert_uint_eq(stats().lazy_freed, 1);
    ck_assert_uint_eq(stats().lazy_pending, 0);
}
END_TEST

/* ---- expiry ---- */

START_TEST(a_key_is_gone_at_its_time_and_not_before)
{
    put(0, 1, 10, now_ms + 100);
    now_ms += 99;
    ck_assert_int_eq(get(0, 1, LOOKUP_PEEK), 10);
    now_ms += 1;
    ck_assert_uint_eq(keyspace_size(keyspace, 0), 1); /* still there for those who only count */
    ck_assert_int_eq(get(0, 1, LOOKUP_TOUCH), -1);
    ck_assert_uint_eq(keyspace_size(keyspace, 0), 0);
    ck_assert_uint_eq(stats().expired, 1);
    ck_assert_uint_eq(stats().misses, 1);
}
END_TEST

START_TEST(every_way_to_a_key_sees_that_it_has_expired)
{
    struct named_key named;
    for (unsigned i = 0; i < 4; i++)
        put(0, i, 1, now_ms);
    name_key(&named, 0);
    keyspace_lock(keyspace, &named.shards);
    ck_assert_ptr_null(keyspace_find_for_write(view_at(0), &named.key));
    keyspace_unlock(keyspace, &named.shards);
    ck_assert(!drop(0, 1));
    name_key(&named, 2);
    keyspace_lock(keyspace, &named.shards);
    ck_assert_int_eq(keyspace_move(view_at(0), &named.key, 1), TRANSFER_NO_SOURCE);
    keyspace_unlock(keyspace, &named.shards);
    put(0, 3, 33, ENTRY_NO_EXPIRY);
    ck_assert_int_eq(get(0, 3, LOOKUP_PEEK), 33);
    ck_assert_uint_eq(stats().expired, 4);
    ck_assert_uint_eq(keyspace_size(keyspace, 0), 1);
}
END_TEST

START_TEST(a_ttl_can_be_changed_and_removed)
{
    put(0, 1, 1, now_ms + 10);
    set_expiry(0, 1, now_ms + 1000);
    now_ms += 500;
    ck_assert_int_eq(get(0, 1, LOOKUP_PEEK), 1);
    set_expiry(0, 1, ENTRY_NO_EXPIRY);
    ck_assert_uint_eq(keyspace_expires(keyspace, 0), 0);
    now_ms += 100000;
    ck_assert_int_eq(get(0, 1, LOOKUP_PEEK), 1);
    set_expiry(0, 1, now_ms);
    ck_assert_int_eq(get(0, 1, LOOKUP_PEEK), -1);
}
END_TEST

START_TEST(rounds_delete_all_that_is_due_and_nothing_else)
{
    size_t due = 0, deleted = 0, left = 0;
    bool again;
    struct dice dice = dice_create(6);
    for (unsigned i = 0; i < 20000; i++) {
        int64_t at = dice_chance(&dice, 20) ? ENTRY_NO_EXPIRY : now_ms + (int64_t)dice_below(&dice, 1000);
        due += at != ENTRY_NO_EXPIRY && at <= now_ms + 500;
        put((int)dice_below(&dice, DATABASES), i, 1, at);
    }
    now_ms += 500;
    if (_i == 0) { /* with no time at all each round does a little, and a tour of all tables does all */
        for (unsigned round = 0; round < 8 * DATABASES * KEYSPACE_SHARDS; round++)
            deleted += keyspace_expire_round(keyspace, now_ms, 0, &again);
    } else { /* with time enough one round does */
        deleted = keyspace_expire_round(keyspace, now_ms, 10000000, &again);
        ck_assert(!again);
    }
    ck_assert_uint_eq(deleted, due);
    for (int db = 0; db < DATABASES; db++)
        left += keyspace_size(keyspace, db);
    ck_assert_uint_eq(left, 20000 - due);
    ck_assert_uint_eq(stats().expired, due);
    ck_assert_uint_eq(keyspace_expire_round(keyspace, now_ms, 10000000, &again), 0);
}
END_TEST

START_TEST(many_keys_of_one_shard_expire_in_one_round)
{
    bool again;
    unsigned count = 0;
    for (unsigned i = 0; count < 400; i++) { /* more than are taken at once, all in one segment */
        struct named_key named;
        name_key(&named, i);
        if (key_shard(named.key.hash) != 5)
            continue;
        put(0, i, 1, now_ms);
        count++;
    }
    ck_assert_uint_eq(keyspace_expire_round(keyspace, now_ms, 10000000, &again), count);
}
END_TEST

struct busy_shard {
    struct shard_set set;
    atomic_bool is_locked, let_go;
};

static void *keep_locked(void *argument)
{
    struct busy_shard *busy = argument;
    keyspace_lock(keyspace, &busy->set);
    atomic_store(&busy->is_locked, true);
    while (!atomic_load(&busy->let_go))
        sched_yield();
    keyspace_unlock(keyspace, &busy->set);
    return NULL;
}

START_TEST(a_round_passes_by_a_busy_shard_and_a_later_one_comes_back)
{
    bool again;
    pthread_t thread;
    struct busy_shard busy = {0};
    size_t in_busy = 0, deleted;
    struct named_key first;
    name_key(&first, 0);
    shard_set_add(&busy.set, first.key.hash);
    for (unsigned i = 0; i < 5000; i++) {
        struct named_key named;
        name_key(&named, i);
        in_busy += shard_set_has(&busy.set, named.key.hash);
        put(0, i, 1, now_ms);
    }
    pthread_create(&thread, NULL, keep_locked, &busy);
    while (!atomic_load(&busy.is_locked))
        sched_yield();
    deleted = keyspace_expire_round(keyspace, now_ms, 10000000, &again);
    ck_assert_uint_eq(deleted, 5000 - in_busy);
    ck_assert(!again); /* there is nothing that it could do at once */
    unsigned other = 5000;
    struct named_key named;
    do
        name_key(&named, ++other);
    while (shard_set_has(&busy.set, named.key.hash));
    put(0, other, 1, now_ms);
    ck_assert_uint_eq(keyspace_expire_round(keyspace, now_ms, 10000000, &again), 1); /* elsewhere rounds go on */
    atomic_store(&busy.let_go, true);
    pthread_join(thread, NULL);
    keyspace_expire_round(keyspace, now_ms, 10000000, &again);
    ck_assert_uint_eq(keyspace_size(keyspace, 0), 0);
}
END_TEST

START_TEST(expiry_can_be_turned_off_and_suspended)
{
    bool again;
    put(0, 1, 1, now_ms);
    put(0, 2, 2, now_ms);
    clock_set_fake(1000);
    keyspace_suspend_expiry_until(keyspace, 1001);
    ck_assert_uint_eq(keyspace_expire_round(keyspace, now_ms, 1000000, &again), 0);
    ck_assert_int_eq(get(0, 1, LOOKUP_PEEK), -1); /* it isn't seen, but it isn't deleted either */
    ck_assert_uint_eq(keyspace_size(keyspace, 0), 2);
    clock_set_fake(1001); /* it ends by itself */
    keyspace_set_active_expiry(keyspace, false);
    ck_assert_uint_eq(keyspace_expire_round(keyspace, now_ms, 1000000, &again), 0);
    ck_assert_int_eq(get(0, 1, LOOKUP_PEEK), -1); /* what is looked up expires all the same */
    keyspace_set_active_expiry(keyspace, true);
    ck_assert_uint_eq(keyspace_expire_round(keyspace, now_ms, 1000000, &again), 1);
}
END_TEST

START_TEST(average_ttl_is_near_the_truth)
{
    clock_set_fake(now_ms);
    ck_assert_int_eq(keyspace_average_ttl(keyspace, 0), 0);
    for (unsigned i = 0; i < 2000; i++)
        put(0, i, 1, now_ms + 5000);
    ck_assert_int_eq(keyspace_average_ttl(keyspace, 0), 5000);
}
END_TEST

/* ---- whole databases ---- */

START_TEST(flushing_empties_one_database_or_all)
{
    for (int lazily = 0; lazily < 2; lazily++) {
        for (unsigned i = 0; i < 1000; i++)
            for (int db = 0; db < DATABASES; db++)
                put(db, i, 1, i % 2 ? now_ms + 1000 : ENTRY_NO_EXPIRY);
        ck_assert_uint_eq(keyspace_flush(view_at(0), 1, lazily), 1000);
        ck_assert_uint_eq(keyspace_size(keyspace, 1), 0);
        ck_assert_uint_eq(keyspace_size(keyspace, 2), 1000);
        ck_assert_uint_eq(keyspace_flush(view_at(0), -1, lazily), 3000);
        ck_assert_uint_eq(keyspace_flush(view_at(0), -1, lazily), 0);
        for (int db = 0; db < DATABASES; db++) {
            ck_assert_uint_eq(keyspace_size(keyspace, db), 0);
            ck_assert_uint_eq(keyspace_expires(keyspace, db), 0);
        }
        ck_assert_uint_eq(keyspace_table_memory(keyspace, -1), 0);
    }
    reaper_drain();
    ck_assert_uint_eq(stats().lazy_freed, 4000);
}
END_TEST

START_TEST(swapped_databases_show_each_others_keys)
{
    put(0, 1, 100, ENTRY_NO_EXPIRY);
    put(3, 1, 300, ENTRY_NO_EXPIRY);
    put(3, 2, 301, ENTRY_NO_EXPIRY);
    keyspace_swap(view_at(0), 0, 3);
    ck_assert_int_eq(get(0, 1, LOOKUP_PEEK), 300);
    ck_assert_int_eq(get(3, 1, LOOKUP_PEEK), 100);
    ck_assert_uint_eq(keyspace_size(keyspace, 0), 2);
    keyspace_swap(view_at(0), 2, 2);
    ck_assert_uint_eq(keyspace_size(keyspace, 2), 0);
}
END_TEST

/* All databases in use, as a text. */
static const char *in_use(void)
{
    static char text[256];
    size_t len = 0;
    text[0] = '\0';
    for (int db = keyspace_next_database(keyspace, 0); db >= 0; db = keyspace_next_database(keyspace, db + 1))
        len += (size_t)sprintf(text + len, "%d ", db);
    return text;
}

START_TEST(databases_are_in_use_from_their_first_key_until_they_are_emptied)
{
    keyspace_destroy(keyspace);
    keyspace = keyspace_create(5000);
    ck_assert_str_eq(in_use(), "");
    static const int some[] = {4999, 0, 63, 64, 1000};
    for (unsigned i = 0; i < 5; i++)
        put(some[i], i, 1, now_ms + i);
    ck_assert_str_eq(in_use(), "0 63 64 1000 4999 ");
    keyspace_flush(view_at(0), 63, false);
    ck_assert_str_eq(in_use(), "0 64 1000 4999 ");
    keyspace_swap(view_at(0), 64, 65);
    ck_assert_str_eq(in_use(), "0 65 1000 4999 ");
    keyspace_swap(view_at(0), 65, 1000);
    ck_assert_str_eq(in_use(), "0 65 1000 4999 ");
    keyspace_check(keyspace);
    bool again;
    ck_assert_uint_eq(keyspace_expire_round(keyspace, now_ms + 1, 10000000, &again), 2); /* of 4999 and 0 */
    ck_assert_str_eq(in_use(), "0 65 1000 4999 ");
    ck_assert_uint_eq(keyspace_flush(view_at(0), -1, true), 2);
    ck_assert_str_eq(in_use(), "");
    put(7, 1, 1, ENTRY_NO_EXPIRY);
    keyspace_flush(view_at(0), -1, false); /* few */
    ck_assert_str_eq(in_use(), "");
    reaper_drain();
}
END_TEST

static void *fill_databases(void *first)
{
    for (int db = *(int *)first; db < 5000; db += 4)
        put(db, (unsigned)db, 1, ENTRY_NO_EXPIRY);
    return NULL;
}

START_TEST(databases_that_come_into_use_at_once_are_all_noticed)
{
    keyspace_destroy(keyspace);
    keyspace = keyspace_create(5000);
    pthread_t threads[4];
    int firsts[] = {0, 1, 2, 3}, count = 0;
    struct eviction_wish wish = {.victim = VICTIM_ANY, .samples = 5};
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, fill_databases, &firsts[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int db = keyspace_next_database(keyspace, 0); db >= 0; db = keyspace_next_database(keyspace, db + 1))
        ck_assert_int_eq(db, count++);
    ck_assert_int_eq(count, 5000);
    for (int i = 0; i < 5000; i++)
        ck_assert_int_eq(keyspace_evict(keyspace, &wish, now_ms), EVICTED_KEY);
    ck_assert_int_eq(keyspace_evict(keyspace, &wish, now_ms), EVICTED_NONE);
}
END_TEST

/* ---- walks ---- */

#define UNIVERSE 30000

static struct {
    uint8_t seen[UNIVERSE];
    size_t visits;
} walk;

static void visit(void *context, const struct entry *entry)
{
    struct bytes key = entry_key(entry);
    char text[24] = {0};
    must(context == &walk);
    memcpy(text, key.data, key.len);
    walk.seen[strtoul(text + 4, NULL, 10)] = 1;
    walk.visits++;
}

START_TEST(scan_of_a_still_database_sees_each_key_once)
{
    static const size_t counts[] = {1, 10, 1000, SIZE_MAX};
    for (unsigned i = 0; i < 5000; i++)
        put(0, i, 1, ENTRY_NO_EXPIRY);
    put(1, 5001, 1, ENTRY_NO_EXPIRY);
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        uint64_t cursor = 0;
        memset(&walk, 0, sizeof walk);
        do {
            size_t before = walk.visits;
            cursor = keyspace_scan(view_at(0), cursor, counts[c], visit, &walk);
            if (counts[c] < 5000) /* a bucket's worth more at most */
                must(walk.visits - before <= counts[c] + 64);
            must(cursor < UINT64_C(1) << 53); /* scripts keep cursors in doubles */
        } while (cursor);
        must(walk.visits == 5000);
        for (unsigned i = 0; i < 5000; i++)
            must(walk.seen[i] == 1);
        must(walk.seen[5001] == 0);
    }
}
END_TEST

static void count_visit(void *context, const struct entry *entry)
{
    (void)entry;
    ++*(size_t *)context;
}

START_TEST(a_piece_of_a_scan_is_short)
{
    uint64_t cursor = 0;
    size_t left = SIZE_MAX, seen = 0, pieces = 0;
    for (unsigned i = 0; i < 200000; i++) /* some 800 in each shard */
        put(0, i, 1, ENTRY_NO_EXPIRY);
    do {
        size_t before = seen, left_before = left;
        uint64_t shard = cursor >> TABLE_CURSOR_BITS;
        must(keyspace_scan_some(view_at(0), &cursor, &left, count_visit, &seen));
        must(seen - before <= 512 + 64);
        must(left <= left_before && left_before - left >= seen - before);
        must(cursor == 0 || (cursor >> TABLE_CURSOR_BITS) - shard == !keyspace_cursor_is_in_shard(cursor));
        pieces++;
    } while (cursor);
    ck_assert_uint_eq(seen, 200000);
    ck_assert_uint_ge(pieces, 2 * KEYSPACE_SHARDS);
}
END_TEST

START_TEST(a_piece_of_a_scan_ends_after_long_names)
{
    enum { LONG = 2000, KEYS = 60000 }; /* some 230 in each shard, 33 in a piece */
    static char name[LONG];
    uint64_t cursor = 0;
    size_t left = SIZE_MAX, seen = 0;
    for (unsigned i = 0; i < KEYS; i++) {
        memcpy(name, &i, sizeof i);
        struct key key = key_make(name, sizeof name);
        struct shard_set set = {0};
        shard_set_add(&set, key.hash);
        keyspace_lock(keyspace, &set);
        keyspace_put(view_at(0), &key, string_create_int(key.name, 1, ENTRY_NO_EXPIRY), &string_event_set);
        keyspace_unlock(keyspace, &set);
    }
    do {
        size_t before = seen;
        must(keyspace_scan_some(view_at(0), &cursor, &left, count_visit, &seen));
        must(seen - before <= 33 + 64);
    } while (cursor);
    ck_assert_uint_eq(seen, KEYS);
}
END_TEST

START_TEST(a_piece_of_a_scan_waits_for_no_busy_shard)
{
    pthread_t thread;
    struct busy_shard busy = {.set = {.words = 1, .bits = {1}}}; /* shard 0 */
    uint64_t cursor = 0;
    char *name;
    size_t left = SIZE_MAX, seen = 0, len;
    for (unsigned i = 0; i < 5000; i++)
        put(0, i, 1, ENTRY_NO_EXPIRY);
    pthread_create(&thread, NULL, keep_locked, &busy);
    while (!atomic_load(&busy.is_locked))
        sched_yield();
    ck_assert(!keyspace_scan_some(view_at(0), &cursor, &left, count_visit, &seen));
    ck_assert_uint_eq(cursor, 0);
    ck_assert_uint_eq(left, SIZE_MAX);
    ck_assert_uint_eq(seen, 0);
    for (int i = 0; i < 2000; i++) { /* of another shard, then */
        ck_assert_int_eq(keyspace_random_key(view_at(0), &name, &len), RANDOM_KEY_FOUND);
        ck_assert(!shard_set_has(&busy.set, key_hash(name, len)));
        mem_free(name);
    }
    atomic_store(&busy.let_go, true);
    pthread_join(thread, NULL);
    do
        ck_assert(keyspace_scan_some(view_at(0), &cursor, &left, count_visit, &seen));
    while (cursor);
    ck_assert_uint_eq(seen, 5000);
    cursor = UINT64_MAX;
    ck_assert(keyspace_scan_some(view_at(0), &cursor, &left, count_visit, &seen)); /* beyond the end */
    ck_assert_uint_eq(cursor, 0);
    ck_assert_uint_eq(seen, 5000);
}
END_TEST

START_TEST(scan_misses_nothing_that_stayed)
{
    for (unsigned history = 0; history < scratch_rounds(20); history++) {
        struct dice dice = dice_create(7 + history);
        uint64_t cursor = 0;
        unsigned stable = 200, steps = 0;
        memset(&walk, 0, sizeof walk);
        for (unsigned i = 0; i < stable; i++)
            put(0, i, 1, ENTRY_NO_EXPIRY);
        do {
            unsigned changes = (unsigned)dice_below(&dice, 2000);
            bool grow = dice_chance(&dice, 50);
            cursor = keyspace_scan(view_at(0), cursor, 1 + dice_below(&dice, 500), visit, &walk);
            for (unsigned i = 0; i < changes && steps < 100; i++) {
                unsigned number = stable + (unsigned)dice_below(&dice, UNIVERSE - stable);
                if (grow)
                    put(0, number, 1, ENTRY_NO_EXPIRY);
                else
                    drop(0, number);
            }
            ck_assert_uint_lt(++steps, 100000);
        } while (cursor);
        for (unsigned i = 0; i < stable; i++)
            ck_assert_msg(walk.seen[i], "history %u: key %u was missed", history, i);
        keyspace_flush(view_at(0), -1, false);
    }
}
END_TEST

START_TEST(random_keys_are_evenly_chosen)
{
    enum { KEYS = 1000, DRAWS = 100 * KEYS };
    static unsigned hits[KEYS];
    char *name;
    size_t len;
    double chi_square = 0;
    random_seed(random_thread(), scratch_seed());
    must(keyspace_random_key(view_at(0), &name, &len) == RANDOM_KEY_NONE);
    for (unsigned i = 0; i < KEYS; i++)
        put(0, i, 1, ENTRY_NO_EXPIRY);
    unsigned draws = scratch_rounds(DRAWS), expected = draws / KEYS;
    for (unsigned i = 0; i < draws; i++) {
        must(keyspace_random_key(view_at(0), &name, &len) == RANDOM_KEY_FOUND);
        must(strlen(name) == len);
        hits[strtoul(name + 4, NULL, 10)]++;
        mem_free(name);
    }
    for (unsigned i = 0; i < KEYS; i++)
        chi_square += ((double)hits[i] - expected) * ((double)hits[i] - expected) / expected;
    /* 999 degrees of freedom: the mean is 999, the standard deviation 45 */
    ck_assert_msg(chi_square < 1350, "chi-square %.0f", chi_square);
}
END_TEST

START_TEST(random_keys_that_have_expired_are_deleted)
{
    char *name;
    size_t len;
    for (unsigned i = 0; i < 500; i++)
        put(0, i, 1, now_ms);
    put(0, 500, 1, ENTRY_NO_EXPIRY);
    for (unsigned i = 0; i < 50; i++) {
        enum random_key got;
        while ((got = keyspace_random_key(view_at(0), &name, &len)) == RANDOM_KEY_AGAIN)
            continue;
        ck_assert_int_eq(got, RANDOM_KEY_FOUND);
        ck_assert_str_eq(name, "key:500");
        mem_free(name);
    }
    drop(0, 500);
    while (keyspace_size(keyspace, 0) > 0)
        ck_assert_int_ne(keyspace_random_key(view_at(0), &name, &len), RANDOM_KEY_FOUND);
    ck_assert_int_eq(keyspace_random_key(view_at(0), &name, &len), RANDOM_KEY_NONE);
    ck_assert_uint_eq(stats().expired, 500);
}
END_TEST

START_TEST(random_key_is_an_expired_one_only_while_expiry_is_suspended)
{
    char *name;
    size_t len;
    for (unsigned i = 0; i < 10; i++)
        put(0, i, 1, now_ms);
    put(0, 10, 1, ENTRY_NO_EXPIRY);
    keyspace_suspend_expiry_until(keyspace, INT64_MAX);
    for (unsigned i = 0; i < 50; i++) {
        ck_assert_int_eq(keyspace_random_key(view_at(0), &name, &len), RANDOM_KEY_FOUND);
        ck_assert_str_eq(name, "key:10");
        mem_free(name);
    }
    drop(0, 10);
    ck_assert_int_eq(keyspace_random_key(view_at(0), &name, &len), RANDOM_KEY_FOUND); /* nothing else is left */
    mem_free(name);
    keyspace_suspend_expiry_until(keyspace, 0);
    while (keyspace_size(keyspace, 0) > 0)
        ck_assert_int_ne(keyspace_random_key(view_at(0), &name, &len), RANDOM_KEY_FOUND);
}
END_TEST

static enum evicted evict(enum victim victim, bool only_volatile, int samples)
{
    struct eviction_wish wish = {victim, only_volatile, samples};
    return keyspace_evict(keyspace, &wish, now_ms);
}

START_TEST(eviction_finds_the_one_key_with_a_ttl_among_thousands)
{
    for (unsigned i = 0; i < 20000; i++)
        put(0, i, 1, i == 7 ? now_ms + 1000 : ENTRY_NO_EXPIRY);
    ck_assert_int_eq(evict(VICTIM_SOONEST, true, 1), EVICTED_KEY);
    ck_assert_int_eq(evict(VICTIM_SOONEST, true, 1), EVICTED_NONE);
    ck_assert_int_lt(get(0, 7, LOOKUP_PEEK), 0);
}
END_TEST

START_TEST(eviction_passes_over_a_busy_shard)
{
    put(0, 1, 1, ENTRY_NO_EXPIRY);
    struct shard_set all = {.words = 15, .bits = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    keyspace_lock(keyspace, &all);
    ck_assert_int_eq(evict(VICTIM_ANY, false, 5), EVICTED_LATER);
    keyspace_unlock(keyspace, &all);
    ck_assert_int_eq(evict(VICTIM_ANY, false, 5), EVICTED_KEY);
}
END_TEST

START_TEST(eviction_takes_the_kind_of_key_it_is_told)
{
    for (unsigned i = 0; i < 200; i++)
        put(0, i, 1, i % 4 == 0 ? now_ms + 1000 + i : ENTRY_NO_EXPIRY);
    for (unsigned i = 0; i < 50; i++)
        ck_assert_int_eq(evict(VICTIM_SOONEST, true, 5), EVICTED_KEY);
    ck_assert_uint_eq(keyspace_expires(keyspace, 0), 0);
    ck_assert_uint_eq(keyspace_size(keyspace, 0), 150);
    ck_assert_int_eq(evict(VICTIM_SOONEST, true, 5), EVICTED_NONE);
    for (unsigned i = 0; i < 150; i++)
        ck_assert_int_eq(evict(i % 2 ? VICTIM_ANY : VICTIM_IDLE, false, 5), EVICTED_KEY);
    ck_assert_int_eq(evict(VICTIM_ANY, false, 5), EVICTED_NONE);
    ck_assert_uint_eq(keyspace_size(keyspace, 0), 0);
}
END_TEST

START_TEST(eviction_of_volatile_keys_spares_the_others_whatever_the_victim)
{
    static const enum victim victims[] = {VICTIM_ANY, VICTIM_IDLE, VICTIM_RARE, VICTIM_SOONEST};
    for (size_t v = 0; v < sizeof victims / sizeof victims[0]; v++) {
        for (unsigned i = 0; i < 2000; i++)
            put(0, i, 1, i % 4 == 0 ? now_ms + 1000 + i : ENTRY_NO_EXPIRY);
        unsigned evicted = 0;
        while (keyspace_expires(keyspace, 0) > 0 && evicted <= 500)
            evicted += evict(victims[v], true, 5) == EVICTED_KEY;
        ck_assert_uint_eq(evicted, 500);
        ck_assert_uint_eq(keyspace_size(keyspace, 0), 1500);
        ck_assert_int_eq(evict(victims[v], true, 5), EVICTED_NONE);
    }
}
END_TEST

START_TEST(eviction_takes_from_each_database_by_its_keys)
{
    for (unsigned i = 0; i < 4000; i++) {
        put(i % 4 == 0 ? 3 : 0, i, 1, i % 8 == 0 ? now_ms + 1000 : ENTRY_NO_EXPIRY);
    }
    for (unsigned i = 0; i < 1000; i++)
        ck_assert_int_eq(evict(VICTIM_ANY, false, 5), EVICTED_KEY);
    ck_assert_uint_ge(keyspace_size(keyspace, 3), 650); /* about 750 */
    ck_assert_uint_le(keyspace_size(keyspace, 3), 850);
    while (keyspace_expires(keyspace, 3) > 0)
        ck_assert_int_eq(evict(VICTIM_SOONEST, true, 5), EVICTED_KEY);
    ck_assert_int_eq(evict(VICTIM_SOONEST, true, 5), EVICTED_NONE);
}
END_TEST

/* Wherever a search begins, it meets as many shards as others do: none is emptied of what was to stay. */
START_TEST(eviction_spares_what_expires_late_while_others_expire_soon)
{
    for (unsigned i = 0; i < 8000; i++)
        put(0, i, 1, now_ms + (i % 2 ? 1000 : 2000));
    for (unsigned i = 0; i < 1000; i++)
        ck_assert_int_eq(evict(VICTIM_SOONEST, true, 64), EVICTED_KEY);
    unsigned late = 0;
    for (unsigned i = 0; i < 8000; i += 2)
        late += get(0, i, LOOKUP_PEEK) >= 0;
    ck_assert_uint_ge(late, 3950);
}
END_TEST

START_TEST(copies_of_a_blob_hold_a_reference_each_with_and_without_a_ttl)
{
    static const int64_t expiries[] = {ENTRY_NO_EXPIRY, 2000000};
    for (size_t i = 0; i < 2; i++) {
        struct blob *blob = blob_create(BLOB_MIN);
        blob->len = BLOB_MIN;
        struct named_key from, to;
        name_key(&from, 1);
        name_key(&to, 2);
        struct shard_set shards = from.shards;
        shard_set_add(&shards, to.key.hash);
        keyspace_lock(keyspace, &shards);
        struct view *view = view_at(0);
        keyspace_put(view, &from.key, string_create_blob(from.key.name, blob_retain(blob), expiries[i]),
                     &string_event_set);
        ck_assert_int_eq(keyspace_copy(view, &from.key, 0, &to.key, false), TRANSFER_DONE);
        ck_assert_int_eq(entry_expiry(keyspace_find(view, &to.key, LOOKUP_PEEK)), expiries[i]);
        ck_assert_int_eq(keyspace_copy(view, &from.key, 1, &to.key, true), TRANSFER_DONE);
        keyspace_unlock(keyspace, &shards);
        ck_assert_uint_eq(atomic_load(&blob->references), 4); /* three keys, and this test */
        drop(0, 1);
        drop(0, 2);
        drop(1, 2);
        ck_assert(blob_is_exclusive(blob));
        blob_release(blob);
    }
}
END_TEST

START_TEST(shape_agrees_with_the_counts)
{
    struct keyspace_shape shape;
    for (unsigned i = 0; i < 9000; i++)
        put(0, i, 1, i % 3 ? ENTRY_NO_EXPIRY : now_ms + 1);
    keyspace_shape_read(keyspace, 0, &shape);
    ck_assert_uint_eq(shape.keys, 9000);
    ck_assert_uint_eq(shape.expires, 3000);
    ck_assert_uint_eq(shape.shards_used, KEYSPACE_SHARDS);
    ck_assert_uint_eq(shape.slots, shape.buckets * BUCKET_SLOTS);
    ck_assert_uint_ge(shape.slots, 9000);
    ck_assert_uint_gt(keyspace_table_memory(keyspace, 0), 9000 * 8);
    ck_assert_uint_eq(keyspace_table_memory(keyspace, 0), keyspace_table_memory(keyspace, -1));
}
END_TEST

/* ---- threads ---- */

enum { PLAYERS = 4, SHARED_KEYS = 300, GROUP = 5, START_VALUE = 1000 };

static atomic_bool enough;

/* Moves amounts between keys, several locked at a time: the sum stays, and nobody waits for ever. */
static void *move_amounts(void *argument)
{
    struct dice dice = dice_create((uint64_t)(uintptr_t)argument);
    for (unsigned round = 0; round < scratch_rounds(20000); round++) {
        struct named_key named[GROUP];
        struct shard_set shards = {0};
        unsigned count = 2 + (unsigned)dice_below(&dice, GROUP - 1);
        for (unsigned i = 0; i < count; i++) {
            name_key(&named[i], (unsigned)dice_below(&dice, SHARED_KEYS));
            shard_set_add(&shards, named[i].key.hash);
        }
        keyspace_lock(keyspace, &shards);
        for (unsigned i = 1; i < count; i++)
            for (int side = 0; side < 2; side++) {
                struct key *key = &named[side ? i : 0].key;
                const struct entry *entry = keyspace_find_for_write(view_at(0), key);
                int64_t value = string_int(entry) + (side ? 1 : -1);
                if (dice_chance(&dice, 30)) /* replaced instead of changed */
                    keyspace_put(view_at(0), key, string_create_int(key->name, value, now_ms + 1000000),
                                 &string_event_set);
                else
                    keyspace_edited(view_at(0), key, entry,
                                    string_set_int(keyspace_edit(view_at(0), key, entry), value), &string_event_set);
            }
        keyspace_unlock(keyspace, &shards);
        unsigned own = SHARED_KEYS + (unsigned)dice_below(&dice, 5000); /* and the tables grow and shrink */
        if (dice_chance(&dice, 50))
            put(0, own, 1, dice_chance(&dice, 50) ? now_ms : ENTRY_NO_EXPIRY);
        else
            drop(0, own);
    }
    return NULL;
}

static void visit_nothing(void *context, const struct entry *entry)
{
    (void)context, (void)entry;
}

static void *look_around(void *unused)
{
    uint64_t cursor = 0;
    while (!atomic_load(&enough)) {
        char *name;
        size_t len;
        bool again;
        cursor = keyspace_scan(view_at(0), cursor, 100, visit_nothing, NULL);
        if (keyspace_random_key(view_at(0), &name, &len) == RANDOM_KEY_FOUND)
            mem_free(name);
        keyspace_expire_round(keyspace, now_ms, 100, &again);
        ck_assert_uint_ge(keyspace_size(keyspace, 0), SHARED_KEYS);
        keyspace_average_ttl(keyspace, 0);
        stats();
        keyspace_check(keyspace);
    }
    return unused;
}

START_TEST(threads_on_the_same_keys_lose_nothing)
{
    pthread_t threads[PLAYERS], observer;
    int64_t sum = 0;
    for (unsigned i = 0; i < SHARED_KEYS; i++)
        put(0, i, START_VALUE, ENTRY_NO_EXPIRY);
    pthread_create(&observer, NULL, look_around, NULL);
    for (uintptr_t i = 0; i < PLAYERS; i++)
        pthread_create(&threads[i], NULL, move_amounts, (void *)(i + 10));
    for (int i = 0; i < PLAYERS; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&enough, true);
    pthread_join(observer, NULL);
    for (unsigned i = 0; i < SHARED_KEYS; i++)
        sum += get(0, i, LOOKUP_PEEK);
    ck_assert_int_eq(sum, SHARED_KEYS * START_VALUE);
}
END_TEST

Suite *suite_keyspace(void);
Suite *suite_keyspace(void)
{
    Suite *suite = suite_create("keyspace");
    TCase *tcase = tcase_create("keyspace");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, keys_are_put_replaced_found_and_deleted);
    tcase_add_test(tcase, a_moved_key_is_in_the_other_database_alone);
    tcase_add_test(tcase, changed_entries_are_found_where_they_moved_to);
    tcase_add_test(tcase, hits_and_misses_are_counted_if_wanted);
    tcase_add_test(tcase, looking_up_touches_if_wanted);
    tcase_add_test(tcase, changes_are_counted);
    tcase_add_test(tcase, prefetching_is_harmless_for_any_hash);
    tcase_add_test(tcase, replaced_blobs_are_freed_when_the_locks_are_gone);
    tcase_add_test(tcase, large_values_are_freed_in_the_background_if_asked);
    tcase_add_test(tcase, a_key_is_gone_at_its_time_and_not_before);
    tcase_add_test(tcase, every_way_to_a_key_sees_that_it_has_expired);
    tcase_add_test(tcase, a_ttl_can_be_changed_and_removed);
    tcase_add_loop_test(tcase, rounds_delete_all_that_is_due_and_nothing_else, 0, 2);
    tcase_add_test(tcase, many_keys_of_one_shard_expire_in_one_round);
    tcase_add_test(tcase, a_round_passes_by_a_busy_shard_and_a_later_one_comes_back);
    tcase_add_test(tcase, expiry_can_be_turned_off_and_suspended);
    tcase_add_test(tcase, average_ttl_is_near_the_truth);
    tcase_add_test(tcase, flushing_empties_one_database_or_all);
    tcase_add_test(tcase, databases_are_in_use_from_their_first_key_until_they_are_emptied);
    tcase_add_test(tcase, databases_that_come_into_use_at_once_are_all_noticed);
    tcase_add_test(tcase, swapped_databases_show_each_others_keys);
    tcase_add_test(tcase, scan_of_a_still_database_sees_each_key_once);
    tcase_add_test(tcase, a_piece_of_a_scan_is_short);
    tcase_add_test(tcase, a_piece_of_a_scan_ends_after_long_names);
    tcase_add_test(tcase, a_piece_of_a_scan_waits_for_no_busy_shard);
    tcase_add_test(tcase, scan_misses_nothing_that_stayed);
    tcase_add_test(tcase, random_keys_are_evenly_chosen);
    tcase_add_test(tcase, random_keys_that_have_expired_are_deleted);
    tcase_add_test(tcase, random_key_is_an_expired_one_only_while_expiry_is_suspended);
    tcase_add_test(tcase, eviction_takes_the_kind_of_key_it_is_told);
    tcase_add_test(tcase, eviction_finds_the_one_key_with_a_ttl_among_thousands);
    tcase_add_test(tcase, eviction_passes_over_a_busy_shard);
    tcase_add_test(tcase, eviction_of_volatile_keys_spares_the_others_whatever_the_victim);
    tcase_add_test(tcase, eviction_takes_from_each_database_by_its_keys);
    tcase_add_test(tcase, eviction_spares_what_expires_late_while_others_expire_soon);
    tcase_add_test(tcase, copies_of_a_blob_hold_a_reference_each_with_and_without_a_ttl);
    tcase_add_test(tcase, shape_agrees_with_the_counts);
    tcase_add_test(tcase, threads_on_the_same_keys_lose_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
