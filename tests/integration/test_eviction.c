/*
 * Eviction by policy: which keys may go, and which go first. maxmemory is set a little lower than what is in use, so
 * that a part of the keys has to go.
 */
#include "kit/kit.h"
#include "kit/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 2000   /* of each of two kinds: several in every shard */
#define EXCESS 6000 /* bytes by which maxmemory is lower than what is in use: some hundred keys */

static struct kit_server *server;
static redisContext *c;

static void setup(void)
{
    server = kit_start();
    c = kit_connect(server);
}

static void teardown(void)
{
    redisFree(c);
    kit_stop(server);
}

/* maxmemory 0: no limit. */
static void set_policy(const char *policy, long long maxmemory)
{
    char bytes[32];
    snprintf(bytes, sizeof bytes, "%lld", maxmemory);
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory-policy", policy, "maxmemory", bytes);
}

/*
 * Sends a command for each key of a kind, "kind:0" and on; the format has a place for the kind and one for the number.
 */
static void for_all(const char *format, const char *kind)
{
    for (int i = 0; i < KEYS; i++)
        ck_assert_int_eq(redisAppendCommand(c, format, kind, i), REDIS_OK);
    for (int i = 0; i < KEYS; i++) {
        redisReply *reply;
        ck_assert_int_eq(redisGetReply(c, (void **)&reply), REDIS_OK);
        ck_assert_int_ne(reply->type, REDIS_REPLY_ERROR);
        freeReplyObject(reply);
    }
}

/* What counts towards the limit. */
static long long data_in_use(void)
{
    return kit_info(c, "used_memory") - kit_info(c, "mem_not_counted_for_evict");
}

/* Makes the limit lower than what is in use, and writes a key. */
static void write_under_pressure(const char *policy, const char *expected)
{
    set_policy(policy, data_in_use() - EXCESS);
    kit_expect(c, expected, "SET", "new", "v", "EX", "100000000");
    set_policy(policy, 0);
}

START_TEST(a_policy_evicts_the_keys_that_it_is_named_for)
{
    static const struct {
        const char *policy;
        bool takes_all, takes_volatile;
    } policies[] = {
        {"noeviction", false, false},   {"allkeys-lru", true, true},      {"allkeys-lfu", true, true},
        {"allkeys-random", true, true}, {"volatile-lru", false, true},    {"volatile-lfu", false, true},
        {"volatile-ttl", false, true},  {"volatile-random", false, true},
    };
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        kit_expect(c, "+OK", "FLUSHALL");
        for_all("SET %s:%d v", "lasting");
        write_under_pressure(policies[i].policy, policies[i].takes_all ? "+OK" : "-OOM ...");
        long long left = kit_integer(c, "DBSIZE");
        ck_assert_msg(policies[i].takes_all ? left < KEYS : left == KEYS, "%s: %lld left", policies[i].policy, left);
        kit_expect(c, "+OK", "FLUSHALL");
        for_all("SET %s:%d v EX 10000", "volatile");
        write_under_pressure(policies[i].policy, policies[i].takes_volatile ? "+OK" : "-OOM ...");
        left = kit_integer(c, "DBSIZE");
        ck_assert_msg(policies[i].takes_volatile ? left < KEYS : left == KEYS, "%s: %lld left", policies[i].policy,
                      left);
    }
}
END_TEST

/* ---- which go first ---- */

static int count_left(const char *kind)
{
    int left = 0;
    for (int i = 0; i < KEYS; i++)
        ck_assert_int_eq(redisAppendCommand(c, "EXISTS %s:%d", kind, i), REDIS_OK);
    for (int i = 0; i < KEYS; i++) {
        redisReply *reply;
        ck_assert_int_eq(redisGetReply(c, (void **)&reply), REDIS_OK);
        left += (int)reply->integer;
        freeReplyObject(reply);
    }
    return left;
}

