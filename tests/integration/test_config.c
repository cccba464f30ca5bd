/* The configuration of a running server: read again on SIGHUP, set, and written back. */
#include "kit/kit.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder; /* of the running test's files */

static void set_up(void)
{
    folder = scratch_create();
}

static void tear_down(void)
{
    scratch_remove(folder);
}

/* Makes the file anew, with what format and the folder give. */
static const char *write_conf(const char *format, ...) __attribute__((format(printf, 1, 2)));

static const char *write_conf(const char *format, ...)
{
    char text[4096];
    const char *path = scratch_path(folder, "kvs.conf");
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    scratch_write(path, text);
    return path;
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

START_TEST(sighup_sets_what_was_edited_and_names_what_waits)
{
    const char *other = scratch_path(folder, "other.sock");
    struct kit_server *server = kit_start(write_conf("timeout 100\nhz 20\n"));
    redisContext *context = kit_connect(server);
    kit_expect(context, "+OK", "CONFIG", "SET", "hz", "30");
    write_conf("timeout 200\nhz 20\ndatabases 7\nlisten %s mode=0600 access=read\n", other);
    kit_signal(server, SIGHUP);
    kit_await_log(server, "listen, timeout set anew; databases can't change while the server runs");
    kit_expect(context, "[$timeout $200]", "CONFIG", "GET", "timeout");
    kit_expect(context, "[$hz $30]", "CONFIG", "GET", "hz");
    redisContext *reader = kit_connect_to(other);
    kit_expect(reader, "nil", "GET", "a");
    kit_expect(reader, "-NOPERM socket ...", "SET", "a", "b");
    redisFree(reader);
    redisFree(context);
    kit_stop(server);
    ck_assert(!is_there(other));
}
END_TEST

START_TEST(sighup_with_a_mistake_in_the_file_changes_nothing)
{
    struct kit_server *server = kit_start(write_conf("timeout 100\n"));
    redisContext *context = kit_connect(server);
    write_conf("timeout 200\nmaxmemory lots\n");
    kit_signal(server, SIGHUP);
    kit_await_log(server, "kvs.conf:2: maxmemory 'lots': argument must be a memory value");
    kit_expect(context, "[$timeout $100]", "CONFIG", "GET", "timeout");
    write_conf("timeout 200\nlisten /nowhere/kvs.sock\n");
    kit_signal(server, SIGHUP);
    kit_await_log(server, "kvs.conf:2: listen '/nowhere/kvs.sock': folder '/nowhere'");
    kit_expect(context, "[$timeout $100]", "CONFIG", "GET", "timeout");
    write_conf("timeout 200\n");
    kit_signal(server, SIGHUP);
    kit_await_log(server, "timeout set anew");
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(socket_that_cannot_be_made_undoes_the_whole_config_set)
{
    struct kit_server *server = kit_start();
    redisContext *context = kit_connect(server);
    char value[512];
    snprintf(value, sizeof value, "+%s owner=no-such-account-here", scratch_path(folder, "x.sock"));
    kit_expect(context, "-ERR CONFIG SET failed (possibly related to argument 'listen') - ...", "CONFIG", "SET",
               "listen", value, "timeout", "77");
    kit_expect(context, "[$timeout $0]", "CONFIG", "GET", "timeout");
    kit_expect(context, "[$listen $]", "CONFIG", "GET", "listen");
    ck_assert(!is_there(scratch_path(folder, "x.sock")));
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(rewritten_file_brings_sockets_and_users_back)
{
    const char *extra = scratch_path(folder, "extra.sock");
    struct kit_server *server = kit_start(write_conf("# mine\nuser alice on >pw ~* +get\n"));
    redisContext *context = kit_connect(server);
    char value[512];
    snprintf(value, sizeof value, "+%s access=admin", extra);
    kit_expect(context, "+OK", "CONFIG", "SET", "listen", value);
    kit_expect(context, "+OK", "ACL", "SETUSER", "bob", "on", "nopass", "~b:*", "+@all");
    kit_expect(context, "+OK", "CONFIG", "REWRITE");
    redisFree(context);
    kit_kill(server);
    char *text = scratch_read(scratch_path(folder, "kvs.conf"));
    ck_assert_msg(strncmp(text, "# mine\nuser alice on >pw ~* +get\n", 33) == 0, "%s", text); /* she is as she was */
    ck_assert_msg(strstr(text, "\nuser bob on nopass ") != NULL, "%s", text);
    free(text);
    kit_start_again(server);
    context = kit_connect_to(extra);
    kit_expect(context, "+OK", "AUTH", "alice", "pw");
    kit_expect(context, "+OK", "AUTH", "bob", "any");
    kit_expect(context, "+OK", "SET", "b:1", "2");
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(renamed_commands_answer_to_their_new_names)
{
    struct kit_server *server = kit_start(write_conf("rename-command GET fetch\nrename-command FLUSHALL ''\n"
                                                     "user bob on nopass ~* -@all +get\n"));
    redisContext *context = kit_connect(server);
    kit_expect(context, "nil", "FETCH", "a");
    kit_expect(context, "-ERR unknown command 'GET'...", "GET", "a");
    kit_expect(context, "-ERR unknown command 'flushall'...", "flushall");
    kit_expect(context, "+OK", "AUTH", "bob", "x");
    kit_expect(context, "nil", "fetch", "a"); /* rules go by the first name */
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(renamed_commands_keep_their_secrets)
{
    struct kit_server *server = kit_start(write_conf("rename-command ACL users\nrename-command AUTH login\n"
                                                     "rename-command CONFIG settings\n"));
    redisContext *context = kit_connect(server);
    kit_expect(context, "+OK", "SETTINGS", "SET", "slowlog-log-slower-than", "0");
    kit_expect(context, "+OK", "USERS", "SETUSER", "bob", "on", ">hunter2", "+@all");
    kit_expect(context, "+OK", "SETTINGS", "SET", "requirepass", "hunter2");
    kit_expect(context, "+OK", "LOGIN", "hunter2");
    redisReply *slow = kit_command(context, "SLOWLOG", "GET", "-1");
    char *shown = kit_reply_text(slow);
    ck_assert_msg(strstr(shown, "LOGIN") && strstr(shown, "(redacted)") && !strstr(shown, "hunter2"), "%s", shown);
    free(shown);
    freeReplyObject(slow);
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(configuration_that_cannot_be_served_ends_the_start_with_a_line)
{
    char *output;
    ck_assert_int_eq(kit_run(&output, write_conf("rename-command NONE x\n")), 1);
    ck_assert_msg(strstr(output, "can't rename") != NULL, "%s", output);
    free(output);
    ck_assert_int_eq(kit_run(&output, write_conf("user alice +nothing\n")), 1);
    ck_assert_msg(strstr(output, "kvs.conf:1: ") != NULL, "%s", output);
    free(output);
    ck_assert_int_eq(kit_run(&output, "--unixsocket", ""), 1);
    ck_assert_msg(strstr(output, "there is nothing to serve on") != NULL, "%s", output);
    free(output);
    ck_assert_int_eq(kit_run(&output, "--listen", "@kvs"), 1);
    ck_assert_msg(strstr(output, "abstract names have no file and so no permissions") != NULL, "%s", output);
    free(output);
}
END_TEST

Suite *suite_config(void);
Suite *suite_config(void)
{
    Suite *suite = suite_create("config");
    TCase *tcase = kit_tcase("config");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, sighup_sets_what_was_edited_and_names_what_waits);
    tcase_add_test(tcase, sighup_with_a_mistake_in_the_file_changes_nothing);
    tcase_add_test(tcase, socket_that_cannot_be_made_undoes_the_whole_config_set);
    tcase_add_test(tcase, rewritten_file_brings_sockets_and_users_back);
    tcase_add_test(tcase, renamed_commands_answer_to_their_new_names);
    tcase_add_test(tcase, renamed_commands_keep_their_secrets);
    tcase_add_test(tcase, configuration_that_cannot_be_served_ends_the_start_with_a_line);
    suite_add_tcase(suite, tcase);
    return suite;
}
