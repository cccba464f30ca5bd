/*
 * Times to live of fields: what the commands answer, from their documentation, since Debian's Redis hasn't got them;
 * what expires by itself; and what each write says it has done.
 */
#include "kit/scratch.h"
#include "kit/served.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAR "32503680000000" /* the year 3000, in milliseconds */
#define FAR_SECONDS "32503680000"

START_TEST(times_are_set_shown_and_taken_away)
{
    kit_expect(c, ":3", "HSET", "h", "a", "1", "b", "2", "c", "3");
    kit_expect(c, "[:1 :-2]", "HEXPIREAT", "h", FAR_SECONDS, "FIELDS", "2", "a", "none");
    kit_expect(c, "[:1]", "HPEXPIREAT", "h", FAR, "FIELDS", "1", "b");
    kit_expect(c, "[:" FAR_SECONDS " :-1 :-2]", "HEXPIRETIME", "h", "FIELDS", "3", "a", "c", "none");
    kit_expect(c, "[:" FAR "]", "HPEXPIRETIME", "h", "FIELDS", "1", "b");
    kit_expect(c, "[:1]", "HEXPIRE", "h", "1000", "FIELDS", "1", "c");
    kit_expect(c, "[:1000]", "HTTL", "h", "FIELDS", "1", "c");
    kit_expect(c, "[:1]", "HPEXPIRE", "h", "900000", "FIELDS", "1", "c");
    redisReply *reply = kit_command(c, "HPTTL", "h", "FIELDS", "1", "c");
    ck_assert_int_ge(reply->element[0]->integer, 800000);
    ck_assert_int_le(reply->element[0]->integer, 900000);
    freeReplyObject(reply);
    kit_expect(c, "$listpackex", "OBJECT", "ENCODING", "h");
    kit_expect(c, "[:1 :1 :-2]", "HPERSIST", "h", "FIELDS", "3", "a", "b", "none");
    kit_expect(c, "[:-1 :-1]", "HTTL", "h", "FIELDS", "2", "a", "b");
    kit_expect(c, "[:-1]", "HPERSIST", "h", "FIELDS", "1", "a");
    kit_expect(c, "[:-2 :-2]", "HTTL", "nokey", "FIELDS", "2", "a", "b");
    kit_expect(c, "[:-2]", "HEXPIRE", "nokey", "10", "FIELDS", "1", "a");
    kit_expect(c, "[:-2]", "HPERSIST", "nokey", "FIELDS", "1", "a");
}
END_TEST

START_TEST(conditions_are_those_of_keys)
{
    kit_expect(c, ":2", "HSET", "h", "a", "1", "b", "2");
    kit_expect(c, "[:0]", "HEXPIRE", "h", "100", "XX", "FIELDS", "1", "a");
    kit_expect(c, "[:0]", "HEXPIRE", "h", "100", "GT", "FIELDS", "1", "a");
    kit_expect(c, "[:1]", "HEXPIRE", "h", "100", "LT", "FIELDS", "1", "a");
    kit_expect(c, "[:0 :1]", "HEXPIRE", "h", "100", "NX", "FIELDS", "2", "a", "b");
    kit_expect(c, "[:0]", "HEXPIRE", "h", "200", "LT", "FIELDS", "1", "a");
    kit_expect(c, "[:1]", "HEXPIRE", "h", "200", "GT", "FIELDS", "1", "a");
    kit_expect(c, "[:1]", "HEXPIRE", "h", "300", "XX", "FIELDS", "1", "a");
    kit_expect(c, "[:300 :100]", "HTTL", "h", "FIELDS", "2", "a", "b");
}
END_TEST

START_TEST(a_time_in_the_past_deletes)
{
    kit_expect(c, ":3", "HSET", "h", "a", "1", "b", "2", "c", "3");
    kit_expect(c, "[:2 :-2]", "HEXPIRE", "h", "0", "FIELDS", "2", "a", "none");
    kit_expect(c, "[:2]", "HPEXPIREAT", "h", "1", "FIELDS", "1", "b");
    kit_expect(c, "[$c $3]", "HGETALL", "h");
    kit_expect(c, "[$3]", "HGETEX", "h", "PXAT", "1", "FIELDS", "1", "c");
    kit_expect(c, ":0", "EXISTS", "h");
    kit_expect(c, ":1", "HSET", "h", "a", "1");
    kit_expect(c, ":1", "HSETEX", "h", "EX", "0", "FIELDS", "2", "a", "1", "b", "2");
    kit_expect(c, ":0", "EXISTS", "h");
    kit_expect(c, ":1", "HSETEX", "nokey", "EX", "0", "FIELDS", "1", "a", "1");
    kit_expect(c, ":0", "EXISTS", "nokey");
}
END_TEST

