/* Memory: classes, statistics that are exact, purging, and failures on request. */
#include "base/memory.h"
#include "kit/suites.h"

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

START_TEST(good_size_is_what_usable_says)
{
    for (size_t size = 1; size < 40000; size += size < 300 ? 1 : 97) {
        void *ptr = mem_alloc(size);
        ck_assert_uint_ge(mem_good_size(size), size);
        ck_assert_uint_ge(mem_usable(ptr), size);
#ifndef KVS_LIBC_MALLOC
        ck_assert_uint_eq(mem_good_size(size), mem_usable(ptr));
        mem_free_sized(ptr, mem_good_size(size));
#else
        mem_free_sized(ptr, size);
#endif
    }
}
END_TEST

START_TEST(small_classes_are_eight_or_sixteen_apart)
{
#ifdef KVS_LIBC_MALLOC
    test_skip("the C library has no classes to speak of");
    return;
#endif
    ck_assert_uint_le(mem_good_size(1), 16);
    ck_assert_uint_eq(mem_good_size(17), 32);
    ck_assert_uint_eq(mem_good_size(33), 48);
    ck_assert_uint_eq(mem_good_size(97), 112);
}
END_TEST

START_TEST(copies_and_zeroed_memory_are_right)
{
    char *string = mem_strdup("value");
    ck_assert_str_eq(string, "value");
    mem_free(string);
    char *bytes = mem_dup("a\0b", 3);
    ck_assert_mem_eq(bytes, "a\0b", 4);
    mem_free(bytes);
    char *empty = mem_dup(NULL, 0);
    ck_assert_str_eq(empty, "");
    mem_free(empty);
    unsigned char *zeroed = mem_calloc(5000);
    for (size_t i = 0; i < 5000; i++)
        ck_assert_uint_eq(zeroed[i], 0);
    zeroed[0] = 9;
    zeroed = mem_realloc(zeroed, 100000);
    ck_assert_uint_eq(zeroed[0], 9);
    mem_free(zeroed);
    mem_free(NULL);
}
END_TEST

START_TEST(the_nth_try_fails_once)
{
    mem_fail_after(2);
    void *first = mem_try_alloc(10);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(mem_try_realloc(first, 1000));
    first = mem_try_realloc(first, 1000);
    ck_assert_ptr_nonnull(first);
    mem_free(first);
    mem_fail_after(1);
    mem_fail_after(0);
    void *second = mem_try_alloc(10);
    ck_assert_ptr_nonnull(second);
    mem_free(second);
}
END_TEST

START_TEST(every_way_to_memory_is_counted)
{
    const uint64_t *allocated, *freed;
    mem_counters(&allocated, &freed);
    uint64_t before = *allocated - *freed, expected = 0;
    void *held[] = {mem_alloc(100),       mem_calloc(200),    mem_realloc(NULL, 300), mem_strdup("text"),
                    mem_dup("a copy", 6), mem_try_alloc(400), mem_try_calloc(500),    mem_try_realloc(NULL, 600),
                    mem_try_calloc(20000)};
    const size_t count = sizeof held / sizeof held[0];
    for (size_t i = 0; i < count; i++)
        expected += mem_usable(held[i]);
    bool exact = *allocated - *freed - before == expected;
    for (size_t i = 0; i < count; i++) {
        expected -= mem_usable(held[i]);
        held[i] = i % 2 ? mem_try_realloc(held[i], 5000) : mem_try_realloc_zeroed(held[i], mem_usable(held[i]), 50000);
        expected += mem_usable(held[i]);
        exact = exact && *allocated - *freed - before == expected;
    }
    for (size_t i = 0; i < count; i++)
        mem_free(held[i]);
    exact = exact && *allocated - *freed == before;
    ck_assert(exact); /* once: an assertion may itself allocate */
}
END_TEST

START_TEST(machine_and_process_have_sizes)
{
    ck_assert_uint_gt(mem_rss(), 100000);
    ck_assert_uint_gt(mem_physical(), mem_rss());
}
END_TEST

#ifndef KVS_LIBC_MALLOC

START_TEST(impossible_size_is_refused)
{
    ck_assert_ptr_null(mem_try_alloc(SIZE_MAX / 2));
}
END_TEST

START_TEST(allocated_counts_live_bytes_exactly)
{
    enum { COUNT = 3000 };
    static void *held[COUNT];
    struct mem_stats before, during, after;
    mem_stats_read(&before);
    size_t expected = 0;
    for (size_t i = 0; i < COUNT; i++) {
        held[i] = mem_alloc(1 + i * 7 % 1000);
        expected += mem_usable(held[i]);
    }
    mem_stats_read(&during);
    ck_assert_uint_eq(during.allocated - before.allocated, expected);
    ck_assert_uint_ge(during.active, during.allocated);
    ck_assert_uint_ge(during.resident, during.active);
    ck_assert_uint_gt(during.metadata, 0);
    for (size_t i = 0; i < COUNT; i++)
        mem_free_sized(held[i], 1 + i * 7 % 1000);
    mem_stats_read(&after);
    ck_assert_uint_eq(after.allocated, before.allocated);
}
END_TEST

START_TEST(purge_gives_pages_back)
{
    enum { SIZE = 64 * 1024 * 1024 };
    mem_purge();
    size_t before = mem_rss();
    char *big = mem_alloc(SIZE);
    memset(big, 'x', SIZE);
    ck_assert_uint_gt(mem_rss(), before + SIZE / 2);
    mem_free_sized(big, SIZE);
    mem_decay(); /* nothing is due yet; must not do harm */
    mem_purge();
    ck_assert_uint_lt(mem_rss(), before + SIZE / 4);
}
END_TEST

START_TEST(our_settings_have_reached_the_allocator)
{
    ssize_t decay_ms = -1;
    size_t len = sizeof decay_ms;
    ck_assert_int_eq(mallctl("opt.dirty_decay_ms", &decay_ms, &len, NULL, 0), 0);
    ck_assert_int_eq(decay_ms, 5000);
    ck_assert_mem_eq(mem_allocator(), "jemalloc-5.", 11);
    ck_assert_uint_eq(strcspn(mem_allocator(), " \n"), strlen(mem_allocator()));
    char *report = mem_report();
    ck_assert_ptr_nonnull(strstr(report, "jemalloc statistics"));
    mem_free(report);
}
END_TEST

#endif

static void stop_failing(void)
{
    mem_fail_after(0);
}

Suite *suite_memory(void);
Suite *suite_memory(void)
{
    Suite *suite = suite_create("memory");
    TCase *tcase = tcase_create("memory");
    tcase_add_checked_fixture(tcase, NULL, stop_failing);
    tcase_add_test(tcase, good_size_is_what_usable_says);
    tcase_add_test(tcase, small_classes_are_eight_or_sixteen_apart);
    tcase_add_test(tcase, copies_and_zeroed_memory_are_right);
    tcase_add_test(tcase, the_nth_try_fails_once);
    tcase_add_test(tcase, machine_and_process_have_sizes);
    tcase_add_test(tcase, every_way_to_memory_is_counted);
#ifndef KVS_LIBC_MALLOC
    tcase_add_test(tcase, impossible_size_is_refused);
    tcase_add_test(tcase, allocated_counts_live_bytes_exactly);
    tcase_add_test(tcase, purge_gives_pages_back);
    tcase_add_test(tcase, our_settings_have_reached_the_allocator);
#endif
    suite_add_tcase(suite, tcase);
    return suite;
}
