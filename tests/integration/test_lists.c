/* List commands: what generated commands beside Redis (tests/differential) can't show. */
#include "kit/scratch.h"
#include "kit/served.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

enum { MANY = 300000 };

/* Pushes the numbers from 0 on, a thousand with each command. */
static void push_many(const char *key)
{
    for (int i = 0; i < MANY; i += 1000) {
        const char *args[1002] = {"RPUSH", key};
        static char digits[1000][8];
        for (int k = 0; k < 1000; k++) {
            snprintf(digits[k], sizeof digits[k], "%d", i + k);
            args[2 + k] = digits[k];
        }
        redisReply *reply = redisCommandArgv(c, 1002, args, NULL);
        ck_assert_int_eq(reply->integer, i + 1000);
        freeReplyObject(reply);
    }
}

static bool nothing_is_pending(void *data)
{
    (void)data;
    return kit_info(c, "lazyfree_pending_objects") == 0;
}

START_TEST(a_long_list_is_reached_everywhere)
{
    push_many("l");
    kit_expect(c, ":300000", "LLEN", "l");
    kit_expect(c, "$150000", "LINDEX", "l", "150000");
    kit_expect(c, "$299999", "LINDEX", "l", "-1");
    kit_expect(c, "[$149999 $150000 $150001]", "LRANGE", "l", "149999", "150001");
    kit_expect(c, ":250000", "LPOS", "l", "250000");
    kit_expect(c, ":300001", "LINSERT", "l", "BEFORE", "200000", "between");
    kit_expect(c, "$between", "LINDEX", "l", "200000");
    kit_expect(c, "$200000", "LINDEX", "l", "200001");
    kit_expect(c, "+OK", "LSET", "l", "100", "a longer one than the number that stood there before it came");
    kit_expect(c, "$101", "LINDEX", "l", "101");
    kit_expect(c, "[$299999 $299998]", "RPOP", "l", "2");
    kit_expect(c, ":1", "LREM", "l", "-1", "7");
    kit_expect(c, "$8", "LINDEX", "l", "7");
}
END_TEST

START_TEST(what_is_trimmed_gives_its_memory_back)
{
    long long before = kit_info(c, "used_memory");
    push_many("l");
    kit_expect(c, ":1", "COPY", "l", "copy");
    kit_expect(c, "+OK", "LTRIM", "l", "1000", "1002");
    kit_expect(c, "[$1000 $1001 $1002]", "LRANGE", "l", "0", "-1");
    kit_expect(c, ":300000", "LLEN", "copy");
    kit_expect(c, "[$1000 $1001]", "LPOP", "l", "2");
    kit_expect(c, "$1002", "RPOP", "l");
    kit_expect(c, ":0", "EXISTS", "l");
    kit_expect(c, "$299999", "RPOP", "copy");
    kit_expect(c, ":1", "UNLINK", "copy");
    kit_await(nothing_is_pending, NULL, "freeing in the background");
    if (!scratch_is_sanitized())
        ck_assert_int_lt(kit_info(c, "used_memory"), before + 1000000);
}
END_TEST

static bool as_many_are_freed(void *data)
{
    return kit_info(c, "lazyfreed_objects") == *(const long long *)data;
}

/* With all lazyfree directives at "no". */
START_TEST(a_large_list_is_freed_in_the_background_whatever_deletes_it)
{
    push_many("l");
    static const char *const copies[] = {"a", "b", "c", "d"};
    for (int i = 0; i < 4; i++)
        kit_expect(c, ":1", "COPY", "l", copies[i]);
    kit_expect(c, ":1", "DEL", "l");
    kit_expect(c, "+OK", "SET", "a", "replaced");
    kit_expect(c, ":1", "EXPIRE", "b", "-1");
    kit_expect(c, "+OK", "RENAME", "a", "c");
    long long freed = 4;
    kit_await(as_many_are_freed, &freed, "freeing in the background");
    kit_expect(c, "+OK", "FLUSHALL", "SYNC");
    kit_await(nothing_is_pending, NULL, "freeing in the background");
    ck_assert_int_eq(kit_info(c, "lazyfreed_objects"), 4); /* only what FLUSHALL ASYNC frees counts, as in Redis */
}
END_TEST

