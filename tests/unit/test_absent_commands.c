/* The commands that only Redis has: what the table holds, and what rename-command and remarks make of it. */
#include "base/memory.h"
#include "base/text.h"
#include "command/absent_commands.h"
#include "command/command_table.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static const char *find(const char *name)
{
    return absent_command_find(name, strlen(name));
}

static bool is_called(const char *name)
{
    return absent_command_is_called(name, strlen(name));
}

static int rename_to(const char *old_name, const char *new_name)
{
    return command_rename(old_name, strlen(old_name), new_name, strlen(new_name));
}

START_TEST(no_command_that_is_here_stands_among_the_absent)
{
    for (unsigned i = 0; i < command_count(); i++) {
        const char *name = command_full_name(command_by_number(i));
        ck_assert_msg(!find(name), "%s has been built: take it off server/command/absent_commands.c", name);
    }
}
END_TEST

START_TEST(names_are_sorted_within_their_group_and_have_their_containers)
{
    enum command_group group = GROUP_STRING, before = GROUP_STRING;
    const char *last = "";
    ck_assert_uint_gt(absent_command_count(), 0);
    ck_assert_uint_le(absent_command_count(), sizeof((struct absent_mentions *)NULL)->seen);
    for (size_t i = 0; i < absent_command_count(); i++, before = group) {
        const char *name = absent_command_at(i, &group), *bar = strchr(name, '|');
        ck_assert_msg(group != before || strcmp(last, name) < 0, "%s stands before %s", last, name);
        ck_assert_ptr_eq(find(name), name);
        for (const char *at = name; *at != '\0'; at++)
            ck_assert_msg(*at < 'A' || *at > 'Z', "%s isn't in lower case", name);
        if (bar) {
            size_t len = (size_t)(bar - name);
            ck_assert_msg(absent_command_find(name, len) || command_find_original(name, len), "%s has no container",
                          name);
            ck_assert(absent_command_is_container(name, len));
        }
        last = name;
    }
}
END_TEST

START_TEST(names_are_found_in_any_case_and_whole)
{
    ck_assert_str_eq(find("Module|LOAD"), "module|load");
    ck_assert_str_eq(find("CLUSTER|slots"), "cluster|slots");
    static const char *const others[] = {"", "|", "module|", "module|loa", "module|load|x", "get", "nosuch", "|load"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        ck_assert_msg(!find(others[i]), "%s was found", others[i]);
    ck_assert_ptr_null(absent_command_find("module\0load", 11));
    ck_assert(absent_command_is_container("MODULE", 6));
    ck_assert(!absent_command_is_container("module\0padding", 14));
    ck_assert(!absent_command_is_container("modul", 5));
    ck_assert(!absent_command_is_container("replicaof", 9));
}
END_TEST

START_TEST(an_absent_command_is_renamed_as_redis_renames_it)
{
    ck_assert_int_eq(rename_to("FAILOVER", ""), 0);
    ck_assert(!is_called("failover"));
    ck_assert_int_eq(rename_to("failover", "x"), -ENOENT);
    ck_assert_int_eq(rename_to("module", "Run-It"), 0);
    ck_assert(is_called("run-it") && !is_called("module"));
    ck_assert_int_eq(rename_to("RUN-IT", "module"), 0);
    ck_assert(is_called("module") && !is_called("run-it"));
    ck_assert_int_eq(rename_to("module", "MODULE"), 0);
    ck_assert_int_eq(rename_to("module|load", "x"), -ENOENT);
    ck_assert_int_eq(rename_to("nosuch", "x"), -ENOENT);
    ck_assert_ptr_nonnull(find("failover")); /* ACL rules use the names that Redis gives */
    ck_assert_ptr_null(command_find("module", 6));
}
END_TEST

START_TEST(no_two_commands_get_one_name_be_they_here_or_not)
{
    ck_assert_int_eq(rename_to("replicaof", "get"), -EEXIST);
    ck_assert_int_eq(rename_to("replicaof", "migrate"), -EEXIST);
    ck_assert_int_eq(rename_to("get", "migrate"), -EEXIST);
    ck_assert_int_eq(rename_to("migrate", "put"), 0);
    ck_assert_int_eq(rename_to("get", "PUT"), -EEXIST);
    ck_assert_int_eq(rename_to("get", "migrate"), 0);
    ck_assert_int_eq(rename_to("replicaof", "get"), 0);
    ck_assert_ptr_eq(command_find("migrate", 7), command_find_original("get", 3));
    ck_assert_ptr_null(command_find("get", 3));
}
END_TEST

static void expect_said(const char *const *names, size_t count, const char *expected)
{
    struct absent_mentions mentions = {0};
    struct text text = TEXT_EMPTY;
    for (size_t i = 0; i < count; i++)
        absent_mentions_note(&mentions, names[i], strlen(names[i]));
    absent_mentions_say(&mentions, &text);
    ck_assert_str_eq(text.data, expected);
    text_deinit(&text);
}

START_TEST(mentions_are_told_once_and_by_two_names)
{
    static const char *const names[] = {"failover",    "FAILOVER",  "get",     "nosuch",
                                        "module|load", "replicaof", "migrate", "replicaof"};
    expect_said(names, 4, "FAILOVER isn't in kvs (yet)");
    expect_said(names, 5, "FAILOVER and MODULE|LOAD aren't in kvs (yet)");
    expect_said(names, 6, "FAILOVER, MODULE|LOAD and 1 more aren't in kvs (yet)");
    expect_said(names, 8, "FAILOVER, MODULE|LOAD and 2 more aren't in kvs (yet)");
}
END_TEST

Suite *suite_absent_commands(void);
Suite *suite_absent_commands(void)
{
    Suite *suite = suite_create("absent_commands");
    TCase *tcase = tcase_create("absent_commands");
    tcase_add_unchecked_fixture(tcase, command_table_init, NULL);
    tcase_add_test(tcase, no_command_that_is_here_stands_among_the_absent);
    tcase_add_test(tcase, names_are_sorted_within_their_group_and_have_their_containers);
    tcase_add_test(tcase, names_are_found_in_any_case_and_whole);
    tcase_add_test(tcase, an_absent_command_is_renamed_as_redis_renames_it);
    tcase_add_test(tcase, no_two_commands_get_one_name_be_they_here_or_not);
    tcase_add_test(tcase, mentions_are_told_once_and_by_two_names);
    suite_add_tcase(suite, tcase);
    return suite;
}
