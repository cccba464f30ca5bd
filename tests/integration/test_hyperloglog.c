/* HyperLogLog commands, as a client sees them. What Redis answers is the business of the differential tests. */
#include "kit/served.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORRUPTED "-INVALIDOBJ Corrupted HLL object detected"
#define NO_HYPERLOGLOG "-WRONGTYPE Key is not a valid HyperLogLog string value."
#define HEADER "HYLL\1\0\0\0\0\0\0\0\0\0\0\x80"
#define HEADER_LEN 16

/* Adds the elements first to last - 1 in requests of a hundred. */
static void add_numbers(const char *key, int first, int last)
{
    for (int i = first; i < last; i += 100) {
        char texts[100][16];
        const char *words[103] = {"PFADD", key};
        for (int n = 0; n < 100; n++) {
            snprintf(texts[n], sizeof texts[n], "%d", i + n);
            words[n + 2] = texts[n];
        }
        freeReplyObject(kit_command_args(c, words));
    }
}

static void expect_near(const char *key, long long truth)
{
    long long count = kit_integer(c, "PFCOUNT", key);
    ck_assert_msg(llabs(count - truth) <= truth / 20, "%lld for %lld", count, truth);
}

static void set_bytes(const char *key, const char *data, size_t len)
{
    kit_expect_reply(redisCommand(c, "SET %s %b", key, data, len), "+OK");
}

START_TEST(adding_and_counting_agree)
{
    kit_expect(c, ":0", "PFCOUNT", "h");
    kit_expect(c, ":1", "PFADD", "h");
    kit_expect(c, ":0", "PFADD", "h");
    kit_expect(c, ":0", "PFCOUNT", "h");
    kit_expect(c, ":1", "PFADD", "h", "a", "b", "c", "a");
    kit_expect(c, ":0", "PFADD", "h", "b", "c");
    kit_expect(c, ":3", "PFCOUNT", "h");
    kit_expect(c, "+sparse", "PFDEBUG", "ENCODING", "h");
    kit_expect(c, "$raw", "OBJECT", "ENCODING", "h");
    add_numbers("h", 0, 20000);
    kit_expect(c, "+dense", "PFDEBUG", "ENCODING", "h");
    expect_near("h", 20003);
    kit_expect(c, ":12304", "STRLEN", "h");
}
END_TEST

START_TEST(merging_counts_each_element_once)
{
    kit_expect(c, ":1", "PFADD", "few", "0", "1", "x");
    add_numbers("low", 0, 4000);
    add_numbers("high", 2000, 6000);
    long long together = kit_integer(c, "PFCOUNT", "low", "missing", "high", "few");
    kit_expect(c, "+OK", "PFMERGE", "all", "low", "missing", "high", "few");
    ck_assert_int_eq(kit_integer(c, "PFCOUNT", "all"), together);
    expect_near("all", 6001);
    kit_expect(c, "+OK", "PFMERGE", "empty");
    kit_expect(c, ":0", "PFCOUNT", "empty");
    kit_expect(c, "+OK", "PFMERGE", "few", "few");
    kit_expect(c, ":3", "PFCOUNT", "few");
    kit_expect(c, "+sparse", "PFDEBUG", "ENCODING", "few");
}
END_TEST

START_TEST(a_count_is_kept_in_the_value)
{
    kit_expect(c, ":1", "PFADD", "h", "a", "b", "c");
    kit_expect(c, "$\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80", "GETRANGE", "h", "8", "15");
    long long changes = kit_info(c, "rdb_changes_since_last_save");
    kit_expect(c, ":3", "PFCOUNT", "h");
    kit_expect(c, "$\\x03\\x00\\x00\\x00\\x00\\x00\\x00\\x00", "GETRANGE", "h", "8", "15");
    kit_expect(c, ":3", "PFCOUNT", "h");
    ck_assert_int_eq(kit_info(c, "rdb_changes_since_last_save"), changes + 1);
    kit_expect(c, ":0", "PFADD", "h", "b");
    kit_expect(c, "$\\x03\\x00\\x00\\x00\\x00\\x00\\x00\\x00", "GETRANGE", "h", "8", "15");
    kit_expect(c, ":1", "PFADD", "h", "d");
    kit_expect(c, "$\\x03\\x00\\x00\\x00\\x00\\x00\\x00\\x80", "GETRANGE", "h", "8", "15");
    kit_expect(c, ":4", "PFCOUNT", "h");
}
END_TEST

