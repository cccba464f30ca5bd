/* The log's watch: what happens to a log file behind its back, and where the lines go then. */
#include "base/clock.h"
#include "base/memory.h"
#include "host/log.h"
#include "host/log_watch.h"
#include "kit/scratch.h"
#include "kit/suites.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder, *path, *old;

static void open_it(void)
{
    folder = scratch_create();
    path = strdup(scratch_path(folder, "log"));
    old = strdup(scratch_path(folder, "log.1"));
    ck_assert_int_eq(log_open(path), 0);
    log_watch_start();
    log_notice("first");
}

static void close_it(void)
{
    log_open("");
    log_watch_start();
    free(path);
    free(old);
    scratch_remove(folder);
}

/* One round of the main thread, of at most so many milliseconds. */
static void run_round(int wait_ms)
{
    int due_ms = log_watch_timeout();
    struct pollfd polled = {.fd = log_watch_fd(), .events = POLLIN};
    if (due_ms >= 0 && due_ms < wait_ms)
        wait_ms = due_ms;
    log_watch_serve(poll(&polled, 1, wait_ms) > 0);
}

static bool has(const char *file, const char *words)
{
    char *text = scratch_read(file);
    bool found = strstr(text, words);
    free(text);
    return found;
}

/* Runs rounds until the file has the words: sooner than a look without an event would find out. */
static void await(const char *file, const char *words)
{
    int64_t end_ms = clock_monotonic_ms() + 8000;
    while (!has(file, words)) {
        ck_assert_msg(clock_monotonic_ms() < end_ms, "%s never had: %s", file, words);
        run_round(20);
    }
}

static unsigned count(const char *file, const char *words)
{
    unsigned found = 0;
    char *text = scratch_read(file);
    for (char *at = text; (at = strstr(at, words)); at++)
        found++;
    free(text);
    return found;
}

static void expect_new_file(const char *fate)
{
    await(path, fate);
    log_notice("second");
    ck_assert(has(path, "second") && !has(path, "first"));
    ck_assert_int_eq(log_file_state(), LOG_FILE_THERE);
}

START_TEST(a_renamed_file_is_followed_by_one_like_it)
{
    struct stat found;
    ck_assert(chmod(path, 0640) == 0 && rename(path, old) == 0);
    log_notice("meanwhile");
    expect_new_file("was renamed");
    ck_assert(has(old, "first") && has(old, "meanwhile"));
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert_uint_eq(found.st_mode, S_IFREG | 0640);
}
END_TEST

START_TEST(the_new_file_has_the_old_ones_owner_and_group)
{
    struct stat found;
    if (!test_is_root())
        return;
    ck_assert(chown(path, 7, 9) == 0 && chmod(path, 0660) == 0 && rename(path, old) == 0);
    expect_new_file("was renamed");
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert_msg(found.st_uid == 7 && found.st_gid == 9 && found.st_mode == (S_IFREG | 0660), "%u:%u %o",
                  (unsigned)found.st_uid, (unsigned)found.st_gid, (unsigned)found.st_mode);
}
END_TEST

START_TEST(a_removed_file_is_made_again_at_once)
{
    ck_assert_int_eq(unlink(path), 0);
    run_round(1000); /* the event alone */
    log_notice("second");
    ck_assert(has(path, "was removed") && has(path, "second"));
}
END_TEST

START_TEST(a_file_that_the_rotation_makes_is_taken_as_it_is)
{
    struct stat made, found;
    ck_assert_int_eq(rename(path, old), 0);
    run_round(1000);
    ck_assert_int_ne(access(path, F_OK), 0); /* who renamed it has a moment to make the new one */
    scratch_write(path, "");
    ck_assert(chmod(path, 0604) == 0 && stat(path, &made) == 0);
    expect_new_file("was");
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert(found.st_ino == made.st_ino && found.st_mode == (S_IFREG | 0604));
}
END_TEST

START_TEST(a_file_moved_over_it_is_opened)
{
    char *other = strdup(scratch_path(folder, "other"));
    scratch_write(other, "");
    ck_assert_int_eq(rename(other, path), 0);
    expect_new_file("was replaced");
    free(other);
}
END_TEST

