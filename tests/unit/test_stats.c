/* Statistics: buckets of latency, sums over threads, codes of errors, rates. */
#include "command/command_table.h"
#include "record/stats.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static void set_up(void)
{
    command_table_init();
    stats_init(2);
}

static void tear_down(void)
{
    stats_reset();
    stats_deinit();
}

/* The bucket that counts a duration. */
static unsigned bucket_of(uint64_t nanoseconds)
{
    struct command_totals totals;
    stats_reset();
    stats_record(stats_of(0), 0, nanoseconds, false, true);
    stats_sum_command(0, &totals);
    unsigned found = LATENCY_BUCKETS, count = 0;
    for (unsigned b = 0; b < LATENCY_BUCKETS; b++) {
        if (totals.latency[b] != 0)
            found = b;
        count += (unsigned)totals.latency[b];
    }
    ck_assert_uint_eq(count, 1);
    return found;
}

START_TEST(every_bucket_ends_where_the_next_begins)
{
    for (unsigned b = 0; b + 1 < LATENCY_BUCKETS; b++) {
        ck_assert_uint_eq(bucket_of(stats_latency_bound(b)), b);
        ck_assert_uint_eq(bucket_of(stats_latency_bound(b) + 1), b + 1);
    }
    ck_assert_uint_eq(bucket_of(0), 0);
    ck_assert_uint_eq(bucket_of(UINT64_MAX), LATENCY_BUCKETS - 1);
}
END_TEST

START_TEST(a_bound_is_at_most_a_quarter_above_what_it_counts)
{
    for (unsigned b = LATENCY_BUCKETS_PER_DOUBLING; b < LATENCY_BUCKETS; b++) {
        double smallest = (double)stats_latency_bound(b - 1) + 1;
        ck_assert_double_le((double)stats_latency_bound(b), 1.25 * smallest);
    }
}
END_TEST

START_TEST(every_doubling_ends_at_a_bound_of_redis)
{
    static const uint64_t microseconds[] = {1, 2, 4, 8, 16, 33, 66, 132, 264, 528, 1056, 2113, 4227};
    for (unsigned i = 0; i < sizeof microseconds / sizeof microseconds[0]; i++)
        ck_assert_uint_eq(stats_latency_bound(4 * i + 3) / 1000, microseconds[i]);
}
END_TEST

START_TEST(sums_are_over_all_threads)
{
    stats_record(stats_of(0), 3, 1000, false, true);
    stats_record(stats_of(1), 3, 2000, true, false);
    counter_add(&stats_of(0)->bytes_in, 5);
    counter_add(&stats_of(1)->bytes_in, 7);

    struct command_totals command;
    struct stats_totals totals;
    stats_sum_command(3, &command);
    stats_sum(&totals);
    ck_assert_uint_eq(command.calls, 2);
    ck_assert_uint_eq(command.nanoseconds, 3000);
    ck_assert_uint_eq(command.failed, 1);
    ck_assert_uint_eq(totals.commands, 2);
    ck_assert_uint_eq(totals.bytes_in, 12);
}
END_TEST

START_TEST(a_reset_leaves_nothing)
{
    stats_record(stats_of(1), 3, 1000, true, true);
    stats_count_error("ERR x", 5);
    stats_reset();

    struct command_totals command, zero = {0};
    stats_sum_command(3, &command);
    ck_assert_mem_eq(&command, &zero, sizeof zero);
}
END_TEST

struct errors_seen {
    unsigned count;
    char text[4096];
};

static void note_error(void *context, const char *code, uint64_t count)
{
    struct errors_seen *seen = context;
    size_t len = strlen(seen->text);
    if (seen->count++ < 8)
        snprintf(seen->text + len, sizeof seen->text - len, "%s=%u ", code, (unsigned)count);
}

static void count_error(const char *message)
{
    stats_count_error(message, strlen(message));
}

START_TEST(errors_are_counted_by_their_first_word)
{
    struct errors_seen seen = {0};
    count_error("WRONGTYPE Operation against a key");
    count_error("ERR syntax error");
    count_error("ERR no such key");
    count_error("noblank");
    count_error("AFIRSTWORDOFMORETHANTHIRTYONEBYTES is no code");
    stats_each_error(note_error, &seen);
    ck_assert_str_eq(seen.text, "ERR=4 WRONGTYPE=1 ");
}
END_TEST

START_TEST(different_error_codes_are_bounded)
{
    struct errors_seen seen = {0};
    for (int i = 0; i < 1000; i++) {
        char message[32];
        snprintf(message, sizeof message, "CODE%d message", i);
        count_error(message);
    }
    stats_each_error(note_error, &seen);
    ck_assert_uint_eq(seen.count, 128);
}
END_TEST

START_TEST(rates_are_per_second)
{
    stats_sample(1000);
    for (int i = 1; i <= 16; i++) {
        counter_add(&stats_of(0)->bytes_in, 200);
        stats_sample(1000 + 100 * i);
    }
    ck_assert_uint_eq(stats_rate_bytes_in(), 2000);
    ck_assert_uint_eq(stats_rate_bytes_out(), 0);
}
END_TEST

static void *record_many(void *context)
{
    for (int i = 0; i < 100000; i++)
        stats_record(context, 3, 1000, false, true);
    return NULL;
}

START_TEST(reading_while_others_count_never_sees_less)
{
    pthread_t threads[2];
    for (unsigned i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, record_many, stats_of(i));
    struct command_totals totals = {0};
    uint64_t before = 0;
    for (int i = 0; i < 1000; i++) {
        stats_sum_command(3, &totals);
        ck_assert_uint_ge(totals.calls, before);
        before = totals.calls;
    }
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    stats_sum_command(3, &totals);
    ck_assert_uint_eq(totals.calls, 200000);
}
END_TEST

Suite *suite_stats(void);
Suite *suite_stats(void)
{
    Suite *suite = suite_create("stats");
    TCase *tcase = tcase_create("stats");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, every_bucket_ends_where_the_next_begins);
    tcase_add_test(tcase, a_bound_is_at_most_a_quarter_above_what_it_counts);
    tcase_add_test(tcase, every_doubling_ends_at_a_bound_of_redis);
    tcase_add_test(tcase, sums_are_over_all_threads);
    tcase_add_test(tcase, a_reset_leaves_nothing);
    tcase_add_test(tcase, errors_are_counted_by_their_first_word);
    tcase_add_test(tcase, different_error_codes_are_bounded);
    tcase_add_test(tcase, rates_are_per_second);
    tcase_add_test(tcase, reading_while_others_count_never_sees_less);
    suite_add_tcase(suite, tcase);
    return suite;
}
