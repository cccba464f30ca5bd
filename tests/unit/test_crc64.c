/* Sums are those of the definition, bit by bit, wherever data lies and however it is cut; and two of them make one. */
#include "base/memory.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "persist/crc64.h"

#include <check.h>
#include <string.h>

#define ROOM 1500

static unsigned char data[ROOM];

static void fill(void)
{
    struct dice dice = dice_create(1);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)dice_next(&dice);
}

/* By division of one bit after the other. */
static uint64_t sum_by_bits(uint64_t sum, const unsigned char *at, size_t len)
{
    for (; len > 0; at++, len--)
        for (unsigned bit = 0; bit < 8; bit++) {
            bool is_odd = (sum ^ (uint64_t)(*at >> bit)) & 1;
            sum = sum >> 1 ^ (is_odd ? UINT64_C(0x95ac9329ac4bc9b5) : 0);
        }
    return sum;
}

START_TEST(sums_are_those_of_the_definition)
{
    struct dice dice = dice_create(2);
    for (size_t len = 0; len < ROOM - 16; len += len < 300 ? 1 : 97)
        for (size_t at = 0; at < 16; at += len < 300 ? 1 : 5) {
            uint64_t before = dice_chance(&dice, 20) ? 0 : dice_next(&dice);
            unsigned char *exact = mem_alloc(len + 1); /* so that a sanitizer sees a byte too many */
            memcpy(exact, data + at, len);
            ck_assert_msg(crc64_add(before, exact, len) == sum_by_bits(before, data + at, len), "%zu at %zu", len, at);
            must(crc64_add(before, data + at, len) == sum_by_bits(before, data + at, len));
            mem_free(exact);
        }
    ck_assert_uint_eq(crc64_add(0, "123456789", 9), UINT64_C(0xe9c6d914c4b8d9ca)); /* the known one */
}
END_TEST

START_TEST(sums_go_on_from_piece_to_piece)
{
    uint64_t whole = crc64_add(0, data, sizeof data);
    for (size_t cut = 0; cut <= sizeof data; cut += cut < 200 ? 1 : 31)
        must(crc64_add(crc64_add(0, data, cut), data + cut, sizeof data - cut) == whole);
}
END_TEST

START_TEST(two_sums_make_one)
{
    uint64_t whole = crc64_add(0, data, sizeof data);
    for (size_t cut = 0; cut <= sizeof data; cut += cut < 200 ? 1 : 31) {
        uint64_t front = crc64_add(0, data, cut), rest = crc64_add(0, data + cut, sizeof data - cut);
        must((crc64_add_zeros(front, sizeof data - cut) ^ rest) == whole);
    }
}
END_TEST

START_TEST(zeros_add_up_however_many_there_are)
{
    static const unsigned char zeros[1000];
    for (size_t len = 0; len <= sizeof zeros; len++)
        must(crc64_add_zeros(77, len) == sum_by_bits(77, zeros, len));
    for (unsigned shift = 1; shift < 60; shift++) {
        uint64_t len = (UINT64_C(1) << shift) + 5;
        must(crc64_add_zeros(crc64_add_zeros(77, len), len + 9) == crc64_add_zeros(77, 2 * len + 9));
    }
    ck_assert_uint_eq(crc64_add_zeros(0, 12345), 0);
}
END_TEST

Suite *suite_crc64(void);
Suite *suite_crc64(void)
{
    Suite *suite = suite_create("crc64");
    TCase *tcase = tcase_create("crc64");
    tcase_add_checked_fixture(tcase, fill, NULL);
    tcase_add_test(tcase, sums_are_those_of_the_definition);
    tcase_add_test(tcase, sums_go_on_from_piece_to_piece);
    tcase_add_test(tcase, two_sums_make_one);
    tcase_add_test(tcase, zeros_add_up_however_many_there_are);
    suite_add_tcase(suite, tcase);
    return suite;
}
