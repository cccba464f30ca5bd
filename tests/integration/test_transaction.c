/* Transactions: what is queued runs as one or not at all, and not if a watched key has changed. */
#include "kit/served.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static redisContext *other;

static void begin(void)
{
    served_begin(kit_start("--threads", "2"));
    other = kit_connect(server);
}

static void end(void)
{
    redisFree(other);
    kit_expect(c, "+OK", "DEBUG", "CHECK");
    served_end();
}

/* ---- queueing ---- */

START_TEST(what_was_queued_runs_at_exec)
{
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "SET", "key", "1");
    kit_expect(c, "+QUEUED", "INCR", "key");
    kit_expect(c, "+QUEUED", "LPUSH", "key", "no list");
    kit_expect(c, "+QUEUED", "GET", "key");
    kit_expect(other, "nil", "GET", "key");
    kit_expect(c, "[+OK :2 -WRONGTYPE Operation against a key holding the wrong kind of value $2]", "EXEC");
    kit_expect(other, "$2", "GET", "key");
    kit_expect(c, "-ERR EXEC without MULTI", "EXEC");
    kit_expect(c, "-ERR DISCARD without MULTI", "DISCARD");
}
END_TEST

START_TEST(a_refusal_while_queueing_discards_it)
{
    static const char *const refused[][3] = {{"GET"}, {"NOSUCH", "a"}, {"CONFIG", "NOSUCH"}, {"SHUTDOWN", "NOSAVE"}};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        kit_expect(c, "+OK", "MULTI");
        kit_expect(c, "+QUEUED", "SET", "key", "value");
        kit_expect(c, "-ERR ...", refused[i][0], refused[i][1], refused[i][2]);
        kit_expect(c, "+QUEUED", "SET", "key", "value");
        kit_expect(c, "-EXECABORT Transaction discarded because of previous errors.", "EXEC");
        kit_expect(c, ":0", "EXISTS", "key");
    }
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command", "EXEC",
               "now");
    kit_expect(c, "-ERR EXEC without MULTI", "EXEC");
}
END_TEST

START_TEST(nesting_and_watching_within_are_refused_and_harmless)
{
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "-ERR MULTI calls can not be nested", "MULTI");
    kit_expect(c, "-ERR WATCH inside MULTI is not allowed", "WATCH", "key");
    kit_expect(c, "+QUEUED", "UNWATCH");
    kit_expect(c, "[+OK]", "EXEC");
}
END_TEST

START_TEST(discard_reset_and_the_end_forget_it)
{
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "SET", "key", "value");
    kit_expect(c, "+OK", "DISCARD");
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "SET", "key", "value");
    kit_expect(c, "+RESET", "RESET");
    kit_expect(c, ":0", "EXISTS", "key");
    kit_expect(c, "+OK", "WATCH", "key");
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "SET", "key", "value");
    kit_expect(c, "+OK", "QUIT");
    ck_assert_ptr_null(redisCommand(c, "PING"));
    kit_expect(other, ":0", "EXISTS", "key");
    kit_expect(other, "+OK", "SET", "key", "value");
    redisReconnect(c);
}
END_TEST

/* The second queues blobs, which no copy is made of. */
START_TEST(arguments_outlive_their_requests)
{
    static char large[100000];
    memset(large, 'x', sizeof large);
    kit_expect(c, "+OK", "MULTI");
    for (int i = 0; i < 200; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        freeReplyObject(redisCommand(c, "APPEND %s %b", key, large, i % 10 ? (size_t)i : sizeof large));
    }
    redisReply *reply = kit_command(c, "EXEC");
    ck_assert_uint_eq(reply->elements, 200);
    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(reply->element[i]->integer, i % 10 ? i : (int)sizeof large);
    freeReplyObject(reply);
    kit_expect(c, ":100000", "STRLEN", "k10");
    kit_expect(c, ":199", "STRLEN", "k199");
}
END_TEST

