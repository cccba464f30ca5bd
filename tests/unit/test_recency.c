/* The access clock: seconds under LRU, a decaying counter under LFU. */
#include "store/recency.h"
#include "types/string.h"

#include <check.h>

static struct entry *entry;

static void make(void)
{
    recency_set_policy((struct recency_policy){.frequency = false, .log_factor = 10, .decay_minutes = 1});
    entry = string_create_int((struct bytes){"key", 3}, 1, ENTRY_NO_EXPIRY);
}

static void drop(void)
{
    entry_free(entry);
    recency_set_policy((struct recency_policy){.frequency = false, .log_factor = 10, .decay_minutes = 1});
}

START_TEST(idle_time_is_counted_in_seconds)
{
    int64_t now_ms = 1700000000000;
    recency_init(entry, now_ms);
    ck_assert_uint_eq(recency_idle_seconds(entry, now_ms), 0);
    ck_assert_uint_eq(recency_idle_seconds(entry, now_ms + 999), 0);
    ck_assert_uint_eq(recency_idle_seconds(entry, now_ms + 12000), 12);
    recency_touch(entry, now_ms + 12000);
    ck_assert_uint_eq(recency_idle_seconds(entry, now_ms + 12000), 0);
}
END_TEST

START_TEST(idle_time_survives_the_turn_of_the_clock)
{
    int64_t turn_ms = ((int64_t)1 << 24) * 1000; /* the 24 bits are 0 again */
    recency_init(entry, turn_ms - 3000);
    ck_assert_uint_eq(recency_idle_seconds(entry, turn_ms + 4000), 7);
}
END_TEST

START_TEST(frequency_begins_at_five_grows_and_decays)
{
    int64_t now_ms = 1700000000000;
    recency_set_policy((struct recency_policy){.frequency = true, .log_factor = 10, .decay_minutes = 1});
    recency_init(entry, now_ms);
    ck_assert_uint_eq(recency_frequency(entry, now_ms), 5);
    recency_touch(entry, now_ms); /* up to the start every use counts */
    ck_assert_uint_eq(recency_frequency(entry, now_ms), 6);
    ck_assert_uint_eq(recency_frequency(entry, now_ms + 2 * 60000), 4);
    ck_assert_uint_eq(recency_frequency(entry, now_ms + 60 * 60000), 0);
    for (int i = 0; i < 2000; i++)
        recency_touch(entry, now_ms);
    ck_assert_uint_gt(recency_frequency(entry, now_ms), 10); /* about 24: a logarithm */
    ck_assert_uint_lt(recency_frequency(entry, now_ms), 60);
}
END_TEST

START_TEST(frequency_ends_at_255)
{
    recency_set_policy((struct recency_policy){.frequency = true, .log_factor = 0, .decay_minutes = 0});
    recency_init(entry, 60000);
    for (int i = 0; i < 400; i++)
        recency_touch(entry, 60000);
    ck_assert_uint_eq(recency_frequency(entry, 60000), 255);
    ck_assert_uint_eq(recency_frequency(entry, 900 * 60000), 255); /* decay 0: never */
}
END_TEST

START_TEST(minutes_between_decays_follow_the_policy)
{
    recency_set_policy((struct recency_policy){.frequency = true, .log_factor = 10, .decay_minutes = 10});
    recency_init(entry, 0);
    ck_assert_uint_eq(recency_frequency(entry, 9 * 60000), 5);
    ck_assert_uint_eq(recency_frequency(entry, 20 * 60000), 3);
}
END_TEST

Suite *suite_recency(void);
Suite *suite_recency(void)
{
    Suite *suite = suite_create("recency");
    TCase *tcase = tcase_create("recency");
    tcase_add_checked_fixture(tcase, make, drop);
    tcase_add_test(tcase, idle_time_is_counted_in_seconds);
    tcase_add_test(tcase, idle_time_survives_the_turn_of_the_clock);
    tcase_add_test(tcase, frequency_begins_at_five_grows_and_decays);
    tcase_add_test(tcase, frequency_ends_at_255);
    tcase_add_test(tcase, minutes_between_decays_follow_the_policy);
    suite_add_tcase(suite, tcase);
    return suite;
}