START_TEST(a_file_that_comes_back_goes_on)
{
    ck_assert_int_eq(rename(path, old), 0);
    run_round(1000);
    ck_assert_int_eq(rename(old, path), 0);
    for (int i = 0; i < 10; i++)
        run_round(20);
    log_notice("second");
    ck_assert(has(path, "first") && has(path, "second") && !has(path, "reopened"));
    ck_assert_int_eq(rename(path, old), 0); /* and is still watched */
    expect_new_file("was renamed");
}
END_TEST

START_TEST(a_new_folder_gets_a_new_file)
{
    char *inner = strdup(scratch_path(folder, "logs")), *moved = strdup(scratch_path(folder, "logs.1")), file[256];
    snprintf(file, sizeof file, "%s/log", inner);
    ck_assert(mkdir(inner, 0700) == 0 && log_open(file) == 0);
    log_watch_start();
    ck_assert(rename(inner, moved) == 0);
    run_round(1000);
    run_round(1000);
    log_notice("while there is no folder");
    ck_assert_int_eq(mkdir(inner, 0700), 0);
    await(file, "was renamed");
    ck_assert(has(scratch_path(moved, "log"), "while there is no folder"));
    free(inner);
    free(moved);
}
END_TEST

START_TEST(a_symbolic_link_is_followed_wherever_it_leads)
{
    char *link = strdup(scratch_path(folder, "link")), *other = strdup(scratch_path(folder, "other"));
    ck_assert(symlink("log", link) == 0 && log_open(link) == 0);
    log_watch_start();
    ck_assert(chmod(path, 0640) == 0 && rename(path, old) == 0);
    expect_new_file("was renamed"); /* at the place that the link leads to */
    struct stat found;
    ck_assert(lstat(link, &found) == 0 && S_ISLNK(found.st_mode));
    ck_assert(stat(link, &found) == 0 && found.st_mode == (S_IFREG | 0640));
    scratch_write(other, "");
    ck_assert(unlink(link) == 0 && symlink("other", link) == 0);
    await(other, "log reopened");
    free(link);
    free(other);
}
END_TEST

START_TEST(what_cannot_be_opened_is_said_once_and_tried_again)
{
    ck_assert(rename(path, old) == 0 && mkdir(path, 0700) == 0); /* a folder can't be opened even by root */
    await(old, "can't be opened anew: Is a directory");
    int64_t end_ms = clock_monotonic_ms() + 1500;
    unsigned rounds = 0;
    while (clock_monotonic_ms() < end_ms) {
        scratch_write(scratch_path(folder, "other"), ""); /* events come all the time */
        ck_assert_int_eq(chmod(scratch_path(folder, "other"), rounds & 0777), 0);
        run_round(1000);
        rounds++;
        usleep(1000);
    }
    ck_assert_uint_eq(count(old, "can't be opened anew"), 1);
    ck_assert_uint_eq(count(old, "\n"), 2);
    log_notice("second");
    ck_assert(has(old, "second"));
    ck_assert_int_eq(rmdir(path), 0);
    await(path, "log reopened");
}
END_TEST

START_TEST(between_events_it_sleeps)
{
    ck_assert_int_gt(log_watch_timeout(), 5000);
    for (int i = 0; i < 1000; i++)
        log_notice("a line is no event");
    struct pollfd polled = {.fd = log_watch_fd(), .events = POLLIN};
    ck_assert_int_eq(poll(&polled, 1, 0), 0);
    ck_assert(rename(path, old) == 0 && mkdir(path, 0700) == 0);
    int64_t end_ms = clock_monotonic_ms() + 2000;
    unsigned rounds = 0;
    for (; clock_monotonic_ms() < end_ms; rounds++)
        run_round(2000);
    ck_assert_uint_lt(rounds, 20); /* 0.1, 0.2, 0.4, 0.8, ... s */
}
END_TEST

