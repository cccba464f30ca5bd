/*
 * Files of RDB as they are read: what was written comes back, from a file, a pipe or the front of something else, and
 * what is unknown or refused ends reading with a line.
 */
#include "base/memory.h"
#include "base/usage.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "persist/rdb_file.h"
#include "unit/rdb_fixture.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- there and back ---- */

static void expect_model(int fd, struct rdb_result *result)
{
    struct rdb_seen seen = {.compares = true};
    int64_t before = usage_own();
    bool is_complete = rdb_read_fd(fd, true, &seen, result, NULL);
    ck_assert_msg(is_complete, "%s", result->words);
    ck_assert_uint_eq(seen.entries, rdb_model.count);
    ck_assert_uint_eq(result->entries, rdb_model.count);
    ck_assert_uint_eq(result->version, rdb_model.version);
    ck_assert_uint_eq(seen.aux, 5);
    ck_assert_uint_eq(seen.libraries, 1);
    must(seen.databases == seen.sizes && result->was_summed);
    must(usage_own() == before);
}

START_TEST(what_was_written_comes_back)
{
    for (int way = 0; way < 4; way++) {
        bool compresses = way & 1, is_large = way & 2;
        char *folder_path = scratch_create();
        int folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct rdb_file_terms file_terms = {folder, "dump.rdb", 0600, true, 1 << 16, NULL};
        struct rdb_file file;
        struct rdb_result result;
        struct text records = TEXT_EMPTY;
        if (is_large)
            rdb_model_fill();
        else
            rdb_model_fill_small(false);
        rdb_model_add_records(&records, compresses);
        ck_assert_uint_eq(rdb_model.version, is_large ? RDB_VERSION_TIMED : RDB_VERSION);
        must(rdb_file_begin(&file, &file_terms));
        for (size_t at = 0; at < records.len; at += 50000)
            must(rdb_file_append(&file, records.data + at, records.len - at < 50000 ? records.len - at : 50000));
        must(rdb_file_end(&file, rdb_model.version));
        int fd = openat(folder, "dump.rdb", O_RDONLY | O_CLOEXEC);
        expect_model(fd, &result);
        ck_assert_uint_eq(result.offset, file.len);
        close(fd);
        close(folder);
        scratch_remove(folder_path);
        text_deinit(&records);
        rdb_model_clear();
    }
}
END_TEST

START_TEST(a_pipe_gives_the_same)
{
    struct rdb_result result;
    struct text file = TEXT_EMPTY;
    rdb_model_fill();
    rdb_model_add_file(&file, true);
    struct rdb_pouring pouring;
    int fd = rdb_pour_begin(&pouring, &file);
    expect_model(fd, &result);
    rdb_pour_end(&pouring, fd);
    ck_assert_uint_eq(result.offset, file.len);
    text_deinit(&file);
    rdb_model_clear();
}
END_TEST

START_TEST(what_stands_behind_the_end_is_left_for_others)
{
    static const char commands[] = "*1\r\n$4\r\nPING\r\n";
    struct rdb_seen seen = {.compares = true};
    struct rdb_result result;
    struct text file = TEXT_EMPTY, rest = TEXT_EMPTY;
    char more[100];
    text_add(&file, "front");
    size_t front = file.len;
    rdb_model_fill_small(true);
    struct text whole = TEXT_EMPTY;
    rdb_model_add_file(&whole, true);
    text_add_bytes(&file, whole.data, whole.len);
    text_add(&file, commands);
    int fd = rdb_file_of(file.data, file.len);
    lseek(fd, (off_t)front, SEEK_SET);
    must(rdb_read_fd(fd, true, &seen, &result, &rest));
    ck_assert_uint_eq(result.offset, whole.len);
    ssize_t len = read(fd, more, sizeof more);
    text_add_bytes(&rest, more, len > 0 ? (size_t)len : 0);
    ck_assert_str_eq(rest.data, commands);
    close(fd);
    text_deinit(&file);
    text_deinit(&whole);
    text_deinit(&rest);
    rdb_model_clear();
}
END_TEST

/* ---- records that this server doesn't write ---- */

START_TEST(old_and_foreign_records_are_understood)
{
    struct rdb_result result;
    /* times in seconds, sizes of a slot, an empty set, a hash of which all has expired */
    static const char records[] = "\xfd\1\0\0\0\0\1a\1v"
                                  "\xf4\5\1\0"
                                  "\2\1e\0"
                                  "\x18\1h\1\0\0\0\0\0\0\0\1\1\1f\1v"
                                  "\xfc\xff\xff\xff\xff\xff\xff\xff\xff\0\1b\1v"
                                  "\xfc\xfe\xff\xff\xff\xff\xff\xff\xff\0\1c\1v";
    ck_assert_msg(rdb_read_records("REDIS0012", records, sizeof records - 1, &result), "%s", result.words);
    ck_assert_uint_eq(result.entries, 3);
    ck_assert_uint_eq(result.empty, 1);
    ck_assert_uint_eq(result.expired, 1);
    /* before version 5 there is no checksum */
    must(rdb_read_bytes("REDIS0004\xfe\0\0\1a\1v\xff", 17, true, &result) && !result.was_summed);
    must(rdb_read_bytes("REDIS0006\0\1a\1v\xff\0\0\0\0\0\0\0\0", 23, true, &result) && !result.was_summed);
    /* Valkey's hash with times: behind the values */
    must(rdb_read_records("VALKEY080", "\x16\1h\1\1f\1v\xff\xff\xff\xff\xff\xff\xff\xff", 16, &result) &&
         result.is_valkey);
    ck_assert_uint_eq(result.version, 80);
}
END_TEST

