#include "net/stream_transport.h"

#include "net/conn.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t stream_read(struct conn *conn, struct iovec *vectors, int count)
{
    for (;;) {
        ssize_t n =
            count == 1 ? recv(conn->fd, vectors->iov_base, vectors->iov_len, 0) : readv(conn->fd, vectors, count);
        if (n >= 0)
            return n;
        if (errno != EINTR)
            return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    }
}

static ssize_t stream_write(struct conn *conn, struct iovec *vectors, int count)
{
    struct msghdr message = {.msg_iov = vectors, .msg_iovlen = (size_t)count};
    for (;;) {
        ssize_t n = count == 1 ? send(conn->fd, vectors->iov_base, vectors->iov_len, MSG_NOSIGNAL)
                               : sendmsg(conn->fd, &message, MSG_NOSIGNAL);
        if (n >= 0)
            return n;
        if (errno != EINTR)
            return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    }
}

static int stream_pollable(const struct conn *conn)
{
    return conn->fd;
}

static void stream_close(struct conn *conn)
{
    close(conn->fd);
    conn->fd = -1;
}

const struct transport transport_stream = {stream_read, stream_write, stream_pollable, stream_close};
