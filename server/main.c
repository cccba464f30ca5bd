/*
 * kvs-server: starts the server, accepts connections, keeps the time, and ends it.
 *
 * The main thread owns the socket files, signals and timers. It ties the layers together: it passes the events of net/
 * to the sessions of engine/, and a change by CONFIG SET to the modules that must act on it.
 */
#include "acl/acl.h"
#include "base/clock.h"
#include "base/gate.h"
#include "base/memory.h"
#include "base/panic.h"
#include "base/random.h"
#include "base/siphash.h"
#include "base/text.h"
#include "base/usage.h"
#include "clients/client_limits.h"
#include "clients/tracking.h"
#include "clients/wait_queue.h"
#include "clients/watch.h"
#include "command/command_markdown.h"
#include "command/command_table.h"
#include "config/config.h"
#include "config/mistakes.h"
#include "config/remarks.h"
#include "config/sources.h"
#include "engine/access_config.h"
#include "engine/eviction.h"
#include "engine/key_events.h"
#include "engine/loading.h"
#include "engine/room.h"
#include "engine/saving.h"
#include "engine/session.h"
#include "engine/start_checks.h"
#include "host/account.h"
#include "host/crash.h"
#include "host/log.h"
#include "host/log_flood.h"
#include "host/log_watch.h"
#include "host/privileges.h"
#include "host/process.h"
#include "host/sandbox.h"
#include "host/signals.h"
#include "host/supervisor.h"
#include "listen/inheritance.h"
#include "listen/listener.h"
#include "listen/reception.h"
#include "listen/sockets.h"
#include "net/worker.h"
#include "persist/check_rdb.h"
#include "persist/log_check.h"
#include "pubsub/delivery.h"
#include "record/memory_report.h"
#include "record/stats.h"
#include "server.h"
#include "store/keyspace.h"
#include "store/reaper.h"
#include "types/types.h"
#include "upkeep/cron.h"
#include "upkeep/reload.h"
#include "upkeep/watchdog.h"
#include "version.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define OWN_POLLED 4 /* descriptors that are polled before those of sockets */
#define RELOAD_RETRY_MS 10
#define GATE_LOOK_MS 5 /* while the gate is closed: how soon it is looked whether it is open again */

static struct server server;
static struct config_sources *sources;
static struct gate_member *main_gate;
static int signal_fd = -1;
static int wake_fd = -1;         /* eventfd: a client sent SHUTDOWN */
static int loaded_fd = -1;       /* eventfd: loading has ended; -1: nothing is being loaded */
static int inherited_fd = -1;    /* the parent's connection, until it is served; or -1 */
static bool is_to_load;          /* there is a snapshot */
static atomic_bool shutdown_now; /* without waiting for clients; written by workers, read by the main thread */
static atomic_bool saves_at_end; /* likewise: what isn't in the snapshot is saved */
static struct {
    bool runs;  /* the sources have been read, and are to be applied */
    bool again; /* SIGHUP came meanwhile */
} reload;

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

/* The same once there are socket files: it removes them first. */
#define die_listening(...) (sockets_close(), die(__VA_ARGS__))

/* The exit status of a run that has printed what it was asked for. */
static int printed(void)
{
    if (fflush(stdout) || ferror(stdout))
        die("can't write to standard output: %s", strerror(errno));
    return 0;
}

static int print_text(void (*draw)(struct text *))
{
    struct text text = TEXT_EMPTY;
    draw(&text);
    fwrite(text.data, 1, text.len, stdout);
    text_deinit(&text);
    return printed();
}

static void request_shutdown(bool now, bool saves)
{
    uint64_t one = 1;
    atomic_store(&saves_at_end, saves);
    if (now)
        atomic_store(&shutdown_now, true);
    ssize_t ignored = write(wake_fd, &one, sizeof one);
    (void)ignored;
}

/* Changes the working directory. *old_out is a descriptor of the old one (the caller closes it), or -1. */
static int change_dir(const char *dir, int *old_out, char **error_out)
{
    *old_out = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (chdir(dir) == 0)
        return 0;
    int error = -errno;
    *error_out = mem_strdup(strerror(errno));
    return error;
}

