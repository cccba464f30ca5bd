/* Set commands: what generated commands beside Redis (tests/differential) can't show. */
#include "kit/scratch.h"
#include "kit/served.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OTHERS = 40000 };

static const char wrong_type[] = "-WRONGTYPE Operation against a key holding the wrong kind of value";

/* Adds the numbers from one to below another, a thousand with each command. */
static void add_numbers(const char *key, int from, int to)
{
    for (int i = from; i < to; i += 1000) {
        const char *args[1002] = {"SADD", key};
        static char digits[1000][8];
        int count = to - i < 1000 ? to - i : 1000;
        for (int k = 0; k < count; k++) {
            snprintf(digits[k], sizeof digits[k], "%d", i + k);
            args[2 + k] = digits[k];
        }
        redisReply *reply = redisCommandArgv(c, 2 + count, args, NULL);
        ck_assert_int_eq(reply->integer, count);
        freeReplyObject(reply);
    }
}

/* Notes which numbers below limit a reply has, and fails the test if one is there twice. Frees it; returns how many. */
static size_t note_numbers(redisReply *reply, char *seen, int limit)
{
    size_t count = reply->elements;
    for (size_t i = 0; i < count; i++) {
        int number = atoi(reply->element[i]->str);
        ck_assert(number >= 0 && number < limit && !seen[number]);
        seen[number] = 1;
    }
    freeReplyObject(reply);
    return count;
}

START_TEST(a_large_set_has_what_was_added)
{
    static char seen[100000];
    memset(seen, 0, sizeof seen);
    add_numbers("s", 0, 100000);
    kit_expect(c, ":100000", "SCARD", "s");
    kit_expect(c, ":1", "SISMEMBER", "s", "99999");
    kit_expect(c, "[:1 :0 :1]", "SMISMEMBER", "s", "0", "100000", "50000");
    kit_expect(c, ":2", "SREM", "s", "0", "7", "x");
    kit_expect(c, ":99998", "SCARD", "s");
    ck_assert_uint_eq(note_numbers(kit_command(c, "SMEMBERS", "s"), seen, 100000), 99998);
    ck_assert(!seen[0] && !seen[7] && seen[8]);
}
END_TEST

START_TEST(what_is_popped_is_gone)
{
    static const char *const counts[] = {"10", "4990", "1000", "3000", "999", "9999"};
    static char seen[10000];
    size_t popped = 0;
    memset(seen, 0, sizeof seen);
    add_numbers("s", 0, 10000);
    kit_expect(c, ":1", "EXPIRE", "s", "1000");
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        popped += note_numbers(kit_command(c, "SPOP", "s", counts[i]), seen, 10000);
        ck_assert_int_eq(kit_integer(c, "SCARD", "s"), 10000 - (long long)popped);
        if (popped < 10000)
            ck_assert_int_gt(kit_integer(c, "TTL", "s"), 0);
    }
    ck_assert_uint_eq(popped, 10000);
    kit_expect(c, ":0", "EXISTS", "s");
}
END_TEST

START_TEST(a_small_set_is_popped_to_its_end)
{
    char seen[10] = {0};
    add_numbers("s", 0, 10);
    ck_assert_uint_eq(note_numbers(kit_command(c, "SPOP", "s", "3"), seen, 10), 3);
    for (int i = 0; i < 7; i++) {
        redisReply *reply = kit_command(c, "SPOP", "s");
        ck_assert(!seen[atoi(reply->str)]);
        seen[atoi(reply->str)] = 1;
        freeReplyObject(reply);
    }
    kit_expect(c, "nil", "SPOP", "s");
    kit_expect(c, "[]", "SPOP", "s", "3");
}
END_TEST