/* Under the policy some hundred keys of the kind "first" go, and next to none of the kind "later". */
static void evict_in_order(const char *policy)
{
    int first = count_left("first"), later = count_left("later");
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory-samples", "64");
    write_under_pressure(policy, "+OK");
    int first_gone = first - count_left("first"), later_gone = later - count_left("later");
    ck_assert_msg(first_gone > 50, "%s: %d of the first went", policy, first_gone);
    ck_assert_msg(later_gone < first_gone / 10, "%s: %d of the first went, and %d others", policy, first_gone,
                  later_gone);
}

/* The last of them that was written is, and so are all. */
static bool is_idle(void *unused)
{
    char name[32];
    (void)unused;
    snprintf(name, sizeof name, "first:%d", KEYS - 1);
    return kit_integer(c, "OBJECT", "IDLETIME", name) >= 1;
}

START_TEST(what_lay_idle_longest_goes_first)
{
    for_all("SET %s:%d v EX 10000", "later");
    for_all("SET %s:%d v EX 10000", "first");
    kit_await(is_idle, NULL, "a second of idleness");
    for_all("GET %s:%d", "later");
    evict_in_order("allkeys-lru");
    evict_in_order("volatile-lru");
}
END_TEST

START_TEST(what_was_used_least_goes_first)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "lfu-log-factor", "0", "lfu-decay-time", "0");
    set_policy("allkeys-lfu", 0);
    for_all("SET %s:%d v EX 10000", "later");
    for_all("SET %s:%d v EX 10000", "first");
    for (int i = 0; i < 3; i++)
        for_all("GET %s:%d", "later");
    evict_in_order("allkeys-lfu");
    evict_in_order("volatile-lfu");
}
END_TEST

START_TEST(what_expires_soonest_goes_first)
{
    for_all("SET %s:%d v EX 10000", "first");
    for_all("SET %s:%d v EX 20000", "later");
    evict_in_order("volatile-ttl");
}
END_TEST

/* ---- the limit ---- */

static bool is_within_a_megabyte(void *unused)
{
    (void)unused;
    return data_in_use() <= 1 << 20;
}

START_TEST(a_lowered_limit_evicts_though_nobody_writes)
{
    char format[32 + 1000];
    snprintf(format, sizeof format, "SET %%s:%%d %0999d", 0);
    for_all(format, "key");
    ck_assert_int_gt(data_in_use(), 1 << 20);
    set_policy("allkeys-lru", 1 << 20);
    kit_await(is_within_a_megabyte, NULL, "memory to be within the limit");
    ck_assert_int_gt(kit_integer(c, "DBSIZE"), 100);
}
END_TEST

/* The most that was in use while value after value of a tenth of the limit was written. */
START_TEST(large_values_make_their_room_before_they_are_written)
{
    enum { LIMIT = 10 << 20, VALUE = 1 << 20, COUNT = 40 };
    char *value = malloc(VALUE);
    memset(value, 'v', VALUE);
    for_all("SET %s:%d v", "small");
    set_policy("allkeys-random", LIMIT);
    for (int i = 0; i < COUNT; i++) {
        redisReply *reply = redisCommand(c, "SET large:%d %b", i, value, (size_t)VALUE);
        kit_expect_reply(reply, "+OK");
        ck_assert_int_le(data_in_use(), LIMIT + LIMIT / 50);
    }
    free(value);
    ck_assert_int_le(kit_info(c, "used_memory_peak"), LIMIT + LIMIT / 50 + 2 * VALUE); /* the client's, too */
    ck_assert_int_ge(data_in_use(), LIMIT / 2);
}
END_TEST

START_TEST(a_pipeline_is_held_to_the_limit_as_single_requests_are)
{
    enum { LIMIT = 20 << 20, COUNT = 60 };
    set_policy("allkeys-random", LIMIT);
    for (int i = 0; i < COUNT; i++)
        redisAppendCommand(c, "SETRANGE range:%d 4999999 x", i);
    for (int i = 0; i < COUNT; i++)
        kit_expect_next(c, ":5000000");
    ck_assert_int_le(data_in_use(), LIMIT + LIMIT / 50);
    ck_assert_int_le(kit_info(c, "used_memory_peak"), LIMIT + LIMIT / 50 + 5000000);
    ck_assert_int_ge(kit_integer(c, "DBSIZE"), 2);
}
END_TEST

