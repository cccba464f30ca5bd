/*
 * Values by type: a type that the store has never heard of is kept, copied, moved, measured and freed like any other,
 * through its operations alone.
 *
 * The type is a chain of pieces, each an allocation; how many there are in all is counted.
 */
#include "base/digest.h"
#include "base/memory.h"
#include "kit/suites.h"
#include "store/keyspace.h"
#include "store/reaper.h"
#include "store/value_type.h"

#include <check.h>
#include <stdatomic.h>
#include <string.h>

#define CHAIN 15 /* the number of the type */
#define SLOW_PIECES 100
#define NOW_MS 1000000

struct piece {
    struct piece *next;
    uint64_t number;
};

static atomic_int pieces, releases;
static _Atomic(pthread_t) released_by;
static bool copying_fails;

static struct piece *chain_of(const struct entry *entry)
{
    struct piece *first;
    memcpy(&first, entry_value(entry), sizeof first);
    return first;
}

static size_t chain_len(const struct entry *entry)
{
    size_t len = 0;
    for (const struct piece *piece = chain_of(entry); piece; piece = piece->next)
        len++;
    return len;
}

static struct piece *make_chain(unsigned len)
{
    struct piece *first = NULL;
    for (unsigned i = len; i > 0; i--) {
        struct piece *piece = mem_alloc(sizeof *piece);
        *piece = (struct piece){first, i};
        first = piece;
        pieces++;
    }
    return first;
}

static void chain_release(struct entry *entry)
{
    for (struct piece *piece = chain_of(entry), *next; piece; piece = next) {
        next = piece->next;
        mem_free(piece);
        pieces--;
    }
    releases++;
    released_by = pthread_self();
}

static bool chain_is_slow(const struct entry *entry)
{
    return chain_len(entry) >= SLOW_PIECES;
}

static int chain_copy(struct entry *copy)
{
    if (copying_fails)
        return -12;
    struct piece *first = make_chain((unsigned)chain_len(copy));
    memcpy(entry_value(copy), &first, sizeof first);
    return 0;
}

static size_t chain_memory(const struct entry *entry, size_t samples)
{
    return samples ? 1000 + samples : chain_len(entry) * sizeof(struct piece);
}

static void chain_digest(const struct entry *entry, struct digest *digest)
{
    for (const struct piece *piece = chain_of(entry); piece; piece = piece->next)
        digest_mix(digest, &piece->number, sizeof piece->number);
}

static const char *chain_encoding(const struct entry *entry)
{
    return chain_len(entry) >= SLOW_PIECES ? "long" : "short";
}

static size_t chain_serialized_len(const struct entry *entry)
{
    return 1 + 8 * chain_len(entry);
}

static const struct value_type chain_type = {
    .name = "chain",
    .release = chain_release,
    .is_slow_to_release = chain_is_slow,
    .copy = chain_copy,
    .memory = chain_memory,
    .digest = chain_digest,
    .encoding = chain_encoding,
    .serialized_len = chain_serialized_len,
};

static const struct key_event event_grow = {"grow", EVENT_GENERIC, 1};
static struct keyspace *keyspace;
static struct view view;

static void setup(void)
{
    value_type_register(CHAIN, &chain_type);
    keyspace = keyspace_create(2);
    view = (struct view){.keyspace = keyspace, .now_ms = NOW_MS};
    pieces = releases = 0;
    copying_fails = false;
}

static void teardown(void)
{
    keyspace_check(keyspace);
    keyspace_destroy(keyspace);
    reaper_stop();
    ck_assert_int_eq(pieces, 0); /* nothing is left, and nothing was freed twice */
}

static struct key key_named(const char *name)
{
    return key_make(name, strlen(name));
}

/* Locks everything: what is tested is not the locks. */
static struct shard_set all;

static void lock(void)
{
    for (uint64_t hash = 0; hash < (uint64_t)KEYSPACE_SHARDS << 15; hash += 1 << 15)
        shard_set_add(&all, hash);
    keyspace_lock(keyspace, &all);
}

static void unlock(void)
{
    keyspace_unlock(keyspace, &all);
}

static void put_chain(const char *name, unsigned len, int64_t expire_ms)
{
    struct key key = key_named(name);
    struct piece *first = make_chain(len);
    struct value value = {.data = &first, .len = sizeof first, .type = CHAIN, .encoding = 3, .flags = ENTRY_OWNS};
    lock();
    keyspace_put(&view, &key, entry_create(key.name, &value, expire_ms), &event_grow);
    unlock();
}

