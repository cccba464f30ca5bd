/* SORT and SORT_RO: what generated commands beside Redis (tests/differential) can't show. */
#include "kit/scratch.h"
#include "kit/served.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 30000 };

/* Puts so many numbers, in an order that is none, into a list. */
static void push_many(const char *key, int count)
{
    for (int i = 0; i < count; i += 1000) {
        const char *args[1002] = {"RPUSH", key};
        static char digits[1000][12];
        for (int k = 0; k < 1000; k++) {
            snprintf(digits[k], sizeof digits[k], "%lld", (long long)(i + k) * 7919 % count);
            args[2 + k] = digits[k];
        }
        redisReply *reply = redisCommandArgv(c, 1002, args, NULL);
        ck_assert_int_eq(reply->integer, i + 1000);
        freeReplyObject(reply);
    }
}

START_TEST(a_long_list_is_sorted)
{
    push_many("l", MANY);
    redisReply *reply = kit_command(c, "SORT", "l", "DESC");
    ck_assert_uint_eq(reply->elements, MANY);
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(atoi(reply->element[i]->str), MANY - 1 - i);
    freeReplyObject(reply);
    kit_expect(c, "[$100 $101]", "SORT_RO", "l", "LIMIT", "100", "2");
    kit_expect(c, ":30000", "SORT", "l", "STORE", "l");
    kit_expect(c, "$12345", "LINDEX", "l", "12345");
}
END_TEST

START_TEST(what_is_sorted_by_may_lie_in_every_shard)
{
    char key[32], value[32];
    push_many("l", 2000);
    for (int i = 0; i < 2000; i++) {
        snprintf(key, sizeof key, "w:%d", i);
        snprintf(value, sizeof value, "%d", 2000 - i);
        kit_expect(c, "+OK", "SET", key, value);
    }
    kit_expect(c, "[$1999 $1998 $1997]", "SORT", "l", "BY", "w:*", "LIMIT", "0", "3");
    kit_expect(c, "[$0 $2000 nil $1 $1999 nil]", "SORT", "l", "LIMIT", "0", "2", "GET", "#", "GET", "w:*", "GET", "x*");
    kit_expect(c, ":4000", "SORT", "l", "BY", "w:*", "GET", "w:*", "GET", "none*", "STORE", "d");
    kit_expect(c, "[$1 $ $2 $]", "LRANGE", "d", "0", "3");
}
END_TEST

static void write_weights(redisContext *context, unsigned index, void *data)
{
    struct dice dice = dice_create(index);
    bool sorts = index % 2 == 0;
    char key[32], value[32];
    (void)data;
    for (unsigned i = 0; i < scratch_rounds(1500); i++) {
        if (sorts) {
            redisReply *reply = kit_command(context, "SORT", "l", "BY", "w:*", "GET", "#", "GET", "v:*", "STORE",
                                            index % 4 ? "d" : "e");
            ck_assert_int_eq(reply->integer, 20);
            freeReplyObject(reply);
            continue;
        }
        snprintf(key, sizeof key, "%c:%d", dice_chance(&dice, 50) ? 'w' : 'v', (int)dice_below(&dice, 10));
        snprintf(value, sizeof value, "%d", (int)dice_below(&dice, 1000));
        freeReplyObject(kit_command(context, "SET", key, value));
        if (i % 100 == 0)
            freeReplyObject(kit_command(context, "DEBUG", "SHIFT-CLOCK", "0")); /* stops the world */
    }
}

START_TEST(sorts_and_writes_of_other_shards_get_along)
{
    for (int i = 0; i < 10; i++) {
        char element[12];
        snprintf(element, sizeof element, "%d", i);
        kit_expect(c, ":...", "RPUSH", "l", element);
    }
    kit_parallel(server, 6, write_weights, NULL);
    kit_expect(c, ":20", "LLEN", "d");
}
END_TEST

