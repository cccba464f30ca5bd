/* Directives of access: accounts and users, passwords, new names of commands; what CONFIG REWRITE makes of them. */
#include "base/bytes.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/config_internal.h"
#include "config/directive.h"
#include "config/entries.h"
#include "config/lists.h"
#include "config/mistakes.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "unit/config_fixture.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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

START_TEST(user_is_taken_away_by_a_line_below)
{
    const char *path = config_write_file("a.conf", "user alice on\nuser bob on\nuser kvs\nuser -alice\nuser carol on\n"
                                                   "user -- on\n");
    config_expect_loaded(CONFIG_LOAD(path, "--user", "-carol", "--user", "---"));
    ck_assert_uint_eq(test_config.user_count, 1);
    ck_assert_str_eq(test_config.users[0], "bob on");
    ck_assert_ptr_nonnull(strstr(config_user_place(&test_config, 0), "a.conf:2"));
    ck_assert_str_eq(test_config.account, "kvs");
    config_expect_loaded(CONFIG_LOAD(config_write_file("a.conf", "user bob on\nuser -bob\nuser bob off\n")));
    ck_assert_str_eq(test_config.users[0], "bob off");
}
END_TEST

START_TEST(place_of_user_is_that_of_the_account)
{
    config_expect_loaded(CONFIG_LOAD(config_write_file("a.conf", "user kvs\nuser bob on\nuser -bob\n")));
    char *place = config_place(&test_config, "user");
    ck_assert_msg(strstr(place, "a.conf:1"), "%s", place);
    mem_free(place);
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
    ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
    config_expect_file("a.conf", "rename-command CONFIG secret\nuser  kvs\nuser bob  on nopass\n# x\n"
                                 "user alice on >pw\nuser eve on\nrequirepass \"old\"\n");
    static const char *const users[] = {"alice on #1234 ~*", "bob on nopass", "default on nopass ~* &* +@all"};
    set_users(users, 3);
    config_expect_loaded(CONFIG_SET("requirepass", "n\"w"));
    ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
    config_expect_file("a.conf", "rename-command CONFIG secret\nuser  kvs\nuser bob  on nopass\n# x\n"
                                 "user alice on #1234 ~*\nuser default on nopass ~* &* +@all\n"
                                 "requirepass \"n\\\"w\"\n");
    config_expect_loaded(CONFIG_LOAD(path));
    ck_assert_uint_eq(test_config.user_count, 3);
    set_users(NULL, 0);
    ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
    config_expect_file("a.conf", "rename-command CONFIG secret\nuser  kvs\n# x\nrequirepass \"n\\\"w\"\n");
}
END_TEST

START_TEST(rewrite_begins_a_user_anew_that_an_include_declares)
{
    char content[PATH_MAX * 2];
    config_write_file("b.conf", "user alice on\nuser kvs\n");
    snprintf(content, sizeof content, "user bob on\ninclude %s\n", config_path("b.conf"));
    const char *path = config_write_file("a.conf", content);
    config_expect_loaded(CONFIG_LOAD(path));
    static const char *const users[] = {"alice off", "bob on"};
    set_users(users, 2);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
        snprintf(content, sizeof content,
                 "user bob on\ninclude %s\n# Generated by CONFIG REWRITE\nuser alice reset off\n",
                 config_path("b.conf"));
        config_expect_file("a.conf", content);
        config_expect_loaded(CONFIG_LOAD(path));
        ck_assert_uint_eq(test_config.user_count, 2);
    }
}
END_TEST

/* a.conf, which includes b.conf, after a rewriting of it with these users; twice, since the second changes nothing. */
static void expect_rewritten(const char *const *users, size_t count, const char *appended)
{
    char content[PATH_MAX * 2];
    set_users(users, count);
    snprintf(content, sizeof content, "user al on\ninclude %s\n# Generated by CONFIG REWRITE\n%s",
             config_path("b.conf"), appended);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
        config_expect_file("a.conf", content);
    }
    config_expect_loaded(CONFIG_LOAD(config_path("a.conf")));
    ck_assert_uint_eq(test_config.user_count, count);
}

#define EXPECT_REWRITTEN(appended, ...)                                                                                \
    expect_rewritten((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),  \
                     appended)

