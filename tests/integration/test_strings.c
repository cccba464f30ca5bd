/* String commands, as a client sees them. */
#include "kit/served.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

START_TEST(set_stores_and_get_answers_with_the_same_bytes)
{
    kit_expect(c, "nil", "GET", "k");
    kit_expect(c, "+OK", "SET", "k", "value");
    kit_expect(c, "$value", "GET", "k");
    kit_expect_reply(redisCommand(c, "SET %b %b", "\0k", (size_t)2, "a\r\n\0b", (size_t)5), "+OK");
    kit_expect_reply(redisCommand(c, "GET %b", "\0k", (size_t)2), "$a\\x0d\\x0a\\x00b");
    kit_expect(c, "+OK", "SET", "k", "");
    kit_expect(c, "$", "GET", "k");
    kit_expect(c, "+OK", "SET", "", "v");
    kit_expect(c, "$v", "GET", "");
}
END_TEST

START_TEST(overwriting_goes_through_all_lengths)
{
    char *value = malloc(70000);
    static const size_t lens[] = {0, 1, 8, 44, 45, 255, 256, 16383, 16384, 16385, 65535, 65536, 70000};
    size_t count = sizeof lens / sizeof lens[0];
    for (size_t i = 0; i < count * count; i++) {
        size_t len = lens[i % 2 ? i / count : i % count];
        memset(value, 'a' + (int)(i % 26), len);
        kit_expect_reply(redisCommand(c, "SET k %b", value, len), "+OK");
        redisReply *reply = kit_command(c, "GET", "k");
        ck_assert_uint_eq(reply->len, len);
        ck_assert_mem_eq(reply->str, value, len);
        freeReplyObject(reply);
        ck_assert_int_eq(kit_integer(c, "STRLEN", "k"), (long long)len);
    }
    free(value);
}
END_TEST

START_TEST(set_obeys_nx_and_xx)
{
    kit_expect(c, "nil", "SET", "k", "1", "XX");
    kit_expect(c, "+OK", "SET", "k", "1", "NX");
    kit_expect(c, "nil", "SET", "k", "2", "nx");
    kit_expect(c, "+OK", "SET", "k", "3", "xx");
    kit_expect(c, "$3", "GET", "k");
    kit_expect(c, "-ERR syntax error", "SET", "k", "1", "NX", "XX");
    kit_expect(c, ":0", "SETNX", "k", "4");
    kit_expect(c, ":1", "SETNX", "other", "4");
}
END_TEST

START_TEST(set_with_get_answers_with_the_old_value)
{
    kit_expect(c, "nil", "SET", "k", "1", "GET");
    kit_expect(c, "$1", "SET", "k", "2", "GET");
    kit_expect(c, "$2", "SET", "k", "3", "NX", "GET");
    kit_expect(c, "$2", "SET", "k", "4", "XX", "GET");
    kit_expect(c, "$4", "GETSET", "k", "5");
    kit_expect(c, "$5", "GETDEL", "k");
    kit_expect(c, "nil", "GETDEL", "k");
    kit_expect(c, "nil", "SET", "k", "6", "XX", "GET");
    kit_expect(c, ":0", "EXISTS", "k");
}
END_TEST

START_TEST(set_drops_the_ttl_unless_told_to_keep_it)
{
    kit_expect(c, "+OK", "SET", "k", "1", "EX", "100");
    kit_expect(c, "+OK", "SET", "k", "2", "KEEPTTL");
    kit_expect(c, ":100", "TTL", "k");
    kit_expect(c, "+OK", "SET", "k", "3", "PX", "200000");
    kit_expect(c, ":200", "TTL", "k");
    kit_expect(c, "+OK", "SET", "k", "4", "EXAT", "33177117420");
    kit_expect(c, ":33177117420", "EXPIRETIME", "k");
    kit_expect(c, "+OK", "SET", "k", "5", "PXAT", "33177117420123");
    kit_expect(c, ":33177117420123", "PEXPIRETIME", "k");
    kit_expect(c, "$5", "GETSET", "k", "6");
    kit_expect(c, ":-1", "TTL", "k");
    kit_expect(c, "+OK", "SETEX", "k", "50", "7");
    kit_expect(c, ":50", "TTL", "k");
    kit_expect(c, "+OK", "PSETEX", "k", "60000", "8");
    kit_expect(c, ":60", "TTL", "k");
    kit_expect(c, ":9", "INCR", "k");
    kit_expect(c, ":3", "APPEND", "k", "10");
    kit_expect(c, ":60", "TTL", "k");
    kit_expect(c, "+OK", "MSET", "k", "1");
    kit_expect(c, ":-1", "TTL", "k");
}
END_TEST