START_TEST(commands_that_stop_the_world_may_be_in_it)
{
    kit_expect(c, "+OK", "SET", "key", "value");
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "SELECT", "1");
    kit_expect(c, "+QUEUED", "SET", "key", "one");
    kit_expect(c, "+QUEUED", "SWAPDB", "0", "1");
    kit_expect(c, "+QUEUED", "GET", "key");
    kit_expect(c, "+QUEUED", "SCAN", "0");
    kit_expect(c, "+QUEUED", "SELECT", "0");
    kit_expect(c, "+QUEUED", "FLUSHDB");
    kit_expect(c, "+QUEUED", "DBSIZE");
    kit_expect(c, "[+OK +OK +OK $value [$0 [$key]] +OK +OK :0]", "EXEC");
}
END_TEST

START_TEST(its_effects_are_told_together)
{
    kit_expect(c, "+OK", "DEBUG", "EFFECTS", "START");
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "SET", "a", "1");
    kit_expect(c, "+QUEUED", "GET", "a");
    kit_expect(c, "+QUEUED", "INCRBYFLOAT", "a", "1.5");
    kit_expect(c, "[+OK $1 $2.5]", "EXEC");
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "DEL", "a");
    kit_expect(c, "+QUEUED", "DEL", "a");
    kit_expect(c, "[:1 :0]", "EXEC");
    kit_expect(c, "[[:0 $MULTI] [:0 $SET $a $1] [:0 $SET $a $2.5 $KEEPTTL] [:0 $EXEC] [:0 $DEL $a]]", "DEBUG",
               "EFFECTS", "TAKE");
}
END_TEST

/* ---- watching ---- */

static void expect_broken(redisContext *watcher)
{
    kit_expect(watcher, "+OK", "MULTI");
    kit_expect(watcher, "+QUEUED", "PING");
    kit_expect(watcher, "nil", "EXEC");
}

static void expect_whole(redisContext *watcher)
{
    kit_expect(watcher, "+OK", "MULTI");
    kit_expect(watcher, "+QUEUED", "PING");
    kit_expect(watcher, "[+PONG]", "EXEC");
}

/* What is done to the watched key `w` of database 0, which is "1" before, or absent. */
static const struct {
    bool exists;
    const char *change[6];
    bool breaks;
} changes[] = {
    {true, {"SET", "w", "1"}, true},
    {true, {"GET", "w"}, false},
    {true, {"DEL", "w"}, true},
    {false, {"DEL", "w"}, false},
    {false, {"INCR", "w"}, true},
    {true, {"RENAME", "w", "v"}, true},
    {true, {"RENAME", "v", "w"}, true},
    {true, {"COPY", "v", "w", "REPLACE"}, true},
    {true, {"COPY", "w", "v", "REPLACE"}, false},
    {true, {"MOVE", "w", "1"}, true},
    {true, {"EXPIRE", "w", "100"}, true},
    {true, {"EXPIRE", "w", "-1"}, true},
    {true, {"FLUSHDB"}, true},
    {false, {"FLUSHDB"}, false},
    {true, {"FLUSHALL"}, true},
    {true, {"SWAPDB", "0", "2"}, true},
    {false, {"SWAPDB", "0", "3"}, true},
    {false, {"SWAPDB", "0", "2"}, false},
    {true, {"SWAPDB", "1", "2"}, false},
    {true, {"SET", "v", "3"}, false},
};

START_TEST(a_changed_key_breaks_it)
{
    bool exists = changes[_i].exists;
    kit_expect(other, "+OK", "MSET", "v", "2", "w", "1");
    kit_expect(other, "+OK", "SELECT", "3");
    kit_expect(other, "+OK", "SET", "w", "3");
    kit_expect(other, "+OK", "SELECT", "0");
    if (!exists)
        kit_expect(other, ":1", "DEL", "w");
    kit_expect(c, "+OK", "WATCH", "x", "w");
    freeReplyObject(kit_command_args(other, changes[_i].change));
    (changes[_i].breaks ? expect_broken : expect_whole)(c);
    expect_whole(c); /* EXEC has given up the watches, as it always does */
}
END_TEST

