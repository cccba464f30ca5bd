/* The ACL log: refusals of one kind are one entry while they come within a minute of each other. */
#include "base/clock.h"
#include "base/memory.h"
#include "record/acl_log.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define BEGAN_MS INT64_C(1000000)

static void end(void)
{
    acl_log_reset();
    clock_set_fake(-1);
    clock_shift_wall(0);
}

static void refuse_at(int64_t ms, const char *object, const char *client)
{
    clock_set_fake(BEGAN_MS + ms);
    acl_log_add(
        &(struct acl_refusal){ACL_LOG_KEY, {object, strlen(object)}, {"me", 2}, {client, strlen(client)}, false}, 128);
}

static void take(void *context, const struct acl_log_entry *entry)
{
    *(struct acl_log_entry *)context = *entry;
}

/* The newest entry: how often it happened, from when to when, and through whom it did last. */
static void expect_newest(int64_t count, int64_t first_ms, int64_t last_ms, const char *client)
{
    struct acl_log_entry newest;
    ck_assert_int_eq(acl_log_each(1, take, &newest), 1);
    ck_assert_int_eq(newest.count, count);
    ck_assert_int_eq(newest.created_ms, BEGAN_MS + first_ms);
    ck_assert_int_eq(newest.updated_ms, BEGAN_MS + last_ms);
    ck_assert_uint_eq(newest.refusal.client.len, strlen(client));
    ck_assert_int_eq(memcmp(newest.refusal.client.data, client, strlen(client)), 0);
}

START_TEST(an_entry_lives_on_while_refusals_follow_each_other)
{
    refuse_at(0, "a", "one");
    expect_newest(1, 0, 0, "one");
    refuse_at(60000, "a", "two");
    expect_newest(2, 0, 60000, "two");
    refuse_at(120000, "a", "one"); /* a minute after the last, and not after the first */
    expect_newest(3, 0, 120000, "one");
    refuse_at(180001, "a", "one");
    expect_newest(1, 180001, 180001, "one");
}
END_TEST

START_TEST(another_object_is_another_entry)
{
    refuse_at(0, "a", "one");
    refuse_at(1, "b", "one");
    expect_newest(1, 1, 1, "one");
    refuse_at(2, "a", "one"); /* the newest again */
    expect_newest(2, 0, 2, "one");
}
END_TEST

START_TEST(an_entry_is_bounded_whatever_strangers_send)
{
    size_t len = (size_t)1 << 20;
    char *much = mem_alloc(len);
    memset(much, 'K', len);
    ck_assert_uint_eq(acl_log_bytes(), 0);
    for (int i = 0; i < 40; i++) {
        much[0] = (char)('a' + i);
        acl_log_add(&(struct acl_refusal){ACL_LOG_AUTH, {much, len}, {much, len}, {much, len}, false}, 30);
    }
    ck_assert_uint_gt(acl_log_bytes(), 30 * ACL_LOG_TEXT_MAX);
    ck_assert_uint_le(acl_log_bytes(), 30 * ACL_LOG_ENTRY_MAX);
    struct acl_log_entry newest;
    ck_assert_int_eq(acl_log_each(1, take, &newest), 1);
    char end[64];
    size_t end_len = (size_t)snprintf(end, sizeof end, "K... (%zu more bytes)", len - ACL_LOG_TEXT_MAX);
    struct bytes user = newest.refusal.user;
    ck_assert_uint_eq(user.len, ACL_LOG_TEXT_MAX + end_len - 1);
    ck_assert_int_eq(memcmp(user.data + user.len - end_len, end, end_len), 0);
    acl_log_reset();
    ck_assert_uint_eq(acl_log_bytes(), 0);
    mem_free(much);
}
END_TEST

START_TEST(a_clock_that_is_set_parts_nothing)
{
    struct acl_log_entry newest;
    for (int hours = -1; hours <= 1; hours++) {
        clock_shift_wall(hours * INT64_C(3600000));
        acl_log_add(&(struct acl_refusal){ACL_LOG_KEY, {"a", 1}, {"me", 2}, {"one", 3}, false}, 128);
    }
    ck_assert_int_eq(acl_log_each(1, take, &newest), 1);
    ck_assert_int_eq(newest.count, 3);
    ck_assert_int_ge(newest.updated_ms, newest.created_ms + 2 * 3600000);
    ck_assert_int_le(newest.happened_ms, clock_monotonic_ms());
}
END_TEST

Suite *suite_acl_log(void);
Suite *suite_acl_log(void)
{
    Suite *suite = suite_create("acl log");
    TCase *tcase = tcase_create("acl log");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, an_entry_lives_on_while_refusals_follow_each_other);
    tcase_add_test(tcase, a_clock_that_is_set_parts_nothing);
    tcase_add_test(tcase, another_object_is_another_entry);
    tcase_add_test(tcase, an_entry_is_bounded_whatever_strangers_send);
    suite_add_tcase(suite, tcase);
    return suite;
}
