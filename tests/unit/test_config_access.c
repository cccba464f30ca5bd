/* Directives of access: accounts and users, passwords, new names of commands; what CONFIG REWRITE makes of them. */
#include "base/bytes.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/directive.h"
#include "config/lists.h"
#include "kit/suites.h"
#include "unit/config_fixture.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(one_word_is_an_account_and_more_are_a_user_of_the_acl)
{
    const char *path = config_write_file("a.conf", "user nobody\nuser alice on '>p\"w' ~app:* +@read\n\n"
                                                   "user bob on '>two words' (+get ~x)\nuser kvs\n");
    config_expect_loaded(CONFIG_LOAD(path, "--user", "carol", "on", "-@all", "--user", "dave on nopass"));
    ck_assert_str_eq(test_config.account, "kvs");
    ck_assert_str_eq(config_answer("user"), "user=kvs;");
    ck_assert_uint_eq(test_config.user_count, 4);
    ck_assert_str_eq(test_config.users[0], "alice on \">p\\\"w\" ~app:* +@read");
    ck_assert_str_eq(test_config.users[1], "bob on \">two words\" (+get ~x)");
    ck_assert_str_eq(test_config.users[2], "carol on -@all");
    ck_assert_str_eq(test_config.users[3], "dave on nopass");
    char place[PATH_MAX * 2 + 8];
    snprintf(place, sizeof place, "%s:4", path);
    ck_assert_str_eq(config_user_place(&test_config, 1), place);
    ck_assert_str_eq(config_user_place(&test_config, 2), "command line");
}
END_TEST

START_TEST(user_is_declared_once_or_once_more_on_the_command_line)
{
    const char *path = config_write_file("a.conf", "user alice on >hunter2\nuser bob on\n");
    config_expect_loaded(CONFIG_LOAD(path, "--user", "alice", "off", "--user", "kvs"));
    ck_assert_uint_eq(test_config.user_count, 2);
    ck_assert_str_eq(test_config.users[0], "alice off");
    ck_assert_str_eq(config_user_place(&test_config, 0), "command line");
    config_expect_message(CONFIG_LOAD(path, "--user", "alice", "off", "--user", "alice", "on"),
                          "user 'alice' is declared twice, first at command line", "keep one line");
    path = config_write_file("a.conf", "user alice on >hunter2\nuser alice on >hunter2\n");
    char *error = CONFIG_LOAD(path);
    ck_assert_ptr_nonnull(error);
    ck_assert_ptr_null(strstr(error, "hunter2"));
    config_expect_message(error, "a.conf:2: user: user 'alice' is declared twice, first at ",
                          "a.conf:1; keep one line");
    path = config_write_file("a.conf", "user alice on\nuser kvs\nuser \"\"\nuser alice off\n");
    config_expect_loaded(CONFIG_LOAD(path));
    ck_assert_uint_eq(test_config.user_count, 1);
    ck_assert_str_eq(test_config.users[0], "alice off");
    ck_assert_str_eq(test_config.account, "");
}
END_TEST

