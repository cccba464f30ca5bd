/* The log: the form of a line, levels, reopening, and many threads at once. */
#include "base/clock.h"
#include "host/log.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static char path[96];
static char content[1 << 20];

static void make_folder(void)
{
    strcpy(folder, "/tmp/kvs-test-log-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/server.log", folder);
    ck_assert_int_eq(log_open(path), 0);
    log_set_level(LOG_LEVEL_NOTICE);
}

static void remove_folder(void)
{
    clock_set_fake(-1);
    log_open("");
    char moved[112];
    snprintf(moved, sizeof moved, "%s.1", path);
    unlink(path);
    unlink(moved);
    rmdir(folder);
}

static const char *read_file(const char *name)
{
    FILE *file = fopen(name, "r");
    ck_assert_ptr_nonnull(file);
    size_t len = fread(content, 1, sizeof content - 1, file);
    fclose(file);
    content[len] = '\0';
    return content;
}

static bool looks_like(const char *string, const char *pattern)
{
    regex_t regex;
    ck_assert_int_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool is_match = regexec(&regex, string, 0, NULL, 0) == 0;
    regfree(&regex);
    return is_match;
}

START_TEST(line_has_pid_role_time_level_and_message)
{
    setenv("TZ", "UTC", 1);
    clock_set_fake(INT64_C(1795293292123));
    log_notice("hello %d", 7);
    char expected[128];
    snprintf(expected, sizeof expected, "%d:M 21 Nov 2026 20:34:52.123 * hello 7\n", (int)getpid());
    ck_assert_str_eq(read_file(path), expected);
}
END_TEST

START_TEST(levels_below_the_wanted_one_are_dropped)
{
    log_debug("no");
    log_verbose("no");
    log_notice("yes");
    log_warning("yes");
    ck_assert(looks_like(read_file(path), "^[^\n]* \\* yes\n[^\n]* # yes\n$"));
    log_set_level(LOG_LEVEL_DEBUG);
    ck_assert(log_wants(LOG_LEVEL_DEBUG));
    log_debug("a");
    log_verbose("b");
    ck_assert(looks_like(read_file(path), " \\. a\n[^\n]* - b\n$"));
    log_set_level(LOG_LEVEL_NOTHING);
    ck_assert(!log_wants(LOG_LEVEL_WARNING));
    log_warning("no");
    ck_assert(!strstr(read_file(path), "no"));
}
END_TEST

START_TEST(errno_is_kept)
{
    errno = EXDEV;
    log_warning("x");
    ck_assert_int_eq(errno, EXDEV);
    log_warning("%m");
    ck_assert(strstr(read_file(path), strerror(EXDEV)) != NULL);
    ck_assert_int_eq(log_open("/dev/full"), 0);
    errno = EXDEV;
    log_warning("the disk is full");
    ck_assert_int_eq(errno, EXDEV);
}
END_TEST

START_TEST(reopening_follows_a_rotation)
{
    char moved[112];
    snprintf(moved, sizeof moved, "%s.1", path);
    int fd = log_fd();
    log_notice("first");
    ck_assert_int_eq(rename(path, moved), 0);
    log_notice("second");
    ck_assert_int_eq(log_reopen(), 0);
    ck_assert_int_eq(log_fd(), fd);
    log_notice("third");
    ck_assert(looks_like(read_file(path), "^[^\n]* third\n$"));
    ck_assert(looks_like(read_file(moved), "first\n[^\n]* second\n$"));
}
END_TEST

START_TEST(unusable_path_leaves_the_old_log)
{
    ck_assert_int_eq(log_open("/nonexistent/folder/log"), -ENOENT);
    log_notice("still here");
    ck_assert(strstr(read_file(path), "still here") != NULL);
    ck_assert_int_eq(log_open(folder), -EISDIR);
    ck_assert_int_eq(log_open("/dev/null"), 0);
    log_notice("nowhere");
    ck_assert(!strstr(read_file(path), "nowhere"));
}
END_TEST

START_TEST(too_long_line_is_cut_and_ends)
{
    static char message[10000];
    memset(message, 'x', sizeof message - 1);
    log_notice("%s", message);
    log_notice("next");
    read_file(path);
    size_t first = strcspn(content, "\n");
    ck_assert_uint_gt(first, 3000);
    ck_assert_uint_lt(first, 5000);
    ck_assert(looks_like(content + first + 1, "^[^\n]* next\n$"));
}
END_TEST

enum { THREADS = 4, LINES = 500 };

static void *write_lines(void *name)
{
    for (int i = 0; i < LINES; i++)
        log_notice("%s%d.", (const char *)name, i);
    return NULL;
}

START_TEST(threads_lose_and_mix_no_line)
{
    static const char *const names[THREADS] = {"aaaa", "bbbb", "cccc", "dddd"};
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, write_lines, (void *)names[i]), 0);
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(log_reopen(), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    read_file(path);
    int next[THREADS] = {0}, lines = 0;
    for (char *line = strtok(content, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        const char *message = strrchr(line, ' ') + 1;
        int thread = message[0] - 'a';
        char expected[32];
        snprintf(expected, sizeof expected, "%s%d.", names[thread], next[thread]++);
        ck_assert_str_eq(message, expected);
    }
    ck_assert_int_eq(lines, THREADS * LINES);
}
END_TEST

Suite *suite_log(void);
Suite *suite_log(void)
{
    Suite *suite = suite_create("log");
    TCase *tcase = tcase_create("log");
    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_test(tcase, line_has_pid_role_time_level_and_message);
    tcase_add_test(tcase, levels_below_the_wanted_one_are_dropped);
    tcase_add_test(tcase, errno_is_kept);
    tcase_add_test(tcase, reopening_follows_a_rotation);
    tcase_add_test(tcase, unusable_path_leaves_the_old_log);
    tcase_add_test(tcase, too_long_line_is_cut_and_ends);
    tcase_add_test(tcase, threads_lose_and_mix_no_line);
    suite_add_tcase(suite, tcase);
    return suite;
}
