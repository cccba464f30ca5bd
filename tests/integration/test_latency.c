/* The latency monitor, and the histograms of commands. */
#include "kit/served.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Waits until the server's clock shows another second: spikes of one second become one sample. */
static void await_next_second(void)
{
    redisReply *first = kit_command(c, "TIME"), *now = kit_command(c, "TIME");
    while (strcmp(first->element[0]->str, now->element[0]->str) == 0) {
        freeReplyObject(now);
        now = kit_command(c, "TIME");
    }
    freeReplyObject(first);
    freeReplyObject(now);
}

START_TEST(nothing_is_watched_without_a_threshold)
{
    kit_expect(c, "+OK", "DEBUG", "SLEEP", "0.02");
    kit_expect(c, "[]", "LATENCY", "LATEST");
    kit_expect(c, "[]", "LATENCY", "HISTORY", "command");
    kit_expect(c, ":0", "LATENCY", "RESET");
}
END_TEST

START_TEST(slow_commands_become_samples_one_a_second)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "latency-monitor-threshold", "100");
    await_next_second();
    kit_expect(c, "+OK", "DEBUG", "SLEEP", "0.11");
    kit_expect(c, "+OK", "DEBUG", "SLEEP", "0.20");
    await_next_second();
    kit_expect(c, "+OK", "DEBUG", "SLEEP", "0.12");

    redisReply *history = kit_command(c, "LATENCY", "HISTORY", "command");
    ck_assert_uint_eq(history->elements, 2);
    ck_assert_int_ge(history->element[0]->element[1]->integer, 200);
    ck_assert_int_ge(history->element[1]->element[1]->integer, 120);
    ck_assert_int_lt(history->element[0]->element[0]->integer, history->element[1]->element[0]->integer);

    redisReply *latest = kit_command(c, "LATENCY", "LATEST");
    const redisReply *event = latest->element[0]; /* a busy machine may have made others slow, which come later */
    ck_assert_str_eq(event->element[0]->str, "command");
    ck_assert_int_eq(event->element[1]->integer, history->element[1]->element[0]->integer);
    ck_assert_int_eq(event->element[2]->integer, history->element[1]->element[1]->integer);
    ck_assert_int_eq(event->element[3]->integer, history->element[0]->element[1]->integer);
    freeReplyObject(latest);
    freeReplyObject(history);
}
END_TEST

START_TEST(reset_forgets_named_events_in_any_case_or_all)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "latency-monitor-threshold", "20");
    kit_expect(c, "+OK", "DEBUG", "SLEEP", "0.03");
    kit_expect(c, ":0", "LATENCY", "RESET", "nosuch");
    kit_expect(c, ":1", "LATENCY", "RESET", "COMMAND", "nosuch");
    kit_expect(c, "[]", "LATENCY", "LATEST");
    kit_expect(c, "+OK", "DEBUG", "SLEEP", "0.03");
    kit_expect(c, ":1", "LATENCY", "RESET");
    kit_expect(c, ":0", "LATENCY", "RESET");
}
END_TEST

START_TEST(graph_shows_high_and_low)
{
    kit_expect(c, "-ERR No samples available for event 'command'", "LATENCY", "GRAPH", "command");
    kit_expect(c, "+OK", "CONFIG", "SET", "latency-monitor-threshold", "20");
    kit_expect(c, "+OK", "DEBUG", "SLEEP", "0.03");
    redisReply *graph = kit_command(c, "LATENCY", "GRAPH", "command");
    long high, low, worst;
    ck_assert_int_eq(
        sscanf(graph->str, "command - high %ld ms, low %ld ms (all time high %ld ms)", &high, &low, &worst), 3);
    ck_assert_int_ge(high, 30);
    ck_assert_int_eq(high, worst);
    freeReplyObject(graph);
}
END_TEST

START_TEST(doctor_says_what_it_has_seen)
{
    redisReply *report = kit_command(c, "LATENCY", "DOCTOR");
    ck_assert_ptr_nonnull(strstr(report->str, "latency-monitor-threshold"));
    freeReplyObject(report);
    kit_expect(c, "+OK", "CONFIG", "SET", "latency-monitor-threshold", "20");
    kit_expect(c, "+OK", "DEBUG", "SLEEP", "0.03");
    report = kit_command(c, "LATENCY", "DOCTOR");
    ck_assert_ptr_nonnull(strstr(report->str, "1. command: 1 spike, "));
    ck_assert_ptr_nonnull(strstr(report->str, "SLOWLOG"));
    freeReplyObject(report);
}
END_TEST

