/*
 * Scripts beside everything else: what is known by its SHA-1, flags, transactions, watches, waiters, pauses, events,
 * tracking and effects. test_script_replies.c has what they answer.
 */
#include "kit/waiters.h"

#include <check.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOSCRIPT "-NOSCRIPT No matching script. Please use EVAL."

static char *load(const char *script)
{
    redisReply *reply = kit_command(c, "SCRIPT", "LOAD", script);
    ck_assert_int_eq(reply->type, REDIS_REPLY_STRING);
    char *sha = strdup(reply->str);
    freeReplyObject(reply);
    return sha;
}

/* ---- the scripts that are known ---- */

START_TEST(scripts_are_known_by_their_sha_on_every_worker)
{
    char *sha = load("return ARGV[1]"), upper[41];
    for (int i = 0; i <= 40; i++)
        upper[i] = (char)(sha[i] >= 'a' ? sha[i] - 'a' + 'A' : sha[i]);
    kit_expect(c, "[:1 :0 :1]", "SCRIPT", "EXISTS", sha, "ffffffffffffffffffffffffffffffffffffffff", upper);
    for (int i = 0; i < 8; i++) {
        redisContext *other = kit_connect(server);
        kit_expect(other, "$x", "EVALSHA", sha, "0", "x");
        kit_expect(other, "$y", "EVALSHA", upper, "0", "y");
        kit_expect(other, "$z", "EVALSHA_RO", sha, "0", "z");
        redisFree(other);
    }
    kit_expect(c, "+OK", "SCRIPT", "FLUSH", "ASYNC");
    for (int i = 0; i < 8; i++) {
        redisContext *other = kit_connect(server);
        kit_expect(other, NOSCRIPT, "EVALSHA", sha, "0", "x");
        redisFree(other);
    }
    kit_expect(c, "$e", "EVAL", "return ARGV[1]", "0", "e");
    kit_expect(c, "[:1]", "SCRIPT", "EXISTS", sha);
    free(sha);
}
END_TEST

