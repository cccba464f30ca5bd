/*
 * A worker's round: outside the gate it waits for events; inside it serves every connection that has input, runs the
 * messages in its mailbox, sends the replies, and frees closed connections. So replies are sent at the end of the
 * round, after the requests of all its connections have been executed.
 *
 * Closed connections are freed last in the round, so a pointer taken from epoll stays good within it.
 */
#include "net/worker.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/gate.h"
#include "base/memory.h"
#include "base/output.h"
#include "base/usage.h"
#include "host/log_flood.h"
#include "net/conn_internal.h"
#include "net/mailbox.h"
#include "net/origin.h"
#include "net/stream_transport.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX 256
#define TICK_MS 100

struct worker {
    /* const after start */
    unsigned index;
    const struct net_service *service;
    struct gate_member *gate;
    pthread_t thread;
    int epoll;
    struct mailbox mailbox;
    /* only the worker, or the thread that has stopped the world */
    struct conn *first, *last;
    struct conn *flush_first, *flush_last;
    struct conn *closed;
    struct message *deferred, **deferred_end; /* messages that wait for the next round */
    int64_t now_ms;                           /* monotonic, at the start of the round */
    int64_t next_tick_ms;                     /* monotonic */
    int next_round_ms;                        /* what service->served() has returned */
    bool stopping;
    int64_t stop_at_ms; /* monotonic: when connections are closed even if output is left */
    unsigned cut_off;   /* how many were; read by main after the end */
    /* atomic: written by main at adoption and by the worker at close */
    atomic_uint conn_count;
    /* atomic: written by the worker */
    relaxed_counter rounds;
    char pad[64];
};

static struct worker *workers;
static unsigned worker_total;
static int ended_fd = -1; /* eventfd: counts the workers that have ended */
static __thread struct worker *self;

/* ---- what connections ask of their worker ---- */

int64_t worker_now_ms(const struct worker *worker)
{
    return worker->now_ms;
}

const struct net_service *worker_service(const struct worker *worker)
{
    return worker->service;
}

void worker_update_events(struct conn *conn)
{
    uint32_t wanted = conn_wanted_events(conn);
    if (wanted == conn->events || conn->state == CONN_CLOSED)
        return;
    struct epoll_event event = {.events = wanted, .data.ptr = conn};
    if (epoll_ctl(conn->worker->epoll, EPOLL_CTL_MOD, conn->transport->pollable(conn), &event) == 0)
        conn->events = (uint16_t)wanted;
}

void worker_queue_flush(struct conn *conn)
{
    struct worker *worker = conn->worker;
    conn->queued = true;
    conn->flush_next = NULL;
    if (worker->flush_last)
        worker->flush_last->flush_next = conn;
    else
        worker->flush_first = conn;
    worker->flush_last = conn;
    if (worker != self)
        mailbox_wake(&worker->mailbox);
}

void worker_queue_closed(struct conn *conn)
{
    struct worker *worker = conn->worker;
    conn->closed_next = worker->closed;
    worker->closed = conn;
    if (worker != self)
        mailbox_wake(&worker->mailbox);
}

/* ---- connections come and go ---- */

static void worker_link(struct worker *worker, struct conn *conn)
{
    conn->prev = worker->last;
    conn->next = NULL;
    if (worker->last)
        worker->last->next = conn;
    else
        worker->first = conn;
    worker->last = conn;
}

static void worker_unlink(struct worker *worker, struct conn *conn)
{
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        worker->first = conn->next;
    if (conn->next)
        conn->next->prev = conn->prev;
    else
        worker->last = conn->prev;
}

struct adoption {
    struct message message;
    int fd;
    uint64_t id; /* numbers follow the order of accept */
    struct peer peer;
    struct origin *origin;
};