START_TEST(fields_are_set_with_times)
{
    kit_expect(c, ":1", "HSETEX", "h", "PXAT", FAR, "FIELDS", "2", "a", "1", "b", "2");
    kit_expect(c, "[:" FAR " :" FAR "]", "HPEXPIRETIME", "h", "FIELDS", "2", "a", "b");
    kit_expect(c, ":0", "HSETEX", "h", "FNX", "FIELDS", "2", "a", "8", "z", "8");
    kit_expect(c, ":0", "HSETEX", "h", "FXX", "FIELDS", "2", "a", "8", "z", "8");
    kit_expect(c, ":0", "HSETEX", "h", "NX", "FIELDS", "1", "z", "8");
    kit_expect(c, ":0", "HSETEX", "nokey", "XX", "FIELDS", "1", "z", "8");
    kit_expect(c, "[$1 nil]", "HMGET", "h", "a", "z");
    kit_expect(c, ":1", "HSETEX", "h", "FXX", "KEEPTTL", "FIELDS", "1", "a", "5");
    kit_expect(c, ":1", "HSETEX", "h", "FNX", "KEEPTTL", "FIELDS", "1", "z", "9");
    kit_expect(c, "[:" FAR " :-1]", "HPEXPIRETIME", "h", "FIELDS", "2", "a", "z");
    kit_expect(c, ":1", "HSETEX", "h", "FIELDS", "1", "b", "6");
    kit_expect(c, "[$5 $6 $9]", "HMGET", "h", "a", "b", "z");
    kit_expect(c, "[:-1]", "HTTL", "h", "FIELDS", "1", "b");
}
END_TEST

START_TEST(what_changes_a_value_keeps_its_time_and_what_replaces_it_does_not)
{
    kit_expect(c, ":1", "HSETEX", "h", "PXAT", FAR, "FIELDS", "3", "a", "1", "b", "1.5", "d", "x");
    kit_expect(c, ":3", "HINCRBY", "h", "a", "2");
    kit_expect(c, "$2", "HINCRBYFLOAT", "h", "b", "0.5");
    kit_expect(c, ":0", "HSETNX", "h", "d", "y");
    kit_expect(c, "[:" FAR " :" FAR " :" FAR "]", "HPEXPIRETIME", "h", "FIELDS", "3", "a", "b", "d");
    kit_expect(c, ":0", "HSET", "h", "a", "1");
    kit_expect(c, "+OK", "HMSET", "h", "b", "1");
    kit_expect(c, "[:-1 :-1]", "HTTL", "h", "FIELDS", "2", "a", "b");
    kit_expect(c, ":1", "COPY", "h", "i");
    kit_expect(c, "+OK", "RENAME", "i", "j");
    kit_expect(c, "[:" FAR "]", "HPEXPIRETIME", "j", "FIELDS", "1", "d");
}
END_TEST

START_TEST(fields_are_read_and_changed_in_one)
{
    kit_expect(c, ":3", "HSET", "h", "a", "1", "b", "2", "c", "3");
    kit_expect(c, "[$1 nil]", "HGETEX", "h", "PXAT", FAR, "FIELDS", "2", "a", "none");
    kit_expect(c, "[$1 $2]", "HGETEX", "h", "FIELDS", "2", "a", "b");
    kit_expect(c, "[:" FAR " :-1]", "HPEXPIRETIME", "h", "FIELDS", "2", "a", "b");
    kit_expect(c, "[$1 $2]", "HGETEX", "h", "PERSIST", "FIELDS", "2", "a", "b");
    kit_expect(c, "[:-1]", "HTTL", "h", "FIELDS", "1", "a");
    kit_expect(c, "[nil]", "HGETEX", "nokey", "EX", "5", "FIELDS", "1", "a");
    kit_expect(c, "[nil nil]", "HGETDEL", "nokey", "FIELDS", "2", "a", "b");
    kit_expect(c, "[$1 nil nil]", "HGETDEL", "h", "FIELDS", "3", "a", "a", "none");
    kit_expect(c, "[$2 $3]", "HGETDEL", "h", "FIELDS", "2", "b", "c");
    kit_expect(c, ":0", "EXISTS", "h");
}
END_TEST