START_TEST(set_refuses_bad_times_and_contradicting_options)
{
    static const char *const times[] = {"0", "-5", "9223372036854775807", "9223372036854770"};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        kit_expect(c, "-ERR invalid expire time in 'set' command", "SET", "k", "v", "EX", times[i]);
        kit_expect(c, "-ERR invalid expire time in 'setex' command", "SETEX", "k", times[i], "v");
    }
    kit_expect(c, "-ERR invalid expire time in 'psetex' command", "PSETEX", "k", "9223372036854775807", "v");
    kit_expect(c, "-ERR value is not an integer or out of range", "SET", "k", "v", "PX", "ten");
    kit_expect(c, "-ERR syntax error", "SET", "k", "v", "EX");
    kit_expect(c, "-ERR syntax error", "SET", "k", "v", "EX", "10", "PX", "10");
    kit_expect(c, "-ERR syntax error", "SET", "k", "v", "EX", "10", "KEEPTTL");
    kit_expect(c, "-ERR syntax error", "SET", "k", "v", "PERSIST");
    kit_expect(c, "-ERR wrong number of arguments for 'set' command", "SET", "k");
    kit_expect(c, ":0", "EXISTS", "k");
}
END_TEST

START_TEST(getex_changes_the_ttl_only)
{
    kit_expect(c, "nil", "GETEX", "k", "EX", "10");
    kit_expect(c, "+OK", "SET", "k", "v");
    kit_expect(c, "$v", "GETEX", "k", "EX", "100");
    kit_expect(c, ":100", "TTL", "k");
    kit_expect(c, "$v", "GETEX", "k");
    kit_expect(c, ":100", "TTL", "k");
    kit_expect(c, "$v", "GETEX", "k", "PERSIST");
    kit_expect(c, ":-1", "TTL", "k");
    kit_expect(c, "-ERR syntax error", "GETEX", "k", "EX", "10", "PERSIST");
    kit_expect(c, "-ERR syntax error", "GETEX", "k", "KEEPTTL");
    kit_expect(c, "-ERR invalid expire time in 'getex' command", "GETEX", "k", "PX", "-1");
    kit_expect(c, "$v", "GETEX", "k", "PXAT", "1000");
    kit_expect(c, ":0", "EXISTS", "k");
}
END_TEST

START_TEST(encoding_follows_redis)
{
    char long_text[46];
    memset(long_text, 'x', sizeof long_text);
    redisReply *reply = redisCommand(c, "MSET i 123 e %b r %b", long_text, (size_t)44, long_text, (size_t)45);
    kit_expect_reply(reply, "+OK");
    kit_expect(c, "$int", "OBJECT", "ENCODING", "i");
    kit_expect(c, "$embstr", "OBJECT", "ENCODING", "e");
    kit_expect(c, "$raw", "OBJECT", "ENCODING", "r");
    kit_expect(c, ":4", "APPEND", "i", "4");
    kit_expect(c, "$raw", "OBJECT", "ENCODING", "i");
    kit_expect(c, ":1235", "INCR", "i");
    kit_expect(c, "$int", "OBJECT", "ENCODING", "i");
    kit_expect(c, "$1235.5", "INCRBYFLOAT", "i", "0.5");
    kit_expect(c, "$embstr", "OBJECT", "ENCODING", "i");
    kit_expect(c, "$1236", "INCRBYFLOAT", "i", "0.5");
    kit_expect(c, "$embstr", "OBJECT", "ENCODING", "i");
    kit_expect(c, ":3", "SETRANGE", "new", "0", "abc");
    kit_expect(c, "$raw", "OBJECT", "ENCODING", "new");
    kit_expect(c, ":3", "APPEND", "appended", "123");
    kit_expect(c, "$int", "OBJECT", "ENCODING", "appended");
}
END_TEST