static void worker_adopt(struct worker *worker, struct message *message)
{
    struct adoption *adoption = (struct adoption *)message;
    if (worker->stopping) {
        close(adoption->fd);
        atomic_fetch_sub_explicit(&origin_counts(adoption->origin)->clients, 1, memory_order_relaxed);
        atomic_fetch_sub_explicit(&worker->conn_count, 1, memory_order_relaxed);
    } else {
        struct conn *conn =
            conn_create(worker, worker->service, &transport_stream, adoption->fd, adoption->id, adoption->origin);
        conn->peer = adoption->peer;
        conn->events = EPOLLIN;
        worker_link(worker, conn);
        worker->service->opened(worker->service->context, conn);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = conn};
        if (epoll_ctl(worker->epoll, EPOLL_CTL_ADD, conn->transport->pollable(conn), &event)) {
            static struct log_flood flood = LOG_FLOOD("connections that can't be watched", 1);
            log_flooding(&flood, LOG_LEVEL_WARNING, "can't watch a new connection: %s", strerror(errno));
            conn_close(conn);
        }
    }
    origin_release(adoption->origin);
    mem_free(adoption);
}

/*
 * Closing a descriptor ends its events only if no other process has a copy, as the parent may have of an inherited one:
 * so epoll is told first.
 */
static void worker_free_closed(struct worker *worker)
{
    while (worker->closed) {
        struct conn *conn = worker->closed;
        worker->closed = conn->closed_next;
        worker->service->closed(worker->service->context, conn);
        worker_unlink(worker, conn);
        epoll_ctl(worker->epoll, EPOLL_CTL_DEL, conn->transport->pollable(conn), NULL);
        conn_destroy(conn);
        atomic_fetch_sub_explicit(&worker->conn_count, 1, memory_order_relaxed);
    }
}

/* ---- the round ---- */

/* Inline in the round as well: what is served in the middle of a request is rare. */
static inline __attribute__((always_inline)) void worker_serve(struct worker *worker, struct conn *conn,
                                                               uint32_t events)
{
    if (conn->state == CONN_CLOSED)
        return;
    bool reads = conn->events & EPOLLIN;
    if (events & EPOLLOUT)
        conn_flush_later(conn);
    if (reads && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        worker->service->readable(worker->service->context, conn);
    else if (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP))
        conn_close(conn); /* closed in both directions: nothing can be read or sent; or its end was watched for */
}

static void worker_flush(struct worker *worker)
{
    while (worker->flush_first) {
        struct conn *conn = worker->flush_first;
        worker->flush_first = conn->flush_next;
        if (!worker->flush_first)
            worker->flush_last = NULL;
        conn->queued = false;
        conn_flush(conn, worker->service, worker->now_ms);
    }
}

/* What was put off comes before what is there. */
static struct message *worker_take_deferred(struct worker *worker, struct message *messages)
{
    struct message *deferred = worker->deferred;
    *worker->deferred_end = messages;
    worker->deferred = NULL;
    worker->deferred_end = &worker->deferred;
    return deferred;
}

static __attribute__((noinline)) void worker_run_messages(struct worker *worker)
{
    struct message *message = mailbox_take(&worker->mailbox);
    if (worker->deferred)
        message = worker_take_deferred(worker, message);
    while (message) {
        struct message *next = message->next;
        message->run(worker, message);
        message = next;
    }
}

static inline void worker_read_mail(struct worker *worker)
{
    if (__builtin_expect(mailbox_has_messages(&worker->mailbox) || worker->deferred, 0))
        worker_run_messages(worker);
}

static void worker_clear_wake(struct worker *worker)
{
    uint64_t count;
    while (read(worker->mailbox.event_fd, &count, sizeof count) < 0 && errno == EINTR) {
    }
}

/* While stopping: no connection is read, and each is closed once its output is sent. */
static void worker_drain(struct worker *worker)
{
    bool is_over = worker->now_ms >= worker->stop_at_ms;
    for (struct conn *conn = worker->first; conn; conn = conn->next) {
        if (conn->state == CONN_CLOSED)
            continue;
        worker->cut_off += is_over && conn->output.bytes > 0;
        if (is_over || conn->output.bytes == 0)
            conn_close(conn);
        else
            conn_close_after_output(conn);
    }
}

static int worker_timeout(const struct worker *worker)
{
    if (worker->next_round_ms == 0 || worker->deferred)
        return 0;
    if (!worker->first && !worker->stopping)
        return -1;
    int64_t wait = worker->next_tick_ms - clock_monotonic_ms();
    if (worker->next_round_ms > 0 && worker->next_round_ms < wait)
        wait = worker->next_round_ms;
    return wait < 0 ? 0 : (int)wait;
}

