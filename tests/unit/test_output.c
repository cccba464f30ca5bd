/* Output: bytes leave in order however the socket cuts them, and the totals are right at every moment. */
#include "base/blob.h"
#include "base/connection_memory.h"
#include "base/memory.h"
#include "base/output.h"
#include "kit/scratch.h"
#include "kit/suites.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_DATA (OUTPUT_CHUNK_SIZE - sizeof(struct output_chunk))

static struct output output;

static void begin(void)
{
    output = (struct output){0};
}

static void end(void)
{
    output_clear(&output);
    output_pool_drain();
}

static void check_totals(void)
{
    size_t bytes = 0, memory = 0;
    struct output_chunk *last = NULL;
    for (struct output_chunk *chunk = output.head; chunk; chunk = chunk->next) {
        bytes += chunk->len;
        memory += sizeof *chunk + chunk->capacity + (chunk->blob ? chunk->len : 0);
        last = chunk;
    }
    must(output.tail == last);
    must(output.bytes == bytes);
    must(output.memory == memory);
}

/* Writes bytes as a reply does: into the chunk, then into the totals. */
static void append(const char *data, size_t len)
{
    struct output_chunk *chunk = output_add_chunk(&output, len);
    must(chunk->capacity >= len);
    memcpy(chunk->data, data, len);
    chunk->len = len;
    output.bytes += len;
}

static void append_small(const char *data, size_t len)
{
    struct output_chunk *chunk = output_add_small_chunk(&output, len);
    memcpy(chunk->data, data, len);
    chunk->len = len;
    output.bytes += len;
}

static struct blob *blob_of(const char *data, size_t len)
{
    struct blob *blob = blob_create(len);
    memcpy(blob->data, data, len);
    blob->len = len;
    return blob;
}

/* What the vectors describe, which has to be len bytes in all. */
static void check_bytes(const char *expected, size_t len)
{
    struct iovec vectors[64];
    int count = output_vectors(&output, vectors, 64);
    size_t at = 0;
    for (int i = 0; i < count; i++) {
        must(vectors[i].iov_len > 0);
        must(at + vectors[i].iov_len <= len);
        must(memcmp(vectors[i].iov_base, expected + at, vectors[i].iov_len) == 0);
        at += vectors[i].iov_len;
    }
    must(at == len);
    check_totals();
}

static size_t build_mixed(char *expected)
{
    struct blob *blob = blob_of("blob-of-bytes", 13);
    append("first ", 6);
    output_add_blob(&output, blob, 5, 8);
    append_small(" small ", 7);
    output_add_blob(&output, blob, 0, 0);
    append("", 0);
    append("last", 4);
    blob_release(blob);
    return (size_t)sprintf(expected, "first of-bytes small last");
}

START_TEST(bytes_survive_every_cut)
{
    char expected[64];
    size_t len = build_mixed(expected);
    end();
    for (size_t first = 0; first <= len; first++)
        for (size_t second = 0; first + second <= len; second++) {
            begin();
            build_mixed(expected);
            check_bytes(expected, len);
            output_consume(&output, first);
            check_bytes(expected + first, len - first);
            output_consume(&output, second);
            check_bytes(expected + first + second, len - first - second);
            output_clear(&output);
            ck_assert_uint_eq(output.bytes, 0);
            ck_assert_uint_eq(output.memory, 0);
            ck_assert_ptr_null(output.head);
            ck_assert_ptr_null(output.tail);
        }
}
END_TEST

START_TEST(all_consumed_leaves_nothing)
{
    char expected[64];
    size_t len = build_mixed(expected);
    output_consume(&output, len);
    ck_assert_ptr_null(output.head);
    ck_assert_ptr_null(output.tail);
    ck_assert_uint_eq(output.memory, 0);
}
END_TEST

START_TEST(blob_is_held_until_its_bytes_are_sent)
{
    struct blob *blob = blob_of("0123456789", 10);
    output_add_blob(&output, blob, 2, 8);
    ck_assert(!blob_is_exclusive(blob));
    output_consume(&output, 7);
    ck_assert(!blob_is_exclusive(blob));
    check_bytes("9", 1);
    output_consume(&output, 1);
    ck_assert(blob_is_exclusive(blob));
    output_add_blob(&output, blob, 0, 10);
    output_clear(&output);
    ck_assert(blob_is_exclusive(blob));
    blob_release(blob);
}
END_TEST

START_TEST(vectors_stop_at_the_maximum)
{
    struct iovec vectors[2];
    for (int i = 0; i < 5; i++)
        append("x", 1);
    ck_assert_int_eq(output_vectors(&output, vectors, 2), 2);
    ck_assert_int_eq(output_vectors(&output, vectors, 0), 0);
}
END_TEST

START_TEST(large_chunks_have_room_for_what_was_asked)
{
    char *data = calloc(1, 3 * CHUNK_DATA);
    memset(data, 'y', 3 * CHUNK_DATA);
    append(data, CHUNK_DATA);
    ck_assert_uint_eq(output.tail->capacity, CHUNK_DATA);
    append(data, CHUNK_DATA + 1);
    ck_assert_uint_ge(output.tail->capacity, CHUNK_DATA + 1);
    append(data, 3 * CHUNK_DATA);
    check_totals();
    output_consume(&output, CHUNK_DATA + 5);
    check_totals();
    ck_assert_uint_eq(output.bytes, 4 * CHUNK_DATA - 4);
    free(data);
}
END_TEST

