/*
 * kvs-server: starts the server, accepts connections, keeps the time, and ends it.
 *
 * The main thread owns the socket file, signals and timers. It ties the layers together: what net/ tells of
 * goes to the sessions of command/, what CONFIG SET changes goes to whoever must act on it.
 */
#include "command/command_markdown.h"
#include "command/table.h"
#include "config/config.h"
#include "config/open_files.h"
#include "core/clock.h"
#include "core/gate.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/process.h"
#include "core/random.h"
#include "core/text.h"
#include "engine/client_limits.h"
#include "engine/cron.h"
#include "engine/eviction.h"
#include "engine/memory.h"
#include "engine/server.h"
#include "engine/session.h"
#include "engine/stats.h"
#include "net/listener.h"
#include "net/worker.h"
#include "store/keyspace.h"
#include "store/reaper.h"
#include "version.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT_MAX 256         /* connections accepted before other work has its turn */
#define SHUTDOWN_GRACE_MS 1000 /* for clients to read what has been answered */

static struct server server;
static struct listener *listener;
static struct gate_member *main_gate;
static int signal_fd = -1;
static int wake_fd = -1;  /* eventfd: SHUTDOWN was asked for */
static int spare_fd = -1; /* given up for a moment when there are no more descriptors */
static atomic_bool shutdown_now;

/* ---- start ---- */

static _Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("kvs-server: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static void print_text(void (*draw)(struct text *))
{
    struct text text = TEXT_EMPTY;
    draw(&text);
    fwrite(text.data, 1, text.len, stdout);
    text_deinit(&text);
}

static void request_shutdown(bool now)
{
    uint64_t one = 1;
    if (now)
        atomic_store(&shutdown_now, true);
    ssize_t ignored = write(wake_fd, &one, sizeof one);
    (void)ignored;
}

/* Acts on what CONFIG SET has changed. World stopped. */
static int config_changed(void *context, const struct config *config, const char *const *names, size_t count,
                          char **error_out)
{
    (void)context;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], "loglevel") == 0)
            log_set_level((enum log_level)config->loglevel);
        if (strcmp(names[i], "dir") == 0 && chdir(config->dir)) {
            int error = -errno;
            *error_out = mem_strdup(strerror(errno));
            return error;
        }
    }
    eviction_configure(&server);
    clients_evict(&server);
    return 0;
}

static void open_log(const struct config *config)
{
    log_set_level((enum log_level)config->loglevel);
    int error = log_open(config->logfile);
    if (error)
        die("can't open logfile %s: %s; give another with --logfile", config->logfile, strerror(-error));
    if (config->syslog_enabled)
        log_set_syslog(config->syslog_ident, config->syslog_facility);
}

/* Signals arrive through a descriptor, and no thread is interrupted by one. */
static void take_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (signal_fd < 0 || wake_fd < 0)
        die("can't start: %s", strerror(errno));
}

static void make_server(void)
{
    struct config *config = &server.config;
    server.gate = gate_create();
    server.keyspace = keyspace_create(config->databases);
    server.executable = process_executable();
    server.started_ms = server.stat_reset_ms = clock_wall_ms();
    server.started_ns = clock_monotonic_ns();
    server.request_shutdown = request_shutdown;
    random_hex(server.run_id, 40);
    stats_init((unsigned)config->threads);
    eviction_configure(&server);
    config_set_listener(config_changed, NULL);
}

static void start_server(const struct net_service *service)
{
    struct config *config = &server.config;
    if (chdir(config->dir))
        die("can't change to dir %s: %s; create it or give another with --dir", config->dir, strerror(errno));
    open_log(config);
    int clients = open_files_fit(config->maxclients);
    if (clients < config->maxclients) {
        log_warning("maxclients is %d instead of %d: the limit of open files (ulimit -n) allows no more", clients,
                    config->maxclients);
        config->maxclients = clients;
    }
    char error[512];
    if (listener_open(config->unixsocket, (mode_t)config->unixsocketperm, config->backlog, &listener, error,
                      sizeof error))
        die("%s", error);
    main_gate = gate_join(server.gate);
    int failed = workers_start((unsigned)config->threads, server.gate, service);
    if (failed) {
        listener_close(listener);
        die("can't start %d threads: %s; give fewer with --threads", config->threads, strerror(-failed));
    }
    if (config->pidfile[0] && (failed = process_write_pidfile(config->pidfile)))
        log_warning("can't write pidfile %s: %s", config->pidfile, strerror(-failed));
    memory_note_startup();
}

/* ---- serving ---- */

static void refuse(int fd)
{
    static const char full[] = "-ERR max number of clients reached\r\n";
    atomic_fetch_add(&server.rejected_connections, 1);
    ssize_t ignored = send(fd, full, sizeof full - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)ignored;
    close(fd);
}