static void worker_round(struct worker *worker, const struct epoll_event *events, int count)
{
    worker->now_ms = clock_monotonic_ms();
    counter_add(&worker->rounds, 1);
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr)
            worker_serve(worker, events[i].data.ptr, events[i].events);
        else
            worker_clear_wake(worker);
    }
    worker_read_mail(worker);
    if (worker->now_ms >= worker->next_tick_ms) {
        worker->next_tick_ms = worker->now_ms + TICK_MS;
        worker->service->tick(worker->service->context, worker, worker->now_ms);
    }
    worker->next_round_ms = worker->service->served(worker->service->context);
    if (worker->stopping)
        worker_drain(worker);
    worker_flush(worker);
    worker_free_closed(worker);
    if (!worker->first) /* the last one may have left work to do */
        worker->next_round_ms = worker->service->served(worker->service->context);
}

/* ---- in the middle of a request ---- */

static void worker_stop(struct worker *worker, struct message *message);

static void worker_read_mail_meanwhile(struct worker *worker)
{
    for (struct message *message = mailbox_take(&worker->mailbox); message;) {
        struct message *next = message->next;
        if (message->run == worker_adopt || message->run == worker_stop) {
            message->run(worker, message);
        } else {
            message->next = NULL;
            *worker->deferred_end = message;
            worker->deferred_end = &message->next;
        }
        message = next;
    }
}

/* Those in use stay in the list. */
static void worker_flush_meanwhile(struct worker *worker)
{
    struct conn *conn = worker->flush_first;
    worker->flush_first = worker->flush_last = NULL;
    while (conn) {
        struct conn *next = conn->flush_next;
        if (conn->in_use) {
            worker_queue_flush(conn);
        } else {
            conn->queued = false;
            conn->blocked = false;
            conn_flush_now(conn);
        }
        conn = next;
    }
}

#define MEANWHILE_EVENTS 64

void worker_serve_meanwhile(struct worker *worker)
{
    struct epoll_event events[MEANWHILE_EVENTS];
    int count = epoll_wait(worker->epoll, events, MEANWHILE_EVENTS, 0);
    worker->now_ms = clock_monotonic_ms();
    for (int i = 0; i < count; i++) {
        struct conn *conn = events[i].data.ptr;
        if (!conn)
            worker_clear_wake(worker);
        else if (!conn->in_use)
            worker_serve(worker, conn, events[i].events);
    }
    worker_read_mail_meanwhile(worker);
    worker->service->meanwhile(worker->service->context);
    worker_flush_meanwhile(worker);
}

bool worker_is_stopping(const struct worker *worker)
{
    return worker->stopping;
}

static void *worker_main(void *argument)
{
    struct worker *worker = self = argument;
    struct epoll_event events[EVENTS_MAX];
    char name[16];
    snprintf(name, sizeof name, "worker-%u", worker->index % 1000);
    pthread_setname_np(pthread_self(), name);
    usage_join();
    while (!worker->stopping || worker->first) {
        int count = epoll_wait(worker->epoll, events, EVENTS_MAX, worker_timeout(worker));
        gate_enter(worker->gate);
        worker_round(worker, events, count);
        gate_leave(worker->gate);
    }
    worker->service->ended(worker->service->context);
    output_pool_drain();
    usage_part();
    uint64_t one = 1;
    ssize_t ignored = write(ended_fd, &one, sizeof one);
    (void)ignored;
    return NULL;
}

/* ---- the set of workers ---- */

static int worker_init(struct worker *worker, unsigned index, struct gate *gate, const struct net_service *service)
{
    worker->index = index;
    worker->service = service;
    worker->now_ms = clock_monotonic_ms();
    worker->next_round_ms = -1;
    worker->deferred_end = &worker->deferred;
    worker->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (worker->epoll < 0)
        return -errno;
    int error = mailbox_init(&worker->mailbox);
    if (error) {
        close(worker->epoll);
        return error;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(worker->epoll, EPOLL_CTL_ADD, worker->mailbox.event_fd, &event)) {
        error = -errno;
        mailbox_deinit(&worker->mailbox);
        close(worker->epoll);
        return error;
    }
    worker->gate = gate_join(gate);
    return 0;
}

