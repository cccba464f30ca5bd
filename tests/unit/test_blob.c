/* Blobs: references, growth, and what happens when memory can't be had. */
#include "base/blob.h"
#include "base/connection_memory.h"
#include "base/memory.h"
#include "kit/scratch.h"

#include <check.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

START_TEST(new_blob_is_empty_exclusive_and_roomy)
{
    struct blob *blob = blob_create(BLOB_MIN);
    ck_assert_ptr_nonnull(blob);
    ck_assert_uint_eq(blob->len, 0);
    ck_assert_uint_ge(blob->capacity, BLOB_MIN);
    ck_assert(blob_is_exclusive(blob));
    ck_assert_uint_ge(blob_memory(blob), blob->capacity);
    memset(blob->data, 'x', blob->capacity);
    blob_release(blob);
}
END_TEST

START_TEST(retained_blob_survives_one_release)
{
    struct blob *blob = blob_create(BLOB_MIN);
    ck_assert_ptr_eq(blob_retain(blob), blob);
    ck_assert(!blob_is_exclusive(blob));
    blob_release(blob);
    ck_assert(blob_is_exclusive(blob));
    blob_release(blob);
    blob_release(NULL);
}
END_TEST

START_TEST(reserve_keeps_the_bytes)
{
    struct blob *blob = blob_create(BLOB_MIN);
    for (size_t i = 0; i < BLOB_MIN; i++)
        blob->data[i] = (char)(i * 7);
    blob->len = BLOB_MIN;
    blob = blob_reserve(blob, 1000000);
    ck_assert_ptr_nonnull(blob);
    ck_assert_uint_eq(blob->len, BLOB_MIN);
    ck_assert_uint_ge(blob->capacity, 1000000);
    ck_assert_uint_le(sizeof(struct blob) + blob->capacity, blob_memory(blob));
    for (size_t i = 0; i < BLOB_MIN; i++)
        ck_assert_int_eq(blob->data[i], (char)(i * 7));
    ck_assert_ptr_eq(blob_reserve(blob, 10), blob);
    memset(blob->data, 'x', blob->capacity);
    blob_release(blob);
}
END_TEST

START_TEST(impossible_sizes_fail_and_change_nothing)
{
    ck_assert_ptr_null(blob_create(SIZE_MAX));
    ck_assert_ptr_null(blob_create(SIZE_MAX - sizeof(struct blob)));
    mem_fail_after(1);
    ck_assert_ptr_null(blob_create(BLOB_MIN));
    struct blob *blob = blob_create(BLOB_MIN);
    ck_assert_ptr_nonnull(blob);
    size_t capacity = blob->capacity;
    ck_assert_ptr_null(blob_reserve(blob, SIZE_MAX));
    mem_fail_after(1);
    ck_assert_ptr_null(blob_reserve(blob, 10 * BLOB_MIN));
    ck_assert_uint_eq(blob->capacity, capacity);
    ck_assert(blob_is_exclusive(blob));
    blob_release(blob);
}
END_TEST

enum { ROUNDS = 20000 };

static void *retain_and_release(void *blob)
{
    for (int i = 0; i < ROUNDS; i++)
        blob_release(blob_retain(blob));
    blob_release(blob);
    return NULL;
}

START_TEST(references_are_counted_across_threads)
{
    struct blob *blob = blob_create(BLOB_MIN);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, retain_and_release, blob_retain(blob)), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    ck_assert(blob_is_exclusive(blob));
    blob_release(blob);
}
END_TEST

static void *read_and_release(void *argument)
{
    struct blob *blob = argument;
    for (size_t i = 0; i < blob->len; i++)
        if (blob->data[i] != 'x')
            return blob;
    blob_release(blob);
    return NULL;
}

/* Whoever is the last frees it, after all others have read it; a sanitizer of threads sees the order. */
START_TEST(the_last_of_several_readers_frees)
{
    for (unsigned round = 0; round < scratch_rounds(200); round++) {
        pthread_t threads[4];
        struct blob *blob = blob_create(BLOB_MIN);
        memset(blob->data, 'x', BLOB_MIN);
        blob->len = BLOB_MIN;
        for (int i = 1; i < 4; i++)
            blob_retain(blob);
        for (int i = 0; i < 4; i++)
            ck_assert_int_eq(pthread_create(&threads[i], NULL, read_and_release, blob), 0);
        for (int i = 0; i < 4; i++) {
            void *wrong;
            pthread_join(threads[i], &wrong);
            ck_assert_ptr_null(wrong);
        }
    }
}
END_TEST

START_TEST(a_blob_that_only_replies_refer_to_counts_as_theirs)
{
    size_t before = connection_memory();
    struct blob *blob = blob_create(BLOB_MIN);
    size_t memory = sizeof *blob + blob->capacity;
    blob_lend(blob);
    blob_lend(blob);
    blob_retain(blob);
    ck_assert_uint_eq(connection_memory(), before);
    blob_return(blob);
    blob_release(blob);
    ck_assert_uint_eq(connection_memory(), before); /* an entry and a reply */
    blob_lend(blob);
    blob_release(blob);
    ck_assert_uint_eq(connection_memory(), before + memory);
    blob_return(blob);
    ck_assert_uint_eq(connection_memory(), before + memory);
    blob_return(blob);
    ck_assert_uint_eq(connection_memory(), before);
}
END_TEST

static void *lend_and_return(void *blob)
{
    for (int i = 0; i < 10000; i++)
        blob_return(blob_lend(blob));
    blob_release(blob);
    return NULL;
}

START_TEST(what_threads_lend_and_release_at_once_is_counted_exactly)
{
    size_t before = connection_memory();
    for (unsigned round = 0; round < scratch_rounds(50); round++) {
        struct blob *blob = blob_create(BLOB_MIN);
        pthread_t threads[3];
        for (int i = 0; i < 3; i++)
            ck_assert_int_eq(pthread_create(&threads[i], NULL, lend_and_return, blob_retain(blob)), 0);
        struct blob *lent = blob_lend(blob);
        blob_release(blob);
        for (int i = 0; i < 3; i++)
            pthread_join(threads[i], NULL);
        ck_assert_uint_eq(connection_memory(), before + sizeof *lent + lent->capacity);
        blob_return(lent);
        ck_assert_uint_eq(connection_memory(), before);
    }
}
END_TEST

Suite *suite_blob(void);
Suite *suite_blob(void)
{
    Suite *suite = suite_create("blob");
    TCase *tcase = tcase_create("blob");
    tcase_add_test(tcase, new_blob_is_empty_exclusive_and_roomy);
    tcase_add_test(tcase, retained_blob_survives_one_release);
    tcase_add_test(tcase, reserve_keeps_the_bytes);
    tcase_add_test(tcase, impossible_sizes_fail_and_change_nothing);
    tcase_add_test(tcase, references_are_counted_across_threads);
    tcase_add_test(tcase, the_last_of_several_readers_frees);
    tcase_add_test(tcase, a_blob_that_only_replies_refer_to_counts_as_theirs);
    tcase_add_test(tcase, what_threads_lend_and_release_at_once_is_counted_exactly);
    suite_add_tcase(suite, tcase);
    return suite;
}
