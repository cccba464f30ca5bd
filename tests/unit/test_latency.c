/* The latency monitor: what it keeps of spikes. */
#include "base/clock.h"
#include "base/memory.h"
#include "record/latency.h"

#include <check.h>
#include <stdint.h>

#define START_S 1700000000

static void set_up(void)
{
    latency_forget(NULL);
}

static void tear_down(void)
{
    clock_set_fake(-1);
}

static void add_at(int64_t time_s, int64_t ms)
{
    clock_set_fake(time_s * 1000);
    latency_add("event", ms);
}

static struct latency_event find(void)
{
    struct latency_event event;
    ck_assert(latency_find("event", 5, &event));
    return event;
}

START_TEST(one_sample_a_second_is_kept_and_it_is_the_worst)
{
    add_at(START_S, 5);
    add_at(START_S, 9);
    add_at(START_S, 7);
    add_at(START_S + 1, 3);
    struct latency_event event = find();
    ck_assert_uint_eq(event.count, 2);
    ck_assert_int_eq(event.samples[0].time_s, START_S);
    ck_assert_int_eq(event.samples[0].ms, 9);
    ck_assert_int_eq(event.samples[1].ms, 3);
    ck_assert_int_eq(event.worst_ms, 9);
}
END_TEST

START_TEST(the_last_samples_are_kept_in_their_order_and_the_worst_of_all)
{
    add_at(START_S, 1000);
    for (int i = 1; i <= LATENCY_SAMPLES + 5; i++)
        add_at(START_S + i, i);
    struct latency_event event = find();
    ck_assert_uint_eq(event.count, LATENCY_SAMPLES);
    for (int i = 0; i < LATENCY_SAMPLES; i++) {
        ck_assert_int_eq(event.samples[i].time_s, START_S + 6 + i);
        ck_assert_int_eq(event.samples[i].ms, 6 + i);
    }
    ck_assert_int_eq(event.worst_ms, 1000);
}
END_TEST

START_TEST(events_stand_in_the_order_in_which_they_came)
{
    latency_add("one", 1);
    latency_add("two", 2);
    latency_add("one", 3);
    struct latency_event *events;
    ck_assert_uint_eq(latency_events(&events), 2);
    ck_assert_str_eq(events[0].name, "one");
    ck_assert_str_eq(events[1].name, "two");
    mem_free(events);
}
END_TEST

START_TEST(events_are_forgotten_by_name_in_any_case_or_all)
{
    struct latency_event event;
    latency_add("one", 1);
    latency_add("two", 2);
    latency_add("three", 3);
    ck_assert_int_eq(latency_forget(&(struct arg){"TWO", 3, NULL}), 1);
    ck_assert_int_eq(latency_forget(&(struct arg){"TWO", 3, NULL}), 0);
    ck_assert(!latency_find("two", 3, &event));
    ck_assert(!latency_find("ONE", 3, &event));
    ck_assert(latency_find("three", 5, &event));
    ck_assert_int_eq(latency_forget(NULL), 2);
}
END_TEST

START_TEST(only_what_reaches_the_threshold_is_noted)
{
    struct latency_event event;
    latency_add_if_needed(0, "event", 100); /* nothing is watched */
    latency_add_if_needed(10, "event", 9);
    ck_assert(!latency_find("event", 5, &event));
    latency_add_if_needed(10, "event", 10);
    ck_assert(latency_find("event", 5, &event));
}
END_TEST

Suite *suite_latency(void);
Suite *suite_latency(void)
{
    Suite *suite = suite_create("latency");
    TCase *tcase = tcase_create("latency");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, one_sample_a_second_is_kept_and_it_is_the_worst);
    tcase_add_test(tcase, the_last_samples_are_kept_in_their_order_and_the_worst_of_all);
    tcase_add_test(tcase, events_stand_in_the_order_in_which_they_came);
    tcase_add_test(tcase, events_are_forgotten_by_name_in_any_case_or_all);
    tcase_add_test(tcase, only_what_reaches_the_threshold_is_noted);
    suite_add_tcase(suite, tcase);
    return suite;
}
