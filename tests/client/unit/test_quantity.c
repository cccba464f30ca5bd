/* Amounts change their unit where a person expects it, and never outgrow their room. */
#include "core/age.h"
#include "core/quantity.h"
#include "kit/scratch.h"
#include "kit/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char text[QUANTITY_SIZE];

START_TEST(counts_are_whole_up_to_ten_thousand)
{
    ck_assert_str_eq(quantity_write_count(text, 0), "0");
    ck_assert_str_eq(quantity_write_count(text, 10.5), "10.5");
    ck_assert_str_eq(quantity_write_count(text, 99.96), "100");
    ck_assert_str_eq(quantity_write_count(text, 9999), "9999");
    ck_assert_str_eq(quantity_write_count(text, 9999.6), "10.0k");
    ck_assert_str_eq(quantity_write_count(text, 12345), "12.3k");
    ck_assert_str_eq(quantity_write_count(text, 999949), "999.9k");
    ck_assert_str_eq(quantity_write_count(text, 999951), "1.0M");
    ck_assert_str_eq(quantity_write_count(text, 1.5e18), "1.5E");
}
END_TEST

START_TEST(bytes_are_in_powers_of_1024)
{
    ck_assert_str_eq(quantity_write_bytes(text, 0), "0 B");
    ck_assert_str_eq(quantity_write_bytes(text, 1023), "1023 B");
    ck_assert_str_eq(quantity_write_bytes(text, 1024), "1.0 KiB");
    ck_assert_str_eq(quantity_write_bytes(text, 1536), "1.5 KiB");
    ck_assert_str_eq(quantity_write_bytes(text, 1024 * 1024 - 1), "1.0 MiB");
    ck_assert_str_eq(quantity_write_bytes(text, 18446744073709551615.0), "16.0 EiB");
}
END_TEST

START_TEST(sizes_are_written_as_redis_cli_writes_them)
{
    ck_assert_str_eq(quantity_write_size(text, 900), "900B");
    ck_assert_str_eq(quantity_write_size(text, 4096), "4.00K");
    ck_assert_str_eq(quantity_write_size(text, 1310720), "1.25M");
    ck_assert_str_eq(quantity_write_size(text, 1024.0 * 1024 * 1024 * 1024), "1.00T");
}
END_TEST

START_TEST(one_alone_is_singular)
{
    ck_assert_str_eq(quantity_noun(0, "key", "keys"), "keys");
    ck_assert_str_eq(quantity_noun(1, "key", "keys"), "key");
    ck_assert_str_eq(quantity_noun(2, "key", "keys"), "keys");
}
END_TEST

START_TEST(thousands_are_grouped_in_threes)
{
    ck_assert_str_eq(quantity_write_thousands(text, 0), "0");
    ck_assert_str_eq(quantity_write_thousands(text, 999), "999");
    ck_assert_str_eq(quantity_write_thousands(text, 1000), "1,000");
    ck_assert_str_eq(quantity_write_thousands(text, 12345678), "12,345,678");
    ck_assert_str_eq(quantity_write_thousands(text, UINT64_MAX), "18,446,744,073,709,551,615");
}
END_TEST

START_TEST(times_have_three_digits_and_the_unit_that_suits)
{
    ck_assert_str_eq(quantity_write_time(text, 850, "us"), "850 ns");
    ck_assert_str_eq(quantity_write_time(text, 999.6, "us"), "1.00 us");
    ck_assert_str_eq(quantity_write_time(text, 12340, "\xc2\xb5s"), "12.3 \xc2\xb5s");
    ck_assert_str_eq(quantity_write_time(text, 9996, "us"), "10.0 us");
    ck_assert_str_eq(quantity_write_time(text, 99960, "us"), "100 us");
    ck_assert_str_eq(quantity_write_time(text, 1.2e6, "us"), "1.20 ms");
    ck_assert_str_eq(quantity_write_time(text, 15e9, "us"), "15.0 s");
    ck_assert_str_eq(quantity_write_time(text, 5e12, "us"), "5000 s");
}
END_TEST

START_TEST(durations_have_the_two_units_that_say_most)
{
    ck_assert_str_eq(quantity_write_duration(text, 0.5), "0.5s");
    ck_assert_str_eq(quantity_write_duration(text, 59.94), "59.9s");
    ck_assert_str_eq(quantity_write_duration(text, 59.96), "1m0s");
    ck_assert_str_eq(quantity_write_duration(text, 125), "2m5s");
    ck_assert_str_eq(quantity_write_duration(text, 12000), "3h20m");
    ck_assert_str_eq(quantity_write_duration(text, 86400), "1d0h");
    ck_assert_str_eq(quantity_write_duration(text, 12 * 86400 + 4 * 3600), "12d4h");
}
END_TEST

START_TEST(no_amount_outgrows_its_room)
{
    struct dice dice = dice_create(10);
    for (unsigned round = scratch_rounds(20000); round > 0; round--) {
        double amount = (double)dice_next(&dice) / (double)(UINT64_C(1) << dice_below(&dice, 64));
        must(strlen(quantity_write_count(text, amount)) <= 7);
        must(strlen(quantity_write_bytes(text, amount)) <= 10);
        must(strlen(quantity_write_size(text, amount)) <= 8);
        must(strlen(quantity_write_time(text, amount, "us")) < QUANTITY_SIZE);
        must(strlen(quantity_write_duration(text, amount)) < QUANTITY_SIZE);
    }
}
END_TEST

/* How long ago it was, so many seconds before this one. */
static const char *age(long long seconds)
{
    static char words[60];
    FILE *out = fmemopen(words, sizeof words, "w");
    age_print(out, time(NULL) - (time_t)seconds);
    fclose(out);
    return words;
}

START_TEST(an_age_is_told_in_its_largest_unit)
{
    ck_assert_str_eq(age(90), "1 minute ago");
    ck_assert_str_eq(age(150), "2 minutes ago");
    ck_assert_str_eq(age(3 * 3600 + 1800), "3 hours ago");
    ck_assert_str_eq(age(25 * 3600), "1 day ago");
    ck_assert_str_eq(age(12 * 86400 + 60), "12 days ago");
    ck_assert_str_eq(age(-3600), "just now");
}
END_TEST

Suite *suite_quantity(void);
Suite *suite_quantity(void)
{
    Suite *suite = suite_create("quantity");
    TCase *tcase = tcase_create("quantity");
    tcase_add_test(tcase, counts_are_whole_up_to_ten_thousand);
    tcase_add_test(tcase, bytes_are_in_powers_of_1024);
    tcase_add_test(tcase, sizes_are_written_as_redis_cli_writes_them);
    tcase_add_test(tcase, one_alone_is_singular);
    tcase_add_test(tcase, thousands_are_grouped_in_threes);
    tcase_add_test(tcase, times_have_three_digits_and_the_unit_that_suits);
    tcase_add_test(tcase, durations_have_the_two_units_that_say_most);
    tcase_add_test(tcase, no_amount_outgrows_its_room);
    tcase_add_test(tcase, an_age_is_told_in_its_largest_unit);
    suite_add_tcase(suite, tcase);
    return suite;
}