START_TEST(fields_of_hashes_and_what_is_none)
{
    kit_expect(c, ":3", "RPUSH", "l", "1", "2", "3");
    kit_expect(c, "+OK", "SET", "o:1->", "9");
    kit_expect(c, "[nil nil nil]", "SORT", "l", "GET", "o:*->f");
    kit_expect(c, "[$9 nil nil]", "SORT", "l", "GET", "o:*->");
    kit_expect(c, "[nil nil nil]", "SORT", "l", "GET", "constant");
    kit_expect(c, "[]", "SORT", "none", "BY", "w*", "GET", "#");
}
END_TEST

START_TEST(what_is_no_number_is_refused)
{
    static const char no_score[] = "-ERR One or more scores can't be converted into double";
    kit_expect(c, ":2", "RPUSH", "l", "1", "x");
    kit_expect(c, no_score, "SORT", "l");
    kit_expect(c, no_score, "SORT", "l", "STORE", "d");
    kit_expect(c, "[$1 $x]", "SORT", "l", "ALPHA");
    kit_expect(c, "[$x $1]", "SORT", "l", "BY", "nosort", "DESC");
    kit_expect(c, "+OK", "SET", "w:1", "1e400");
    kit_expect(c, no_score, "SORT", "l", "BY", "w:*");
    kit_expect(c, "-WRONGTYPE Operation against a key holding the wrong kind of value", "SORT", "w:1");
}
END_TEST

START_TEST(a_stored_set_has_an_order)
{
    kit_expect(c, ":4", "SADD", "s", "b", "a", "d", "c");
    kit_expect(c, ":4", "SORT", "s", "BY", "nosort", "STORE", "l");
    kit_expect(c, "[$a $b $c $d]", "LRANGE", "l", "0", "-1");
    kit_expect(c, ":0", "SORT", "none", "STORE", "l");
    kit_expect(c, ":0", "EXISTS", "l");
}
END_TEST

START_TEST(patterns_take_the_right_to_read_every_key)
{
    static const char no_by[] = "-ERR BY option of SORT denied due to insufficient ACL permissions.";
    static const char no_get[] = "-ERR GET option of SORT denied due to insufficient ACL permissions.";
    redisContext *other = kit_connect(server);
    kit_expect(c, ":2", "RPUSH", "l", "2", "1");
    kit_expect(c, "+OK", "ACL", "SETUSER", "some", "on", "nopass", "~l", "~d", "+@all");
    kit_expect(c, "+OK", "ACL", "SETUSER", "reader", "on", "nopass", "%R~*", "+@all");
    kit_expect(other, "+OK", "AUTH", "some", "x");
    kit_expect(other, no_by, "SORT", "l", "BY", "w:*");
    kit_expect(other, no_get, "SORT", "l", "GET", "w:*");
    kit_expect(other, no_get, "SORT_RO", "l", "GET", "#");
    kit_expect(other, "[$2 $1]", "SORT", "l", "BY", "nosort");
    kit_expect(other, ":2", "SORT", "l", "STORE", "d");
    kit_expect(other, "-NOPERM No permissions to access a key", "SORT", "l", "STORE", "x");
    kit_expect(other, "+OK", "AUTH", "reader", "x");
    kit_expect(other, "[$1 $2]", "SORT", "l", "BY", "w:*", "GET", "#");
    kit_expect(other, "-NOPERM No permissions to access a key", "SORT", "l", "STORE", "d");
    redisFree(other);
}
END_TEST

Suite *suite_sort(void);
Suite *suite_sort(void)
{
    Suite *suite = suite_create("sort");
    TCase *tcase = served_tcase("sort");
    tcase_add_test(tcase, a_long_list_is_sorted);
    tcase_add_test(tcase, what_is_sorted_by_may_lie_in_every_shard);
    tcase_add_test(tcase, sorts_and_writes_of_other_shards_get_along);
    tcase_add_test(tcase, fields_of_hashes_and_what_is_none);
    tcase_add_test(tcase, what_is_no_number_is_refused);
    tcase_add_test(tcase, a_stored_set_has_an_order);
    tcase_add_test(tcase, patterns_take_the_right_to_read_every_key);
    suite_add_tcase(suite, tcase);
    return suite;
}
