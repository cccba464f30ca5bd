/* Glob patterns: the ordinary, the corners, and work that stays bounded. */
#include "base/clock.h"
#include "base/glob.h"
#include "kit/scratch.h"

#include <check.h>
#include <string.h>

/* In steps of so many comparisons; each must get on. */
static bool matches_in_steps(const char *pattern, const char *string, bool ignore_case, size_t comparisons)
{
    struct glob glob;
    enum glob_result result = GLOB_UNDECIDED;
    glob_begin(&glob, pattern, strlen(pattern), string, strlen(string), ignore_case);
    for (size_t steps = 0; result == GLOB_UNDECIDED; steps++) {
        ck_assert_uint_lt(steps, 1000);
        result = glob_step(&glob, comparisons);
    }
    return result == GLOB_YES;
}

/* Whether it matches, however the work is divided. */
static bool matches_somehow(const char *pattern, const char *string, bool ignore_case)
{
    bool result = glob_match(pattern, strlen(pattern), string, strlen(string), ignore_case);
    for (size_t comparisons = 1; comparisons < 8; comparisons++)
        ck_assert(matches_in_steps(pattern, string, ignore_case, comparisons) == result);
    return result;
}

static bool matches(const char *pattern, const char *string)
{
    return matches_somehow(pattern, string, false);
}

static bool matches_any_case(const char *pattern, const char *string)
{
    return matches_somehow(pattern, string, true);
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

START_TEST(stars_find_what_comes_after_them)
{
    ck_assert(matches("*b*", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"));
    ck_assert(!matches("*b*", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
    ck_assert(matches("*ba", "bbbbbabbbba"));
    ck_assert(matches("*[b]a", "bbbbbabbbba"));
    ck_assert(matches("*?a*", "xa"));
    ck_assert(!matches("*?a*", "a"));
    ck_assert(matches("*\\b*", "aab"));
    ck_assert(matches("*", "\\"));
    ck_assert(matches("*\\", "a\\"));
    ck_assert(!matches("*\\", "a"));
    ck_assert(matches_any_case("*B*", "aab"));
    ck_assert(!matches("*B*", "aab"));
    ck_assert(matches("**********", "a"));
    ck_assert(matches("a**********", "a"));
    ck_assert(!matches("a**********b", "a"));
    ck_assert(matches("*[^a]*[^a]*", "abab"));
    ck_assert(!matches("*[^a]*[^a]*", "aaba"));
}
END_TEST

/* The plainest matcher there is: recursive, byte by byte, with the corner cases that the real one promises. */
static bool matches_plainly(const char *p, const char *p_end, const char *s, const char *s_end)
{
    if (p == p_end)
        return s == s_end;
    if (*p == '*') {
        for (const char *rest = s; rest <= s_end; rest++)
            if (matches_plainly(p + 1, p_end, rest, s_end))
                return true;
        return false;
    }
    if (s == s_end)
        return false;
    if (*p == '[') {
        bool negated = ++p < p_end && *p == '^', has = false;
        for (p += negated; p < p_end && *p != ']'; p++) {
            if (*p == '\\' && p_end - p >= 2) {
                has |= *++p == *s;
            } else if (p_end - p >= 3 && p[1] == '-') {
                has |= (p[0] <= *s && *s <= p[2]) || (p[2] <= *s && *s <= p[0]);
                p += 2;
            } else {
                has |= *p == *s;
            }
        }
        return has != negated && matches_plainly(p < p_end ? p + 1 : p_end, p_end, s + 1, s_end);
    }
    if (*p == '\\' && p_end - p >= 2)
        p++;
    else if (*p == '?')
        return matches_plainly(p + 1, p_end, s + 1, s_end);
    return *p == *s && matches_plainly(p + 1, p_end, s + 1, s_end);
}

START_TEST(random_patterns_match_as_plainly_as_can_be)
{
    static const char letters[] = "ab*?[]^-\\";
    struct dice dice = dice_create((uint64_t)_i);
    unsigned matched = 0;
    for (unsigned round = 0; round < scratch_rounds(20000); round++) {
        char pattern[12] = "", string[12] = "";
        size_t pattern_len = 1 + dice_below(&dice, sizeof pattern - 2), string_len = 1 + dice_below(&dice, 8);
        for (size_t i = 0; i < pattern_len; i++)
            pattern[i] = letters[dice_below(&dice, sizeof letters - 1)];
        for (size_t i = 0; i < string_len; i++)
            string[i] = letters[dice_below(&dice, dice_chance(&dice, 80) ? 2 : sizeof letters - 1)];
        bool expected = matches_plainly(pattern, pattern + pattern_len, string, string + string_len);
        ck_assert_msg(matches(pattern, string) == expected, "'%s' on '%s'", pattern, string);
        matched += expected;
    }
    ck_assert_uint_gt(matched, scratch_rounds(20000) / 50);
}
END_TEST

START_TEST(a_step_does_no_more_than_it_may)
{
    enum { LEN = 1 << 20 };
    static char pattern[LEN], string[LEN];
    static const char *const starts[] = {"*", "*[", "[", "*?"};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        struct glob glob;
        memset(pattern, 'a', sizeof pattern);
        memcpy(pattern, starts[i], strlen(starts[i]));
        pattern[LEN - 1] = 'b';
        memset(string, 'a', sizeof string);
        glob_begin(&glob, pattern, sizeof pattern, string, sizeof string, false);
        int64_t start = clock_monotonic_ns();
        for (int step = 0; step < 100; step++) /* a millionth of all the work, which nobody would wait for */
            if (glob_step(&glob, 10000) != GLOB_UNDECIDED)
                break;
        ck_assert_int_lt(clock_monotonic_ns() - start, INT64_C(2000000000));
    }
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
    tcase_add_test(tcase, stars_find_what_comes_after_them);
    tcase_add_loop_test(tcase, random_patterns_match_as_plainly_as_can_be, 0, 5);
    tcase_add_test(tcase, a_step_does_no_more_than_it_may);
    tcase_add_test(tcase, many_stars_do_not_explode);
    suite_add_tcase(suite, tcase);
    return suite;
}
