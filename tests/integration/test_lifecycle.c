/* A server's life: how it starts and says why it can't, how it ends, and what it leaves behind. */
#include "kit/kit.h"
#include "kit/suites.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Whether a server listens at the path. */
static bool lets_in(void *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool yes = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return yes;
}

static void expect_good_end(struct kit_server *server)
{
    int status = kit_wait(server);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "wait status %#x", (unsigned)status);
    ck_assert(!exists(server->socket));
    kit_discard(server);
}

/* ---- ends ---- */

START_TEST(sigterm_and_sigint_end_it_gracefully)
{
    static const int signals[] = {SIGTERM, SIGINT};
    for (int i = 0; i < 2; i++) {
        struct kit_server *server = kit_start();
        redisContext *context = kit_connect(server); /* connected clients don't keep it */
        kit_expect(context, "+OK", "SET", "a", "b");
        kit_signal(server, signals[i]);
        kit_await_log(server, i ? "SIGINT" : "SIGTERM");
        expect_good_end(server);
        redisFree(context);
    }
}
END_TEST

START_TEST(shutdown_ends_it_without_an_answer)
{
    static const char *const forms[] = {"SHUTDOWN", "SHUTDOWN NOSAVE", "SHUTDOWN NOW", "SHUTDOWN NOSAVE NOW FORCE"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct kit_server *server = kit_start();
        int fd = kit_raw_connect(server);
        kit_raw_text(fd, forms[i]);
        kit_raw_text(fd, "\r\n");
        kit_raw_expect_end(fd);
        close(fd);
        expect_good_end(server);
    }
}
END_TEST

START_TEST(wrong_forms_of_shutdown_end_nothing)
{
    struct kit_server *server = kit_start();
    redisContext *context = kit_connect(server);
    kit_expect(context, "-ERR syntax error", "SHUTDOWN", "PERHAPS");
    kit_expect(context, "-ERR syntax error", "SHUTDOWN", "SAVE", "NOSAVE");
    kit_expect(context, "-ERR No shutdown in progress.", "SHUTDOWN", "ABORT");
    kit_expect(context, "+PONG", "PING");
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(replies_under_way_arrive_before_the_end)
{
    enum { LEN = 1000003, GETS = 8 };
    char *value = malloc(LEN);
    struct kit_server *server = kit_start();
    redisContext *context = kit_connect(server);
    kit_integer(context, "SETRANGE", "big", "1000000", "end");
    int fd = kit_raw_connect(server);
    for (int i = 0; i < GETS; i++)
        kit_raw_text(fd, "GET big\r\n");
    kit_raw_await_taken(fd);
    kit_expect(context, "+PONG", "PING");
    kit_signal(server, SIGTERM);
    for (int i = 0; i < GETS; i++) {
        kit_raw_expect(fd, "$1000003\r\n");
        kit_raw_receive(fd, value, LEN);
        kit_raw_expect(fd, "\r\n");
    }
    kit_raw_expect_end(fd);
    close(fd);
    redisFree(context);
    free(value);
    expect_good_end(server);
}
END_TEST

START_TEST(a_client_that_never_reads_does_not_hold_up_the_end)
{
    struct kit_server *server = kit_start();
    redisContext *context = kit_connect(server);
    kit_integer(context, "SETRANGE", "big", "10000000", "end");
    redisFree(context);
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "GET big\r\n");
    kit_raw_await_taken(fd);
    kit_stop(server);
    close(fd);
}
END_TEST

/* A connection whose client has asked for 10 MB and reads nothing. */
static int connect_without_reading(struct kit_server *server)
{
    redisContext *context = kit_connect(server);
    kit_integer(context, "SETRANGE", "big", "10000000", "end");
    redisFree(context);
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "GET big\r\n");
    kit_raw_await_taken(fd);
    return fd;
}

static bool has_passed(void *data)
{
    return kit_now_ms() >= *(int64_t *)data;
}