START_TEST(what_is_no_hyperloglog_is_refused)
{
    kit_expect(c, "+OK", "MSET", "text", "HYLL", "number", "12", "empty", "");
    set_bytes("form", "HYLL\2\0\0\0\0\0\0\0\0\0\0\x80\x7f\xff", 18);
    set_bytes("dense", "HYLL\0\0\0\0\0\0\0\0\0\0\0\x80\x7f\xff", 18);
    static const char *const keys[] = {"text", "number", "empty", "form", "dense"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        kit_expect(c, NO_HYPERLOGLOG, "PFADD", keys[i], "a");
        kit_expect(c, NO_HYPERLOGLOG, "PFCOUNT", keys[i]);
        kit_expect(c, NO_HYPERLOGLOG, "PFCOUNT", "missing", keys[i]);
        kit_expect(c, NO_HYPERLOGLOG, "PFMERGE", "other", keys[i]);
        kit_expect(c, NO_HYPERLOGLOG, "PFMERGE", keys[i], "other");
        kit_expect(c, NO_HYPERLOGLOG, "PFDEBUG", "ENCODING", keys[i]);
    }
    kit_expect(c, ":0", "EXISTS", "other");
    kit_expect(c, "$12", "GET", "number");
}
END_TEST

START_TEST(a_corrupted_value_is_refused_and_stays_as_it_was)
{
    static const struct {
        const char *data;
        size_t len;
    } values[] = {{HEADER "", 16}, {HEADER "\x7f", 17}, {HEADER "\x7f\xff\x80", 19}, {HEADER "\x7f\xfehello", 23}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        set_bytes("bad", values[i].data, values[i].len);
        kit_expect(c, CORRUPTED, "PFADD", "bad", "a", "b");
        kit_expect(c, CORRUPTED, "PFADD", "bad");
        kit_expect(c, CORRUPTED, "PFCOUNT", "bad");
        kit_expect(c, CORRUPTED, "PFCOUNT", "bad", "bad");
        kit_expect(c, CORRUPTED, "PFMERGE", "other", "bad");
        kit_expect(c, CORRUPTED, "PFMERGE", "bad", "other");
        kit_expect(c, CORRUPTED, "PFDEBUG", "DECODE", "bad");
        kit_expect(c, CORRUPTED, "PFDEBUG", "TODENSE", "bad");
        kit_expect(c, CORRUPTED, "PFDEBUG", "GETREG", "bad");
        redisReply *reply = kit_command(c, "GET", "bad");
        ck_assert_uint_eq(reply->len, values[i].len);
        ck_assert_mem_eq(reply->str, values[i].data, values[i].len);
        freeReplyObject(reply);
    }
    kit_expect(c, ":0", "EXISTS", "other");
}
END_TEST

/* A run for each register: more than any change leads to, and a value that isn't kept in its entry. */
START_TEST(a_sparse_value_may_be_larger_than_a_dense_one)
{
    size_t len = HEADER_LEN + 16384;
    char *value = calloc(1, len);
    memcpy(value, HEADER, HEADER_LEN);
    set_bytes("h", value, len);
    kit_expect(c, ":1", "COPY", "h", "copy");
    kit_expect(c, ":1", "PFADD", "h", "a");
    kit_expect(c, ":1", "PFCOUNT", "h");
    kit_expect(c, ":0", "PFCOUNT", "copy");
    kit_expect(c, ":1", "PFCOUNT", "copy", "h");
    kit_expect(c, "+sparse", "PFDEBUG", "ENCODING", "h");
    kit_expect(c, ":16400", "STRLEN", "h");
    kit_expect(c, ":1", "PFDEBUG", "TODENSE", "h");
    kit_expect(c, ":0", "PFDEBUG", "TODENSE", "h");
    kit_expect(c, ":12304", "STRLEN", "h");
    kit_expect(c, ":1", "PFCOUNT", "h");
    kit_expect(c, "+OK", "PFMERGE", "copy", "h");
    kit_expect(c, ":12304", "STRLEN", "copy");
    free(value);
}
END_TEST

