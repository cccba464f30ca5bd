/* Amounts keep three digits that count, and what would be rounded up to a unit is told in it. */
#include "top/amount.h"

#include <check.h>
#include <math.h>

START_TEST(counts_go_on_to_the_next_unit_where_they_are_rounded_up_to_it)
{
    ck_assert_str_eq(amount_count(0).text, "0");
    ck_assert_str_eq(amount_count(999).text, "999");
    ck_assert_str_eq(amount_count(999.4).text, "999");
    ck_assert_str_eq(amount_count(999.7).text, "1.00k");
    ck_assert_str_eq(amount_count(12340).text, "12.3k");
    ck_assert_str_eq(amount_count(999700).text, "1.00M");
    ck_assert_str_eq(amount_microseconds(999.7).text, "1.00ms");
    ck_assert_str_eq(amount_count(NAN).text, "-");
}
END_TEST

START_TEST(bytes_go_on_at_1024)
{
    ck_assert_str_eq(amount_bytes(1023).text, "1023B");
    ck_assert_str_eq(amount_bytes(1024).text, "1.00K");
    ck_assert_str_eq(amount_bytes(INFINITY).text, "-");
}
END_TEST

START_TEST(durations_have_two_units)
{
    ck_assert_str_eq(amount_duration(59.9).text, "59s");
    ck_assert_str_eq(amount_duration(60).text, "1m00s");
    ck_assert_str_eq(amount_duration(3600 + 5 * 60).text, "1h05m");
    ck_assert_str_eq(amount_duration(86400).text, "1d00h");
    ck_assert_str_eq(amount_duration(-1).text, "-");
}
END_TEST

Suite *suite_amount(void);
Suite *suite_amount(void)
{
    Suite *suite = suite_create("amount");
    TCase *tcase = tcase_create("amount");
    tcase_add_test(tcase, counts_go_on_to_the_next_unit_where_they_are_rounded_up_to_it);
    tcase_add_test(tcase, bytes_go_on_at_1024);
    tcase_add_test(tcase, durations_have_two_units);
    suite_add_tcase(suite, tcase);
    return suite;
}
