/* The reaper: everything posted is freed once, counted, and waited for. */
#include "store/reaper.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

static atomic_uint runs;
static pthread_mutex_t barrier = PTHREAD_MUTEX_INITIALIZER;

static void run_counted(struct reaper_job *job)
{
    atomic_fetch_add(&runs, 1);
    free(job);
}

static void run_behind_barrier(struct reaper_job *job)
{
    pthread_mutex_lock(&barrier);
    pthread_mutex_unlock(&barrier);
    run_counted(job);
}

static atomic_bool begun;

static void run_at_leisure(struct reaper_job *job)
{
    atomic_store(&begun, true);
    for (unsigned i = 0; i < 100; i++)
        sched_yield();
    run_counted(job);
}

static void post(void (*run)(struct reaper_job *), size_t units)
{
    struct reaper_job *job = calloc(1, sizeof *job);
    job->run = run;
    job->units = units;
    reaper_post(job);
}

static void begin(void)
{
    atomic_store(&runs, 0);
    reaper_reset_freed();
}

START_TEST(drain_waits_for_all_that_was_posted)
{
    for (unsigned i = 0; i < 1000; i++)
        post(run_counted, 3);
    reaper_drain();
    ck_assert_uint_eq(atomic_load(&runs), 1000);
    ck_assert_uint_eq(reaper_pending(), 0);
    ck_assert_uint_eq(reaper_freed(), 3000);
    reaper_reset_freed();
    ck_assert_uint_eq(reaper_freed(), 0);
}
END_TEST

/* The queue is empty meanwhile: what is in work counts too. */
START_TEST(drain_waits_for_the_job_in_work)
{
    for (unsigned i = 0; i < 200; i++) {
        atomic_store(&runs, 0);
        atomic_store(&begun, false);
        post(run_at_leisure, 1);
        while (!atomic_load(&begun))
            sched_yield();
        reaper_drain();
        ck_assert_uint_eq(atomic_load(&runs), 1);
    }
}
END_TEST

START_TEST(pending_counts_units_in_waiting_and_in_work)
{
    pthread_mutex_lock(&barrier);
    post(run_behind_barrier, 5);
    post(run_counted, 7);
    ck_assert_uint_eq(reaper_pending(), 12);
    ck_assert_uint_eq(reaper_freed(), 0);
    pthread_mutex_unlock(&barrier);
    reaper_drain();
    ck_assert_uint_eq(reaper_pending(), 0);
    ck_assert_uint_eq(reaper_freed(), 12);
}
END_TEST

START_TEST(stop_finishes_the_work_and_a_later_post_starts_anew)
{
    for (int round = 1; round <= 3; round++) {
        for (unsigned i = 0; i < 100; i++)
            post(run_counted, 1);
        reaper_stop();
        ck_assert_uint_eq(atomic_load(&runs), 100u * (unsigned)round);
    }
    reaper_stop(); /* nothing is running */
    reaper_drain();
}
END_TEST

static void *post_many(void *unused)
{
    for (unsigned i = 0; i < 2000; i++)
        post(run_counted, 1);
    return unused;
}

START_TEST(many_threads_may_post)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, post_many, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    reaper_drain();
    ck_assert_uint_eq(atomic_load(&runs), 8000);
    ck_assert_uint_eq(reaper_freed(), 8000);
}
END_TEST

Suite *suite_reaper(void);
Suite *suite_reaper(void)
{
    Suite *suite = suite_create("reaper");
    TCase *tcase = tcase_create("reaper");
    tcase_add_checked_fixture(tcase, begin, reaper_stop);
    tcase_add_test(tcase, drain_waits_for_all_that_was_posted);
    tcase_add_test(tcase, drain_waits_for_the_job_in_work);
    tcase_add_test(tcase, pending_counts_units_in_waiting_and_in_work);
    tcase_add_test(tcase, stop_finishes_the_work_and_a_later_post_starts_anew);
    tcase_add_test(tcase, many_threads_may_post);
    suite_add_tcase(suite, tcase);
    return suite;
}
