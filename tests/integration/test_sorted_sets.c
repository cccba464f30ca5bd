/* Sorted set commands: what generated commands beside Redis (tests/differential) can't show. */
#include "kit/scratch.h"
#include "kit/served.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

enum { MANY = 200000, AT_ONCE = 1000 };

/* Adds members m0, m1 and so on, with scores that a thousand of them share each. */
static void add_many(const char *key)
{
    for (int i = 0; i < MANY; i += AT_ONCE) {
        const char *args[2 + 2 * AT_ONCE] = {"ZADD", key};
        static char members[AT_ONCE][12];
        char score[12];
        snprintf(score, sizeof score, "%d", i / AT_ONCE);
        for (int k = 0; k < AT_ONCE; k++) {
            snprintf(members[k], sizeof members[k], "m%06d", i + k);
            args[2 + 2 * k] = score;
            args[3 + 2 * k] = members[k];
        }
        redisReply *reply = redisCommandArgv(c, 2 + 2 * AT_ONCE, args, NULL);
        ck_assert_int_eq(reply->integer, AT_ONCE);
        freeReplyObject(reply);
    }
}

static bool nothing_is_pending(void *data)
{
    (void)data;
    return kit_info(c, "lazyfree_pending_objects") == 0;
}

START_TEST(a_large_set_is_reached_everywhere)
{
    add_many("z");
    kit_expect(c, ":200000", "ZCARD", "z");
    kit_expect(c, "$skiplist", "OBJECT", "ENCODING", "z");
    kit_expect(c, ":150000", "ZRANK", "z", "m150000");
    kit_expect(c, ":49999", "ZREVRANK", "z", "m150000");
    kit_expect(c, "[:123456 $123]", "ZRANK", "z", "m123456", "WITHSCORE");
    kit_expect(c, "nil", "ZRANK", "z", "m999999");
    kit_expect(c, "$150", "ZSCORE", "z", "m150000");
    kit_expect(c, ":3000", "ZCOUNT", "z", "(10", "13");
    kit_expect(c, "[$m100000 $m100001]", "ZRANGE", "z", "100000", "100001");
    kit_expect(c, "[$m100999 $100 $m100998 $100]", "ZRANGE", "z", "100", "100", "BYSCORE", "REV", "LIMIT", "0", "2",
               "WITHSCORES");
    kit_expect(c, "[$m101000]", "ZRANGE", "z", "100", "200", "BYSCORE", "LIMIT", "1000", "1");
    kit_expect(c, ":0", "ZADD", "z", "1000", "m000000");
    kit_expect(c, ":199999", "ZRANK", "z", "m000000");
    kit_expect(c, "[$m000000 $1000]", "ZPOPMAX", "z");
    kit_expect(c, ":1000", "ZRANGESTORE", "part", "z", "7", "7", "BYSCORE");
    kit_expect(c, ":10", "ZLEXCOUNT", "part", "[m007100", "[m007109");
    kit_expect(c, ":1000", "ZINTERCARD", "2", "z", "part");
}
END_TEST

START_TEST(what_is_removed_gives_its_memory_back)
{
    long long before = kit_info(c, "used_memory");
    add_many("z");
    kit_expect(c, ":1", "COPY", "z", "copy");
    kit_expect(c, ":198998", "ZREMRANGEBYRANK", "z", "1000", "-3");
    kit_expect(c, "[$m199998 $m199999]", "ZRANGE", "z", "1000", "-1");
    kit_expect(c, ":1000", "ZREMRANGEBYSCORE", "z", "-inf", "(1");
    kit_expect(c, "[$m199998 $199 $m199999 $199]", "ZPOPMIN", "z", "10");
    kit_expect(c, ":0", "EXISTS", "z");
    kit_expect(c, ":200000", "ZCARD", "copy");
    kit_expect(c, ":0", "ZUNIONSTORE", "copy", "1", "z"); /* nothing takes its place */
    kit_expect(c, ":0", "EXISTS", "copy");
    kit_await(nothing_is_pending, NULL, "freeing in the background");
    if (!scratch_is_sanitized())
        ck_assert_int_lt(kit_info(c, "used_memory"), before + 1000000);
}
END_TEST

START_TEST(large_members_are_kept_whole)
{
    static char large[100001], larger[100002];
    memset(large, 'x', sizeof large - 1);
    memset(larger, 'x', sizeof larger - 1);
    kit_expect(c, ":3", "ZADD", "z", "1", larger, "1", large, "1", "b");
    kit_expect(c, ":1", "ZRANK", "z", large);
    kit_expect(c, ":2", "ZRANK", "z", larger);
    kit_expect(c, ":0", "ZADD", "z", "2", large);
    kit_expect(c, ":2", "ZRANK", "z", large);
    kit_expect(c, ":3", "ZUNIONSTORE", "u", "1", "z");
    kit_expect(c, ":1", "DEL", "z");
    kit_expect(c, "$2", "ZSCORE", "u", large);
    kit_expect(c, ":1", "ZREM", "u", large);
    kit_expect(c, "nil", "ZSCORE", "u", large);
    redisReply *reply = kit_command(c, "ZPOPMAX", "u");
    ck_assert_uint_eq(reply->element[0]->len, 100001);
    freeReplyObject(reply);
}
END_TEST

