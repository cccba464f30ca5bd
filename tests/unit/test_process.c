/* The process: the operator's umask holds for files, but not for socket files. */
#include "host/log.h"
#include "host/process.h"
#include "kit/scratch.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static mode_t mode_of(const char *path)
{
    struct stat found;
    return stat(path, &found) ? 0 : found.st_mode & 07777;
}

START_TEST(files_follow_the_umask_that_was_taken)
{
    static const mode_t masks[] = {0, 022, 027, 077};
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        char *folder = scratch_create(), *pidfile = strdup(scratch_path(folder, "pid"));
        umask(masks[i]);
        process_take_umask();
        ck_assert_uint_eq(process_file_mode(0666), 0666 & ~masks[i]);
        ck_assert_int_eq(process_write_pidfile(pidfile), 0);
        ck_assert_int_eq(log_open(scratch_path(folder, "log")), 0);
        ck_assert_uint_eq(mode_of(pidfile), 0644 & ~masks[i]);
        ck_assert_uint_eq(mode_of(scratch_path(folder, "log")), 0644 & ~masks[i]);
        rename(scratch_path(folder, "log"), scratch_path(folder, "log.1"));
        ck_assert_int_eq(log_reopen(), 0);
        ck_assert_uint_eq(mode_of(scratch_path(folder, "log")), 0644 & ~masks[i]);
        free(pidfile);
        scratch_remove(folder);
    }
}
END_TEST

START_TEST(a_pid_file_holds_nothing_of_an_older_one)
{
    char *folder = scratch_create(), *pidfile = strdup(scratch_path(folder, "pid")), expected[32];
    scratch_write(pidfile, "1234567890 and more\n");
    ck_assert_int_eq(process_write_pidfile(pidfile), 0);
    char *content = scratch_read(pidfile);
    snprintf(expected, sizeof expected, "%d\n", (int)getpid());
    ck_assert_str_eq(content, expected);
    free(content);
    free(pidfile);
    scratch_remove(folder);
}
END_TEST

START_TEST(what_is_not_opened_through_it_gets_its_whole_mode)
{
    char *folder = scratch_create();
    umask(077);
    process_take_umask();
    int fd = open(scratch_path(folder, "a"), O_CREAT | O_WRONLY, 0666);
    ck_assert_uint_eq(mode_of(scratch_path(folder, "a")), 0666);
    close(fd);
    scratch_remove(folder);
}
END_TEST

Suite *suite_process(void);
Suite *suite_process(void)
{
    Suite *suite = suite_create("process");
    TCase *tcase = tcase_create("umask");
    tcase_add_test(tcase, files_follow_the_umask_that_was_taken);
    tcase_add_test(tcase, what_is_not_opened_through_it_gets_its_whole_mode);
    tcase_add_test(tcase, a_pid_file_holds_nothing_of_an_older_one);
    suite_add_tcase(suite, tcase);
    return suite;
}
