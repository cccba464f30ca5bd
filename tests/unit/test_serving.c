/* Who of those that wait for a key is served by a change of it: by kinds that take, and by some that only read. */
#include "base/gate.h"
#include "base/memory.h"
#include "clients/waiting.h"
#include "command/call.h"
#include "command/command_table.h"
#include "kit/suites.h"
#include "net/service.h"
#include "net/worker.h"
#include "record/stats.h"
#include "server.h"
#include "store/keyspace.h"
#include "store/reaper.h"
#include "types/string.h"
#include "types/type_number.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static struct server server;
static struct gate *gate;
static struct view view;
static struct shard_set all;

/* The numbers of those who were served, in order. */
static char served[128];

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

static void setup(void)
{
    static const struct net_service service = {.served = no_wish, .ended = nothing, .tick = no_tick};
    gate = gate_create();
    command_table_init();
    stats_init(1);
    ck_assert_int_eq(workers_start(1, gate, &service), 0);
    server.keyspace = keyspace_create(1);
    view = (struct view){.keyspace = server.keyspace, .now_ms = 1000};
    wait_queue_init(server.keyspace);
    shard_set_fill(&all);
    keyspace_lock(server.keyspace, &all);
}

static void teardown(void)
{
    ck_assert_uint_eq(wait_queue_keys(), 0);
    keyspace_unlock(server.keyspace, &all);
    workers_stop(0);
    workers_join();
    keyspace_destroy(server.keyspace);
    reaper_stop();
    stats_deinit();
    gate_destroy(gate);
}

static bool note_served(struct call *call)
{
    char number[24];
    snprintf(number, sizeof number, " %u", (unsigned)call->view.actor);
    strcat(served, number);
    return true;
}

static bool take_away(struct call *call)
{
    keyspace_delete(&call->view, &call->keys[0]);
    return note_served(call);
}

/* Beyond the waiter's own number, as entries of a stream are beyond an id. */
static bool is_beyond(struct call *call)
{
    struct string_view string;
    ck_assert_ptr_null(call->reply);
    ck_assert_int_eq(call->key_count, 1);
    string_view(keyspace_peek(&call->view, &call->keys[0]), &string);
    return string.len == 1 && (unsigned)(string.data[0] - '0') > call->view.actor;
}

static const struct wait_kind takes = {.type = TYPE_STRING, .serve = take_away},
                              reads = {.type = TYPE_STRING, .is_ready = is_beyond, .serve = note_served};

/* Those that were served come home to nobody. */
static void free_waiter(struct worker *worker, struct message *message)
{
    struct waiter *waiter = (struct waiter *)message;
    (void)worker;
    output_clear(&waiter->answer);
    mem_free(waiter);
}

static struct waiter *wait_for_k(unsigned number, const struct wait_kind *kind)
{
    struct waiter *waiter = mem_calloc(sizeof *waiter + sizeof waiter->links[0]);
    waiter->message.run = free_waiter;
    waiter->kind = kind;
    waiter->actor = number;
    waiter->worker = worker_at(0);
    waiter->key_count = 1;
    waiter->links[0] = (struct wait_link){.waiter = waiter, .key = key_make("k", 1)};
    wait_queue_add(waiter, 0);
    return waiter;
}

/* Who gets something when the key comes to hold this number. */
static const char *put(int64_t number)
{
    struct key key = key_make("k", 1);
    served[0] = '\0';
    keyspace_put(&view, &key, string_create_int(key.name, number, ENTRY_NO_EXPIRY), &string_event_set);
    if (wait_queue_has_ready())
        waiting_serve(&server, &all);
    return served;
}

START_TEST(one_that_takes_leaves_nothing_to_those_behind)
{
    wait_for_k(1, &takes);
    wait_for_k(2, &takes);
    ck_assert_str_eq(put(5), " 1");
    ck_assert_str_eq(put(5), " 2");
    ck_assert_str_eq(put(5), "");
}
END_TEST

START_TEST(all_for_whom_there_is_something_to_read_are_served)
{
    wait_for_k(3, &reads);
    struct waiter *late = wait_for_k(7, &reads);
    wait_for_k(4, &reads);
    ck_assert_str_eq(put(2), "");
    ck_assert_str_eq(put(5), " 3 4");
    ck_assert(waiter_waits(late));
    ck_assert_ptr_eq(late->links[0].node->first, late->links[0].node->last);
    ck_assert_str_eq(put(7), "");
    ck_assert_str_eq(put(8), " 7");
}
END_TEST

START_TEST(one_for_whom_there_is_nothing_keeps_nobody_from_taking)
{
    struct waiter *reader = wait_for_k(9, &reads);
    wait_for_k(1, &takes);
    wait_for_k(2, &reads);
    ck_assert_str_eq(put(5), " 1"); /* and it is gone then */
    ck_assert_str_eq(put(5), " 2");
    ck_assert(waiter_claim(reader, WAIT_DROPPED));
    ck_assert_str_eq(put(5), "");
    wait_queue_remove(&reader->links[0]);
    mem_free(reader);
}
END_TEST

Suite *suite_serving(void);
Suite *suite_serving(void)
{
    Suite *suite = suite_create("serving");
    TCase *tcase = tcase_create("serving");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, one_that_takes_leaves_nothing_to_those_behind);
    tcase_add_test(tcase, all_for_whom_there_is_something_to_read_are_served);
    tcase_add_test(tcase, one_for_whom_there_is_nothing_keeps_nobody_from_taking);
    suite_add_tcase(suite, tcase);
    return suite;
}
