/* Monitors of a worker: their lines are written in turns, each monitor sees its own, and long ones are there once. */
#include "base/blob.h"
#include "base/connection_memory.h"
#include "base/gate.h"
#include "base/memory.h"
#include "clients/monitor.h"
#include "command/command_table.h"
#include "net/origin.h"
#include "net/service.h"
#include "net/transport.h"
#include "net/worker.h"
#include "server.h"

#include <check.h>
#include <errno.h>
#include <semaphore.h>
#include <string.h>

#define MONITORS 500
#define LINES 1000 /* to all monitors: many times what can be written in a turn */

static struct gate *gate;
static struct server watched_server;
static struct client writer, *watching;
static sem_t done;

/* ---- a worker, and what it is given to do ---- */

static int no_wish(void *context)
{
    (void)context;
    return -1;
}

static void end_monitors(void *context)
{
    (void)context;
    monitors_part();
}

static void no_tick(void *context, struct worker *worker, int64_t now_ms)
{
    (void)context;
    (void)worker;
    (void)now_ms;
}

static ssize_t take_nothing(struct conn *conn, struct iovec *vectors, int count)
{
    (void)conn;
    (void)vectors;
    (void)count;
    return -EAGAIN;
}

static int no_descriptor(const struct conn *conn)
{
    (void)conn;
    return -1;
}

static const struct transport never_read = {.write = take_nothing, .pollable = no_descriptor};

static void set_up(void)
{
    static const struct net_service service = {.served = no_wish, .ended = end_monitors, .tick = no_tick};
    command_table_init(); /* for what a line may show */
    gate = gate_create();
    ck_assert_int_eq(workers_start(1, gate, &service), 0);
    sem_init(&done, 0, 0);
    writer = (struct client){.server = &watched_server, .conn.worker = worker_at(0)};
    writer.conn.origin = origin_create(ORIGIN_OWN, "/tmp/x", ACCESS_ADMIN, "");
    watching = mem_calloc(MONITORS * sizeof *watching);
    for (unsigned i = 0; i < MONITORS; i++)
        watching[i] = (struct client){
            .server = &watched_server, .resp = 2, .conn = {.worker = worker_at(0), .transport = &never_read}};
}

static void end_worker(void)
{
    workers_stop(0);
    workers_join();
    gate_destroy(gate);
    gate = NULL;
}

static void tear_down(void)
{
    if (gate)
        end_worker();
    origin_release(writer.conn.origin);
    mem_free(watching);
    sem_destroy(&done);
}

static void post(void (*run)(struct worker *worker, struct message *message))
{
    struct message *message = mem_alloc(sizeof *message);
    *message = (struct message){.run = run};
    worker_post(worker_at(0), message);
}

/* Runs it on the worker, and returns when the worker has done all that came of it. */
static void do_on_worker(void (*run)(struct worker *worker, struct message *message))
{
    post(run);
    while (sem_wait(&done) != 0) {
    }
}

static bool feed(const char *value, size_t len)
{
    struct arg argv[] = {{.data = "ECHO", .len = 4}, {.data = value, .len = len}};
    return monitor_feed(&writer, false, 2, argv);
}

static size_t line_len(const struct client *client, size_t lines)
{
    ck_assert_uint_eq(client->conn.output.bytes % lines, 0);
    return client->conn.output.bytes / lines;
}

static void join(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        monitor_join(&watching[i]);
}

static void leave(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        monitor_leave(&watching[i]);
        output_clear(&watching[i].conn.output);
    }
}

/* ---- turns ---- */

static size_t unread(void)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < MONITORS; i++)
        bytes += watching[i].conn.output.bytes;
    return bytes;
}

static size_t seen_meanwhile, seen_at_the_end; /* bytes */

static void await_all_lines(struct worker *worker, struct message *message)
{
    static size_t before;
    size_t now = unread();
    bool grows = now > before;
    before = now;
    if (grows) {
        worker_post(worker, message); /* a turn later */
        return;
    }
    mem_free(message);
    seen_at_the_end = now;
    for (unsigned i = 0; i < MONITORS; i++)
        ck_assert_uint_eq(watching[i].conn.output.bytes, now / MONITORS);
    leave(MONITORS);
    sem_post(&done);
}

static void serve_another(struct worker *worker, struct message *message)
{
    (void)worker;
    mem_free(message);
    seen_meanwhile = unread();
    post(await_all_lines);
}