/* Acts on what CONFIG SET has changed; 0, or a negative errno that makes CONFIG SET fail. World stopped. */
static int config_changed(void *context, const struct config *config, const char *const *names, size_t count,
                          char **error_out)
{
    (void)context;
    int result = 0, old_dir = -1;
    for (size_t i = 0; i < count && result == 0; i++)
        if (strcmp(names[i], "dir") == 0)
            result = change_dir(config->dir, &old_dir, error_out);
    if (result == 0) {
        result = access_config_changed(&server, names, count, error_out);
        if (result && old_dir >= 0 && fchdir(old_dir))
            log_warning("can't go back to the former dir: %s", strerror(errno));
    }
    if (old_dir >= 0)
        close(old_dir);
    if (result)
        return result;
    log_set_level((enum log_level)config->loglevel);
    eviction_configure(&server);
    room_reconsider();
    key_events_configure(&server);
    clients_evict(&server);
    tracking_limit();
    return 0;
}

static void open_log(const struct config *config)
{
    log_set_level((enum log_level)config->loglevel);
    int error = log_open(config->logfile);
    if (error)
        die("can't open logfile %s: %s; give another with --logfile", config->logfile, strerror(-error));
    log_watch_start();
    if (config->syslog_enabled)
        log_set_syslog(config->syslog_ident, config->syslog_facility);
}

/* Secures the parent's connection, if there is one, before anything is opened or said. */
static void take_inherited(int fd)
{
    char error[128];
    if (fd < 0 || inheritance_take(fd, &inherited_fd, error, sizeof error) == 0)
        return;
    char *place = config_place(&server.config, "inherit-fd");
    config_mistake(&server.config, place, "can't serve descriptor %d: %s; --inherit-fd wants one end of a socketpair()",
                   fd, error);
    mem_free(place);
}

static void open_events(void)
{
    signal_fd = signals_open();
    wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (signal_fd < 0 || wake_fd < 0)
        die("can't start: %s", strerror(errno));
}

static void make_server(void)
{
    struct config *config = &server.config;
    server.gate = gate_create();
    server.keyspace = keyspace_create(config->databases);
    watches_follow(server.keyspace);
    server.executable = process_executable();
    server.started_ms = clock_wall_ms();
    server.started_ns = clock_monotonic_ns();
    server.request_shutdown = request_shutdown;
    random_hex(server.run_id, 40);
    stats_init((unsigned)config->threads);
    delivery_init((unsigned)config->threads, clients_got_messages, clients_got_too_many_messages);
    wait_queue_init(server.keyspace);
    tracking_init(&server, (unsigned)config->threads);
    eviction_configure(&server);
    key_events_configure(&server);
    config_set_listener(config_changed, NULL);
    saving_init(&server);
}

/* Whether a sandbox is wanted and the kernel can provide it. */
static bool prepare_sandbox(const struct config *config)
{
    char error[256];
    if (!config->sandbox)
        return false;
    if (sandbox_prepare(error, sizeof error) == 0)
        return true;
    log_warning("no sandbox: %s; the server runs without one; --sandbox no silences this warning", error);
    return false;
}

/* The last step before clients are served: whatever needs other system calls has been done by then. */
static void enter_sandbox(void)
{
    char error[256];
    account_warm_up();
    if (sandbox_enter(error, sizeof error))
        log_warning("no sandbox: %s; the server runs without one", error);
}

static void start_server(const struct net_service *service)
{
    struct config *config = &server.config;
    char error[512];
    open_log(config);
    if (sockets_open(config, error, sizeof error))
        die("%s", error);
    bool sandboxed = prepare_sandbox(config);
    main_gate = gate_join(server.gate);
    is_to_load = loading_prepare(&server);
    reception_open(config, main_gate);
    int failed = workers_start((unsigned)config->threads, server.gate, service);
    if (failed)
        die_listening("can't start %d thread%s: %s; give fewer with --threads", config->threads,
                      text_plural((unsigned)config->threads), strerror(-failed));
    if (config->pidfile[0] && (failed = process_write_pidfile(config->pidfile)))
        log_warning("can't write pidfile %s: %s", config->pidfile, strerror(-failed));
    if (sandboxed)
        enter_sandbox();
    mem_purge(); /* memory that only start-up needed */
    process_forget_start();
    memory_note_startup();
}

