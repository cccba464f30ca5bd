/* CLIENT PAUSE: what it holds, how it grows, and that the clock ends it. */
#include "base/clock.h"
#include "clients/attention.h"
#include "clients/pause.h"
#include "store/keyspace.h"

#include <check.h>

#define NOW_MS INT64_C(1700000)

static struct keyspace *keyspace;

static void set_up(void)
{
    keyspace = keyspace_create(1);
    clock_set_fake(NOW_MS);
}

/* So many milliseconds after the test began. */
static void at(int64_t ms)
{
    clock_set_fake(NOW_MS + ms);
}

static void tear_down(void)
{
    pause_end(keyspace);
    keyspace_destroy(keyspace);
    clock_set_fake(-1);
}

START_TEST(pause_calls_for_attention_until_the_clock_ends_it)
{
    ck_assert(!attention_is_called_for());
    pause_extend(keyspace, PAUSE_WRITE, 10);
    ck_assert(attention_has(ATTENTION_PAUSE));
    at(9);
    ck_assert(pause_is_active());
    ck_assert(attention_has(ATTENTION_PAUSE));
    at(10);
    ck_assert(!pause_is_active());
    ck_assert(!attention_is_called_for());
    pause_extend(keyspace, PAUSE_WRITE, 10);
    ck_assert(pause_is_active());
    pause_end(keyspace);
    ck_assert(!pause_is_active() && !attention_is_called_for());
}
END_TEST

START_TEST(pause_grows_longer_and_stricter_only)
{
    pause_extend(keyspace, PAUSE_WRITE, 50);
    pause_extend(keyspace, PAUSE_ALL, 10);
    at(49);
    ck_assert_int_eq(pause_kind(), PAUSE_ALL);
    pause_extend(keyspace, PAUSE_WRITE, 11);
    at(59);
    ck_assert_int_eq(pause_kind(), PAUSE_ALL);
    /* what is over is not extended */
    at(60);
    pause_extend(keyspace, PAUSE_WRITE, 10);
    at(69);
    ck_assert_int_eq(pause_kind(), PAUSE_WRITE);
    at(70);
    ck_assert_int_eq(pause_kind(), PAUSE_NONE);
}
END_TEST

START_TEST(pause_holds_writes_or_everything_but_monitors)
{
    struct client client = {.flags = 0}, monitor = {.flags = CLIENT_MONITOR};
    const struct command reading = {.flags = CMD_READONLY}, writing = {.flags = CMD_WRITE},
                         replicating = {.flags = CMD_MAY_REPLICATE};
    ck_assert(!pause_holds(&client, (&writing)->flags));
    pause_extend(keyspace, PAUSE_WRITE, 10);
    ck_assert(pause_holds(&client, (&writing)->flags) && pause_holds(&client, (&replicating)->flags));
    ck_assert(!pause_holds(&client, (&reading)->flags) && !pause_holds(&monitor, (&writing)->flags));
    pause_extend(keyspace, PAUSE_ALL, 10);
    ck_assert(pause_holds(&client, (&reading)->flags) && !pause_holds(&monitor, (&reading)->flags));
    at(10);
    ck_assert(!pause_holds(&client, (&writing)->flags));
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