START_TEST(counters_count_to_the_ends_of_their_range)
{
    kit_expect(c, ":1", "INCR", "n");
    kit_expect(c, ":0", "DECR", "n");
    kit_expect(c, ":-5", "DECRBY", "n", "5");
    kit_expect(c, ":9223372036854775802", "INCRBY", "n", "9223372036854775807");
    kit_expect(c, ":9223372036854775807", "INCRBY", "n", "5");
}
END_TEST

START_TEST(counters_refuse_overflow_and_text)
{
    kit_expect(c, "+OK", "SET", "n", "9223372036854775807");
    kit_expect(c, "-ERR increment or decrement would overflow", "INCR", "n");
    kit_expect(c, "+OK", "SET", "n", "-9223372036854775808");
    kit_expect(c, "-ERR increment or decrement would overflow", "DECR", "n");
    kit_expect(c, "-ERR decrement would overflow", "DECRBY", "n", "-9223372036854775808");
    kit_expect(c, "$-9223372036854775808", "GET", "n");
    static const char *const texts[] = {"", "abc", " 1", "1 ", "01", "+1", "1.0", "9223372036854775808"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        kit_expect(c, "+OK", "SET", "t", texts[i]);
        kit_expect(c, "-ERR value is not an integer or out of range", "INCR", "t");
        kit_expect(c, "-ERR value is not an integer or out of range", "INCRBY", "n", texts[i]);
    }
}
END_TEST

START_TEST(incrbyfloat_adds_and_prints_without_trailing_zeros)
{
    kit_expect(c, "$10.5", "INCRBYFLOAT", "f", "10.5");
    kit_expect(c, "$10.6", "INCRBYFLOAT", "f", "0.1");
    kit_expect(c, "$5.6", "INCRBYFLOAT", "f", "-5");
    kit_expect(c, "$5005.60000000000000009", "INCRBYFLOAT", "f", "5.0e3");
    kit_expect(c, "-ERR value is not a valid float", "INCRBYFLOAT", "f", "abc");
    kit_expect(c, "-ERR increment would produce NaN or Infinity", "INCRBYFLOAT", "f", "+inf");
    kit_expect(c, "+OK", "SET", "t", "text");
    kit_expect(c, "-ERR value is not a valid float", "INCRBYFLOAT", "t", "1");
}
END_TEST

START_TEST(append_crosses_from_small_to_large_values)
{
    char piece[1000];
    size_t len = 0;
    memset(piece, 'p', sizeof piece);
    while (len < 100000) {
        len += sizeof piece;
        redisReply *reply = redisCommand(c, "APPEND k %b", piece, sizeof piece);
        ck_assert_int_eq(reply->integer, (long long)len);
        freeReplyObject(reply);
    }
    redisReply *reply = kit_command(c, "GET", "k");
    ck_assert_uint_eq(reply->len, len);
    for (size_t i = 0; i < len; i++)
        ck_assert_int_eq(reply->str[i], 'p');
    freeReplyObject(reply);
}
END_TEST

START_TEST(reply_keeps_its_bytes_while_the_large_value_changes_behind_it)
{
    size_t len = 200000;
    char *value = malloc(len);
    memset(value, 'v', len);
    kit_expect_reply(redisCommand(c, "SET k %b", value, len), "+OK");
    for (int i = 0; i < 20; i++) {
        redisAppendCommand(c, "GET k");
        redisAppendCommand(c, "SETRANGE k 0 CHANGED");
        redisAppendCommand(c, "GETRANGE k 0 6");
        redisAppendCommand(c, "SET k %b", value, len);
    }
    for (int i = 0; i < 20; i++) {
        redisReply *reply = NULL;
        ck_assert_int_eq(redisGetReply(c, (void **)&reply), REDIS_OK);
        ck_assert_uint_eq(reply->len, len);
        ck_assert_mem_eq(reply->str, value, len);
        freeReplyObject(reply);
        kit_expect_next(c, ":200000");
        kit_expect_next(c, "$CHANGED");
        kit_expect_next(c, "+OK");
    }
    free(value);
}
END_TEST