START_TEST(mistakes_of_access_are_told_with_file_and_line)
{
    static const struct {
        const char *line, *first, *second;
    } cases[] = {
        {"user", "a.conf:2: user: wrong number of arguments", "a value is missing"},
        {"user \"alice on >hunter2\"", "a.conf:2: user: the name of an account has no blanks", "put no quotes"},
        {"aclfile users.acl", "a.conf:2: aclfile 'users.acl': users are declared by user lines as well", "a.conf:1"},
        {"requirepass a b", "a.conf:2: requirepass: wrong number of arguments", "quotes"},
        {"acl-pubsub-default some", "must be one of the following: allchannels, resetchannels", "a.conf:2"},
        {"acllog-max-len -1", "argument must be between 0 and", "a.conf:2"},
        {"rename-command GET", "a.conf:2: rename-command: write a command and its new name", "to disable the command"},
        {"rename-command GET a b", "a.conf:2: rename-command: write a command", "to disable the command"},
        {"rename-command \"\" a", "a.conf:2: rename-command: write a command", "to disable the command"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char content[256];
        snprintf(content, sizeof content, "user alice on >hunter2\n%s\n", cases[i].line);
        char *error = CONFIG_LOAD(config_write_file("a.conf", content));
        ck_assert(!error || !strstr(error, "hunter2"));
        config_expect_message(error, cases[i].first, cases[i].second);
    }
}
END_TEST

START_TEST(passwords_are_told_by_get_and_not_by_messages)
{
    config_expect_loaded(CONFIG_LOAD("--requirepass", "hunter2"));
    ck_assert_str_eq(test_config.requirepass, "hunter2");
    ck_assert_str_eq(config_answer("requirepass"), "requirepass=hunter2;");
    config_expect_loaded(CONFIG_SET("requirepass", "hunter3"));
    ck_assert_str_eq(config_answer("requirepass"), "requirepass=hunter3;");
    const struct bytes cut[] = {{"requirepass", 11}, {"hunter\0002", 8}}; /* it would be a shorter password */
    char *refusal = NULL;
    ck_assert_int_eq(config_set(&test_config, cut, 1, &refusal), -EINVAL);
    ck_assert_ptr_nonnull(strstr(refusal, "NUL byte"));
    mem_free(refusal);
    ck_assert_str_eq(config_answer("requirepass"), "requirepass=hunter3;");
    char *error = CONFIG_SET("requirepass", "hunter4", "timeout", "x");
    ck_assert_ptr_null(strstr(error, "hunter4"));
    mem_free(error);
    error = CONFIG_LOAD("--requirepass", "hunter2", "more");
    ck_assert_ptr_nonnull(error);
    ck_assert_ptr_null(strstr(error, "hunter2"));
    mem_free(error);
}
END_TEST

START_TEST(values_of_access_are_in_the_fields)
{
    ck_assert(!test_config.acl_all_channels && test_config.sandbox);
    ck_assert_int_eq(test_config.acllog_max_len, 128);
    ck_assert_int_eq(test_config.inherit_fd, -1);
    ck_assert_int_eq(test_config.supervised, SUPERVISED_NO);
    ck_assert_int_eq(test_config.maxclients_per_uid, 0);
    config_expect_loaded(CONFIG_LOAD("--supervised", "systemd", "--sandbox", "no", "--aclfile", "users.acl"));
    ck_assert_int_eq(test_config.supervised, SUPERVISED_SYSTEMD);
    ck_assert(!test_config.sandbox);
    ck_assert_str_eq(test_config.aclfile, "users.acl");
    config_expect_loaded(CONFIG_SET("acl-pubsub-default", "allchannels", "acllog-max-len", "3"));
    ck_assert(test_config.acl_all_channels);
    ck_assert_int_eq(test_config.acllog_max_len, 3);
    ck_assert_str_eq(config_answer("acl-pubsub-default"), "acl-pubsub-default=allchannels;");
}
END_TEST

START_TEST(neither_account_nor_users_are_set_while_running)
{
    config_expect_loaded(CONFIG_LOAD("--user", "kvs"));
    config_expect_loaded(CONFIG_SET("user", "kvs"));
    config_expect_refused(CONFIG_SET("user", "root"), FAILED("user") "can't set immutable config");
    config_expect_refused(CONFIG_SET("user", "alice on"), FAILED("user") "users of the ACL are changed by ACL SETUSER");
    config_expect_refused(CONFIG_SET("user", ""), FAILED("user") "can't set immutable config");
    config_expect_refused(CONFIG_SET("aclfile", "x"), FAILED("aclfile") "can't set immutable config");
}
END_TEST

START_TEST(commands_get_other_names_by_lines_that_get_and_set_do_not_know)
{
    const char *path = config_write_file("a.conf", "rename-command CONFIG \"\"\n\nRename-Command GET 'fetch it'\n");
    config_expect_loaded(CONFIG_LOAD(path, "--rename-command", "SET", "put"));
    ck_assert_uint_eq(test_config.rename_count, 3);
    static const char *const expected[] = {"CONFIG", "", "GET", "fetch it", "SET", "put"};
    for (size_t i = 0; i < 6; i++)
        ck_assert_str_eq(test_config.renames[i], expected[i]);
    ck_assert_ptr_nonnull(strstr(config_rename_place(&test_config, 1), "a.conf:3"));
    ck_assert_str_eq(config_rename_place(&test_config, 2), "command line");
    ck_assert_str_eq(config_answer("rename-command"), "");
    config_expect_refused(CONFIG_SET("rename-command", "x"),
                          "Unknown option or number of arguments for CONFIG SET - 'rename-command'");
    config_expect_loaded(CONFIG_SET("timeout", "3"));
    ck_assert_uint_eq(test_config.rename_count, 3);
    ck_assert_str_eq(test_config.renames[3], "fetch it");
}
END_TEST

/* ---- CONFIG REWRITE ---- */

/* As ACL LIST tells users to CONFIG REWRITE. */
static void set_users(const char *const *users, size_t count)
{
    char **copies = mem_alloc((count + 1) * sizeof *copies);
    for (size_t i = 0; i < count; i++)
        copies[i] = mem_strdup(users[i]);
    config_set_users(&test_config, copies, count);
}

START_TEST(rewrite_writes_users_where_they_stand_and_leaves_new_names_alone)
{
    const char *path = config_write_file("a.conf", "rename-command CONFIG secret\nuser  kvs\nuser bob  on nopass\n# x\n"
                                                   "user alice on >pw\nuser eve on\nrequirepass \"old\"\n");
    config_expect_loaded(CONFIG_LOAD(path));
    ck_assert_int_eq(config_rewrite(&test_config), 0);
    config_expect_file("a.conf", "rename-command CONFIG secret\nuser  kvs\nuser bob  on nopass\n# x\n"
                                 "user alice on >pw\nuser eve on\nrequirepass \"old\"\n");
    static const char *const users[] = {"alice on #1234 ~*", "bob on nopass", "default on nopass ~* &* +@all"};
    set_users(users, 3);
    config_expect_loaded(CONFIG_SET("requirepass", "n\"w"));
    ck_assert_int_eq(config_rewrite(&test_config), 0);
    config_expect_file("a.conf", "rename-command CONFIG secret\nuser  kvs\nuser bob  on nopass\n# x\n"
                                 "user alice on #1234 ~*\nuser default on nopass ~* &* +@all\n"
                                 "requirepass \"n\\\"w\"\n");
    config_expect_loaded(CONFIG_LOAD(path));
    ck_assert_uint_eq(test_config.user_count, 3);
    set_users(NULL, 0);
    ck_assert_int_eq(config_rewrite(&test_config), 0);
    config_expect_file("a.conf", "rename-command CONFIG secret\nuser  kvs\n# x\nrequirepass \"n\\\"w\"\n");
}
END_TEST

START_TEST(rewrite_takes_back_users_that_an_include_declares)
{
    char content[PATH_MAX * 2];
    config_write_file("b.conf", "user alice on\nuser kvs\n");
    snprintf(content, sizeof content, "user bob on\ninclude %s\n", config_path("b.conf"));
    const char *path = config_write_file("a.conf", content);
    config_expect_loaded(CONFIG_LOAD(path));
    static const char *const users[] = {"alice off", "bob on"};
    set_users(users, 2);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(config_rewrite(&test_config), 0);
        snprintf(content, sizeof content,
                 "user bob on\ninclude %s\n# Generated by CONFIG REWRITE\nuser \"\"\nuser kvs\nuser alice off\n"
                 "user bob on\n",
                 config_path("b.conf"));
        config_expect_file("a.conf", content);
        config_expect_loaded(CONFIG_LOAD(path));
        ck_assert_uint_eq(test_config.user_count, 2);
    }
}
END_TEST