START_TEST(random_members_are_distinct_unless_the_count_is_negative)
{
    static const char *const counts[] = {"1", "100", "20000", "29999", "30000"};
    static char seen[30000];
    add_numbers("s", 0, 30000);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        memset(seen, 0, sizeof seen);
        size_t count = note_numbers(kit_command(c, "SRANDMEMBER", "s", counts[i]), seen, 30000);
        ck_assert_int_eq((long long)count, atoll(counts[i]));
    }
    memset(seen, 0, sizeof seen);
    ck_assert_uint_eq(note_numbers(kit_command(c, "SRANDMEMBER", "s", "50000"), seen, 30000), 30000);
    add_numbers("few", 0, 3);
    redisReply *reply = kit_command(c, "SRANDMEMBER", "few", "-1000");
    ck_assert_uint_eq(reply->elements, 1000);
    freeReplyObject(reply);
    kit_expect(c, "[]", "SRANDMEMBER", "none", "-9223372036854775807");
}
END_TEST

START_TEST(a_reply_without_end_ends_its_client_alone)
{
    add_numbers("s", 0, 3);
    kit_expect(c, "+OK", "CONFIG", "SET", "client-output-buffer-limit", "normal 10mb 0 0");
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "SRANDMEMBER s -9223372036854775807\r\n");
    kit_raw_expect_end(fd);
    close(fd);
    kit_expect(c, ":3", "SCARD", "s");
}
END_TEST

START_TEST(large_sets_are_combined)
{
    add_numbers("a", 0, 60000);
    add_numbers("b", 30000, 90000);
    add_numbers("few", 59998, 60002);
    kit_expect(c, ":30000", "SINTERSTORE", "i", "a", "b");
    kit_expect(c, ":30000", "SINTERCARD", "2", "a", "b");
    kit_expect(c, ":10", "SINTERCARD", "2", "a", "b", "LIMIT", "10");
    kit_expect(c, ":30000", "SDIFFSTORE", "d", "a", "b");
    kit_expect(c, ":90000", "SUNIONSTORE", "u", "a", "b", "none");
    kit_expect(c, ":0", "SINTERCARD", "2", "i", "d");
    kit_expect(c, ":60000", "SINTERCARD", "2", "u", "a");
    kit_expect(c, ":2", "SINTERCARD", "3", "few", "b", "a");
    kit_expect(c, ":2", "SDIFFSTORE", "few", "few", "a", "none");
    kit_expect(c, ":0", "SDIFFSTORE", "few", "few", "b");
    kit_expect(c, ":0", "EXISTS", "few");
    kit_expect(c, ":90000", "SUNIONSTORE", "a", "a", "b");
    kit_expect(c, ":90000", "SCARD", "a");
}
END_TEST

START_TEST(a_difference_from_many_sets_takes_no_time_for_each_of_them)
{
    static const char *args[OTHERS + 2] = {"SDIFF", "s"};
    add_numbers("s", 0, 100000);
    kit_expect(c, ":1", "SADD", "other", "7");
    for (int i = 0; i < OTHERS; i++)
        args[2 + i] = "other";
    int64_t began = kit_now_ms();
    redisReply *reply = redisCommandArgv(c, OTHERS + 2, args, NULL);
    ck_assert_uint_eq(reply->elements, 99999);
    freeReplyObject(reply);
    if (!scratch_is_sanitized())
        ck_assert_int_lt(kit_now_ms() - began, 5000); /* member by member: four billion lookups */
}
END_TEST

START_TEST(a_result_replaces_what_was_there)
{
    kit_expect(c, ":3", "SADD", "s", "1", "2", "3");
    kit_expect(c, "+OK", "SET", "d", "text", "EX", "100");
    kit_expect(c, ":3", "SUNIONSTORE", "d", "s");
    kit_expect(c, "+set", "TYPE", "d");
    kit_expect(c, ":-1", "TTL", "d");
    kit_expect(c, "+OK", "SET", "d", "text");
    kit_expect(c, ":0", "SINTERSTORE", "d", "s", "none");
    kit_expect(c, ":0", "EXISTS", "d");
    kit_expect(c, "+OK", "SET", "d", "text");
    kit_expect(c, wrong_type, "SINTERSTORE", "x", "s", "d");
    kit_expect(c, wrong_type, "SUNION", "none", "d");
    kit_expect(c, "$text", "GET", "d");
}
END_TEST

