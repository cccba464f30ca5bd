/*
 * Descriptors arrive as sd_listen_fds(3) describes: LISTEN_FDS of them from 3 on, meant for the process LISTEN_PID,
 * with their names in LISTEN_FDNAMES, separated by colons. Only their number is taken on trust: each descriptor is
 * examined, and made non-blocking and close-on-exec, whatever the unit file says.
 */
#include "listen/activation.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    FIRST_FD = 3, /* SD_LISTEN_FDS_START */
    COUNT_MAX = 1024,
};

/* The variable as a number; -1 when there is none or it isn't one. */
static long number_of(const char *variable)
{
    const char *text = getenv(variable);
    char *end;
    if (!text || *text < '0' || *text > '9')
        return -1;
    errno = 0;
    long number = strtol(text, &end, 10);
    return *end == '\0' && errno == 0 ? number : -1;
}

static int fail(char *error, size_t error_size, const char *format, ...) __attribute__((format(printf, 3, 4)));

static int fail(char *error, size_t error_size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error, error_size, format, args);
    va_end(args);
    return -EINVAL;
}

/* What is wrong with the descriptor, or NULL. A socket's address goes to *address_out. */
static const char *fault_of(int fd, struct sockaddr_un *address_out)
{
    int type = 0, listening = 0;
    socklen_t len = sizeof type, address_len = sizeof *address_out;
    memset(address_out, 0, sizeof *address_out);
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len))
        return errno == EBADF ? "is not open" : "is not a socket";
    if (getsockname(fd, (struct sockaddr *)address_out, &address_len) || address_out->sun_family != AF_UNIX)
        return "is not a Unix socket; kvs is reached only through socket files, so give a path to ListenStream=";
    if (type != SOCK_STREAM)
        return "is not a stream socket; use ListenStream=";
    len = sizeof listening;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) || !listening)
        return "does not listen; kvs wants listening sockets, so use Accept=no";
    if (address_len <= offsetof(struct sockaddr_un, sun_path) || address_out->sun_path[0] == '\0')
        return "has an abstract name, which has no permissions; give a path to ListenStream=";
    return NULL;
}

static int prepare(int fd)
{
    int status = fcntl(fd, F_GETFL);
    if (status < 0 || fcntl(fd, F_SETFL, status | O_NONBLOCK) || fcntl(fd, F_SETFD, FD_CLOEXEC))
        return -errno;
    return 0;
}

static int take_one(int fd, const char *name, struct activated *out, char *error, size_t error_size)
{
    struct sockaddr_un address;
    const char *fault = fault_of(fd, &address);
    if (fault)
        return fail(error, error_size, "descriptor %d%s%s%s of the service manager %s", fd, *name ? " ('" : "", name,
                    *name ? "')" : "", fault);
    if (prepare(fd))
        return fail(error, error_size, "descriptor %d of the service manager can't be used: %s", fd, strerror(errno));
    char path[sizeof address.sun_path + 1]; /* the kernel may give one without a NUL */
    memcpy(path, address.sun_path, sizeof address.sun_path);
    path[sizeof address.sun_path] = '\0';
    *out = (struct activated){.fd = fd, .name = name, .path = mem_strdup(path)};
    return 0;
}

/* How many descriptors are meant for this process. */
static int count_given(char *error, size_t error_size)
{
    const char *given = getenv("LISTEN_FDS");
    if (!given || number_of("LISTEN_PID") != (long)getpid())
        return 0;
    long count = number_of("LISTEN_FDS");
    if (count < 0 || count > COUNT_MAX)
        return fail(error, error_size, "LISTEN_FDS is '%s'; the service manager must set it to a number up to %d",
                    given, COUNT_MAX);
    return (int)count;
}

int activation_take(struct activated **activated_out, char *error, size_t error_size)
{
    int count = count_given(error, error_size), result = count;
    const char *given = getenv("LISTEN_FDNAMES");
    char *names = mem_strdup(given ? given : ""), *rest = names; /* lives on: names point into it */
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    if (count <= 0) {
        mem_free(names);
        return count;
    }
    struct activated *taken = mem_calloc((size_t)count * sizeof *taken);
    for (int i = 0; i < count && result >= 0; i++) {
        const char *name = rest ? strsep(&rest, ":") : "";
        int failed = take_one(FIRST_FD + i, name, &taken[i], error, error_size);
        if (failed)
            result = failed;
    }
    if (result < 0) {
        for (int i = 0; i < count; i++)
            mem_free((char *)taken[i].path);
        mem_free(taken);
        mem_free(names);
        return result;
    }
    *activated_out = taken;
    return count;
}
