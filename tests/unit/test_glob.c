/* Glob patterns: the ordinary, the corners, and work that stays bounded. */
#include "base/clock.h"
#include "base/glob.h"

#include <check.h>
#include <string.h>

static bool matches(const char *pattern, const char *string)
{
    return glob_match(pattern, strlen(pattern), string, strlen(string), false);
}

static bool matches_any_case(const char *pattern, const char *string)
{
    return glob_match(pattern, strlen(pattern), string, strlen(string), true);
}

START_TEST(stars_and_question_marks_match)
{
    ck_assert(matches("*", "anything"));
    ck_assert(matches("a*", "a"));
    ck_assert(matches("a**b", "ab"));
    ck_assert(matches("*a*b*", "xxaxxbxx"));
    ck_assert(matches("user:*:name", "user:1:name:name"));
    ck_assert(matches("h?llo", "hello"));
    ck_assert(matches("???", "abc"));
    ck_assert(matches("?**", "a"));
    ck_assert(!matches("a*", "ba"));
    ck_assert(!matches("*a", "ab"));
    ck_assert(!matches("???", "ab"));
    ck_assert(!matches("??", "abc"));
    ck_assert(!matches("abc", "ab"));
    ck_assert(!matches("*ab?", "ab"));
    ck_assert(matches("*aab", "aaaab"));
}
END_TEST

START_TEST(empty_string_matches_only_the_empty_pattern)
{
    ck_assert(matches("", ""));
    ck_assert(!matches("*", ""));
    ck_assert(!matches("**", ""));
    ck_assert(!matches("a", ""));
    ck_assert(!matches("[", ""));
    ck_assert(!matches("", "a"));
}
END_TEST

START_TEST(classes_match_members_and_ranges)
{
    ck_assert(matches("h[ae]llo", "hallo"));
    ck_assert(!matches("h[ae]llo", "hillo"));
    ck_assert(matches("h[a-c]", "hb"));
    ck_assert(matches("h[c-a]", "hb"));
    ck_assert(!matches("h[a-c]", "hd"));
    ck_assert(matches("h[^a-c]", "hd"));
    ck_assert(!matches("h[^a-c]", "hb"));
    ck_assert(matches("[a^]", "^"));
    ck_assert(matches("[a-cx-z]", "y"));
    ck_assert(matches("[-a]", "-"));
    ck_assert(matches("*[0-9]", "ab1"));
}
END_TEST

START_TEST(odd_classes_mean_what_they_mean_in_redis)
{
    ck_assert(!matches("[]", "a"));
    ck_assert(!matches("[]a]", "a"));
    ck_assert(matches("[^]", "a"));
    ck_assert(matches("[ab", "b"));
    ck_assert(!matches("[ab", "c"));
    ck_assert(!matches("[", "a"));
    ck_assert(!matches("[", "["));
    ck_assert(matches("[^", "a"));
    ck_assert(matches("[a-", "a"));
    ck_assert(matches("[a-", "-"));
    ck_assert(matches("[a-]", "^")); /* a range from a down to ], left open */
    ck_assert(matches("[a-]", "]"));
    ck_assert(!matches("[a-]", "-"));
    ck_assert(matches("[\\]]", "]"));
    ck_assert(matches("[\\a-c]", "-"));
    ck_assert(!matches("[\\a-c]", "b"));
    ck_assert(matches("[a\\", "\\"));
    ck_assert(matches("[a-\xff]", "\xff"));
    ck_assert(matches("[a-\xff]", "A"));
    ck_assert(!matches("[a-\xff]", "b"));
}
END_TEST

START_TEST(backslash_makes_literal)
{
    ck_assert(matches("a\\*b", "a*b"));
    ck_assert(!matches("a\\*b", "axb"));
    ck_assert(matches("\\?", "?"));
    ck_assert(matches("\\[a]", "[a]"));
    ck_assert(matches("\\a", "a"));
    ck_assert(matches("\\\\", "\\"));
    ck_assert(matches("a\\", "a\\"));
    ck_assert(!matches("a\\", "a"));
    ck_assert(matches("*\\*", "ab*"));
    ck_assert(!matches("*\\*", "abc"));
}
END_TEST

START_TEST(case_is_ignored_on_request)
{
    ck_assert(matches_any_case("HeL*", "hello"));
    ck_assert(!matches("HeL*", "hello"));
    ck_assert(matches_any_case("[A-C]", "b"));
    ck_assert(matches_any_case("[a]", "A"));
    ck_assert(matches_any_case("\\A", "a"));
    ck_assert(!matches_any_case("[\\A]", "a")); /* in a class a backslash means this very byte */
    ck_assert(!matches_any_case("[a]", "1"));
}
END_TEST

START_TEST(bytes_of_any_value_match_themselves)
{
    ck_assert(glob_match("a\0*", 3, "a\0b", 3, false));
    ck_assert(!glob_match("a\0c", 3, "a\0b", 3, false));
    ck_assert(glob_match("[\0]", 3, "\0", 1, false));
    ck_assert(glob_match("\xff*", 2, "\xff\xfe", 2, true));
}
END_TEST

START_TEST(only_the_given_bytes_are_read)
{
    ck_assert(glob_match("ab*", 2, "abc", 2, false));
    ck_assert(glob_match("[ab]c", 3, "b", 1, false));
    ck_assert(glob_match("a\\*", 2, "a\\", 2, false));
    ck_assert(!glob_match("a]", 0, "a", 1, false));
}
END_TEST

START_TEST(many_stars_do_not_explode)
{
    enum { STARS = 5000, LEN = 50000 };
    static char pattern[2 * STARS + 1], string[LEN];
    for (int i = 0; i < STARS; i++)
        memcpy(pattern + 2 * i, "a*", 2);
    pattern[2 * STARS] = 'b';
    memset(string, 'a', LEN);
    int64_t start = clock_monotonic_ns();
    ck_assert(!glob_match(pattern, sizeof pattern, string, LEN, false));
    ck_assert(glob_match(pattern, sizeof pattern - 1, string, LEN, false));
    ck_assert_int_lt(clock_monotonic_ns() - start, INT64_C(5000000000));
}
END_TEST

Suite *suite_glob(void);
Suite *suite_glob(void)
{
    Suite *suite = suite_create("glob");
    TCase *tcase = tcase_create("glob");
    tcase_add_test(tcase, stars_and_question_marks_match);
    tcase_add_test(tcase, empty_string_matches_only_the_empty_pattern);
    tcase_add_test(tcase, classes_match_members_and_ranges);
    tcase_add_test(tcase, odd_classes_mean_what_they_mean_in_redis);
    tcase_add_test(tcase, backslash_makes_literal);
    tcase_add_test(tcase, case_is_ignored_on_request);
    tcase_add_test(tcase, bytes_of_any_value_match_themselves);
    tcase_add_test(tcase, only_the_given_bytes_are_read);
    tcase_add_test(tcase, many_stars_do_not_explode);
    suite_add_tcase(suite, tcase);
    return suite;
}
