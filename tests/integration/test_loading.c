/*
 * Loading at start: what a snapshot holds is there again, clients are told LOADING meanwhile, and a file that can't be
 * loaded ends the server. Where the test has to look at a server that loads, the file is a pipe, of which the test gives
 * as much as it likes.
 */
#include "kit/kit.h"
#include "kit/served.h"
#include "kit/suites.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ends the server, which keeps its folder, and connects to the next one. */
static void start_again(void)
{
    redisFree(c);
    kit_kill(server);
    kit_start_again(server);
    c = kit_connect(server);
}

static char *digest(void)
{
    redisReply *reply = kit_command(c, "DEBUG", "DIGEST");
    char *text = kit_reply_text(reply);
    freeReplyObject(reply);
    return text;
}

/* A collection beyond its small form. words: of each element, 1 or 2 */
static void fill_large(const char *command, const char *key, unsigned words)
{
    char word[32];
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(word, sizeof word, "%u", i * 7919 % 3000);
        freeReplyObject(words == 1 ? kit_command(c, command, key, word) : kit_command(c, command, key, word, word));
    }
}

static void fill(void)
{
    kit_expect(c, "+OK", "SET", "text", "a \x01 value");
    kit_expect(c, "+OK", "SET", "number", "-12345678901");
    kit_expect(c, "+OK", "SET", "for-long", "x", "PXAT", "4102444800000");
    kit_expect(c, ":2", "RPUSH", "list", "a", "1");
    kit_expect(c, ":2", "SADD", "numbers", "3", "-70000");
    kit_expect(c, ":2", "SADD", "set", "3", "three");
    kit_expect(c, ":1", "ZADD", "zset", "1.5", "m");
    kit_expect(c, ":1", "HSET", "hash", "f", "v");
    kit_expect(c, "[:1]", "HPEXPIREAT", "hash", "4102444800000", "FIELDS", "1", "f");
    kit_expect(c, "$1-1", "XADD", "stream", "1-1", "f", "v");
    kit_expect(c, "+OK", "XGROUP", "CREATE", "stream", "group", "0");
    kit_expect(c, "[[$stream [[$1-1 [$f $v]]]]]", "XREADGROUP", "GROUP", "group", "me", "STREAMS", "stream", ">");
    kit_expect(c, ":1", "PFADD", "hll", "one");
    fill_large("RPUSH", "large-list", 1);
    fill_large("SADD", "large-set", 1);
    fill_large("ZADD", "large-zset", 2);
    fill_large("HSET", "large-hash", 2);
    kit_expect(c, "+OK", "SELECT", "15");
    kit_expect(c, "+OK", "SET", "text", "of another database");
    kit_expect(c, "+OK", "SELECT", "0");
    kit_expect(c, "$lib", "FUNCTION", "LOAD",
               "#!lua name=lib\nredis.register_function('answer', function() return 42 end)");
}

START_TEST(all_of_a_snapshot_is_there_again)
{
    fill();
    kit_expect(c, "+OK", "SAVE");
    char *before = digest();
    start_again();
    char *after = digest();
    ck_assert_str_eq(after, before);
    kit_expect(c, ":42", "FCALL", "answer", "0");
    kit_expect(c, ":4102444800000", "PEXPIRETIME", "for-long");
    kit_expect(c, "[:4102444800000]", "HPEXPIRETIME", "hash", "FIELDS", "1", "f");
    kit_expect(c, "$skiplist", "OBJECT", "ENCODING", "large-zset");
    ck_assert_int_eq(kit_info(c, "rdb_last_load_keys_loaded"), 15);
    ck_assert_int_eq(kit_info(c, "rdb_changes_since_last_save"), 0);
    free(before);
    free(after);
}
END_TEST

START_TEST(what_has_expired_is_left_out)
{
    kit_expect(c, "+OK", "SET", "stays", "x");
    kit_expect(c, "+OK", "SET", "goes", "x", "PX", "1");
    kit_expect(c, "+OK", "DEBUG", "SET-ACTIVE-EXPIRE", "0");
    kit_expect(c, "+OK", "SAVE");
    start_again(); /* which takes more than a millisecond */
    kit_expect(c, ":1", "DBSIZE");
    ck_assert_int_eq(kit_info(c, "rdb_last_load_keys_expired"), 1);
    ck_assert_int_eq(kit_info(c, "rdb_last_load_keys_loaded"), 1);
}
END_TEST

