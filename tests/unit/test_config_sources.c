/* Sources read again: what was edited is set, what CONFIG SET did stays, and a mistake changes nothing. */
#include "base/bytes.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/directive.h"
#include "config/sources.h"
#include "unit/config_fixture.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct config_sources *sources;
static struct text told; /* by the listener */

static int note_changes(void *context, const struct config *changed, const char *const *names, size_t count,
                        char **error_out)
{
    (void)context;
    for (size_t i = 0; i < count; i++)
        text_addf(&told, "%s;", names[i]);
    if (changed->timeout != 13)
        return 0;
    *error_out = mem_strdup("unlucky");
    return -EINVAL;
}

static void tear_down(void)
{
    if (sources)
        config_sources_destroy(sources);
    sources = NULL;
    text_deinit(&told);
    config_tear_down();
}

/* Starts with a.conf and arguments, as a server does. */
static void start(const char *content, const char *argument, const char *value)
{
    const char *arguments[] = {config_write_file("a.conf", content), argument, value, NULL};
    config_expect_loaded(config_load_arguments(arguments));
    sources = config_sources_create(&test_config, argument ? 3 : 1, (char **)arguments);
    config_set_listener(note_changes, NULL);
    text_add(&told, "");
}

/* The file is edited and read: the number of changes and the report have to be these. */
static void edit(const char *content, int expected, const char *report)
{
    char *text = NULL;
    text_clear(&told);
    config_write_file("a.conf", content);
    int result = config_sources_read(sources, &text);
    ck_assert_msg(result == 0, "%s", text);
    result = config_sources_apply(sources, &test_config, true, &text);
    ck_assert_str_eq(text, report);
    ck_assert_int_eq(result, expected);
    mem_free(text);
}

START_TEST(edited_values_are_set_and_the_listener_is_told)
{
    start("timeout 1\nhz 20\nlisten /tmp/a.sock\nclient-output-buffer-limit normal 1 2 3\n", NULL, NULL);
    edit("timeout 2\nhz 20\nlisten /tmp/b.sock access=read\nreplica-announce-ip here\n"
         "client-output-buffer-limit normal 1 2 4\nlatency-tracking-info-percentiles 1 2\nmaxmemory 1gb\nrequirepass "
         "x\n",
         7,
         "listen, requirepass, timeout, client-output-buffer-limit, maxmemory, latency-tracking-info-percentiles, "
         "replica-announce-ip set anew");
}
END_TEST

START_TEST(value_that_config_set_changed_stays_until_its_line_is_edited)
{
    start("timeout 1\nhz 20\n", NULL, NULL);
    config_expect_loaded(CONFIG_SET("timeout", "7", "hz", "30"));
    edit("timeout 1\nhz 20\n# edited\n", 0, "nothing has changed");
    ck_assert_int_eq(test_config.timeout, 7);
    edit("timeout 2\nhz 20\n", 1, "timeout set anew");
    ck_assert_str_eq(told.data, "timeout;");
    ck_assert_int_eq(test_config.timeout, 2);
    ck_assert_int_eq(test_config.hz, 30);
    edit("timeout 2\nhz 30\n", 0, "nothing has changed"); /* it is so already */
    edit("timeout 2\n", 1, "hz set anew");                /* the line is gone: the default */
    ck_assert_int_eq(test_config.hz, 10);
}
END_TEST

START_TEST(what_cannot_change_while_running_is_named_and_the_rest_is_set)
{
    start("timeout 1\ndatabases 4\nuser alice on\nrename-command GET a\n", NULL, NULL);
    edit(
        "timeout 2\ndatabases 5\nuser alice off\nrename-command GET b\nsandbox no\n", 2,
        "user, timeout set anew; databases, sandbox, rename-command can't change while the server runs: restart it for "
        "that");
    ck_assert_int_eq(test_config.databases, 4);
    ck_assert_str_eq(test_config.users[0], "alice off");
    ck_assert_str_eq(test_config.renames[1], "a");
    edit("timeout 2\ndatabases 5\nuser alice off\nrename-command GET b\nsandbox no\n", 0, "nothing has changed");
}
END_TEST