START_TEST(rewrite_takes_away_a_user_of_an_include_and_leaves_it_the_others)
{
    char content[PATH_MAX * 2];
    config_write_file("b.conf", "user bob on\nuser carl on\nuser -x on\n");
    snprintf(content, sizeof content, "user al on\ninclude %s\n", config_path("b.conf"));
    config_expect_loaded(CONFIG_LOAD(config_write_file("a.conf", content)));
    EXPECT_REWRITTEN("user -bob\n", "al on", "carl on", "-x on");
    EXPECT_REWRITTEN("user -bob\nuser bob off\n", "al on", "bob off", "carl on", "-x on");
    EXPECT_REWRITTEN("user -bob\nuser bob off\nuser --x\nuser carl reset off\n", "al on", "bob off", "carl off");
    EXPECT_REWRITTEN("user -bob\nuser --x\nuser carl reset on\n", "al on", "carl on");
    config_write_file("b.conf", "user dora on\n"); /* edits of the include still count */
    config_expect_loaded(CONFIG_LOAD(config_path("a.conf")));
    ck_assert_uint_eq(test_config.user_count, 3);
}
END_TEST

START_TEST(rewrite_keeps_a_line_that_clears_all_users)
{
    config_write_file("b.conf", "user bob on\nuser al off\n");
    char content[PATH_MAX * 2];
    const char *path = config_path("b.conf");
    snprintf(content, sizeof content, "include %s\nuser \"\"\nuser  al on\n", path);
    config_expect_loaded(CONFIG_LOAD(config_write_file("a.conf", content)));
    static const char *const users[] = {"al on", "carl on"};
    set_users(users, 2);
    ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
    snprintf(content, sizeof content, "include %s\nuser \"\"\nuser  al on\nuser carl on\n", config_path("b.conf"));
    config_expect_file("a.conf", content);
}
END_TEST

START_TEST(rewrite_puts_a_new_user_behind_an_include_that_may_know_the_name)
{
    char content[PATH_MAX * 2];
    config_write_file("b.conf", "user bob on\nuser -bob\n");
    snprintf(content, sizeof content, "user al on\ninclude %s\nhz 10\n", config_path("b.conf"));
    config_expect_loaded(CONFIG_LOAD(config_write_file("a.conf", content)));
    static const char *const users[] = {"al on", "bob off"};
    set_users(users, 2);
    ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
    snprintf(content, sizeof content, "user al on\ninclude %s\nuser bob off\nhz 10\n", config_path("b.conf"));
    config_expect_file("a.conf", content);
}
END_TEST

START_TEST(rewrite_writes_the_account_that_overrides_an_include)
{
    char content[PATH_MAX * 2], kept[PATH_MAX];
    config_write_file("b.conf", "user kvs\nuser bob on\n");
    snprintf(content, sizeof content, "include %s\n", config_path("b.conf"));
    const char *path = strcpy(kept, config_write_file("a.conf", content));
    config_expect_loaded(CONFIG_LOAD(path, "--user", "other"));
    ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
    snprintf(content, sizeof content, "include %s\n# Generated by CONFIG REWRITE\nuser other\n", config_path("b.conf"));
    config_expect_file("a.conf", content);
    config_expect_loaded(CONFIG_LOAD(path, "--user", "", "--user", "bob", "on")); /* no line but one takes that back */
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
        snprintf(content, sizeof content, "include %s\n# Generated by CONFIG REWRITE\nuser \"\"\nuser bob on\n",
                 config_path("b.conf"));
        config_expect_file("a.conf", content);
    }
}
END_TEST

/* ---- any file ---- */

#define NAMES 4

/* Lines about users that can be read one after the other. */
static void add_lines(struct text *file, struct dice *dice, bool *declared, const char *include)
{
    static const char *const values[] = {"on", "off", "on nopass"};
    size_t count = dice_below(dice, 7);
    for (size_t i = 0; i < count; i++) {
        size_t name = dice_below(dice, NAMES), kind = dice_below(dice, 10);
        if (kind == 0) {
            text_add(file, "user \"\"\n");
            memset(declared, false, NAMES * sizeof *declared);
        } else if (kind <= 2) {
            text_addf(file, "user -u%zu\n", name);
            declared[name] = false;
        } else if (kind <= 4 || !declared[name]) {
            text_addf(file, "user u%zu %s%s\n", name, kind <= 4 ? "reset " : "", values[dice_below(dice, 3)]);
            declared[name] = true;
        } else if (kind == 9) {
            text_addf(file, "user %s\n", i % 2 == 0 ? "kvs" : "other");
        }
    }
    if (include)
        text_addf(file, "include %s\n", include);
}

