/* A worker's round: what is done before what. */
#include "base/gate.h"
#include "base/memory.h"
#include "net/mailbox.h"
#include "net/service.h"
#include "net/worker.h"

#include <check.h>

/* The worker's, until it has been joined. */
static uint64_t message_round, served_round; /* the round in which a message was run, and the next look at what to do */

static uint64_t rounds(void)
{
    struct worker_load load;
    workers_load(&load);
    return load.rounds;
}

static void note_message(struct worker *worker, struct message *message)
{
    (void)worker;
    mem_free(message);
    message_round = rounds();
}

static int note_served(void *context)
{
    (void)context;
    if (message_round != 0 && served_round == 0)
        served_round = rounds();
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

/* A client that is let go may be held again for its next turn, and that comes in the next round rather than later. */
START_TEST(what_a_message_gives_to_do_is_seen_in_its_round)
{
    static const struct net_service service = {.served = note_served, .ended = nothing, .tick = no_tick};
    struct gate *gate = gate_create();
    ck_assert_int_eq(workers_start(1, gate, &service), 0);
    struct message *message = mem_alloc(sizeof *message);
    *message = (struct message){.run = note_message};
    worker_post(worker_at(0), message);
    workers_stop(0);
    workers_join();
    gate_destroy(gate);
    ck_assert_uint_gt(message_round, 0);
    ck_assert_uint_eq(served_round, message_round);
}
END_TEST

Suite *suite_worker(void);
Suite *suite_worker(void)
{
    Suite *suite = suite_create("worker");
    TCase *tcase = tcase_create("worker");
    tcase_add_test(tcase, what_a_message_gives_to_do_is_seen_in_its_round);
    suite_add_tcase(suite, tcase);
    return suite;
}
