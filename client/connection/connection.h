/*
 * One connection to a server's socket file. hiredis formats and sends the commands; the replies are read by
 * reader.h (why: reply.h). Knows bytes, commands and replies; what they mean is session.h's.
 *
 * Blocking, for one thread. Ctrl-C (interrupt.h) ends every wait.
 */
#ifndef KVS_CLIENT_CONNECTION_CONNECTION_H
#define KVS_CLIENT_CONNECTION_CONNECTION_H

#include "core/quoting.h"
#include "connection/reply.h"

#include <stdbool.h>
#include <sys/socket.h>

struct connection;

enum connection_status {
    CONNECTION_OK,
    CONNECTION_CLOSED,      /* the server closed it, or died */
    CONNECTION_BROKEN,      /* what came is no reply, or the socket failed: see connection_error() */
    CONNECTION_INTERRUPTED, /* by Ctrl-C, which has been taken; replies may still be on their way */
};

/* 0, or a negative errno: connect_error.h explains it. -ENAMETOOLONG: longer than a socket address holds. */
int connection_open(const char *path, struct connection **connection_out);
void connection_close(struct connection *connection);

/* Sends one command. That the server has gone shows when its reply is received: a server that refuses and
 * closes at once has often left its reason to be read. */
enum connection_status connection_send(struct connection *connection, const struct arguments *arguments);

/* Waits for the next reply or push message, which the caller destroys. After anything but CONNECTION_OK the
 * connection is of no more use. */
enum connection_status connection_receive(struct connection *connection, struct reply **reply_out);

/* True when the server has closed the connection while nothing was asked of it. */
bool connection_is_lost(const struct connection *connection);

/* The kernel's word on who listens at the other end: see peer.h. False when it has none. */
bool connection_peer(const struct connection *connection, struct ucred *peer_out);

/* One line about CONNECTION_BROKEN. */
const char *connection_error(const struct connection *connection);

#endif