/* ---- serving ---- */

/* What the service manager shows beside the server's name. */
static void tell_ready(void)
{
    struct text status = TEXT_EMPTY;
    text_addf(&status, "serving on ");
    sockets_list_paths(&status);
    supervisor_ready(status.data);
    text_deinit(&status);
}

static void announce(void)
{
    struct text paths = TEXT_EMPTY;
    sockets_list_paths(&paths);
    reload_tell_remarks(&server.config);
    log_notice("kvs %s serves on %s with %d thread%s, pid %d", KVS_VERSION,
               paths.len > 0 ? paths.data : "an inherited connection", server.config.threads,
               text_plural((unsigned)server.config.threads), (int)getpid());
    text_deinit(&paths);
    if (geteuid() == 0 && server.config.account[0] == '\0')
        log_warning("running as root, which kvs does not need; name the account to run as with: user NAME");
}

/* Clients are answered LOADING meanwhile. */
static void begin_loading(void)
{
    if (!is_to_load) {
        tell_ready();
        return;
    }
    loaded_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int failed = loaded_fd < 0 ? -errno : loading_begin(loaded_fd);
    if (failed)
        die_listening("can't start a thread that loads %s: %s", server.config.dbfilename, strerror(-failed));
}

/* Serves the inherited connection. From here on clients can change the configuration. */
static void serve_inherited(void)
{
    int failed = inherited_fd >= 0 ? reception_inherit(inherited_fd) : 0;
    if (failed)
        die_listening("can't serve the inherited connection: %s", strerror(-failed));
}

static void begin_reload(void)
{
    supervisor_reloading();
    reload.runs = reload_begin(sources);
    reload.again = false;
    if (!reload.runs)
        tell_ready();
}

/* Applies what was read as soon as nobody is in the way. */
static void go_on_with_reload(void)
{
    if (!reload.runs || !reload_finish(&server, sources, main_gate))
        return;
    reload.runs = false;
    tell_ready();
    if (reload.again)
        begin_reload();
}

/* Handles one signal; true when it asks the server to end. */
static bool take_signal(void)
{
    enum signal_wish wish = signals_take();
    if (wish == SIGNAL_END) {
        gate_enter(main_gate);
        atomic_store(&saves_at_end, server.config.save[0] != '\0');
        gate_leave(main_gate);
    }
    if (wish == SIGNAL_RELOAD && reload.runs)
        reload.again = true;
    else if (wish == SIGNAL_RELOAD)
        begin_reload();
    return wish == SIGNAL_END;
}

static int shorter(int a_ms, int b_ms)
{
    return b_ms >= 0 && b_ms < a_ms ? b_ms : a_ms;
}

/* Milliseconds until there is something to do that no descriptor announces. */
static int serve_timeout(bool open)
{
    int timeout = shorter(shorter(cron_run(&server, main_gate), sockets_retry()), log_watch_timeout());
    if (reload.runs)
        timeout = shorter(timeout, RELOAD_RETRY_MS);
    return open ? timeout : shorter(timeout, GATE_LOOK_MS);
}

/* False: what was to be loaded can't be. */
static bool end_loading(int *polled_fd)
{
    bool loaded = loading_end();
    close(loaded_fd);
    loaded_fd = *polled_fd = -1;
    if (!loaded)
        return false;
    saving_init(&server);
    tell_ready();
    return true;
}