/* Few keys are watched: what comes and goes with a database is told key by key. */
START_TEST(whole_databases_break_it)
{
    kit_expect(other, "+OK", "SELECT", "3");
    kit_expect(other, "+OK", "SET", "w", "3");
    kit_expect(c, "+OK", "WATCH", "w");
    kit_expect(other, "+OK", "SWAPDB", "0", "3");
    kit_expect(other, "+OK", "SWAPDB", "0", "3");
    expect_broken(c); /* it has come and gone */
    kit_expect(c, "+OK", "WATCH", "w");
    kit_expect(other, "+OK", "SWAPDB", "0", "3");
    kit_expect(other, "+OK", "FLUSHALL");
    expect_broken(c);
    kit_expect(c, "+OK", "WATCH", "w");
    kit_expect(other, "+OK", "FLUSHALL");
    kit_expect(other, "+OK", "SWAPDB", "0", "3");
    kit_expect(other, "+OK", "SWAPDB", "3", "3");
    expect_whole(c);
    kit_expect(other, "+OK", "DEBUG", "SET-ACTIVE-EXPIRE", "0");
    kit_expect(other, "+OK", "SET", "w", "3", "PX", "20");
    kit_expect(c, "+OK", "WATCH", "w");
    kit_expect(other, "+OK", "DEBUG", "SLEEP", "0.03");
    kit_expect(other, "+OK", "SWAPDB", "0", "3");
    expect_whole(c); /* what has come had expired before */
    kit_expect(other, "+OK", "SWAPDB", "0", "3");
    kit_expect(other, "+OK", "SET", "w", "3", "PX", "20");
    kit_expect(c, "+OK", "WATCH", "w");
    kit_expect(other, "+OK", "SWAPDB", "0", "3");
    kit_expect(other, "+OK", "DEBUG", "SLEEP", "0.03");
    expect_broken(c); /* it expired afterwards */
    kit_expect(other, "+OK", "DEBUG", "SET-ACTIVE-EXPIRE", "1");
}
END_TEST

/* So many that a flush visits none of them: then all have changed. */
START_TEST(beyond_ten_thousand_watched_keys_a_flush_breaks_all)
{
    char names[1000][8];
    const char *argv[1002] = {"WATCH"};
    for (int count = 9999; count <= 10000; count++) {
        for (int i = 0; i < count; i++) {
            snprintf(names[i % 1000], sizeof names[0], "k%d", i);
            argv[i % 1000 + 1] = names[i % 1000];
            argv[i % 1000 + 2] = NULL;
            if (i % 1000 == 999 || i == count - 1)
                freeReplyObject(kit_command_args(other, argv));
        }
        kit_expect(c, "+OK", "WATCH", "w");
        kit_expect(c, "+OK", "FLUSHDB");
        (count < 10000 ? expect_whole : expect_broken)(c);
        (count < 10000 ? expect_whole : expect_broken)(other);
        kit_expect(c, "+OK", "WATCH", "w");
        expect_whole(c);
    }
}
END_TEST

START_TEST(a_key_is_watched_in_its_database)
{
    kit_expect(c, "+OK", "WATCH", "w");
    kit_expect(c, "+OK", "SELECT", "1");
    kit_expect(c, "+OK", "SET", "w", "1");
    expect_whole(c);
    kit_expect(c, "+OK", "WATCH", "w");
    kit_expect(c, "+OK", "SELECT", "0");
    kit_expect(other, "+OK", "SET", "w", "1");
    expect_whole(c);
    kit_expect(c, "+OK", "WATCH", "w", "w");
    kit_expect(c, "+OK", "SET", "w", "own");
    expect_broken(c);
}
END_TEST

START_TEST(an_expired_key_breaks_it)
{
    kit_expect(c, "+OK", "DEBUG", "SET-ACTIVE-EXPIRE", "0");
    kit_expect(c, "+OK", "SET", "w", "1", "PX", "20");
    kit_expect(c, "+OK", "WATCH", "w");
    kit_expect(other, "+OK", "DEBUG", "SLEEP", "0.03");
    expect_broken(c);
    kit_expect(c, "+OK", "SET", "w", "1", "PX", "20");
    kit_expect(other, "+OK", "DEBUG", "SLEEP", "0.03");
    kit_expect(c, "+OK", "WATCH", "w"); /* it is gone already */
    kit_expect(other, ":0", "DEL", "w");
    expect_whole(c);
}
END_TEST

START_TEST(watches_are_given_up)
{
    kit_expect(c, "+OK", "WATCH", "w");
    kit_expect(other, "+OK", "SET", "w", "1");
    kit_expect(c, "+OK", "UNWATCH");
    expect_whole(c);
    kit_expect(c, "+OK", "WATCH", "w");
    kit_expect(c, "+OK", "MULTI");
    kit_expect(other, "+OK", "SET", "w", "2");
    kit_expect(c, "+OK", "DISCARD");
    expect_whole(c);
    kit_expect(c, "+OK", "WATCH", "w");
    kit_expect(other, "+OK", "SET", "w", "3");
    kit_expect(c, "+RESET", "RESET");
    expect_whole(c);
}
END_TEST

