/* What the operator is told about a configuration: by --check-config, at the start, on SIGHUP and on CONFIG SET. */
#include "kit/kit.h"
#include "kit/suites.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static const char *write_conf(const char *text)
{
    const char *path = scratch_path(folder, "kvs.conf");
    scratch_write(path, text);
    return path;
}

static void expect_in_order(const char *text, const char *first, const char *second)
{
    const char *found = strstr(text, first);
    ck_assert_msg(found && strstr(found, second), "'%s', then '%s' not found in: %s", first, second, text);
}

START_TEST(remarks_are_told_by_the_check_and_at_the_start)
{
    const char *path = write_conf("min-replicas-to-write 3\n");
    char *output;
    ck_assert_int_eq(kit_run(&output, path, "--check-config"), 0);
    expect_in_order(output, "kvs.conf:1: min-replicas-to-write is '3', but kvs has no replicas",
                    "\nthe configuration is good\n");
    free(output);
    struct kit_server *server = kit_start(path);
    char *log = kit_read_log(server);
    expect_in_order(log, "* configuration: ", "kvs.conf:1: min-replicas-to-write is '3', but kvs has no replicas");
    expect_in_order(log, "min-replicas-to-write", " serves on ");
    free(log);
    kit_stop(server);
}
END_TEST

