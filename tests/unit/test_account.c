/* Accounts: names and numbers, both ways. */
#include "host/account.h"

#include <check.h>

START_TEST(names_and_numbers_are_found)
{
    uid_t uid = 7;
    gid_t gid = 7;
    account_warm_up();
    ck_assert(account_find_user("root", &uid) && uid == 0);
    ck_assert(account_find_group("root", &gid) && gid == 0);
    ck_assert(account_find_user("54321", &uid) && uid == 54321); /* a number needs no account */
    ck_assert(account_find_group("4294967294", &gid) && gid == 4294967294U);
}
END_TEST

START_TEST(what_is_no_account_is_not_found)
{
    static const char *const names[] = {"",  "no-such-account", "-1", "4294967295", "99999999999", "1x", "0x1", " 1",
                                        "01"};
    uid_t uid = 7;
    gid_t gid = 7;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_msg(!account_find_user(names[i], &uid) && uid == 7, "'%s'", names[i]);
        ck_assert_msg(!account_find_group(names[i], &gid) && gid == 7, "'%s'", names[i]);
    }
}
END_TEST

START_TEST(a_number_without_an_account_is_told_as_it_is)
{
    char name[ACCOUNT_NAME_MAX];
    ck_assert_str_eq(account_user_name(0, name), "root");
    ck_assert_str_eq(account_group_name(0, name), "root");
    ck_assert_str_eq(account_user_name(4294967000U, name), "4294967000");
    ck_assert_str_eq(account_group_name(4294967000U, name), "4294967000");
}
END_TEST

Suite *suite_account(void);
Suite *suite_account(void)
{
    Suite *suite = suite_create("account");
    TCase *tcase = tcase_create("account");
    tcase_add_test(tcase, names_and_numbers_are_found);
    tcase_add_test(tcase, what_is_no_account_is_not_found);
    tcase_add_test(tcase, a_number_without_an_account_is_told_as_it_is);
    suite_add_tcase(suite, tcase);
    return suite;
}
