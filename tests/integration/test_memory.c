/*
 * MEMORY, and what DEBUG tells of keys. A sanitizer's allocator counts nothing: what looks at its figures is left out
 * there.
 */
#include "kit/served.h"
#include "kit/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(usage_grows_with_the_value)
{
    char value[10001];
    memset(value, 'x', 10000);
    value[10000] = '\0';
    kit_expect(c, "nil", "MEMORY", "USAGE", "key");
    kit_expect(c, "+OK", "SET", "key", "1");
    long long little = kit_integer(c, "MEMORY", "USAGE", "key");
    ck_assert_int_gt(little, 8);
    ck_assert_int_lt(little, 100);
    kit_expect(c, "+OK", "SET", "key", value);
    long long much = kit_integer(c, "MEMORY", "USAGE", "key", "SAMPLES", "0");
    ck_assert_int_gt(much, 10000);
    ck_assert_int_lt(much, 14000);
}
END_TEST

START_TEST(usage_refuses_what_redis_refuses)
{
    kit_expect(c, "-ERR syntax error", "MEMORY", "USAGE", "key", "SAMPLES");
    kit_expect(c, "-ERR syntax error", "MEMORY", "USAGE", "key", "SAMPLES", "-1");
    kit_expect(c, "-ERR syntax error", "MEMORY", "USAGE", "key", "nope", "1");
    kit_expect(c, "-ERR value is not an integer or out of range", "MEMORY", "USAGE", "key", "SAMPLES", "x");
    kit_expect(c, "-ERR wrong number of arguments for 'memory|usage' command", "MEMORY", "USAGE");
}
END_TEST

static long long stat_of(const char *name)
{
    redisReply *stats = kit_command(c, "MEMORY", "STATS");
    long long value = -1;
    for (size_t i = 0; i + 1 < stats->elements; i += 2)
        if (strcmp(stats->element[i]->str, name) == 0)
            value = stats->element[i + 1]->integer;
    freeReplyObject(stats);
    return value;
}

START_TEST(stats_follow_the_data)
{
    if (scratch_is_sanitized()) {
        test_skip("sanitizers' builds count no memory");
        return;
    }
    long long empty = stat_of("total.allocated");
    ck_assert_int_gt(stat_of("startup.allocated"), 0);
    kit_expect(c, "+OK", "DEBUG", "POPULATE", "10000", "key", "100");
    ck_assert_int_eq(stat_of("keys.count"), 10000);
    ck_assert_int_ge(stat_of("total.allocated"), empty + 1000000);
    ck_assert_int_ge(stat_of("keys.bytes-per-key"), 100);
    ck_assert_int_ge(stat_of("peak.allocated"), stat_of("startup.allocated"));

    redisReply *stats = kit_command(c, "MEMORY", "STATS");
    ck_assert_uint_eq(stats->elements, 2 * (30 + 1)); /* one database has keys */
    freeReplyObject(stats);
}
END_TEST

static bool memory_is_back(void *data)
{
    return kit_info(c, "used_memory") < *(long long *)data + 200000;
}

START_TEST(flushall_and_purge_bring_the_memory_back)
{
    if (scratch_is_sanitized()) {
        test_skip("sanitizers' builds count no memory");
        return;
    }
    long long before = kit_info(c, "used_memory");
    kit_expect(c, "+OK", "DEBUG", "POPULATE", "100000", "key", "100");
    ck_assert_int_gt(kit_info(c, "used_memory"), before + 10000000);
    kit_expect(c, "+OK", "FLUSHALL");
    kit_expect(c, "+OK", "MEMORY", "PURGE");
    kit_await(memory_is_back, &before, "used_memory falls to where it began");
    ck_assert_int_gt(kit_info(c, "used_memory_peak"), before + 10000000);
}
END_TEST

START_TEST(doctor_and_malloc_stats_answer_in_words)
{
    redisReply *report = kit_command(c, "MEMORY", "DOCTOR");
    ck_assert_ptr_nonnull(strstr(report->str, "too little data"));
    freeReplyObject(report);
    report = kit_command(c, "MEMORY", "MALLOC-STATS");
    ck_assert_ptr_nonnull(strstr(report->str, "llocated"));
    freeReplyObject(report);
    kit_expect(c, "+OK", "DEBUG", "POPULATE", "100000", "key", "100");
    report = kit_command(c, "MEMORY", "DOCTOR");
    ck_assert(scratch_is_sanitized() || !strstr(report->str, "too little data"));
    freeReplyObject(report);
}
END_TEST

START_TEST(debug_digest_depends_on_keys_values_and_ttls_alone)
{
    kit_expect(c, "+0000000000000000000000000000000000000000", "DEBUG", "DIGEST");
    kit_expect(c, "+OK", "DEBUG", "POPULATE", "1000", "key", "20");
    kit_expect(c, "+befbbb4b81ebd4193ec96e59ea2f4c1024dac41d", "DEBUG", "DIGEST"); /* these are Redis's */
    kit_expect(c, "[+8c4826742fd0dcf962fcc3939bf6132aabbe7a38 +0000000000000000000000000000000000000000]", "DEBUG",
               "DIGEST-VALUE", "key:1", "nosuch");
    kit_expect(c, ":1", "EXPIRE", "key:1", "1000");
    kit_expect(c, "+58f3103f206be37cd82a4f185e5e6ea50b10ff4a", "DEBUG", "DIGEST");
    kit_expect(c, "[+6acdd88bf3e936ada3ea286bde9cdcb1b1103bbb]", "DEBUG", "DIGEST-VALUE", "key:1");
    kit_expect(c, ":1", "PERSIST", "key:1");
    kit_expect(c, "+befbbb4b81ebd4193ec96e59ea2f4c1024dac41d", "DEBUG", "DIGEST");
}
END_TEST

