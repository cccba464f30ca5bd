/* Privileges: root becomes somebody else for good. Root alone can show it. */
#include "host/privileges.h"
#include "kit/suites.h"

#include <check.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char error[256];

static void expect_account(const struct passwd *account)
{
    uid_t real, effective, saved;
    gid_t real_group, effective_group, saved_group, groups[64];
    ck_assert_int_eq(getresuid(&real, &effective, &saved), 0);
    ck_assert_int_eq(getresgid(&real_group, &effective_group, &saved_group), 0);
    ck_assert(real == account->pw_uid && effective == account->pw_uid && saved == account->pw_uid);
    ck_assert(real_group == account->pw_gid && effective_group == account->pw_gid && saved_group == account->pw_gid);
    int count = getgroups(64, groups);
    for (int i = 0; i < count; i++)
        ck_assert_uint_ne(groups[i], 0); /* none of root's */
    ck_assert_int_ne(setuid(0), 0);
    ck_assert_int_ne(seteuid(0), 0);
    ck_assert_int_ne(setgid(0), 0);
    ck_assert_int_ne(setgroups(0, NULL), 0);
}

static void become(const char *name)
{
    const gid_t groups_of_root[] = {0, 1};
    struct passwd *account = getpwnam("daemon");
    ck_assert_ptr_nonnull(account);
    ck_assert_int_eq(setgroups(2, groups_of_root), 0);
    ck_assert_msg(privileges_drop(name, error, sizeof error) == 0, "%s", error);
    expect_account(account);
    ck_assert_msg(privileges_drop(name, error, sizeof error) == 0, "%s", error); /* is that already */
    ck_assert_int_eq(privileges_drop("root", error, sizeof error), -EPERM);
    ck_assert_msg(strstr(error, "only root can become 'root'") != NULL, "%s", error);
}

START_TEST(root_becomes_an_account_for_good)
{
    if (!test_is_root())
        return;
    become("daemon");
}
END_TEST

START_TEST(an_account_has_a_number_too)
{
    char number[16];
    if (!test_is_root())
        return;
    snprintf(number, sizeof number, "%u", getpwnam("daemon")->pw_uid);
    become(number);
}
END_TEST

START_TEST(an_account_that_is_not_there_is_named)
{
    static const char *const names[] = {"nobody-of-this-name", "", "4294967294", "99999999999999999999", "-1"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_int_eq(privileges_drop(names[i], error, sizeof error), -ENOENT);
        ck_assert_msg(strstr(error, names[i]) && !strchr(error, '\n'), "%s", error);
    }
}
END_TEST

Suite *suite_privileges(void);
Suite *suite_privileges(void)
{
    Suite *suite = suite_create("privileges");
    TCase *tcase = tcase_create("accounts");
    tcase_add_test(tcase, root_becomes_an_account_for_good);
    tcase_add_test(tcase, an_account_has_a_number_too);
    tcase_add_test(tcase, an_account_that_is_not_there_is_named);
    suite_add_tcase(suite, tcase);
    return suite;
}