START_TEST(client_that_reads_late_gets_more_than_a_gigabyte_of_replies)
{
    enum { LEN = 32 << 20, REPLIES = 40 };
    char *value = malloc(LEN), *received = malloc(LEN);
    memset(value, 'v', LEN);
    kit_expect_reply(redisCommand(c, "SET k %b", value, (size_t)LEN), "+OK");
    int late = kit_raw_connect(server);
    for (int i = 0; i < REPLIES; i++)
        kit_raw_text(late, "GET k\r\n");
    kit_expect(c, "+OK", "SET", "other", "v"); /* and the server goes on meanwhile */
    for (int i = 0; i < REPLIES; i++) {
        kit_raw_expect(late, "$33554432\r\n");
        kit_raw_receive(late, received, LEN);
        ck_assert(memcmp(received, value, LEN) == 0);
        kit_raw_expect(late, "\r\n");
    }
    kit_raw_text(late, "PING\r\n");
    kit_raw_expect(late, "+PONG\r\n");
    close(late);
    free(received);
    free(value);
}
END_TEST

START_TEST(setrange_pads_with_zeros_and_keeps_to_the_limit)
{
    kit_expect(c, ":0", "SETRANGE", "k", "10", "");
    kit_expect(c, ":0", "EXISTS", "k");
    kit_expect(c, ":5", "SETRANGE", "k", "3", "xy");
    kit_expect(c, "$\\x00\\x00\\x00xy", "GET", "k");
    kit_expect(c, ":5", "SETRANGE", "k", "100", "");
    kit_expect(c, "+OK", "SET", "n", "1234");
    kit_expect(c, ":4", "SETRANGE", "n", "1", "x");
    kit_expect(c, "$1x34", "GET", "n");
    kit_expect(c, ":40003", "SETRANGE", "n", "40000", "end");
    kit_expect(c, "$\\x00end", "GETRANGE", "n", "-4", "-1");
    kit_expect(c, "-ERR offset is out of range", "SETRANGE", "k", "-1", "x");
    kit_expect(c, "-ERR value is not an integer or out of range", "SETRANGE", "k", "x", "x");
    kit_expect(c, "-ERR string exceeds maximum allowed size (proto-max-bulk-len)", "SETRANGE", "k", "536870908",
               "world");
    kit_expect(c, "-ERR string exceeds maximum allowed size (proto-max-bulk-len)", "SETRANGE", "k",
               "9223372036854775807", "world");
    kit_expect(c, "-ERR string exceeds maximum allowed size (proto-max-bulk-len)", "SETRANGE", "no", "536870912", "x");
    kit_expect(c, ":0", "EXISTS", "no");
}
END_TEST

START_TEST(getrange_takes_both_ends_from_either_side)
{
    kit_expect(c, "+OK", "SET", "k", "Hello World");
    kit_expect(c, "$Hell", "GETRANGE", "k", "0", "3");
    kit_expect(c, "$Hello World", "GETRANGE", "k", "0", "-1");
    kit_expect(c, "$orld", "GETRANGE", "k", "-4", "-1");
    kit_expect(c, "$", "GETRANGE", "k", "5", "3");
    kit_expect(c, "$ World", "GETRANGE", "k", "5", "5000");
    kit_expect(c, "$Hello World", "GETRANGE", "k", "-5000", "10000");
    kit_expect(c, "$H", "GETRANGE", "k", "0", "-100000000000000");
    kit_expect(c, "$", "GETRANGE", "missing", "0", "-1");
    kit_expect(c, "$Hello", "SUBSTR", "k", "0", "4");
    kit_expect(c, "+OK", "SET", "n", "1234");
    kit_expect(c, "$123", "GETRANGE", "n", "0", "2");
    kit_expect(c, "$34", "GETRANGE", "n", "-2", "-1");
    kit_expect(c, "$1", "GETRANGE", "n", "-9223372036854775808", "-9223372036854775808");
}
END_TEST