START_TEST(compacting_keeps_the_bytes_and_drops_the_room)
{
    for (size_t len = 1; len <= 4000; len = len * 2 + 1) {
        char data[5000];
        memset(data, 'a', sizeof data);
        memcpy(data + 100, "rest of it", 10);
        append(data, 100 + len);
        output_consume(&output, 100);
        output_compact(&output);
        check_bytes(data + 100, len);
        if (len <= 1024)
            ck_assert_uint_lt(output.memory, len + 100);
        output_consume(&output, len / 2); /* and goes on being sent */
        output_compact(&output);
        check_bytes(data + 100 + len / 2, len - len / 2);
        output_clear(&output);
    }
}
END_TEST

START_TEST(compacting_leaves_alone_what_it_should)
{
    struct blob *blob = blob_of("0123456789", 10);
    output_compact(&output);
    check_totals();
    output_add_blob(&output, blob, 0, 10);
    output_compact(&output);
    check_bytes("0123456789", 10);
    append("more", 4);
    output_compact(&output);
    check_bytes("0123456789more", 14);
    blob_release(blob);
}
END_TEST

START_TEST(truncating_takes_back_what_came_after)
{
    char expected[64];
    struct output_chunk *marks[8];
    int count = 0;
    size_t len = build_mixed(expected), upto[8], sum = 0;
    for (struct output_chunk *chunk = output.head; chunk; chunk = chunk->next) {
        sum += chunk->len;
        marks[count] = chunk;
        upto[count++] = sum;
    }
    ck_assert_uint_eq(sum, len);
    for (int i = count - 1; i >= 0; i--) {
        output_truncate_after(&output, marks[i]);
        check_bytes(expected, upto[i]);
    }
    output_truncate_after(&output, NULL);
    check_bytes("", 0);
    ck_assert_uint_eq(output.memory, 0);
}
END_TEST

START_TEST(random_histories_agree_with_a_model)
{
    struct dice dice = dice_create(2);
    size_t capacity = 4 << 20;
    char *model = malloc(capacity), *source = malloc(100000);
    for (size_t i = 0; i < 100000; i++)
        source[i] = (char)dice_next(&dice);
    struct blob *blob = blob_of(source, 60000);
    for (unsigned history = 0; history < scratch_rounds(100); history++) {
        size_t start = 0, stop = 0;
        while (stop < capacity - 100000 && dice_below(&dice, 200)) {
            size_t len = dice_below(&dice, dice_chance(&dice, 10) ? 50000 : 500), offset = dice_below(&dice, 10000);
            unsigned choice = (unsigned)dice_below(&dice, 4);
            if (choice == 0) {
                append(source + offset, len);
            } else if (choice == 1) {
                output_add_blob(&output, blob, offset, len);
            } else {
                len = dice_below(&dice, output.bytes + 1);
                output_consume(&output, len);
                start += len;
                if (choice == 2)
                    output_compact(&output);
                len = 0;
            }
            memcpy(model + stop, source + offset, len);
            stop += len;
            check_totals();
            must(output.bytes == stop - start);
            struct iovec first;
            if (output_vectors(&output, &first, 1))
                must(memcmp(first.iov_base, model + start, first.iov_len) == 0);
        }
        output_clear(&output);
    }
    must(blob_is_exclusive(blob));
    blob_release(blob);
    free(model);
    free(source);
}
END_TEST

#ifndef KVS_LIBC_MALLOC
START_TEST(pool_gives_chunks_back)
{
    struct mem_stats before, after;
    output_pool_drain();
    mem_stats_read(&before);
    for (int i = 0; i < 200; i++)
        append("x", 1);
    output_clear(&output);
    output_pool_drain();
    mem_stats_read(&after);
    ck_assert_uint_eq(after.allocated, before.allocated);
}
END_TEST
#endif

START_TEST(chunks_in_use_and_pooled_are_memory_of_connections)
{
    output_pool_drain();
    size_t before = connection_memory(), most = 0;
    for (int i = 0; i < 200; i++)
        append("x", 1);
    most = connection_memory() - before;
    ck_assert_uint_ge(most, output.memory);
    output_clear(&output);
    size_t pooled = connection_memory() - before;
    ck_assert(pooled > 0 && pooled < most && pooled % OUTPUT_CHUNK_SIZE == 0);
    append("x", 1);
    ck_assert_uint_eq(connection_memory() - before, pooled);
    output_clear(&output);
    output_pool_drain();
    ck_assert_uint_eq(connection_memory(), before);
}
END_TEST

Suite *suite_output(void);
Suite *suite_output(void)
{
    Suite *suite = suite_create("output");
    TCase *tcase = tcase_create("output");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, bytes_survive_every_cut);
    tcase_add_test(tcase, all_consumed_leaves_nothing);
    tcase_add_test(tcase, blob_is_held_until_its_bytes_are_sent);
    tcase_add_test(tcase, vectors_stop_at_the_maximum);
    tcase_add_test(tcase, large_chunks_have_room_for_what_was_asked);
    tcase_add_test(tcase, compacting_keeps_the_bytes_and_drops_the_room);
    tcase_add_test(tcase, compacting_leaves_alone_what_it_should);
    tcase_add_test(tcase, truncating_takes_back_what_came_after);
    tcase_add_test(tcase, random_histories_agree_with_a_model);
    tcase_add_test(tcase, chunks_in_use_and_pooled_are_memory_of_connections);
#ifndef KVS_LIBC_MALLOC
    tcase_add_test(tcase, pool_gives_chunks_back);
#endif
    suite_add_tcase(suite, tcase);
    return suite;
}
