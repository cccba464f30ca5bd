/* A slip of the fingers is seen through; a third of the word may be wrong, and no more. */
#include "core/nearest.h"
#include "kit/suites.h"

#include <string.h>

/* The name that is meant by a word, of a few; "" when none is near enough. */
static const char *meant(const char *word)
{
    static const char *const names[] = {"get", "set", "getset", "client", "config", "command", "--latency", "--no-raw"};
    struct nearest nearest = nearest_begin(word);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        nearest_offer(&nearest, names[i]);
    return nearest.name ? nearest.name : "";
}

START_TEST(one_letter_may_be_missing_added_mistaken_or_swapped)
{
    ck_assert_str_eq(meant("clint"), "client");
    ck_assert_str_eq(meant("clieent"), "client");
    ck_assert_str_eq(meant("cloent"), "client");
    ck_assert_str_eq(meant("cleint"), "client");
    ck_assert_str_eq(meant("--latnecy"), "--latency");
    ck_assert_str_eq(meant("gte"), "get");
}
END_TEST

START_TEST(case_does_not_matter)
{
    ck_assert_str_eq(meant("CLINET"), "client");
    ck_assert_str_eq(meant("COMAND"), "command");
}
END_TEST

START_TEST(what_is_too_far_means_nothing)
{
    ck_assert_str_eq(meant(""), "");
    ck_assert_str_eq(meant("g"), "");
    ck_assert_str_eq(meant("gs"), "");
    ck_assert_str_eq(meant("xyz"), "");
    ck_assert_str_eq(meant("clxxxt"), "");
    ck_assert_str_eq(meant("zebra"), "");
}
END_TEST

START_TEST(of_equally_near_names_the_first_is_kept)
{
    ck_assert_str_eq(meant("bet"), "get");
    ck_assert_str_eq(meant("confid"), "config");
}
END_TEST

START_TEST(very_long_words_and_names_are_passed_over)
{
    char word[200];
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    struct nearest nearest = nearest_begin(word);
    nearest_offer(&nearest, word);
    nearest_offer(&nearest, "get");
    ck_assert_ptr_null(nearest.name);
    nearest = nearest_begin("gat");
    nearest_offer(&nearest, word);
    nearest_offer(&nearest, "get");
    ck_assert_str_eq(nearest.name, "get");
}
END_TEST

Suite *suite_nearest(void);
Suite *suite_nearest(void)
{
    Suite *suite = suite_create("nearest");
    TCase *tcase = tcase_create("nearest");
    tcase_add_test(tcase, one_letter_may_be_missing_added_mistaken_or_swapped);
    tcase_add_test(tcase, case_does_not_matter);
    tcase_add_test(tcase, what_is_too_far_means_nothing);
    tcase_add_test(tcase, of_equally_near_names_the_first_is_kept);
    tcase_add_test(tcase, very_long_words_and_names_are_passed_over);
    suite_add_tcase(suite, tcase);
    return suite;
}