/* What Debian's Redis doesn't have. */
START_TEST(an_aggregate_may_count)
{
    kit_expect(c, ":2", "ZADD", "a", "5", "x", "7", "y");
    kit_expect(c, ":2", "ZADD", "b", "-3", "y", "inf", "z");
    kit_expect(c, "[$x $1 $z $1 $y $2]", "ZUNION", "2", "a", "b", "AGGREGATE", "COUNT", "WITHSCORES");
    kit_expect(c, "[$y $2]", "ZINTER", "2", "a", "b", "AGGREGATE", "count", "WITHSCORES");
    kit_expect(c, ":3", "ZUNIONSTORE", "u", "2", "a", "b", "WEIGHTS", "2", "0.5", "AGGREGATE", "COUNT");
    kit_expect(c, "[$z $0.5 $x $2 $y $2.5]", "ZRANGE", "u", "0", "-1", "WITHSCORES");
    kit_expect(c, ":1", "ZINTERSTORE", "u", "2", "a", "b", "WEIGHTS", "inf", "-inf", "AGGREGATE", "COUNT");
    kit_expect(c, "[$y $0]", "ZRANGE", "u", "0", "-1", "WITHSCORES");
}
END_TEST

START_TEST(a_rank_may_come_with_its_score)
{
    kit_expect(c, ":2", "ZADD", "z", "1.5", "a", "2", "b");
    kit_expect(c, "[:0 $1.5]", "ZRANK", "z", "a", "WITHSCORE");
    kit_expect(c, "[:1 $1.5]", "ZREVRANK", "z", "a", "withscore");
    kit_expect(c, "nil", "ZRANK", "z", "none", "WITHSCORE");
    kit_expect(c, "nil", "ZRANK", "none", "a", "WITHSCORE");
    kit_expect(c, "-ERR syntax error", "ZRANK", "z", "a", "WITHSCORES");
    kit_expect(c, "-ERR wrong number of arguments for 'zrank' command", "ZRANK", "z", "a", "WITHSCORE", "x");
}
END_TEST

/* In a large set of different scores there is no right answer, but one that ends. */
START_TEST(members_are_sought_where_scores_differ)
{
    add_many("z");
    redisReply *reply = kit_command(c, "ZRANGEBYLEX", "z", "[m100000", "(m100010");
    ck_assert_int_eq(reply->type, REDIS_REPLY_ARRAY);
    ck_assert_uint_eq(reply->elements, 10);
    freeReplyObject(reply);
    kit_expect(c, "[$m100009 $m100008]", "ZREVRANGEBYLEX", "z", "(m100010", "[m100000", "LIMIT", "0", "2");
    kit_expect(c, ":10", "ZLEXCOUNT", "z", "[m100000", "(m100010");
    kit_expect(c, ":10", "ZREMRANGEBYLEX", "z", "[m100000", "(m100010");
    kit_expect(c, ":199990", "ZCARD", "z");
}
END_TEST

/*
 * A short request that would store a large result asks for room first. One value may go beyond the limit, unless it may
 * become larger than the limit itself.
 */
START_TEST(a_result_needs_room)
{
    add_many("z");
    char limit[32];
    snprintf(limit, sizeof limit, "%lld", kit_info(c, "used_memory") + 2000000);
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory", limit);
    kit_expect(c, "-OOM command not allowed when used memory > 'maxmemory'.", "ZUNIONSTORE", "u", "3", "z", "z", "z");
    kit_expect(c, ":0", "EXISTS", "u");
    kit_expect(c, ":1000", "ZRANGESTORE", "u", "z", "7", "7", "BYSCORE");
}
END_TEST

/* A walk with a small COUNT sees each member once or more, and ends. */
START_TEST(a_scan_sees_everything)
{
    static unsigned char seen[MANY];
    char cursor[32] = "0";
    add_many("z");
    memset(seen, 0, sizeof seen);
    do {
        redisReply *reply = kit_command(c, "ZSCAN", "z", cursor, "COUNT", "100");
        snprintf(cursor, sizeof cursor, "%s", reply->element[0]->str);
        for (size_t i = 0; i < reply->element[1]->elements; i += 2) {
            int number = atoi(reply->element[1]->element[i]->str + 1);
            ck_assert_int_lt(number, MANY);
            ck_assert_int_eq(atoi(reply->element[1]->element[i + 1]->str), number / AT_ONCE);
            seen[number] = 1;
        }
        freeReplyObject(reply);
    } while (strcmp(cursor, "0") != 0);
    for (int i = 0; i < MANY; i++)
        ck_assert(seen[i]);
}
END_TEST

Suite *suite_sorted_sets(void);
Suite *suite_sorted_sets(void)
{
    Suite *suite = suite_create("sorted_sets");
    TCase *tcase = served_tcase("sorted_sets");
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 120 : 30);
    tcase_add_test(tcase, a_large_set_is_reached_everywhere);
    tcase_add_test(tcase, what_is_removed_gives_its_memory_back);
    tcase_add_test(tcase, large_members_are_kept_whole);
    tcase_add_test(tcase, an_aggregate_may_count);
    tcase_add_test(tcase, a_rank_may_come_with_its_score);
    tcase_add_test(tcase, members_are_sought_where_scores_differ);
    tcase_add_test(tcase, a_result_needs_room);
    tcase_add_test(tcase, a_scan_sees_everything);
    suite_add_tcase(suite, tcase);
    return suite;
}
