/* Random numbers: repeatable under a seed, even, and different where they come from the kernel. */
#include "base/random.h"

#include <check.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

START_TEST(same_seed_gives_the_same_numbers)
{
    struct random_state first, second;
    random_seed(&first, 42);
    random_seed(&second, 42);
    for (int i = 0; i < 1000; i++)
        ck_assert_uint_eq(random_next(&first), random_next(&second));
    random_seed(&second, 43);
    ck_assert_uint_ne(random_next(&first), random_next(&second));
}
END_TEST

START_TEST(xoshiro_gives_the_known_sequence)
{
    /* The beginning from the state 1, 2, 3, 4, as other implementations test it too. */
    struct random_state state = {{1, 2, 3, 4}};
    ck_assert_uint_eq(random_next(&state), 11520);
    ck_assert_uint_eq(random_next(&state), 0);
    ck_assert_uint_eq(random_next(&state), 1509978240);
    ck_assert_uint_eq(random_next(&state), 1215971899390074240);
}
END_TEST

START_TEST(random_below_stays_below_and_reaches_all)
{
    struct random_state state;
    random_seed(&state, 1);
    unsigned seen[7] = {0};
    for (int i = 0; i < 70000; i++) {
        uint64_t value = random_below(&state, 7);
        ck_assert_uint_lt(value, 7);
        seen[value]++;
    }
    for (int i = 0; i < 7; i++) {
        ck_assert_uint_gt(seen[i], 9500);
        ck_assert_uint_lt(seen[i], 10500);
    }
    ck_assert_uint_eq(random_below(&state, 1), 0);
    uint64_t huge = (UINT64_C(1) << 63) + 1;
    for (int i = 0; i < 1000; i++)
        ck_assert_uint_lt(random_below(&state, huge), huge);
}
END_TEST

START_TEST(random_hex_writes_exactly_len_digits)
{
    for (size_t len = 0; len <= 300; len++) {
        char out[304];
        memset(out, '?', sizeof out);
        random_hex(out, len);
        ck_assert_uint_eq(strlen(out), len);
        ck_assert_uint_eq(strspn(out, "0123456789abcdef"), len);
        ck_assert_int_eq(out[len + 1], '?');
    }
    char first[41], second[41];
    random_hex(first, 40);
    random_hex(second, 40);
    ck_assert_str_ne(first, second);
}
END_TEST

START_TEST(random_secure_fills_all_bytes)
{
    unsigned char bytes[1000] = {0};
    random_secure(bytes, sizeof bytes);
    bool is_seen[256] = {false};
    for (size_t i = 0; i < sizeof bytes; i++)
        is_seen[bytes[i]] = true;
    unsigned kinds = 0;
    for (int i = 0; i < 256; i++)
        kinds += is_seen[i];
    ck_assert_uint_gt(kinds, 200);
}
END_TEST

static void *next_of_thread(void *out)
{
    *(uint64_t *)out = random_next(random_thread());
    return NULL;
}

START_TEST(threads_have_generators_of_their_own)
{
    uint64_t here = random_next(random_thread()), there = here;
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, next_of_thread, &there), 0);
    pthread_join(thread, NULL);
    ck_assert_uint_ne(here, there);
    ck_assert_ptr_eq(random_thread(), random_thread());
}
END_TEST

Suite *suite_random(void);
Suite *suite_random(void)
{
    Suite *suite = suite_create("random");
    TCase *tcase = tcase_create("random");
    tcase_add_test(tcase, same_seed_gives_the_same_numbers);
    tcase_add_test(tcase, xoshiro_gives_the_known_sequence);
    tcase_add_test(tcase, random_below_stays_below_and_reaches_all);
    tcase_add_test(tcase, random_hex_writes_exactly_len_digits);
    tcase_add_test(tcase, random_secure_fills_all_bytes);
    tcase_add_test(tcase, threads_have_generators_of_their_own);
    suite_add_tcase(suite, tcase);
    return suite;
}
