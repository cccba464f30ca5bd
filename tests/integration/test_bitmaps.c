/* Bitmap commands: what generated commands beside Redis (tests/differential) can't show. */
#include "kit/served.h"

#include <check.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* 512 MB of zeros, which take many turns to walk through, and 64 MB, which take a few. */
#define LAST_BIT "4294967295"
#define LAST_BIT_OF_FEW "536870911"

#define COUNT_OF_BIG "*2\r\n$8\r\nBITCOUNT\r\n$3\r\nbig\r\n"
#define COUNTS 20

static void begin(void)
{
    served_begin(kit_start("--threads", "1"));
}

static void end(void)
{
    served_end();
}

/* Sends COUNTS requests at once on a connection of its own. */
static int send_counts(void)
{
    char pipeline[COUNTS * sizeof COUNT_OF_BIG] = "";
    for (int i = 0; i < COUNTS; i++)
        strcat(pipeline, COUNT_OF_BIG);
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, pipeline);
    kit_raw_await_taken(fd);
    return fd;
}

START_TEST(bits_of_a_long_value_are_counted_and_found)
{
    kit_expect(c, ":0", "SETBIT", "big", LAST_BIT, "1");
    kit_expect(c, ":1", "BITCOUNT", "big");
    kit_expect(c, ":" LAST_BIT, "BITPOS", "big", "1");
    kit_expect(c, ":0", "BITPOS", "big", "0");
    kit_expect(c, ":" LAST_BIT, "BITPOS", "big", "1", "7", "-1", "BIT");
    kit_expect(c, ":-1", "BITPOS", "big", "1", "0", "-2", "BIT");
    kit_expect(c, ":0", "BITCOUNT", "big", "1", "-2");
    kit_expect(c, ":0", "SETBIT", "big", "100000000", "1");
    kit_expect(c, ":100000000", "BITPOS", "big", "1", "3");
    kit_expect(c, ":2", "BITCOUNT", "big", "100000000", "-1", "BIT");
    kit_expect(c, ":1", "BITCOUNT", "big", "100000001", "-1", "BIT");
}
END_TEST

/* Whether a PING was answered while the request of another client was under way, whose reply must be as expected. */
static bool lets_through(int fd, const char *request, const char *expected)
{
    char line[64];
    int bytes = 0;
    kit_raw_text(fd, request);
    kit_raw_await_taken(fd);
    kit_expect(c, "+PONG", "PING");
    ck_assert_int_eq(ioctl(fd, FIONREAD, &bytes), 0);
    kit_raw_receive_line(fd, line, sizeof line);
    ck_assert_str_eq(line, expected);
    return bytes == 0;
}

/* On a busy machine the request may be done before the PING gets there: so once in many times is enough. */
static void check_lets_through(const char *request, const char *expected)
{
    int fd = kit_raw_connect(server);
    bool seen = false;
    for (int i = 0; i < 200 && !seen; i++)
        seen = lets_through(fd, request, expected);
    ck_assert_msg(seen, "others had to wait for %s", request);
    close(fd);
}

START_TEST(others_are_served_while_a_long_value_is_looked_through)
{
    kit_expect(c, ":0", "SETBIT", "big", LAST_BIT, "1");
    check_lets_through(COUNT_OF_BIG, ":1");
    check_lets_through("BITPOS big 1\r\n", ":" LAST_BIT);
    ck_assert_int_eq(kit_info(c, "blocked_clients"), 0);
}
END_TEST

START_TEST(a_value_that_is_deleted_while_it_is_counted_is_counted_to_the_end)
{
    kit_expect(c, ":0", "SETBIT", "big", LAST_BIT, "1");
    int fd = send_counts();
    kit_expect(c, ":1", "DEL", "big");
    char line[32];
    for (int i = 0; i < COUNTS; i++) {
        kit_raw_receive_line(fd, line, sizeof line);
        ck_assert_msg(strcmp(line, ":1") == 0 || (i > 0 && strcmp(line, ":0") == 0), "%s", line);
    }
    close(fd);
}
END_TEST

/* Of the first bit and the last, never more than one is set: a count of both has seen two moments. */
START_TEST(a_count_in_turns_sees_one_moment)
{
    int fd = kit_raw_connect(server);
    kit_expect(c, ":0", "SETBIT", "big", LAST_BIT_OF_FEW, "0");
    for (int i = 0; i < 10; i++) {
        char line[32];
        kit_expect(c, ":0", "SETBIT", "big", "0", "1");
        kit_raw_text(fd, COUNT_OF_BIG);
        kit_raw_await_taken(fd);
        redisAppendCommand(c, "SETBIT big 0 0");
        redisAppendCommand(c, "SETBIT big " LAST_BIT_OF_FEW " 1");
        kit_expect_next(c, ":1");
        kit_expect_next(c, ":0");
        kit_raw_receive_line(fd, line, sizeof line);
        ck_assert_str_eq(line, ":1");
        kit_expect(c, ":1", "SETBIT", "big", LAST_BIT_OF_FEW, "0");
    }
    close(fd);
}
END_TEST

