/*
 * RDB files as they come to the disk: what is there when all went well, in which order it was made safe, and that after
 * any failure the old file is untouched and nothing else is left.
 */
#include "kit/scratch.h"
#include "kit/suites.h"
#include "persist/crc64.h"
#include "persist/rdb_file.h"
#include "persist/rdb_type.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "dump.rdb"

static char *folder_path;
static int folder = -1;

static void set_up(void)
{
    folder_path = scratch_create();
    folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void tear_down(void)
{
    close(folder);
    scratch_remove(folder_path);
}

/* ---- a disk that fails ---- */

static struct {
    char calls[4096]; /* a letter for each */
    unsigned count, fails_at;
    int error; /* 0: the call does less than it should */
    size_t longest_write;
} disk;

/* Notes the call; whether it is the one that fails. */
static bool is_failing(char letter)
{
    if (disk.count < sizeof disk.calls - 1)
        disk.calls[disk.count] = letter;
    errno = disk.error;
    return ++disk.count == disk.fails_at;
}

static int disk_open(int at, const char *name, int flags, mode_t mode)
{
    return is_failing('o') ? -1 : openat(at, name, flags, mode);
}

static ssize_t disk_write(int fd, const void *data, size_t len)
{
    if (is_failing('w'))
        return disk.error == 0 ? 0 : -1;
    return write(fd, data, disk.longest_write > 0 && len > disk.longest_write ? disk.longest_write : len);
}

static ssize_t disk_write_at(int fd, const void *data, size_t len, off_t offset)
{
    return is_failing('p') ? disk.error == 0 ? 3 : -1 : pwrite(fd, data, len, offset);
}

static int disk_sync_range(int fd, off_t offset, off_t len, unsigned flags)
{
    return is_failing('a') ? -1 : sync_file_range(fd, offset, len, flags);
}

static int disk_sync(int fd)
{
    return is_failing(fd == folder ? 'F' : 's') ? -1 : 0;
}

static int disk_close(int fd)
{
    bool fails = is_failing('c');
    int error = errno, result = close(fd);
    errno = error;
    return fails ? -1 : result;
}

static int disk_rename(int at, const char *from, const char *to)
{
    return is_failing('r') ? -1 : renameat(at, from, at, to);
}

static int disk_remove(int at, const char *name)
{
    return is_failing('u') ? -1 : unlinkat(at, name, 0);
}

static const struct rdb_disk failing = {
    disk_open, disk_write, disk_write_at, disk_sync_range, disk_sync, disk_close, disk_rename, disk_remove,
};

static void set_disk(unsigned fails_at, int error)
{
    memset(&disk, 0, sizeof disk);
    disk.fails_at = fails_at;
    disk.error = error;
}

/* ---- files ---- */

static struct rdb_file_terms terms_of(bool sums, uint64_t sync_every)
{
    return (struct rdb_file_terms){folder, NAME, 0640, sums, sync_every, &failing};
}

static char content[10000];

static bool write_file(struct rdb_file *file, const struct rdb_file_terms *terms, unsigned version)
{
    memset(content, 'x', sizeof content);
    rdb_file_begin(file, terms);
    for (size_t at = 0; at < sizeof content; at += 1000)
        rdb_file_append(file, content + at, 1000);
    return rdb_file_end(file, version);
}

/* What is there in the place: the file's bytes and how many; 0: there is none. */
static size_t read_place(unsigned char *out, size_t room)
{
    int fd = openat(folder, NAME, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, out, room);
    if (fd >= 0)
        close(fd);
    return (size_t)len;
}

static void expect_written(unsigned version, bool sums)
{
    unsigned char there[sizeof content + 100];
    char head[16];
    size_t len = read_place(there, sizeof there);
    ck_assert_uint_eq(len, 9 + sizeof content + 1 + 8);
    snprintf(head, sizeof head, "REDIS%04u", version);
    ck_assert_mem_eq(there, head, 9);
    must(memcmp(there + 9, content, sizeof content) == 0);
    ck_assert_uint_eq(there[len - 9], 0xff);
    uint64_t sum = sums ? crc64_add(0, there, len - 8) : 0;
    for (unsigned i = 0; i < 8; i++)
        ck_assert_uint_eq(there[len - 8 + i], sum >> 8 * i & 0xff);
}

static unsigned count_files(void)
{
    unsigned count = 0;
    DIR *dir = opendir(folder_path);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

/* Descriptors that are open: one that was forgotten shows. */
static unsigned count_descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 200; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

START_TEST(a_file_is_complete_synced_and_only_then_put_in_its_place)
{
    static const unsigned versions[] = {RDB_VERSION, RDB_VERSION_TIMED};
    for (int sums = 0; sums < 2; sums++)
        for (size_t v = 0; v < 2; v++) {
            struct rdb_file file;
            struct rdb_file_terms terms = terms_of(sums, 0);
            struct stat status;
            set_disk(0, 0);
            must(write_file(&file, &terms, versions[v]));
            ck_assert_int_eq(file.error, 0);
            expect_written(versions[v], sums);
            ck_assert_ptr_nonnull(strstr(disk.calls, v == 0 ? "wwscrF" : "pwwscrF"));
            ck_assert_int_eq(disk.calls[disk.count - 1], 'F');
            must(fstatat(folder, NAME, &status, 0) == 0);
            ck_assert_uint_eq(status.st_mode & 07777, 0640);
            ck_assert_uint_eq(count_files(), 1);
        }
}
END_TEST

START_TEST(short_and_interrupted_writes_are_gone_on_with)
{
    struct rdb_file file;
    struct rdb_file_terms terms = terms_of(true, 0);
    set_disk(0, 0);
    disk.longest_write = 7;
    must(write_file(&file, &terms, RDB_VERSION_TIMED));
    expect_written(RDB_VERSION_TIMED, true);
    set_disk(0, 0);
    must(write_file(&file, &terms, RDB_VERSION_TIMED));
    unsigned calls = disk.count;
    char letters[sizeof disk.calls];
    memcpy(letters, disk.calls, sizeof letters);
    for (unsigned at = 1; at <= calls; at++)
        if (strchr("owpc", letters[at - 1])) {
            set_disk(at, EINTR);
            ck_assert_msg(write_file(&file, &terms, RDB_VERSION_TIMED), "%u: %c", at, letters[at - 1]);
            expect_written(RDB_VERSION_TIMED, true);
        }
}
END_TEST

/* The old file, or after a failure of the folder's sync alone the new one. */
static void expect_failed(const struct rdb_file *file, char letter, int error)
{
    unsigned char there[sizeof content + 100];
    struct text line = TEXT_EMPTY;
    size_t len = read_place(there, sizeof there);
    ck_assert_int_eq(file->error, error == 0 ? EIO : error);
    if (letter == 'F')
        expect_written(RDB_VERSION_TIMED, true);
    else
        ck_assert_msg(len == 3 && memcmp(there, "old", 3) == 0, "%c", letter);
    ck_assert_msg(count_files() == 1, "%c", letter);
    rdb_file_explain(file, "/the/folder", &line);
    must(strncmp(line.data, "can't ", 6) == 0);
    ck_assert_ptr_nonnull(strstr(line.data, " in /the/folder: "));
    ck_assert_ptr_nonnull(strstr(line.data, strerror(file->error)));
    ck_assert_ptr_nonnull(strstr(line.data, "; "));
    text_deinit(&line);
}

START_TEST(after_any_failure_the_old_file_is_there_and_nothing_else)
{
    static const int errors[] = {EIO, ENOSPC, 0};
    struct rdb_file_terms terms = terms_of(true, 2000);
    unsigned before = count_descriptors();
    for (size_t e = 0; e < sizeof errors / sizeof errors[0]; e++)
        for (unsigned at = 1;; at++) {
            struct rdb_file file;
            scratch_write(scratch_path(folder_path, NAME), "old");
            set_disk(at, errors[e]);
            bool is_written = write_file(&file, &terms, RDB_VERSION_TIMED);
            char letter = disk.calls[at - 1];
            if (disk.count < at) { /* nothing failed any more */
                must(is_written && at > 20);
                break;
            }
            if (letter == 'u' || (letter == 'a' && errors[e] == 0)) { /* there was nothing to be removed */
                must(is_written);
                continue;
            }
            ck_assert_msg(!is_written, "call %u, %c", at, letter);
            expect_failed(&file, letter, errors[e]);
            if (letter == 's') /* and never again */
                ck_assert_ptr_null(strchr(strchr(disk.calls, 's') + 1, 's'));
            rdb_file_abandon(&file); /* does nothing any more */
            must(!rdb_file_append(&file, "x", 1) && !rdb_file_end(&file, RDB_VERSION));
            must(unlinkat(folder, NAME, 0) == 0);
            ck_assert_uint_eq(count_descriptors(), before);
        }
}
END_TEST

START_TEST(an_abandoned_file_leaves_nothing)
{
    struct rdb_file file;
    struct rdb_file_terms terms = terms_of(true, 0);
    unsigned before = count_descriptors();
    scratch_write(scratch_path(folder_path, NAME), "old");
    for (unsigned fails_at = 0; fails_at < 6; fails_at++) {
        set_disk(fails_at, EIO);
        rdb_file_begin(&file, &terms);
        rdb_file_append(&file, "some", 4);
        rdb_file_append(&file, "more", 4);
        rdb_file_abandon(&file);
        ck_assert_uint_eq(count_files(), 1);
        ck_assert_uint_eq(count_descriptors(), before);
    }
}
END_TEST

START_TEST(what_was_appended_is_sent_ahead_in_windows)
{
    struct rdb_file file;
    struct rdb_file_terms terms = terms_of(true, 3000);
    unsigned sent = 0;
    set_disk(0, 0);
    must(write_file(&file, &terms, RDB_VERSION));
    for (unsigned i = 0; i < disk.count; i++)
        sent += disk.calls[i] == 'a';
    ck_assert_uint_eq(sent, 5); /* after 3009, 6009 and 9009 bytes; the second and third also wait for the one before */
    set_disk(7, EINVAL);        /* a file system that can't */
    must(write_file(&file, &terms, RDB_VERSION));
    expect_written(RDB_VERSION, true);
    ck_assert_int_eq(disk.calls[6], 'a');
    ck_assert_ptr_null(strchr(disk.calls + 7, 'a'));
}
END_TEST

START_TEST(what_a_crash_left_under_the_same_name_is_replaced)
{
    struct rdb_file file;
    struct rdb_file_terms terms = terms_of(true, 0);
    char name[64];
    snprintf(name, sizeof name, "temp-%d-" NAME, (int)getpid());
    must(symlinkat("/dev/null", folder, name) == 0);
    set_disk(0, 0);
    must(write_file(&file, &terms, RDB_VERSION));
    expect_written(RDB_VERSION, true);
    ck_assert_uint_eq(count_files(), 1);
}
END_TEST

START_TEST(names_and_folders_that_can_not_be_are_told)
{
    char name[300];
    struct rdb_file file;
    struct rdb_file_terms terms = terms_of(true, 0);
    struct text line = TEXT_EMPTY;
    memset(name, 'n', sizeof name);
    for (size_t len = 240; len < sizeof name - 1; len += 29) {
        name[len] = '\0';
        terms.name = name;
        must(!rdb_file_begin(&file, &terms) || len < 250);
        rdb_file_abandon(&file);
        name[len] = 'n';
    }
    ck_assert_int_eq(file.error, ENAMETOOLONG);
    terms = terms_of(true, 0);
    terms.disk = NULL;
    must(rmdir(folder_path) == 0);
    must(!rdb_file_begin(&file, &terms) && !rdb_file_end(&file, RDB_VERSION));
    rdb_file_explain(&file, folder_path, &line);
    ck_assert_ptr_nonnull(strstr(line.data, "the folder is gone"));
    ck_assert_int_eq(strncmp(line.data, "can't make temp-", 16), 0);
    text_deinit(&line);
}
END_TEST

Suite *suite_rdb_file(void);
Suite *suite_rdb_file(void)
{
    Suite *suite = suite_create("rdb_file");
    TCase *tcase = tcase_create("rdb_file");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_file_is_complete_synced_and_only_then_put_in_its_place);
    tcase_add_test(tcase, short_and_interrupted_writes_are_gone_on_with);
    tcase_add_test(tcase, after_any_failure_the_old_file_is_there_and_nothing_else);
    tcase_add_test(tcase, an_abandoned_file_leaves_nothing);
    tcase_add_test(tcase, what_was_appended_is_sent_ahead_in_windows);
    tcase_add_test(tcase, what_a_crash_left_under_the_same_name_is_replaced);
    tcase_add_test(tcase, names_and_folders_that_can_not_be_are_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
