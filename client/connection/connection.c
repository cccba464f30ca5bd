/*
 * The socket is connected here and then given to hiredis (redisConnectFd): hiredis connects in non-blocking
 * mode, where a server with a full backlog answers EAGAIN, and it cuts a path that is too long instead of
 * refusing it.
 */
#include "connection/connection.h"

#include "core/interrupt.h"
#include "core/memory.h"
#include "connection/reader.h"

#include <errno.h>
#include <hiredis/hiredis.h>
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
    char error[160];
};

static int connection_open_socket(const char *path, int *fd_out)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int result;
    do {
        result = connect(fd, (struct sockaddr *)&address, sizeof(address));
    } while (result < 0 && errno == EINTR && !interrupt_is_pending());
    if (result < 0) {
        int error = -errno;
        close(fd);
        return error;
    }
    *fd_out = fd;
    return 0;
}

int connection_open(const char *path, struct connection **connection_out)
{
    int fd = -1;
    int result = connection_open_socket(path, &fd);
    if (result < 0)
        return result;
    redisContext *context = redisConnectFd(fd);
    if (context == NULL)
        memory_fail();
    struct connection *connection = memory_alloc_zeroed(sizeof(*connection));
    connection->context = context;
    connection->reader = reader_create();
    *connection_out = connection;
    return 0;
}

void connection_close(struct connection *connection)
{
    if (connection == NULL)
        return;
    reader_destroy(connection->reader);
    redisFree(connection->context);
    free(connection);
}

enum connection_status connection_send(struct connection *connection, const struct arguments *arguments)
{
    redisContext *context = connection->context;
    const char **values = (const char **)arguments->values;
    if (redisAppendCommandArgv(context, (int)arguments->count, values, arguments->lengths) != REDIS_OK)
        memory_fail();
    int done = 0;
    while (!done && redisBufferWrite(context, &done) == REDIS_OK) {
        if (!done && interrupt_take())
            return CONNECTION_INTERRUPTED;
    }
    return CONNECTION_OK;
}

static enum connection_status connection_fail(struct connection *connection, const char *message)
{
    snprintf(connection->error, sizeof(connection->error), "%s", message);
    return CONNECTION_BROKEN;
}

/* Waits for bytes and hands them to the reader. */
static enum connection_status connection_read(struct connection *connection)
{
    struct pollfd waits[2] = {
        {.fd = connection->context->fd, .events = POLLIN},
        {.fd = interrupt_fd(), .events = POLLIN},
    };
    if (poll(waits, 2, -1) < 0 && errno != EINTR)
        return connection_fail(connection, strerror(errno));
    if (interrupt_take())
        return CONNECTION_INTERRUPTED;
    if (waits[0].revents == 0)
        return CONNECTION_OK;
    size_t room;
    char *space = reader_space(connection->reader, &room);
    ssize_t size = read(connection->context->fd, space, room);
    if (size > 0) {
        reader_commit(connection->reader, (size_t)size);
        return CONNECTION_OK;
    }
    if (size == 0 || errno == ECONNRESET)
        return CONNECTION_CLOSED;
    if (errno == EINTR || errno == EAGAIN)
        return CONNECTION_OK;
    return connection_fail(connection, strerror(errno));
}

enum connection_status connection_receive(struct connection *connection, struct reply **reply_out)
{
    for (;;) {
        switch (reader_next(connection->reader, reply_out)) {
        case READ_DONE:
            return CONNECTION_OK;
        case READ_BAD:
            return connection_fail(connection, reader_error(connection->reader));
        case READ_MORE:
            break;
        }
        enum connection_status status = connection_read(connection);
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
    socklen_t size = sizeof(*peer_out);
    return getsockopt(connection->context->fd, SOL_SOCKET, SO_PEERCRED, peer_out, &size) == 0;
}

const char *connection_error(const struct connection *connection)
{
    return connection->error;
}
