/*
 * Scripts beside others: those that begin again with all shards locked, because they call what runs only in a stopped
 * world, are the same then, and whoever stops it and then runs on keeps nobody out; and who came in one round with a long
 * one is answered while it runs.
 */
#include "kit/kit.h"
#include "kit/served.h"

#include <check.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
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

/* ---- it stops the world, and runs on ---- */

enum { OTHERS = 8 };

static void await_busy(void)
{
    char answer[8];
    do {
        redisReply *reply = kit_command(c, "PING");
        snprintf(answer, sizeof answer, "%.4s", reply->str);
        freeReplyObject(reply);
    } while (strcmp(answer, "BUSY") != 0);
}

static void expect_busy(int fd)
{
    char line[200];
    kit_raw_receive_line(fd, line, sizeof line);
    ck_assert_msg(strncmp(line, "-BUSY ", 6) == 0, "%s", line);
}

/* Clients of all workers, and one that comes only then, are answered. */
static void expect_answers(const int fds[OTHERS])
{
    for (int i = 0; i < OTHERS; i++) {
        kit_raw_text(fds[i], "GET k\r\n");
        expect_busy(fds[i]);
    }
    int late = kit_raw_connect(server);
    kit_raw_text(late, "GET k\r\n");
    expect_busy(late);
    close(late);
}

static void await_line(int fd, const char *awaited)
{
    char line[300];
    do
        kit_raw_receive_line(fd, line, sizeof line);
    while (strcmp(line, awaited) != 0);
}

static void let_run_on(const char *requests, const char *kill_answer)
{
    int fds[OTHERS], runs = kit_raw_connect(server);
    for (int i = 0; i < OTHERS; i++)
        fds[i] = kit_raw_connect(server);
    kit_expect(c, "+OK", "CONFIG", "SET", "busy-reply-threshold", "0");
    kit_raw_text(runs, requests);
    await_busy();
    expect_answers(fds);
    kit_expect(c, kill_answer, "SCRIPT", "KILL");
    kit_raw_text(runs, "ECHO end\r\n");
    await_line(runs, "end");
    kit_expect(c, ":0", "EXISTS", "k");
    for (int i = 0; i < OTHERS; i++)
        close(fds[i]);
    close(runs);
}

#define UNTIL_TWO_SECONDS                                                                                              \
    "local function now() local t = redis.call('TIME') return t[1] * 1000 + t[2] / 1000 end "                          \
    "local began = now() while now() < began + 2000 do end"
#define UNKILLABLE                                                                                                     \
    "-UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the "       \
    "script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command."

static const char *const that_run_on[][2] = {
    {"EVAL \"redis.call('KEYS', '*') while true do end\" 0\r\n", "+OK"},
    {"EVAL \"redis.call('SCAN', '0') redis.call('DBSIZE') while true do end\" 1 k\r\n", "+OK"},
    {"MULTI\r\nFLUSHDB\r\nKEYS *\r\nEVAL \"while true do end\" 0\r\nDBSIZE\r\nEXEC\r\n", "+OK"},
    {"EVAL \"redis.call('SET', 'k', 1) redis.call('FLUSHALL') " UNTIL_TWO_SECONDS "\" 1 k\r\n", UNKILLABLE},
    {"EVAL \"redis.call('SET', 'x', 1) redis.call('DBSIZE') " UNTIL_TWO_SECONDS "\" 0\r\n", UNKILLABLE},
};

START_TEST(a_script_that_stops_the_world_and_runs_on_keeps_nobody_out)
{
    let_run_on(that_run_on[_i][0], that_run_on[_i][1]);
}
END_TEST

static bool all_have_gone(void *unused)
{
    (void)unused;
    return kit_info(c, "blocked_clients") + kit_info(c, "watching_clients") == 0;
}

/* Clients that wait for, or watch, what the script holds, and go: their workers don't wait for its end. */
START_TEST(who_waits_for_a_scripts_keys_can_go)
{
    int fds[OTHERS], go[2 * OTHERS], runs = kit_raw_connect(server);
    for (int i = 0; i < OTHERS; i++)
        fds[i] = kit_raw_connect(server);
    for (int i = 0; i < 2 * OTHERS; i++) {
        go[i] = kit_raw_connect(server);
        kit_raw_text(go[i], "WATCH k\r\nBLPOP k 0\r\n");
        kit_raw_expect(go[i], "+OK\r\n");
    }
    kit_expect(c, "+OK", "CONFIG", "SET", "busy-reply-threshold", "0");
    kit_raw_text(runs, "EVAL \"redis.call('EXISTS', KEYS[1]) while true do end\" 1 k\r\n");
    await_busy();
    for (int i = 0; i < 2 * OTHERS; i++)
        close(go[i]);
    for (int round = 0; round < 20; round++)
        expect_answers(fds);
    kit_expect(c, "+OK", "SCRIPT", "KILL");
    kit_raw_text(runs, "ECHO end\r\n");
    await_line(runs, "end");
    kit_await(all_have_gone, NULL, "no client that waits or watches");
    kit_expect(c, ":1", "RPUSH", "k", "v"); /* nobody takes it */
    kit_expect(c, ":1", "LLEN", "k");
    for (int i = 0; i < OTHERS; i++)
        close(fds[i]);
    close(runs);
}
END_TEST

/* ---- one round ---- */

#define FOREVER "EVAL \"while true do end\" 0\r\n"

static void begin(void)
{
    served_begin(kit_start("--threads", "1"));
}

static void begin_with_three(void)
{
    served_begin(kit_start("--threads", "3"));
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

#define SLOW "LPOS list x RANK 2000000\r\nLPOS list x RANK 2000000\r\nLPOS list nosuch\r\nLPOS list nosuch\r\n"

/* Its first requests take so long that the others are to wait for another turn. */
START_TEST(who_was_put_off_before_a_long_script_is_answered_while_it_runs)
{
    int fds[3];
    static const char list[] =
        "EVAL \"local t = {} for i = 1, 1000 do t[i] = 'x' end for i = 1, 1000 do redis.call('RPUSH',"
        " KEYS[1], unpack(t)) end return 1\" 1 list\r\n";
    connect_three(fds);
    kit_raw_text(fds[0], list);
    kit_raw_expect(fds[0], ":1\r\n");
    send_together(fds, (const char *const[]){SLOW SLOW SLOW SLOW SLOW SLOW "GET k\r\n", FOREVER, "GET k\r\n"});
    for (int i = 0; i < 4 * 6 + 1; i++)
        kit_raw_expect(fds[0], "$-1\r\n");
    kit_raw_expect(fds[2], "$-1\r\n");
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
    TCase *on = kit_tcase("runs on");
    tcase_add_checked_fixture(on, begin_with_three, end);
    tcase_add_loop_test(on, a_script_that_stops_the_world_and_runs_on_keeps_nobody_out, 0,
                        sizeof that_run_on / sizeof that_run_on[0]);
    tcase_add_test(on, who_waits_for_a_scripts_keys_can_go);
    suite_add_tcase(suite, on);
    TCase *round = kit_tcase("one round");
    tcase_add_checked_fixture(round, begin, end);
    tcase_add_test(round, who_came_with_a_long_script_is_answered_while_it_runs);
    tcase_add_test(round, who_was_put_off_before_a_long_script_is_answered_while_it_runs);
    tcase_add_test(round, so_it_is_with_a_transaction_of_a_script);
    suite_add_tcase(suite, round);
    return suite;
}