static const struct entry *find(int db, const char *name)
{
    struct key key = key_named(name);
    struct view other = view;
    other.db = db;
    return keyspace_find(&other, &key, LOOKUP_PEEK);
}

START_TEST(a_type_is_found_by_its_name)
{
    ck_assert_int_eq(value_type_find("CHAIN", 5), CHAIN);
    ck_assert_int_eq(value_type_find("string", 6), 0);
    ck_assert_int_eq(value_type_find("chains", 6), -1);
}
END_TEST

START_TEST(a_renamed_and_a_moved_key_keep_the_very_value)
{
    struct key a = key_named("a"), long_name = key_named("a name that is longer than the other by far");
    put_chain("a", 5, NOW_MS + 9);
    lock();
    const struct piece *first = chain_of(find(0, "a"));
    ck_assert_int_eq(keyspace_rename(&view, &a, &long_name, false), TRANSFER_DONE);
    const struct entry *renamed = find(0, long_name.name.data);
    ck_assert_ptr_eq(chain_of(renamed), first);
    ck_assert_int_eq(entry_expiry(renamed), NOW_MS + 9);
    ck_assert_uint_eq(renamed->encoding, 3);
    ck_assert_int_eq(keyspace_move(&view, &long_name, 1), TRANSFER_DONE);
    ck_assert_ptr_eq(chain_of(find(1, long_name.name.data)), first);
    unlock();
    ck_assert_int_eq(pieces, 5);
    ck_assert_int_eq(releases, 0);
}
END_TEST

START_TEST(a_copy_has_pieces_of_its_own_and_all_else_alike)
{
    struct key a = key_named("a"), b = key_named("b");
    put_chain("a", 5, NOW_MS + 9);
    lock();
    ck_assert_int_eq(keyspace_copy(&view, &a, 1, &b, false), TRANSFER_DONE);
    const struct entry *copy = find(1, "b");
    ck_assert_ptr_ne(chain_of(copy), chain_of(find(0, "a")));
    ck_assert_uint_eq(chain_len(copy), 5);
    ck_assert_int_eq(entry_expiry(copy), NOW_MS + 9);
    ck_assert_str_eq(entry_value_type(copy)->name, "chain");
    ck_assert(keyspace_delete(&view, &a));
    ck_assert_uint_eq(chain_len(copy), 5);
    unlock();
    ck_assert_int_eq(pieces, 5);
}
END_TEST

START_TEST(a_copy_that_fails_leaves_all_as_it_was)
{
    struct key a = key_named("a"), b = key_named("b");
    put_chain("a", 5, ENTRY_NO_EXPIRY);
    copying_fails = true;
    lock();
    ck_assert_int_eq(keyspace_copy(&view, &a, 0, &b, false), TRANSFER_NO_MEMORY);
    ck_assert_ptr_null(find(0, "b"));
    ck_assert_uint_eq(chain_len(find(0, "a")), 5);
    unlock();
    ck_assert_int_eq(pieces, 5);
    ck_assert_int_eq(releases, 0);
}
END_TEST

START_TEST(a_ttl_moves_the_entry_and_not_the_value)
{
    struct key a = key_named("a");
    put_chain("a", 5, ENTRY_NO_EXPIRY);
    lock();
    const struct piece *first = chain_of(find(0, "a"));
    ck_assert_int_eq(keyspace_set_expiry(&view, &a, find(0, "a"), NOW_MS + 1), 0);
    ck_assert_ptr_eq(chain_of(find(0, "a")), first);
    ck_assert_int_eq(keyspace_set_expiry(&view, &a, find(0, "a"), ENTRY_NO_EXPIRY), 0);
    ck_assert_ptr_eq(chain_of(find(0, "a")), first);
    unlock();
    ck_assert_int_eq(releases, 0);
}
END_TEST

START_TEST(what_is_replaced_deleted_expired_or_evicted_is_released_once)
{
    struct key a = key_named("a");
    bool again;
    put_chain("a", 3, ENTRY_NO_EXPIRY);
    put_chain("a", 4, ENTRY_NO_EXPIRY); /* replaced */
    ck_assert_int_eq(pieces, 4);
    lock();
    keyspace_delete(&view, &a);
    ck_assert_int_eq(pieces, 4); /* not under the lock */
    unlock();
    ck_assert_int_eq(pieces, 0);
    put_chain("a", 5, NOW_MS);
    lock();
    ck_assert_ptr_null(keyspace_find(&view, &a, LOOKUP_TOUCH)); /* expired when it is looked for */
    unlock();
    put_chain("b", 6, NOW_MS);
    ck_assert_uint_eq(keyspace_expire_round(keyspace, NOW_MS, 1000000, &again), 1);
    put_chain("c", 7, ENTRY_NO_EXPIRY);
    const struct eviction_wish wish = {.victim = VICTIM_ANY, .samples = 5};
    ck_assert_int_eq(keyspace_evict(keyspace, &wish, NOW_MS), EVICTED_KEY);
    ck_assert_int_eq(pieces, 0);
    ck_assert_int_eq(releases, 5);
}
END_TEST