/* calls and the last cumulative count of one histogram in the reply, -1 where the command isn't in it. */
static long long histogram_calls(const redisReply *map, const char *command)
{
    for (size_t i = 0; i + 1 < map->elements; i += 2) {
        if (strcmp(map->element[i]->str, command) != 0)
            continue;
        const redisReply *histogram = map->element[i + 1];
        ck_assert_str_eq(histogram->element[0]->str, "calls");
        ck_assert_str_eq(histogram->element[2]->str, "histogram_usec");
        const redisReply *buckets = histogram->element[3];
        for (size_t b = 2; b + 1 < buckets->elements; b += 2) {
            ck_assert_int_gt(buckets->element[b]->integer, buckets->element[b - 2]->integer);
            ck_assert_int_gt(buckets->element[b + 1]->integer, buckets->element[b - 1]->integer);
        }
        ck_assert_int_eq(buckets->element[buckets->elements - 1]->integer, histogram->element[1]->integer);
        return histogram->element[1]->integer;
    }
    return -1;
}

START_TEST(histograms_count_every_call_of_a_command)
{
    kit_expect(c, "+OK", "CONFIG", "RESETSTAT");
    for (int i = 0; i < 100; i++)
        kit_expect(c, "+OK", "SET", "a", "b");
    redisReply *all = kit_command(c, "LATENCY", "HISTOGRAM");
    ck_assert_uint_eq(all->elements, 4);
    ck_assert_int_eq(histogram_calls(all, "set"), 100);
    ck_assert_int_eq(histogram_calls(all, "config|resetstat"), 1);
    freeReplyObject(all);
}
END_TEST

START_TEST(histograms_are_given_by_name_and_a_container_gives_its_subcommands)
{
    kit_expect(c, "+OK", "CONFIG", "RESETSTAT");
    kit_expect(c, "+OK", "SET", "a", "b");
    freeReplyObject(kit_command(c, "CLIENT", "ID"));
    freeReplyObject(kit_command(c, "CLIENT", "LIST"));
    redisReply *some = kit_command(c, "LATENCY", "HISTOGRAM", "nosuch", "client", "SET", "get");
    ck_assert_uint_eq(some->elements, 6);
    ck_assert_int_eq(histogram_calls(some, "client|id"), 1);
    ck_assert_int_eq(histogram_calls(some, "client|list"), 1);
    ck_assert_int_eq(histogram_calls(some, "set"), 1);
    freeReplyObject(some);
    some = kit_command(c, "LATENCY", "HISTOGRAM", "client|id");
    ck_assert_uint_eq(some->elements, 2);
    freeReplyObject(some);
    kit_expect(c, "[]", "LATENCY", "HISTOGRAM", "nosuch");
}
END_TEST

START_TEST(histograms_are_off_with_latency_tracking)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "latency-tracking", "no");
    kit_expect(c, "+OK", "CONFIG", "RESETSTAT");
    kit_expect(c, "+OK", "SET", "a", "b");
    kit_expect(c, "[]", "LATENCY", "HISTOGRAM");
}
END_TEST

static void set_many(redisContext *context, unsigned index, void *data)
{
    (void)index;
    (void)data;
    unsigned rounds = scratch_rounds(1000);
    for (unsigned i = 0; i < rounds; i++)
        kit_expect(context, "+OK", "SET", "key", "value");
}

START_TEST(histograms_add_up_over_all_workers)
{
    kit_expect(c, "+OK", "CONFIG", "RESETSTAT");
    kit_parallel(server, 8, set_many, NULL);
    redisReply *histogram = kit_command(c, "LATENCY", "HISTOGRAM", "set");
    ck_assert_int_eq(histogram_calls(histogram, "set"), 8LL * scratch_rounds(1000));
    freeReplyObject(histogram);
}
END_TEST

Suite *suite_latency(void);
Suite *suite_latency(void)
{
    Suite *suite = suite_create("latency");
    TCase *tcase = served_tcase("latency");
    tcase_add_test(tcase, nothing_is_watched_without_a_threshold);
    tcase_add_test(tcase, slow_commands_become_samples_one_a_second);
    tcase_add_test(tcase, reset_forgets_named_events_in_any_case_or_all);
    tcase_add_test(tcase, graph_shows_high_and_low);
    tcase_add_test(tcase, doctor_says_what_it_has_seen);
    tcase_add_test(tcase, histograms_count_every_call_of_a_command);
    tcase_add_test(tcase, histograms_are_given_by_name_and_a_container_gives_its_subcommands);
    tcase_add_test(tcase, histograms_are_off_with_latency_tracking);
    tcase_add_test(tcase, histograms_add_up_over_all_workers);
    suite_add_tcase(suite, tcase);
    return suite;
}
