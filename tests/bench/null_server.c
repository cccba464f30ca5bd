/* null_server: what a server on a Unix socket costs when it does no work.
 *
 * One thread and one epoll loop read whatever arrives, find where each command ends, and answer +OK to each.
 * No key is stored, no argument is looked at: its rate and its CPU per request are the limit of the socket
 * itself, against which the benchmark sets real servers.
 *
 * A command is a RESP array of bulk strings, or a line (inline). The scanner keeps its place in struct
 * client, so a command may be cut anywhere. Since every reply is the same, what a client is still owed is
 * one number: bytes of the endless text "+OK\r\n+OK\r\n...", and `phase` says where in a +OK\r\n the next
 * byte stands.
 *
 * Usage: null_server -s PATH
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define REPLY "+OK\r\n"
#define REPLY_LEN (sizeof REPLY - 1)
#define INPUT_SIZE 65536
#define REPLIES_SIZE (REPLY_LEN * 8192)

enum scan {
    SCAN_START,  /* the first byte of a command */
    SCAN_INLINE, /* in a line that is a command */
    SCAN_COUNT,  /* in "*<count>\r\n" */
    SCAN_LENGTH, /* in "$<length>\r\n" */
    SCAN_BODY,   /* in a bulk string and its \r\n */
};

struct client {
    int fd;
    enum scan scan;
    uint64_t number;    /* digits of the count or length being read */
    uint64_t arguments; /* bulk strings still to come */
    uint64_t skip;      /* bytes of the present body still to come, \r\n included */
    uint64_t owed;      /* bytes of replies not yet written */
    unsigned phase;     /* where in REPLY the next owed byte stands */
    bool wants_output;  /* registered for EPOLLOUT */
};

static char input[INPUT_SIZE];
static char replies[REPLIES_SIZE];

static void die(const char *what)
{
    fprintf(stderr, "null_server: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* The end of a "*<count>" or "$<length>" line. Returns true when it ends a command (an empty array). */
static bool line_ended(struct client *c)
{
    if (c->scan == SCAN_COUNT) {
        c->arguments = c->number;
        c->scan = c->arguments ? SCAN_LENGTH : SCAN_START;
        c->number = 0;
        return c->arguments == 0;
    }
    c->skip = c->number + 2;
    c->scan = SCAN_BODY;
    return false;
}

/* Scans `len` bytes and returns how many commands ended in them. */
static uint64_t count_commands(struct client *c, const char *p, size_t len)
{
    const char *end = p + len;
    uint64_t commands = 0;

    while (p < end) {
        switch (c->scan) {
        case SCAN_START:
            c->number = 0;
            c->scan = *p == '*' ? SCAN_COUNT : SCAN_INLINE;
            if (c->scan == SCAN_COUNT)
                p++;
            break;
        case SCAN_INLINE:
            if (*p++ == '\n') {
                commands++;
                c->scan = SCAN_START;
            }
            break;
        case SCAN_COUNT:
        case SCAN_LENGTH:
            if (*p >= '0' && *p <= '9')
                c->number = c->number * 10 + (uint64_t)(*p - '0');
            else if (*p == '\n')
                commands += line_ended(c);
            p++;
            break;
        case SCAN_BODY: {
            uint64_t step = (uint64_t)(end - p) < c->skip ? (uint64_t)(end - p) : c->skip;
            p += step;
            c->skip -= step;
            if (c->skip)
                break;
            c->number = 0;
            c->scan = --c->arguments ? SCAN_LENGTH : SCAN_START;
            commands += c->arguments == 0;
            break;
        }
        }
    }
    return commands;
}

static void close_client(struct client *c)
{
    close(c->fd);
    free(c);
}

static void watch_output(int epoll, struct client *c, bool wants)
{
    struct epoll_event event = {.events = EPOLLIN | (wants ? EPOLLOUT : 0), .data.ptr = c};

    if (c->wants_output == wants)
        return;
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &event) != 0)
        die("epoll_ctl");
    c->wants_output = wants;
}

/* Writes what the client is owed, as far as its socket takes it. False: the connection is gone. */
static bool pay(int epoll, struct client *c)
{
    while (c->owed) {
        uint64_t size = REPLIES_SIZE - c->phase;
        ssize_t n = send(c->fd, replies + c->phase, size < c->owed ? size : c->owed, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0)
            return false;
        c->owed -= (uint64_t)n;
        c->phase = (unsigned)((c->phase + (uint64_t)n) % REPLY_LEN);
    }
    watch_output(epoll, c, c->owed > 0);
    return true;
}

static void serve(int epoll, struct client *c, uint32_t events)
{
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        ssize_t n = recv(c->fd, input, sizeof input, MSG_DONTWAIT);

        if (n == 0 || (n < 0 && errno != EAGAIN)) {
            close_client(c);
            return;
        }
        if (n > 0)
            c->owed += count_commands(c, input, (size_t)n) * REPLY_LEN;
    }
    if (!pay(epoll, c))
        close_client(c);
}

static void accept_clients(int epoll, int listener)
{
    for (;;) {
        int fd = accept(listener, NULL, NULL); /* NOLINT(clang-analyzer-unix.Malloc): epoll keeps the client */
        if (fd < 0)
            return;

        struct client *c = calloc(1, sizeof *c);
        if (!c)
            die("calloc");
        c->fd = fd;

        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
            die("epoll_ctl");
    }
}

static int listen_on(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        die(path);
    }
    strcpy(address.sun_path, path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 4096) != 0)
        die(path);
    return fd;
}

int main(int argc, char **argv)
{
    if (argc != 3 || strcmp(argv[1], "-s") != 0) {
        fprintf(stderr, "usage: null_server -s PATH\n");
        return 2;
    }
    for (size_t i = 0; i < REPLIES_SIZE; i += REPLY_LEN)
        memcpy(replies + i, REPLY, REPLY_LEN);

    int listener = listen_on(argv[2]);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[128] = {{.events = EPOLLIN, .data.ptr = NULL}};
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &events[0]) != 0)
        die("epoll");

    for (;;) {
        int n = epoll_wait(epoll, events, 128, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr)
                serve(epoll, events[i].data.ptr, events[i].events);
            else
                accept_clients(epoll, listener);
        }
    }
}
