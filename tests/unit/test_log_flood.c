/* What strangers can have written to the log: a few lines of a kind, and how many more there were. */
#include "host/log_flood.h"
#include "kit/scratch.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *folder;

static void set_up(void)
{
    folder = scratch_create();
    ck_assert_int_eq(log_open(scratch_path(folder, "log")), 0);
    log_set_level(LOG_LEVEL_NOTICE);
}

static void tear_down(void)
{
    log_open("");
    scratch_remove(folder);
}

/* The number of lines in the log that hold the text. */
static unsigned count_lines(const char *text)
{
    char *content = scratch_read(scratch_path(folder, "log"));
    unsigned count = 0;
    for (const char *at = content; (at = strstr(at, text)); at += strlen(text))
        count++;
    free(content);
    return count;
}

static void happen(struct log_flood *flood, unsigned times, int64_t now_ms)
{
    for (unsigned i = 0; i < times; i++)
        if (log_flood_admits_at(flood, LOG_LEVEL_WARNING, now_ms))
            log_warning("it happened");
}

START_TEST(few_lines_are_written_as_they_come)
{
    static struct log_flood flood = LOG_FLOOD("events", 3);
    for (int64_t round = 0; round < 5; round++) {
        happen(&flood, 3, 1000 + round * LOG_FLOOD_MS);
        log_flood_settle_at(1000 + (round + 1) * LOG_FLOOD_MS);
    }
    ck_assert_uint_eq(count_lines("it happened"), 15);
    ck_assert_uint_eq(count_lines("more"), 0);
}
END_TEST

START_TEST(what_is_left_out_is_told_when_the_interval_ends_even_if_no_more_comes)
{
    static struct log_flood flood = LOG_FLOOD("events", 3);
    happen(&flood, 4000, 1000);
    happen(&flood, 4003, 9000);
    log_flood_settle_at(1000 + LOG_FLOOD_MS - 1);
    ck_assert_uint_eq(count_lines("it happened"), 3);
    ck_assert_uint_eq(count_lines("more"), 0);
    log_flood_settle_at(1000 + LOG_FLOOD_MS);
    ck_assert_uint_eq(count_lines(" # ... and 8000 more in the last 10 s: events\n"), 1);
    log_flood_settle_at(1000 + 2 * LOG_FLOOD_MS);
    ck_assert_uint_eq(count_lines("more"), 1);
    happen(&flood, 4, 1000 + 2 * LOG_FLOOD_MS);
    ck_assert_uint_eq(count_lines("it happened"), 6);
}
END_TEST

START_TEST(what_is_left_out_is_told_before_the_next_line)
{
    static struct log_flood flood = LOG_FLOOD("events", 1);
    happen(&flood, 5, 0);
    happen(&flood, 1, LOG_FLOOD_MS + 2000);
    char *content = scratch_read(scratch_path(folder, "log"));
    const char *more = strstr(content, "... and 4 more in the last 12 s: events\n");
    ck_assert_ptr_nonnull(more);
    ck_assert_ptr_nonnull(strstr(more, "it happened"));
    free(content);
    log_flood_settle_at(4 * LOG_FLOOD_MS);
    ck_assert_uint_eq(count_lines("more"), 1);
}
END_TEST

START_TEST(kinds_are_counted_each_by_itself)
{
    static struct log_flood one = LOG_FLOOD("of the one", 1), other = LOG_FLOOD("of the other", 2),
                            third = LOG_FLOOD("of the third", 1);
    happen(&one, 10, 0);
    happen(&other, 10, 5000);
    happen(&third, 10, 0);
    log_flood_settle_at(LOG_FLOOD_MS);
    ck_assert_uint_eq(count_lines("... and 9 more in the last 10 s: of the one"), 1);
    ck_assert_uint_eq(count_lines("... and 9 more in the last 10 s: of the third"), 1);
    ck_assert_uint_eq(count_lines("of the other"), 0);
    log_flood_settle_all();
    ck_assert_uint_eq(count_lines("... and 8 more in the last "), 1);
}
END_TEST

START_TEST(lines_that_nobody_wants_count_for_nothing)
{
    static struct log_flood flood = LOG_FLOOD("events", 1);
    for (int i = 0; i < 10; i++)
        ck_assert(!log_flood_admits_at(&flood, LOG_LEVEL_VERBOSE, 0));
    log_set_level(LOG_LEVEL_VERBOSE);
    ck_assert(log_flood_admits_at(&flood, LOG_LEVEL_VERBOSE, 0));
    ck_assert(!log_flood_admits_at(&flood, LOG_LEVEL_VERBOSE, 0));
    log_flood_settle_at(LOG_FLOOD_MS);
    ck_assert_uint_eq(count_lines(" - ... and 1 more in the last 10 s: events\n"), 1);
}
END_TEST

enum { THREADS = 8, TIMES = 10000 };

static struct log_flood shared = LOG_FLOOD("events of all threads", 5);

static void *happen_often(void *context)
{
    (void)context;
    for (int i = 0; i < TIMES; i++)
        log_flooding(&shared, LOG_LEVEL_WARNING, "it happened");
    return NULL;
}

START_TEST(every_event_of_every_thread_is_written_or_counted)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, happen_often, NULL), 0);
    for (int i = 0; i < 1000; i++)
        log_flood_settle_all();
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    log_flood_settle_all();
    char *content = scratch_read(scratch_path(folder, "log"));
    unsigned long long counted = 0, more;
    for (const char *at = content; (at = strstr(at, "... and ")); at++)
        if (sscanf(at, "... and %llu more", &more) == 1)
            counted += more;
    free(content);
    ck_assert_uint_eq(counted + count_lines("it happened"), THREADS * TIMES);
}
END_TEST

Suite *suite_log_flood(void);
Suite *suite_log_flood(void)
{
    Suite *suite = suite_create("log flood");
    TCase *tcase = tcase_create("log flood");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, few_lines_are_written_as_they_come);
    tcase_add_test(tcase, what_is_left_out_is_told_when_the_interval_ends_even_if_no_more_comes);
    tcase_add_test(tcase, what_is_left_out_is_told_before_the_next_line);
    tcase_add_test(tcase, kinds_are_counted_each_by_itself);
    tcase_add_test(tcase, lines_that_nobody_wants_count_for_nothing);
    tcase_add_test(tcase, every_event_of_every_thread_is_written_or_counted);
    suite_add_tcase(suite, tcase);
    return suite;
}