int workers_start(unsigned count, struct gate *gate, const struct net_service *service)
{
    ended_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (ended_fd < 0)
        return -errno;
    workers = mem_calloc(count * sizeof *workers);
    for (unsigned i = 0; i < count; i++) {
        int error = worker_init(&workers[i], i, gate, service);
        if (error)
            return error;
    }
    worker_total = count;
    for (unsigned i = 0; i < count; i++) {
        int error = pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]);
        if (error)
            return -error;
    }
    return 0;
}

struct stop_message {
    struct message message;
    int64_t at_ms;
};

static void worker_stop(struct worker *worker, struct message *message)
{
    worker->stopping = true;
    worker->stop_at_ms = ((struct stop_message *)message)->at_ms;
    mem_free(message);
}

void workers_stop(int64_t grace_ms)
{
    for (unsigned i = 0; i < worker_total; i++) {
        struct stop_message *stop = mem_alloc(sizeof *stop);
        *stop = (struct stop_message){{.run = worker_stop}, clock_monotonic_ms() + grace_ms};
        worker_post(&workers[i], &stop->message);
    }
}

bool workers_have_ended(int fd)
{
    static uint64_t ended;
    struct pollfd polled[] = {{.fd = ended_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    while (ended < worker_total && !polled[1].revents) {
        uint64_t more;
        if (poll(polled, 2, -1) > 0 && read(ended_fd, &more, sizeof more) == sizeof more)
            ended += more;
    }
    return ended == worker_total;
}

unsigned workers_join(void)
{
    unsigned cut_off = 0;
    for (unsigned i = 0; i < worker_total; i++) {
        pthread_join(workers[i].thread, NULL);
        cut_off += workers[i].cut_off;
    }
    for (unsigned i = 0; i < worker_total; i++) {
        worker_read_mail(&workers[i]); /* what was posted too late frees itself */
        gate_part(workers[i].gate);
        mailbox_deinit(&workers[i].mailbox);
        close(workers[i].epoll);
    }
    mem_free(workers);
    workers = NULL;
    worker_total = 0;
    close(ended_fd);
    return cut_off;
}

unsigned workers_count(void)
{
    return worker_total;
}

struct worker *worker_at(unsigned index)
{
    return &workers[index];
}

unsigned worker_index(const struct worker *worker)
{
    return worker->index;
}

struct worker *worker_self(void)
{
    return self;
}

struct gate_member *worker_gate(const struct worker *worker)
{
    return worker->gate;
}

void worker_post(struct worker *worker, struct message *message)
{
    mailbox_post(&worker->mailbox, message);
}

void workers_adopt(int fd, const struct peer *peer, struct origin *origin)
{
    static uint64_t next_id = 1;
    struct worker *fewest = &workers[0];
    for (unsigned i = 1; i < worker_total; i++)
        if (worker_conn_count(&workers[i]) < worker_conn_count(fewest))
            fewest = &workers[i];
    struct adoption *adoption = mem_alloc(sizeof *adoption);
    *adoption = (struct adoption){{.run = worker_adopt}, fd, next_id++, *peer, origin_retain(origin)};
    struct origin_counts *counts = origin_counts(origin);
    atomic_fetch_add_explicit(&counts->clients, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&counts->accepted, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&fewest->conn_count, 1, memory_order_relaxed);
    worker_post(fewest, &adoption->message);
}

unsigned worker_conn_count(const struct worker *worker)
{
    return atomic_load_explicit(&worker->conn_count, memory_order_relaxed);
}

unsigned workers_conn_count(void)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < worker_total; i++)
        sum += worker_conn_count(&workers[i]);
    return sum;
}

void workers_load(struct worker_load *load_out)
{
    struct worker_load load = {0};
    for (unsigned i = 0; i < worker_total; i++) {
        clockid_t clock;
        struct timespec used;
        if (pthread_getcpuclockid(workers[i].thread, &clock) == 0 && clock_gettime(clock, &used) == 0)
            load.cpu_ns += (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
        load.rounds += counter_get(&workers[i].rounds);
    }
    *load_out = load;
}

struct conn *worker_first_conn(const struct worker *worker)
{
    return worker->first;
}