START_TEST(nothing_is_loaded_where_nothing_was_saved)
{
    kit_expect(c, "+OK", "SET", "key", "x");
    start_again();
    kit_expect(c, ":0", "DBSIZE");
    ck_assert_int_eq(kit_info(c, "loading"), 0);
}
END_TEST

/* ---- while it loads ---- */

static const char head[] = "REDIS0010\xfe\x00\x00\x01"
                           "a\x01"
                           "1";
static const char rest[] = "\x00\x01"
                           "b\x01"
                           "2\xff\0\0\0\0\0\0\0"; /* the NUL at the end is the checksum's last byte */

/* The server again, with a pipe for a snapshot; returns its other end. */
static int start_on_a_pipe(void)
{
    const char *path = scratch_path(server->folder, "dump.rdb");
    redisFree(c);
    kit_kill(server);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, head, sizeof head - 1), (ssize_t)sizeof head - 1);
    kit_start_loading(server);
    c = kit_connect(server);
    return fd;
}

static bool has_loaded(void *unused)
{
    (void)unused;
    return kit_info(c, "loading") == 0;
}

START_TEST(clients_are_told_that_it_loads)
{
    static const char refusal[] = "-LOADING Redis is loading the dataset in memory";
    int fd = start_on_a_pipe();
    kit_expect(c, refusal, "GET", "a");
    kit_expect(c, refusal, "SAVE");
    kit_expect(c, refusal, "EVAL", "return 1", "0");
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, refusal, "SET", "a", "2");
    kit_expect(c, "-EXECABORT Transaction discarded because of previous errors.", "EXEC");
    kit_expect(c, "[$maxmemory $0]", "CONFIG", "GET", "maxmemory");
    ck_assert_int_eq(kit_info(c, "loading"), 1);
    ck_assert_int_gt(kit_info(c, "loading_start_time"), 0);
    ck_assert_int_eq(write(fd, rest, sizeof rest), (ssize_t)sizeof rest);
    close(fd);
    kit_await(has_loaded, NULL, "the end of loading");
    kit_expect(c, "[$1 $2]", "MGET", "a", "b");
    kit_await_log(server, "loaded 2 keys from ");
}
END_TEST

START_TEST(a_server_that_loads_ends_when_it_is_told)
{
    int status, fd = start_on_a_pipe();
    redisAppendCommand(c, "SHUTDOWN SAVE");
    for (int done = 0; !done;)
        ck_assert_int_eq(redisBufferWrite(c, &done), REDIS_OK);
    kit_await_log(server, "ending");
    close(fd);
    status = kit_wait(server);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    unlink(scratch_path(server->folder, "dump.rdb"));
    kit_start_again(server);
}
END_TEST

/* ---- what can't be loaded ---- */

static void expect_end(const char *bytes, size_t len, const char *words)
{
    const char *path = scratch_path(server->folder, "dump.rdb");
    char *output;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
    close(fd);
    const char *socket = scratch_path(server->folder, "other.sock");
    ck_assert_int_eq(kit_run(&output, "-s", socket, "--dir", server->folder), 1);
    ck_assert_msg(strstr(output, words), "'%s' isn't in: %s", words, output);
    ck_assert_ptr_nonnull(strstr(output, path));
    ck_assert_int_ne(access(socket, F_OK), 0);
    free(output);
    unlink(path);
}

START_TEST(what_cannot_be_loaded_ends_the_server)
{
    expect_end(head, sizeof head - 1, "offset ");
    expect_end("something else", 14, "offset 0: ");
    expect_end("REDIS0099\xff", 10, "version 99");
    expect_end("REDIS0010\xfe\x10\x00\x01x\x01y\xff\0\0\0\0\0\0\0\0", 24, "database 16, and there are 16");
    expect_end("REDIS0010\xf5\x03xyz\xff\0\0\0\0\0\0\0\0", 23, "Missing library metadata");
}
END_TEST

Suite *suite_loading(void)
{
    Suite *suite = suite_create("loading");
    TCase *all = served_tcase("all");
    tcase_add_test(all, all_of_a_snapshot_is_there_again);
    tcase_add_test(all, what_has_expired_is_left_out);
    tcase_add_test(all, nothing_is_loaded_where_nothing_was_saved);
    tcase_add_test(all, clients_are_told_that_it_loads);
    tcase_add_test(all, a_server_that_loads_ends_when_it_is_told);
    tcase_add_test(all, what_cannot_be_loaded_ends_the_server);
    suite_add_tcase(suite, all);
    return suite;
}
