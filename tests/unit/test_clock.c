/* Clocks: agreement between units, and the fake wall clock. */
#include "base/clock.h"

#include <check.h>
#include <time.h>

static void restore_clock(void)
{
    clock_set_fake(-1);
    clock_shift_wall(0);
}

START_TEST(wall_clock_shows_the_time_of_day)
{
    int64_t before = (int64_t)time(NULL);
    int64_t ms = clock_wall_ms();
    int64_t us = clock_wall_us();
    ck_assert_int_ge(ms / 1000, before - 1);
    ck_assert_int_le(ms / 1000, before + 10);
    ck_assert_int_ge(us / 1000, ms);
    ck_assert_int_le(us / 1000, ms + 10000);
}
END_TEST

START_TEST(monotonic_clock_never_goes_back)
{
    int64_t last = clock_monotonic_ns();
    for (int i = 0; i < 10000; i++) {
        int64_t now = clock_monotonic_ns();
        ck_assert_int_ge(now, last);
        last = now;
    }
}
END_TEST

START_TEST(fake_time_stands_still_until_taken_back)
{
    clock_set_fake(1234567);
    ck_assert_int_eq(clock_wall_ms(), 1234567);
    ck_assert_int_eq(clock_wall_us(), 1234567000);
    int64_t monotonic = clock_monotonic_ns();
    ck_assert_int_gt(monotonic, 0);
    clock_set_fake(0);
    ck_assert_int_eq(clock_wall_ms(), 0);
    clock_set_fake(-1);
    ck_assert_int_gt(clock_wall_ms(), INT64_C(1600000000000));
}
END_TEST

START_TEST(fake_time_is_that_of_both_clocks_of_milliseconds)
{
    int64_t real_ms = clock_monotonic_ms();
    clock_set_fake(1234567);
    ck_assert_int_eq(clock_monotonic_ms(), 1234567);
    clock_set_fake(-1);
    ck_assert_int_ge(clock_monotonic_ms(), real_ms);
    ck_assert_int_le(clock_monotonic_ms(), clock_monotonic_ns() / 1000000);
    ck_assert_uint_le(clock_monotonic_s(), (uint32_t)(clock_monotonic_ms() / 1000));
}
END_TEST

START_TEST(a_wall_clock_that_is_set_leaves_monotonic_time_alone)
{
    int64_t wall_ms = clock_wall_ms(), monotonic_ms = clock_monotonic_ms();
    clock_shift_wall(-3600000);
    ck_assert_int_lt(clock_wall_ms(), wall_ms - 3500000);
    ck_assert_int_ge(clock_monotonic_ms(), monotonic_ms);
    clock_shift_wall(3600000);
    ck_assert_int_ge(clock_wall_ms(), wall_ms + 3600000);
    ck_assert_int_lt(clock_monotonic_ms(), monotonic_ms + 3600000);
}
END_TEST

Suite *suite_clock(void);
Suite *suite_clock(void)
{
    Suite *suite = suite_create("clock");
    TCase *tcase = tcase_create("clock");
    tcase_add_checked_fixture(tcase, NULL, restore_clock);
    tcase_add_test(tcase, wall_clock_shows_the_time_of_day);
    tcase_add_test(tcase, monotonic_clock_never_goes_back);
    tcase_add_test(tcase, fake_time_is_that_of_both_clocks_of_milliseconds);
    tcase_add_test(tcase, a_wall_clock_that_is_set_leaves_monotonic_time_alone);
    tcase_add_test(tcase, fake_time_stands_still_until_taken_back);
    suite_add_tcase(suite, tcase);
    return suite;
}
