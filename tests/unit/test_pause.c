/* CLIENT PAUSE: what it holds, how it grows, and that the clock ends it. */
#include "engine/attention.h"
#include "engine/pause.h"
#include "store/keyspace.h"

#include <check.h>

#define NOW_MS INT64_C(1700000000000)

static struct keyspace *keyspace;

static void set_up(void)
{
    keyspace = keyspace_create(1);
}

static void tear_down(void)
{
    pause_end(keyspace);
    keyspace_destroy(keyspace);
}

START_TEST(pause_calls_for_attention_until_the_clock_ends_it)
{
    ck_assert(!attention_is_called_for());
    pause_extend(keyspace, PAUSE_WRITE, NOW_MS + 10, NOW_MS);
    ck_assert(attention_has(ATTENTION_PAUSE));
    ck_assert(pause_is_active(NOW_MS + 9));
    ck_assert(attention_has(ATTENTION_PAUSE));
    ck_assert(!pause_is_active(NOW_MS + 10));
    ck_assert(!attention_is_called_for());
    pause_extend(keyspace, PAUSE_WRITE, NOW_MS + 20, NOW_MS + 11);
    ck_assert(pause_is_active(NOW_MS + 11));
    pause_end(keyspace);
    ck_assert(!pause_is_active(NOW_MS + 11) && !attention_is_called_for());
}
END_TEST

START_TEST(pause_grows_longer_and_stricter_only)
{
    pause_extend(keyspace, PAUSE_WRITE, NOW_MS + 50, NOW_MS);
    pause_extend(keyspace, PAUSE_ALL, NOW_MS + 10, NOW_MS);
    ck_assert_int_eq(pause_kind_at(NOW_MS + 49), PAUSE_ALL);
    pause_extend(keyspace, PAUSE_WRITE, NOW_MS + 60, NOW_MS);
    ck_assert_int_eq(pause_kind_at(NOW_MS + 59), PAUSE_ALL);
    /* what is over is not extended */
    pause_extend(keyspace, PAUSE_WRITE, NOW_MS + 70, NOW_MS + 60);
    ck_assert_int_eq(pause_kind_at(NOW_MS + 69), PAUSE_WRITE);
    ck_assert_int_eq(pause_kind_at(NOW_MS + 70), PAUSE_NONE);
}
END_TEST

START_TEST(pause_holds_writes_or_everything_but_monitors)
{
    struct client client = {.flags = 0}, monitor = {.flags = CLIENT_MONITOR};
    const struct command reading = {.flags = CMD_READONLY}, writing = {.flags = CMD_WRITE},
                         replicating = {.flags = CMD_MAY_REPLICATE};
    ck_assert(!pause_holds(&client, &writing, NOW_MS));
    pause_extend(keyspace, PAUSE_WRITE, NOW_MS + 10, NOW_MS);
    ck_assert(pause_holds(&client, &writing, NOW_MS) && pause_holds(&client, &replicating, NOW_MS));
    ck_assert(!pause_holds(&client, &reading, NOW_MS) && !pause_holds(&monitor, &writing, NOW_MS));
    pause_extend(keyspace, PAUSE_ALL, NOW_MS + 10, NOW_MS);
    ck_assert(pause_holds(&client, &reading, NOW_MS) && !pause_holds(&monitor, &reading, NOW_MS));
    ck_assert(!pause_holds(&client, &reading, NOW_MS + 10));
}
END_TEST

Suite *suite_pause(void);
Suite *suite_pause(void)
{
    Suite *suite = suite_create("pause");
    TCase *tcase = tcase_create("pause");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, pause_calls_for_attention_until_the_clock_ends_it);
    tcase_add_test(tcase, pause_grows_longer_and_stricter_only);
    tcase_add_test(tcase, pause_holds_writes_or_everything_but_monitors);
    suite_add_tcase(suite, tcase);
    return suite;
}
