/*
 * Scripts that run long: others are served meanwhile, whoever needs what the script holds waits, all are told BUSY after
 * busy-reply-threshold, and SCRIPT KILL ends what has written nothing. With one worker, and with two.
 */
#include "kit/served.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define NEVER "1000000" /* ms: nobody is told BUSY */
#define SOON "100"
#define BUSY "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
#define ABORTED "EXECABORT Transaction discarded because of: " BUSY
#define FOREVER "while true do end"

static void begin(int threads, const char *threshold)
{
    char number[8];
    snprintf(number, sizeof number, "%d", threads);
    served_begin(kit_start("--threads", number, "--busy-reply-threshold", threshold));
    kit_expect(c, "+OK", "SET", "k", "v");
}

static bool script_runs(void *unused)
{
    (void)unused;
    redisReply *stats = kit_command(c, "FUNCTION", "STATS");
    bool runs = stats->type == REDIS_REPLY_ARRAY && stats->element[1]->type == REDIS_REPLY_ARRAY;
    freeReplyObject(stats);
    return runs;
}

static bool no_script_runs(void *unused)
{
    return !script_runs(unused);
}

static bool is_busy(void *unused)
{
    (void)unused;
    redisReply *reply = kit_command(c, "PING");
    bool busy = reply->type == REDIS_REPLY_ERROR && strcmp(reply->str, BUSY) == 0;
    freeReplyObject(reply);
    return busy;
}

static void send_eval(int fd, const char *script)
{
    char request[1024];
    snprintf(request, sizeof request, "*4\r\n$4\r\nEVAL\r\n$%zu\r\n%s\r\n$1\r\n1\r\n$1\r\nk\r\n", strlen(script),
             script);
    kit_raw_text(fd, request);
}

/* A connection whose script, with the key k, runs for so long that others are looked after. */
static int run_long(const char *script)
{
    int fd = kit_raw_connect(server);
    send_eval(fd, script);
    kit_await(script_runs, NULL, "a script that runs long");
    return fd;
}

