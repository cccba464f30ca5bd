/*
 * The socket is connected here and then given to hiredis (redisConnectFd): hiredis connects in non-blocking
 * mode, where a server with a full backlog answers EAGAIN, and it cuts a path that is too long instead of
 * refusing it.
 */
#include "connection/connection.h"

#include "connection/first_words.h"
#include "connection/reader.h"
#include "core/interrupt.h"
#include "core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <hiredis/sds.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct connection {
    redisContext *context;
    struct reader *reader;
    double timeout; /* seconds; 0: none */
    uint64_t bytes_sent, bytes_received;
    struct first_words first;
    char error[320];
};

static struct timeval to_timeval(double seconds)
{
    struct timeval result = {.tv_sec = (time_t)seconds};
    result.tv_usec = (suseconds_t)((seconds - (double)result.tv_sec) * 1e6);
    if (seconds > 0 && result.tv_sec == 0 && result.tv_usec == 0)
        result.tv_usec = 1; /* zero would mean for ever */
    return result;
}

static int connection_open_socket(const char *path, double timeout, int *fd_out)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval limit = to_timeval(timeout);
    if (strlen(path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit); /* connect(2) obeys it */
    int result;
    do {
        result = connect(fd, (struct sockaddr *)&address, sizeof address);
    } while (result < 0 && errno == EINTR && !interrupt_is_pending());
    /* from here on, a full socket is waited for in connection_flush(), where replies are received meanwhile */
    if (result < 0 || fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0) {
        int error = errno == EAGAIN ? -ETIMEDOUT : -errno;
        close(fd);
        return error;
    }
    *fd_out = fd;
    return 0;
}

int connection_open(const char *path, double timeout, struct connection **connection_out)
{
    int fd = -1;
    int result = connection_open_socket(path, timeout, &fd);
    if (result < 0)
        return result;
    redisContext *context = redisConnectFd(fd);
    if (!context)
        memory_fail();
    context->flags &= ~REDIS_BLOCK; /* hiredis takes EAGAIN for an error otherwise */
    struct connection *connection = memory_alloc_zeroed(sizeof *connection);
    connection->context = context;
    connection->reader = reader_create();
    connection->timeout = timeout;
    *connection_out = connection;
    return 0;
}

void connection_close(struct connection *connection)
{
    if (!connection)
        return;
    reader_destroy(connection->reader);
    redisFree(connection->context);
    free(connection);
}

void connection_set_timeout(struct connection *connection, double timeout)
{
    connection->timeout = timeout;
}

static enum connection_status connection_fail(struct connection *connection, const char *message)
{
    snprintf(connection->error, sizeof connection->error, "%s", message);
    return CONNECTION_BROKEN;
}

struct connection_traffic connection_traffic(const struct connection *connection)
{
    return (struct connection_traffic){.sent = connection->bytes_sent,
                                       .taken = connection->bytes_received - reader_left_over(connection->reader)};
}

int connection_fd(const struct connection *connection)
{
    return connection->context->fd;
}

enum connection_status connection_read(struct connection *connection)
{
    size_t room;
    char *space = reader_space(connection->reader, &room);
    ssize_t size = read(connection->context->fd, space, room);
    if (size > 0) {
        first_words_add(&connection->first, space, (size_t)size);
        reader_commit(connection->reader, (size_t)size);
        connection->bytes_received += (uint64_t)size;
        return CONNECTION_OK;
    }
    if (size == 0 || errno == ECONNRESET)
        return CONNECTION_CLOSED;
    if (errno == EINTR || errno == EAGAIN)
        return CONNECTION_OK;
    return connection_fail(connection, strerror(errno));
}

/* Waits until the socket is ready for `events`, which it tells, or not at all when a signal came. */
static enum connection_status connection_wait(struct connection *connection, short events, short *ready_out)
{
    struct pollfd waits[2] = {
        {.fd = connection->context->fd, .events = events},
        {.fd = interrupt_fd(), .events = POLLIN},
    };
    int limit = connection->timeout > 0 ? (int)fmin(ceil(connection->timeout * 1000), INT_MAX) : -1;
    int count = poll(waits, 2, limit);
    if (count < 0 && errno != EINTR)
        return connection_fail(connection, strerror(errno));
    if (interrupt_take())
        return CONNECTION_INTERRUPTED;
    *ready_out = count > 0 ? waits[0].revents : 0;
    return count == 0 ? CONNECTION_TIMED_OUT : CONNECTION_OK;
}

