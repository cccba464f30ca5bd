/* A command that runs inside another: the same questions are asked of it, and the same books kept. */
#include "kit/served.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

/* A figure of a command's line in INFO commandstats. */
static long long stat_of(const char *command, const char *figure)
{
    char field[64], wanted[64];
    snprintf(field, sizeof field, "cmdstat_%s", command);
    snprintf(wanted, sizeof wanted, "%s=", figure);
    redisReply *reply = kit_command(c, "INFO", "commandstats");
    const char *line = strstr(reply->str, field), *at = line ? strstr(line, wanted) : NULL;
    long long value = at && at < strchr(line, '\n') ? atoll(at + strlen(wanted)) : 0;
    freeReplyObject(reply);
    return value;
}

START_TEST(it_answers_and_changes_keys_as_it_does_alone)
{
    kit_expect(c, "+OK", "DEBUG", "INSIDE", "SET", "key", "value");
    kit_expect(c, "$value", "DEBUG", "INSIDE", "GET", "key");
    kit_expect(c, "$value", "DEBUG", "INSIDE", "DEBUG", "INSIDE", "GET", "key");
    kit_expect(c, "+OK", "SELECT", "3");
    kit_expect(c, "nil", "DEBUG", "INSIDE", "GET", "key");
    kit_expect(c, "[$0 []]", "DEBUG", "INSIDE", "SCAN", "0");
    kit_expect(c, "+OK", "DEBUG", "INSIDE", "FLUSHALL");
    kit_expect(c, ":0", "EXISTS", "key");
}
END_TEST

START_TEST(one_with_many_keys_finds_them_all)
{
    const char *args[] = {"DEBUG", "INSIDE", "MSET", "a", "1", "b", "2", "c", "3", "d",  "4", "e",  "5",
                          "f",     "6",      "g",    "7", "h", "8", "i", "9", "j", "10", "k", "11", NULL};
    freeReplyObject(kit_command_args(c, args));
    kit_expect(c, ":11", "DBSIZE");
    kit_expect(c, "$11", "GET", "k");
}
END_TEST

START_TEST(it_is_counted_and_timed_beside_the_outer_one)
{
    kit_expect(c, "+OK", "DEBUG", "INSIDE", "SET", "key", "value");
    kit_expect(c, "-ERR value is not an integer or out of range", "DEBUG", "INSIDE", "INCR", "key");
    ck_assert_int_eq(stat_of("set", "calls"), 1);
    ck_assert_int_eq(stat_of("incr", "calls"), 1);
    ck_assert_int_eq(stat_of("incr", "failed_calls"), 1);
    ck_assert_int_eq(stat_of("debug", "calls"), 2);
    ck_assert_int_eq(stat_of("debug", "failed_calls"), 0);
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "0");
    kit_expect(c, "$value", "DEBUG", "INSIDE", "GET", "key");
    redisReply *log = kit_command(c, "SLOWLOG", "GET", "2");
    char *outer = kit_reply_text(log->element[0]->element[3]), *inner = kit_reply_text(log->element[1]->element[3]);
    ck_assert_str_eq(outer, "[$DEBUG $INSIDE $GET $key]");
    ck_assert_str_eq(inner, "[$GET $key]");
    free(outer);
    free(inner);
    freeReplyObject(log);
}
END_TEST

START_TEST(what_is_wrong_with_it_is_told_and_counted)
{
    kit_expect(c, "-ERR unknown command 'nope', with args beginning with: 'x' ", "DEBUG", "INSIDE", "nope", "x");
    kit_expect(c, "-ERR wrong number of arguments for 'get' command", "DEBUG", "INSIDE", "GET");
    kit_expect(c, "-ERR unknown subcommand 'nope'. Try CONFIG HELP.", "DEBUG", "INSIDE", "CONFIG", "nope");
    ck_assert_int_eq(stat_of("get", "rejected_calls"), 1);
    ck_assert_int_eq(stat_of("get", "calls"), 0);
}
END_TEST

START_TEST(the_user_needs_the_right_to_it)
{
    kit_expect(c, "+OK", "ACL", "SETUSER", "guest", "on", "nopass", "~guest:*", "+debug", "+get", "+auth");
    kit_expect(c, "+OK", "AUTH", "guest", "");
    kit_expect(c, "nil", "DEBUG", "INSIDE", "GET", "guest:1");
    kit_expect(c, "-NOPERM No permissions to access a key", "DEBUG", "INSIDE", "GET", "other");
    kit_expect(c, "-NOPERM User guest has no permissions to run the 'set' command", "DEBUG", "INSIDE", "SET", "guest:1",
               "v");
    kit_expect(c, "+OK", "AUTH", "default", "");
    kit_expect(c, ":0", "DBSIZE");
}
END_TEST

Suite *suite_inside(void);
Suite *suite_inside(void)
{
    Suite *suite = suite_create("inside");
    TCase *tcase = served_tcase("inside");
    tcase_add_test(tcase, it_answers_and_changes_keys_as_it_does_alone);
    tcase_add_test(tcase, one_with_many_keys_finds_them_all);
    tcase_add_test(tcase, it_is_counted_and_timed_beside_the_outer_one);
    tcase_add_test(tcase, what_is_wrong_with_it_is_told_and_counted);
    tcase_add_test(tcase, the_user_needs_the_right_to_it);
    suite_add_tcase(suite, tcase);
    return suite;
}