START_TEST(clients_have_the_shutdown_timeout_to_take_their_replies)
{
    struct kit_server *server = kit_start("--shutdown-timeout", "600");
    char *value = malloc(10000003);
    int fd = connect_without_reading(server);
    kit_signal(server, SIGTERM);
    kit_await_log(server, "SIGTERM");
    int64_t until_ms = kit_now_ms() + 1500;
    kit_await(has_passed, &until_ms, "a second and a half");
    kit_raw_expect(fd, "$10000003\r\n");
    kit_raw_receive(fd, value, 10000003);
    kit_raw_expect(fd, "\r\n");
    kit_raw_expect_end(fd); /* once it has them, the server ends, long before the timeout */
    close(fd);
    free(value);
    expect_good_end(server);
}
END_TEST

START_TEST(who_asks_for_the_end_twice_has_it_at_once)
{
    static const int signals[][2] = {{SIGTERM, SIGTERM}, {SIGINT, SIGINT}, {SIGTERM, SIGQUIT}};
    for (int i = 0; i < 3; i++) {
        struct kit_server *server = kit_start("--shutdown-timeout", "2000000000");
        int fd = connect_without_reading(server);
        kit_signal(server, signals[i][0]);
        kit_await_log(server, "ending");
        kit_signal(server, SIGHUP); /* asks nothing of a server that ends */
        kit_signal(server, signals[i][1]);
        kit_await_log(server, "1 client hadn't taken all its replies");
        close(fd);
        expect_good_end(server);
    }
}
END_TEST

START_TEST(shutdown_now_waits_for_nobody)
{
    struct kit_server *server = kit_start("--shutdown-timeout", "600");
    int fd = connect_without_reading(server), other = kit_raw_connect(server);
    kit_raw_text(other, "SHUTDOWN NOW\r\n");
    kit_await_log(server, "kvs has ended");
    close(fd);
    close(other);
    expect_good_end(server);
}
END_TEST

/* ---- signals ---- */

START_TEST(signals_that_mean_nothing_are_told_and_change_nothing)
{
    const int signals[] = {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGSTKFLT, SIGRTMIN, SIGRTMAX};
    struct kit_server *server = kit_start();
    redisContext *context = kit_connect(server);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        char expected[64];
        const char *name = sigabbrev_np(signals[i]);
        kit_signal(server, signals[i]);
        if (name)
            snprintf(expected, sizeof expected, "SIG%s received from pid %d", name, (int)getpid());
        else
            snprintf(expected, sizeof expected, "signal %d received from pid %d", signals[i], (int)getpid());
        kit_await_log(server, expected);
        kit_expect(context, "+PONG", "PING");
    }
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(signals_that_would_end_it_end_it_gracefully)
{
    static const int signals[] = {SIGQUIT, SIGPWR, SIGXCPU};
    for (int i = 0; i < 3; i++) {
        struct kit_server *server = kit_start("--pidfile", "pid");
        kit_signal(server, signals[i]);
        int status = kit_wait(server);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "wait status %#x", (unsigned)status);
        ck_assert(!exists(server->socket) && !exists(scratch_path(server->folder, "pid")));
        kit_discard(server);
    }
}
END_TEST

