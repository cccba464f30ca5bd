/*
 * One connection to a server's socket file. hiredis formats the commands; they are sent here, and the replies are read
 * by reader.h (why: there). Knows bytes, commands and replies; what they mean is the business of session.h.
 *
 * Blocking, for one thread. Ctrl-C (interrupt.h) ends every wait, and so does a timeout, where one was given.
 */
#ifndef KVS_CLIENT_CONNECTION_CONNECTION_H
#define KVS_CLIENT_CONNECTION_CONNECTION_H

#include "connection/reply.h"
#include "core/quoting.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct connection;

enum connection_status {
    CONNECTION_OK,
    CONNECTION_CLOSED,      /* the server closed it, or died */
    CONNECTION_BROKEN,      /* what came is no reply, or the socket failed: see connection_error() */
    CONNECTION_INTERRUPTED, /* by Ctrl-C, which has been taken; replies may still be on their way */
    CONNECTION_TIMED_OUT,   /* nothing came, or nothing could be sent, for the time given */
};

/*
 * 0, or a negative errno: connect_error.h explains it. -ENAMETOOLONG: longer than a socket address holds. -ETIMEDOUT:
 * the server did not accept within `timeout` seconds (0: for ever), which afterwards is the time that the other end
 * may be silent while something is waited for.
 */
int connection_open(const char *path, double timeout, struct connection **connection_out);
void connection_close(struct connection *connection);

/* Another time that the other end may be silent; 0: for ever. */
void connection_set_timeout(struct connection *connection, double timeout);

/* Sends one command. That the server has gone is noticed when its reply is received: a server that refuses and closes
 * at once has often left its reason to be read. */
enum connection_status connection_send(struct connection *connection, const struct arguments *arguments);

/*
 * The same in two steps, for many commands at once: they are gathered, then sent. While it sends, what the server
 * answers is received and kept, so that neither side waits for the other.
 */
void connection_append(struct connection *connection, const struct arguments *arguments);
enum connection_status connection_flush(struct connection *connection);

/* The next reply that has already been received, without waiting; NULL when there is none. */
enum connection_status connection_take(struct connection *connection, struct reply **reply_out);

/* Waits for the next reply or push message, which the caller destroys. After anything but CONNECTION_OK the connection
 * is of no further use. */
enum connection_status connection_receive(struct connection *connection, struct reply **reply_out);

/* True when the server has closed the connection while nothing was asked of it. */
bool connection_is_lost(const struct connection *connection);

/* For poll(2): readable when there may be something for connection_read(). */
int connection_fd(const struct connection *connection);

/* Receives what is there, without waiting, for connection_take(). */
enum connection_status connection_read(struct connection *connection);

/* Bytes since the connection was made: those that were sent, and those of the replies that were taken. Exact when the
 * last connection_flush() sent everything, and the last connection_take() or connection_receive() gave a reply. */
struct connection_traffic {
    uint64_t sent, taken;
};
struct connection_traffic connection_traffic(const struct connection *connection);

/* The kernel's word on who listens at the other end: see peer.h. False when it has none. */
bool connection_peer(const struct connection *connection, struct ucred *peer_out);

/* One line about CONNECTION_BROKEN. */
const char *connection_error(const struct connection *connection);

#endif
