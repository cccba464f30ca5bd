/*
 * Eviction by policy: which keys may go, and which go first. maxmemory is a byte, so that every write evicts all it may
 * at once. A sanitizer's allocator counts nothing, so there is nothing to evict for.
 */
#include "kit/kit.h"
#include "kit/suites.h"

#include <string.h>

#define KEYS 2000 /* of each of two kinds: several in every shard */
#define WRITES 4

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

static void set_policy(const char *policy, const char *maxmemory)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory-policy", policy, "maxmemory", maxmemory);
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
    if (scratch_is_sanitized()) {
        test_skip("sanitizers' builds count no memory");
        return;
    }
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        set_policy(policies[i].policy, "0");
        kit_expect(c, "+OK", "FLUSHALL");
        kit_expect(c, "+OK", "SET", "stays", "v");
        set_policy(policies[i].policy, "1");
        kit_expect(c, policies[i].takes_all ? "+OK" : "-OOM ...", "SET", "new", "v");
        kit_expect(c, policies[i].takes_all ? ":0" : ":1", "EXISTS", "stays");
        set_policy(policies[i].policy, "0");
        kit_expect(c, "+OK", "FLUSHALL");
        kit_expect(c, "+OK", "SET", "goes", "v", "EX", "10000");
        set_policy(policies[i].policy, "1");
        kit_expect(c, policies[i].takes_volatile ? "+OK" : "-OOM ...", "SET", "new", "v");
        kit_expect(c, policies[i].takes_volatile ? ":0" : ":1", "EXISTS", "goes");
    }
}
END_TEST

/* ---- which go first ---- */

/* Sends a command for each key of a kind, "kind:0" and on; the format has a place for the kind and one for the number. */
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
    set_policy(policy, "1");
    for (int i = 0; i < WRITES; i++)
        kit_expect(c, "+OK", "SET", "new", "v", "EX", "100000000");
    set_policy(policy, "0");
    int first_gone = first - count_left("first"), later_gone = later - count_left("later");
    ck_assert_msg(first_gone > WRITES * 30, "%s: %d of the first went", policy, first_gone);
    ck_assert_msg(later_gone < first_gone / 10, "%s: %d of the first went, and %d others", policy, first_gone,
                  later_gone);
}

static bool is_idle(void *unused)
{
    (void)unused;
    return kit_integer(c, "OBJECT", "IDLETIME", "first:0") >= 1;
}

START_TEST(what_lay_idle_longest_goes_first)
{
    if (scratch_is_sanitized()) {
        test_skip("sanitizers' builds count no memory");
        return;
    }
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
    if (scratch_is_sanitized()) {
        test_skip("sanitizers' builds count no memory");
        return;
    }
    kit_expect(c, "+OK", "CONFIG", "SET", "lfu-log-factor", "0", "lfu-decay-time", "0");
    set_policy("allkeys-lfu", "0");
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
    if (scratch_is_sanitized()) {
        test_skip("sanitizers' builds count no memory");
        return;
    }
    for_all("SET %s:%d v EX 10000", "first");
    for_all("SET %s:%d v EX 20000", "later");
    evict_in_order("volatile-ttl");
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
    suite_add_tcase(suite, tcase);
    return suite;
}
