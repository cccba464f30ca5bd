/* Limits of a client's output, by a clock of our own. */
#include "clients/output_limit.h"
#include "config/config.h"

#include <check.h>

static const struct output_limit none, hard = {.hard_bytes = 1000}, soft = {.soft_bytes = 100, .soft_seconds = 10},
                                       both = {.hard_bytes = 1000, .soft_bytes = 100, .soft_seconds = 10};
static int64_t since_ms;

static void begin(void)
{
    since_ms = 0;
}

static bool reached(const struct output_limit *limit, size_t used, int64_t now_ms)
{
    return output_limit_reached(limit, used, &since_ms, now_ms);
}

START_TEST(without_limits_anything_may_wait)
{
    ck_assert(!reached(&none, SIZE_MAX, 1));
    ck_assert(!reached(&none, SIZE_MAX, 1000000));
}
END_TEST

START_TEST(the_hard_limit_holds_from_its_first_byte_at_once)
{
    ck_assert(!reached(&hard, 999, 1));
    ck_assert(reached(&hard, 1000, 1));
    ck_assert(reached(&both, 1000, 1));
}
END_TEST

START_TEST(the_soft_limit_is_reached_after_its_seconds)
{
    ck_assert(!reached(&soft, 99, 5000));
    ck_assert(!reached(&soft, 100, 20000));
    ck_assert(!reached(&soft, 5000, 25000));
    ck_assert(!reached(&soft, 100, 30000));
    ck_assert(reached(&soft, 100, 30001));
}
END_TEST

START_TEST(who_reads_in_time_begins_anew)
{
    ck_assert(!reached(&soft, 100, 20000));
    ck_assert(!reached(&soft, 99, 29000));
    ck_assert(!reached(&soft, 100, 29500));
    ck_assert(!reached(&soft, 100, 39500)); /* ten seconds since then, not since the first time */
    ck_assert(reached(&soft, 100, 39501));
}
END_TEST

START_TEST(a_limit_that_is_taken_away_forgets_the_time)
{
    ck_assert(!reached(&soft, 100, 20000));
    ck_assert(!reached(&none, 100, 29000));
    ck_assert(!reached(&soft, 100, 31000));
}
END_TEST

Suite *suite_output_limit(void);
Suite *suite_output_limit(void)
{
    Suite *suite = suite_create("output limit");
    TCase *tcase = tcase_create("limits");
    tcase_add_checked_fixture(tcase, begin, NULL);
    tcase_add_test(tcase, without_limits_anything_may_wait);
    tcase_add_test(tcase, the_hard_limit_holds_from_its_first_byte_at_once);
    tcase_add_test(tcase, the_soft_limit_is_reached_after_its_seconds);
    tcase_add_test(tcase, who_reads_in_time_begins_anew);
    tcase_add_test(tcase, a_limit_that_is_taken_away_forgets_the_time);
    suite_add_tcase(suite, tcase);
    return suite;
}
