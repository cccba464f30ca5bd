#include "listen/inheritance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool option_is(int fd, int option, int wanted)
{
    int value = -1;
    socklen_t len = sizeof value;
    return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 && value == wanted;
}

static bool is_connected(int fd)
{
    struct sockaddr_un address;
    socklen_t len = sizeof address;
    return getpeername(fd, (struct sockaddr *)&address, &len) == 0;
}

/* NULL: it is a connection. */
static const char *why_not(int fd, const struct stat *found)
{
    if (!S_ISSOCK(found->st_mode))
        return "it is no socket";
    if (!option_is(fd, SO_DOMAIN, AF_UNIX))
        return "it is no Unix socket";
    if (!option_is(fd, SO_TYPE, SOCK_STREAM))
        return "it is no stream socket";
    if (option_is(fd, SO_ACCEPTCONN, 1))
        return "it is a listening socket";
    return is_connected(fd) ? NULL : "it is not connected";
}

static bool is_same(int fd, const struct stat *connection)
{
    struct stat found;
    return fstat(fd, &found) == 0 && found.st_dev == connection->st_dev && found.st_ino == connection->st_ino;
}

static int put_null(int fd)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return -errno;
    int result = dup2(null, fd) < 0 ? -errno : 0;
    close(null);
    return result;
}

/* Afterwards none of the standard files is the connection. */
static int free_standard_files(const struct stat *connection)
{
    bool out = is_same(STDOUT_FILENO, connection), err = is_same(STDERR_FILENO, connection);
    int result = is_same(STDIN_FILENO, connection) ? put_null(STDIN_FILENO) : 0;
    if (result == 0 && out)
        result = err ? put_null(STDOUT_FILENO) : dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ? -errno : 0;
    if (result == 0 && err)
        result = dup2(STDOUT_FILENO, STDERR_FILENO) < 0 ? -errno : 0;
    return result;
}

int inheritance_take(int fd, int *taken_out, char *error, size_t error_size)
{
    struct stat found;
    const char *wrong = fstat(fd, &found) ? "it isn't open" : why_not(fd, &found);
    if (wrong) {
        snprintf(error, error_size, "%s", wrong);
        return -EINVAL;
    }
    int taken = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), result = taken < 0 ? -errno : 0;
    if (result == 0 && fd > STDERR_FILENO)
        close(fd);
    if (result == 0)
        result = free_standard_files(&found);
    if (result) {
        snprintf(error, error_size, "%s", strerror(-result));
        return result;
    }
    *taken_out = taken;
    return 0;
}