START_TEST(mset_and_mget_take_many_keys)
{
    kit_expect(c, "+OK", "MSET", "a", "1", "b", "2", "a", "3");
    kit_expect(c, "[$3 $2 nil $3]", "MGET", "a", "b", "c", "a");
    kit_expect(c, ":0", "MSETNX", "c", "1", "a", "2");
    kit_expect(c, ":0", "EXISTS", "c");
    kit_expect(c, ":1", "MSETNX", "c", "1", "d", "2", "c", "3");
    kit_expect(c, "[$3 $2]", "MGET", "c", "d");
    kit_expect(c, "-ERR wrong number of arguments for 'mset' command", "MSET", "a", "1", "b");
    kit_expect(c, "-ERR wrong number of arguments for 'msetnx' command", "MSETNX", "x", "1", "y");
    kit_expect(c, ":0", "EXISTS", "x");
}
END_TEST

START_TEST(lcs_finds_text_length_and_places)
{
    kit_expect(c, "+OK", "MSET", "a", "ohmytext", "b", "mynewtext");
    kit_expect(c, "$mytext", "LCS", "a", "b");
    kit_expect(c, ":6", "LCS", "a", "b", "LEN");
    kit_expect(c, "[$matches [[[:4 :7] [:5 :8]] [[:2 :3] [:0 :1]]] $len :6]", "LCS", "a", "b", "IDX");
    kit_expect(c, "[$matches [[[:4 :7] [:5 :8] :4]] $len :6]", "LCS", "a", "b", "IDX", "MINMATCHLEN", "4",
               "WITHMATCHLEN");
    kit_expect(c, "[$matches [] $len :0]", "LCS", "a", "missing", "IDX");
    kit_expect(c, "$", "LCS", "a", "missing");
    kit_expect(c, "-ERR If you want both the length and indexes, please just use IDX.", "LCS", "a", "b", "LEN", "IDX");
    kit_expect(c, "-ERR syntax error", "LCS", "a", "b", "MINMATCHLEN");
}
END_TEST

#define WRONG_DIGEST "-ERR The digest must be exactly 16 hexadecimal characters"

START_TEST(digest_is_xxh3)
{
    kit_expect(c, "nil", "DIGEST", "k");
    kit_expect(c, "+OK", "SET", "k", "Hello world"); /* the example of Redis's documentation */
    kit_expect(c, "$b6acb9d84a38ff74", "DIGEST", "k");
    kit_expect(c, "+OK", "SET", "k", "");
    kit_expect(c, "$2d06800538d394c2", "DIGEST", "k");
    kit_expect(c, "+OK", "SET", "number", "12");
    kit_expect(c, "+OK", "SET", "text", "1");
    kit_expect(c, ":2", "APPEND", "text", "2");
    redisReply *digest = kit_command(c, "DIGEST", "number");
    ck_assert_uint_eq(digest->len, 16);
    kit_expect(c, "+OK", "SET", "text", "new", "IFDEQ", digest->str);
    freeReplyObject(digest);

    char *large = malloc(100000);
    memset(large, 'x', 100000);
    kit_expect_reply(redisCommand(c, "SET a %b", large, (size_t)100000), "+OK");
    kit_expect_reply(redisCommand(c, "SET b %b", large, (size_t)100000), "+OK");
    digest = kit_command(c, "DIGEST", "a");
    kit_expect(c, ":1", "DELEX", "b", "IFDEQ", digest->str);
    freeReplyObject(digest);
    free(large);
}
END_TEST