/* Until the server is to end. False: it has to, since its data set can't be loaded. */
static bool serve(void)
{
    struct pollfd polled[OWN_POLLED + SOCKETS_POLL_MAX] = {
        {.fd = signal_fd, .events = POLLIN},
        {.fd = wake_fd, .events = POLLIN},
        {.events = POLLIN},
        {.fd = loaded_fd, .events = POLLIN},
    };
    for (;;) {
        watchdog_run();
        if (loaded_fd < 0)
            saving_look(&server, main_gate);
        else
            loading_tell();
        supervisor_retry();
        go_on_with_reload();
        bool open = gate_is_open(main_gate);
        int timeout = serve_timeout(open);
        size_t sockets = sockets_poll(polled + OWN_POLLED);
        polled[2].fd = log_watch_fd();
        if (!open || reception_rests()) /* nobody could be accepted, so poll() needn't say who waits */
            sockets = SOCKETS_POLL_OTHERS;
        int ready = poll(polled, OWN_POLLED + sockets, timeout);
        if (ready < 0 && errno != EINTR) { /* the limit of open files was set lower than what is polled */
            sockets = 0;
            ready = poll(polled, OWN_POLLED, timeout);
        }
        if (ready < 0)
            continue;
        if (sockets > 0)
            sockets_serve(polled + OWN_POLLED, sockets, reception_accept);
        log_watch_serve(polled[2].revents);
        if (polled[0].revents && take_signal())
            return true;
        if (polled[1].revents)
            return true;
        if (polled[3].revents && !end_loading(&polled[3].fd))
            return false;
    }
}

/* ---- end ---- */

/* For how long clients may go on taking the replies that they have been sent. */
static int64_t grace_ms(void)
{
    if (atomic_load(&shutdown_now))
        return 0;
    gate_enter(main_gate); /* workers may be changing the configuration */
    int64_t milliseconds = (int64_t)server.config.shutdown_timeout * 1000;
    gate_leave(main_gate);
    return milliseconds;
}

/* Who asks a second time, by a signal, wants no more waiting. */
static void stop_workers(void)
{
    workers_stop(grace_ms());
    while (!workers_have_ended(signal_fd)) {
        if (signals_take() == SIGNAL_END)
            workers_stop(0);
    }
    unsigned cut_off = workers_join();
    if (cut_off > 0)
        log_warning("%u client%s hadn't taken all %s replies when the server ended", cut_off, text_plural(cut_off),
                    cut_off == 1 ? "its" : "their");
}

/* Nobody else is left who could change anything. Returns the process's exit status. */
static int save_at_end(void)
{
    if (loaded_fd >= 0) { /* not all of it is there */
        loading_give_up();
        return 0;
    }
    saving_give_up();
    if (!atomic_load(&saves_at_end) || saving_changes(&server) == 0 || saving_at_end(&server))
        return 0;
    log_warning("ending without having saved what has changed since the last snapshot");
    return 1;
}

static int stop_server(void)
{
    struct config *config = &server.config;
    supervisor_stopping();
    sockets_close();
    stop_workers();
    int status = save_at_end();
    reaper_stop();
    gate_part(main_gate);
    if (config->pidfile[0])
        process_remove_pidfile(config->pidfile);
    log_flood_settle_all();
    log_notice("kvs has ended, bye");
#ifdef KVS_LIBC_MALLOC /* sanitizer builds look for leaks; otherwise the kernel is faster */
    keyspace_destroy(server.keyspace);
    gate_destroy(server.gate);
    stats_deinit();
    acl_destroy(server.acl);
    config_sources_destroy(sources);
    config_deinit(config);
    mem_free(server.executable);
#endif
    return status;
}

static void print_line(void *context, const char *line)
{
    (void)context;
    puts(line);
}

static void print_mistake(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "kvs-server: %s\n", line);
}

/* --check-rdb; NULL: no file, or more than one, stands behind it. */
static int check_rdb_file(const char *path)
{
    struct text found = TEXT_EMPTY, trouble = TEXT_EMPTY;
    if (!path)
        die("--check-rdb: write one file behind it, and nothing else");
    bool is_good = check_rdb(path, &found, &trouble);
    if (found.len > 0)
        fwrite(found.data, 1, found.len, stdout);
    text_deinit(&found);
    int status = printed();
    if (!is_good)
        print_mistake(NULL, trouble.data);
    text_deinit(&trouble);
    return is_good ? status : 1;
}