START_TEST(what_is_unknown_or_wrong_is_told_in_words)
{
    static const struct {
        const char *head, *records;
        size_t len;
        enum rdb_ending ending;
        const char *words;
    } cases[] = {
        {"REDIS0013", "", 0, RDB_LATER_VERSION, "offset 0: it is of Redis's RDB version 13"},
        {"REDIS0080", "", 0, RDB_LATER_VERSION, "offset 0: it is of Redis's RDB version 80"},
        {"VALKEY081", "", 0, RDB_LATER_VERSION, "offset 0: it is of Valkey's RDB version 81"},
        {"REDIS00x1", "", 0, RDB_NO_RDB, "offset 0: it is no RDB file: a version"},
        {"REDIS0000", "", 0, RDB_NO_RDB, "offset 0: it is no RDB file: a version"},
        {"RUBBISH..", "", 0, RDB_NO_RDB, "offset 0: it is no RDB file: these begin"},
        {"REDIS0010", "\xf6\1x", 3, RDB_UNKNOWN, "offset 9: functions stand there in the form of Redis 7.0 before"},
        {"REDIS0010", "\xfe\0\xf7\1x", 5, RDB_UNKNOWN, "offset 11: a module's data stands there"},
        {"REDIS0010", "\7\1k", 3, RDB_UNKNOWN, "offset 9: a value of a module (type 7)"},
        {"REDIS0010", "\x1a\1k", 3, RDB_UNKNOWN, "offset 9: what stands there is of no kind that is known (26)"},
        {"REDIS0010", "\xf3\1k", 3, RDB_UNKNOWN, "offset 9: what stands there is of no kind that is known (243)"},
        {"REDIS0010", "\x08\1k", 3, RDB_UNKNOWN, "offset 9: what stands there is of no kind that is known (8)"},
        {"VALKEY080", "\x18\1k", 3, RDB_UNKNOWN, "offset 9: what stands there is of no kind that is known (24)"},
        {"REDIS0010", "\xfe\3\4\3a\"b\2\1f\1v\1f\1w", 16, RDB_DAMAGED,
         "offset 11: the hash (type 4) under the key \"a\\\"b\" in database 3 is malformed"},
        {"REDIS0010", "\xfe\xc0\1", 3, RDB_DAMAGED, "offset 9: the number of a database is malformed"},
        {"REDIS0010", "\xfb\xc0\1", 3, RDB_DAMAGED, "offset 9: the size of a database is malformed"},
        {"REDIS0010", "\xfa\xc4", 2, RDB_DAMAGED, "offset 9: what the file says of itself is malformed"},
        {"REDIS0010", "\0\xc4", 2, RDB_DAMAGED, "offset 9: a key is malformed"},
        {"REDIS0010", "\0\1k\x81\1\0\0\0\0\0\0\0", 12, RDB_ENDS_EARLY,
         "offset 9: the file ends in the string (type 0) under the key \"k\" in database 0, after 30 bytes"},
        {"REDIS0010", "\xfa\x80\xff\xff\xff\xff", 6, RDB_ENDS_EARLY, "offset 9: the file ends in what the file says"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rdb_result result;
        must(!rdb_read_records(cases[i].head, cases[i].records, cases[i].len, &result));
        ck_assert_msg(strncmp(result.words, cases[i].words, strlen(cases[i].words)) == 0, "%s", result.words);
        ck_assert_int_eq(result.ending, cases[i].ending);
    }
}
END_TEST

START_TEST(a_visitor_may_refuse)
{
    static const char *const refused[] = {"aux", "library", "database", "sizes", "entry", "nothing"};
    struct text file = TEXT_EMPTY;
    rdb_model_fill_small(true);
    rdb_model_add_file(&file, true);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct rdb_seen seen = {.refused = refused[i]};
        struct rdb_result result;
        bool is_memory = strcmp(refused[i], "nothing") == 0;
        char words[64];
        int fd = rdb_file_of(file.data, file.len);
        must(!rdb_read_fd(fd, true, &seen, &result, NULL));
        snprintf(words, sizeof words, "no %s is wanted", refused[i]);
        ck_assert_int_eq(result.ending, is_memory ? RDB_OUT_OF_MEMORY : RDB_REFUSED);
        ck_assert_msg(strstr(result.words, is_memory ? "no memory for the string (type 0)" : words), "%s",
                      result.words);
        close(fd);
    }
    text_deinit(&file);
    rdb_model_clear();
}
END_TEST

static void join_usage(void)
{
    usage_join();
}

Suite *suite_rdb_read(void);
Suite *suite_rdb_read(void)
{
    Suite *suite = suite_create("rdb_read");
    TCase *tcase = tcase_create("rdb_read");
    tcase_add_checked_fixture(tcase, join_usage, NULL);
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 240 : 60);
    tcase_add_test(tcase, what_was_written_comes_back);
    tcase_add_test(tcase, a_pipe_gives_the_same);
    tcase_add_test(tcase, what_stands_behind_the_end_is_left_for_others);
    tcase_add_test(tcase, old_and_foreign_records_are_understood);
    tcase_add_test(tcase, what_is_unknown_or_wrong_is_told_in_words);
    tcase_add_test(tcase, a_visitor_may_refuse);
    suite_add_tcase(suite, tcase);
    return suite;
}