START_TEST(mistakes_get_the_texts_that_clients_know)
{
    static const struct {
        const char *words[9], *error;
    } mistakes[] = {
        {{"HEXPIRE", "h", "1", "NX", "1", "a"},
         "-ERR Mandatory argument FIELDS is missing or not at the right position"},
        {{"HEXPIRE", "h", "1", "FIELDS", "0", "a"}, "-ERR Parameter `numFields` should be greater than 0"},
        {{"HEXPIRE", "h", "1", "FIELDS", "2", "a"},
         "-ERR The `numfields` parameter must match the number of arguments"},
        {{"HEXPIRE", "h", "1", "GT", "FIELDS", "1"},
         "-ERR The `numfields` parameter must match the number of arguments"},
        {{"HEXPIRE", "h", "x", "FIELDS", "1", "a"}, "-ERR value is not an integer or out of range"},
        {{"HEXPIRE", "h", "-1", "FIELDS", "1", "a"}, "-ERR invalid expire time, must be >= 0"},
        {{"HEXPIRE", "h", "9223372036854775807", "FIELDS", "1", "a"}, "-ERR invalid expire time in 'hexpire' command"},
        {{"HPEXPIREAT", "h", "70368744177664", "FIELDS", "1", "a"}, "-ERR invalid expire time in 'hpexpireat' command"},
        {{"HPEXPIRE", "h", "70368744177663", "FIELDS", "1", "a"}, "-ERR invalid expire time in 'hpexpire' command"},
        {{"HTTL", "h", "FIELDX", "1", "a"}, "-ERR Mandatory argument FIELDS is missing or not at the right position"},
        {{"HTTL", "h", "FIELDS", "0", "a"}, "-ERR Number of fields must be a positive integer"},
        {{"HPERSIST", "h", "FIELDS", "3", "a"}, "-ERR The `numfields` parameter must match the number of arguments"},
        {{"HGETDEL", "h", "FIELDS", "-1", "a"}, "-ERR Number of fields must be a positive integer"},
        {{"HGETDEL", "h", "FIELDS", "2", "a"}, "-ERR The `numfields` parameter must match the number of arguments"},
        {{"HGETEX", "h", "EX", "1", "PX", "1", "FIELDS", "1", "a"},
         "-ERR Only one of EX, PX, EXAT, PXAT or PERSIST arguments can be specified"},
        {{"HGETEX", "h", "KEEPTTL", "FIELDS", "1", "a"}, "-ERR unknown argument: KEEPTTL"},
        {{"HGETEX", "h", "EX", "-1", "FIELDS", "1", "a"}, "-ERR invalid expire time, must be >= 0"},
        {{"HGETEX", "h", "FIELDS", "0", "a"}, "-ERR invalid number of fields"},
        {{"HGETEX", "h", "FIELDS", "2", "a"}, "-ERR wrong number of arguments for 'hgetex' command"},
        {{"HGETEX", "h", "PERSIST", "PERSIST", "FIELDS"},
         "-ERR Only one of EX, PX, EXAT, PXAT or PERSIST arguments can be specified"},
        {{"HSETEX", "h", "EX", "1", "KEEPTTL", "FIELDS", "1", "a"},
         "-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified"},
        {{"HSETEX", "h", "FNX", "FXX", "FIELDS", "1", "a", "b"},
         "-ERR Only one of FXX or FNX arguments can be specified"},
        {{"HSETEX", "h", "FIELDS", "2", "a", "b"}, "-ERR wrong number of arguments for 'hsetex' command"},
        {{"HSETEX", "h", "PERSIST", "FIELDS", "1", "a", "b"}, "-ERR unknown argument: PERSIST"},
        {{"HSETEX", "h", "FNX", "EX", "1", "PXAT"},
         "-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified"},
        {{"HSETEX", "h", "FNX", "KEEPTTL", "NX", "XX"}, "-ERR syntax error"},
        {{"HSETEX", "h", "FNX", "XX", "KEEPTTL"}, "-ERR wrong number of arguments for 'hsetex' command"},
        {{"HSETEX", "h", "FNX", "XX", "KEEPTTL", "FIELDS"}, "-ERR wrong number of arguments for 'hsetex' command"},
        {{"HSETEX", "h", "FNX", "XX", "NX2", "FIELDS"}, "-ERR unknown argument: NX2"},
        {{"HEXPIRE", "string", "1", "FIELDS", "1", "a"},
         "-WRONGTYPE Operation against a key holding the wrong kind of value"},
        {{"HGETEX", "string", "FIELDS", "1", "a"},
         "-WRONGTYPE Operation against a key holding the wrong kind of value"},
        {{"HTTL", "string", "FIELDS", "1", "a"}, "-WRONGTYPE Operation against a key holding the wrong kind of value"},
    };
    kit_expect(c, "+OK", "SET", "string", "x");
    kit_expect(c, ":1", "HSET", "h", "a", "1");
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        const char *const *words = mistakes[i].words;
        int count = 0;
        while (count < 9 && words[count])
            count++;
        redisReply *reply = redisCommandArgv(c, count, (const char **)words, NULL);
        ck_assert_msg(reply->type == REDIS_REPLY_ERROR && strcmp(reply->str, mistakes[i].error + 1) == 0,
                      "mistake %zu: %s", i, reply->str ? reply->str : "no error");
        freeReplyObject(reply);
    }
    kit_expect(c, "[$a $1]", "HGETALL", "h");
    kit_expect(c, "[:-1]", "HTTL", "h", "FIELDS", "1", "a");
}
END_TEST