/* Afterwards all of the slow value is gone, and it wasn't this thread that freed it. */
static void expect_reaped(int left)
{
    reaper_drain();
    ck_assert_int_eq(pieces, left);
    ck_assert(!pthread_equal(released_by, pthread_self()));
}

START_TEST(the_reaper_frees_what_is_slow_whatever_made_it_go)
{
    struct key a = key_named("a");
    const struct eviction_wish wish = {.victim = VICTIM_ANY, .samples = 5};
    put_chain("a", SLOW_PIECES, ENTRY_NO_EXPIRY);
    lock();
    keyspace_delete(&view, &a);
    unlock();
    expect_reaped(0);
    put_chain("a", SLOW_PIECES, ENTRY_NO_EXPIRY);
    put_chain("a", 1, ENTRY_NO_EXPIRY); /* replaced */
    expect_reaped(1);
    put_chain("a", 2, ENTRY_NO_EXPIRY); /* what is quick isn't worth the trip */
    ck_assert(pthread_equal(released_by, pthread_self()));
    put_chain("a", SLOW_PIECES, ENTRY_NO_EXPIRY);
    ck_assert_int_eq(keyspace_evict(keyspace, &wish, NOW_MS), EVICTED_KEY);
    expect_reaped(0);
    put_chain("a", SLOW_PIECES, NOW_MS);
    lock();
    ck_assert_ptr_null(keyspace_find(&view, &a, LOOKUP_TOUCH)); /* expired */
    unlock();
    expect_reaped(0);
    put_chain("a", SLOW_PIECES, ENTRY_NO_EXPIRY);
    ck_assert_uint_eq(keyspace_flush(&view, -1, false), 1);
    expect_reaped(0);
}
END_TEST

START_TEST(flushing_releases_all_here_or_in_the_background)
{
    char name[2] = "a";
    for (int lazily = 0; lazily < 2; lazily++) {
        for (name[0] = 'a'; name[0] <= 'z'; name[0]++)
            put_chain(name, 3, ENTRY_NO_EXPIRY);
        ck_assert_uint_eq(keyspace_flush(&view, -1, lazily), 26);
        reaper_drain();
        ck_assert_int_eq(pieces, 0);
    }
}
END_TEST

START_TEST(its_own_operations_answer_for_it)
{
    struct digest first = {0}, second = {0};
    put_chain("a", 3, ENTRY_NO_EXPIRY);
    put_chain("b", SLOW_PIECES, ENTRY_NO_EXPIRY);
    lock();
    const struct entry *a = find(0, "a"), *b = find(0, "b");
    const struct value_type *type = entry_value_type(a);
    ck_assert_str_eq(type->encoding(a), "short");
    ck_assert_str_eq(type->encoding(b), "long");
    ck_assert_uint_eq(type->serialized_len(a), 25);
    ck_assert_uint_gt(entry_memory(b, 0), SLOW_PIECES * sizeof(struct piece));
    type->digest(a, &first);
    type->digest(b, &second);
    ck_assert_mem_ne(first.bytes, second.bytes, DIGEST_LEN);
    unlock();
}
END_TEST

Suite *suite_value_type(void);
Suite *suite_value_type(void)
{
    Suite *suite = suite_create("value_type");
    TCase *tcase = tcase_create("value_type");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_type_is_found_by_its_name);
    tcase_add_test(tcase, a_renamed_and_a_moved_key_keep_the_very_value);
    tcase_add_test(tcase, a_copy_has_pieces_of_its_own_and_all_else_alike);
    tcase_add_test(tcase, a_copy_that_fails_leaves_all_as_it_was);
    tcase_add_test(tcase, a_ttl_moves_the_entry_and_not_the_value);
    tcase_add_test(tcase, what_is_replaced_deleted_expired_or_evicted_is_released_once);
    tcase_add_test(tcase, the_reaper_frees_what_is_slow_whatever_made_it_go);
    tcase_add_test(tcase, flushing_releases_all_here_or_in_the_background);
    tcase_add_test(tcase, its_own_operations_answer_for_it);
    suite_add_tcase(suite, tcase);
    return suite;
}
