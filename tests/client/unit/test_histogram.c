/* Percentiles are right to one part in 128, everything else exactly. */
#include "core/histogram.h"
#include "kit/scratch.h"
#include "kit/suites.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

START_TEST(an_empty_histogram_is_all_zero)
{
    struct histogram *histogram = histogram_create();
    ck_assert_uint_eq(histogram_count(histogram), 0);
    ck_assert_uint_eq(histogram_min(histogram), 0);
    ck_assert_uint_eq(histogram_max(histogram), 0);
    ck_assert(histogram_mean(histogram) == 0);
    ck_assert_uint_eq(histogram_percentile(histogram, 50), 0);
    ck_assert_uint_eq(histogram_percentile(histogram, 100), 0);
    histogram_destroy(histogram);
}
END_TEST

START_TEST(small_numbers_are_exact)
{
    struct histogram *histogram = histogram_create();
    for (uint64_t value = 0; value < 256; value++)
        histogram_add(histogram, value);
    for (unsigned value = 0; value < 256; value++)
        ck_assert_uint_eq(histogram_percentile(histogram, (value + 1) * 100 / 256.0), value);
    ck_assert(histogram_mean(histogram) == 127.5);
    histogram_destroy(histogram);
}
END_TEST

START_TEST(the_extremes_are_taken)
{
    struct histogram *histogram = histogram_create();
    histogram_add(histogram, UINT64_MAX);
    ck_assert_uint_eq(histogram_min(histogram), UINT64_MAX);
    ck_assert_uint_eq(histogram_percentile(histogram, 50), UINT64_MAX);
    histogram_add(histogram, 0);
    ck_assert_uint_eq(histogram_min(histogram), 0);
    ck_assert_uint_eq(histogram_percentile(histogram, 50), 0);
    ck_assert_uint_eq(histogram_percentile(histogram, 51), UINT64_MAX);
    histogram_destroy(histogram);
}
END_TEST

START_TEST(a_percentile_is_too_large_by_less_than_one_part_in_128)
{
    enum { COUNT = 999 };
    struct dice dice = dice_create(9);
    for (unsigned round = scratch_rounds(100); round > 0; round--) {
        struct histogram *histogram = histogram_create();
        uint64_t values[COUNT];
        long double sum = 0;
        for (int i = 0; i < COUNT; i++) {
            values[i] = dice_next(&dice) >> dice_below(&dice, 64);
            sum += values[i];
            histogram_add(histogram, values[i]);
        }
        qsort(values, COUNT, sizeof values[0], compare);
        must(histogram_count(histogram) == COUNT);
        must(histogram_min(histogram) == values[0] && histogram_max(histogram) == values[COUNT - 1]);
        must(fabs(histogram_mean(histogram) - (double)(sum / COUNT)) <= 1e-9 * (double)(sum / COUNT));
        for (int i = 0; i <= 1000; i += 7) {
            double percent = i / 10.0;
            double rank = ceil(COUNT * percent / 100);
            uint64_t exact = values[rank < 1 ? 0 : (int)rank - 1], told = histogram_percentile(histogram, percent);
            must(told >= exact && told - exact <= exact / 128);
        }
        must(histogram_percentile(histogram, 100) == values[COUNT - 1]);
        histogram_destroy(histogram);
    }
}
END_TEST

START_TEST(a_reset_forgets_everything)
{
    struct histogram *histogram = histogram_create();
    histogram_add(histogram, 5);
    histogram_add(histogram, 7000);
    histogram_reset(histogram);
    ck_assert_uint_eq(histogram_count(histogram), 0);
    ck_assert_uint_eq(histogram_max(histogram), 0);
    histogram_add(histogram, 6);
    ck_assert_uint_eq(histogram_min(histogram), 6);
    ck_assert_uint_eq(histogram_percentile(histogram, 100), 6);
    ck_assert(histogram_mean(histogram) == 6);
    histogram_destroy(histogram);
}
END_TEST

Suite *suite_histogram(void);
Suite *suite_histogram(void)
{
    Suite *suite = suite_create("histogram");
    TCase *tcase = tcase_create("histogram");
    tcase_add_test(tcase, an_empty_histogram_is_all_zero);
    tcase_add_test(tcase, small_numbers_are_exact);
    tcase_add_test(tcase, the_extremes_are_taken);
    tcase_add_test(tcase, a_percentile_is_too_large_by_less_than_one_part_in_128);
    tcase_add_test(tcase, a_reset_forgets_everything);
    suite_add_tcase(suite, tcase);
    return suite;
}