/* Waits until the key is gone without ever looking at it. */
static void await_size(const char *keys)
{
    for (;;) {
        redisReply *reply = kit_command(c, "DBSIZE");
        bool over = reply->integer == atoi(keys);
        freeReplyObject(reply);
        if (over)
            return;
        usleep(1000);
    }
}

START_TEST(fields_go_by_themselves_and_the_last_takes_the_key_along)
{
    static char field[24];
    kit_expect(c, ":1", "HSET", "stays", "a", "1");
    for (int i = 0; i < 3000; i++) {
        snprintf(field, sizeof field, "field:%d", i);
        kit_expect(c, ":1", "HSETEX", "h", "PX", "300", "FIELDS", "1", field, "value");
    }
    await_size("1");
    kit_expect(c, ":0", "EXISTS", "h");
}
END_TEST

START_TEST(what_is_due_is_not_there_though_nothing_reaps_it)
{
    static char field[24];
    kit_expect(c, "+OK", "DEBUG", "SET-ACTIVE-EXPIRE", "0");
    kit_expect(c, ":1", "HSET", "h", "live", "1");
    for (int i = 0; i < 500; i++) {
        snprintf(field, sizeof field, "field:%d", i);
        kit_expect(c, ":1", "HSETEX", "h", "PX", "100", "FIELDS", "1", field, "value");
    }
    kit_expect(c, "+OK", "CLIENT", "PAUSE", "100000", "WRITE"); /* so that looking reaps nothing either */
    for (int64_t left = 0; left != -2; usleep(1000)) {
        redisReply *reply = kit_command(c, "HTTL", "h", "FIELDS", "1", field);
        left = reply->element[0]->integer;
        freeReplyObject(reply);
    }
    kit_expect(c, ":1", "HLEN", "h");
    kit_expect(c, "[$live $1]", "HGETALL", "h");
    kit_expect(c, "[$live]", "HKEYS", "h");
    kit_expect(c, "[$1]", "HVALS", "h");
    kit_expect(c, "[nil $1]", "HMGET", "h", field, "live");
    kit_expect(c, ":0", "HEXISTS", "h", field);
    kit_expect(c, ":0", "HSTRLEN", "h", field);
    kit_expect(c, "[:-2 :-1]", "HTTL", "h", "FIELDS", "2", field, "live");
    kit_expect(c, "[$0 [$live $1]]", "HSCAN", "h", "0", "COUNT", "1000");
    kit_expect(c, "$live", "HRANDFIELD", "h");
    kit_expect(c, "[$live]", "HRANDFIELD", "h", "10");
    kit_expect(c, "[$live $live]", "HRANDFIELD", "h", "-2");
    kit_expect(c, "+OK", "CLIENT", "UNPAUSE");
    kit_expect(c, ":1", "HSET", "h", field, "again");
    kit_expect(c, ":2", "HLEN", "h");
}
END_TEST