START_TEST(an_evicted_key_breaks_it)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory-policy", "volatile-ttl", "maxmemory", "20mb");
    kit_expect(c, "+OK", "SET", "w", "value", "EX", "1000"); /* nothing else may be evicted */
    kit_expect(c, "+OK", "WATCH", "w");
    for (int i = 0; kit_integer(other, "EXISTS", "w"); i++) {
        ck_assert_int_lt(i, 1000);
        redisReply *reply = redisCommand(other, "SET filler%d %0100000d", i, 1);
        ck_assert_ptr_nonnull(reply);
        freeReplyObject(reply);
    }
    expect_broken(c);
}
END_TEST

/* ---- who may ---- */

START_TEST(rights_are_asked_for_again_at_exec)
{
    kit_expect(c, "+OK", "ACL", "SETUSER", "alice", "on", "nopass", "+@all", "~*");
    kit_expect(other, "+OK", "AUTH", "alice", "");
    kit_expect(other, "+OK", "MULTI");
    kit_expect(other, "+QUEUED", "SET", "key", "1");
    kit_expect(other, "+QUEUED", "SET", "other", "1");
    kit_expect(other, "+QUEUED", "GET", "key");
    kit_expect(c, "+OK", "ACL", "SETUSER", "alice", "resetkeys", "~key", "-get");
    kit_expect(other,
               "[+OK -NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. "
               "This command is no longer allowed for the following reason: no permission to touch the specified keys "
               "-NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This "
               "command is no longer allowed for the following reason: no permission to execute the command or "
               "subcommand]",
               "EXEC");
    kit_expect(other, "+OK", "MULTI");
    kit_expect(c, "+OK", "ACL", "SETUSER", "alice", "-exec");
    kit_expect(other,
               "-EXECABORT Transaction discarded because of: NOPERM User alice has no permissions to run the "
               "'exec' command",
               "EXEC");
    kit_expect(c, "$multi", "DEBUG", "INSIDE", "ECHO", "multi");
}
END_TEST

START_TEST(nobody_begins_one_before_logging_in)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "requirepass", "secret");
    redisContext *stranger = kit_connect(server);
    kit_expect(stranger, "-NOAUTH Authentication required.", "MULTI");
    kit_expect(stranger, "-EXECABORT Transaction discarded because of: NOAUTH Authentication required.", "EXEC");
    redisFree(stranger);
}
END_TEST

/* ---- limits ---- */

START_TEST(what_may_be_queued_is_limited)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "client-query-buffer-limit", "1mb");
    kit_expect(other, "+OK", "MULTI");
    redisReply *reply = redisCommand(other, "SET key %0100d", 1);
    long long rounds = 0;
    while (reply && rounds++ < 100000) {
        freeReplyObject(reply);
        reply = redisCommand(other, "SET key %0100d", 1);
    }
    ck_assert_ptr_null(reply);
    ck_assert_int_gt(rounds, 1000);
    kit_await_log(server, "what it has queued and watches is larger than client-query-buffer-limit");
    redisReconnect(other);
    kit_expect(other, ":0", "EXISTS", "key");
}
END_TEST

START_TEST(no_room_in_memory_discards_it)
{
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "SET", "key", "value");
    kit_expect(other, "+OK", "CONFIG", "SET", "maxmemory", "1");
    kit_expect(c,
               "-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > "
               "'maxmemory'.",
               "EXEC");
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "-OOM command not allowed when used memory > 'maxmemory'.", "SET", "key", "value");
    kit_expect(c, "-EXECABORT Transaction discarded because of previous errors.", "EXEC");
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "GET", "key");
    kit_expect(c, "[nil]", "EXEC");
}
END_TEST

