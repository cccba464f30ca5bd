#include "fuzz/fuzzed_server.h"

#include "acl/acl.h"
#include "base/clock.h"
#include "base/gate.h"
#include "base/usage.h"
#include "clients/client_limits.h"
#include "clients/tracking.h"
#include "clients/wait_queue.h"
#include "clients/watch.h"
#include "command/command_table.h"
#include "config/config.h"
#include "engine/eviction.h"
#include "engine/script_watch.h"
#include "engine/session.h"
#include "host/log.h"
#include "listen/listener.h"
#include "net/peer.h"
#include "net/worker.h"
#include "persist/rdb_file.h"
#include "pubsub/delivery.h"
#include "record/stats.h"
#include "store/keyspace.h"
#include "types/types.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define KILL_MS 2000 /* the longest wait for an answer while a script runs: a sanitized one may be slow to be asked */

struct server fuzzed;
struct gate_member *fuzzed_gate;
static struct listener *listener;
static struct net_service service;

static void shutdown_nothing(bool now, bool saves)
{
    (void)now, (void)saves;
}

void fuzzed_start(void)
{
    usage_join();
    log_set_level(LOG_LEVEL_NOTHING);
    command_table_init();
    types_register();
    config_init(&fuzzed.config);
    fuzzed.config.threads = 1;
    fuzzed.gate = gate_create();
    fuzzed.acl = acl_create();
    fuzzed.keyspace = keyspace_create(fuzzed.config.databases);
    fuzzed.started_ms = clock_wall_ms();
    fuzzed.started_ns = clock_monotonic_ns();
    fuzzed.request_shutdown = shutdown_nothing;
    watches_follow(fuzzed.keyspace);
    stats_init(1);
    delivery_init(1, clients_got_messages, clients_got_too_many_messages);
    wait_queue_init(fuzzed.keyspace);
    tracking_init(&fuzzed, 1);
    eviction_configure(&fuzzed);
    service = session_service(&fuzzed);
    listener = listener_create_inherited(); /* connections come from socketpair() */
    fuzzed_gate = gate_join(fuzzed.gate);
    if (workers_start(1, fuzzed.gate, &service))
        exit(1);
}

int fuzzed_connect(void)
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

/* ---- snapshots ---- */

/* The folders of disks are those of whoever fuzzes: what SAVE and BGSAVE write goes to memory. */

static int open_in_memory(int folder, const char *name, int flags, mode_t mode)
{
    (void)folder, (void)flags, (void)mode;
    return memfd_create(name, MFD_CLOEXEC);
}

static int sync_nothing(int fd)
{
    (void)fd;
    return 0;
}

static int rename_nothing(int folder, const char *from, const char *to)
{
    (void)folder, (void)from, (void)to;
    return 0;
}

static int remove_nothing(int folder, const char *name)
{
    (void)folder, (void)name;
    return 0;
}

/* The linker puts this in the place of rdb_file_begin(). */
bool __real_rdb_file_begin(struct rdb_file *file, /* NOLINT(bugprone-reserved-identifier) */
                           const struct rdb_file_terms *terms);
bool __wrap_rdb_file_begin(struct rdb_file *file, /* NOLINT(bugprone-reserved-identifier) */
                           const struct rdb_file_terms *terms);
bool __wrap_rdb_file_begin(struct rdb_file *file, /* NOLINT(bugprone-reserved-identifier) */
                           const struct rdb_file_terms *terms)
{
    static const struct rdb_disk memory = {
        open_in_memory, write, pwrite, sync_file_range, sync_nothing, close, rename_nothing, remove_nothing,
    };
    struct rdb_file_terms elsewhere = *terms;
    elsewhere.disk = &memory;
    return __real_rdb_file_begin(file, &elsewhere);
}

/* ---- scripts that don't end ---- */

static atomic_bool is_ending; /* relaxed: a script that misses it is told the next time */

/* The linker puts this in the place of script_watch_goes_on(). */
bool __real_script_watch_goes_on(const struct script_watch *watch); /* NOLINT(bugprone-reserved-identifier) */
bool __wrap_script_watch_goes_on(const struct script_watch *watch); /* NOLINT(bugprone-reserved-identifier) */
bool __wrap_script_watch_goes_on(const struct script_watch *watch)  /* NOLINT(bugprone-reserved-identifier) */
{
    return !atomic_load_explicit(&is_ending, memory_order_relaxed) && __real_script_watch_goes_on(watch);
}

/* The worker serves this client in the middle of the script. */
static void kill_script(void)
{
    static const char kill[] = "SCRIPT KILL\r\nFUNCTION KILL\r\n";
    char answers[1000];
    int fd = fuzzed_connect();
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    if (write(fd, kill, sizeof kill - 1) == sizeof kill - 1 && poll(&polled, 1, KILL_MS) == 1)
        (void)!read(fd, answers, sizeof answers);
    close(fd);
}

void fuzzed_end_script(void)
{
    if (!gate_has_stays(fuzzed_gate))
        return;
    kill_script();
    atomic_store_explicit(&is_ending, true, memory_order_relaxed);
    while (gate_has_stays(fuzzed_gate))
        usleep(1000);
    atomic_store_explicit(&is_ending, false, memory_order_relaxed);
}

void fuzzed_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}

/* ---- replies ---- */

static _Noreturn void fail_at(const struct replies *replies, size_t at, const char *what)
{
    size_t from = at > 60 ? at - 60 : 0;
    fuzzed_fail("%s at byte %zu of the replies, behind: %.*s", what, at, (int)(at - from), replies->data + from);
}

/* COMMAND DOCS of a subcommand's nested arguments goes ten deep; a table that a script returns, as deep as Lua's stack. */
#define DEPTH_MAX 10000

/* Goes over one reply; returns the byte behind it. */
static size_t skip_reply(const struct replies *replies, size_t at, int depth)
{
    const char *start = replies->data + at;
    const char *end = memmem(start, replies->len - at, "\r\n", 2);
    if (!end || depth > DEPTH_MAX)
        fail_at(replies, at, "an unfinished line");
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
            fail_at(replies, at, "a bulk that doesn't end");
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
        fail_at(replies, at, "no reply begins so");
    }
}

size_t fuzzed_check_replies(const struct replies *replies)
{
    size_t count = 0;
    for (size_t at = 0; at < replies->len; count++)
        at = skip_reply(replies, at, 0);
    return count;
}

void fuzzed_converse(int fd, const void *data, size_t size, size_t longest, struct replies *replies, int stall_ms,
                     void (*stalled)(void))
{
    const char *at = data;
    bool sending = true;
    for (;;) {
        struct pollfd polled = {.fd = fd, .events = (short)(POLLIN | (sending ? POLLOUT : 0))};
        if (poll(&polled, 1, stall_ms) == 0) {
            stalled();
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
        n = size ? send(fd, at, size < longest ? size : longest, MSG_NOSIGNAL) : 0;
        at += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
        if (size == 0 || (n < 0 && errno != EAGAIN)) {
            sending = false;
            shutdown(fd, SHUT_WR);
        }
    }
}