START_TEST(a_bit_that_is_so_already_is_no_change)
{
    kit_expect(c, ":0", "SETBIT", "bits", "200000", "1");
    kit_expect(c, "+OK", "SET", "text", "a");
    long long before = kit_info(c, "rdb_changes_since_last_save");
    kit_expect(c, ":1", "SETBIT", "bits", "200000", "1");
    kit_expect(c, ":1", "SETBIT", "text", "1", "1");
    ck_assert_int_eq(kit_info(c, "rdb_changes_since_last_save"), before);
    kit_expect(c, ":0", "SETBIT", "bits", "0", "1");
    ck_assert_int_eq(kit_info(c, "rdb_changes_since_last_save"), before + 1);
}
END_TEST

START_TEST(offsets_end_with_the_largest_string)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "proto-max-bulk-len", "1mb");
    kit_expect(c, ":0", "SETBIT", "bits", "8388607", "1");
    kit_expect(c, "-ERR bit offset is not an integer or out of range", "SETBIT", "bits", "8388608", "1");
    kit_expect(c, "-ERR bit offset is not an integer or out of range", "GETBIT", "bits", "8388608");
    kit_expect(c, ":1", "GETBIT", "bits", "8388607");
}
END_TEST

START_TEST(a_bit_far_away_asks_for_room_in_memory)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory", "20mb");
    kit_expect(c, "-OOM ...", "SETBIT", "bits", LAST_BIT, "1");
    kit_expect(c, ":0", "EXISTS", "bits");
    kit_expect(c, ":0", "SETBIT", "bits", "1000000", "1");
}
END_TEST

/* Redis 7.0 writes to field 0 and keeps the greatest number. */
START_TEST(fields_too_far_away_are_refused_and_numbers_saturate_at_the_right_end)
{
    const char *refused = "-ERR bit offset is not an integer or out of range";
    kit_expect(c, refused, "BITFIELD", "fields", "SET", "u8", "#2305843009213693952", "5");
    kit_expect(c, refused, "BITFIELD_RO", "fields", "GET", "i64", "#288230376151711744");
    kit_expect(c, ":0", "EXISTS", "fields");
    kit_expect(c, "[:0 :-128]", "BITFIELD", "fields", "OVERFLOW", "SAT", "SET", "i8", "0", "-9223372036854775808",
               "GET", "i8", "0");
}
END_TEST

START_TEST(the_last_field_may_reach_over_the_limit_by_its_rest)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "proto-max-bulk-len", "1mb");
    kit_expect(c, "[:0]", "BITFIELD", "fields", "SET", "u63", "8388607", "1");
    kit_expect(c, ":1048584", "STRLEN", "fields");
    kit_expect(c, "-ERR bit offset is not an integer or out of range", "BITFIELD", "fields", "SET", "u1", "8388608",
               "1");
}
END_TEST

START_TEST(a_request_may_have_many_operations)
{
    enum { OPERATIONS = 1000 };
    const char *words[2 + 4 * OPERATIONS + 1] = {"BITFIELD", "fields"};
    for (size_t i = 0; i < OPERATIONS; i++)
        memcpy(&words[2 + 4 * i], (const char *const[]){"INCRBY", "u16", "3", "1"}, 4 * sizeof *words);
    redisReply *reply = kit_command_args(c, words);
    ck_assert_uint_eq(reply->elements, OPERATIONS);
    ck_assert_int_eq(reply->element[OPERATIONS - 1]->integer, OPERATIONS);
    freeReplyObject(reply);
    ck_assert_int_eq(kit_info(c, "rdb_changes_since_last_save"), OPERATIONS);
}
END_TEST

START_TEST(writing_to_fields_of_a_large_shared_value_leaves_the_copy_alone)
{
    kit_expect(c, ":0", "SETBIT", "one", "1000000", "1");
    kit_expect(c, ":1", "COPY", "one", "two");
    kit_expect(c, "[:2 :2 nil]", "BITFIELD", "one", "INCRBY", "u2", "999999", "1", "GET", "u2", "999999", "OVERFLOW",
               "FAIL", "SET", "i2", "0", "2");
    kit_expect(c, "[:1]", "BITFIELD_RO", "two", "GET", "u2", "999999");
    kit_expect(c, "[:2]", "BITFIELD_RO", "one", "GET", "u2", "999999");
}
END_TEST