START_TEST(large_elements_are_kept_whole)
{
    static char large[100001];
    memset(large, 'x', sizeof large - 1);
    kit_expect(c, ":3", "RPUSH", "l", "a", large, "b");
    kit_expect(c, ":1", "LPOS", "l", large);
    kit_expect(c, ":1", "COPY", "l", "m");
    kit_expect(c, "$a", "LPOP", "l");
    redisReply *reply = kit_command(c, "LMOVE", "l", "n", "LEFT", "LEFT");
    ck_assert_uint_eq(reply->len, 100000);
    freeReplyObject(reply);
    kit_expect(c, ":1", "DEL", "n");
    kit_expect(c, ":1", "LREM", "m", "0", large);
    kit_expect(c, "[$a $b]", "LRANGE", "m", "0", "-1");
}
END_TEST

START_TEST(names_of_encodings_are_those_of_redis_7_2)
{
    kit_expect(c, ":3", "RPUSH", "l", "a", "b", "c");
    kit_expect(c, "$listpack", "OBJECT", "ENCODING", "l");
    kit_expect(c, "+OK", "CONFIG", "SET", "list-max-listpack-size", "4");
    kit_expect(c, ":5", "RPUSH", "l", "d", "e");
    kit_expect(c, "$quicklist", "OBJECT", "ENCODING", "l");
    kit_expect(c, "[$e $d]", "RPOP", "l", "2");
    kit_expect(c, "$quicklist", "OBJECT", "ENCODING", "l");
    kit_expect(c, "$c", "RPOP", "l");
    kit_expect(c, "$listpack", "OBJECT", "ENCODING", "l");
}
END_TEST

START_TEST(other_types_are_refused)
{
    static const char wrong[] = "-WRONGTYPE Operation against a key holding the wrong kind of value";
    kit_expect(c, ":1", "RPUSH", "l", "a");
    kit_expect(c, wrong, "GET", "l");
    kit_expect(c, wrong, "INCR", "l");
    kit_expect(c, wrong, "APPEND", "l", "x");
    kit_expect(c, wrong, "SETRANGE", "l", "0", "x");
    kit_expect(c, wrong, "SET", "l", "x", "GET");
    kit_expect(c, wrong, "SET", "l", "x", "IFEQ", "a");
    kit_expect(c, wrong, "SETBIT", "l", "0", "1");
    kit_expect(c, wrong, "BITCOUNT", "l");
    kit_expect(c, wrong, "BITFIELD", "l", "GET", "u8", "0");
    kit_expect(c, wrong, "BITOP", "NOT", "d", "l");
    kit_expect(c, wrong, "PFADD", "l", "x");
    kit_expect(c, wrong, "PFCOUNT", "l");
    kit_expect(c, "+list", "TYPE", "l");
    kit_expect(c, "+OK", "SET", "l", "x");
    kit_expect(c, wrong, "LLEN", "l");
    kit_expect(c, wrong, "LPUSH", "l", "a");
}
END_TEST

Suite *suite_lists(void);
Suite *suite_lists(void)
{
    Suite *suite = suite_create("lists");
    TCase *tcase = served_tcase("lists");
    tcase_add_test(tcase, a_long_list_is_reached_everywhere);
    tcase_add_test(tcase, what_is_trimmed_gives_its_memory_back);
    tcase_add_test(tcase, a_large_list_is_freed_in_the_background_whatever_deletes_it);
    tcase_add_test(tcase, large_elements_are_kept_whole);
    tcase_add_test(tcase, names_of_encodings_are_those_of_redis_7_2);
    tcase_add_test(tcase, other_types_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