/* Reads the configuration and does what it can be wrong about; ends the process where it is. */
static void configure(int argc, char **argv, bool serves)
{
    char *mistakes = NULL;
    config_init(&server.config);
    config_load(&server.config, argc, argv, &mistakes);
    mem_free(mistakes); /* they are in the configuration as well */
    if (serves) {
        take_inherited(server.config.inherit_fd);
        sources = config_sources_create(&server.config, argc, argv);
        supervisor_init();
        siphash_init_random();
    }
    start_checks_run(&server);
    if (!config_has_mistakes(&server.config))
        return;
    config_mistakes_tell(&server.config, print_mistake, NULL);
    exit(1);
}

static bool ask_on_terminal(void *context, const char *question)
{
    char answer[8] = "";
    (void)context;
    printf("%s [y/N]: ", question);
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && strcasecmp(answer, "y\n") == 0;
}

/* --check-aof [--fix] PATH; the arguments are those behind the first. */
static int check_log(int argc, char **argv)
{
    struct log_check check = {.tell = print_line, .ask = isatty(STDIN_FILENO) ? ask_on_terminal : NULL};
    if (argc > 0 && strcmp(argv[0], "--fix") == 0) {
        check.mends = true;
        argc--;
        argv++;
    }
    if (argc != 1 || argv[0][0] == '-')
        die("--check-aof wants a log's folder, its manifest or a file: kvs-server --check-aof [--fix] FOLDER|FILE");
    const char *path = argv[0];
    bool good = log_check_run(&check, path);
    return printed() == 0 && good ? 0 : 1;
}

int main(int argc, char **argv)
{
    int closed = process_open_standard_files();
    if (closed)
        die("can't open /dev/null in place of a closed standard file: %s", strerror(-closed));
    if (privileges_are_borrowed())
        die("the program is setuid or setgid, which would let every user act as another; remove that (chmod ug-s)");
    usage_join();
    process_take_umask();
    command_table_init();
    types_register();
    switch (config_action_of(argc - 1, argv + 1)) {
    case CONFIG_HELP:
        return print_text(config_help);
    case CONFIG_VERSION:
        printf("kvs-server %s (commands of Redis %s), %s\n", KVS_VERSION, KVS_REDIS_VERSION, mem_allocator());
        return printed();
    case CONFIG_MARKDOWN:
        return print_text(config_markdown);
    case CONFIG_COMMANDS_MARKDOWN:
        return print_text(command_markdown);
    case CONFIG_MAN_PAGE:
        return print_text(config_server_man_page);
    case CONFIG_FILE_MAN_PAGE:
        return print_text(config_file_man_page);
    case CONFIG_CHECK:
        configure(argc - 1, argv + 1, false);
        start_checks_foresee(&server);
        config_remarks_tell(&server.config, print_line, NULL);
        puts("the configuration is good");
        return printed();
    case CONFIG_CHECK_RDB:
        return check_rdb_file(config_checked_rdb(argc - 1, argv + 1));
    case CONFIG_CHECK_LOG:
        return check_log(argc - 2, argv + 2);
    case CONFIG_SERVE:
        break;
    }
    configure(argc - 1, argv + 1, true);
    bool activated = getenv("LISTEN_FDS"); /* sockets are handed over to this process, not to a child of it */
    if (server.config.daemonize && !activated && process_daemonize())
        die("can't go into the background: %s", strerror(errno));
    open_events();
    panic_set_writer(log_panic);
    if (server.config.crash_log_enabled)
        crash_report_to_log(KVS_VERSION);
    make_server();
    struct net_service service = session_service(&server);
    start_server(&service);
    announce();
    begin_loading();
    process_ready();
    serve_inherited();
    bool loaded = serve();
    int status = stop_server();
    return loaded ? status : 1;
}
