/* Sets of hashes: what was added is there, once, whatever the hashes look like. */
#include "base/memory.h"
#include "handlers/hash_set.h"
#include "kit/scratch.h"

#include <check.h>
#include <string.h>

/* Hashes of one shard, small ones that all begin with zeros, and large ones. */
static uint64_t hash_of(unsigned number, int kind)
{
    uint64_t n = number + 1;
    return kind == 0 ? (n * UINT64_C(0x9E3779B97F4A7C15)) & ~(UINT64_C(255) << 15) : kind == 1 ? n : UINT64_MAX - n;
}

START_TEST(each_hash_is_new_once)
{
    enum { HASHES = 3000 };
    struct hash_set set = {0};
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < HASHES; i++) {
            ck_assert(hash_set_add(&set, hash_of(i, _i)));
            ck_assert(!hash_set_add(&set, hash_of(i / 2, _i)));
        }
        ck_assert_uint_eq(set.count, HASHES);
        for (unsigned i = 0; i < HASHES; i++)
            ck_assert(!hash_set_add(&set, hash_of(i, _i)));
        hash_set_clear(&set);
        ck_assert_uint_eq(set.count, 0);
    }
    ck_assert_uint_ge(hash_set_memory(&set), 2 * HASHES * sizeof(uint64_t));
    hash_set_deinit(&set);
}
END_TEST

START_TEST(zero_is_a_hash_like_any_other)
{
    struct hash_set set = {0};
    hash_set_clear(&set);
    ck_assert(hash_set_add(&set, 0));
    ck_assert(!hash_set_add(&set, 0));
    hash_set_deinit(&set);
}
END_TEST

START_TEST(a_set_without_memory_says_so)
{
    struct hash_set set = {0};
    mem_fail_after(1);
    ck_assert(!hash_set_add(&set, 5));
    mem_fail_after(0);
    ck_assert(set.failed);
    ck_assert_uint_eq(hash_set_memory(&set), 0);
    hash_set_deinit(&set);
}
END_TEST

Suite *suite_hash_set(void);
Suite *suite_hash_set(void)
{
    Suite *suite = suite_create("hash set");
    TCase *tcase = tcase_create("hashes");
    tcase_add_loop_test(tcase, each_hash_is_new_once, 0, 3);
    tcase_add_test(tcase, zero_is_a_hash_like_any_other);
    tcase_add_test(tcase, a_set_without_memory_says_so);
    suite_add_tcase(suite, tcase);
    return suite;
}