START_TEST(operations_of_redis_8_combine_as_documented)
{
    kit_expect(c, "+OK", "MSET", "x", "\x7c", "y", "\x6f", "z", "Aa", "none", "");
    kit_expect(c, ":2", "BITOP", "DIFF", "r", "x", "y", "z");
    kit_expect(c, "$\\x10\\x00", "GET", "r");
    kit_expect(c, ":2", "BITOP", "diff1", "r", "x", "y", "z");
    kit_expect(c, "$\\x03a", "GET", "r");
    kit_expect(c, ":2", "BITOP", "ANDOR", "r", "x", "y", "z");
    kit_expect(c, "$l\\x00", "GET", "r");
    kit_expect(c, ":2", "BITOP", "ONE", "r", "x", "y", "z");
    kit_expect(c, "$\\x12a", "GET", "r");
    kit_expect(c, ":1", "BITOP", "ONE", "r", "x");
    kit_expect(c, "$|", "GET", "r");
    kit_expect(c, ":0", "BITOP", "DIFF", "r", "none", "nosuch");
    kit_expect(c, ":0", "EXISTS", "r");
    kit_expect(c, "-ERR BITOP DIFF must be called with at least two source keys.", "BITOP", "diff", "r", "x");
    kit_expect(c, "-ERR BITOP DIFF1 must be called with at least two source keys.", "BITOP", "DIFF1", "r", "x");
    kit_expect(c, "-ERR BITOP ANDOR must be called with at least two source keys.", "BITOP", "ANDOR", "r", "x");
}
END_TEST

/* Sources of every size, of which only some are blobs, with bits at both sides of where the head of the result ends. */
START_TEST(a_long_result_is_combined_from_sources_of_all_lengths)
{
    kit_expect(c, ":0", "SETBIT", "long", LAST_BIT_OF_FEW, "1");
    kit_expect(c, ":0", "SETBIT", "long", "131071", "1");
    kit_expect(c, ":0", "SETBIT", "long", "131072", "1");
    kit_expect(c, ":0", "SETBIT", "middle", "200000", "1");
    kit_expect(c, ":0", "SETBIT", "middle", "131072", "1");
    kit_expect(c, ":0", "SETBIT", "short", "131071", "1");
    kit_expect(c, "+OK", "SET", "number", "3"); /* 0x33 */
    kit_expect(c, ":67108864", "BITOP", "OR", "r", "number", "nosuch", "short", "middle", "long");
    kit_expect(c, ":8", "BITCOUNT", "r");
    kit_expect(c, ":2", "BITPOS", "r", "1");
    kit_expect(c, ":200000", "BITPOS", "r", "1", "131073", "-1", "BIT");
    kit_expect(c, ":67108864", "BITOP", "XOR", "r", "number", "short", "middle", "long");
    kit_expect(c, ":6", "BITCOUNT", "r");
    kit_expect(c, ":67108864", "BITOP", "AND", "r", "long", "middle");
    kit_expect(c, ":1", "BITCOUNT", "r");
    kit_expect(c, ":131072", "BITPOS", "r", "1");
    kit_expect(c, ":67108864", "BITOP", "ONE", "r", "long", "middle", "short");
    kit_expect(c, ":2", "BITCOUNT", "r");
    kit_expect(c, ":67108864", "BITOP", "NOT", "long", "long");
    kit_expect(c, ":536870909", "BITCOUNT", "long");
}
END_TEST

START_TEST(others_are_served_while_a_long_result_is_combined)
{
    kit_expect(c, ":0", "SETBIT", "big", LAST_BIT_OF_FEW, "1");
    check_lets_through("BITOP OR r big nosuch\r\n", ":67108864");
    kit_expect(c, ":1", "BITCOUNT", "r");
}
END_TEST

/* What is written to a source while BITOP is under way is in the result, or written over it: never lost, never torn. */
START_TEST(a_write_to_a_source_isn_t_lost_in_a_long_bitop)
{
    int fd = kit_raw_connect(server);
    for (int i = 0; i < 12; i++) {
        kit_expect(c, ":0", "SETBIT", "big", LAST_BIT_OF_FEW, "0");
        kit_raw_text(fd, "BITOP OR big big nosuch\r\n");
        kit_raw_await_taken(fd);
        kit_expect(c, ":0", "SETBIT", "big", "140000", "1"); /* behind the head, and soon passed */
        kit_raw_expect(fd, ":67108864\r\n");
        kit_expect(c, ":1", "GETBIT", "big", "140000");
        kit_expect(c, ":1", "BITCOUNT", "big");
        kit_expect(c, ":1", "DEL", "big");
    }
    close(fd);
}
END_TEST

