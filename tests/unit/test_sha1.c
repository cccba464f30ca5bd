/* SHA-1: the standard's examples, and every way the padding can fall. */
#include "core/sha1.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static const char *hex_of(const void *data, size_t len)
{
    static char hex[2 * SHA1_LEN + 1];
    unsigned char digest[SHA1_LEN];
    sha1(data, len, digest);
    for (int i = 0; i < SHA1_LEN; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return hex;
}

START_TEST(digests_are_those_of_the_standard)
{
    static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    ck_assert_str_eq(hex_of("", 0), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    ck_assert_str_eq(hex_of("abc", 3), "a9993e364706816aba3e25717850c26c9cd0d89d");
    ck_assert_str_eq(hex_of(two_blocks, 56), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}
END_TEST

START_TEST(padding_is_right_around_the_end_of_a_block)
{
    static const struct {
        size_t len;
        const char *hex;
    } zeros[] = {
        {55, "8e8832c642a6a38c74c17fc92ccedc266c108e6c"}, {56, "9438e360f578e12c0e0e8ed28e2c125c1cefee16"},
        {63, "0b8bf9fc37ad802cefa6733ec62b09d5f43a1b75"}, {64, "c8d7d0ef0eedfa82d2ea1aa592845b9a6d4b02b7"},
        {65, "f0fa45906bd0f4c3668fcd0d8f68d4b298b30e5b"},
    };
    static const char data[128];
    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i++)
        ck_assert_str_eq(hex_of(data, zeros[i].len), zeros[i].hex);
}
END_TEST

START_TEST(a_digest_may_be_hashed_into_itself)
{
    unsigned char digest[SHA1_LEN] = {0}, expected[SHA1_LEN];
    sha1(digest, SHA1_LEN, expected);
    sha1(digest, SHA1_LEN, digest);
    ck_assert_mem_eq(digest, expected, SHA1_LEN);
}
END_TEST

Suite *suite_sha1(void);
Suite *suite_sha1(void)
{
    Suite *suite = suite_create("sha1");
    TCase *tcase = tcase_create("sha1");
    tcase_add_test(tcase, digests_are_those_of_the_standard);
    tcase_add_test(tcase, padding_is_right_around_the_end_of_a_block);
    tcase_add_test(tcase, a_digest_may_be_hashed_into_itself);
    suite_add_tcase(suite, tcase);
    return suite;
}
