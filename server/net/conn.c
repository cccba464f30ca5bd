#include "net/conn.h"

#include "base/clock.h"
#include "base/connection_memory.h"
#include "base/memory.h"
#include "net/conn_internal.h"
#include "net/origin.h"
#include "net/transport.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define WRITE_VECTORS 64
/*
 * Bytes that are written at once, and in a round to one connection before the others have their turn. A socket takes
 * more than fits into it while its client reads as fast.
 */
#define WRITE_MAX ((size_t)1 << 20)
#define WRITE_ROUND_MAX (2 * WRITE_MAX)

struct conn *conn_create(struct worker *worker, const struct net_service *service, const struct transport *transport,
                         int fd, uint64_t id, struct origin *origin)
{
    struct conn *conn = mem_calloc(service->conn_size);
    connection_memory_add(mem_usable(conn));
    conn->id = id;
    conn->worker = worker;
    conn->origin = origin_retain(origin);
    conn->transport = transport;
    conn->fd = fd;
    conn->state = CONN_OPEN;
    conn->reading = true;
    conn->created_ms = conn->last_active_ms = worker_now_ms(worker);
    return conn;
}

void conn_destroy(struct conn *conn)
{
    conn->transport->close(conn);
    output_clear(&conn->output);
    atomic_fetch_sub_explicit(&origin_counts(conn->origin)->clients, 1, memory_order_relaxed);
    origin_release(conn->origin);
    connection_memory_subtract(mem_usable(conn));
    mem_free(conn);
}

uint32_t conn_wanted_events(const struct conn *conn)
{
    bool reads = conn->state == CONN_OPEN && conn->reading && !conn->peer_done;
    bool watches = conn->state == CONN_OPEN && conn->watches_end;
    return (reads ? EPOLLIN : 0u) | (watches ? EPOLLRDHUP : 0u) | (conn->blocked ? EPOLLOUT : 0u);
}

ssize_t conn_read(struct conn *conn, struct iovec *vectors, int count)
{
    ssize_t n = conn->transport->read(conn, vectors, count);
    if (n > 0) {
        conn->last_active_ms = worker_now_ms(conn->worker);
    } else if (n == 0) {
        conn->peer_done = true;
        worker_update_events(conn);
    }
    return n;
}

void conn_flush_later(struct conn *conn)
{
    if (!conn->queued && conn->state != CONN_CLOSED)
        worker_queue_flush(conn);
}

void conn_set_reading(struct conn *conn, bool reading)
{
    if (conn->reading == reading && !conn->watches_end)
        return;
    conn->reading = reading;
    conn->watches_end = false;
    worker_update_events(conn);
}

void conn_watch_end(struct conn *conn)
{
    conn->watches_end = true;
    worker_update_events(conn);
}

static void conn_tell_ending(struct conn *conn)
{
    const struct net_service *service = worker_service(conn->worker);
    service->ending(service->context, conn);
}

void conn_close_after_output(struct conn *conn)
{
    if (conn->state != CONN_OPEN)
        return;
    conn_tell_ending(conn);
    conn->state = CONN_DRAINING;
    worker_update_events(conn);
    conn_flush_later(conn);
}

void conn_close(struct conn *conn)
{
    if (conn->state == CONN_CLOSED)
        return;
    conn_tell_ending(conn);
    conn->state = CONN_CLOSED;
    worker_queue_closed(conn);
}

/* Leaves out what is more than WRITE_MAX bytes; returns how many are left. */
static __attribute__((noinline)) size_t vectors_limit(struct iovec *vectors, int *count)
{
    size_t bytes = 0;
    int used = 0;
    while (used < *count && bytes < WRITE_MAX) {
        struct iovec *vector = &vectors[used++];
        if (vector->iov_len > WRITE_MAX - bytes)
            vector->iov_len = WRITE_MAX - bytes;
        bytes += vector->iov_len;
    }
    *count = used;
    return bytes;
}

/* Writes once; adds the bytes to *total. False when the socket is full, all is sent or the connection has failed. */
static bool conn_write_some(struct conn *conn, const struct net_service *service, size_t *total)
{
    struct iovec vectors[WRITE_VECTORS];
    int count = output_vectors(&conn->output, vectors, WRITE_VECTORS);
    size_t offered = 0;
    for (int i = 0; i < count; i++)
        offered += vectors[i].iov_len;
    if (__builtin_expect(offered > WRITE_MAX, 0))
        offered = vectors_limit(vectors, &count);
    ssize_t n = conn->transport->write(conn, vectors, count);
    if (n < 0) {
        if (n == -EAGAIN)
            conn->blocked = true;
        else
            conn_close(conn);
        return false;
    }
    output_consume(&conn->output, (size_t)n);
    *total += (size_t)n;
    service->sent(service->context, conn, (size_t)n);
    if ((size_t)n < offered)
        conn->blocked = true; /* the socket is full: EPOLLOUT will say when there is room */
    return !conn->blocked && conn->output.bytes > 0;
}

/* Inline, so that what hardly ever happens (conn_flush_now) costs what happens in each round no call. */
static inline __attribute__((always_inline)) void conn_send(struct conn *conn, const struct net_service *service,
                                                            int64_t now_ms)
{
    size_t total = 0;
    if (conn->state == CONN_CLOSED)
        return;
    conn->blocked = false;
    if (conn->output.bytes > 0)
        while (conn_write_some(conn, service, &total) && total < WRITE_ROUND_MAX) {
        }
    if (conn->state == CONN_CLOSED)
        return;
    if (total > 0)
        conn->last_active_ms = now_ms;
    if (conn->output.bytes == 0)
        output_clear(&conn->output); /* frees empty chunks */
    else if (conn->blocked)
        output_compact(&conn->output);
    else
        conn->blocked = true; /* it has had its share: EPOLLOUT brings it back in the next round */
    if (conn->output.bytes == 0 && conn->state == CONN_DRAINING) {
        conn_close(conn);
        return;
    }
    worker_update_events(conn); /* service->sent() may have set them while blocked wasn't known yet */
}

void conn_flush(struct conn *conn, const struct net_service *service, int64_t now_ms)
{
    conn_send(conn, service, now_ms);
}

__attribute__((noinline)) void conn_flush_now(struct conn *conn)
{
    if (!conn->blocked)
        conn_send(conn, worker_service(conn->worker), worker_now_ms(conn->worker));
}

size_t conn_send_at_once(struct conn *conn, const char *data, size_t len)
{
    if (conn->state != CONN_OPEN || conn->output.head || conn->blocked || len > WRITE_MAX)
        return 0;
    const struct net_service *service = worker_service(conn->worker);
    struct iovec vector = {.iov_base = (void *)data, .iov_len = len};
    ssize_t n = conn->transport->write(conn, &vector, 1);
    if (n < 0 && n != -EAGAIN) {
        conn_close(conn);
        return 0;
    }
    if (n > 0) {
        conn->last_active_ms = worker_now_ms(conn->worker);
        service->sent(service->context, conn, (size_t)n);
    }
    if (n == (ssize_t)len)
        return len;
    conn->blocked = true;
    worker_update_events(conn);
    return n > 0 ? (size_t)n : 0;
}

const char *conn_peer_text(const struct conn *conn, char out[CONN_PEER_TEXT_MAX])
{
    snprintf(out, CONN_PEER_TEXT_MAX, "pid %d, uid %u, gid %u, socket %s", (int)conn->peer.pid,
             (unsigned)conn->peer.uid, (unsigned)conn->peer.gid, origin_path(conn->origin));
    return out;
}
