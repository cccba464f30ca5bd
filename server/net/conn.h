/*
 * Connections: the bytes of one client, and its identity.
 *
 * A connection belongs to one worker from accept to close; only that worker touches it, or the thread that
 * has stopped the world (base/gate.h). Its bytes come and go through a transport, so no layer above net/
 * knows whether that is a stream socket or something else. The layer above embeds struct conn as the first
 * member of its own struct and receives events through struct net_service (net/service.h).
 */
#ifndef KVS_NET_CONN_H
#define KVS_NET_CONN_H

#include "base/output.h"
#include "net/peer.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct worker;
struct origin;
struct transport;

enum conn_state {
    CONN_OPEN,
    CONN_DRAINING, /* nothing more is read; closed as soon as the output is sent */
    CONN_CLOSED,   /* freed at the end of the worker's round */
};

struct conn {
    uint64_t id; /* from 1 on, never reused */
    struct worker *worker;
    struct origin *origin; /* the socket file it came through */
    const struct transport *transport;
    int fd;           /* the transport's; used in net/ and for SO_PEERGROUPS, shown by CLIENT LIST */
    uint16_t events;  /* EPOLLIN, EPOLLOUT and EPOLLRDHUP as polled (private to net/) */
    uint8_t state;    /* conn_state */
    bool reading;     /* cleared while the layer above can take no input */
    bool in_use;      /* its output is being written to, also while worker_serve_meanwhile() runs */
    bool watches_end; /* conn_watch_end() (private to net/) */
    bool peer_done;   /* the peer has closed its sending side */
    bool queued;      /* is in its worker's flush list (private to net/) */
    bool blocked;     /* waits for EPOLLOUT (private to net/) */
    struct peer peer; /* at accept */
    struct output output;
    int64_t created_ms;          /* monotonic */
    int64_t last_active_ms;      /* monotonic; when bytes last came or went */
    int64_t soft_limit_since_ms; /* monotonic; since when the output has been over its soft limit; 0: it isn't */
    struct conn *prev, *next;    /* the worker's list */
    struct conn *flush_next;
    struct conn *closed_next;
};

/* ---- by the connection's worker ---- */

/*
 * Reads into the vectors. Returns the number of bytes, 0 at the end of the peer's stream, -EAGAIN when there
 * are none now, or another negative errno, after which the caller closes the connection.
 */
ssize_t conn_read(struct conn *conn, struct iovec *vectors, int count);

/* Has the output sent at the end of this round (and later whenever the socket takes more). */
void conn_flush_later(struct conn *conn);

/* Sends now what the socket takes; nothing if it is known to be full. It may close the connection. */
void conn_flush_now(struct conn *conn);

/*
 * Sends the bytes now, from where they lie, if nothing else waits to be sent. Returns how many the socket has taken: what
 * is left of some is for the caller to add to the output, and is sent whenever the socket takes more. 0 also if the
 * connection has failed; it is closed then.
 */
size_t conn_send_at_once(struct conn *conn, const char *data, size_t len);

/* Stops and resumes reading. */
void conn_set_reading(struct conn *conn, bool reading);

/* While nothing is read: when the peer closes its sending side, the connection is closed. Until conn_set_reading(). */
void conn_watch_end(struct conn *conn);

/* Stops reading, and closes once the output has been sent. */
void conn_close_after_output(struct conn *conn);

/* ---- by the connection's worker, or while the world is stopped ---- */

/* Closes without sending anything more; freed at the end of its worker's round. */
void conn_close(struct conn *conn);

/*
 * "pid 12, uid 1000, gid 1000, socket /tmp/kvs.sock" for the log; without names, since looking them up would make the
 * worker wait. Returns out.
 */
#define CONN_PEER_TEXT_MAX 256
const char *conn_peer_text(const struct conn *conn, char out[CONN_PEER_TEXT_MAX]);

#endif
