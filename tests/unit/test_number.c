/* Numbers and their text: what is accepted, what is refused, and the exact bytes of each form. */
#include "base/number.h"
#include "base/random.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parses_i64(const char *text, int64_t *value_out)
{
    return number_parse_i64(text, strlen(text), value_out);
}

START_TEST(canonical_integers_are_read)
{
    static const struct {
        const char *text;
        int64_t value;
    } cases[] = {
        {"0", 0},
        {"1", 1},
        {"-1", -1},
        {"10", 10},
        {"-999", -999},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
        {"1000000000000000000", INT64_C(1000000000000000000)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value;
        ck_assert_msg(parses_i64(cases[i].text, &value), "%s", cases[i].text);
        ck_assert_int_eq(value, cases[i].value);
    }
}
END_TEST

START_TEST(other_texts_are_no_integers)
{
    static const char *const cases[] = {
        "",
        "-",
        "+1",
        " 1",
        "1 ",
        "01",
        "-0",
        "00",
        "-01",
        "0x10",
        "1.0",
        "1e3",
        "--1",
        "1a",
        "abc",
        "1-",
        "/",
        ":",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "99999999999999999999",
        "-99999999999999999999",
        "100000000000000000000000000",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 77;
        ck_assert_msg(!parses_i64(cases[i], &value), "%s", cases[i]);
        ck_assert_int_eq(value, 77);
    }
    int64_t value;
    ck_assert(!number_parse_i64("1\0", 2, &value));
}
END_TEST

START_TEST(unsigned_integers_reach_64_bits)
{
    uint64_t value;
    ck_assert(number_parse_u64("18446744073709551615", 20, &value));
    ck_assert_uint_eq(value, UINT64_MAX);
    ck_assert(!number_parse_u64("18446744073709551616", 20, &value));
    ck_assert(!number_parse_u64("99999999999999999999", 20, &value));
    ck_assert(!number_parse_u64("-1", 2, &value));
    ck_assert(!number_parse_u64("1844674407370955161x", 20, &value));
}
END_TEST

/* Random numbers of every length. */
static uint64_t any_length(struct random_state *random)
{
    return random_next(random) >> random_below(random, 64);
}

START_TEST(integers_survive_the_way_to_text_and_back)
{
    struct random_state random;
    random_seed(&random, 11);
    for (int i = 0; i < 20000; i++) {
        uint64_t value = any_length(&random);
        char text[NUMBER_I64_MAX_LEN], expected[32];
        size_t len = number_format_u64(text, value);
        ck_assert_int_eq(snprintf(expected, sizeof expected, "%llu", (unsigned long long)value), (int)len);
        ck_assert_mem_eq(text, expected, len);
        ck_assert_uint_eq(number_digits_u64(value), len);
        uint64_t back;
        ck_assert(number_parse_u64(text, len, &back));
        ck_assert_uint_eq(back, value);

        len = number_format_i64(text, (int64_t)value);
        ck_assert_int_eq(snprintf(expected, sizeof expected, "%lld", (long long)value), (int)len);
        ck_assert_mem_eq(text, expected, len);
        int64_t signed_back;
        ck_assert(number_parse_i64(text, len, &signed_back));
        ck_assert_int_eq(signed_back, (int64_t)value);
    }
}
END_TEST

START_TEST(digits_change_at_powers_of_ten)
{
    ck_assert_uint_eq(number_digits_u64(0), 1);
    uint64_t power = 1;
    for (unsigned digits = 1; digits <= 20; digits++) {
        ck_assert_uint_eq(number_digits_u64(power), digits);
        if (power > 1)
            ck_assert_uint_eq(number_digits_u64(power - 1), digits - 1);
        power *= 10;
    }
    ck_assert_uint_eq(number_digits_u64(UINT64_MAX), 20);
    char text[NUMBER_I64_MAX_LEN];
    ck_assert_uint_eq(number_format_i64(text, INT64_MIN), 20);
    ck_assert_mem_eq(text, "-9223372036854775808", 20);
}
END_TEST

START_TEST(doubles_are_read_as_strtod_reads_them)
{
    static const char *const cases[] = {
        "0",
        "-0",
        "1",
        "3.14",
        "-2.5",
        "1.",
        ".5",
        "+5",
        "1e3",
        "1E-3",
        "0x1p3",
        "inf",
        "-inf",
        "+inf",
        "Infinity",
        "000.1",
        "0.1",
        "123456789012345",
        "12345678901234.5",
        "1234567890123456.7",
        "1.7e308",
        "4.9e-324",
        "0.000000000000001",
        "99999999999999.9",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value, expected = strtod(cases[i], NULL);
        ck_assert_msg(number_parse_double(cases[i], strlen(cases[i]), &value), "%s", cases[i]);
        ck_assert_msg(memcmp(&value, &expected, sizeof value) == 0, "%s", cases[i]);
    }
}
END_TEST

START_TEST(other_texts_are_no_doubles)
{
    static const char *const cases[] = {"",  " 1", "1 ",  "\t1", "nan", "-nan", "1e999", "-1e999", "1e-999", "1.2.3",
                                        "-", ".",  "1,5", "abc", "1f",  "--1",  "+-1",   "1e",     "in"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = 77;
        ck_assert_msg(!number_parse_double(cases[i], strlen(cases[i]), &value), "%s", cases[i]);
        ck_assert(value == 77);
        long double long_value;
        if (!strchr(cases[i], '9'))
            ck_assert_msg(!number_parse_long_double(cases[i], strlen(cases[i]), &long_value), "%s", cases[i]);
    }
    double value;
    ck_assert(!number_parse_double("1\0", 2, &value));
    long double long_value;
    ck_assert(!number_parse_long_double("1e99999", 7, &long_value));
    ck_assert(number_parse_long_double("1e999", 5, &long_value));
    ck_assert(number_parse_long_double("inf", 3, &long_value));
}
END_TEST

START_TEST(very_long_doubles_are_read_and_long_long_doubles_refused)
{
    enum { LEN = 10000 };
    static char text[LEN];
    memset(text, '0', LEN);
    memcpy(text, "2.", 2);
    double value;
    ck_assert(number_parse_double(text, LEN, &value));
    ck_assert(value == 2.0);
    long double long_value;
    ck_assert(!number_parse_long_double(text, LEN, &long_value));
    ck_assert(number_parse_long_double(text, NUMBER_LONG_DOUBLE_MAX_LEN - 1, &long_value));
    ck_assert(!number_parse_long_double(text, NUMBER_LONG_DOUBLE_MAX_LEN, &long_value));
}
END_TEST

START_TEST(doubles_print_as_redis_prints_them)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {3, "3"},
        {-3, "-3"},
        {0.1, "0.1"},
        {-2.5, "-2.5"},
        {3.1, "3.1"},
        {1e15, "1000000000000000"},
        {1e18, "1000000000000000000"},
        {-4611686018427387904.0, "-4611686018427387904"},
        {1e19, "1e+19"},
        {12345678901234567000.0, "12345678901234567000"},
        {1e21, "1e+21"},
        {1.5e300, "1.5e+300"},
        {1.5e-300, "1.5e-300"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {NAN, "nan"},
        {-NAN, "nan"},
        {0.000001, "0.000001"},
        {0.0000001, "1e-7"},
        {1.5e-7, "1.5e-7"},
        {0.001234567, "0.001234567"},
        {0.0001234567, "1.234567e-4"},
        {1.0 / 3, "0.3333333333333333"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1234567.891, "1234567.891"},
        {123456789.123456789, "1.2345678912345679e+8"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {9007199254740993.5, "9007199254740994"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[NUMBER_DOUBLE_MAX_LEN];
        size_t len = number_format_double(text, cases[i].value);
        ck_assert_str_eq(text, cases[i].text);
        ck_assert_uint_eq(len, strlen(text));
    }
}
END_TEST

START_TEST(printed_doubles_read_back_as_the_same_bits)
{
    struct random_state random;
    random_seed(&random, 12);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = random_next(&random);
        double value, back;
        if (i % 2 == 0)
            memcpy(&value, &bits, sizeof value);
        else
            value = (double)(int64_t)any_length(&random) / (double)(1 + random_below(&random, 100000));
        if (!isfinite(value))
            continue;
        char text[NUMBER_DOUBLE_MAX_LEN];
        size_t len = number_format_double(text, value);
        ck_assert_uint_lt(len, sizeof text);
        ck_assert_msg(number_parse_double(text, len, &back), "%s", text);
        ck_assert_msg(memcmp(&value, &back, sizeof value) == 0, "%s of %a", text, value);
    }
}
END_TEST

START_TEST(long_doubles_print_in_fixed_notation)
{
    static const struct {
        const char *value;
        const char *text;
    } cases[] = {
        {"0", "0"},
        {"-0", "0"},
        {"-0.0000000000000000001", "0"},
        {"3", "3"},
        {"10.50", "10.5"},
        {"0.1", "0.1"},
        {"-1.25", "-1.25"},
        {"5.0e3", "5000"},
        {"1e20", "100000000000000000000"},
        {"0.00000000000000001", "0.00000000000000001"},
        {"100", "100"},
        {"inf", "inf"},
        {"-inf", "-inf"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[NUMBER_LONG_DOUBLE_MAX_LEN];
        long double value;
        ck_assert(number_parse_long_double(cases[i].value, strlen(cases[i].value), &value));
        size_t len = number_format_long_double(text, value);
        ck_assert_str_eq(text, cases[i].text);
        ck_assert_uint_eq(len, strlen(text));
    }
    char text[NUMBER_LONG_DOUBLE_MAX_LEN];
    number_format_long_double(text, (long double)NAN);
    ck_assert_str_eq(text, "nan");
    long double largest;
    ck_assert(number_parse_long_double("1e4932", 6, &largest));
    ck_assert_uint_eq(number_format_long_double(text, largest), 4933);
}
END_TEST

START_TEST(memory_sizes_know_redis_units)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {
        {"0", 0},
        {"1024", 1024},
        {"10b", 10},
        {"10k", 10000},
        {"10kb", 10240},
        {"2M", 2000000},
        {"2Mb", 2097152},
        {"3g", 3000000000},
        {"3GB", 3221225472},
        {"007", 7},
        {"18446744073709551615", UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t bytes;
        ck_assert_msg(number_parse_memory(cases[i].text, strlen(cases[i].text), &bytes), "%s", cases[i].text);
        ck_assert_uint_eq(bytes, cases[i].bytes);
    }
    static const char *const bad[] = {
        "", "-1", "kb", "1 kb", "1kbb", "1t", "1x", "1.5g", "1kb ", " 1", "18446744073709551616", "99999999999gb"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint64_t bytes;
        ck_assert_msg(!number_parse_memory(bad[i], strlen(bad[i]), &bytes), "%s", bad[i]);
    }
}
END_TEST

START_TEST(human_sizes_have_two_decimals)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0B"},
        {1023, "1023B"},
        {1024, "1.00K"},
        {1536, "1.50K"},
        {1048575, "1024.00K"},
        {1572864, "1.50M"},
        {UINT64_C(3) << 30, "3.00G"},
        {UINT64_C(5) << 40, "5.00T"},
        {UINT64_C(5) << 50, "5.00P"},
        {UINT64_C(1) << 60, "1152921504606846976B"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[64];
        number_format_human(text, cases[i].bytes);
        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

Suite *suite_number(void);
Suite *suite_number(void)
{
    Suite *suite = suite_create("number");
    TCase *tcase = tcase_create("number");
    tcase_add_test(tcase, canonical_integers_are_read);
    tcase_add_test(tcase, other_texts_are_no_integers);
    tcase_add_test(tcase, unsigned_integers_reach_64_bits);
    tcase_add_test(tcase, integers_survive_the_way_to_text_and_back);
    tcase_add_test(tcase, digits_change_at_powers_of_ten);
    tcase_add_test(tcase, doubles_are_read_as_strtod_reads_them);
    tcase_add_test(tcase, other_texts_are_no_doubles);
    tcase_add_test(tcase, very_long_doubles_are_read_and_long_long_doubles_refused);
    tcase_add_test(tcase, doubles_print_as_redis_prints_them);
    tcase_add_test(tcase, printed_doubles_read_back_as_the_same_bits);
    tcase_add_test(tcase, long_doubles_print_in_fixed_notation);
    tcase_add_test(tcase, memory_sizes_know_redis_units);
    tcase_add_test(tcase, human_sizes_have_two_decimals);
    suite_add_tcase(suite, tcase);
    return suite;
}