START_TEST(debug_object_shows_encoding_and_length)
{
    static const struct {
        const char *value, *shown;
    } cases[] = {
        {"12", " encoding:int serializedlength:2 "},        {"-1234", " encoding:int serializedlength:3 "},
        {"123456789", " encoding:int serializedlength:5 "}, {"12345678901234567", " encoding:int serializedlength:18 "},
        {"hello", " encoding:embstr serializedlength:6 "},  {"-2147483648", " encoding:int serializedlength:5 "},
    };
    kit_expect(c, "-ERR no such key", "DEBUG", "OBJECT", "key");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kit_expect(c, "+OK", "SET", "key", cases[i].value);
        redisReply *object = kit_command(c, "DEBUG", "OBJECT", "key");
        ck_assert_msg(strstr(object->str, cases[i].shown) != NULL, "%s: %s", cases[i].value, object->str);
        freeReplyObject(object);
    }
}
END_TEST

START_TEST(debug_is_refused_unless_allowed)
{
    struct kit_server *strict = kit_start("--enable-debug-command", "no");
    redisContext *other = kit_connect(strict);
    redisReply *reply = kit_command(other, "DEBUG", "SLEEP", "0");
    ck_assert_int_eq(reply->type, REDIS_REPLY_ERROR);
    ck_assert_ptr_nonnull(strstr(reply->str, "DEBUG command not allowed"));
    freeReplyObject(reply);
    redisFree(other);
    kit_stop(strict);
}
END_TEST

START_TEST(debug_protocol_answers_each_type_in_resp3)
{
    static const struct {
        const char *type, *reply;
    } cases[] = {
        {"double", ",3.141\r\n"},
        {"bignum", "(1234567999999999999999999999999999999\r\n"},
        {"null", "_\r\n"},
        {"set", "~3\r\n:0\r\n:1\r\n:2\r\n"},
        {"map", "%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n"},
        {"attrib", "|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n"
                   "$39\r\nSome real reply following the attribute\r\n"},
        {"push", ">2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n$40\r\nSome real reply following the push reply\r\n"},
        {"verbatim", "=29\r\ntxt:This is a verbatim\nstring\r\n"},
        {"true", "#t\r\n"},
    };
    int fd = kit_raw_connect(server);
    char line[512];
    kit_raw_text(fd, "CLIENT REPLY SKIP\r\nHELLO 3\r\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(line, sizeof line, "DEBUG PROTOCOL %s\r\n", cases[i].type);
        kit_raw_text(fd, line);
        kit_raw_expect_at(__FILE__, __LINE__, fd, cases[i].reply, strlen(cases[i].reply));
    }
}
END_TEST

START_TEST(a_crash_leaves_a_report)
{
    static const char *const crashes[] = {"SEGFAULT", "PANIC"};
    if (scratch_is_sanitized()) {
        test_skip("a sanitizer reports crashes itself");
        return;
    }
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++) {
        struct kit_server *doomed = kit_start();
        int fd = kit_raw_connect(doomed);
        kit_raw_text(fd, "DEBUG ");
        kit_raw_text(fd, crashes[i]);
        kit_raw_text(fd, "\r\n");
        kit_raw_expect_end(fd);
        ck_assert_int_ne(kit_wait(doomed), 0);
        kit_await_log(doomed, "BUG REPORT END");
        kit_discard(doomed);
    }
}
END_TEST

START_TEST(shutdown_ends_the_server_and_its_mistakes_do_not)
{
    struct kit_server *ending = kit_start();
    redisContext *other = kit_connect(ending);
    kit_expect(other, "-ERR syntax error", "SHUTDOWN", "SAVE", "NOSAVE");
    kit_expect(other, "-ERR syntax error", "SHUTDOWN", "later");
    kit_expect(other, "-ERR syntax error", "SHUTDOWN", "ABORT", "NOW");
    kit_expect(other, "-ERR No shutdown in progress.", "SHUTDOWN", "ABORT");
    kit_expect(other, "+PONG", "PING");
    redisFree(other);
    int fd = kit_raw_connect(ending);
    kit_raw_text(fd, "SHUTDOWN NOSAVE\r\n");
    kit_raw_expect_end(fd);
    ck_assert_int_eq(kit_wait(ending), 0);
    kit_discard(ending);
}
END_TEST

Suite *suite_memory(void);
Suite *suite_memory(void)
{
    Suite *suite = suite_create("memory");
    TCase *tcase = served_tcase("memory");
    tcase_add_test(tcase, usage_grows_with_the_value);
    tcase_add_test(tcase, usage_refuses_what_redis_refuses);
    tcase_add_test(tcase, stats_follow_the_data);
    tcase_add_test(tcase, flushall_and_purge_bring_the_memory_back);
    tcase_add_test(tcase, doctor_and_malloc_stats_answer_in_words);
    suite_add_tcase(suite, tcase);
    TCase *debug = served_tcase("debug");
    tcase_add_test(debug, debug_digest_depends_on_keys_values_and_ttls_alone);
    tcase_add_test(debug, debug_object_shows_encoding_and_length);
    tcase_add_test(debug, debug_is_refused_unless_allowed);
    tcase_add_test(debug, debug_protocol_answers_each_type_in_resp3);
    tcase_add_test(debug, a_crash_leaves_a_report);
    tcase_add_test(debug, shutdown_ends_the_server_and_its_mistakes_do_not);
    suite_add_tcase(suite, debug);
    return suite;
}