START_TEST(a_log_that_may_grow_no_more_ends_nothing)
{
    struct kit_server *server = kit_start("--logfile", "server.log");
    char *path = strdup(scratch_path(server->folder, "server.log"));
    struct kit_server view = {.log = path}; /* for kit_await_log() */
    redisContext *context = kit_connect(server);
    struct rlimit none = {.rlim_cur = 1, .rlim_max = RLIM_INFINITY}, before;
    ck_assert_int_eq(prlimit(server->pid, RLIMIT_FSIZE, &none, &before), 0);
    for (int i = 0; i < 100; i++)
        kit_expect(context, "+OK", "DEBUG", "LOG", "what nobody reads");
    ck_assert_int_eq(prlimit(server->pid, RLIMIT_FSIZE, &before, NULL), 0);
    kit_expect(context, "+OK", "DEBUG", "LOG", "what is to be read");
    kit_await_log(&view, "what is to be read");
    char *text = scratch_read(path);
    ck_assert_ptr_null(strstr(text, "what nobody reads"));
    free(text);
    free(path);
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(it_ends_under_full_load)
{
    struct kit_server *server = kit_start();
    int fds[20];
    for (int i = 0; i < 20; i++) {
        fds[i] = kit_raw_connect(server);
        for (int k = 0; k < 500; k++)
            kit_raw_text(fds[i], "SET k v\r\nGET k\r\n");
    }
    kit_stop(server);
    for (int i = 0; i < 20; i++)
        close(fds[i]);
}
END_TEST

/* ---- the log ---- */

START_TEST(sighup_opens_the_log_anew)
{
    struct kit_server *server = kit_start("--logfile", "server.log");
    char *path = strdup(scratch_path(server->folder, "server.log")),
         *old = strdup(scratch_path(server->folder, "old.log"));
    struct kit_server view = {.log = path}; /* for kit_await_log() */
    kit_await_log(&view, "serves on");
    ck_assert_int_eq(rename(path, old), 0); /* as logrotate does */
    kit_signal(server, SIGHUP);
    kit_await_log(&view, "log reopened");
    char *text = scratch_read(path);
    ck_assert_ptr_null(strstr(text, "serves on"));
    free(text);
    redisContext *context = kit_connect(server);
    kit_expect(context, "+PONG", "PING");
    redisFree(context);
    kit_stop(server);
    free(path);
    free(old);
}
END_TEST

START_TEST(a_crash_leaves_a_backtrace_in_the_log)
{
    static const char *const ways[] = {"SEGFAULT", "PANIC"};
    if (scratch_is_sanitized()) {
        test_skip("a sanitizer reports crashes itself");
        return;
    }
    for (int i = 0; i < 2; i++) {
        struct kit_server *server = kit_start("--logfile", "server.log");
        int fd = kit_raw_connect(server);
        kit_raw_text(fd, "DEBUG ");
        kit_raw_text(fd, ways[i]);
        kit_raw_text(fd, "\r\n");
        kit_raw_expect_end(fd);
        close(fd);
        int status = kit_wait(server);
        ck_assert(WIFSIGNALED(status)); /* so that who started it knows, and a core can be had */
        ck_assert_int_eq(WTERMSIG(status), i ? SIGABRT : SIGSEGV);
        char *log = scratch_read(scratch_path(server->folder, "server.log"));
        ck_assert_ptr_nonnull(strstr(log, "crashed by signal"));
        char *trace = strstr(log, "STACK TRACE");
        ck_assert_ptr_nonnull(trace);
        unsigned frames = 0;
        for (char *line = trace; (line = strchr(line, '\n')); line++)
            frames += strstr(line, "[0x") != NULL;
        ck_assert_uint_ge(frames, 3);
        free(log);
        kit_start_again(server); /* and nothing hinders the next start */
        kit_stop(server);
    }
}
END_TEST

/* ---- the background ---- */

static bool is_gone(void *path)
{
    return !exists(path);
}

START_TEST(a_daemon_serves_when_its_starter_returns)
{
    char *folder = scratch_create(), *socket = strdup(scratch_path(folder, "s")), *output;
    char *pidfile = strdup(scratch_path(folder, "pid")), *logfile = strdup(scratch_path(folder, "log"));
    ck_assert_int_eq(kit_run(&output, "-s", socket, "--dir", folder, "--daemonize", "yes", "--pidfile", pidfile,
                             "--logfile", logfile),
                     0);
    ck_assert_str_eq(output, "");
    free(output);
    struct kit_server daemon = {.socket = socket, .log = logfile};
    redisContext *context = kit_connect(&daemon);
    kit_expect(context, "+PONG", "PING");
    char *pid = scratch_read(pidfile);
    ck_assert_int_eq(kit_info(context, "process_id"), atoi(pid));
    ck_assert_int_eq(getsid(atoi(pid)), atoi(pid)); /* its session is its own */
    redisFree(context);
    ck_assert_int_eq(kill(atoi(pid), SIGTERM), 0);
    kit_await(is_gone, pidfile, "the pid file was to be removed");
    ck_assert(!exists(socket));
    free(pid);
    free(pidfile);
    free(logfile);
    free(socket);
    scratch_remove(folder);
}
END_TEST

START_TEST(a_daemon_that_cannot_start_says_so_to_its_starter)
{
    char *output;
    struct kit_server *server = kit_start();
    ck_assert_int_eq(kit_run(&output, "-s", server->socket, "--daemonize", "yes"), 1);
    ck_assert_msg(strstr(output, "a server is listening there"), "%s", output);
    free(output);
    kit_stop(server);
}
END_TEST

START_TEST(the_pid_file_lasts_as_long_as_the_server)
{
    struct kit_server *server = kit_start("--pidfile", "kvs.pid");
    char *path = strdup(scratch_path(server->folder, "kvs.pid")), *pid = scratch_read(path);
    ck_assert_int_eq(atoi(pid), server->pid);
    free(pid);
    kit_signal(server, SIGTERM);
    ck_assert_int_eq(kit_wait(server), 0);
    ck_assert(!exists(path));
    kit_discard(server);
    free(path);
}
END_TEST

/* ---- standard files ---- */

static const char *const standard_files[] = {"input", "output", "errors"};

/*
 * The server as a child, with these arguments and standard files: a path, which is opened, or NULL: closed.
 */
static pid_t start_with_files(const char *const files[3], const char *const *args)
{
    const char *all[16] = {kit_program()};
    for (int i = 0; args[i]; i++)
        all[1 + i] = args[i];
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    closefrom(0);
    for (int fd = 0; fd < 3; fd++) /* in their order, so that each gets its number */
        if (open(files[fd] ? files[fd] : "/dev/null", fd == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_APPEND, 0600) != fd)
            _exit(126);
    for (int fd = 0; fd < 3; fd++)
        if (!files[fd])
            close(fd);
    execv(all[0], (char *const *)all);
    _exit(127);
}

static bool leads_to(pid_t pid, int fd, const char *wanted)
{
    char name[64], path[256];
    snprintf(name, sizeof name, "/proc/%d/fd/%d", (int)pid, fd);
    ssize_t len = readlink(name, path, sizeof path - 1);
    path[len < 0 ? 0 : len] = '\0';
    return strcmp(path, wanted) == 0;
}

/* Bits of _i say which are closed. With everything logged: none of it reaches a file that the server opened. */
START_TEST(closed_standard_files_are_nobodys_connection)
{
    int status;
    char *folder = scratch_create(), *socket = strdup(scratch_path(folder, "s"));
    const char *files[3];
    for (int fd = 0; fd < 3; fd++) {
        scratch_write(scratch_path(folder, standard_files[fd]), "");
        files[fd] = _i & 1 << fd ? NULL : scratch_path(folder, standard_files[fd]);
    }
    pid_t pid = start_with_files(
        files, (const char *const[]){"-s", socket, "--dir", folder, "--loglevel", "debug", "--threads", "1", NULL});
    struct kit_server started = {.socket = socket};
    kit_await(lets_in, socket, "the server listens");
    int one = kit_raw_connect(&started), other = kit_raw_connect(&started);
    kit_raw_text(one, "PING\r\n");
    kit_raw_expect(one, "+PONG\r\n");
    kit_raw_text(other, "nonsense\r\nPING\r\n*1\r\n$x\r\n"); /* the last is logged */
    kit_raw_expect(other, "-ERR unknown command 'nonsense', with args beginning with: \r\n+PONG\r\n"
                          "-ERR Protocol error: invalid bulk length\r\n");
    kit_raw_expect_end(other);
    for (int fd = 0; fd < 3; fd++)
        ck_assert(leads_to(pid, fd, files[fd] ? files[fd] : "/dev/null"));
    ck_assert_int_eq(kill(pid, SIGTERM), 0);
    kit_raw_expect_end(one);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    close(one);
    close(other);
    free(socket);
    scratch_remove(folder);
}
END_TEST

/* The exit status of a server that is to end by itself; what it says is in folder/errors. */
static int end_with_files(const char *folder, const char *input, const char *output, const char *argument)
{
    int status;
    unlink(scratch_path(folder, "errors"));
    const char *files[3] = {input, output, scratch_path(folder, "errors")};
    pid_t pid =
        start_with_files(files, (const char *const[]){argument, "-s", "", "--listen", scratch_path(folder, "s"), NULL});
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void expect_said(const char *folder, const char *expected)
{
    char *said = scratch_read(scratch_path(folder, "errors"));
    ck_assert_str_eq(said, expected);
    free(said);
}

START_TEST(what_cannot_be_printed_or_read_is_an_error)
{
    static const char *const printing[] = {"--help", "--version", "--config-markdown", "--man-page", "--check-config"};
    char *folder = scratch_create();
    for (size_t i = 0; i < sizeof printing / sizeof printing[0]; i++) {
        ck_assert_int_eq(end_with_files(folder, "/dev/null", "/dev/null", printing[i]), 0);
        ck_assert_int_eq(end_with_files(folder, "/dev/null", "/dev/full", printing[i]), 1);
        expect_said(folder, "kvs-server: can't write to standard output: No space left on device\n");
        ck_assert_int_eq(end_with_files(folder, "/dev/null", NULL, printing[i]), 1);
        expect_said(folder, "kvs-server: can't write to standard output: Bad file descriptor\n");
    }
    ck_assert_int_eq(end_with_files(folder, NULL, "/dev/null", "-"), 1); /* no configuration isn't an empty one */
    expect_said(folder, "kvs-server: standard input: can't be read: Bad file descriptor; name a configuration file\n");
    scratch_remove(folder);
}
END_TEST

/* ---- starts that can't be ---- */

/* It ends with status 1 and one line that holds all the given words. */
#define expect_refusal(words, ...)                                                                                     \
    expect_refusal_args((const char *const[])words, (const char *const[]){__VA_ARGS__, NULL})
#define WORDS(...)                                                                                                     \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }

static void expect_refusal_args(const char *const *words, const char *const *args)
{
    char *output;
    int status = kit_run_args(&output, args);
    ck_assert_msg(status == 1, "%s %s: status %d: %s", args[0], args[1] ? args[1] : "", status, output);
    for (; *words; words++)
        ck_assert_msg(strstr(output, *words), "\"%s\" isn't in: %s", *words, output);
    size_t len = strlen(output);
    ck_assert_msg(len > 0 && strchr(output, '\n') == output + len - 1, "not one line: %s", output);
    free(output);
}

START_TEST(mistakes_on_the_command_line_are_told_in_one_line)
{
    expect_refusal(WORDS("nonsense", "--help"), "--nonsense", "1");
    expect_refusal(WORDS("maxclients", "many"), "--maxclients", "many");
    expect_refusal(WORDS("maxclients"), "--maxclients", "0");
    expect_refusal(WORDS("port", "socket"), "--port", "6379");
    expect_refusal(WORDS("threads"), "--threads", "100000");
    expect_refusal(WORDS("unixsocketperm"), "--unixsocketperm", "999");
    expect_refusal(WORDS("loglevel"), "--loglevel", "loud");
    expect_refusal(WORDS("/none/kvs.conf"), "/none/kvs.conf");
}
END_TEST

START_TEST(unusable_paths_are_told_in_one_line)
{
    char *folder = scratch_create();
    const char *socket = scratch_path(folder, "s");
    expect_refusal(WORDS("/none/here"), "-s", socket, "--dir", "/none/here");
    expect_refusal(WORDS("/none/log"), "-s", socket, "--logfile", "/none/log");
    expect_refusal(WORDS("/none/s", "/none"), "-s", "/none/s");
    expect_refusal(WORDS(folder), "-s", folder);
    ck_assert(!exists(socket));
    scratch_remove(folder);
}
END_TEST

/* So many open files for the servers that this process starts; root's mayn't have more either. */
static void limit_files(rlim_t count)
{
    struct rlimit limit = {count, count};
    if (geteuid() == 0)
        prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/*
 * How many it says that it needs when it may have 60. In a process of its own, because a limit can't be raised again.
 */
static rlim_t files_needed(void)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        char *output, *check;
        limit_files(60);
        int code = kit_run(&output, "--threads", "4");
        if (kit_run(&check, "--threads", "4", "--check-config") != 1 || strcmp(check, output) != 0)
            _exit(0); /* the check has to find it as well */
        const char *found = strstr(output, "(ulimit -n ");
        _exit(code == 1 && found ? atoi(found + 11) : 0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? (rlim_t)WEXITSTATUS(status) : 0;
}

START_TEST(too_few_open_files_are_told_with_how_many_are_needed)
{
    rlim_t needed = files_needed();
    ck_assert_uint_gt(needed, 60);
    limit_files(needed); /* only root may raise it */
    struct kit_server *server = kit_start("--threads", "4");
    int fds[7];
    redisContext *context = kit_connect(server);
    for (int i = 0; i < 7; i++) {
        fds[i] = kit_raw_connect(server);
        kit_raw_text(fds[i], "PING\r\n");
        kit_raw_expect(fds[i], "+PONG\r\n");
    }
    kit_signal(server, SIGHUP);
    kit_await_log(server, "configuration:");
    kit_expect(context, "+OK", "CONFIG", "SET", "listen", scratch_path(server->folder, "a"));
    char *log = kit_read_log(server);
    ck_assert_ptr_null(strstr(log, "Too many open files"));
    free(log);
    for (int i = 0; i < 7; i++)
        close(fds[i]);
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(start_is_announced_in_the_singular_for_one_thread)
{
    struct kit_server *server = kit_start("--threads", "1");
    kit_await_log(server, " with 1 thread, pid ");
    kit_stop(server);
    server = kit_start("--threads", "2");
    kit_await_log(server, " with 2 threads, pid ");
    kit_stop(server);
}
END_TEST

START_TEST(mistakes_in_a_file_are_told_with_file_and_line)
{
    char *folder = scratch_create(), *path = strdup(scratch_path(folder, "kvs.conf"));
    static const char *const files[] = {
        "# a comment\n\nmaxclients 10\nmaxclient 10\n",
        "maxclients 10\nport 0\ntcp-backlog 5\nport 6379\n",
        "timeout 0\n\n\nloglevel loud\n",
        "databases 4\nbind 127.0.0.1\nprotected-mode yes\nsave 3600 one\n",
        "# quotes\n\n\nlogfile \"open\n",
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char line[64];
        snprintf(line, sizeof line, "%s:4:", path);
        scratch_write(path, files[i]);
        expect_refusal(WORDS(line), path);
        expect_refusal(WORDS(line), path, "--check-config");
        expect_refusal(WORDS(line), "--check-config", path);
    }
    scratch_remove(folder);
    free(path);
}
END_TEST

START_TEST(a_file_of_redis_for_a_socket_alone_starts)
{
    char *folder = scratch_create(), *output, text[1024];
    const char *path = scratch_path(folder, "redis.conf");
    snprintf(text, sizeof text,
             "bind 127.0.0.1 -::1\nprotected-mode yes\nport 0\ntcp-backlog 511\nunixsocket %s/s\nunixsocketperm 700\n"
             "timeout 0\ntcp-keepalive 300\ndaemonize no\npidfile %s/pid\nloglevel notice\nlogfile \"\"\ndatabases 16\n"
             "always-show-logo no\nset-proc-title yes\nsave \"\"\nappendonly no\nmaxclients 100\nhz 10\n",
             folder, folder);
    scratch_write(path, text);
    ck_assert_int_eq(kit_run(&output, path, "--check-config"), 0);
    free(output);
    ck_assert_int_eq(kit_run(&output, "--check-config", path), 0);
    free(output);
    struct kit_server *server = kit_start(path, "--hz", "50"); /* the flags come after the file and win */
    redisContext *context = kit_connect(server);
    kit_expect(context, "[$maxclients $100]", "CONFIG", "GET", "maxclients");
    kit_expect(context, "[$hz $50]", "CONFIG", "GET", "hz");
    redisFree(context);
    kit_stop(server);
    scratch_remove(folder);
}
END_TEST

START_TEST(help_and_version_are_told_and_nothing_is_started)
{
    char *output;
    ck_assert_int_eq(kit_run(&output, "--version"), 0);
    ck_assert_ptr_nonnull(strstr(output, "kvs-server "));
    free(output);
    ck_assert_int_eq(kit_run(&output, "--help"), 0);
    ck_assert_ptr_nonnull(strstr(output, "--unixsocket"));
    free(output);
}
END_TEST

Suite *suite_lifecycle(void);
Suite *suite_lifecycle(void)
{
    Suite *suite = suite_create("lifecycle");
    TCase *tcase = kit_tcase("lifecycle");
    tcase_add_test(tcase, sigterm_and_sigint_end_it_gracefully);
    tcase_add_test(tcase, shutdown_ends_it_without_an_answer);
    tcase_add_test(tcase, wrong_forms_of_shutdown_end_nothing);
    tcase_add_test(tcase, replies_under_way_arrive_before_the_end);
    tcase_add_test(tcase, a_client_that_never_reads_does_not_hold_up_the_end);
    tcase_add_test(tcase, clients_have_the_shutdown_timeout_to_take_their_replies);
    tcase_add_test(tcase, who_asks_for_the_end_twice_has_it_at_once);
    tcase_add_test(tcase, shutdown_now_waits_for_nobody);
    tcase_add_test(tcase, signals_that_mean_nothing_are_told_and_change_nothing);
    tcase_add_test(tcase, signals_that_would_end_it_end_it_gracefully);
    tcase_add_test(tcase, a_log_that_may_grow_no_more_ends_nothing);
    tcase_add_test(tcase, it_ends_under_full_load);
    tcase_add_test(tcase, sighup_opens_the_log_anew);
    tcase_add_test(tcase, a_crash_leaves_a_backtrace_in_the_log);
    tcase_add_test(tcase, a_daemon_serves_when_its_starter_returns);
    tcase_add_test(tcase, a_daemon_that_cannot_start_says_so_to_its_starter);
    tcase_add_test(tcase, the_pid_file_lasts_as_long_as_the_server);
    tcase_add_loop_test(tcase, closed_standard_files_are_nobodys_connection, 1, 8);
    tcase_add_test(tcase, what_cannot_be_printed_or_read_is_an_error);
    tcase_add_test(tcase, mistakes_on_the_command_line_are_told_in_one_line);
    tcase_add_test(tcase, unusable_paths_are_told_in_one_line);
    tcase_add_test(tcase, too_few_open_files_are_told_with_how_many_are_needed);
    tcase_add_test(tcase, start_is_announced_in_the_singular_for_one_thread);
    tcase_add_test(tcase, mistakes_in_a_file_are_told_with_file_and_line);
    tcase_add_test(tcase, a_file_of_redis_for_a_socket_alone_starts);
    tcase_add_test(tcase, help_and_version_are_told_and_nothing_is_started);
    suite_add_tcase(suite, tcase);
    return suite;
}
