/*
 * The service manager's protocol consists of datagrams with VARIABLE=value lines, sent to a socket that it names in the
 * environment. It is implemented here rather than taken from libsystemd: it needs these few lines, and the library
 * would bring others with it into every server (docs/dependencies.md has the figures).
 *
 * One socket is kept open, unconnected: the manager's end may be made anew while the server runs.
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
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { MESSAGE_MAX = 1024 };

static const struct timeval patience = {.tv_sec = 5}; /* with a manager that doesn't read */

static int notify_fd = -1;
static struct sockaddr_un manager;
static socklen_t manager_len;
static uint64_t watchdog_us;

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
        return;
    }
    setsockopt(notify_fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
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

/* If the manager can't be reached, the server goes on: a manager that needs to hear from it acts on the silence. */
static void tell(int flags, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tell(int flags, const char *format, ...)
{
    static bool has_failed;
    char message[MESSAGE_MAX];
    if (notify_fd < 0)
        return;
    va_list args;
    va_start(args, format);
    int wanted = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    size_t len = wanted < (int)sizeof message ? (size_t)wanted : sizeof message - 1;
    ssize_t sent;
    do
        sent = sendto(notify_fd, message, len, MSG_NOSIGNAL | flags, (struct sockaddr *)&manager, manager_len);
    while (sent < 0 && errno == EINTR);
    if (sent < 0 && !has_failed)
        log_warning("can't send to the service manager at NOTIFY_SOCKET: %s", strerror(errno));
    has_failed = sent < 0;
}

void supervisor_ready(const char *status)
{
    /* with the pid, because the process that the manager started may have put a child into the background */
    tell(0, "READY=1\nMAINPID=%ld\nSTATUS=%s", (long)getpid(), status ? status : "");
}

void supervisor_reloading(void)
{
    tell(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=reloading", clock_monotonic_ns() / 1000);
}

void supervisor_stopping(void)
{
    tell(0, "STOPPING=1\nSTATUS=stopping");
}

void supervisor_status(const char *format, ...)
{
    char status[MESSAGE_MAX / 2];
    va_list args;
    va_start(args, format);
    vsnprintf(status, sizeof status, format, args);
    va_end(args);
    tell(0, "STATUS=%s", status);
}

uint64_t supervisor_watchdog_us(void)
{
    return watchdog_us / 2;
}

void supervisor_alive(void)
{
    tell(MSG_DONTWAIT, "WATCHDOG=1"); /* a lost one does no harm: the next comes soon */
}
