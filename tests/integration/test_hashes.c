/* Hash commands: what generated commands beside Redis (tests/differential) can't show. */
#include "kit/scratch.h"
#include "kit/served.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MANY = 100000, A_REQUEST = 500 };

/* Sets fields f0 and so on to their numbers. */
static void set_many(const char *key)
{
    for (int i = 0; i < MANY; i += A_REQUEST) {
        static char words[2 * A_REQUEST][10];
        const char *args[2 + 2 * A_REQUEST] = {"HSET", key};
        for (int k = 0; k < A_REQUEST; k++) {
            snprintf(words[2 * k], sizeof words[0], "f%d", i + k);
            snprintf(words[2 * k + 1], sizeof words[0], "%d", i + k);
        }
        for (int k = 0; k < 2 * A_REQUEST; k++)
            args[2 + k] = words[k];
        redisReply *reply = redisCommandArgv(c, 2 + 2 * A_REQUEST, args, NULL);
        ck_assert_int_eq(reply->integer, A_REQUEST);
        freeReplyObject(reply);
    }
}

/* Notes the fields of pairs, or of fields alone, each of which is seen for the first time. */
static void note_fields(const redisReply *list, size_t step, bool *seen)
{
    for (size_t i = 0; i < list->elements; i += step) {
        int number = atoi(list->element[i]->str + 1);
        ck_assert(number >= 0 && number < MANY && !seen[number]);
        seen[number] = true;
        if (step == 2)
            ck_assert_int_eq(atoi(list->element[i + 1]->str), number);
    }
}

static void expect_all(const bool *seen)
{
    for (int i = 0; i < MANY; i++)
        ck_assert(seen[i]);
}

START_TEST(a_large_hash_is_read_whole)
{
    bool *seen = calloc(MANY, 1);
    set_many("h");
    kit_expect(c, ":100000", "HLEN", "h");
    kit_expect(c, "$77777", "HGET", "h", "f77777");
    kit_expect(c, "[$5 nil $99999]", "HMGET", "h", "f5", "f100000", "f99999");
    redisReply *reply = kit_command(c, "HGETALL", "h");
    note_fields(reply, 2, seen);
    expect_all(seen);
    freeReplyObject(reply);
    memset(seen, 0, MANY);
    char cursor[24] = "0";
    do {
        reply = kit_command(c, "HSCAN", "h", cursor, "COUNT", "300");
        ck_assert_uint_lt(reply->element[1]->elements, 2 * 600);
        note_fields(reply->element[1], 2, seen);
        snprintf(cursor, sizeof cursor, "%s", reply->element[0]->str);
        freeReplyObject(reply);
    } while (strcmp(cursor, "0") != 0);
    expect_all(seen);
    memset(seen, 0, MANY);
    reply = kit_command(c, "HSCAN", "h", "0", "COUNT", "1000000", "NOVALUES");
    ck_assert_str_eq(reply->element[0]->str, "0");
    note_fields(reply->element[1], 1, seen);
    expect_all(seen);
    freeReplyObject(reply);
    kit_expect(c, "[$0 [$f12345 $12345]]", "HSCAN", "h", "0", "COUNT", "1000000", "MATCH", "f12345");
    free(seen);
}
END_TEST

/* Adds up how often a field was answered with. */
static size_t distinct_fields(const redisReply *reply, size_t step)
{
    bool *seen = calloc(MANY, 1);
    size_t distinct = 0;
    for (size_t i = 0; i < reply->elements; i += step) {
        int number = atoi(reply->element[i]->str + 1);
        ck_assert(number >= 0 && number < MANY);
        distinct += !seen[number];
        seen[number] = true;
    }
    free(seen);
    return distinct;
}

static void expect_sample(const char *count, size_t answered, size_t least, size_t most)
{
    for (size_t step = 1; step <= 2; step++) {
        redisReply *reply = step == 1 ? kit_command(c, "HRANDFIELD", "h", count)
                                      : kit_command(c, "HRANDFIELD", "h", count, "WITHVALUES");
        ck_assert_uint_eq(reply->elements, answered * step);
        size_t distinct = distinct_fields(reply, step);
        ck_assert_uint_ge(distinct, least);
        ck_assert_uint_le(distinct, most);
        freeReplyObject(reply);
    }
}

