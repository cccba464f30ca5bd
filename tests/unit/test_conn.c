/* Connections: how much is sent before others have their turn. */
#include "base/blob.h"
#include "base/gate.h"
#include "base/memory.h"
#include "net/conn_internal.h"
#include "net/mailbox.h"
#include "net/transport.h"
#include "net/worker.h"

#include <check.h>

#define MB ((size_t)1 << 20)

static size_t largest_write, all_writes; /* bytes; the worker's until it has been joined */

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

static void no_count(void *context, struct conn *conn, size_t bytes)
{
    (void)context;
    (void)conn;
    (void)bytes;
}

/* A socket whose client reads as fast as it is written to. */
static ssize_t take_all(struct conn *conn, struct iovec *vectors, int count)
{
    size_t bytes = 0;
    (void)conn;
    for (int i = 0; i < count; i++)
        bytes += vectors[i].iov_len;
    largest_write = bytes > largest_write ? bytes : largest_write;
    all_writes += bytes;
    return (ssize_t)bytes;
}

static int no_descriptor(const struct conn *conn)
{
    (void)conn;
    return -1;
}

static const struct transport eager = {.write = take_all, .pollable = no_descriptor};
static const struct net_service service = {.served = no_wish, .ended = nothing, .tick = no_tick, .sent = no_count};

static void send_much(struct worker *worker, struct message *message)
{
    mem_free(message);
    struct conn conn = {.worker = worker, .transport = &eager, .state = CONN_OPEN};
    struct blob *blob = blob_create(64 * MB);
    output_add_blob(&conn.output, blob, 0, MB / 2);
    output_add_blob(&conn.output, blob, 0, 64 * MB);
    conn_flush(&conn, &service, 0);
    ck_assert(conn.blocked); /* it goes on when epoll says so, which is in the next round */
    ck_assert_uint_eq(conn.output.bytes, 64 * MB + MB / 2 - all_writes);
    output_clear(&conn.output);
    blob_release(blob);
}

START_TEST(a_client_that_reads_fast_is_not_sent_all_at_once)
{
    struct gate *gate = gate_create();
    ck_assert_int_eq(workers_start(1, gate, &service), 0);
    struct message *message = mem_alloc(sizeof *message);
    *message = (struct message){.run = send_much};
    worker_post(worker_at(0), message);
    workers_stop(0);
    workers_join();
    gate_destroy(gate);
    ck_assert_uint_eq(largest_write, MB);
    ck_assert_uint_eq(all_writes, 2 * MB);
}
END_TEST

Suite *suite_conn(void);
Suite *suite_conn(void)
{
    Suite *suite = suite_create("conn");
    TCase *tcase = tcase_create("conn");
    tcase_add_test(tcase, a_client_that_reads_fast_is_not_sent_all_at_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