START_TEST(a_member_moves_with_what_it_is_made_of)
{
    static char large[100001];
    memset(large, 'x', sizeof large - 1);
    kit_expect(c, ":2", "SADD", "s", large, "a");
    kit_expect(c, ":1", "SMOVE", "s", "t", large);
    kit_expect(c, ":0", "SMOVE", "s", "t", large);
    kit_expect(c, ":1", "SISMEMBER", "t", large);
    kit_expect(c, ":1", "SUNIONSTORE", "u", "t");
    kit_expect(c, ":1", "DEL", "t");
    kit_expect(c, ":1", "SISMEMBER", "u", large);
    kit_expect(c, ":1", "SMOVE", "s", "u", "a");
    kit_expect(c, ":0", "EXISTS", "s");
    kit_expect(c, ":1", "SREM", "u", large);
    kit_expect(c, "[$a]", "SMEMBERS", "u");
}
END_TEST

START_TEST(names_of_encodings_are_those_of_redis_7_2)
{
    kit_expect(c, ":2", "SADD", "s", "1", "2");
    kit_expect(c, "$intset", "OBJECT", "ENCODING", "s");
    kit_expect(c, ":1", "SADD", "s", "text");
    kit_expect(c, "$listpack", "OBJECT", "ENCODING", "s");
    kit_expect(c, "+OK", "CONFIG", "SET", "set-max-listpack-entries", "3");
    kit_expect(c, ":1", "SADD", "s", "another");
    kit_expect(c, "$hashtable", "OBJECT", "ENCODING", "s");
    kit_expect(c, ":2", "SREM", "s", "text", "another");
    kit_expect(c, "$hashtable", "OBJECT", "ENCODING", "s");
    kit_expect(c, ":2", "SUNIONSTORE", "t", "s");
    kit_expect(c, "$intset", "OBJECT", "ENCODING", "t");
    kit_expect(c, "+OK", "CONFIG", "SET", "set-max-intset-entries", "3");
    kit_expect(c, ":2", "SADD", "t", "1", "2", "3", "4");
    kit_expect(c, "$hashtable", "OBJECT", "ENCODING", "t");
}
END_TEST

START_TEST(sets_and_random_members_have_their_types_in_resp3)
{
    int fd = kit_raw_connect(server);
    kit_expect(c, ":1", "SADD", "s", "a");
    kit_raw_text(fd, "HELLO 3\r\n");
    char line[200] = "";
    kit_raw_text(fd, "ECHO ready\r\n");
    while (strcmp(line, "ready") != 0)
        kit_raw_receive_line(fd, line, sizeof line);
    kit_raw_text(fd, "SMEMBERS s\r\nSMEMBERS none\r\nSUNION s s\r\nSINTER s\r\nSDIFF s none\r\n");
    kit_raw_expect(fd, "~1\r\n$1\r\na\r\n~0\r\n~1\r\n$1\r\na\r\n~1\r\n$1\r\na\r\n~1\r\n$1\r\na\r\n");
    kit_raw_text(fd, "SRANDMEMBER s 1\r\nSRANDMEMBER none\r\nSMISMEMBER s a\r\nSPOP s 1\r\nSPOP s\r\n");
    kit_raw_expect(fd, "*1\r\n$1\r\na\r\n_\r\n*1\r\n:1\r\n~1\r\n$1\r\na\r\n_\r\n");
    close(fd);
}
END_TEST

START_TEST(other_types_are_refused)
{
    kit_expect(c, ":1", "SADD", "s", "a");
    kit_expect(c, wrong_type, "GET", "s");
    kit_expect(c, wrong_type, "LPUSH", "s", "a");
    kit_expect(c, "+OK", "SET", "k", "v");
    kit_expect(c, wrong_type, "SADD", "k", "a");
    kit_expect(c, wrong_type, "SREM", "k", "a");
    kit_expect(c, wrong_type, "SMOVE", "s", "k", "a");
    kit_expect(c, wrong_type, "SPOP", "k");
    kit_expect(c, wrong_type, "SRANDMEMBER", "k");
    kit_expect(c, wrong_type, "SSCAN", "k", "0");
    kit_expect(c, wrong_type, "SCARD", "k");
    kit_expect(c, ":0", "SMOVE", "none", "k", "a");
}
END_TEST