START_TEST(set_compares_the_value_that_is_there)
{
    kit_expect(c, "nil", "SET", "k", "1", "IFEQ", "");
    kit_expect(c, "nil", "SET", "k", "1", "IFDEQ", "2d06800538d394c2");
    kit_expect(c, ":0", "EXISTS", "k");
    kit_expect(c, "+OK", "SET", "k", "1", "IFNE", "1");
    kit_expect(c, "nil", "SET", "k", "2", "IFNE", "1");
    kit_expect(c, "nil", "SET", "k", "2", "IFEQ", "01");
    kit_expect(c, "+OK", "SET", "k", "2", "ifeq", "1", "EX", "100");
    kit_expect(c, "+OK", "SET", "k", "get", "KEEPTTL", "IFEQ", "2");
    ck_assert_int_gt(kit_integer(c, "TTL", "k"), 50);
    kit_expect(c, "$get", "SET", "k", "nx", "GET", "IFNE", "get");
    kit_expect(c, "$get", "SET", "k", "nx", "IFEQ", "get", "GET");
    kit_expect(c, "nil", "SET", "other", "x", "GET", "IFEQ", "1");
    kit_expect(c, "nil", "SET", "other", "Hello world", "GET", "IFDNE", "0000000000000000");
    kit_expect(c, "nil", "SET", "other", "x", "IFDNE", "B6ACB9D84A38FF74");
    kit_expect(c, "+OK", "SET", "other", "x", "IFDEQ", "B6ACB9D84A38FF74");
    kit_expect(c, "$nx", "GET", "k");
}
END_TEST

START_TEST(comparisons_stand_alone)
{
    static const char syntax[] = "-ERR syntax error";
    kit_expect(c, syntax, "SET", "k", "1", "IFEQ");
    kit_expect(c, syntax, "SET", "k", "1", "IFEQ", "x", "NX");
    kit_expect(c, syntax, "SET", "k", "1", "XX", "IFEQ", "x");
    kit_expect(c, syntax, "SET", "k", "1", "IFEQ", "x", "IFNE", "x");
    kit_expect(c, syntax, "SET", "k", "1", "IFEQ", "x", "IFEQ", "x");
    kit_expect(c, WRONG_DIGEST, "SET", "k", "1", "IFDEQ", "");
    kit_expect(c, WRONG_DIGEST, "SET", "k", "1", "IFDNE", "2d06800538d394c");
    kit_expect(c, WRONG_DIGEST, "SET", "k", "1", "GET", "IFDNE", "2d06800538d394c2f");
    kit_expect(c, WRONG_DIGEST, "DELEX", "k", "IFDNE", "2d06800538d394cg");
    kit_expect(c, ":0", "EXISTS", "k");
}
END_TEST

START_TEST(delex_deletes_what_is_as_it_is_said_to_be)
{
    kit_expect(c, ":0", "DELEX", "k");
    kit_expect(c, ":0", "DELEX", "k", "IFNE", "x");
    kit_expect(c, "+OK", "MSET", "a", "1", "b", "Hello world");
    kit_expect(c, ":0", "DELEX", "a", "IFEQ", "2");
    kit_expect(c, ":0", "DELEX", "a", "IFNE", "1");
    kit_expect(c, ":1", "DELEX", "a", "IFEQ", "1");
    kit_expect(c, ":0", "DELEX", "b", "IFDNE", "b6acb9d84a38ff74");
    kit_expect(c, ":0", "DELIFEQ", "b", "Hello");
    kit_expect(c, ":1", "DELIFEQ", "b", "Hello world");
    kit_expect(c, ":0", "DELIFEQ", "b", "Hello world");
    kit_expect(c, "+OK", "SET", "a", "1");
    kit_expect(c, ":1", "DELEX", "a");
    kit_expect(c, ":0", "DBSIZE");
    kit_expect(c, "-ERR wrong number of arguments for 'delex' command", "DELEX", "a", "IFEQ");
    kit_expect(c, "-ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE", "DELEX", "a", "NX", "1");
}
END_TEST