START_TEST(what_is_wrong_with_a_request_is_said)
{
    static const struct {
        const char *args[6], *reply;
    } cases[] = {
        {{"EVAL", "return 1"}, "-ERR wrong number of arguments for 'eval' command"},
        {{"EVAL", "return 1", "x"}, "-ERR value is not an integer or out of range"},
        {{"EVAL", "return 1", "-1"}, "-ERR Number of keys can't be negative"},
        {{"EVAL", "return 1", "3", "a"}, "-ERR Number of keys can't be greater than number of args"},
        {{"EVALSHA", "xyz", "0"}, NOSCRIPT},
        {{"EVALSHA", "ffffffffffffffffffffffffffffffffffffffff", "0"}, NOSCRIPT},
        {{"EVALSHA", "ffffffffffffffffffffffffffffffffffffffff", "1"},
         "-ERR Number of keys can't be greater than number of args"},
        {{"SCRIPT", "LOAD", "retur"},
         "-ERR Error compiling script (new function): user_script:1: '=' expected near '<eof>'"},
        {{"SCRIPT", "LOAD", "#!x"}, "-ERR Invalid script shebang"},
        {{"SCRIPT", "LOAD", "#!x\n"}, "-ERR Unexpected engine in script shebang: #!x"},
        {{"SCRIPT", "KILL"}, "-NOTBUSY No scripts in execution right now."},
        {{"SCRIPT", "FLUSH", "x"}, "-ERR SCRIPT FLUSH only support SYNC|ASYNC option"},
        {{"SCRIPT", "FLUSH", "sync", "x"}, "-ERR SCRIPT FLUSH only support SYNC|ASYNC option"},
        {{"SCRIPT", "EXISTS"}, "-ERR wrong number of arguments for 'script|exists' command"},
        {{"SCRIPT", "FOO"}, "-ERR unknown subcommand 'FOO'. Try SCRIPT HELP."},
        {{"EVAL_RO", "return redis.call('set', 'x', 1)", "0"},
         "-ERR Write commands are not allowed from read-only scripts. script: ..."},
        {{"EVAL_RO", "#!lua\nreturn 1", "0"}, "-ERR Can not execute a script with write flag using *_ro command."},
        {{"EVAL_RO", "#!lua flags=no-writes\nreturn 1", "0"}, ":1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        kit_expect_at(__FILE__, __LINE__, c, cases[i].reply, cases[i].args);
}
END_TEST

/* ---- what lasts ---- */

START_TEST(a_script_leaves_no_database_no_protocol_and_no_globals_behind)
{
    kit_expect(c, "+OK", "EVAL", "redis.call('select', 3) return redis.call('set', 'there', 1)", "0");
    kit_expect(c, ":0", "EXISTS", "there");
    kit_expect(c, "+OK", "SET", "here", "1");
    kit_expect(c, ":1", "EVAL", "redis.setresp(3) return redis.call('exists', 'here')", "0");
    kit_expect(c, ":0", "EVAL", "return #KEYS + #ARGV", "0");
    kit_expect(c, ":4", "EVAL", "return #KEYS + #ARGV", "1", "a", "b", "c", "d");
    kit_expect(c, ":0", "EVAL", "return #KEYS + #ARGV", "0");
    kit_expect(c, "-ERR DB index is out of range script: ...", "EVAL",
               "redis.call('select', 3) redis.call('select', 99)", "0");
    kit_expect(c, ":1", "EXISTS", "here");
    kit_expect(c, "+OK", "SELECT", "3");
    kit_expect(c, "$1", "GET", "there");
}
END_TEST

/* As many arguments as Lua allows; replies need room on the same stack. */
START_TEST(a_command_gets_as_many_arguments_as_unpack_gives)
{
    kit_expect(c, ":7999", "EVAL",
               "local t = {} for i = 1, 7999 do t[i] = 1 end return redis.call('rpush', 'l', unpack(t, 1, 7990)) + "
               "redis.call('rpush', 'm', unpack(t, 1, 9))",
               "0");
    kit_expect(c, ":100", "EVAL",
               "local t = {} for i = 1, 7990 do t[i] = 'l' end for i = 1, 100 do redis.call('exists', unpack(t)) end "
               "return 100",
               "0");
}
END_TEST

/* ---- transactions and watches ---- */

START_TEST(a_transaction_holds_scripts)
{
    char *sha = load("return redis.call('incrby', KEYS[1], ARGV[1])");
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "SET", "k", "1");
    kit_expect(c, "+QUEUED", "EVALSHA", sha, "1", "k", "5");
    kit_expect(c, "+QUEUED", "EVAL", "return redis.call('incr', 'undeclared')", "0");
    kit_expect(c, "+QUEUED", "EVAL", "error('x')", "0");
    kit_expect(c, "+QUEUED", "EVAL", "redis.call('select', 2)", "0");
    kit_expect(c, "+QUEUED", "GET", "k");
    redisReply *reply = kit_command(c, "EXEC");
    ck_assert_uint_eq(reply->elements, 6);
    ck_assert_int_eq(reply->element[1]->integer, 6);
    ck_assert_int_eq(reply->element[2]->integer, 1);
    ck_assert_int_eq(reply->element[3]->type, REDIS_REPLY_ERROR);
    ck_assert_str_eq(reply->element[5]->str, "6");
    freeReplyObject(reply);
    free(sha);
}
END_TEST

START_TEST(a_watch_sees_what_a_script_changes)
{
    static const struct {
        const char *script;
        bool changes;
    } cases[] = {
        {"redis.call('set', KEYS[1], 1)", true},
        {"redis.call('set', 'k', 1)", true},
        {"redis.pcall('incr', 'k') redis.call('nosuch')", true},
        {"redis.call('get', KEYS[1])", false},
        {"redis.call('set', 'other', 1)", false},
        {"redis.call('select', 1) redis.call('set', 'k', 1)", false},
        {"redis.call('flushall')", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        redisContext *other = kit_connect(server);
        kit_expect(c, "+OK", "SET", "k", "5");
        kit_expect(c, "+OK", "WATCH", "k");
        freeReplyObject(kit_command(other, "EVAL", cases[i].script, "1", "k"));
        kit_expect(c, "+OK", "MULTI");
        kit_expect(c, "+QUEUED", "PING");
        kit_expect(c, cases[i].changes ? "nil" : "[+PONG]", "EXEC");
        redisFree(other);
    }
}
END_TEST

/* ---- waiters ---- */

START_TEST(waiters_get_what_the_script_has_left)
{
    int list = waiter("BLPOP l 0\r\n", 0), chain = waiter("BLMOVE from to LEFT RIGHT 0\r\n", 1);
    int zset = waiter("BZPOPMIN z 0\r\n", 2);
    kit_expect(c, ":0", "EVAL", "redis.call('rpush', 'l', 'a') redis.call('del', 'l') return redis.call('exists', 'l')",
               "0");
    kit_expect(c, ":1", "EVAL",
               "redis.call('rpush', 'from', 'x') redis.call('lpop', 'from') return redis.call('rpush', KEYS[1], 'y')",
               "1", "from");
    kit_raw_expect(chain, "$1\r\ny\r\n");
    expect_waits(list);
    kit_expect(c, ":2", "EVAL",
               "redis.call('rpush', 'l', 'a', 'b') redis.call('zadd', 'z', 2, 'two', 1, 'one') redis.call('lpop', 'l') "
               "return redis.call('rpush', 'l', 'c')",
               "0");
    kit_raw_expect(list, "*2\r\n$1\r\nl\r\n$1\r\nb\r\n");
    kit_raw_expect(zset, "*3\r\n$1\r\nz\r\n$3\r\none\r\n$1\r\n1\r\n");
    kit_expect(c, "[$c]", "LRANGE", "l", "0", "-1");
    kit_expect(c, "[$y]", "LRANGE", "to", "0", "-1");
    kit_expect(c, ":1", "ZCARD", "z");
    close(list), close(chain), close(zset);
}
END_TEST

/* Also when the script fails behind its write. */
START_TEST(waiters_get_what_a_failed_script_has_left)
{
    int list = waiter("BLPOP l 0\r\n", 0);
    kit_expect(c, "-ERR user_script:1: failed script: ...", "EVAL", "redis.call('rpush', 'l', 'a') error('failed')",
               "0");
    kit_raw_expect(list, "*2\r\n$1\r\nl\r\n$1\r\na\r\n");
    close(list);
}
END_TEST

/* ---- CLIENT PAUSE ---- */

START_TEST(a_pause_for_writes_holds_scripts_that_may_write)
{
    int writer = kit_raw_connect(server);
    kit_expect(c, "+OK", "SET", "k", "v");
    kit_expect(c, "+OK", "CLIENT", "PAUSE", "100000", "WRITE");
    kit_expect(c, "$v", "EVAL_RO", "return redis.call('get', KEYS[1])", "1", "k");
    kit_raw_text(writer, "EVAL \"return redis.call('set', KEYS[1], 'w')\" 1 k\r\n");
    await_waiting(1);
    kit_expect(c, "$v", "GET", "k");
    kit_expect(c, "+OK", "CLIENT", "UNPAUSE");
    kit_raw_expect(writer, "+OK\r\n");
    kit_expect(c, "$w", "GET", "k");
    close(writer);
}
END_TEST

/* ---- who hears of it ---- */

START_TEST(events_and_invalidations_come_as_from_the_commands)
{
    char line[64];
    int listener = kit_raw_connect(server), tracker = kit_raw_connect(server);
    kit_expect(c, "+OK", "CONFIG", "SET", "notify-keyspace-events", "KA");
    kit_expect(c, "+OK", "SET", "k", "v");
    kit_raw_text(listener, "PSUBSCRIBE __key*\r\n");
    kit_raw_receive_line(listener, line, sizeof line);
    kit_raw_expect(listener, "$10\r\npsubscribe\r\n$6\r\n__key*\r\n:1\r\n");
    kit_raw_text(tracker, "HELLO 3\r\nCLIENT TRACKING ON\r\nGET k\r\n");
    do
        kit_raw_receive_line(tracker, line, sizeof line);
    while (strcmp(line, "$1") != 0);
    kit_raw_expect(tracker, "v\r\n");
    kit_expect(c, ":1", "EVAL",
               "redis.call('set', KEYS[1], 1) redis.call('lpush', 'l', 1) return redis.call('del', 'l')", "1", "k");
    kit_raw_expect(tracker, ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n");
    kit_raw_expect(listener, "*4\r\n$8\r\npmessage\r\n$6\r\n__key*\r\n$16\r\n__keyspace@0__:k\r\n$3\r\nset\r\n"
                             "*4\r\n$8\r\npmessage\r\n$6\r\n__key*\r\n$16\r\n__keyspace@0__:l\r\n$5\r\nlpush\r\n"
                             "*4\r\n$8\r\npmessage\r\n$6\r\n__key*\r\n$16\r\n__keyspace@0__:l\r\n$3\r\ndel\r\n");
    close(listener), close(tracker);
}
END_TEST

/* What a script reads with tracking on is tracked for its client. */
START_TEST(keys_that_a_script_reads_are_tracked)
{
    char line[64];
    int tracker = kit_raw_connect(server);
    kit_expect(c, "+OK", "MSET", "k", "v", "m", "w");
    kit_raw_text(tracker, "HELLO 3\r\nCLIENT TRACKING ON\r\nEVAL \"return redis.call('get', KEYS[1])\" 1 k\r\n");
    do
        kit_raw_receive_line(tracker, line, sizeof line);
    while (strcmp(line, "$1") != 0);
    kit_raw_expect(tracker, "v\r\n");
    kit_expect(c, "+OK", "SET", "k", "1");
    kit_raw_expect(tracker, ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n");
    close(tracker);
}
END_TEST

START_TEST(effects_of_a_script_are_one_group_of_what_it_did)
{
    kit_expect(c, "+OK", "DEBUG", "EFFECTS", "START");
    static const char script[] = "redis.call('SET', KEYS[1], 1) redis.call('get', KEYS[1]) redis.call('SET', 'u', 2) "
                                 "return redis.call('INCR', KEYS[1])";
    kit_expect(c, ":2", "EVAL", script, "1", "k");
    kit_expect(c, "nil", "EVAL", "redis.call('get', KEYS[1])", "1", "k");
    kit_expect(c, "-ERR user_script:1: x script: ...", "EVAL", "redis.call('SET', 'e', 1) error('x')", "0");
    kit_expect(c, "[[:0 $MULTI] [:0 $SET $k $1] [:0 $SET $u $2] [:0 $INCR $k] [:0 $EXEC] [:0 $SET $e $1]]", "DEBUG",
               "EFFECTS", "TAKE");
}
END_TEST

/* ---- rights ---- */

START_TEST(a_user_may_call_from_a_script_what_it_may_call_itself)
{
    redisContext *joe = kit_connect(server);
    kit_expect(c, "+OK", "ACL", "SETUSER", "joe", "on", "nopass", "~a*", "&*", "+@all", "-set", "-@admin");
    kit_expect(joe, "+OK", "AUTH", "joe", "x");
    kit_expect(joe, ":1", "EVAL", "return redis.call('append', KEYS[1], 'x')", "1", "a1");
    kit_expect(joe, "-NOPERM No permissions to access a key", "EVAL", "return 1", "1", "b1");
    kit_expect(joe, "-ERR ACL failure in script: User joe has no permissions to run the 'set' command script: ...",
               "EVAL", "return redis.call('set', KEYS[1], 'x')", "1", "a1");
    kit_expect(joe, "-ERR ACL failure in script: No permissions to access a key script: ...", "EVAL",
               "return redis.call('get', 'b1')", "0");
    kit_expect(joe, "[:1 nil nil]", "EVAL",
               "return {redis.acl_check_cmd('get', 'a1'), redis.acl_check_cmd('get', 'b1'), redis.acl_check_cmd('set', "
               "'a1', 1)}",
               "0");
    redisFree(joe);
}
END_TEST

/* ---- memory ---- */

#define NO_ROOM "OOM command not allowed when used memory > 'maxmemory'."
#define LIBRARY                                                                                                        \
    "#!lua name=l\nlocal function one() return 1 end redis.register_function('plain', one) "                           \
    "redis.register_function{function_name='oom', callback=one, flags={'allow-oom'}} "                                 \
    "redis.register_function{function_name='reads', callback=one, flags={'no-writes'}}"

/* One that has flags, and doesn't say that it needs no room. */
START_TEST(without_memory_a_script_runs_only_if_its_flags_say_so)
{
    static const struct {
        const char *args[4], *reply;
    } cases[] = {
        {{"EVAL", "return 1", "0"}, ":1"},
        {{"EVAL", "return redis.pcall('set', 'k', 'v')", "0"}, "-" NO_ROOM},
        {{"EVAL", "#!lua\nreturn 1", "0"}, "-" NO_ROOM},
        {{"EVAL", "#!lua\nreturn 1", "x"}, "-" NO_ROOM},
        {{"EVAL_RO", "#!lua\nreturn 1", "0"}, "-" NO_ROOM},
        {{"EVAL", "#!lua flags=no-cluster\nreturn 1", "0"}, "-" NO_ROOM},
        {{"EVAL", "#!lua flags=nosuch\nreturn 1", "0"}, "-ERR Unexpected flag in script shebang: nosuch"},
        {{"EVAL", "#!lua flags=no-writes\nreturn 1", "0"}, ":1"},
        {{"EVAL", "#!lua flags=allow-oom\nreturn redis.call('set', 'k', 'v')", "0"}, "+OK"},
        {{"EVALSHA", "ffffffffffffffffffffffffffffffffffffffff", "0"},
         "-NOSCRIPT No matching script. Please use EVAL."},
        {{"FCALL", "plain", "0"}, "-" NO_ROOM},
        {{"FCALL_RO", "plain", "0"}, "-" NO_ROOM},
        {{"FCALL", "oom", "0"}, ":1"},
        {{"FCALL", "reads", "0"}, ":1"},
        {{"FCALL", "nosuch", "0"}, "-ERR Function not found"},
    };
    kit_expect(c, "$l", "FUNCTION", "LOAD", LIBRARY);
    redisReply *sha = kit_command(c, "SCRIPT", "LOAD", "#!lua\nreturn 1");
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory", "1");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        kit_expect_at(__FILE__, __LINE__, c, cases[i].reply, cases[i].args);
    kit_expect(c, "-" NO_ROOM, "EVALSHA", sha->str, "0");
    freeReplyObject(sha);
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "-" NO_ROOM, "FCALL", "plain", "0");
    kit_expect(c, "-EXECABORT Transaction discarded because of previous errors.", "EXEC");
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory", "0");
    kit_expect(c, ":1", "FCALL", "plain", "0"); /* at once */
}
END_TEST

START_TEST(a_transaction_asks_for_its_scripts_and_they_ask_again)
{
    redisContext *other = kit_connect(server);
    kit_expect(c, "$l", "FUNCTION", "LOAD", LIBRARY);
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "FCALL", "plain", "0");
    kit_expect(other, "+OK", "CONFIG", "SET", "maxmemory", "1");
    kit_expect(c, "-EXECABORT Transaction discarded because of: " NO_ROOM, "EXEC");
    kit_expect(other, "+OK", "CONFIG", "SET", "maxmemory", "0");
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "FCALL", "plain", "0");
    kit_expect(c, "+QUEUED", "CONFIG", "SET", "maxmemory", "1");
    kit_expect(c, "+QUEUED", "FCALL", "plain", "0");
    kit_expect(c, "+QUEUED", "CONFIG", "SET", "maxmemory", "0");
    kit_expect(c, "+QUEUED", "FCALL", "plain", "0");
    kit_expect(
        c,
        "[:1 +OK -OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory' +OK "
        ":1]",
        "EXEC");
    redisFree(other);
}
END_TEST

/* ---- DEBUG ---- */

static void expect_map(const char *expected)
{
    kit_expect(c, expected, "EVAL",
               "redis.call('set', 'k', 'v', 'px', 1) redis.call('debug', 'sleep', 0.01) redis.setresp(3) "
               "return {redis.call('exists', 'k'), redis.call('debug', 'protocol', 'map').map[1]}",
               "0");
}

/* Which shows scripts all types of replies; and time stands still in a script. */
START_TEST(scripts_call_debug_where_that_is_allowed)
{
    expect_map("-ERR This Redis command is not allowed from script script: ...");
    kit_expect(c, "+OK", "DEBUG", "SET-DISABLE-DENY-SCRIPTS", "1");
    expect_map("[:1 :1]");
    kit_expect(c, ":0", "EXISTS", "k");
    kit_expect(c, "-ERR This Redis command is not allowed from script script: ...", "EVAL",
               "redis.call('eval', 'return 1', 0)", "0");
    kit_expect(c, "+OK", "DEBUG", "SET-DISABLE-DENY-SCRIPTS", "0");
    expect_map("-ERR This Redis command is not allowed from script script: ...");
}
END_TEST

Suite *suite_scripts(void);
Suite *suite_scripts(void)
{
    Suite *suite = suite_create("scripts");
    TCase *tcase = served_tcase("scripts");
    tcase_add_test(tcase, scripts_are_known_by_their_sha_on_every_worker);
    tcase_add_test(tcase, what_is_wrong_with_a_request_is_said);
    tcase_add_test(tcase, a_script_leaves_no_database_no_protocol_and_no_globals_behind);
    tcase_add_test(tcase, a_command_gets_as_many_arguments_as_unpack_gives);
    tcase_add_test(tcase, a_transaction_holds_scripts);
    tcase_add_test(tcase, a_watch_sees_what_a_script_changes);
    tcase_add_test(tcase, waiters_get_what_the_script_has_left);
    tcase_add_test(tcase, waiters_get_what_a_failed_script_has_left);
    tcase_add_test(tcase, a_pause_for_writes_holds_scripts_that_may_write);
    tcase_add_test(tcase, events_and_invalidations_come_as_from_the_commands);
    tcase_add_test(tcase, keys_that_a_script_reads_are_tracked);
    tcase_add_test(tcase, effects_of_a_script_are_one_group_of_what_it_did);
    tcase_add_test(tcase, a_user_may_call_from_a_script_what_it_may_call_itself);
    tcase_add_test(tcase, without_memory_a_script_runs_only_if_its_flags_say_so);
    tcase_add_test(tcase, a_transaction_asks_for_its_scripts_and_they_ask_again);
    tcase_add_test(tcase, scripts_call_debug_where_that_is_allowed);
    suite_add_tcase(suite, tcase);
    return suite;
}
