/*
 * Files of RDB that are cut, changed, or too large for memory: reading ends with a line, and nothing is left of it.
 */
#include "base/memory.h"
#include "base/usage.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "unit/rdb_fixture.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void add_small_file(struct text *file, bool sums)
{
    rdb_model_fill_small(true);
    rdb_model_add_file(file, sums);
    rdb_model_clear();
}

START_TEST(a_file_that_is_cut_anywhere_ends_early)
{
    struct text file = TEXT_EMPTY;
    struct rdb_result result;
    add_small_file(&file, true);
    for (size_t len = 0; len < file.len; len++) {
        int ends[2];
        struct rdb_seen seen = {0};
        must(!rdb_read_bytes(file.data, len, true, &result));
        ck_assert_msg(result.ending == (len == 0 ? RDB_NO_RDB : RDB_ENDS_EARLY), "%zu: %s", len, result.words);
        must(result.offset <= len);
        must(pipe2(ends, O_CLOEXEC) == 0 && write(ends[1], file.data, len) == (ssize_t)len);
        close(ends[1]);
        must(!rdb_read_fd(ends[0], true, &seen, &result, NULL));
        ck_assert_msg(result.ending == (len == 0 ? RDB_NO_RDB : RDB_ENDS_EARLY), "%zu: %s", len, result.words);
        close(ends[0]);
    }
    must(rdb_read_bytes(file.data, file.len, true, &result));
    text_deinit(&file);
}
END_TEST

START_TEST(a_file_with_any_byte_changed_is_not_complete)
{
    static const unsigned char changes[] = {1, 2, 4, 8, 16, 32, 64, 128, 255};
    struct text file = TEXT_EMPTY;
    struct rdb_result result;
    add_small_file(&file, true);
    for (size_t at = 0; at < file.len; at++)
        for (size_t c = 0; c < sizeof changes; c++) {
            file.data[at] = (char)(file.data[at] ^ changes[c]);
            bool is_complete = rdb_read_bytes(file.data, file.len, true, &result);
            ck_assert_msg(!is_complete || result.version < 5, "%zu ^ %u", at, changes[c]);
            rdb_read_bytes(file.data, file.len, false, &result); /* without sums it may be another file, and no more */
            file.data[at] = (char)(file.data[at] ^ changes[c]);
        }
    must(rdb_read_bytes(file.data, file.len, true, &result));
    text_deinit(&file);
}
END_TEST

START_TEST(a_checksum_that_is_zero_is_not_compared)
{
    struct text file = TEXT_EMPTY;
    struct rdb_result result;
    add_small_file(&file, false);
    must(rdb_read_bytes(file.data, file.len, true, &result) && !result.was_summed);
    file.data[file.len - 1] = 1;
    must(!rdb_read_bytes(file.data, file.len, true, &result));
    ck_assert_ptr_nonnull(strstr(result.words, "the checksum is wrong: it is "));
    must(rdb_read_bytes(file.data, file.len, false, &result) && !result.was_summed);
    text_deinit(&file);
}
END_TEST

/* Bytes that this thread allocates while it reads them, which end early. */
static uint64_t allocated_for(int fd)
{
    struct rdb_seen seen = {0};
    struct rdb_result result;
    const uint64_t *allocated, *freed;
    mem_counters(&allocated, &freed);
    uint64_t before = *allocated;
    must(!rdb_read_fd(fd, true, &seen, &result, NULL));
    ck_assert_int_eq(result.ending, RDB_ENDS_EARLY);
    return *allocated - before;
}

/* Of a pipe nobody knows how much will come: it takes as much as comes. */
START_TEST(a_length_that_was_made_up_takes_no_memory)
{
    struct rdb_pouring pouring;
    struct text file = TEXT_EMPTY;
    text_add_bytes(&file, "REDIS0010\0\1k\x81\0\0\0\x10\0\0\0\0", 21); /* 64 GiB */
    while (file.len < 1 << 20)
        text_add(&file, "some more of what has been there");
    int fd = rdb_file_of(file.data, file.len);
    ck_assert_uint_lt(allocated_for(fd), 512 << 10);
    close(fd);
    fd = rdb_pour_begin(&pouring, &file);
    ck_assert_uint_lt(allocated_for(fd), 5 << 20);
    rdb_pour_end(&pouring, fd);
    text_deinit(&file);
}
END_TEST

START_TEST(a_descriptor_that_fails_is_told)
{
    struct rdb_seen seen = {0};
    struct rdb_result result;
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(!rdb_read_fd(fd, true, &seen, &result, NULL));
    ck_assert_int_eq(result.ending, RDB_UNREADABLE);
    ck_assert_str_eq(result.words, "offset 0: can't read on in its first bytes: Is a directory");
    close(fd);
}
END_TEST

/* Whether the failure that was asked for is still to come. */
static bool failure_is_pending(unsigned countdown)
{
    for (; countdown > 0; countdown--) {
        void *memory = mem_try_alloc(1);
        if (!memory)
            return true;
        mem_free(memory);
    }
    return false;
}

START_TEST(without_memory_nothing_is_left)
{
    struct text file = TEXT_EMPTY;
    struct rdb_result result;
    rdb_model_fill();
    rdb_model_add_file(&file, true);
    int fd = rdb_file_of(file.data, file.len);
    for (unsigned countdown = 1, step = 1;; countdown += step, step += countdown / 50) {
        struct rdb_seen seen = {.compares = true};
        lseek(fd, 0, SEEK_SET);
        int64_t before = usage_own();
        mem_fail_after(countdown);
        bool is_complete = rdb_read_fd(fd, true, &seen, &result, NULL);
        must(usage_own() == before);
        must(is_complete || result.ending == RDB_OUT_OF_MEMORY);
        if (is_complete && failure_is_pending(countdown))
            break;
        mem_fail_after(0);
    }
    close(fd);
    text_deinit(&file);
    rdb_model_clear();
}
END_TEST

static void join_usage(void)
{
    usage_join();
}

Suite *suite_rdb_damage(void);
Suite *suite_rdb_damage(void)
{
    Suite *suite = suite_create("rdb_damage");
    TCase *tcase = tcase_create("rdb_damage");
    tcase_add_checked_fixture(tcase, join_usage, NULL);
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 240 : 60);
    tcase_add_test(tcase, a_file_that_is_cut_anywhere_ends_early);
    tcase_add_test(tcase, a_file_with_any_byte_changed_is_not_complete);
    tcase_add_test(tcase, a_checksum_that_is_zero_is_not_compared);
    tcase_add_test(tcase, a_length_that_was_made_up_takes_no_memory);
    tcase_add_test(tcase, a_descriptor_that_fails_is_told);
    tcase_add_test(tcase, without_memory_nothing_is_left);
    suite_add_tcase(suite, tcase);
    return suite;
}