START_TEST(rewritten_file_is_never_readable_by_more_than_the_old_one)
{
    struct stat status;
    mode_t mask = umask(0);
    const char *path = config_write_file("a.conf", "requirepass old\n");
    ck_assert_int_eq(chmod(path, 0600), 0);
    config_expect_loaded(CONFIG_LOAD(path));
    config_expect_loaded(CONFIG_SET("requirepass", "new"));
    ck_assert_int_eq(config_rewrite(&test_config), 0);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 07777, 0600);
    ck_assert_int_eq(unlink(path), 0); /* made anew with all that differs from the defaults */
    ck_assert_int_eq(config_rewrite(&test_config), 0);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 07777, 0600);
    umask(mask);
}
END_TEST

/* The child becomes nobody and rewrites a file of root's, whose group it may not give. */
static int rewrite_as_nobody(void)
{
    const uid_t nobody = 65534;
    if (setgroups(0, NULL) != 0 || setgid(nobody) != 0 || setuid(nobody) != 0)
        return 1;
    return config_rewrite(&test_config) == 0 ? 0 : 2;
}

START_TEST(group_that_cannot_be_kept_loses_its_rights_to_the_rewritten_file)
{
    struct stat status;
    int ended;
    if (!test_is_root())
        return;
    const char *path = config_write_file("a.conf", "requirepass old\n");
    ck_assert_int_eq(chmod(path, 0644), 0); /* nobody reads it by the last digit */
    ck_assert_int_eq(chown(test_folder, 65534, 65534), 0);
    config_expect_loaded(CONFIG_LOAD(path));
    config_expect_loaded(CONFIG_SET("requirepass", "new"));
    pid_t child = fork();
    if (child == 0)
        _exit(rewrite_as_nobody());
    ck_assert_int_eq(waitpid(child, &ended, 0), child);
    ck_assert_int_eq(ended, 0);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_uid, 65534);
    ck_assert_int_eq(status.st_mode & 07777, 0604);
    config_expect_file("a.conf", "requirepass \"new\"\n");
}
END_TEST

Suite *suite_config_access(void);
Suite *suite_config_access(void)
{
    Suite *suite = suite_create("config_access");
    TCase *tcase = tcase_create("config_access");
    tcase_add_checked_fixture(tcase, config_set_up, config_tear_down);
    tcase_add_test(tcase, one_word_is_an_account_and_more_are_a_user_of_the_acl);
    tcase_add_test(tcase, user_is_declared_once_or_once_more_on_the_command_line);
    tcase_add_test(tcase, mistakes_of_access_are_told_with_file_and_line);
    tcase_add_test(tcase, passwords_are_told_by_get_and_not_by_messages);
    tcase_add_test(tcase, values_of_access_are_in_the_fields);
    tcase_add_test(tcase, neither_account_nor_users_are_set_while_running);
    tcase_add_test(tcase, commands_get_other_names_by_lines_that_get_and_set_do_not_know);
    tcase_add_test(tcase, rewrite_writes_users_where_they_stand_and_leaves_new_names_alone);
    tcase_add_test(tcase, rewrite_takes_back_users_that_an_include_declares);
    tcase_add_test(tcase, rewritten_file_is_never_readable_by_more_than_the_old_one);
    tcase_add_test(tcase, group_that_cannot_be_kept_loses_its_rights_to_the_rewritten_file);
    suite_add_tcase(suite, tcase);
    return suite;
}
