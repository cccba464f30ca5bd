/* The file that the log grows in: whole appends or none, whatever system call fails, and no sync that lies. */
#include "kit/scratch.h"
#include "kit/suites.h"
#include "persist/disk.h"
#include "persist/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct log_file file;
static char *path;
static int folder;

static void set_up(void)
{
    path = scratch_create();
    folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(log_file_create(&file, folder, "log"), 0);
}

static void tear_down(void)
{
    disk_fail_after(0, 0, 0);
    log_file_close(&file);
    close(folder);
    scratch_remove(path);
}

static void expect_content(const char *expected)
{
    char *content = scratch_read(scratch_path(path, "log"));
    ck_assert_str_eq(content, expected);
    free(content);
}

static int append(const char *text)
{
    return log_file_append(&file, text, strlen(text));
}

START_TEST(what_is_appended_is_there_and_counted)
{
    ck_assert_int_eq(append("one"), 0);
    ck_assert_int_eq(append(""), 0);
    ck_assert_int_eq(append("two"), 0);
    expect_content("onetwo");
    ck_assert_uint_eq(file.size, 6);
    ck_assert_uint_eq(file.synced, 0);
    ck_assert_int_eq(log_file_sync(&file), 0);
    ck_assert_uint_eq(file.synced, 6);
}
END_TEST

