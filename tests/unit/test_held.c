/* Held clients: first come, first let go, and the books about them. */
#include "base/gate.h"
#include "clients/client_extra.h"
#include "clients/held.h"
#include "command/command_table.h"
#include "net/service.h"
#include "net/worker.h"
#include "record/stats.h"
#include "resp/parser.h"

#include <check.h>

#define CLIENTS 4

static struct gate *gate;
static struct client clients[CLIENTS];
static struct request requests[3];

static int no_wish(void *context)
{
    (void)context;
    return -1;
}

static void nothing(void *context)
{
    (void)context;
}

static void no_tick(void *context, struct worker *worker, int64_t now_ms)
{
    (void)context;
    (void)worker;
    (void)now_ms;
}

static void set_up(void)
{
    static const struct net_service service = {.served = no_wish, .ended = nothing, .tick = no_tick};
    command_table_init();
    stats_init(1);
    gate = gate_create();
    ck_assert_int_eq(workers_start(1, gate, &service), 0);
    for (unsigned i = 0; i < CLIENTS; i++)
        clients[i] = (struct client){.conn.worker = worker_at(0)};
}

static void tear_down(void)
{
    while (held_first(HELD_PAUSE))
        client_let_go(held_first(HELD_PAUSE));
    workers_stop(0);
    workers_join();
    gate_destroy(gate);
    stats_deinit();
}

static void hold_all(void)
{
    for (unsigned i = 0; i < CLIENTS; i++)
        client_hold(&clients[i], HELD_PAUSE, requests, i);
}

static void expect_held(unsigned count, const struct client *first)
{
    struct stats_clients told;
    stats_clients_read(&told);
    ck_assert_uint_eq(told.held, count);
    ck_assert_uint_eq(held_count(HELD_PAUSE), count);
    ck_assert_ptr_eq(held_first(HELD_PAUSE), first);
}

START_TEST(a_held_client_gets_its_requests_back)
{
    client_hold(&clients[0], HELD_PAUSE, &requests[1], 2);
    ck_assert_uint_eq(clients[0].flags, CLIENT_HELD);
    ck_assert_uint_gt(client_extra_memory(&clients[0]), 0);
    expect_held(1, &clients[0]);
    struct held_requests held = client_let_go(&clients[0]);
    ck_assert_ptr_eq(held.first, &requests[1]);
    ck_assert_uint_eq(held.count, 2);
    ck_assert_uint_eq(clients[0].flags, 0);
    ck_assert_ptr_null(clients[0].extra);
    expect_held(0, NULL);
}
END_TEST

START_TEST(who_came_first_is_first)
{
    hold_all();
    for (unsigned i = 0; i < CLIENTS; i++) {
        expect_held(CLIENTS - i, &clients[i]);
        ck_assert_uint_eq(client_let_go(held_first(HELD_PAUSE)).count, i);
    }
    expect_held(0, NULL);
}
END_TEST

START_TEST(any_of_them_can_go)
{
    static const unsigned orders[][CLIENTS] = {{3, 2, 1, 0}, {1, 2, 0, 3}, {2, 0, 3, 1}};
    for (size_t o = 0; o < sizeof orders / sizeof orders[0]; o++) {
        bool gone[CLIENTS] = {false};
        hold_all();
        for (unsigned i = 0; i < CLIENTS; i++) {
            client_let_go(&clients[orders[o][i]]);
            gone[orders[o][i]] = true;
            unsigned first = 0;
            while (first < CLIENTS && gone[first])
                first++;
            expect_held(CLIENTS - 1 - i, first < CLIENTS ? &clients[first] : NULL);
        }
    }
}
END_TEST

START_TEST(held_again_is_last)
{
    hold_all();
    client_let_go(&clients[0]);
    client_hold(&clients[0], HELD_PAUSE, requests, 1);
    for (unsigned i = 1; i <= CLIENTS; i++) {
        expect_held(CLIENTS + 1 - i, &clients[i % CLIENTS]);
        client_let_go(held_first(HELD_PAUSE));
    }
}
END_TEST

START_TEST(held_again_with_work_is_last)
{
    client_set_work(&clients[0], (struct turn_work *)&requests[0]); /* never looked into */
    hold_all();
    client_let_go(&clients[0]);
    client_hold(&clients[0], HELD_PAUSE, requests, 1);
    for (unsigned i = 1; i <= CLIENTS; i++) {
        expect_held(CLIENTS + 1 - i, &clients[i % CLIENTS]);
        client_let_go(held_first(HELD_PAUSE));
    }
    expect_held(0, NULL);
    client_set_work(&clients[0], NULL);
    ck_assert_ptr_null(clients[0].extra);
}
END_TEST

START_TEST(a_reset_of_statistics_leaves_who_is_held)
{
    hold_all();
    stats_reset();
    expect_held(CLIENTS, &clients[0]);
}
END_TEST

Suite *suite_held(void);
Suite *suite_held(void)
{
    Suite *suite = suite_create("held");
    TCase *tcase = tcase_create("held");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_held_client_gets_its_requests_back);
    tcase_add_test(tcase, who_came_first_is_first);
    tcase_add_test(tcase, any_of_them_can_go);
    tcase_add_test(tcase, held_again_is_last);
    tcase_add_test(tcase, held_again_with_work_is_last);
    tcase_add_test(tcase, a_reset_of_statistics_leaves_who_is_held);
    suite_add_tcase(suite, tcase);
    return suite;
}