START_TEST(increx_counts_within_bounds_and_says_what_it_added)
{
    kit_expect(c, "[:1 :1]", "INCREX", "n");
    kit_expect(c, "[:6 :5]", "INCREX", "n", "BYINT", "5");
    kit_expect(c, "[:6 :0]", "INCREX", "n", "BYINT", "5", "UBOUND", "10"); /* outside: nothing happens */
    kit_expect(c, "[:10 :4]", "INCREX", "n", "BYINT", "5", "UBOUND", "10", "SATURATE");
    kit_expect(c, "[:-3 :-13]", "INCREX", "n", "BYINT", "-20", "LBOUND", "-3", "SATURATE");
    kit_expect(c, "[:0 :0]", "INCREX", "new", "UBOUND", "0");
    kit_expect(c, ":0", "EXISTS", "new");
    kit_expect(c, "+OK", "SET", "n", "9223372036854775807");
    kit_expect(c, "[:9223372036854775807 :0]", "INCREX", "n");
    kit_expect(c, "[:9223372036854775807 :0]", "INCREX", "n", "SATURATE");
    kit_expect(c, "-ERR increment or decrement would overflow", "INCREX", "n", "BYINT", "-1", "UBOUND", "-9",
               "SATURATE");
    kit_expect(c, "+OK", "SET", "f", "1.5");
    kit_expect(c, "[$1.75 $0.25]", "INCREX", "f", "BYFLOAT", "0.25");
    kit_expect(c, "[$2 $0.25]", "INCREX", "f", "BYFLOAT", "5", "UBOUND", "2", "SATURATE");
    kit_expect(c, "$2", "GET", "f");
    kit_expect(c, "-ERR value is not an integer or out of range", "INCREX", "f", "BYINT", "1.5");
    kit_expect(c, "-ERR increment would produce NaN or Infinity", "INCREX", "f", "BYFLOAT", "inf");
    kit_expect(c, "-ERR LBOUND can't be greater than UBOUND", "INCREX", "f", "LBOUND", "2", "UBOUND", "1");
    kit_expect(c, "-ERR syntax error", "INCREX", "f", "BYINT", "1", "BYFLOAT", "1");
    kit_expect(c, "-ERR syntax error", "INCREX", "f", "BYINT");
}
END_TEST

START_TEST(increx_sets_keeps_and_drops_the_ttl)
{
    kit_expect(c, "[:1 :1]", "INCREX", "n", "EX", "100", "ENX");
    kit_expect(c, ":100", "TTL", "n");
    kit_expect(c, "[:2 :1]", "INCREX", "n", "EX", "500", "ENX"); /* there is one */
    kit_expect(c, ":100", "TTL", "n");
    kit_expect(c, "[:3 :1]", "INCREX", "n");
    kit_expect(c, ":100", "TTL", "n");
    kit_expect(c, "[:3 :0]", "INCREX", "n", "UBOUND", "3", "EX", "500");
    kit_expect(c, ":100", "TTL", "n");
    kit_expect(c, "[:4 :1]", "INCREX", "n", "PX", "500000");
    kit_expect(c, ":500", "TTL", "n");
    kit_expect(c, "[:5 :1]", "INCREX", "n", "PERSIST");
    kit_expect(c, ":-1", "TTL", "n");
    kit_expect(c, "nil", "INCREX", "n", "NX");
    kit_expect(c, "nil", "INCREX", "new", "XX");
    kit_expect(c, "-ERR syntax error", "INCREX", "n", "NX", "XX");
    kit_expect(c, "-ERR syntax error", "INCREX", "n", "ENX");
    kit_expect(c, "-ERR syntax error", "INCREX", "n", "EX", "1", "PERSIST");
    kit_expect(c, "-ERR invalid expire time in 'increx' command", "INCREX", "n", "EX", "0");
    kit_expect(c, ":1", "RPUSH", "l", "a");
    kit_expect(c, "-WRONGTYPE Operation against a key holding the wrong kind of value", "INCREX", "l");
}
END_TEST