START_TEST(samples_have_as_many_fields_as_were_asked_for)
{
    set_many("h");
    expect_sample("10", 10, 10, 10);
    expect_sample("12000", 12000, 12000, 12000);
    expect_sample("50000", 50000, 50000, 50000);
    expect_sample("200000", MANY, MANY, MANY);
    expect_sample("-1000", 1000, 950, 1000);
    expect_sample("-200000", 200000, MANY * 4 / 5, MANY * 9 / 10); /* 1 - 1/e^2 of them */
}
END_TEST

static void begin_limited(void)
{
    served_begin(kit_start("--threads", "1", "--client-output-buffer-limit", "normal 30mb 0 0"));
}

static void end_limited(void)
{
    served_end();
}

START_TEST(a_sample_without_end_ends_its_client_and_keeps_nobody_waiting)
{
    int fd = kit_raw_connect(server);
    kit_expect(c, ":2", "HSET", "h", "a", "1", "b", "2");
    kit_raw_text(fd, "*3\r\n$10\r\nHRANDFIELD\r\n$1\r\nh\r\n$20\r\n-9223372036854775807\r\n");
    kit_raw_await_taken(fd);
    kit_expect(c, "+PONG", "PING");
    kit_expect(c, ":1", "DEL", "h"); /* before it has come to its limit: there is nothing left to pick from */
    kit_raw_expect(fd, "*0\r\n");
    kit_expect(c, ":2", "HSET", "h", "a", "1", "b", "2");
    kit_raw_text(fd, "HRANDFIELD h -9223372036854775807\r\n");
    kit_raw_expect_end(fd);
    kit_await_log(server, "client-output-buffer-limit");
    close(fd);
}
END_TEST

/* A pattern for which each star is tried at each byte of such a text, and which matches at its very end. */
#define SLOW_TEXT 400000
#define SLOW_PATTERN 400

static void fill(char *text, size_t len)
{
    memset(text, 'a', len - 1);
    text[len - 1] = 'b';
}

START_TEST(a_slow_pattern_keeps_nobody_waiting)
{
    static char field[SLOW_TEXT + 1], other[SLOW_TEXT + 1], pattern[SLOW_PATTERN + 2] = "*",
                                                                                   request[SLOW_PATTERN + 100];
    fill(field, SLOW_TEXT);
    fill(pattern + 1, SLOW_PATTERN);
    memset(other, 'o', SLOW_TEXT);
    kit_expect(c, ":3", "HSET", "h", field, "long", "aab", "short", "x", "y");
    int fd = kit_raw_connect(server);
    snprintf(request, sizeof request, "HSCAN h 0 MATCH %s\r\n", pattern);
    kit_raw_text(fd, request);
    kit_raw_await_taken(fd);
    kit_expect(c, "+PONG", "PING");
    kit_expect(c, ":1", "DEL", "h"); /* what it has still to decide on is kept */
    kit_expect(c, "+OK", "SET", "in its memory", other);
    kit_raw_expect(fd, "*2\r\n$1\r\n0\r\n*2\r\n$400000\r\n");
    char *got = malloc(SLOW_TEXT);
    kit_raw_receive(fd, got, SLOW_TEXT);
    ck_assert_mem_eq(got, field, SLOW_TEXT);
    free(got);
    kit_raw_expect(fd, "\r\n$4\r\nlong\r\n");
    close(fd);
}
END_TEST

START_TEST(large_values_are_kept_whole)
{
    static char large[100001];
    memset(large, 'x', sizeof large - 1);
    kit_expect(c, ":2", "HSET", "h", "a", large, large, "b");
    kit_expect(c, ":100000", "HSTRLEN", "h", "a");
    kit_expect(c, "$b", "HGET", "h", large);
    kit_expect(c, ":1", "COPY", "h", "i");
    kit_expect(c, ":2", "HDEL", "h", "a", large);
    kit_expect(c, ":0", "EXISTS", "h");
    redisReply *reply = kit_command(c, "HGET", "i", "a");
    ck_assert_uint_eq(reply->len, 100000);
    freeReplyObject(reply);
    kit_expect(c, ":0", "HSET", "i", "a", "1");
    kit_expect(c, ":6", "HINCRBY", "i", "a", "5");
    kit_expect(c, "[$6 $b nil]", "HMGET", "i", "a", large, "c");
}
END_TEST