/* No descriptor is left: with the spare one the next client is told so instead of being left waiting. */
static void refuse_without_descriptors(int error)
{
    static int64_t last_said_ms;
    int64_t now_ms = clock_wall_ms();
    if (now_ms - last_said_ms > 1000) {
        last_said_ms = now_ms;
        log_warning("can't accept a connection: %s; raise the limit of open files or lower maxclients",
                    strerror(-error));
    }
    if (spare_fd >= 0)
        close(spare_fd);
    int fd = listener_accept(listener);
    if (fd >= 0)
        refuse(fd);
    spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* maxclients is read inside the gate, since CONFIG SET changes it. */
static unsigned client_limit(void)
{
    gate_enter(main_gate);
    unsigned limit = (unsigned)server.config.maxclients;
    gate_leave(main_gate);
    return limit;
}

static void accept_clients(void)
{
    for (int i = 0; i < ACCEPT_MAX; i++) {
        int fd = listener_accept(listener);
        if (fd == -EMFILE || fd == -ENFILE || fd == -ENOBUFS || fd == -ENOMEM) {
            refuse_without_descriptors(fd);
            return;
        }
        if (fd < 0)
            return;
        if (workers_conn_count() >= client_limit())
            refuse(fd);
        else
            workers_adopt(fd, listener);
    }
}

/* True when a signal asks for the end. */
static bool take_signal(void)
{
    struct signalfd_siginfo info;
    if (read(signal_fd, &info, sizeof info) != sizeof info)
        return false;
    if (info.ssi_signo == SIGHUP) {
        int error = log_reopen();
        if (error)
            log_warning("can't reopen the log: %s; the old file goes on", strerror(-error));
        else
            log_notice("log reopened");
        return false;
    }
    log_notice("%s received from pid %u, ending", info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT", info.ssi_pid);
    return true;
}

static void serve(void)
{
    struct pollfd polled[] = {
        {.fd = listener_fd(listener), .events = POLLIN},
        {.fd = signal_fd, .events = POLLIN},
        {.fd = wake_fd, .events = POLLIN},
    };
    for (;;) {
        int timeout = cron_run(&server, main_gate);
        if (poll(polled, sizeof polled / sizeof polled[0], timeout) <= 0)
            continue;
        if (polled[0].revents)
            accept_clients();
        if (polled[1].revents && take_signal())
            return;
        if (polled[2].revents)
            return;
    }
}

/* ---- end ---- */

static void stop_server(void)
{
    struct config *config = &server.config;
    listener_close(listener);
    workers_stop(atomic_load(&shutdown_now) ? 0 : SHUTDOWN_GRACE_MS);
    reaper_stop();
    gate_part(main_gate);
    if (config->pidfile[0])
        process_remove_pidfile(config->pidfile);
    log_notice("kvs has ended, bye");
#ifdef KVS_LIBC_MALLOC /* sanitizer builds look for leaks; otherwise the kernel is faster */
    keyspace_destroy(server.keyspace);
    gate_destroy(server.gate);
    stats_deinit();
    config_deinit(config);
    mem_free(server.executable);
#endif
}

static void load_config(int argc, char **argv)
{
    char *error = NULL;
    config_init(&server.config);
    if (config_load(&server.config, argc, argv, &error))
        die("%s", error);
}

int main(int argc, char **argv)
{
    command_table_init();
    switch (config_action_of(argc - 1, argv + 1)) {
    case CONFIG_HELP:
        print_text(config_help);
        return 0;
    case CONFIG_VERSION:
        printf("kvs-server %s (commands of Redis %s), %s\n", KVS_VERSION, KVS_REDIS_VERSION, mem_allocator());
        return 0;
    case CONFIG_MARKDOWN:
        print_text(config_markdown);
        return 0;
    case CONFIG_COMMANDS_MARKDOWN:
        print_text(command_markdown);
        return 0;
    case CONFIG_CHECK:
        load_config(argc - 1, argv + 1);
        puts("the configuration is good");
        return 0;
    case CONFIG_SERVE:
        break;
    }
    load_config(argc - 1, argv + 1);
    hash_init_random();
    if (server.config.daemonize && process_daemonize())
        die("can't go into the background: %s", strerror(errno));
    take_signals();
    if (server.config.crash_log_enabled)
        process_report_crashes(KVS_VERSION);
    make_server();
    struct net_service service = session_service(&server);
    start_server(&service);
    log_notice("kvs %s serves on %s with %d threads, pid %d", KVS_VERSION, listener_path(listener),
               server.config.threads, (int)getpid());
    process_ready();
    serve();
    stop_server();
    return 0;
}