static void toggle(redisContext *context, unsigned index, void *data)
{
    (void)data;
    if (index > 0) {
        for (int i = 0; i < 3; i++)
            kit_expect(context, ":67108864", "BITOP", "OR", "r", "big", "big");
        kit_expect(context, "+OK", "SET", "done", "1");
        return;
    }
    while (kit_integer(context, "EXISTS", "done") == 0) {
        kit_expect(context, ":1", "SETBIT", "big", "0", "0");
        kit_expect(context, ":0", "SETBIT", "big", "0", "1");
    }
}

START_TEST(a_source_that_is_written_to_all_the_time_doesn_t_keep_bitop_from_ending)
{
    kit_expect(c, ":0", "SETBIT", "big", LAST_BIT_OF_FEW, "0");
    kit_expect(c, ":0", "SETBIT", "big", "0", "1");
    kit_parallel(server, 2, toggle, NULL);
}
END_TEST

/* One value may exceed the limit where nothing can be evicted; what has been admitted is not refused half-way. */
START_TEST(a_long_result_asks_for_room_in_memory_once)
{
    kit_expect(c, ":0", "SETBIT", "big", LAST_BIT_OF_FEW, "1");
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory", "60mb");
    kit_expect(c, "-OOM ...", "BITOP", "NOT", "r", "big");
    kit_expect(c, ":0", "EXISTS", "r");
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory", "100mb");
    kit_expect(c, ":67108864", "BITOP", "NOT", "r", "big");
    kit_expect(c, "-OOM ...", "BITOP", "NOT", "more", "big");
    kit_expect(c, "-OOM ...", "SET", "small", "value");
    kit_expect(c, ":0", "EXISTS", "more", "small");
}
END_TEST

START_TEST(a_short_result_is_text_without_an_expiry)
{
    kit_expect(c, "+OK", "SET", "r", "12", "EX", "1000");
    kit_expect(c, ":2", "BITOP", "OR", "r", "r", "r");
    kit_expect(c, "$raw", "OBJECT", "ENCODING", "r");
    kit_expect(c, ":-1", "TTL", "r");
    kit_expect(c, ":13", "INCR", "r");
}
END_TEST

Suite *suite_bitmaps(void)
{
    Suite *suite = suite_create("bitmaps");
    TCase *tcase = kit_tcase("bitmaps");
    tcase_add_checked_fixture(tcase, begin, end); /* one worker: who doesn't give way keeps it */
    tcase_add_test(tcase, bits_of_a_long_value_are_counted_and_found);
    tcase_add_test(tcase, others_are_served_while_a_long_value_is_looked_through);
    tcase_add_test(tcase, a_value_that_is_deleted_while_it_is_counted_is_counted_to_the_end);
    tcase_add_test(tcase, a_count_in_turns_sees_one_moment);
    tcase_add_test(tcase, a_bit_that_is_so_already_is_no_change);
    tcase_add_test(tcase, offsets_end_with_the_largest_string);
    tcase_add_test(tcase, a_bit_far_away_asks_for_room_in_memory);
    tcase_add_test(tcase, fields_too_far_away_are_refused_and_numbers_saturate_at_the_right_end);
    tcase_add_test(tcase, the_last_field_may_reach_over_the_limit_by_its_rest);
    tcase_add_test(tcase, a_request_may_have_many_operations);
    tcase_add_test(tcase, writing_to_fields_of_a_large_shared_value_leaves_the_copy_alone);
    tcase_add_test(tcase, operations_of_redis_8_combine_as_documented);
    tcase_add_test(tcase, a_long_result_is_combined_from_sources_of_all_lengths);
    tcase_add_test(tcase, others_are_served_while_a_long_result_is_combined);
    tcase_add_test(tcase, a_write_to_a_source_isn_t_lost_in_a_long_bitop);
    tcase_add_test(tcase, a_source_that_is_written_to_all_the_time_doesn_t_keep_bitop_from_ending);
    tcase_add_test(tcase, a_long_result_asks_for_room_in_memory_once);
    tcase_add_test(tcase, a_short_result_is_text_without_an_expiry);
    suite_add_tcase(suite, tcase);
    return suite;
}