START_TEST(what_rules_and_renames_say_of_absent_commands_is_one_remark)
{
    const char *path = write_conf("timeout 0\nrename-command FAILOVER ''\nuser app on nopass +@all -module|load "
                                  "+failover (+cluster|slots ~a)\nuser other +migrate +get\nrename-command SYNC x\n");
    char *output;
    ck_assert_int_eq(kit_run(&output, path, "--check-config"), 0);
    ck_assert_ptr_nonnull(strstr(output, "kvs.conf:2: FAILOVER, SYNC and 3 more aren't in kvs (yet): what is said "
                                         "about them here has no effect\nthe configuration is good\n"));
    free(output);
    struct kit_server *server = kit_start(path);
    redisContext *context = kit_connect(server);
    kit_await_log(server, "kvs.conf:2: FAILOVER, SYNC and 3 more aren't in kvs (yet)");
    kit_expect(context, "-ERR unknown command 'FAILOVER'...", "FAILOVER");
    redisReply *users = kit_command(context, "ACL", "LIST");
    ck_assert_str_eq(users->element[0]->str, "user app on nopass sanitize-payload resetchannels +@all -module|load "
                                             "+failover (~a resetchannels -@all +cluster|slots)");
    freeReplyObject(users);
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(what_an_acl_file_says_of_absent_commands_is_remarked)
{
    char text[512], expected[512], *output;
    snprintf(text, sizeof text, "unixsocket %s/s\nsave ''\naclfile %s/users.acl\n", folder, folder);
    scratch_write(scratch_path(folder, "users.acl"),
                  "user bob on nopass ~* +get +lolwut -failover\nuser carl +@hash\n");
    ck_assert_int_eq(kit_run(&output, write_conf(text), "--check-config"), 0);
    snprintf(expected, sizeof expected,
             "%s/users.acl: LOLWUT and FAILOVER aren't in kvs (yet): what is said about them here has no effect\n"
             "the configuration is good\n",
             folder);
    ck_assert_msg(strstr(output, expected), "%s", output);
    free(output);
    snprintf(text, sizeof text, "unixsocket %s/s\nsave ''\n", folder);
    ck_assert_int_eq(
        kit_run(&output, write_conf(text), "--aclfile", scratch_path(folder, "users.acl"), "--check-config"), 0);
    ck_assert_msg(strstr(output, expected), "%s", output);
    free(output);
}
END_TEST

START_TEST(what_an_edited_user_line_says_of_absent_commands_is_logged_on_sighup)
{
    struct kit_server *server = kit_start(write_conf("user bob on nopass ~* +get\n"));
    write_conf("user bob on nopass ~* +get\nuser carl on nopass +failover\n");
    kit_signal(server, SIGHUP);
    kit_await_log(server, "kvs.conf:2: FAILOVER isn't in kvs (yet): what is said about it here has no effect\n");
    kit_await_log(server, "configuration: user set anew\n");
    kit_stop(server);
}
END_TEST

START_TEST(renames_are_checked_on_sighup_from_the_names_that_commands_have_by_themselves)
{
    struct kit_server *server = kit_start(write_conf("timeout 1\nrename-command GET fetch\n"));
    redisContext *context = kit_connect(server);
    write_conf("timeout 2\nrename-command NONE x\nrename-command FETCH x\nrename-command GET fetch\n"
               "rename-command DEL Fetch\nrename-command SET ''\nrename-command SET y\nrename-command MSET failover\n");
    kit_signal(server, SIGHUP);
    kit_await_log(server, "configuration: nothing has changed because of that\n");
    char *log = kit_read_log(server);
    expect_in_order(log, "kvs.conf:2: can't rename the command NONE to x: there is no such command",
                    "kvs.conf:3: can't rename the command FETCH to x: there is no such command");
    expect_in_order(log, "kvs.conf:5: can't rename the command DEL to Fetch: another command has that name",
                    "kvs.conf:7: can't rename the command SET to y: there is no such command");
    ck_assert_ptr_nonnull(strstr(log, "kvs.conf:8: can't rename the command MSET to failover: another command has"));
    ck_assert_msg(!strstr(log, "kvs.conf:4: ") && !strstr(log, "kvs.conf:6: "), "%s", log);
    free(log);
    kit_expect(context, "[$timeout $1]", "CONFIG", "GET", "timeout");
    write_conf("timeout 2\nrename-command GET fetch\nrename-command SET get\nrename-command FAILOVER ''\n"
               "rename-command MSET failover\nrename-command fetch FETCH\n");
    kit_signal(server, SIGHUP);
    kit_await_log(server, "timeout set anew; rename-command can't change while the server runs: restart it for that\n");
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(a_file_without_a_save_line_is_told_that_nothing_is_kept)
{
    char *output;
    ck_assert_int_eq(kit_run(&output, write_conf("timeout 0\n"), "--check-config"), 0);
    ck_assert_ptr_nonnull(strstr(output, "kvs.conf: no save line, which in Redis means snapshots; kvs makes one only"));
    free(output);
    ck_assert_int_eq(kit_run(&output, write_conf("timeout 0\nsave ''\n"), "--check-config"), 0);
    ck_assert_str_eq(output, "the configuration is good\n");
    free(output);
    ck_assert_int_eq(kit_run(&output, write_conf("timeout 0\n"), "--save", "", "--check-config"), 0);
    ck_assert_str_eq(output, "the configuration is good\n");
    free(output);
    ck_assert_int_eq(kit_run(&output, "--check-config"), 0);
    ck_assert_str_eq(output, "the configuration is good\n");
    free(output);
    struct kit_server *server = kit_start(write_conf("timeout 0\n"));
    kit_await_log(server, "kvs.conf: no save line");
    kit_stop(server);
}
END_TEST

START_TEST(remarks_are_logged_on_sighup)
{
    struct kit_server *server = kit_start(write_conf("timeout 1\n"));
    write_conf("timeout 1\nmin-replicas-to-write 1\n");
    kit_signal(server, SIGHUP);
    kit_await_log(server, "kvs.conf:2: min-replicas-to-write is '1', but kvs has no replicas");
    kit_await_log(server, "configuration: min-replicas-to-write set anew");
    kit_stop(server);
}
END_TEST

START_TEST(promises_that_config_set_makes_in_vain_are_logged_and_served)
{
    struct kit_server *server = kit_start();
    redisContext *context = kit_connect(server);
    kit_expect(context, "+OK", "CONFIG", "SET", "oom-score-adj", "yes", "min-slaves-to-write", "1");
    kit_expect(context, "[$min-slaves-to-write $1]", "CONFIG", "GET", "min-slaves-to-write");
    kit_await_log(server,
                  "CONFIG SET: oom-score-adj is 'yes', but "
                  "the kernel weighs the process as it did at the start; "
                  "systemd's OOMScoreAdjust= can change that; min-replicas-to-write is '1', but kvs has no replicas");
    kit_expect(context, "+OK", "CONFIG", "SET", "min-replicas-to-write", "0");
    char *log = kit_read_log(server);
    ck_assert_msg(!strstr(log, "is '0'"), "%s", log);
    free(log);
    redisFree(context);
    kit_stop(server);
}
END_TEST

/* ---- mistakes ---- */

/*
 * The check and the start refuse the file, with the same lines, which begin so behind "kvs-server: "; @ is the folder.
 */
static void expect_refused(const char *path, const char *const *beginnings)
{
    char *check, *start;
    ck_assert_int_eq(kit_run(&check, path, "--check-config"), 1);
    ck_assert_int_eq(kit_run(&start, path), 1);
    ck_assert_str_eq(check, start);
    char *rest = check;
    for (; *beginnings; beginnings++) {
        char expected[1024];
        const char *at = strchr(*beginnings, '@');
        if (at)
            snprintf(expected, sizeof expected, "kvs-server: %.*s%s%s", (int)(at - *beginnings), *beginnings, folder,
                     at + 1);
        else
            snprintf(expected, sizeof expected, "kvs-server: %s", *beginnings);
        char *line = strsep(&rest, "\n");
        ck_assert_msg(line && strncmp(line, expected, strlen(expected)) == 0, "'%s' instead of '%s'", line, expected);
    }
    ck_assert_msg(rest && *rest == '\0', "and also: %s", rest);
    free(check);
    free(start);
}

#define EXPECT_REFUSED(path, ...) expect_refused(path, (const char *const[]){__VA_ARGS__, NULL})

START_TEST(check_and_start_tell_all_mistakes_in_the_order_of_their_lines)
{
    char text[2048];
    scratch_write(scratch_path(folder, "plain"), "");
    snprintf(text, sizeof text,
             "unixsocket %s/plain\nunixsocketgroup no-such-group\ntimeout soon\n"
             "listen %s/a.sock owner=no-such-user group=no-such-group\nrename-command NONE x\n"
             "user bob on +bogus\nuser alice on peer:no-such-user\nuser no-such-user\nlogfile %s/none/log\n"
             "dir %s\nlisten %s/none/b.sock\nport 1\nrename-command GET set\n",
             folder, folder, folder, folder, folder);
    EXPECT_REFUSED(write_conf(text), "@/kvs.conf:1: can't listen on ", "@/kvs.conf:2: can't listen on ",
                   "@/kvs.conf:3: timeout 'soon'", "@/kvs.conf:4: can't listen on ", "@/kvs.conf:4: can't listen on ",
                   "@/kvs.conf:5: can't rename the command NONE to x: there is no such command",
                   "@/kvs.conf:6: Error in ACL SETUSER modifier '+bogus'",
                   "@/kvs.conf:7: Error in ACL SETUSER modifier 'peer:no-such-user'",
                   "@/kvs.conf:8: there is no account 'no-such-user'", "@/kvs.conf:9: logfile '",
                   "@/kvs.conf:11: listen '", "@/kvs.conf:12: port '1'",
                   "@/kvs.conf:13: can't rename the command GET to set: another command has that name");
}
END_TEST

START_TEST(all_wrong_rules_of_a_user_line_are_told_and_no_password)
{
    EXPECT_REFUSED(write_conf("timeout 0\nuser bob on +bogus hunter2 ~a +@none peer:no-such-user ('+get\n"
                              "user alice on +bogus >pw ~b (+get hunter2)\nuser carl (+get\n"),
                   "@/kvs.conf:2: unbalanced quotes", "@/kvs.conf:3: Error in ACL SETUSER modifier '+bogus': Unknown",
                   "@/kvs.conf:3: Error in rule 5 of user 'alice': Syntax error",
                   "@/kvs.conf:4: Unmatched parenthesis in rule 1 of the user");
    EXPECT_REFUSED(write_conf("timeout 0\nuser bob on +bogus hunter2 ~a +@none peer:no-such-user\n"),
                   "@/kvs.conf:2: Error in ACL SETUSER modifier '+bogus': Unknown",
                   "@/kvs.conf:2: Error in rule 3 of user 'bob': Syntax error",
                   "@/kvs.conf:2: Error in ACL SETUSER modifier '+@none': Unknown",
                   "@/kvs.conf:2: Error in ACL SETUSER modifier 'peer:no-such-user': The peer isn't");
}
END_TEST

START_TEST(each_line_of_an_acl_file_is_a_mistake_of_its_own)
{
    char text[512];
    snprintf(text, sizeof text, "unixsocket %s/s\naclfile %s/users.acl\n", folder, folder);
    EXPECT_REFUSED(write_conf(text), "@/kvs.conf:2: aclfile: Error loading ACLs, opening file ");
    scratch_write(scratch_path(folder, "users.acl"), "user bob on +bogus\nfoo\nuser carl on +get\nuser carl off\n");
    EXPECT_REFUSED(write_conf(text), "@/users.acl:1: Error in applying operation '+bogus': Unknown command",
                   "@/users.acl:2 should start with user", "WARNING: Duplicate user 'carl' found on line 4.");
}
END_TEST

START_TEST(check_makes_no_files)
{
    char text[512], *output;
    snprintf(text, sizeof text, "unixsocket %s/s\nlogfile %s/log\npidfile %s/pid\nsave ''\n", folder, folder, folder);
    ck_assert_int_eq(kit_run(&output, write_conf(text), "--check-config"), 0);
    ck_assert_str_eq(output, "the configuration is good\n");
    free(output);
    ck_assert_int_ne(access(scratch_path(folder, "s"), F_OK), 0);
    ck_assert_int_ne(access(scratch_path(folder, "log"), F_OK), 0);
    ck_assert_int_ne(access(scratch_path(folder, "pid"), F_OK), 0);
}
END_TEST

START_TEST(pid_file_that_cannot_be_written_is_remarked)
{
    char *output;
    const char *path = write_conf("pidfile /nowhere/pid\n");
    ck_assert_int_eq(kit_run(&output, path, "--check-config", "-s", scratch_path(folder, "s")), 0);
    expect_in_order(output, "kvs.conf:1: can't write pidfile /nowhere/pid: folder '/nowhere'", "configuration is good");
    free(output);
}
END_TEST

START_TEST(socket_of_a_running_server_is_no_mistake)
{
    char *output;
    struct kit_server *server = kit_start();
    redisContext *context = kit_connect(server);
    long long before = kit_info(context, "total_connections_received");
    ck_assert_int_eq(kit_run(&output, "--check-config", "-s", server->socket), 0);
    free(output);
    ck_assert_int_eq(kit_info(context, "total_connections_received"), before);
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(owner_that_the_account_cannot_give_files_to_is_a_mistake)
{
    char text[512];
    const char *account = geteuid() == 0 ? "user nobody\n" : "";
    snprintf(text, sizeof text, "%slisten /tmp/kvs-%d.sock owner=daemon\n", account, (int)getpid());
    EXPECT_REFUSED(write_conf(text),
                   geteuid() == 0 ? "@/kvs.conf:2: can't listen on" : "@/kvs.conf:1: can't listen on");
}
END_TEST

START_TEST(paths_are_judged_by_the_rights_of_the_account)
{
    char text[512];
    if (!test_is_root())
        return;
    snprintf(text, sizeof text, "user nobody\nunixsocket %s/s\nlogfile %s/log\n", folder, folder);
    EXPECT_REFUSED(write_conf(text), "@/kvs.conf:2: unixsocket ", "@/kvs.conf:3: logfile ");
}
END_TEST

START_TEST(mistakes_of_a_file_are_logged_line_by_line_on_sighup)
{
    struct kit_server *server = kit_start(write_conf("timeout 1\n"));
    write_conf("timeout soon\nhz 10\nbogus 1\nuser bob on +bogus\nlisten /tmp/x.sock group=no-such-group\n");
    kit_signal(server, SIGHUP);
    kit_await_log(server, "configuration: nothing has changed because of that\n");
    char *log = kit_read_log(server);
    expect_in_order(log, "kvs.conf:1: timeout 'soon'", "# configuration: ");
    expect_in_order(log, "kvs.conf:1: timeout 'soon'", "kvs.conf:3: unknown directive 'bogus'");
    expect_in_order(log, "kvs.conf:4: Error in ACL SETUSER modifier '+bogus'",
                    "kvs.conf:5: can't listen on /tmp/x.sock");
    free(log);
    kit_stop(server);
}
END_TEST

Suite *suite_config_check(void);
Suite *suite_config_check(void)
{
    Suite *suite = suite_create("config_check");
    TCase *tcase = kit_tcase("config_check");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, remarks_are_told_by_the_check_and_at_the_start);
    tcase_add_test(tcase, what_rules_and_renames_say_of_absent_commands_is_one_remark);
    tcase_add_test(tcase, what_an_acl_file_says_of_absent_commands_is_remarked);
    tcase_add_test(tcase, what_an_edited_user_line_says_of_absent_commands_is_logged_on_sighup);
    tcase_add_test(tcase, renames_are_checked_on_sighup_from_the_names_that_commands_have_by_themselves);
    tcase_add_test(tcase, a_file_without_a_save_line_is_told_that_nothing_is_kept);
    tcase_add_test(tcase, remarks_are_logged_on_sighup);
    tcase_add_test(tcase, promises_that_config_set_makes_in_vain_are_logged_and_served);
    tcase_add_test(tcase, check_and_start_tell_all_mistakes_in_the_order_of_their_lines);
    tcase_add_test(tcase, all_wrong_rules_of_a_user_line_are_told_and_no_password);
    tcase_add_test(tcase, each_line_of_an_acl_file_is_a_mistake_of_its_own);
    tcase_add_test(tcase, check_makes_no_files);
    tcase_add_test(tcase, pid_file_that_cannot_be_written_is_remarked);
    tcase_add_test(tcase, socket_of_a_running_server_is_no_mistake);
    tcase_add_test(tcase, owner_that_the_account_cannot_give_files_to_is_a_mistake);
    tcase_add_test(tcase, paths_are_judged_by_the_rights_of_the_account);
    tcase_add_test(tcase, mistakes_of_a_file_are_logged_line_by_line_on_sighup);
    suite_add_tcase(suite, tcase);
    return suite;
}
