/* Time to live: setting, telling, and that keys go when their time has come. */
#include "kit/served.h"

#include <check.h>
#include <time.h>

static bool is_gone(void *data)
{
    return kit_integer(data, "PTTL", "k") == -2;
}

static bool is_empty(void *data)
{
    return kit_integer(data, "DBSIZE") == 0;
}

START_TEST(ttl_tells_what_expire_set)
{
    kit_expect(c, ":-2", "TTL", "k");
    kit_expect(c, ":-2", "PEXPIRETIME", "k");
    kit_expect(c, ":0", "EXPIRE", "k", "100");
    kit_expect(c, "+OK", "SET", "k", "v");
    kit_expect(c, ":-1", "TTL", "k");
    kit_expect(c, ":-1", "EXPIRETIME", "k");
    kit_expect(c, ":1", "EXPIRE", "k", "100");
    kit_expect(c, ":100", "TTL", "k");
    kit_expect(c, ":1", "PEXPIRE", "k", "50000");
    long long left = kit_integer(c, "PTTL", "k");
    ck_assert(left > 40000 && left <= 50000);
    kit_expect(c, ":1", "EXPIREAT", "k", "33177117420");
    kit_expect(c, ":33177117420", "EXPIRETIME", "k");
    kit_expect(c, ":33177117420000", "PEXPIRETIME", "k");
    kit_expect(c, ":1", "PEXPIREAT", "k", "33177117420500");
    kit_expect(c, ":33177117421", "EXPIRETIME", "k");
    kit_expect(c, ":1", "PERSIST", "k");
    kit_expect(c, ":0", "PERSIST", "k");
    kit_expect(c, ":0", "PERSIST", "missing");
    kit_expect(c, ":-1", "TTL", "k");
    kit_expect(c, "$v", "GET", "k");
}
END_TEST

START_TEST(conditions_decide_whether_expire_applies)
{
    static const struct {
        const char *ttl; /* NULL: none */
        const char *command[6];
        const char *reply, *left;
    } cases[] = {
        {NULL, {"EXPIRE", "k", "200", "NX"}, ":1", ":200"},
        {"100", {"EXPIRE", "k", "200", "NX"}, ":0", ":100"},
        {NULL, {"EXPIRE", "k", "200", "XX"}, ":0", ":-1"},
        {"100", {"EXPIRE", "k", "200", "xx"}, ":1", ":200"},
        {NULL, {"EXPIRE", "k", "200", "GT"}, ":0", ":-1"},
        {"100", {"EXPIRE", "k", "200", "GT"}, ":1", ":200"},
        {"100", {"EXPIRE", "k", "50", "gt"}, ":0", ":100"},
        {NULL, {"EXPIRE", "k", "200", "LT"}, ":1", ":200"},
        {"100", {"EXPIRE", "k", "200", "LT"}, ":0", ":100"},
        {"100", {"EXPIRE", "k", "50", "lt"}, ":1", ":50"},
        {NULL, {"EXPIRE", "k", "200", "XX", "LT"}, ":0", ":-1"},
        {"100", {"EXPIRE", "k", "50", "XX", "LT"}, ":1", ":50"},
        {"100", {"EXPIRE", "k", "200", "LT", "XX"}, ":0", ":100"},
        {"100", {"EXPIRE", "k", "200", "XX", "GT"}, ":1", ":200"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kit_expect(c, "+OK", "SET", "k", "v");
        if (cases[i].ttl)
            kit_expect(c, ":1", "EXPIRE", "k", cases[i].ttl);
        kit_expect_at(__FILE__, __LINE__, c, cases[i].reply, cases[i].command);
        kit_expect(c, cases[i].left, "TTL", "k");
    }
}
END_TEST

START_TEST(expire_refuses_bad_options_and_times)
{
    kit_expect(c, "+OK", "SET", "k", "v");
    kit_expect(c, "-ERR Unsupported option AB", "EXPIRE", "k", "100", "AB");
    kit_expect(c, "-ERR Unsupported option AB", "EXPIRE", "k", "100", "XX", "AB");
    kit_expect(c, "-ERR NX and XX, GT or LT options at the same time are not compatible", "EXPIRE", "k", "100", "NX",
               "GT");
    kit_expect(c, "-ERR GT and LT options at the same time are not compatible", "EXPIRE", "k", "100", "LT", "GT");
    kit_expect(c, "-ERR value is not an integer or out of range", "EXPIRE", "k", "1.5");
    kit_expect(c, "-ERR invalid expire time in 'expire' command", "EXPIRE", "k", "9223372036854775807");
    kit_expect(c, "-ERR invalid expire time in 'expire' command", "EXPIRE", "k", "-9223372036854775808");
    kit_expect(c, "-ERR invalid expire time in 'pexpire' command", "PEXPIRE", "k", "9223372036854775807");
    kit_expect(c, "-ERR invalid expire time in 'expireat' command", "EXPIREAT", "k", "9223372036854776");
    kit_expect(c, ":-1", "TTL", "k");
}
END_TEST

START_TEST(time_in_the_past_deletes_at_once)
{
    static const char *const commands[][4] = {
        {"EXPIRE", "k", "-1"},  {"EXPIRE", "k", "0"},       {"PEXPIRE", "k", "-9223372036854775808"},
        {"EXPIREAT", "k", "1"}, {"PEXPIREAT", "k", "1000"},
    };
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        kit_expect(c, "+OK", "SET", "k", "v");
        kit_expect_at(__FILE__, __LINE__, c, ":1", commands[i]);
        kit_expect(c, ":0", "DBSIZE");
    }
    kit_expect(c, "+OK", "SET", "k", "v", "PXAT", "1");
    kit_expect(c, "nil", "GET", "k");
}
END_TEST

