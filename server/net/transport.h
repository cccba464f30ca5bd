/*
 * Transports: how a connection's bytes come and go.
 *
 * There is one for stream sockets (net/stream_transport.h); a ring in shared memory, negotiated over the socket, would
 * be another set of these functions. Only the connection's worker calls them. They never block.
 */
#ifndef KVS_NET_TRANSPORT_H
#define KVS_NET_TRANSPORT_H

#include <sys/types.h>
#include <sys/uio.h>

struct conn;

struct transport {
    /*
     * The number of bytes read, 0 at the end of the stream, -EAGAIN if there are none now, or another negative errno.
     */
    ssize_t (*read)(struct conn *conn, struct iovec *vectors, int count);
    /* The number of bytes taken, -EAGAIN if there is no room, or another negative errno. */
    ssize_t (*write)(struct conn *conn, struct iovec *vectors, int count);
    /* The descriptor that epoll watches for this connection. */
    int (*pollable)(const struct conn *conn);
    void (*close)(struct conn *conn);
};

#endif