START_TEST(the_sparse_form_ends_where_the_configuration_says)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "hll-sparse-max-bytes", "30");
    kit_expect(c, ":1", "PFADD", "h", "a", "b");
    kit_expect(c, "+sparse", "PFDEBUG", "ENCODING", "h");
    kit_expect(c, ":1", "PFADD", "h", "d", "e", "f", "g");
    kit_expect(c, "+dense", "PFDEBUG", "ENCODING", "h");
    kit_expect(c, ":6", "PFCOUNT", "h");
    kit_expect(c, "+OK", "CONFIG", "SET", "hll-sparse-max-bytes", "3000");
    kit_expect(c, ":1", "PFADD", "other", "a");
    kit_expect(c, "+OK", "PFMERGE", "other", "h");
    kit_expect(c, "+dense", "PFDEBUG", "ENCODING", "other");
    kit_expect(c, "-ERR HLL encoding is not sparse", "PFDEBUG", "DECODE", "other");
}
END_TEST

START_TEST(debugging_shows_runs_and_registers)
{
    kit_expect(c, ":1", "PFADD", "h", "foo");
    kit_expect(c, "$Z:7348 v:5,1 Z:9035", "PFDEBUG", "decode", "h");
    redisReply *reply = kit_command(c, "PFDEBUG", "GetReg", "h");
    ck_assert_uint_eq(reply->elements, 16384);
    for (size_t i = 0; i < reply->elements; i++)
        ck_assert_int_eq(reply->element[i]->integer, i == 7348 ? 5 : 0);
    freeReplyObject(reply);
    kit_expect(c, "+dense", "PFDEBUG", "ENCODING", "h");
    kit_expect(c, "-ERR The specified key does not exist", "PFDEBUG", "ENCODING", "missing");
    kit_expect(c, "-ERR Unknown PFDEBUG subcommand 'what'", "PFDEBUG", "what", "h");
    kit_expect(c, "+OK", "PFSELFTEST");
}
END_TEST

START_TEST(changing_keeps_the_time_to_live)
{
    kit_expect(c, ":1", "PFADD", "h", "a");
    kit_expect(c, ":1", "EXPIRE", "h", "1000");
    kit_expect(c, ":1", "PFADD", "h", "b");
    kit_expect(c, ":2", "PFCOUNT", "h");
    kit_expect(c, "+OK", "PFMERGE", "h");
    ck_assert_int_ge(kit_integer(c, "TTL", "h"), 900);
}
END_TEST

START_TEST(without_room_nothing_is_added)
{
    kit_expect(c, ":1", "PFADD", "h", "a");
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory", "1");
    static const char oom[] = "-OOM command not allowed when used memory > 'maxmemory'.";
    kit_expect(c, oom, "PFADD", "h", "b");
    kit_expect(c, oom, "PFMERGE", "h", "h");
    kit_expect(c, oom, "PFDEBUG", "TODENSE", "h");
    kit_expect(c, ":1", "PFCOUNT", "h");
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory", "0");
    kit_expect(c, ":1", "PFADD", "h", "b");
}
END_TEST

Suite *suite_hyperloglog(void);
Suite *suite_hyperloglog(void)
{
    Suite *suite = suite_create("hyperloglog");
    TCase *tcase = served_tcase("hyperloglog");
    tcase_add_test(tcase, adding_and_counting_agree);
    tcase_add_test(tcase, merging_counts_each_element_once);
    tcase_add_test(tcase, a_count_is_kept_in_the_value);
    tcase_add_test(tcase, what_is_no_hyperloglog_is_refused);
    tcase_add_test(tcase, a_corrupted_value_is_refused_and_stays_as_it_was);
    tcase_add_test(tcase, a_sparse_value_may_be_larger_than_a_dense_one);
    tcase_add_test(tcase, the_sparse_form_ends_where_the_configuration_says);
    tcase_add_test(tcase, debugging_shows_runs_and_registers);
    tcase_add_test(tcase, changing_keeps_the_time_to_live);
    tcase_add_test(tcase, without_room_nothing_is_added);
    suite_add_tcase(suite, tcase);
    return suite;
}
