/* The slow log: what gets in, what is cut, what is hidden. */
#include "kit/served.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void setup(void)
{
    served_begin(kit_start("--slowlog-log-slower-than", "1000000"));
}

/* The arguments of the entry at index, as text. */
static char *entry_arguments(int index)
{
    redisReply *log = kit_command(c, "SLOWLOG", "GET", "-1");
    ck_assert_uint_gt(log->elements, (size_t)index);
    ck_assert_uint_eq(log->element[index]->elements, 6);
    char *text = kit_reply_text(log->element[index]->element[3]);
    freeReplyObject(log);
    return text;
}

static void expect_arguments(int index, const char *expected)
{
    char *text = entry_arguments(index);
    ck_assert_str_eq(text, expected);
    free(text);
}

START_TEST(only_what_is_slower_than_the_threshold_is_logged)
{
    kit_expect(c, ":0", "SLOWLOG", "LEN");
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "50000");
    kit_expect(c, "+PONG", "PING");
    kit_expect(c, "+OK", "DEBUG", "SLEEP", "0.06");
    kit_expect(c, ":1", "SLOWLOG", "LEN");
    expect_arguments(0, "[$DEBUG $SLEEP $0.06]");
}
END_TEST

START_TEST(an_entry_tells_number_time_duration_address_and_name)
{
    kit_expect(c, "+OK", "CLIENT", "SETNAME", "sleeper");
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "50000");
    kit_expect(c, "+OK", "DEBUG", "SLEEP", "0.06");
    kit_expect(c, "+OK", "DEBUG", "SLEEP", "0.06");
    redisReply *log = kit_command(c, "SLOWLOG", "GET", "1");
    redisReply *now = kit_command(c, "TIME");
    const redisReply *entry = log->element[0];
    ck_assert_int_eq(entry->element[0]->integer, 1);
    ck_assert_int_le(entry->element[1]->integer, atoll(now->element[0]->str));
    ck_assert_int_ge(entry->element[1]->integer, atoll(now->element[0]->str) - 60);
    ck_assert_int_ge(entry->element[2]->integer, 60000);
    char address[256];
    snprintf(address, sizeof address, "%s:0 pid=%d uid=%u gid=%u", server->socket, (int)getpid(), (unsigned)getuid(),
             (unsigned)getgid());
    ck_assert_str_eq(entry->element[4]->str, address);
    ck_assert_str_eq(entry->element[5]->str, "sleeper");
    freeReplyObject(now);
    freeReplyObject(log);
}
END_TEST

START_TEST(the_log_keeps_the_newest_entries)
{
    char number[16];
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-max-len", "10", "slowlog-log-slower-than", "0");
    for (int i = 0; i < 30; i++) {
        snprintf(number, sizeof number, "%d", i);
        char expected[32];
        snprintf(expected, sizeof expected, "$%d", i);
        kit_expect(c, expected, "ECHO", number);
    }
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "-1");
    kit_expect(c, ":10", "SLOWLOG", "LEN");
    expect_arguments(0, "[$ECHO $29]");
    expect_arguments(9, "[$ECHO $20]");
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-max-len", "2");
    kit_expect(c, ":2", "SLOWLOG", "LEN");
    expect_arguments(1, "[$ECHO $28]");
}
END_TEST

START_TEST(long_requests_are_cut)
{
    char big[301];
    const char *many[40];
    memset(big, 'A', 300);
    big[300] = '\0';
    for (int i = 0; i < 40; i++)
        many[i] = i == 0 ? "DEL" : "k";
    many[39] = NULL;
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "0");
    kit_expect(c, "+OK", "SET", "key", big);
    freeReplyObject(kit_command_args(c, many));
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "-1");

    char *arguments = entry_arguments(0);
    ck_assert_ptr_nonnull(strstr(arguments, "$DEL $k $k"));
    ck_assert_ptr_nonnull(strstr(arguments, "$k $... (8 more arguments)]"));
    free(arguments);
    arguments = entry_arguments(1);
    char expected[256];
    snprintf(expected, sizeof expected, "[$SET $key $%.128s... (172 more bytes)]", big);
    ck_assert_str_eq(arguments, expected);
    free(arguments);
}
END_TEST

START_TEST(passwords_are_hidden)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "0");
    freeReplyObject(kit_command(c, "AUTH", "default", "secret"));
    freeReplyObject(kit_command(c, "HELLO", "2", "AUTH", "default", "secret", "SETNAME", "me"));
    freeReplyObject(kit_command(c, "CONFIG", "SET", "masterauth", "secret"));
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "-1");

    redisReply *log = kit_command(c, "SLOWLOG", "GET", "-1");
    char *text = kit_reply_text(log);
    ck_assert_ptr_null(strstr(text, "secret"));
    ck_assert_ptr_nonnull(strstr(text, "[$AUTH $(redacted) $(redacted)]"));
    ck_assert_ptr_nonnull(strstr(text, "[$HELLO $2 $AUTH $(redacted) $(redacted) $SETNAME $me]"));
    ck_assert_ptr_nonnull(strstr(text, "[$CONFIG $SET $masterauth $(redacted)]"));
    free(text);
    freeReplyObject(log);
}
END_TEST

