/* Elements: each string comes back as it was, in its one form, and compares and hashes like its text. */
#include "base/blob.h"
#include "base/random.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "shape/element.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static char text[ELEMENT_INLINE_MAX + 100];

/* Stores the text, and looks whether it is as long as wanted, comes back and equals itself. */
static void must_be_stored_in(const char *data, size_t len, size_t wanted)
{
    struct element element;
    struct element_view view;
    char stored[ELEMENT_MAX];
    element_init(&element, data, len);
    ck_assert_uint_eq(element_store(stored, &element, NULL), wanted);
    ck_assert_uint_eq(element_len(stored), wanted);
    element_view(stored, &view);
    ck_assert_uint_eq(view.text.len, len);
    ck_assert(len == 0 || memcmp(view.text.data, data, len) == 0);
    ck_assert(element_equals(stored, &element));
    ck_assert_uint_eq(element_hash(&element), element_hash_stored(stored));
    ck_assert_int_eq(element_compare(stored, (struct bytes){data, len}), 0);
    element_release(stored);
}

START_TEST(texts_of_all_lengths_come_back)
{
    memset(text, 'x', sizeof text);
    for (size_t len = 0; len < sizeof text; len++)
        must_be_stored_in(text, len, len <= 63 ? 1 + len : len <= ELEMENT_INLINE_MAX ? 2 + len : 9);
}
END_TEST

static const struct {
    int64_t number;
    size_t len;
} numbers[] = {
    {0, 1},         {127, 1},       {128, 2},       {4095, 2},     {4096, 3},      {-1, 2},
    {-4096, 2},     {-4097, 3},     {32767, 3},     {32768, 4},    {-32768, 3},    {-32769, 4},
    {8388607, 4},   {8388608, 5},   {-8388608, 4},  {-8388609, 5}, {INT32_MAX, 5}, {INT64_C(2147483648), 9},
    {INT32_MIN, 5}, {INT64_MAX, 9}, {INT64_MIN, 9},
};

START_TEST(numbers_are_stored_as_numbers)
{
    int64_t number = numbers[_i].number, read;
    char digits[32], stored[ELEMENT_MAX];
    struct element element;
    must_be_stored_in(digits, (size_t)sprintf(digits, "%" PRId64, number), numbers[_i].len);
    element_init_i64(&element, number);
    element_store(stored, &element, NULL);
    ck_assert(element_to_i64(stored, &read));
    ck_assert_int_eq(read, number);
}
END_TEST

START_TEST(what_only_looks_like_a_number_stays_text)
{
    static const char *const texts[] = {"007", "+1", "-0", "-", "1 ", "9223372036854775808", "1.0", ""};
    int64_t number;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct element element;
        must_be_stored_in(texts[i], strlen(texts[i]), 1 + strlen(texts[i]));
        element_init(&element, texts[i], strlen(texts[i]));
        ck_assert(!element_to_i64(element.stored, &number));
    }
}
END_TEST

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

START_TEST(elements_compare_as_their_texts)
{
    struct dice dice = dice_create(1);
    for (int round = 0; round < 20000; round++) {
        char a[8], b[8], stored[ELEMENT_MAX];
        size_t a_len = dice_below(&dice, 5), b_len = dice_below(&dice, 5);
        for (size_t i = 0; i < 5; i++) {
            a[i] = "012-a\377"[dice_below(&dice, 6)];
            b[i] = "012-a\377"[dice_below(&dice, 6)];
        }
        struct element element, other;
        element_init(&element, a, a_len);
        element_init(&other, b, b_len);
        element_store(stored, &element, NULL);
        int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
        order = order ? order : (a_len > b_len) - (a_len < b_len);
        ck_assert_int_eq(sign(element_compare(stored, (struct bytes){b, b_len})), sign(order));
        ck_assert_int_eq(element_equals(stored, &other), order == 0);
    }
}
END_TEST

START_TEST(a_large_argument_is_shared)
{
    struct blob *blob = blob_create(1000);
    memset(blob->data, 'y', 1000);
    blob->len = 1000;
    struct arg arg = {blob->data, blob->len, blob};
    struct element element;
    char stored[ELEMENT_MAX];
    element_init(&element, arg.data, arg.len);
    ck_assert_uint_eq(element_store(stored, &element, &arg), 9);
    ck_assert(!blob_is_exclusive(blob));
    element_retain(stored);
    element_release(stored);
    element_release(stored);
    ck_assert(blob_is_exclusive(blob));
    blob_release(blob);
}
END_TEST

Suite *suite_element(void);
Suite *suite_element(void)
{
    Suite *suite = suite_create("element");
    TCase *tcase = tcase_create("element");
    tcase_add_test(tcase, texts_of_all_lengths_come_back);
    tcase_add_loop_test(tcase, numbers_are_stored_as_numbers, 0, sizeof numbers / sizeof numbers[0]);
    tcase_add_test(tcase, what_only_looks_like_a_number_stays_text);
    tcase_add_test(tcase, elements_compare_as_their_texts);
    tcase_add_test(tcase, a_large_argument_is_shared);
    suite_add_tcase(suite, tcase);
    return suite;
}