START_TEST(each_write_says_what_it_did)
{
    kit_expect(c, "+OK", "DEBUG", "EFFECTS", "START");
    kit_expect(c, ":3", "HSET", "h", "a", "1", "b", "2", "c", "3");
    kit_expect(c, "[:1 :-2 :1]", "HPEXPIREAT", "h", FAR, "FIELDS", "3", "a", "none", "b");
    kit_expect(c, "[:0]", "HEXPIRE", "h", "1", "GT", "FIELDS", "1", "a");
    kit_expect(c, "[:1 :-1]", "HPERSIST", "h", "FIELDS", "2", "a", "c");
    kit_expect(c, "[:2]", "HEXPIRE", "h", "0", "FIELDS", "1", "a");
    kit_expect(c, "[$3]", "HGETEX", "h", "PXAT", FAR, "FIELDS", "1", "c");
    kit_expect(c, "[$3]", "HGETEX", "h", "FIELDS", "1", "c");
    kit_expect(c, "[nil $2]", "HGETDEL", "h", "FIELDS", "2", "none", "b");
    kit_expect(c, ":1", "HSETEX", "h", "FNX", "EXAT", FAR_SECONDS, "FIELDS", "1", "d", "4");
    kit_expect(c, "$5", "HINCRBYFLOAT", "h", "d", "1");
    kit_expect(c, ":1", "HSETEX", "h", "KEEPTTL", "FIELDS", "1", "d", "4");
    kit_expect(c, ":1", "HSETEX", "h", "PX", "0", "FIELDS", "2", "d", "4", "e", "5");
    kit_expect(c,
               "[[:0 $HSET $h $a $1 $b $2 $c $3] [:0 $HPEXPIREAT $h $" FAR " $FIELDS $2 $a $b] "
               "[:0 $HPERSIST $h $FIELDS $1 $a] [:0 $HDEL $h $a] [:0 $HPEXPIREAT $h $" FAR " $FIELDS $1 $c] "
               "[:0 $HDEL $h $b] [:0 $HSETEX $h $PXAT $" FAR " $FIELDS $1 $d $4] "
               "[:0 $HSETEX $h $KEEPTTL $FIELDS $1 $d $5] [:0 $HSETEX $h $KEEPTTL $FIELDS $1 $d $4] [:0 $HDEL $h $d]]",
               "DEBUG", "EFFECTS", "TAKE");
    kit_expect(c, "[:1]", "HPEXPIRE", "h", "1", "FIELDS", "1", "c");
    await_size("0");
    redisReply *reply = kit_command(c, "DEBUG", "EFFECTS", "TAKE");
    ck_assert_uint_ge(reply->elements, 2);
    const redisReply *last = reply->element[reply->elements - 1]; /* a DEL for the emptied key would do nothing */
    ck_assert_str_eq(last->element[1]->str, "HDEL");
    ck_assert_str_eq(last->element[3]->str, "c");
    freeReplyObject(reply);
}
END_TEST

START_TEST(information_tells_how_many_have_expired)
{
    kit_expect(c, ":1", "HSETEX", "h", "PX", "1", "FIELDS", "3", "a", "1", "b", "2", "c", "3");
    await_size("0");
    redisReply *reply = kit_command(c, "INFO", "stats");
    ck_assert(strstr(reply->str, "\r\nexpired_subkeys:3\r\n"));
    ck_assert(strstr(reply->str, "\r\nexpired_keys:0\r\n"));
    freeReplyObject(reply);
}
END_TEST

Suite *suite_hash_expiry(void);
Suite *suite_hash_expiry(void)
{
    Suite *suite = suite_create("hash_expiry");
    TCase *tcase = served_tcase("hash_expiry");
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 60 : 20);
    tcase_add_test(tcase, times_are_set_shown_and_taken_away);
    tcase_add_test(tcase, conditions_are_those_of_keys);
    tcase_add_test(tcase, a_time_in_the_past_deletes);
    tcase_add_test(tcase, fields_are_set_with_times);
    tcase_add_test(tcase, what_changes_a_value_keeps_its_time_and_what_replaces_it_does_not);
    tcase_add_test(tcase, fields_are_read_and_changed_in_one);
    tcase_add_test(tcase, mistakes_get_the_texts_that_clients_know);
    tcase_add_test(tcase, fields_go_by_themselves_and_the_last_takes_the_key_along);
    tcase_add_test(tcase, what_is_due_is_not_there_though_nothing_reaps_it);
    tcase_add_test(tcase, each_write_says_what_it_did);
    tcase_add_test(tcase, information_tells_how_many_have_expired);
    suite_add_tcase(suite, tcase);
    return suite;
}
