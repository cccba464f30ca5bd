/*
 * What the load generators share: a blocking connection, a clock, and an end at the first thing that is wrong.
 */
#ifndef KVS_BENCH_BLOCKING_H
#define KVS_BENCH_BLOCKING_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, why);
    exit(1);
}

/* Monotonic. */
static inline int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int open_connection(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (strlen(path) >= sizeof address.sun_path)
        die(path, "path too long for a socket");
    strcpy(address.sun_path, path);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        die(path, strerror(errno));
    return fd;
}

static inline void write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n < 0)
            die("write", strerror(errno));
        data += n;
        len -= (size_t)n;
    }
}

static inline void say(int fd, const char *text)
{
    write_all(fd, text, strlen(text));
}

/* Reads as many bytes as text has into buffer, which has room for them, and compares. */
static inline void expect(int fd, const char *text, char *buffer)
{
    size_t len = strlen(text), got = 0;
    while (got < len) {
        ssize_t n = read(fd, buffer + got, len - got);
        if (n <= 0)
            die("read", n == 0 ? "the server closed the connection" : strerror(errno));
        got += (size_t)n;
    }
    if (memcmp(buffer, text, len) != 0)
        die("unexpected reply", text);
}

/* What the server at the other end, all its threads, has used of processors. */
static inline int64_t server_cpu_ns(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    clockid_t clock;
    struct timespec used;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || clock_getcpuclockid(peer.pid, &clock) != 0 ||
        clock_gettime(clock, &used) != 0)
        die("server", "its CPU time isn't known");
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

#endif