START_TEST(it_is_made_for_its_owner_and_emptied_if_it_was_there)
{
    struct stat status;
    ck_assert_int_eq(append("old"), 0);
    log_file_close(&file);
    ck_assert_int_eq(log_file_create(&file, folder, "log"), 0);
    expect_content("");
    ck_assert_int_eq(fstatat(folder, "log", &status, 0), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
}
END_TEST

START_TEST(one_that_is_there_goes_on_behind_its_end)
{
    ck_assert_int_eq(append("old"), 0);
    log_file_close(&file);
    ck_assert_int_eq(log_file_open(&file, folder, "log"), 0);
    ck_assert_uint_eq(file.size, 3);
    ck_assert_int_eq(append("new"), 0);
    expect_content("oldnew");
    ck_assert_int_eq(log_file_sync(&file), 0);
    ck_assert_uint_eq(file.synced, 6);
}
END_TEST

START_TEST(what_cannot_be_opened_says_why)
{
    log_file_close(&file);
    ck_assert_int_eq(log_file_open(&file, folder, "none"), -ENOENT);
    ck_assert_str_eq(file.failed, "open");
    ck_assert_int_eq(mkfifo(scratch_path(path, "pipe"), 0600), 0);
    int reader = openat(folder, "pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* else opening it fails by itself */
    ck_assert_int_eq(log_file_open(&file, folder, "pipe"), -EINVAL);
    close(reader);
    disk_fail_after(1, 1, EDQUOT);
    ck_assert_int_eq(log_file_create(&file, folder, "other"), -EDQUOT);
    ck_assert_int_eq(file.error, EDQUOT);
    ck_assert(!log_file_recover(&file));
}
END_TEST

START_TEST(a_write_cut_short_is_taken_back_and_goes_on_when_there_is_room)
{
    ck_assert_int_eq(append("one"), 0);
    disk_fail_after(1, 1, ENOSPC);
    ck_assert_int_eq(append("twotwo"), -ENOSPC);
    expect_content("one");
    ck_assert_uint_eq(file.size, 3);
    ck_assert_str_eq(file.failed, "write");
    ck_assert_int_eq(file.error, ENOSPC);
    ck_assert_int_eq(append("three"), -ENOSPC); /* it stands */
    expect_content("one");
    ck_assert_int_eq(log_file_sync(&file), 0); /* of what was whole */
    ck_assert_uint_eq(file.synced, 3);
    ck_assert(log_file_recover(&file));
    ck_assert_int_eq(append("twotwo"), 0);
    expect_content("onetwotwo");
}
END_TEST

START_TEST(what_cannot_be_cut_off_keeps_it_from_going_on_until_it_can)
{
    ck_assert_int_eq(append("one"), 0);
    disk_fail_after(1, 3, ENOSPC); /* the rest of the write, and ftruncate() twice */
    ck_assert_int_eq(append("twotwo"), -ENOSPC);
    expect_content("onetwo");
    ck_assert_uint_eq(file.size, 3);
    ck_assert(!log_file_recover(&file));
    ck_assert_int_eq(append("three"), -ENOSPC);
    ck_assert_str_eq(file.failed, "write");
    ck_assert(log_file_recover(&file));
    ck_assert_ptr_null(file.failed);
    expect_content("one");
    ck_assert_int_eq(append("three"), 0);
    expect_content("onethree");
}
END_TEST

START_TEST(a_failed_sync_is_never_made_good)
{
    ck_assert_int_eq(append("one"), 0);
    ck_assert_int_eq(log_file_sync(&file), 0);
    ck_assert_int_eq(append("two"), 0);
    disk_fail_after(1, 1, EIO);
    ck_assert_int_eq(log_file_sync(&file), -EIO);
    ck_assert(file.is_lost);
    ck_assert_str_eq(file.failed, "fdatasync");
    for (int i = 0; i < 2; i++) { /* the next fdatasync() would succeed */
        ck_assert_int_eq(log_file_sync(&file), -EIO);
        ck_assert_int_eq(append("three"), -EIO);
        ck_assert(!log_file_recover(&file));
    }
    ck_assert_uint_eq(file.synced, 3);
    expect_content("onetwo");
}
END_TEST

START_TEST(a_sync_that_fails_after_a_write_is_what_is_told)
{
    ck_assert_int_eq(append("one"), 0);
    disk_fail_after(1, 1, ENOSPC);
    ck_assert_int_eq(append("two"), -ENOSPC);
    disk_fail_after(1, 1, EIO);
    ck_assert_int_eq(log_file_sync(&file), -EIO);
    ck_assert_int_eq(file.error, EIO);
    ck_assert(!log_file_recover(&file));
}
END_TEST

/* An appender that syncs after each: at every system call that may fail, the file is a row of whole appends. */
START_TEST(whatever_call_fails_the_file_ends_with_a_whole_append)
{
    for (unsigned failing = 1; failing < 40; failing++)
        for (unsigned times = 1; times < 4; times++) {
            unsigned done = 0;
            log_file_close(&file);
            ck_assert_int_eq(log_file_create(&file, folder, "log"), 0);
            disk_fail_after(failing, times, ENOSPC);
            for (unsigned i = 0; i < 8; i++) {
                if (append("12345678") == 0)
                    done++;
                else if (!file.is_lost && log_file_recover(&file) && append("12345678") == 0)
                    done++;
                log_file_sync(&file);
                ck_assert_uint_eq(file.size, 8ull * done);
                ck_assert_uint_le(file.synced, file.size);
            }
            disk_fail_after(0, 0, 0);
            if (!file.is_lost)
                ck_assert(log_file_recover(&file));
            char *content = scratch_read(scratch_path(path, "log"));
            ck_assert_uint_eq(strlen(content), 8ull * done);
            free(content);
        }
}
END_TEST

Suite *suite_log_file(void);
Suite *suite_log_file(void)
{
    Suite *suite = suite_create("log_file");
    TCase *tcase = tcase_create("log_file");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, what_is_appended_is_there_and_counted);
    tcase_add_test(tcase, it_is_made_for_its_owner_and_emptied_if_it_was_there);
    tcase_add_test(tcase, one_that_is_there_goes_on_behind_its_end);
    tcase_add_test(tcase, what_cannot_be_opened_says_why);
    tcase_add_test(tcase, a_write_cut_short_is_taken_back_and_goes_on_when_there_is_room);
    tcase_add_test(tcase, what_cannot_be_cut_off_keeps_it_from_going_on_until_it_can);
    tcase_add_test(tcase, a_failed_sync_is_never_made_good);
    tcase_add_test(tcase, a_sync_that_fails_after_a_write_is_what_is_told);
    tcase_add_test(tcase, whatever_call_fails_the_file_ends_with_a_whole_append);
    suite_add_tcase(suite, tcase);
    return suite;
}
