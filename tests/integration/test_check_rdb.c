/* kvs-server --check-rdb: what is told of a good file, and the line and status for each that isn't. */
#include "kit/kit.h"
#include "kit/suites.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder;

static void set_up(void)
{
    folder = scratch_create();
}

static void tear_down(void)
{
    scratch_remove(folder);
}

/* Three keys of two databases, one of which has expired and one expires in 2100; without a checksum. */
static const char good[] = "REDIS0010"
                           "\xfa\x09redis-ver\x06"
                           "7.0.15"
                           "\xfa\x05"
                           "ctime\xc2\x00\xf1\x53\x65"
                           "\xfa\x04"
                           "note\x03"
                           "a\nb"
                           "\xf5\x0a#!lua name"
                           "\xfe\x00\xfb\x02\x02"
                           "\xfc\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01"
                           "a\x01v"
                           "\xfc\x00\x00\xf0\x2a\xbb\x03\x00\x00\x04\x01"
                           "h\x01\x01"
                           "f\x01v"
                           "\xfe\x0f\x01\x01l\x01\x01x"
                           "\xff\0\0\0\0\0\0\0";
#define GOOD_LEN sizeof good /* with the NUL, which is the last byte of the checksum */

static const char *write_bytes(const char *bytes, size_t len)
{
    const char *path = scratch_path(folder, "dump.rdb");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
    close(fd);
    return path;
}

static void expect_refused(const char *path, const char *words)
{
    char *output;
    ck_assert_int_eq(kit_run(&output, "--check-rdb", path), 1);
    ck_assert_msg(strstr(output, words), "'%s' isn't in: %s", words, output);
    ck_assert_ptr_nonnull(strstr(output, "kvs-server: "));
    ck_assert_ptr_null(strstr(output, " is good"));
    free(output);
}

START_TEST(what_is_in_a_good_file_is_told)
{
    char *output, expected[1024];
    const char *path = write_bytes(good, GOOD_LEN);
    ck_assert_int_eq(kit_run(&output, "--check-rdb", path), 0);
    snprintf(expected, sizeof expected,
             "RDB version 10 of Redis\n"
             "redis-ver: 7.0.15\n"
             "ctime: 1700000000 (2023-11-14 22:13:20 UTC)\n"
             "note: \"a\\nb\"\n"
             "database 0: 2 keys, 2 with a time to live, of which 1 has expired\n"
             "database 15: 1 key\n"
             "types: string 1, list 1, hash 1\n"
             "functions: 1 library\n"
             "%s is good: 3 keys in %zu bytes, without a checksum, read in ",
             path, GOOD_LEN);
    ck_assert_msg(strncmp(output, expected, strlen(expected)) == 0, "%s\nshould be\n%s", output, expected);
    free(output);
}
END_TEST

START_TEST(what_stands_behind_the_end_is_remarked)
{
    char *output, bytes[GOOD_LEN + 14];
    memcpy(bytes, good, GOOD_LEN);
    memcpy(bytes + GOOD_LEN, "*1\r\n$4\r\nPING\r\n", 14);
    ck_assert_int_eq(kit_run(&output, "--check-rdb", write_bytes(bytes, sizeof bytes)), 0);
    ck_assert_ptr_nonnull(strstr(output, "\nbehind its end stand 14 bytes more, as in an append-only file"));
    free(output);
}
END_TEST

START_TEST(a_damaged_file_is_told_with_the_offset)
{
    char bytes[GOOD_LEN];
    char *output;
    expect_refused(write_bytes(good, GOOD_LEN - 30), "dump.rdb: offset ");
    memcpy(bytes, good, GOOD_LEN);
    bytes[GOOD_LEN - 1] = 1;
    expect_refused(write_bytes(bytes, GOOD_LEN), ": the checksum is wrong: it is ");
    /* what was found until then is told nevertheless */
    ck_assert_int_eq(kit_run(&output, "--check-rdb", scratch_path(folder, "dump.rdb")), 1);
    ck_assert_ptr_nonnull(strstr(output, "database 0: 2 keys"));
    free(output);
}
END_TEST

START_TEST(what_is_no_file_of_rdb_is_told)
{
    expect_refused(scratch_path(folder, "none"), "none: can't open it: No such file or directory");
    expect_refused(folder, ": it is a folder; name the RDB file in it");
    expect_refused("/dev/null", "/dev/null: it is no ordinary file");
    ck_assert_int_eq(mkfifo(scratch_path(folder, "pipe"), 0600), 0);
    expect_refused(scratch_path(folder, "pipe"), "pipe: it is no ordinary file");
    expect_refused(write_bytes("", 0), "dump.rdb: offset 0: it is empty, and no RDB file");
    expect_refused(write_bytes("*1\r\n$4\r\nPING\r\n", 14),
                   "dump.rdb: offset 0: it is no RDB file: these begin with REDIS");
    expect_refused(write_bytes("REDIS0099", 9), "dump.rdb: offset 0: it is of Redis's RDB version 99");
}
END_TEST

START_TEST(one_file_is_wanted)
{
    char *output;
    ck_assert_int_eq(kit_run(&output, "--check-rdb"), 1);
    ck_assert_str_eq(output, "kvs-server: --check-rdb: write one file behind it, and nothing else\n");
    free(output);
    ck_assert_int_eq(kit_run(&output, "--check-rdb", "a", "b"), 1);
    free(output);
}
END_TEST

Suite *suite_check_rdb(void);
Suite *suite_check_rdb(void)
{
    Suite *suite = suite_create("check_rdb");
    TCase *tcase = kit_tcase("check_rdb");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, what_is_in_a_good_file_is_told);
    tcase_add_test(tcase, what_stands_behind_the_end_is_remarked);
    tcase_add_test(tcase, a_damaged_file_is_told_with_the_offset);
    tcase_add_test(tcase, what_is_no_file_of_rdb_is_told);
    tcase_add_test(tcase, one_file_is_wanted);
    suite_add_tcase(suite, tcase);
    return suite;
}