START_TEST(account_waits_while_the_users_beside_it_are_set)
{
    start("timeout 1\nuser kvs\nuser alice on\n", NULL, NULL);
    edit("timeout 1\nuser other\nuser alice off\n", 1,
         "user set anew; user (the account) can't change while the server runs: restart it for that");
    ck_assert_str_eq(test_config.account, "kvs");
    ck_assert_str_eq(test_config.users[0], "alice off");
    edit("timeout 1\nuser kvs\nuser alice off\n", 0,
         "user (the account) can't change while the server runs: restart it for that");
    edit("timeout 1\nuser kvs\nuser alice off\n", 0, "nothing has changed");
}
END_TEST

START_TEST(users_are_named_only_where_their_edit_changes_any)
{
    char *text = NULL;
    start("user alice on\nuser bob on\n", NULL, NULL);
    config_write_file("a.conf", "user bob on\nuser alice on\n");
    ck_assert_int_eq(config_sources_read(sources, &text), 0);
    ck_assert_int_eq(config_sources_apply(sources, &test_config, false, &text), 0);
    config_expect_refused(text, "nothing has changed");
    ck_assert_str_eq(test_config.users[0], "bob on");
}
END_TEST

START_TEST(mistake_changes_nothing_and_is_told_with_its_place)
{
    char *error = NULL;
    start("timeout 1\n", NULL, NULL);
    config_write_file("a.conf", "timeout 2\nhz maybe\n");
    ck_assert_int_eq(config_sources_read(sources, &error), -EINVAL);
    config_expect_message(error, "a.conf:2: hz 'maybe'", "write a whole number");
    error = NULL;
    ck_assert_int_eq(unlink(config_path("a.conf")), 0);
    ck_assert_int_eq(config_sources_read(sources, &error), -EINVAL);
    config_expect_message(error, "a.conf: can't be opened", "check the path");
    ck_assert_int_eq(config_sources_apply(sources, &test_config, true, &error), 0);
    config_expect_refused(error, "nothing has changed");
    ck_assert_int_eq(test_config.timeout, 1);
    edit("timeout 2\n", 1, "timeout set anew");
}
END_TEST

START_TEST(refusal_of_one_leaves_all_and_is_tried_again)
{
    start("timeout 1\n", NULL, NULL);
    edit("timeout 13\nhz 50\n", -EINVAL, "hz, timeout can't be set: unlucky; nothing has changed");
    ck_assert_int_eq(test_config.timeout, 1);
    ck_assert_int_eq(test_config.hz, 10);
    edit("timeout 3\nhz 50\n", 2, "hz, timeout set anew");
}
END_TEST

START_TEST(command_line_counts_as_before)
{
    start("timeout 1\nlisten /tmp/a.sock\n", "--timeout", "5");
    edit("timeout 2\nlisten /tmp/a.sock\n", 0, "nothing has changed");
    ck_assert_int_eq(test_config.timeout, 5);
}
END_TEST

START_TEST(file_is_found_from_any_working_directory)
{
    char *here = getcwd(NULL, 0), *text = NULL;
    ck_assert_int_eq(chdir(test_folder), 0);
    config_write_file("a.conf", "timeout 1\ninclude b.conf\n");
    config_write_file("b.conf", "hz 20\n");
    config_expect_loaded(CONFIG_LOAD("a.conf", "--dir", "/"));
    sources = config_sources_create(&test_config, 3, (char *[]){"a.conf", "--dir", "/", NULL});
    ck_assert_int_eq(chdir("/"), 0);
    config_write_file("b.conf", "hz 30\n");
    ck_assert_int_eq(config_sources_read(sources, &text), 0);
    ck_assert_int_eq(config_sources_apply(sources, &test_config, true, &text), 1);
    config_expect_refused(text, "hz set anew");
    ck_assert_int_eq(chdir(here), 0);
    free(here);
}
END_TEST

