/*
 * A whole connection: the server's worker, sessions and commands in this process, a socket pair between it and the
 * input. What comes back has to be whole, well-formed RESP, whatever was sent and however it was cut.
 */
#include "acl/acl.h"
#include "base/clock.h"
#include "base/gate.h"
#include "clients/client_limits.h"
#include "clients/tracking.h"
#include "clients/wait_queue.h"
#include "clients/watch.h"
#include "command/command_table.h"
#include "config/config.h"
#include "engine/eviction.h"
#include "engine/guard.h"
#include "engine/session.h"
#include "host/log.h"
#include "listen/listener.h"
#include "net/peer.h"
#include "net/worker.h"
#include "pubsub/delivery.h"
#include "record/stats.h"
#include "server.h"
#include "store/keyspace.h"
#include "store/reaper.h"
#include "types/types.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct server server;
static struct listener *listener;
static struct net_service service;
static struct gate_member *gate;

static void reset(void);

static void shutdown_nothing(bool now)
{
    (void)now;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    log_set_level(LOG_LEVEL_NOTHING);
    command_table_init();
    types_register();
    config_init(&server.config);
    server.config.threads = 1;
    server.gate = gate_create();
    server.acl = acl_create();
    server.keyspace = keyspace_create(server.config.databases);
    server.started_ms = clock_wall_ms();
    server.started_ns = clock_monotonic_ns();
    server.request_shutdown = shutdown_nothing;
    watches_follow(server.keyspace);
    stats_init(1);
    delivery_init(1, clients_got_messages, clients_got_too_many_messages);
    wait_queue_init(server.keyspace);
    tracking_init(&server, 1);
    eviction_configure(&server);
    service = session_service(&server);
    listener = listener_create_inherited(); /* connections come from socketpair() */
    gate = gate_join(server.gate);
    if (workers_start(1, server.gate, &service))
        exit(1);
    reset();
    return 0;
}

/* ---- replies ---- */

struct replies {
    char *data;
    size_t len, capacity;
};

static void fail(const struct replies *replies, size_t at, const char *what)
{
    size_t from = at > 60 ? at - 60 : 0;
    fprintf(stderr, "%s at byte %zu of the replies, behind: %.*s\n", what, at, (int)(at - from), replies->data + from);
    abort();
}

/* COMMAND DOCS of a subcommand's nested arguments goes ten deep. */
#define DEPTH_MAX 16

/* Goes over one reply; returns the byte behind it. */
static size_t skip_reply(const struct replies *replies, size_t at, int depth)
{
    const char *start = replies->data + at;
    const char *end = memmem(start, replies->len - at, "\r\n", 2);
    if (!end || depth > DEPTH_MAX)
        fail(replies, at, "an unfinished line");
    size_t next = (size_t)(end + 2 - replies->data);
    long count = strtol(start + 1, NULL, 10);
    switch (*start) {
    case '+':
    case '-':
    case ':':
    case ',':
    case '#':
    case '_':
    case '(':
        return next;
    case '$':
    case '=':
        if (count < 0)
            return next;
        next += (size_t)count + 2;
        if (next > replies->len || memcmp(replies->data + next - 2, "\r\n", 2) != 0)
            fail(replies, at, "a bulk that doesn't end");
        return next;
    case '*':
    case '~':
    case '>':
    case '%':
    case '|':
        for (long i = 0; i < (*start == '%' || *start == '|' ? 2 * count : count); i++)
            next = skip_reply(replies, next, depth + 1);
        return *start == '|' ? skip_reply(replies, next, depth + 1) : next;
    default:
        fail(replies, at, "no reply begins so");
        return 0;
    }
}

/* ---- the connection ---- */

static int open_connection(void)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends))
        abort();
    struct peer peer;
    if (peer_of_socket(ends[1], &peer))
        abort();
    workers_adopt(ends[1], &peer, listener_origin(listener));
    return ends[0];
}

