/*
 * Transports: how a connection's bytes come and go.
 *
 * A stream socket today (net/stream_transport.h); a ring in shared memory, negotiated over the socket, would be another
 * set of these functions. All are called by the connection's worker. They never block.
 */
#ifndef KVS_NET_TRANSPORT_H
#define KVS_NET_TRANSPORT_H

#include <sys/types.h>
#include <sys/uio.h>

struct conn;

struct transport {
    /* Bytes read, 0 at the end of the stream, -EAGAIN for nothing now, or another negative errno. */
    ssize_t (*read)(struct conn *conn, struct iovec *vectors, int count);
    /* Bytes taken, -EAGAIN when there is no room, or another negative errno. */
    ssize_t (*write)(struct conn *conn, struct iovec *vectors, int count);
    /* What epoll watches for this connection. */
    int (*pollable)(const struct conn *conn);
    void (*close)(struct conn *conn);
};

#endif
