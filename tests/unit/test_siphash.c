/*
 * The keyed hash. Two sets of vectors from other implementations, and a third of our own: SipHash written
 * down byte by byte as the paper says it, compared over many lengths, alignments and keys.
 */
#include "base/random.h"
#include "base/siphash.h"

#include <check.h>
#include <string.h>

struct vector {
    size_t len; /* the message is the bytes 0, 1, 2 ... */
    uint64_t hash;
};

static uint64_t reference_siphash(const unsigned char *data, size_t len, const struct siphash_key *key, int word_rounds,
                                  int final_rounds)
{
    uint64_t v[4] = {
        key->k0 ^ 0x736f6d6570736575,
        key->k1 ^ 0x646f72616e646f6d,
        key->k0 ^ 0x6c7967656e657261,
        key->k1 ^ 0x7465646279746573,
    };
    size_t words = len / 8 + 1;
    for (size_t i = 0; i <= words; i++) {
        uint64_t word = 0;
        for (size_t byte = 0; byte < 8 && i < words; byte++) {
            size_t at = i * 8 + byte;
            uint64_t value = at < len ? data[at] : at == words * 8 - 1 ? len & 255 : 0;
            word += value << (8 * byte);
        }
        if (i == words)
            v[2] ^= 255;
        v[3] ^= word;
        for (int round = 0; round < (i < words ? word_rounds : final_rounds); round++) {
            v[0] += v[1], v[1] = v[1] << 13 | v[1] >> 51, v[1] ^= v[0], v[0] = v[0] << 32 | v[0] >> 32;
            v[2] += v[3], v[3] = v[3] << 16 | v[3] >> 48, v[3] ^= v[2];
            v[0] += v[3], v[3] = v[3] << 21 | v[3] >> 43, v[3] ^= v[0];
            v[2] += v[1], v[1] = v[1] << 17 | v[1] >> 47, v[1] ^= v[2], v[2] = v[2] << 32 | v[2] >> 32;
        }
        v[0] ^= word;
    }
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void fill_counting(unsigned char *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)i;
}

START_TEST(siphash24_gives_the_published_vectors)
{
    static const struct vector vectors[] = {
        {0, 0x726fdb47dd0e0e31},  {1, 0x74f839c593dc67fd},  {7, 0xab0200f58b01d137},  {8, 0x93f5f5799a932462},
        {15, 0xa129ca6149be45e5}, {16, 0x3f2acc7f57c29bdb}, {63, 0x958a324ceb064572},
    };
    struct siphash_key key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    unsigned char data[64];
    fill_counting(data, sizeof data);
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
        ck_assert_uint_eq(siphash24(data, vectors[i].len, &key), vectors[i].hash);
}
END_TEST

START_TEST(siphash13_gives_what_cpython_gives_under_a_zero_key)
{
    /* hash(bytes(range(len))) of CPython 3.11 with PYTHONHASHSEED=0. */
    static const struct vector vectors[] = {
        {1, 0x68a914128e01e473},  {3, 0x4d4c9a4a8ef6e0ad},  {5, 0x5abe2169dff36275},  {7, 0x2f098ab0c751325a},
        {8, 0xead411e67ebe2eea},  {9, 0x75927f9d95124362},  {15, 0xf30eb725bb91c9ea}, {16, 0x8972188433a5c5b7},
        {17, 0x4883c49a2c009c1d}, {31, 0x169739443111d49b}, {64, 0x75e05fd5bbc870c6},
    };
    struct siphash_key key = {0, 0};
    unsigned char data[64];
    fill_counting(data, sizeof data);
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
        ck_assert_uint_eq(siphash13(data, vectors[i].len, &key), vectors[i].hash);
}
END_TEST

START_TEST(every_length_and_alignment_agrees_with_the_slow_form)
{
    struct random_state random;
    random_seed(&random, 7);
    unsigned char data[300];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)random_next(&random);
    for (size_t len = 0; len <= 280; len++) {
        struct siphash_key key = {random_next(&random), random_next(&random)};
        const unsigned char *at = data + len % 16;
        ck_assert_uint_eq(siphash13(at, len, &key), reference_siphash(at, len, &key, 1, 3));
        ck_assert_uint_eq(siphash24(at, len, &key), reference_siphash(at, len, &key, 2, 4));
    }
}
END_TEST

START_TEST(no_byte_outside_the_data_is_looked_at)
{
    struct siphash_key key = {1, 2};
    for (size_t len = 0; len <= 40; len++) {
        unsigned char first[64], second[64];
        memset(first, 0x00, sizeof first);
        memset(second, 0xff, sizeof second);
        fill_counting(first + 8, len);
        fill_counting(second + 8, len);
        ck_assert_uint_eq(siphash13(first + 8, len, &key), siphash13(second + 8, len, &key));
    }
}
END_TEST

START_TEST(hash_bytes_uses_the_key_that_was_set)
{
    struct siphash_key first = {3, 4}, second = {3, 5};
    siphash_set_key(&first);
    ck_assert_uint_eq(siphash_bytes("key:1", 5), siphash13("key:1", 5, &first));
    siphash_set_key(&second);
    ck_assert_uint_eq(siphash_bytes("key:1", 5), siphash13("key:1", 5, &second));
    ck_assert_uint_ne(siphash13("key:1", 5, &first), siphash13("key:1", 5, &second));
}
END_TEST

START_TEST(random_keys_differ)
{
    siphash_init_random();
    uint64_t first = siphash_bytes("a", 1);
    siphash_init_random();
    ck_assert_uint_ne(siphash_bytes("a", 1), first);
}
END_TEST

Suite *suite_siphash(void);
Suite *suite_siphash(void)
{
    Suite *suite = suite_create("siphash");
    TCase *tcase = tcase_create("siphash");
    tcase_add_test(tcase, siphash24_gives_the_published_vectors);
    tcase_add_test(tcase, siphash13_gives_what_cpython_gives_under_a_zero_key);
    tcase_add_test(tcase, every_length_and_alignment_agrees_with_the_slow_form);
    tcase_add_test(tcase, no_byte_outside_the_data_is_looked_at);
    tcase_add_test(tcase, hash_bytes_uses_the_key_that_was_set);
    tcase_add_test(tcase, random_keys_differ);
    suite_add_tcase(suite, tcase);
    return suite;
}