static void expect_nothing_yet(int fd)
{
    char byte;
    ck_assert_int_eq(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
}

static void expect_killed(int fd)
{
    char line[256];
    kit_raw_receive_line(fd, line, sizeof line);
    ck_assert_msg(strncmp(line, "-ERR Script killed by user with SCRIPT KILL... script: ", 55) == 0, "%s", line);
    close(fd);
}

/* ---- before the threshold ---- */

#define OTHERS 4 /* connections: on every worker */

START_TEST(others_are_served_meanwhile)
{
    begin(_i, NEVER);
    int before[OTHERS];
    for (int i = 0; i < OTHERS; i++)
        before[i] = kit_raw_connect(server);
    int script = run_long("redis.call('get', KEYS[1]) " FOREVER);
    for (int i = 0; i < OTHERS; i++) {
        int later = kit_raw_connect(server);
        kit_raw_text(before[i], "PING\r\nSET o 1\r\nGET o\r\nMGET o p\r\nDEL o\r\n");
        kit_raw_expect(before[i], "+PONG\r\n+OK\r\n$1\r\n1\r\n*2\r\n$1\r\n1\r\n$-1\r\n:1\r\n");
        kit_raw_text(later, "MULTI\r\nSET p 1\r\nGET p\r\nEXEC\r\nDEL p\r\n");
        kit_raw_expect(later, "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n$1\r\n1\r\n:1\r\n");
        close(later);
        close(before[i]);
    }
    expect_nothing_yet(script);
    kit_expect(c, "+OK", "SCRIPT", "KILL");
    expect_killed(script);
    served_end();
}
END_TEST

START_TEST(who_needs_its_key_waits_for_its_end)
{
    static const struct {
        const char *request, *reply;
    } cases[] = {
        {"GET k\r\n", "$1\r\nv\r\n"},
        {"MGET o k\r\n", "*2\r\n$-1\r\n$1\r\nv\r\n"},
        {"MULTI\r\nGET k\r\nEXEC\r\n", "+OK\r\n+QUEUED\r\n*1\r\n$1\r\nv\r\n"},
        {"EVAL \"return redis.call('get', KEYS[1])\" 1 k\r\n", "$1\r\nv\r\n"},
        {"MULTI\r\nEVAL \"return 7\" 0\r\nEXEC\r\n", "+OK\r\n+QUEUED\r\n*1\r\n:7\r\n"},
        {"EVAL \"return redis.call('get', 'k')\" 0\r\n", "$1\r\nv\r\n"},
        {"DBSIZE\r\n", ":1\r\n"},
    };
    enum { CASES = sizeof cases / sizeof cases[0] };
    int fds[CASES];
    begin(_i, NEVER);
    int script = run_long("redis.call('get', KEYS[1]) " FOREVER);
    for (size_t i = 0; i < CASES; i++) {
        fds[i] = kit_raw_connect(server);
        kit_raw_text(fds[i], cases[i].request);
    }
    kit_expect(c, "+PONG", "PING");
    expect_nothing_yet(fds[0]);
    kit_expect(c, "+OK", "SCRIPT", "KILL");
    expect_killed(script);
    for (size_t i = 0; i < CASES; i++) {
        kit_raw_expect_at(__FILE__, __LINE__, fds[i], cases[i].reply, strlen(cases[i].reply));
        close(fds[i]);
    }
    served_end();
}
END_TEST

/* What is published and invalidated meanwhile comes at the latest when the script ends, in order. */
START_TEST(messages_and_invalidations_are_not_lost)
{
    int subscribers[OTHERS], trackers[OTHERS];
    begin(_i, NEVER);
    kit_expect(c, "+OK", "SET", "o", "1");
    for (int i = 0; i < OTHERS; i++) {
        char line[256];
        subscribers[i] = kit_raw_connect(server);
        kit_raw_text(subscribers[i], "SUBSCRIBE ch\r\n");
        kit_raw_expect(subscribers[i], "*3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n");
        trackers[i] = kit_raw_connect(server);
        kit_raw_text(trackers[i], "HELLO 3\r\nCLIENT TRACKING ON\r\nGET o\r\n");
        do
            kit_raw_receive_line(trackers[i], line, sizeof line);
        while (strcmp(line, "$1") != 0);
        kit_raw_expect(trackers[i], "1\r\n");
    }
    int script = run_long("redis.call('get', KEYS[1]) " FOREVER), publisher = kit_raw_connect(server);
    kit_raw_text(publisher, "PUBLISH ch one\r\nSET o 2\r\nPUBLISH ch two\r\n");
    kit_raw_await_taken(publisher);
    kit_expect(c, "+OK", "SCRIPT", "KILL");
    expect_killed(script);
    kit_raw_expect(publisher, ":4\r\n+OK\r\n:4\r\n");
    for (int i = 0; i < OTHERS; i++) {
        kit_raw_expect(subscribers[i], "*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$3\r\none\r\n"
                                       "*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$3\r\ntwo\r\n");
        kit_raw_expect(trackers[i], ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\no\r\n");
        close(subscribers[i]), close(trackers[i]);
    }
    close(publisher);
    served_end();
}
END_TEST

/* The interpreter in which a script runs is neither used nor dropped for what others load. */
START_TEST(scripts_are_flushed_and_loaded_meanwhile)
{
    int loaders[OTHERS];
    begin(_i, NEVER);
    int script = run_long(FOREVER);
    kit_expect(c, "+OK", "SCRIPT", "FLUSH");
    for (int i = 0; i < OTHERS; i++) {
        loaders[i] = kit_raw_connect(server);
        kit_raw_text(loaders[i], "SCRIPT LOAD \"return 5\"\r\n");
        kit_raw_await_taken(loaders[i]);
    }
    kit_expect(c, "+OK", "SCRIPT", "KILL");
    expect_killed(script);
    for (int i = 0; i < OTHERS; i++) {
        kit_raw_expect(loaders[i], "$40\r\n4ca238f611c9d0ae4e9a75a5dbac22aedc379801\r\n");
        close(loaders[i]);
    }
    kit_expect(c, ":5", "EVALSHA", "4ca238f611c9d0ae4e9a75a5dbac22aedc379801", "0");
    served_end();
}
END_TEST

/* ---- after it ---- */

START_TEST(all_but_a_few_commands_are_refused_after_the_threshold)
{
    static const char *const refused[] = {"GET k\r\n",         "SET x 1\r\n",
                                          "INFO\r\n",          "SHUTDOWN\r\n",
                                          "SHUTDOWN SAVE\r\n", "SHUTDOWN NOW FORCE\r\n",
                                          "CLIENT LIST\r\n",   "SCRIPT FLUSH\r\n",
                                          "SCRIPT LOAD x\r\n", "EVAL \"return 1\" 0\r\n",
                                          "PUBLISH ch m\r\n",  "SUBSCRIBE ch\r\n"};
    begin(_i, SOON);
    int waiting = kit_raw_connect(server), other = kit_raw_connect(server);
    int script = run_long("redis.call('get', KEYS[1]) " FOREVER);
    kit_raw_text(waiting, "GET k\r\n");
    kit_raw_expect(waiting, "-" BUSY "\r\n");
    kit_await(is_busy, NULL, "BUSY");
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        kit_raw_text(other, refused[i]);
        kit_raw_expect(other, "-" BUSY "\r\n");
    }
    kit_raw_text(other, "WATCH other\r\nUNWATCH\r\nMULTI\r\nDISCARD\r\nRESET\r\n");
    kit_raw_expect(other, "+OK\r\n+OK\r\n+OK\r\n+OK\r\n+RESET\r\n");
    kit_raw_text(other, "EXEC\r\nSHUTDOWN ABORT\r\nSHUTDOWN x\r\n");
    kit_raw_expect(other, "-" ABORTED "\r\n-ERR No shutdown in progress.\r\n-ERR syntax error\r\n");
    kit_raw_text(other, "MULTI\r\nGET k\r\nDISCARD\r\n");
    kit_raw_expect(other, "+OK\r\n-" BUSY "\r\n+OK\r\n");
    kit_expect(c, "-" BUSY, "FUNCTION", "KILL");
    kit_expect(c, "+OK", "SCRIPT", "KILL");
    expect_killed(script);
    kit_raw_text(waiting, "GET k\r\n");
    kit_raw_expect(waiting, "$1\r\nv\r\n");
    kit_expect(c, "-NOTBUSY No scripts in execution right now.", "SCRIPT", "KILL");
    close(waiting), close(other);
    served_end();
}
END_TEST

/* In Redis, too, a transaction that couldn't queue a command is discarded. */
START_TEST(a_transaction_that_met_busy_is_discarded)
{
    begin(_i, SOON);
    int other = kit_raw_connect(server);
    kit_raw_text(other, "MULTI\r\nSET a 1\r\n");
    kit_raw_expect(other, "+OK\r\n+QUEUED\r\n");
    int script = run_long(FOREVER);
    kit_await(is_busy, NULL, "BUSY");
    kit_raw_text(other, "SET b 1\r\n");
    kit_raw_expect(other, "-" BUSY "\r\n");
    kit_expect(c, "+OK", "SCRIPT", "KILL");
    expect_killed(script);
    kit_raw_text(other, "EXEC\r\n");
    kit_raw_expect(other, "-EXECABORT Transaction discarded because of previous errors.\r\n");
    kit_expect(c, ":0", "EXISTS", "a", "b");
    close(other);
    served_end();
}
END_TEST

/* EXEC as well is over with BUSY: nothing of it runs later. */
START_TEST(a_transaction_that_is_executed_meanwhile_is_discarded)
{
    begin(_i, SOON);
    int other = kit_raw_connect(server);
    kit_raw_text(other, "WATCH k\r\nMULTI\r\nSET a 1\r\n");
    kit_raw_expect(other, "+OK\r\n+OK\r\n+QUEUED\r\n");
    int script = run_long(FOREVER);
    kit_await(is_busy, NULL, "BUSY");
    kit_raw_text(other, "EXEC\r\n");
    kit_raw_expect(other, "-" ABORTED "\r\n");
    kit_expect(c, "+OK", "SCRIPT", "KILL");
    expect_killed(script);
    kit_raw_text(other, "EXEC\r\n");
    kit_raw_expect(other, "-ERR EXEC without MULTI\r\n");
    kit_expect(c, ":0", "EXISTS", "a");
    kit_expect(c, "+OK", "SET", "k", "2"); /* its watch is over, too */
    kit_raw_text(other, "MULTI\r\nGET k\r\nEXEC\r\n");
    kit_raw_expect(other, "+OK\r\n+QUEUED\r\n*1\r\n$1\r\n2\r\n");
    close(other);
    served_end();
}
END_TEST

/* Though the script holds what they watch. */
START_TEST(watches_end_while_a_script_holds_their_keys)
{
    static const char *const ends[] = {"UNWATCH\r\n", "MULTI\r\nDISCARD\r\n", "RESET\r\n", "MULTI\r\nEXEC\r\n"};
    static const char *const answers[] = {"+OK", "+OK", "+RESET", "+OK"};
    enum { ENDS = sizeof ends / sizeof ends[0] };
    int others[ENDS + 1];
    char line[200];
    begin(_i, SOON);
    for (int i = 0; i < ENDS + 1; i++) {
        others[i] = kit_raw_connect(server);
        kit_raw_text(others[i], "WATCH k\r\n");
        kit_raw_expect(others[i], "+OK\r\n");
    }
    int script = run_long("redis.call('get', KEYS[1]) " FOREVER);
    kit_await(is_busy, NULL, "BUSY");
    for (int i = 0; i < ENDS; i++) {
        kit_raw_text(others[i], ends[i]);
        kit_raw_receive_line(others[i], line, sizeof line);
        ck_assert_str_eq(line, answers[i]);
    }
    close(others[ENDS]);
    kit_expect(c, "+OK", "SCRIPT", "KILL");
    expect_killed(script);
    kit_expect(c, "+OK", "SET", "k", "2");
    kit_raw_receive_line(others[3], line, sizeof line);
    ck_assert_msg(strstr(line, "EXECABORT") != NULL, "%s", line);
    for (int i = 0; i < ENDS; i++) {
        kit_raw_text(others[i], "MULTI\r\nGET k\r\nEXEC\r\n");
        kit_raw_receive_line(others[i], line, sizeof line);
        if (i == 1) /* DISCARD's */
            kit_raw_receive_line(others[i], line, sizeof line);
        kit_raw_expect(others[i], "+QUEUED\r\n*1\r\n$1\r\n2\r\n");
        close(others[i]);
    }
    served_end();
}
END_TEST

/* ---- ends ---- */

START_TEST(what_has_written_ends_only_with_the_server)
{
    begin(_i, SOON);
    int script = run_long("redis.call('set', KEYS[1], 1) " FOREVER);
    kit_await(is_busy, NULL, "BUSY");
    kit_expect(c,
               "-UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait "
               "the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.",
               "SCRIPT", "KILL");
    expect_nothing_yet(script);
    redisAppendCommand(c, _i == 1 ? "SHUTDOWN NOSAVE" : "SHUTDOWN NOW NOSAVE");
    void *reply;
    ck_assert_int_eq(redisGetReply(c, &reply), REDIS_ERR);
    ck_assert_int_eq(kit_wait(server), 0);
    redisFree(c);
    close(script);
    kit_discard(server);
}
END_TEST

START_TEST(a_signal_ends_the_server_in_spite_of_a_script)
{
    begin(_i, NEVER);
    int script = run_long(FOREVER);
    served_end();
    close(script);
}
END_TEST

static const char *const endless[] = {
    "while true do redis.call('get', KEYS[1]) end",
    "while true do redis.pcall('nosuch') end",
    "while true do pcall(redis.call, 'nosuch') end",
    "while true do pcall(function() while true do end end) end",
    "while true do xpcall(function() while true do end end, function() while true do end end) end",
    "while true do coroutine.wrap(function() while true do end end)() end",
    "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
    "while true do pcall(coroutine.wrap(function() pcall(function() while true do end end) end)) end",
    "local function f() return f() end f()",
    "while true do local s = string.rep('x', 1000000) end",
    "while true do string.gsub(string.rep('x', 1000), 'x', function() end) end",
    "while true do pcall(string.gsub, string.rep('x', 1000), 'x', function() while true do end end) end",
    "while true do table.sort({3, 1, 2}, function(a, b) while true do end end) end",
    "string.find(string.rep('a', 30000), string.rep('.-', 20) .. 'b')",
    "while true do pcall(string.find, string.rep('a', 30000), string.rep('.-', 20) .. 'b') end",
    "return setmetatable({}, {__index = function() while true do end end}).x",
    "return tostring(setmetatable({}, {__tostring = function() while true do end end}))",
    "local t = {} for i = 1, 60 do t = {t, t} end return t",
    "local t = {} t[1] = t t[2] = t return t",
    "local t = {} for i = 1, 60 do t = {map = {a = t, b = t}} end return t",
    "local t = {} for i = 1, 1e6 do t[i] = 'x' end while true do table.concat(t) end",
    "while true do loadstring(string.rep('x = 1 ', 10000)) end",
    "while true do redis.sha1hex(string.rep('x', 1000000)) end",
    "local t = {} for i = 1, 30 do t = {t, t} end while true do pcall(cjson.encode, t) pcall(cmsgpack.pack, t) end",
    "return (setmetatable({}, {__concat = function() while true do end end}) .. 'x')",
    "for a in function() return 1 end do end",
};

/* No pcall(), error handler or coroutine of the script keeps it alive. */
START_TEST(an_endless_script_is_killed_whatever_it_is_at)
{
    begin(1, NEVER);
    int script = run_long(endless[_i]);
    kit_expect(c, "+PONG", "PING");
    kit_expect(c, "+OK", "SCRIPT", "KILL");
    expect_killed(script);
    kit_await(no_script_runs, NULL, "the end of the script");
    kit_expect(c, "$v", "EVAL", "return redis.call('get', KEYS[1])", "1", "k");
    served_end();
}
END_TEST

START_TEST(a_script_goes_on_without_its_client)
{
    begin(_i, NEVER);
    close(run_long("redis.call('get', KEYS[1]) " FOREVER));
    kit_expect(c, "+PONG", "PING");
    ck_assert(script_runs(NULL));
    kit_expect(c, "+OK", "SCRIPT", "KILL");
    kit_await(no_script_runs, NULL, "the end of the script");
    kit_expect(c, "$v", "GET", "k");
    served_end();
}
END_TEST

START_TEST(a_script_in_a_transaction_is_killed_and_the_rest_runs)
{
    char line[256];
    begin(_i, SOON);
    int script = kit_raw_connect(server);
    kit_raw_text(script, "MULTI\r\nGET k\r\n");
    send_eval(script, FOREVER);
    kit_raw_text(script, "GET k\r\nEXEC\r\n");
    kit_await(script_runs, NULL, "a script that runs long");
    kit_await(is_busy, NULL, "BUSY");
    kit_expect(c, "+OK", "SCRIPT", "KILL");
    kit_raw_expect(script, "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n$1\r\nv\r\n");
    kit_raw_receive_line(script, line, sizeof line);
    ck_assert_msg(strncmp(line, "-ERR Script killed by user with SCRIPT KILL... script: ", 55) == 0, "%s", line);
    kit_raw_expect(script, "$1\r\nv\r\n");
    close(script);
    served_end();
}
END_TEST

Suite *suite_script_long(void);
Suite *suite_script_long(void)
{
    Suite *suite = suite_create("script_long");
    TCase *before = kit_tcase("meanwhile"), *after = kit_tcase("busy"), *ends = kit_tcase("ends");
    tcase_add_loop_test(before, others_are_served_meanwhile, 1, 3);
    tcase_add_loop_test(before, who_needs_its_key_waits_for_its_end, 1, 3);
    tcase_add_loop_test(before, messages_and_invalidations_are_not_lost, 1, 3);
    tcase_add_loop_test(before, scripts_are_flushed_and_loaded_meanwhile, 1, 3);
    suite_add_tcase(suite, before);
    tcase_add_loop_test(after, all_but_a_few_commands_are_refused_after_the_threshold, 1, 3);
    tcase_add_loop_test(after, a_transaction_that_met_busy_is_discarded, 1, 3);
    tcase_add_loop_test(after, a_transaction_that_is_executed_meanwhile_is_discarded, 1, 3);
    tcase_add_loop_test(after, watches_end_while_a_script_holds_their_keys, 1, 3);
    suite_add_tcase(suite, after);
    tcase_add_loop_test(ends, what_has_written_ends_only_with_the_server, 1, 3);
    tcase_add_loop_test(ends, a_signal_ends_the_server_in_spite_of_a_script, 1, 3);
    tcase_add_loop_test(ends, an_endless_script_is_killed_whatever_it_is_at, 0,
                        (int)(sizeof endless / sizeof endless[0]));
    tcase_add_loop_test(ends, a_script_goes_on_without_its_client, 1, 3);
    tcase_add_loop_test(ends, a_script_in_a_transaction_is_killed_and_the_rest_runs, 1, 3);
    suite_add_tcase(suite, ends);
    return suite;
}