START_TEST(names_of_encodings_are_those_of_redis_7_2)
{
    kit_expect(c, ":3", "HSET", "h", "a", "1", "b", "2", "c", "3");
    kit_expect(c, "$listpack", "OBJECT", "ENCODING", "h");
    kit_expect(c, "+OK", "CONFIG", "SET", "hash-max-listpack-entries", "4");
    kit_expect(c, ":1", "HSET", "h", "d", "4");
    kit_expect(c, "$listpack", "OBJECT", "ENCODING", "h");
    kit_expect(c, ":1", "HSET", "h", "e", "5");
    kit_expect(c, "$hashtable", "OBJECT", "ENCODING", "h");
    kit_expect(c, ":4", "HDEL", "h", "a", "b", "c", "d");
    kit_expect(c, "$hashtable", "OBJECT", "ENCODING", "h");
    kit_expect(c, ":1", "HSET", "many", "a", "1", "a", "2", "a", "3", "a", "4", "a", "5"); /* as many as it may be */
    kit_expect(c, "$hashtable", "OBJECT", "ENCODING", "many");
    kit_expect(c, "[$a $5]", "HGETALL", "many");
}
END_TEST

START_TEST(resp3_has_maps_and_pairs)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(
        fd, "HSET h a 1\r\nHELLO 3\r\nHGETALL h\r\nHGETALL none\r\nHRANDFIELD h 2 WITHVALUES\r\nHRANDFIELD h -2\r\n"
            "HRANDFIELD none\r\nHSCAN h 0\r\nHSCAN h 0 NOVALUES\r\nHGET h b\r\nECHO end\r\n");
    kit_raw_expect(fd, ":1\r\n%");
    char line[200];
    while (kit_raw_receive_line(fd, line, sizeof line) > 0 && strcmp(line, "modules") != 0)
        continue;
    kit_raw_expect(
        fd,
        "*0\r\n%1\r\n$1\r\na\r\n$1\r\n1\r\n%0\r\n*1\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n*2\r\n$1\r\na\r\n$1\r\na\r\n_\r\n"
        "*2\r\n$1\r\n0\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n*2\r\n$1\r\n0\r\n*1\r\n$1\r\na\r\n_\r\n$3\r\nend\r\n");
    close(fd);
}
END_TEST

START_TEST(other_types_are_refused)
{
    static const char wrong[] = "-WRONGTYPE Operation against a key holding the wrong kind of value";
    kit_expect(c, ":1", "HSET", "h", "a", "1");
    kit_expect(c, wrong, "GET", "h");
    kit_expect(c, wrong, "LPUSH", "h", "x");
    kit_expect(c, wrong, "SETBIT", "h", "0", "1");
    kit_expect(c, "+hash", "TYPE", "h");
    kit_expect(c, "-ERR NOVALUES option can only be used in HSCAN", "SCAN", "0", "NOVALUES");
    kit_expect(c, "+OK", "SET", "h", "x");
    kit_expect(c, wrong, "HSET", "h", "a", "1");
    kit_expect(c, wrong, "HGETALL", "h");
    kit_expect(c, wrong, "HSCAN", "h", "0");
    kit_expect(c, wrong, "HRANDFIELD", "h");
}
END_TEST

Suite *suite_hashes(void);
Suite *suite_hashes(void)
{
    Suite *suite = suite_create("hashes");
    TCase *tcase = served_tcase("hashes");
    tcase_add_test(tcase, a_large_hash_is_read_whole);
    tcase_add_test(tcase, samples_have_as_many_fields_as_were_asked_for);
    tcase_add_test(tcase, large_values_are_kept_whole);
    tcase_add_test(tcase, names_of_encodings_are_those_of_redis_7_2);
    tcase_add_test(tcase, resp3_has_maps_and_pairs);
    tcase_add_test(tcase, other_types_are_refused);
    suite_add_tcase(suite, tcase);
    TCase *limited = kit_tcase("limited");
    tcase_add_checked_fixture(limited, begin_limited, end_limited);
    tcase_add_test(limited, a_sample_without_end_ends_its_client_and_keeps_nobody_waiting);
    tcase_add_test(limited, a_slow_pattern_keeps_nobody_waiting);
    suite_add_tcase(suite, limited);
    return suite;
}