START_TEST(msetex_stores_all_or_nothing_with_one_ttl)
{
    kit_expect(c, ":1", "MSETEX", "2", "a", "1", "b", "2", "EX", "100");
    ck_assert_int_gt(kit_integer(c, "TTL", "a"), 50);
    ck_assert_int_gt(kit_integer(c, "TTL", "b"), 50);
    kit_expect(c, ":0", "MSETEX", "2", "a", "3", "c", "3", "XX");
    kit_expect(c, ":0", "MSETEX", "2", "c", "3", "a", "3", "NX", "PX", "1000");
    kit_expect(c, "[$1 $2 nil]", "MGET", "a", "b", "c");
    kit_expect(c, ":1", "MSETEX", "2", "a", "3", "c", "4", "KEEPTTL");
    ck_assert_int_gt(kit_integer(c, "TTL", "a"), 50);
    kit_expect(c, ":-1", "TTL", "c");
    kit_expect(c, ":1", "MSETEX", "1", "a", "5", "XX");
    kit_expect(c, ":-1", "TTL", "a");
    kit_expect(c, ":1", "MSETEX", "2", "d", "NX", "d", "EX", "NX"); /* the last value of a key stays */
    kit_expect(c, "[$5 $EX]", "MGET", "a", "d");

    kit_expect(c, "-ERR invalid numkeys value", "MSETEX", "a", "1", "EX", "10");
    kit_expect(c, "-ERR invalid numkeys value", "MSETEX", "0", "a", "1");
    kit_expect(c, "-ERR invalid numkeys value", "MSETEX", "2147483648", "a", "1");
    kit_expect(c, "-ERR wrong number of key-value pairs", "MSETEX", "2147483647", "a", "1");
    kit_expect(c, "-ERR wrong number of key-value pairs", "MSETEX", "2", "a", "1", "b");
    kit_expect(c, "-ERR syntax error", "MSETEX", "1", "a", "1", "b");
    kit_expect(c, "-ERR syntax error", "MSETEX", "1", "a", "1", "NX", "XX");
    kit_expect(c, "-ERR syntax error", "MSETEX", "1", "a", "1", "EX", "1", "KEEPTTL");
    kit_expect(c, "-ERR syntax error", "MSETEX", "1", "a", "1", "GET");
    kit_expect(c, "-ERR syntax error", "MSETEX", "1", "a", "1", "IFEQ", "1");
    kit_expect(c, "-ERR invalid expire time in 'msetex' command", "MSETEX", "1", "a", "1", "EX", "0");
    kit_expect(c, "[$a $b]", "COMMAND", "GETKEYS", "MSETEX", "2", "a", "1", "b", "2", "NX");
}
END_TEST

Suite *suite_strings(void);
Suite *suite_strings(void)
{
    Suite *suite = suite_create("strings");
    TCase *tcase = served_tcase("strings");
    tcase_add_test(tcase, set_stores_and_get_answers_with_the_same_bytes);
    tcase_add_test(tcase, overwriting_goes_through_all_lengths);
    tcase_add_test(tcase, set_obeys_nx_and_xx);
    tcase_add_test(tcase, set_with_get_answers_with_the_old_value);
    tcase_add_test(tcase, set_drops_the_ttl_unless_told_to_keep_it);
    tcase_add_test(tcase, set_refuses_bad_times_and_contradicting_options);
    tcase_add_test(tcase, getex_changes_the_ttl_only);
    tcase_add_test(tcase, encoding_follows_redis);
    tcase_add_test(tcase, counters_count_to_the_ends_of_their_range);
    tcase_add_test(tcase, counters_refuse_overflow_and_text);
    tcase_add_test(tcase, incrbyfloat_adds_and_prints_without_trailing_zeros);
    tcase_add_test(tcase, append_crosses_from_small_to_large_values);
    tcase_add_test(tcase, reply_keeps_its_bytes_while_the_large_value_changes_behind_it);
    tcase_add_test(tcase, client_that_reads_late_gets_more_than_a_gigabyte_of_replies);
    tcase_add_test(tcase, setrange_pads_with_zeros_and_keeps_to_the_limit);
    tcase_add_test(tcase, getrange_takes_both_ends_from_either_side);
    tcase_add_test(tcase, mset_and_mget_take_many_keys);
    tcase_add_test(tcase, lcs_finds_text_length_and_places);
    tcase_add_test(tcase, digest_is_xxh3);
    tcase_add_test(tcase, set_compares_the_value_that_is_there);
    tcase_add_test(tcase, comparisons_stand_alone);
    tcase_add_test(tcase, delex_deletes_what_is_as_it_is_said_to_be);
    tcase_add_test(tcase, increx_counts_within_bounds_and_says_what_it_added);
    tcase_add_test(tcase, increx_sets_keeps_and_drops_the_ttl);
    tcase_add_test(tcase, msetex_stores_all_or_nothing_with_one_ttl);
    suite_add_tcase(suite, tcase);
    return suite;
}