START_TEST(default_socket_is_no_edit)
{
    start("hz 20\n", NULL, NULL);
    edit("hz 20\nlisten /tmp/a.sock\n", 1, "listen set anew");
    ck_assert_str_eq(test_config.unixsocket, "/tmp/kvs.sock");
    edit("hz 20\n", 1, "listen set anew");
    edit("unixsocket /tmp/kvs.sock\n", 1, "hz set anew");
    edit("unixsocket /tmp/b.sock\n", 0, "unixsocket can't change while the server runs: restart it for that");
}
END_TEST

START_TEST(entries_that_clash_with_what_runs_are_refused)
{
    start("unixsocket /tmp/a.sock\nlisten /tmp/b.sock\n", NULL, NULL);
    edit("unixsocket /tmp/c.sock\nlisten /tmp/a.sock\n", -EINVAL,
         "listen can't be set: two socket files, of unixsocket and listen, would have the same path; keep one; nothing "
         "has changed");
    ck_assert_str_eq(test_config.listens[0].path, "/tmp/b.sock");
}
END_TEST

START_TEST(sockets_of_the_service_manager_are_remembered)
{
    setenv("LISTEN_FDS", "1", 1);
    start("unixsocket \"\"\nlisten /nowhere/a.sock\n", NULL, NULL);
    unsetenv("LISTEN_FDS");
    edit("unixsocket \"\"\ntimeout 3\n", 2, "listen, timeout set anew");
}
END_TEST

START_TEST(after_a_rewrite_nothing_has_changed)
{
    start("timeout 1\nlisten /tmp/a.sock\n", NULL, NULL);
    char *text = NULL;
    config_expect_loaded(CONFIG_SET("timeout", "7", "listen", "/tmp/b.sock"));
    ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
    ck_assert_int_eq(config_sources_read(sources, &text), 0);
    ck_assert_int_eq(config_sources_apply(sources, &test_config, true, &text), 0);
    config_expect_refused(text, "nothing has changed");
}
END_TEST

START_TEST(standard_input_is_not_read_again)
{
    char *text = NULL;
    ck_assert_ptr_nonnull(freopen(config_write_file("a.conf", "timeout 4\n"), "r", stdin));
    config_expect_loaded(CONFIG_LOAD("-"));
    ck_assert_int_eq(test_config.timeout, 4);
    sources = config_sources_create(&test_config, 1, (char *[]){"-", NULL});
    ck_assert_int_eq(config_sources_read(sources, &text), 0);
    ck_assert_int_eq(config_sources_apply(sources, &test_config, true, &text), 0);
    config_expect_refused(text, "nothing has changed");
}
END_TEST

Suite *suite_config_sources(void);
Suite *suite_config_sources(void)
{
    Suite *suite = suite_create("config_sources");
    TCase *tcase = tcase_create("config_sources");
    tcase_add_checked_fixture(tcase, config_set_up, tear_down);
    tcase_add_test(tcase, edited_values_are_set_and_the_listener_is_told);
    tcase_add_test(tcase, value_that_config_set_changed_stays_until_its_line_is_edited);
    tcase_add_test(tcase, what_cannot_change_while_running_is_named_and_the_rest_is_set);
    tcase_add_test(tcase, account_waits_while_the_users_beside_it_are_set);
    tcase_add_test(tcase, users_are_named_only_where_their_edit_changes_any);
    tcase_add_test(tcase, mistake_changes_nothing_and_is_told_with_its_place);
    tcase_add_test(tcase, refusal_of_one_leaves_all_and_is_tried_again);
    tcase_add_test(tcase, command_line_counts_as_before);
    tcase_add_test(tcase, file_is_found_from_any_working_directory);
    tcase_add_test(tcase, default_socket_is_no_edit);
    tcase_add_test(tcase, entries_that_clash_with_what_runs_are_refused);
    tcase_add_test(tcase, sockets_of_the_service_manager_are_remembered);
    tcase_add_test(tcase, after_a_rewrite_nothing_has_changed);
    tcase_add_test(tcase, standard_input_is_not_read_again);
    suite_add_tcase(suite, tcase);
    return suite;
}