/* With so many members that one turn doesn't suffice. */
START_TEST(what_takes_several_turns_is_answered_whole)
{
    add_numbers("s", 0, 100000);
    redisReply *reply = kit_command(c, "SSCAN", "s", "0", "COUNT", "1000000");
    ck_assert_str_eq(reply->element[0]->str, "0");
    ck_assert_uint_eq(reply->element[1]->elements, 100000);
    freeReplyObject(reply);
    reply = kit_command(c, "SRANDMEMBER", "s", "-500000");
    ck_assert_uint_eq(reply->elements, 500000);
    freeReplyObject(reply);
}
END_TEST

START_TEST(a_scan_meets_every_member)
{
    static char seen[20000];
    char cursor[24] = "0";
    size_t met = 0;
    add_numbers("s", 0, 20000);
    do {
        redisReply *reply = kit_command(c, "SSCAN", "s", cursor, "COUNT", "100");
        snprintf(cursor, sizeof cursor, "%s", reply->element[0]->str);
        for (size_t i = 0; i < reply->element[1]->elements; i++) {
            int number = atoi(reply->element[1]->element[i]->str);
            met += !seen[number];
            seen[number] = 1;
        }
        freeReplyObject(reply);
    } while (strcmp(cursor, "0") != 0);
    ck_assert_uint_eq(met, 20000);
}
END_TEST

START_TEST(room_for_a_result_is_made_before_it_is_stored)
{
    static char filler[10001];
    char key[16], limit[24];
    memset(filler, 'x', sizeof filler - 1);
    for (int i = 0; i < 400; i++) {
        snprintf(key, sizeof key, "filler%d", i);
        kit_expect(c, "+OK", "SET", key, filler, "EX", "10000");
    }
    add_numbers("a", 0, 100000);
    add_numbers("b", 100000, 200000);
    long long most = kit_info(c, "used_memory") + 100000;
    snprintf(limit, sizeof limit, "%lld", most);
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory-policy", "volatile-random");
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory", limit);
    redisAppendCommand(c, "SUNIONSTORE d a b");
    redisAppendCommand(c, "INFO memory"); /* at once, before anything is evicted in the background */
    kit_expect_next(c, ":200000");
    redisReply *memory;
    ck_assert_int_eq(redisGetReply(c, (void **)&memory), REDIS_OK);
    ck_assert_int_lt(atoll(strstr(memory->str, "\nused_memory:") + strlen("\nused_memory:")), most + 200000);
    freeReplyObject(memory);
    ck_assert_int_gt(kit_info(c, "evicted_keys"), 20);
    ck_assert_int_gt(kit_integer(c, "DBSIZE"), 100);
    kit_expect(c, ":100000", "SCARD", "a");
}
END_TEST

Suite *suite_sets(void);
Suite *suite_sets(void)
{
    Suite *suite = suite_create("sets");
    TCase *tcase = served_tcase("sets");
    tcase_add_test(tcase, a_large_set_has_what_was_added);
    tcase_add_test(tcase, what_is_popped_is_gone);
    tcase_add_test(tcase, a_small_set_is_popped_to_its_end);
    tcase_add_test(tcase, random_members_are_distinct_unless_the_count_is_negative);
    tcase_add_test(tcase, a_reply_without_end_ends_its_client_alone);
    tcase_add_test(tcase, large_sets_are_combined);
    tcase_add_test(tcase, a_difference_from_many_sets_takes_no_time_for_each_of_them);
    tcase_add_test(tcase, a_result_replaces_what_was_there);
    tcase_add_test(tcase, a_member_moves_with_what_it_is_made_of);
    tcase_add_test(tcase, names_of_encodings_are_those_of_redis_7_2);
    tcase_add_test(tcase, sets_and_random_members_have_their_types_in_resp3);
    tcase_add_test(tcase, other_types_are_refused);
    tcase_add_test(tcase, what_takes_several_turns_is_answered_whole);
    tcase_add_test(tcase, a_scan_meets_every_member);
    tcase_add_test(tcase, room_for_a_result_is_made_before_it_is_stored);
    suite_add_tcase(suite, tcase);
    return suite;
}