static void make_files(struct dice *dice)
{
    bool declared[NAMES] = {false};
    struct text main = TEXT_EMPTY, included = TEXT_EMPTY;
    text_add(&main, "");
    text_add(&included, "");
    add_lines(&main, dice, declared, config_path("b.conf"));
    add_lines(&included, dice, declared, NULL);
    add_lines(&main, dice, declared, NULL);
    config_write_file("a.conf", main.data);
    config_write_file("b.conf", included.data);
    text_deinit(&main);
    text_deinit(&included);
}

/* The users of the running server, any of them changed, gone or new. */
static void change_users(struct dice *dice)
{
    static const char *const values[] = {"on", "off", "on nopass"};
    const char *users[NAMES];
    char texts[NAMES][32];
    size_t count = 0;
    for (size_t i = 0; i < NAMES; i++) {
        const char *value = values[dice_below(dice, 3)];
        for (size_t j = 0; j < test_config.user_count && dice_chance(dice, 60); j++)
            if (test_config.users[j][1] == (char)('0' + i))
                value = strstr(test_config.users[j], " o") + 1;
        snprintf(texts[i], sizeof texts[i], "u%zu %s", i, value);
        if (dice_chance(dice, 70))
            users[count++] = texts[i];
    }
    set_users(users, count);
}

START_TEST(whatever_the_files_say_they_say_the_users_that_there_are_after_a_rewriting)
{
    struct dice dice = dice_create(79);
    const struct directive *user = directive_find("user", 4);
    for (unsigned round = 0; round < scratch_rounds(25); round++) {
        struct config wanted = {0};
        make_files(&dice);
        config_expect_loaded(CONFIG_LOAD(config_path("a.conf")));
        for (int i = 0; i < 3; i++) {
            change_users(&dice);
            ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
            char *first = scratch_read(config_path("a.conf"));
            ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
            char *second = scratch_read(config_path("a.conf"));
            ck_assert_str_eq(first, second);
            config_copy(&wanted, &test_config);
            config_expect_loaded(CONFIG_LOAD(config_path("a.conf")));
            ck_assert_msg(config_entries_same(&wanted, &test_config, user), "%s", first);
            config_deinit(&wanted);
            free(first);
            free(second);
        }
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
    ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 07777, 0600);
    ck_assert_int_eq(unlink(path), 0); /* made anew with all that differs from the defaults */
    ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
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
    return config_rewrite(&test_config, NULL) == 0 ? 0 : 2;
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
    tcase_add_test(tcase, user_is_taken_away_by_a_line_below);
    tcase_add_test(tcase, place_of_user_is_that_of_the_account);
    tcase_add_test(tcase, mistakes_of_access_are_told_with_file_and_line);
    tcase_add_test(tcase, passwords_are_told_by_get_and_not_by_messages);
    tcase_add_test(tcase, values_of_access_are_in_the_fields);
    tcase_add_test(tcase, neither_account_nor_users_are_set_while_running);
    tcase_add_test(tcase, commands_get_other_names_by_lines_that_get_and_set_do_not_know);
    tcase_add_test(tcase, rewrite_writes_users_where_they_stand_and_leaves_new_names_alone);
    tcase_add_test(tcase, rewrite_begins_a_user_anew_that_an_include_declares);
    tcase_add_test(tcase, rewrite_takes_away_a_user_of_an_include_and_leaves_it_the_others);
    tcase_add_test(tcase, rewrite_keeps_a_line_that_clears_all_users);
    tcase_add_test(tcase, rewrite_puts_a_new_user_behind_an_include_that_may_know_the_name);
    tcase_add_test(tcase, rewrite_writes_the_account_that_overrides_an_include);
    tcase_add_test(tcase, whatever_the_files_say_they_say_the_users_that_there_are_after_a_rewriting);
    tcase_add_test(tcase, rewritten_file_is_never_readable_by_more_than_the_old_one);
    tcase_add_test(tcase, group_that_cannot_be_kept_loses_its_rights_to_the_rewritten_file);
    suite_add_tcase(suite, tcase);
    return suite;
}