START_TEST(what_could_never_fit_is_refused_and_costs_nobody_a_key)
{
    for_all("SET %s:%d v", "small");
    set_policy("allkeys-random", 10 << 20);
    kit_expect(c, "-OOM ...", "SETRANGE", "huge", "100000000", "x");
    ck_assert_int_eq(kit_integer(c, "DBSIZE"), KEYS);
    kit_expect(c, "-OOM command not allowed when used memory > 'maxmemory'.", "DEBUG", "INSIDE", "SETRANGE", "huge",
               "100000000", "x");
    kit_expect(c, ":4", "SETRANGE", "small:1", "3", "x");
}
END_TEST

START_TEST(without_eviction_one_value_may_be_the_last)
{
    enum { LIMIT = 12 << 20 };
    set_policy("noeviction", LIMIT);
    kit_expect(c, ":8000000", "SETRANGE", "a", "7999999", "x");
    kit_expect(c, ":8000000", "SETRANGE", "b", "7999999", "x"); /* was within the limit before it */
    kit_expect(c, "-OOM ...", "SET", "c", "v");
    kit_expect(c, "nil", "GET", "c");
    kit_expect(c, ":1", "DEL", "b");
    kit_expect(c, "+OK", "SET", "c", "v");
}
END_TEST

/* Each worker has been told that there is much room; then one of them uses nearly all of it. */
START_TEST(no_worker_goes_by_room_that_another_has_used)
{
    enum { LIMIT = 40 << 20, VALUE = 100000, MOST = LIMIT / VALUE };
    kit_stop(server); /* teardown stops the one that takes its place */
    redisFree(c);
    server = kit_start("--threads", "2");
    c = kit_connect(server);
    redisContext *other = kit_connect(server); /* of the other worker */
    char *value = calloc(VALUE, 1);
    set_policy("noeviction", LIMIT);
    kit_expect(other, "+OK", "SET", "first", "v");
    redisContext *writers[] = {c, other};
    for (int w = 0; w < 2; w++) {
        bool refused = false;
        for (int i = 0; i < MOST && !refused; i++) {
            redisReply *reply = redisCommand(writers[w], "SET %d:%d %b", w, i, value, (size_t)VALUE);
            refused = reply->type == REDIS_REPLY_ERROR;
            freeReplyObject(reply);
        }
        ck_assert(refused);
        ck_assert_int_le(data_in_use(), LIMIT + VALUE + LIMIT / 50);
    }
    free(value);
    redisFree(other);
}
END_TEST

Suite *suite_eviction(void);
Suite *suite_eviction(void)
{
    Suite *suite = suite_create("eviction");
    TCase *tcase = kit_tcase("eviction");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_policy_evicts_the_keys_that_it_is_named_for);
    tcase_add_test(tcase, what_lay_idle_longest_goes_first);
    tcase_add_test(tcase, what_was_used_least_goes_first);
    tcase_add_test(tcase, what_expires_soonest_goes_first);
    tcase_add_test(tcase, a_lowered_limit_evicts_though_nobody_writes);
    tcase_add_test(tcase, large_values_make_their_room_before_they_are_written);
    tcase_add_test(tcase, a_pipeline_is_held_to_the_limit_as_single_requests_are);
    tcase_add_test(tcase, what_could_never_fit_is_refused_and_costs_nobody_a_key);
    tcase_add_test(tcase, without_eviction_one_value_may_be_the_last);
    tcase_add_test(tcase, no_worker_goes_by_room_that_another_has_used);
    suite_add_tcase(suite, tcase);
    return suite;
}