START_TEST(what_is_no_file_is_not_watched)
{
    char *pipe_path = strdup(scratch_path(folder, "pipe"));
    static const char *const paths[] = {"", "/dev/null", "pipe"};
    ck_assert_int_eq(mkfifo(pipe_path, 0600), 0);
    int reader = open(pipe_path, O_RDONLY | O_NONBLOCK);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(log_open(i == 2 ? pipe_path : paths[i]), 0);
        log_watch_start();
        ck_assert_int_eq(log_file_state(), LOG_FILE_NONE);
        ck_assert_int_eq(log_watch_fd(), -1);
        ck_assert_int_eq(log_watch_timeout(), -1);
    }
    for (int i = 0; i < 3000; i++) /* more than a pipe holds: nobody waits */
        log_notice("a line of some fifty bytes that nobody reads");
    close(reader);
    ck_assert_int_eq(log_reopen(), -ENXIO); /* nor is a reader waited for */
    free(pipe_path);
}
END_TEST

START_TEST(a_change_of_the_working_folder_moves_nothing)
{
    char *before = getcwd(NULL, 0), *path_now;
    ck_assert(chdir(folder) == 0 && log_open("log") == 0 && chdir("/") == 0);
    log_watch_start();
    ck_assert_ptr_nonnull(path_now = log_file_path());
    ck_assert_str_eq(path_now, path);
    mem_free(path_now);
    ck_assert_int_eq(rename(path, old), 0);
    expect_new_file("was renamed");
    ck_assert_int_eq(chdir(before), 0);
    free(before);
}
END_TEST

START_TEST(a_truncated_file_is_written_from_its_beginning)
{
    struct stat found;
    ck_assert_int_eq(truncate(path, 0), 0); /* copytruncate */
    log_notice("second");
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert_int_lt(found.st_size, 200);
    ck_assert(has(path, "second"));
}
END_TEST

enum { THREADS = 4, LINES = 3000, FILES = 60 };

static void *write_lines(void *unused)
{
    (void)unused;
    for (int i = 0; i < LINES; i++)
        log_notice("a line of a thread");
    return NULL;
}

START_TEST(many_rotations_under_many_threads_lose_no_line)
{
    pthread_t threads[THREADS];
    unsigned lines = 0;
    char name[FILES][16];
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, write_lines, NULL);
    for (int i = 0; i < FILES; i++) {
        snprintf(name[i], sizeof name[i], "log.%d", i);
        ck_assert_int_eq(rename(path, scratch_path(folder, name[i])), 0);
        if (i % 2)
            scratch_write(path, ""); /* as `create` does */
        if (i % 3)
            run_round(0);
        while (access(path, F_OK))
            run_round(200);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < FILES; i++)
        lines += count(scratch_path(folder, name[i]), "a line of a thread\n");
    lines += count(path, "a line of a thread\n");
    ck_assert_uint_eq(lines, THREADS * LINES);
    await(path, "log reopened");
}
END_TEST

Suite *suite_log_watch(void);
Suite *suite_log_watch(void)
{
    Suite *suite = suite_create("log_watch");
    TCase *tcase = tcase_create("log_watch");
    tcase_add_checked_fixture(tcase, open_it, close_it);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, a_renamed_file_is_followed_by_one_like_it);
    tcase_add_test(tcase, the_new_file_has_the_old_ones_owner_and_group);
    tcase_add_test(tcase, a_removed_file_is_made_again_at_once);
    tcase_add_test(tcase, a_file_that_the_rotation_makes_is_taken_as_it_is);
    tcase_add_test(tcase, a_file_moved_over_it_is_opened);
    tcase_add_test(tcase, a_file_that_comes_back_goes_on);
    tcase_add_test(tcase, a_new_folder_gets_a_new_file);
    tcase_add_test(tcase, a_symbolic_link_is_followed_wherever_it_leads);
    tcase_add_test(tcase, what_cannot_be_opened_is_said_once_and_tried_again);
    tcase_add_test(tcase, between_events_it_sleeps);
    tcase_add_test(tcase, what_is_no_file_is_not_watched);
    tcase_add_test(tcase, a_change_of_the_working_folder_moves_nothing);
    tcase_add_test(tcase, a_truncated_file_is_written_from_its_beginning);
    tcase_add_test(tcase, many_rotations_under_many_threads_lose_no_line);
    suite_add_tcase(suite, tcase);
    return suite;
}