/* ACL SETUSER may have locked everybody out. */
static void restore_users(void)
{
    static const struct bytes rules[] = {{"reset", 5}, {"on", 2}, {"nopass", 6}, {"~*", 2}, {"&*", 2}, {"+@all", 5}};
    char *error = NULL;
    gate_enter(gate);
    gate_close(gate);
    for (size_t i = acl_count(server.acl); i-- > 0;) {
        struct bytes name = user_name(acl_at(server.acl, i));
        if (acl_at(server.acl, i) != acl_default(server.acl))
            acl_delete_user(server.acl, name.data, name.len);
    }
    if (acl_set_user(server.acl, (struct bytes){"default", 7}, rules, sizeof rules / sizeof rules[0], &error))
        abort();
    guard_refresh(&server);
    gate_open(gate);
    gate_leave(gate);
}

/* CLIENT PAUSE would hold everything up: another client ends it. */
static void end_pause(void)
{
    restore_users();
    int fd = open_connection();
    char answer[64];
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    if (write(fd, "CLIENT UNPAUSE\r\n", 16) == 16 && poll(&polled, 1, 10000) == 1)
        (void)!read(fd, answer, sizeof answer);
    close(fd);
}

/* Sends in pieces of up to longest bytes, closes its side, and takes what comes until the server closes. */
static void converse(int fd, const uint8_t *data, size_t size, size_t longest, struct replies *replies)
{
    bool sending = true;
    for (;;) {
        struct pollfd polled = {.fd = fd, .events = (short)(POLLIN | (sending ? POLLOUT : 0))};
        if (poll(&polled, 1, 300) == 0) {
            end_pause();
            continue;
        }
        if (replies->len + 65536 > replies->capacity)
            replies->data = realloc(replies->data, replies->capacity = 2 * replies->capacity + 65536);
        ssize_t n = read(fd, replies->data + replies->len, 65536);
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            return;
        replies->len += n > 0 ? (size_t)n : 0;
        if (!sending || !(polled.revents & POLLOUT))
            continue;
        n = size ? send(fd, data, size < longest ? size : longest, MSG_NOSIGNAL) : 0;
        data += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
        if (size == 0 || (n < 0 && errno != EAGAIN)) {
            sending = false;
            shutdown(fd, SHUT_WR);
        }
    }
}

/*
 * As it was before. No key may be left, nor wait to be freed: the tables' tagged pointers hide entries from the leak
 * checker.
 */
static void reset(void)
{
    static const char commands[] = "FLUSHALL\r\nCONFIG SET proto-max-bulk-len 1mb\r\nCONFIG SET maxmemory 0\r\n";
    struct replies replies = {0};
    restore_users();
    int fd = open_connection();
    converse(fd, (const uint8_t *)commands, sizeof commands - 1, 1000, &replies);
    close(fd);
    free(replies.data);
    reaper_drain();
}

static bool has_word(const uint8_t *data, size_t size, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= size; i++)
        if (strncasecmp((const char *)data + i, word, len) == 0)
            return true;
    return false;
}

/* A member by chance so many times: a reply of a gibibyte, at which it ends, takes a sanitized server half a minute. */
static bool asks_for_very_many(const uint8_t *data, size_t size)
{
    size_t digits = 0;
    bool negative = false;
    if (!has_word(data, size, "rand"))
        return false;
    for (size_t i = 0; i < size && digits < 5; i++) {
        bool is_digit = data[i] >= '0' && data[i] <= '9';
        digits = is_digit && negative ? digits + 1 : 0;
        negative = data[i] == '-' || (is_digit && negative);
    }
    return digits == 5;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct replies replies = {0};
    /* LCS costs the product of two lengths; whoever is killed or limited may get half a reply */
    if (size < 1 || has_word(data, size, "lcs") || asks_for_very_many(data, size))
        return 0;
    int fd = open_connection();
    converse(fd, data + 1, size - 1, 1 + (size_t)data[0] * data[0], &replies);
    close(fd);
    if (!has_word(data, size, "kill") && !has_word(data, size, "limit") && !has_word(data, size, "maxmemory-clients"))
        for (size_t at = 0; at < replies.len;)
            at = skip_reply(&replies, at, 0);
    free(replies.data);
    reset();
    return 0;
}