START_TEST(expired_key_is_absent_for_every_command_without_the_active_rounds)
{
    static const char *const reads[][4] = {{"EXISTS", "k"}, {"STRLEN", "k"},  {"TOUCH", "k"},
                                           {"DEL", "k"},    {"PERSIST", "k"}, {"EXPIRE", "k", "10"}};
    kit_expect(c, "+OK", "DEBUG", "SET-ACTIVE-EXPIRE", "0");
    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        kit_expect(c, "+OK", "SET", "k", "v", "PXAT", "1");
        kit_expect_at(__FILE__, __LINE__, c, ":0", reads[i]);
    }
    kit_expect(c, "+OK", "SET", "k", "5", "PXAT", "1");
    kit_expect(c, ":1", "INCR", "k");
    kit_expect(c, ":-1", "TTL", "k");
    kit_expect(c, "+OK", "SET", "k", "v", "PXAT", "1");
    kit_expect(c, "+none", "TYPE", "k");
    kit_expect(c, "+OK", "SET", "k", "v", "PXAT", "1");
    kit_expect(c, "-ERR no such key", "RENAME", "k", "l");
    kit_expect(c, "+OK", "SET", "k", "v", "PXAT", "1");
    kit_expect(c, ":1", "SETNX", "k", "w");
    kit_expect(c, "+OK", "SET", "k", "v", "PXAT", "1");
    kit_expect(c, "[]", "KEYS", "*");
}
END_TEST

START_TEST(active_rounds_remove_keys_that_nobody_asks_for)
{
    for (int i = 0; i < 1000; i++)
        redisAppendCommand(c, "SET key:%d v PX 1", i);
    for (int i = 0; i < 1000; i++)
        kit_expect_next(c, "+OK");
    kit_await(is_empty, c, "DBSIZE 0");
}
END_TEST

START_TEST(key_with_a_ttl_goes_when_its_time_comes)
{
    kit_expect(c, "+OK", "SET", "k", "v", "PX", "30");
    kit_await(is_gone, c, "PTTL k = -2");
    kit_expect(c, "nil", "GET", "k");
}
END_TEST

START_TEST(time_to_live_begins_when_a_pipeline_has_come_to_it)
{
    struct timespec sent;
    redisReply *reply = NULL;
    clock_gettime(CLOCK_REALTIME, &sent);
    redisAppendCommand(c, "DEBUG SLEEP 0.1");
    redisAppendCommand(c, "SET k v PX 100000");
    redisAppendCommand(c, "PEXPIRETIME k");
    for (int i = 0; i < 3; i++) {
        freeReplyObject(reply);
        ck_assert_int_eq(redisGetReply(c, (void **)&reply), REDIS_OK);
    }
    ck_assert_int_ge(reply->integer, (long long)sent.tv_sec * 1000 + sent.tv_nsec / 1000000 + 100 + 100000);
    freeReplyObject(reply);
}
END_TEST

Suite *suite_expire(void);
Suite *suite_expire(void)
{
    Suite *suite = suite_create("expire");
    TCase *tcase = served_tcase("expire");
    tcase_add_test(tcase, ttl_tells_what_expire_set);
    tcase_add_test(tcase, conditions_decide_whether_expire_applies);
    tcase_add_test(tcase, expire_refuses_bad_options_and_times);
    tcase_add_test(tcase, time_in_the_past_deletes_at_once);
    tcase_add_test(tcase, expired_key_is_absent_for_every_command_without_the_active_rounds);
    tcase_add_test(tcase, active_rounds_remove_keys_that_nobody_asks_for);
    tcase_add_test(tcase, key_with_a_ttl_goes_when_its_time_comes);
    tcase_add_test(tcase, time_to_live_begins_when_a_pipeline_has_come_to_it);
    suite_add_tcase(suite, tcase);
    return suite;
}