START_TEST(it_is_shown_and_counts_as_the_clients_memory)
{
    kit_expect(c, "+OK", "CLIENT", "SETNAME", "me");
    kit_expect(c, "+OK", "WATCH", "w");
    kit_expect(other, "+OK", "SET", "w", "1");
    kit_expect(c, "+OK", "MULTI");
    for (int i = 0; i < 3; i++)
        kit_expect(c, "+QUEUED", "PING");
    redisReply *list = kit_command(other, "CLIENT", "LIST");
    const char *line = strstr(list->str, "name=me");
    ck_assert_ptr_nonnull(line);
    ck_assert_ptr_nonnull(strstr(line, "flags=xdU "));
    ck_assert_ptr_nonnull(strstr(line, "multi=3 "));
    freeReplyObject(list);
    kit_expect(c, "nil", "EXEC");
}
END_TEST

/* Half a reply would put the connection out of step. */
START_TEST(silence_within_leaves_out_all_of_the_reply)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "MULTI\r\nCLIENT REPLY OFF\r\nSET key value\r\nEXEC\r\nPING\r\nCLIENT REPLY ON\r\nGET key\r\n");
    kit_raw_expect(fd, "+OK\r\n+QUEUED\r\n+QUEUED\r\n+OK\r\n$5\r\nvalue\r\n");
    kit_raw_text(fd, "MULTI\r\nCLIENT REPLY OFF\r\nSET key value\r\nCLIENT REPLY ON\r\nEXEC\r\nPING\r\n");
    kit_raw_expect(fd, "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+PONG\r\n");
    kit_raw_text(fd, "MULTI\r\nCLIENT REPLY SKIP\r\nGET key\r\nEXEC\r\nGET key\r\nPING\r\n");
    kit_raw_expect(fd, "+OK\r\n+QUEUED\r\n+QUEUED\r\n+PONG\r\n");
    close(fd);
}
END_TEST

/* A pause of writes holds a transaction that writes until its end, and no other. */
START_TEST(a_pause_of_writes_holds_it)
{
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "SET", "key", "value");
    kit_expect(other, "+OK", "CLIENT", "PAUSE", "100000", "WRITE");
    redisAppendCommand(c, "EXEC");
    int done = 0;
    while (!done)
        redisBufferWrite(c, &done);
    kit_expect(other, "+OK", "MULTI");
    kit_expect(other, "+QUEUED", "GET", "key");
    kit_expect(other, "[nil]", "EXEC");
    kit_expect(other, "+OK", "CLIENT", "UNPAUSE");
    kit_expect_next(c, "[+OK]");
}
END_TEST

Suite *suite_transaction(void);
Suite *suite_transaction(void)
{
    Suite *suite = suite_create("transaction");
    TCase *tcase = kit_tcase("transaction");
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, what_was_queued_runs_at_exec);
    tcase_add_test(tcase, a_refusal_while_queueing_discards_it);
    tcase_add_test(tcase, nesting_and_watching_within_are_refused_and_harmless);
    tcase_add_test(tcase, discard_reset_and_the_end_forget_it);
    tcase_add_test(tcase, arguments_outlive_their_requests);
    tcase_add_test(tcase, commands_that_stop_the_world_may_be_in_it);
    tcase_add_test(tcase, its_effects_are_told_together);
    tcase_add_loop_test(tcase, a_changed_key_breaks_it, 0, (int)(sizeof changes / sizeof changes[0]));
    tcase_add_test(tcase, whole_databases_break_it);
    tcase_add_test(tcase, beyond_ten_thousand_watched_keys_a_flush_breaks_all);
    tcase_add_test(tcase, a_key_is_watched_in_its_database);
    tcase_add_test(tcase, an_expired_key_breaks_it);
    tcase_add_test(tcase, watches_are_given_up);
    tcase_add_test(tcase, an_evicted_key_breaks_it);
    tcase_add_test(tcase, rights_are_asked_for_again_at_exec);
    tcase_add_test(tcase, what_may_be_queued_is_limited);
    tcase_add_test(tcase, no_room_in_memory_discards_it);
    tcase_add_test(tcase, it_is_shown_and_counts_as_the_clients_memory);
    tcase_add_test(tcase, silence_within_leaves_out_all_of_the_reply);
    tcase_add_test(tcase, a_pause_of_writes_holds_it);
    suite_add_tcase(suite, tcase);
    TCase *strangers = served_tcase("strangers");
    tcase_add_test(strangers, nobody_begins_one_before_logging_in);
    suite_add_tcase(suite, strangers);
    return suite;
}
