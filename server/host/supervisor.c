/*
 * The service manager's protocol consists of datagrams with VARIABLE=value lines, sent to a socket that it names in the
 * environment. It is implemented here rather than taken from libsystemd: it needs these few lines, and the library
 * would bring others with it into every server (docs/dependencies.md has the figures).
 *
 * One socket is kept open, unconnected: the manager's end may be made anew while the server runs. For such a socket
 * poll can't tell when there is room, so what it doesn't take is sent again later.
 */
#include "host/supervisor.h"

#include "base/clock.h"
#include "host/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MESSAGE_MAX = 1024, WAITING_MAX = 2 };

static int notify_fd = -1;
static struct sockaddr_un manager;
static socklen_t manager_len;
static uint64_t watchdog_us;
/* What the manager hasn't taken yet, oldest first: at most that something has begun, and that it is over. */
static char waiting[WAITING_MAX][MESSAGE_MAX];
static unsigned waiting_count;

/* Sets the manager's address from a path, or "@" and a name in the abstract namespace. False: the name is neither. */
static bool find_manager(const char *name)
{
    size_t len = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof manager.sun_path)
        return false;
    manager.sun_family = AF_UNIX;
    memcpy(manager.sun_path, name, len + 1);
    manager_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '/'));
    if (name[0] == '@')
        manager.sun_path[0] = '\0';
    return true;
}

/* The variable as a number, 0 when there is none or it isn't one. */
static uint64_t number_of(const char *variable)
{
    const char *text = getenv(variable);
    char *end;
    if (!text || *text < '0' || *text > '9')
        return 0;
    errno = 0;
    uint64_t number = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0 ? number : 0;
}

static void open_socket(const char *name)
{
    if (!find_manager(name)) {
        log_warning(
            "NOTIFY_SOCKET is '%s', neither a path nor an abstract name; nothing is sent to the service manager", name);
        return;
    }
    notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (notify_fd < 0) {
        log_warning("can't make a socket for the service manager: %s; nothing is sent to it", strerror(errno));
    }
}

void supervisor_init(void)
{
    const char *name = getenv("NOTIFY_SOCKET");
    uint64_t pid = number_of("WATCHDOG_PID");
    if (name && *name != '\0')
        open_socket(name);
    if (notify_fd >= 0 && (pid == 0 || pid == (uint64_t)getpid()))
        watchdog_us = number_of("WATCHDOG_USEC");
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_PID");
    unsetenv("WATCHDOG_USEC");
}

/*
 * Sends without waiting. False: the manager doesn't read, and its socket is full. If it can't be reached at all, the
 * server goes on: a manager that needs to hear from it acts on the silence.
 */
static bool send_message(const char *message)
{
    static bool has_failed;
    ssize_t sent;
    do
        sent = sendto(notify_fd, message, strlen(message), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&manager,
                      manager_len);
    while (sent < 0 && errno == EINTR);
    bool is_full = sent < 0 && (errno == EAGAIN || errno == ENOBUFS);
    if (sent < 0 && !has_failed)
        log_warning("can't send to the service manager at NOTIFY_SOCKET: %s",
                    is_full ? "it doesn't read; trying again until it does" : strerror(errno));
    has_failed = sent < 0;
    return !is_full;
}

void supervisor_retry(void)
{
    unsigned sent = 0;
    while (sent < waiting_count && send_message(waiting[sent]))
        sent++;
    waiting_count -= sent;
    memmove(waiting[0], waiting[sent], waiting_count * sizeof waiting[0]);
}

/* A beginning outdates what still waits; what isn't one ends what began last. */
static void tell(bool begins, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tell(bool begins, const char *format, ...)
{
    if (notify_fd < 0)
        return;
    if (begins)
        waiting_count = 0;
    else if (waiting_count == WAITING_MAX)
        waiting_count--;
    va_list args;
    va_start(args, format);
    vsnprintf(waiting[waiting_count++], MESSAGE_MAX, format, args);
    va_end(args);
    supervisor_retry();
}

void supervisor_ready(const char *status)
{
    /* with the pid, because the process that the manager started may have put a child into the background */
    tell(false, "READY=1\nMAINPID=%ld\nSTATUS=%s", (long)getpid(), status ? status : "");
}

void supervisor_reloading(void)
{
    tell(true, "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=reloading", clock_monotonic_ns() / 1000);
}

void supervisor_stopping(void)
{
    tell(true, "STOPPING=1\nSTATUS=stopping");
}

uint64_t supervisor_watchdog_us(void)
{
    return watchdog_us / 2;
}

void supervisor_alive(void)
{
    if (notify_fd >= 0)
        send_message("WATCHDOG=1"); /* a lost one does no harm: the next comes soon */
}