static void watch_many(struct worker *worker, struct message *message)
{
    (void)worker;
    mem_free(message);
    join(0, MONITORS);
    for (unsigned i = 0; i < LINES; i++)
        feed("0123456789", 10);
    post(serve_another); /* behind what writes the lines */
}

START_TEST(a_worker_serves_others_before_all_lines_are_written)
{
    do_on_worker(watch_many);
    ck_assert_uint_gt(seen_meanwhile, 0);
    ck_assert_uint_lt(seen_meanwhile, seen_at_the_end / 2);
}
END_TEST

/* ---- keeping up ---- */

static unsigned fed_before; /* lines until there were too many */
static bool keeps_up_again;

static void feed_afterwards(struct worker *worker, struct message *message)
{
    (void)worker;
    mem_free(message);
    keeps_up_again = feed("x", 1);
    leave(1);
    sem_post(&done);
}

static void feed_too_much(struct worker *worker, struct message *message)
{
    (void)worker;
    mem_free(message);
    char value[8000];
    memset(value, 'v', sizeof value);
    join(0, 1);
    while (feed(value, sizeof value) && fed_before < LINES)
        fed_before++;
    post(feed_afterwards);
}

START_TEST(who_runs_commands_is_told_when_the_lines_are_not_written_as_fast)
{
    do_on_worker(feed_too_much);
    ck_assert_uint_gt(fed_before, 1);
    ck_assert_uint_lt(fed_before, 100);
    ck_assert(keeps_up_again);
}
END_TEST

/* ---- what is seen ---- */

static void await_three_lines(struct worker *worker, struct message *message)
{
    (void)worker;
    mem_free(message);
    ck_assert_uint_eq(line_len(&watching[0], 3), line_len(&watching[1], 2));
    ck_assert_uint_eq(line_len(&watching[0], 3), line_len(&watching[2], 1));
    leave(3);
    sem_post(&done);
}

static void join_in_between(struct worker *worker, struct message *message)
{
    (void)worker;
    mem_free(message);
    for (unsigned i = 0; i < 3; i++) {
        join(i, i + 1);
        feed("x", 1);
    }
    post(await_three_lines);
}

START_TEST(a_monitor_sees_what_runs_after_it_joined)
{
    do_on_worker(join_in_between);
}
END_TEST

static void await_one_line(struct worker *worker, struct message *message)
{
    (void)worker;
    mem_free(message);
    ck_assert_uint_gt(watching[2].conn.output.bytes, 8 * BLOB_MIN);
    ck_assert_uint_lt(connection_memory(), 2 * watching[2].conn.output.bytes);
    ck_assert_uint_gt(watching[2].conn.output.memory, 8 * BLOB_MIN); /* each monitor's limit counts all of it */
    leave(3);
    sem_post(&done);
}

static void feed_long_line(struct worker *worker, struct message *message)
{
    (void)worker;
    mem_free(message);
    char *value = mem_calloc(8 * BLOB_MIN);
    join(0, 3);
    feed(value, 8 * BLOB_MIN);
    mem_free(value);
    post(await_one_line);
}

START_TEST(monitors_share_a_long_line)
{
    size_t before = connection_memory();
    do_on_worker(feed_long_line);
    ck_assert_uint_eq(connection_memory(), before);
}
END_TEST

/* ---- leaving ---- */

static void feed_and_leave(struct worker *worker, struct message *message)
{
    (void)worker;
    mem_free(message);
    join(0, 1);
    for (unsigned i = 0; i < LINES; i++)
        feed("x", 1);
    leave(1);
    sem_post(&done);
}

START_TEST(lines_that_nobody_is_there_to_see_are_freed)
{
    size_t before = connection_memory();
    do_on_worker(feed_and_leave);
    ck_assert(!attention_is_called_for());
    end_worker();
    ck_assert_uint_eq(connection_memory(), before);
}
END_TEST

Suite *suite_monitor(void);
Suite *suite_monitor(void)
{
    Suite *suite = suite_create("monitor");
    TCase *tcase = tcase_create("monitor");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_worker_serves_others_before_all_lines_are_written);
    tcase_add_test(tcase, who_runs_commands_is_told_when_the_lines_are_not_written_as_fast);
    tcase_add_test(tcase, a_monitor_sees_what_runs_after_it_joined);
    tcase_add_test(tcase, monitors_share_a_long_line);
    tcase_add_test(tcase, lines_that_nobody_is_there_to_see_are_freed);
    suite_add_tcase(suite, tcase);
    return suite;
}
