/*
 * Scripts beside others: those that begin again with the world stopped, because they call what runs only so, are the
 * same then; and who came in one round with a long one is answered while it runs.
 */
#include "kit/kit.h"
#include "kit/served.h"

#include <check.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define SAYS_ALL "return KEYS[1] .. KEYS[2] .. ARGV[1] .. #KEYS .. #ARGV"
static const char keys_says_all[] = "redis.call('KEYS', '*') " SAYS_ALL;
static const char flushdb_says_all[] = "redis.call('DBSIZE') redis.call('FLUSHDB') " SAYS_ALL;

START_TEST(a_script_that_stops_the_world_has_its_keys_and_arguments)
{
    kit_expect(c, "$abx21", "EVAL", keys_says_all, "2", "a", "b", "x");
    kit_expect(c, "$abx21", "EVAL", flushdb_says_all, "2", "a", "b", "x");
    kit_expect(c, "$2", "EVAL", "redis.call('SWAPDB', '8', '9') return tostring(#ARGV)", "0", "a", "b");
    kit_expect(c, "$99", "EVAL", "redis.call('KEYS', '*') return tostring(#KEYS)", "99", "1", "2", "3", "4", "5", "6",
               "7", "8", "9", "1", "2", "3", "4", "5", "6", "7", "8", "9", "1", "2", "3", "4", "5", "6", "7", "8", "9",
               "1", "2", "3", "4", "5", "6", "7", "8", "9", "1", "2", "3", "4", "5", "6", "7", "8", "9", "1", "2", "3",
               "4", "5", "6", "7", "8", "9", "1", "2", "3", "4", "5", "6", "7", "8", "9", "1", "2", "3", "4", "5", "6",
               "7", "8", "9", "1", "2", "3", "4", "5", "6", "7", "8", "9", "1", "2", "3", "4", "5", "6", "7", "8", "9",
               "1", "2", "3", "4", "5", "6", "7", "8", "9");
}
END_TEST

START_TEST(a_function_that_stops_the_world_has_its_keys_and_arguments)
{
    kit_expect(c, "$l", "FUNCTION", "LOAD",
               "#!lua name=l\nredis.register_function('f', function(keys, args)\n"
               "  redis.call('KEYS', '*') return keys[1] .. keys[2] .. args[1] .. #keys .. #args end)");
    kit_expect(c, "$abx21", "FCALL", "f", "2", "a", "b", "x");
}
END_TEST

START_TEST(it_is_the_same_in_a_transaction)
{
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "EVAL", keys_says_all, "2", "a", "b", "x");
    kit_expect(c, "[$abx21]", "EXEC");
}
END_TEST

/* ---- one round ---- */

#define FOREVER "EVAL \"while true do end\" 0\r\n"

static void begin(void)
{
    served_begin(kit_start("--threads", "1"));
}

static void end(void)
{
    served_end();
}

/* What the three send comes to the worker in one piece, in this order. */
static void send_together(const int fds[3], const char *const sent[3])
{
    kill(server->pid, SIGSTOP);
    for (int i = 0; i < 3; i++)
        kit_raw_text(fds[i], sent[i]);
    kill(server->pid, SIGCONT);
}

static void connect_three(int fds[3])
{
    for (int i = 0; i < 3; i++)
        fds[i] = kit_raw_connect(server);
}

static void kill_script(const int fds[3], const char *before)
{
    char line[200];
    kit_expect(c, "+OK", "SCRIPT", "KILL");
    if (*before) {
        kit_raw_receive_line(fds[1], line, sizeof line);
        ck_assert_str_eq(line, before);
    }
    kit_raw_receive_line(fds[1], line, sizeof line);
    ck_assert_ptr_nonnull(strstr(line, "killed by user"));
    for (int i = 0; i < 3; i++)
        close(fds[i]);
}

/* Who is served first isn't said. */
static void expect_some_answer(int fd)
{
    char line[200];
    kit_raw_receive_line(fd, line, sizeof line);
    ck_assert_msg(strncmp(line, "-BUSY ", 6) == 0 || strcmp(line, "+PONG") == 0, "%s", line);
}

START_TEST(who_came_with_a_long_script_is_answered_while_it_runs)
{
    int fds[3];
    connect_three(fds);
    kit_expect(c, "+OK", "CONFIG", "SET", "busy-reply-threshold", "0");
    send_together(fds, (const char *const[]){"PING\r\n", FOREVER, "PING\r\n"});
    expect_some_answer(fds[0]);
    expect_some_answer(fds[2]);
    kill_script(fds, "");
}
END_TEST

START_TEST(so_it_is_with_a_transaction_of_a_script)
{
    int fds[3];
    connect_three(fds);
    kit_expect(c, "+OK", "CONFIG", "SET", "busy-reply-threshold", "0");
    kit_raw_text(fds[1], "MULTI\r\n" FOREVER);
    kit_raw_expect(fds[1], "+OK\r\n+QUEUED\r\n");
    send_together(fds, (const char *const[]){"PING\r\n", "EXEC\r\n", "PING\r\n"});
    expect_some_answer(fds[0]);
    expect_some_answer(fds[2]);
    kill_script(fds, "*1");
}
END_TEST

Suite *suite_script_world(void);
Suite *suite_script_world(void)
{
    Suite *suite = suite_create("script_world");
    TCase *tcase = served_tcase("script_world");
    tcase_add_test(tcase, a_script_that_stops_the_world_has_its_keys_and_arguments);
    tcase_add_test(tcase, a_function_that_stops_the_world_has_its_keys_and_arguments);
    tcase_add_test(tcase, it_is_the_same_in_a_transaction);
    suite_add_tcase(suite, tcase);
    TCase *round = kit_tcase("one round");
    tcase_add_checked_fixture(round, begin, end);
    tcase_add_test(round, who_came_with_a_long_script_is_answered_while_it_runs);
    tcase_add_test(round, so_it_is_with_a_transaction_of_a_script);
    suite_add_tcase(suite, round);
    return suite;
}