START_TEST(as_many_arguments_as_an_entry_has_parts_are_kept_whole)
{
    const char *words[33] = {"DEL"};
    for (int i = 1; i < 32; i++)
        words[i] = i == 31 ? "last" : "k";
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "0");
    freeReplyObject(kit_command_args(c, words));
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "-1");
    char *arguments = entry_arguments(0);
    ck_assert_ptr_nonnull(strstr(arguments, "$k $last]"));
    free(arguments);
}
END_TEST

START_TEST(count_says_how_many_entries_are_answered)
{
    static const struct {
        const char *count;
        size_t entries;
    } cases[] = {{"0", 0}, {"5", 5}, {"-1", 15}, {"100", 15}};
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "0");
    for (int i = 0; i < 14; i++)
        kit_expect(c, "+PONG", "PING");
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "-1"); /* is not logged, the first one is */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        redisReply *log = kit_command(c, "SLOWLOG", "GET", cases[i].count);
        ck_assert_uint_eq(log->elements, cases[i].entries);
        freeReplyObject(log);
    }
    redisReply *log = kit_command(c, "SLOWLOG", "GET");
    ck_assert_uint_eq(log->elements, 10);
    freeReplyObject(log);
}
END_TEST

START_TEST(mistakes_get_the_errors_of_redis)
{
    kit_expect(c, "-ERR count should be greater than or equal to -1", "SLOWLOG", "GET", "-2");
    kit_expect(c, "-ERR count should be greater than or equal to -1", "SLOWLOG", "GET", "x");
    kit_expect(c, "-ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.", "SLOWLOG", "GET",
               "1", "2");
    kit_expect(c, "-ERR wrong number of arguments for 'slowlog|len' command", "SLOWLOG", "LEN", "x");
    kit_expect(c, "-ERR unknown subcommand 'nope'. Try SLOWLOG HELP.", "SLOWLOG", "nope");
}
END_TEST

START_TEST(reset_empties_the_log_and_numbers_go_on)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "50000");
    kit_expect(c, "+OK", "DEBUG", "SLEEP", "0.06");
    kit_expect(c, "+OK", "SLOWLOG", "RESET");
    kit_expect(c, ":0", "SLOWLOG", "LEN");
    kit_expect(c, "+OK", "DEBUG", "SLEEP", "0.06");
    redisReply *log = kit_command(c, "SLOWLOG", "GET");
    ck_assert_uint_eq(log->elements, 1);
    ck_assert_int_eq(log->element[0]->element[0]->integer, 1);
    freeReplyObject(log);
}
END_TEST

static void ping_and_look(redisContext *context, unsigned index, void *data)
{
    (void)data;
    unsigned rounds = scratch_rounds(500);
    for (unsigned i = 0; i < rounds; i++) {
        kit_expect(context, "+PONG", "PING");
        if (i % 10 == index % 10)
            freeReplyObject(kit_command(context, "SLOWLOG", "GET", "5"));
        if (i % 100 == index)
            kit_expect(context, "+OK", "SLOWLOG", "RESET");
    }
}

START_TEST(all_workers_may_log_and_look_at_once)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-max-len", "20", "slowlog-log-slower-than", "0");
    kit_parallel(server, 8, ping_and_look, NULL);
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "-1");
    ck_assert_int_le(kit_integer(c, "SLOWLOG", "LEN"), 20);
}
END_TEST

Suite *suite_slowlog(void);
Suite *suite_slowlog(void)
{
    Suite *suite = suite_create("slowlog");
    TCase *tcase = kit_tcase("slowlog");
    tcase_add_checked_fixture(tcase, setup, served_end);
    tcase_add_test(tcase, only_what_is_slower_than_the_threshold_is_logged);
    tcase_add_test(tcase, an_entry_tells_number_time_duration_address_and_name);
    tcase_add_test(tcase, the_log_keeps_the_newest_entries);
    tcase_add_test(tcase, long_requests_are_cut);
    tcase_add_test(tcase, as_many_arguments_as_an_entry_has_parts_are_kept_whole);
    tcase_add_test(tcase, passwords_are_hidden);
    tcase_add_test(tcase, count_says_how_many_entries_are_answered);
    tcase_add_test(tcase, mistakes_get_the_errors_of_redis);
    tcase_add_test(tcase, reset_empties_the_log_and_numbers_go_on);
    tcase_add_test(tcase, all_workers_may_log_and_look_at_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
