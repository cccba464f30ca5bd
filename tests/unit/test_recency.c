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
    uint32_t now_s = 1700000;
    recency_init(entry, now_s);
    ck_assert_uint_eq(recency_idle_seconds(entry, now_s), 0);
    ck_assert_uint_eq(recency_idle_seconds(entry, now_s + 12), 12);
    recency_touch(entry, now_s + 12);
    ck_assert_uint_eq(recency_idle_seconds(entry, now_s + 12), 0);
}
END_TEST

START_TEST(idle_time_survives_the_turn_of_the_clock)
{
    uint32_t turn_s = 1u << 24; /* the 24 bits are 0 again */
    recency_init(entry, turn_s - 3);
    ck_assert_uint_eq(recency_idle_seconds(entry, turn_s + 4), 7);
}
END_TEST

START_TEST(a_use_that_began_later_is_no_long_time_ago)
{
    uint32_t now_s = 1700000;
    recency_init(entry, now_s + 1);
    ck_assert_uint_eq(recency_idle_seconds(entry, now_s), 0);
    recency_set_policy((struct recency_policy){.frequency = true, .log_factor = 10, .decay_minutes = 1});
    recency_init(entry, now_s + 60);
    ck_assert_uint_eq(recency_frequency(entry, now_s), 5);
}
END_TEST

START_TEST(frequency_begins_at_five_grows_and_decays)
{
    uint32_t now_s = 1700000;
    recency_set_policy((struct recency_policy){.frequency = true, .log_factor = 10, .decay_minutes = 1});
    recency_init(entry, now_s);
    ck_assert_uint_eq(recency_frequency(entry, now_s), 5);
    recency_touch(entry, now_s); /* up to the start every use counts */
    ck_assert_uint_eq(recency_frequency(entry, now_s), 6);
    ck_assert_uint_eq(recency_frequency(entry, now_s + 2 * 60), 4);
    ck_assert_uint_eq(recency_frequency(entry, now_s + 60 * 60), 0);
    for (int i = 0; i < 2000; i++)
        recency_touch(entry, now_s);
    ck_assert_uint_gt(recency_frequency(entry, now_s), 10); /* about 24: a logarithm */
    ck_assert_uint_lt(recency_frequency(entry, now_s), 60);
}
END_TEST

START_TEST(frequency_ends_at_255)
{
    recency_set_policy((struct recency_policy){.frequency = true, .log_factor = 0, .decay_minutes = 0});
    recency_init(entry, 60);
    for (int i = 0; i < 400; i++)
        recency_touch(entry, 60);
    ck_assert_uint_eq(recency_frequency(entry, 60), 255);
    ck_assert_uint_eq(recency_frequency(entry, 900 * 60), 255); /* decay 0: never */
}
END_TEST

START_TEST(minutes_between_decays_follow_the_policy)
{
    recency_set_policy((struct recency_policy){.frequency = true, .log_factor = 10, .decay_minutes = 10});
    recency_init(entry, 0);
    ck_assert_uint_eq(recency_frequency(entry, 9 * 60), 5);
    ck_assert_uint_eq(recency_frequency(entry, 20 * 60), 3);
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
    tcase_add_test(tcase, a_use_that_began_later_is_no_long_time_ago);
    tcase_add_test(tcase, frequency_begins_at_five_grows_and_decays);
    tcase_add_test(tcase, frequency_ends_at_255);
    tcase_add_test(tcase, minutes_between_decays_follow_the_policy);
    suite_add_tcase(suite, tcase);
    return suite;
}