void connection_append(struct connection *connection, const struct arguments *arguments)
{
    const char **values = (const char **)arguments->values;
    if (redisAppendCommandArgv(connection->context, (int)arguments->count, values, arguments->lengths) != REDIS_OK)
        memory_fail();
}

/* Sends from hiredis's buffer what the socket takes. False: it takes no more, ever. hiredis itself would move the rest
 * to the front after each piece, which for a value of 100 MB takes longer than the sending. */
static bool connection_write(struct connection *connection, size_t *sent)
{
    sds buffer = connection->context->obuf;
    ssize_t size = send(connection->context->fd, buffer + *sent, sdslen(buffer) - *sent, MSG_NOSIGNAL);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR;
    *sent += (size_t)size;
    connection->bytes_sent += (uint64_t)size;
    return true;
}

/* A socket that can no longer be written to is none of its business: the server's last words may still be read. */
enum connection_status connection_flush(struct connection *connection)
{
    redisContext *context = connection->context;
    size_t sent = 0;
    while (connection_write(connection, &sent) && sent < sdslen(context->obuf)) {
        short ready;
        enum connection_status status = connection_wait(connection, POLLIN | POLLOUT, &ready);
        if (status == CONNECTION_OK && ready & POLLIN)
            status = connection_read(connection);
        if (status == CONNECTION_CLOSED)
            break;
        if (status != CONNECTION_OK)
            return status;
    }
    sdsfree(context->obuf);
    context->obuf = sdsempty();
    if (!context->obuf)
        memory_fail();
    return CONNECTION_OK;
}

enum connection_status connection_send(struct connection *connection, const struct arguments *arguments)
{
    connection_append(connection, arguments);
    return connection_flush(connection);
}

/* Before there was any reply: who is there may be somebody else, or may refuse us. */
static enum connection_status connection_judge_first(struct connection *connection, struct reply **reply, bool is_bad)
{
    char *error = connection->error;
    if (*reply && first_words_refuse(*reply, error, sizeof connection->error)) {
        reply_destroy(*reply);
        *reply = NULL;
        return CONNECTION_BROKEN;
    }
    if (!*reply && (is_bad || first_words_are_foreign(&connection->first))) {
        const char *fault = is_bad ? reader_error(connection->reader) : "which begins no reply";
        first_words_explain(&connection->first, fault, error, sizeof connection->error);
        return CONNECTION_BROKEN;
    }
    connection->first.are_over = *reply != NULL;
    return CONNECTION_OK;
}

enum connection_status connection_take(struct connection *connection, struct reply **reply_out)
{
    *reply_out = NULL;
    bool is_bad = reader_next(connection->reader, reply_out) == READ_BAD;
    if (!connection->first.are_over)
        return connection_judge_first(connection, reply_out, is_bad);
    return is_bad ? connection_fail(connection, reader_error(connection->reader)) : CONNECTION_OK;
}

enum connection_status connection_receive(struct connection *connection, struct reply **reply_out)
{
    for (;;) {
        short ready = 0;
        enum connection_status status = connection_take(connection, reply_out);
        if (status != CONNECTION_OK || *reply_out)
            return status;
        status = connection_wait(connection, POLLIN, &ready);
        if (status == CONNECTION_OK && ready != 0)
            status = connection_read(connection);
        if (status != CONNECTION_OK)
            return status;
    }
}

bool connection_is_lost(const struct connection *connection)
{
    char byte;
    ssize_t size = recv(connection->context->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
}

bool connection_peer(const struct connection *connection, struct ucred *peer_out)
{
    socklen_t size = sizeof *peer_out;
    return getsockopt(connection->context->fd, SOL_SOCKET, SO_PEERCRED, peer_out, &size) == 0;
}

const char *connection_error(const struct connection *connection)
{
    return connection->error;
}
