/*
 * Servers are started with fork and exec, their output goes to a file. Readiness is found by trying to connect, a few
 * milliseconds apart, while the process's descriptor tells of an early death. Sanitizers are told to write their
 * reports into the server's folder, where kit_stop() looks for them.
 */
#include "kit/kit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 60000
#define POLL_MS 2

static struct kit_server *servers; /* all that live; the test's main thread only */

int64_t kit_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *text(const char *format, ...)
{
    char *result;
    va_list list;
    va_start(list, format);
    if (vasprintf(&result, format, list) < 0)
        abort();
    va_end(list);
    return result;
}

/* ---- the process ---- */

static void discard_all(void)
{
    while (servers)
        kit_discard(servers);
}

TCase *kit_tcase(const char *name)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 300 : 120);
    tcase_add_checked_fixture(tcase, NULL, discard_all);
    return tcase;
}

const char *kit_program(void)
{
    const char *named = getenv("KVS_SERVER");
    return named ? named : "build/kvs-server";
}

/* A configuration file comes first, then the standing arguments, then the others. */
static char **args_of_server(const struct kit_server *server, const char *const *further)
{
    char *first = text("%s/kvs.sock", server->folder);
    /* clients that a test leaves with replies unread don't keep its server */
    const char *standing[] = {
        "-s", first, "--dir", server->folder, "--threads", "4", "--enable-debug-command", "yes", "--shutdown-timeout",
        "1"};
    size_t extra = 0, count = 0;
    while (further[extra])
        extra++;
    char **args = calloc(sizeof standing / sizeof standing[0] + extra + 2, sizeof *args);
    args[count++] = strdup(kit_program());
    if (*further && **further != '-')
        args[count++] = strdup(*further++);
    for (size_t i = 0; i < sizeof standing / sizeof standing[0]; i++)
        args[count++] = strdup(standing[i]);
    while (*further)
        args[count++] = strdup(*further++);
    free(first);
    return args;
}

static void free_args(char **args)
{
    for (char **arg = args; arg && *arg; arg++)
        free(*arg);
    free(args);
}

static void set_sanitizer_options(const char *variable, const char *folder)
{
    const char *given = getenv(variable);
    char *options = text("%s%slog_path=%s/sanitizer", given ? given : "", given && *given ? ":" : "", folder);
    setenv(variable, options, 1);
    free(options);
}

static pid_t spawn(char *const *args, const char *folder, const char *output)
{
    pid_t parent = getpid(), pid = fork();
    ck_assert_msg(pid >= 0, "fork: %s", strerror(errno));
    if (pid > 0)
        return pid;
    int fd = open(output, O_WRONLY | O_CREAT | O_APPEND, 0600), null = open("/dev/null", O_RDONLY);
    if (fd < 0 || null < 0 || dup2(null, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
        _exit(126);
    closefrom(3);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGQUIT, SIG_DFL); /* a shell has it ignored by what it starts in the background, and kvs leaves it so */
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing is left behind if the test is killed */
    if (getppid() != parent)
        _exit(126);
    set_sanitizer_options("ASAN_OPTIONS", folder);
    set_sanitizer_options("TSAN_OPTIONS", folder);
    set_sanitizer_options("UBSAN_OPTIONS", folder);
    execvp(args[0], args);
    fprintf(stderr, "can't start %s: %s (KVS_SERVER names the server to test)\n", args[0], strerror(errno));
    _exit(127);
}

/* Waits for the end of the process, at most so long. */
static bool ends_within(pid_t pid, int milliseconds)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    ck_assert_msg(fd >= 0, "pidfd_open: %s", strerror(errno));
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    int ready;
    while ((ready = poll(&polled, 1, milliseconds)) < 0 && errno == EINTR) {
    }
    close(fd);
    return ready > 0;
}

static int open_stream(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    ck_assert_uint_lt(strlen(path), sizeof address.sun_path);
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_msg(fd >= 0, "socket: %s", strerror(errno));
    struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* PING, as is wanted. And has closed the connection: nobody counts it among the clients. */
static bool answers(const struct kit_server *server, const char *wanted)
{
    char pong[7];
    int fd = open_stream(server->socket);
    bool yes = fd >= 0 && send(fd, "PING\r\n", 6, MSG_NOSIGNAL) == 6 && recv(fd, pong, 7, MSG_WAITALL) == 7 &&
               memcmp(pong, wanted, 7) == 0 && shutdown(fd, SHUT_WR) == 0;
    while (yes && recv(fd, pong, 1, 0) > 0)
        ;
    if (fd >= 0)
        close(fd);
    return yes;
}

static void start_until(struct kit_server *server, const char *answer)
{
    ck_assert_msg(server->pid == 0, "the server is running already");
    server->pid = spawn(server->args, server->folder, server->log);
    for (int64_t deadline = kit_now_ms() + PATIENCE_MS; !answers(server, answer);) {
        bool ended = ends_within(server->pid, POLL_MS);
        if (!ended && kit_now_ms() < deadline)
            continue;
        char *log = kit_read_log(server);
        ck_abort_msg("the server %s; it wrote:\n%s", ended ? "ended at once" : "doesn't answer", log);
    }
}

void kit_start_again(struct kit_server *server)
{
    start_until(server, "+PONG\r\n");
}

void kit_start_loading(struct kit_server *server)
{
    start_until(server, "-LOADING");
}

struct kit_server *kit_start_args(const char *const *args)
{
    struct kit_server *server = calloc(1, sizeof *server);
    server->folder = scratch_create();
    server->socket = text("%s/kvs.sock", server->folder);
    server->log = text("%s/log", server->folder);
    for (const char *const *arg = args; *arg; arg++) {
        bool names = strcmp(*arg, "--unixsocket") == 0 || strcmp(*arg, "-s") == 0 ||
                     (strcmp(*arg, "--listen") == 0 && server->socket[0] == '\0'); /* the only one */
        if (names && arg[1]) {
            free(server->socket);
            bool relative = arg[1][0] != '\0' && arg[1][0] != '/';
            server->socket = relative ? text("%s/%s", server->folder, arg[1]) : strdup(arg[1]);
        }
    }
    server->args = args_of_server(server, args);
    server->next = servers;
    servers = server;
    kit_start_again(server);
    return server;
}

void kit_signal(struct kit_server *server, int signal)
{
    ck_assert_msg(server->pid && kill(server->pid, signal) == 0, "can't send signal %d: %s", signal, strerror(errno));
}

static void check_no_report(const struct kit_server *server)
{
    char *command = text("cat %s/sanitizer.* 2>/dev/null", server->folder);
    FILE *reports = popen(command, "r");
    char report[8192];
    size_t len = reports ? fread(report, 1, sizeof report - 1, reports) : 0;
    report[len] = '\0';
    if (reports)
        pclose(reports);
    free(command);
    /* what it merely remarks, such as an allocation refused on purpose, is no report */
    bool bad =
        strstr(report, "ERROR: ") || strstr(report, "WARNING: ThreadSanitizer") || strstr(report, "runtime error: ");
    ck_assert_msg(!bad, "a sanitizer reports:\n%s", report);
}

int kit_wait(struct kit_server *server)
{
    int status;
    bool ended = ends_within(server->pid, PATIENCE_MS);
    ck_assert_msg(ended, "the server doesn't end; its log:\n%s", kit_read_log(server));
    ck_assert_int_eq(waitpid(server->pid, &status, 0), server->pid);
    server->pid = 0;
    check_no_report(server);
    return status;
}

void kit_kill(struct kit_server *server)
{
    kit_signal(server, SIGKILL);
    kit_wait(server);
}

void kit_stop(struct kit_server *server)
{
    kit_signal(server, SIGTERM);
    int status = kit_wait(server);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the server ended with wait status %#x; its log:\n%s",
                  (unsigned)status, kit_read_log(server));
    ck_assert_msg(access(server->socket, F_OK) != 0, "the server left its socket file behind");
    kit_discard(server);
}

void kit_discard(struct kit_server *server)
{
    struct kit_server **link = &servers;
    while (*link != server)
        link = &(*link)->next;
    *link = server->next;
    if (server->pid) {
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
    }
    scratch_remove(server->folder);
    free_args(server->args);
    free(server->socket);
    free(server->log);
    free(server);
}

char *kit_read_log(const struct kit_server *server)
{
    return scratch_read(server->log);
}

void kit_await(bool (*condition)(void *data), void *data, const char *what)
{
    int64_t deadline = kit_now_ms() + PATIENCE_MS;
    for (unsigned tries = 0; !condition(data); tries++) {
        ck_assert_msg(kit_now_ms() < deadline, "waited in vain: %s", what);
        if (tries < 100)
            sched_yield(); /* most waits are short */
        else
            poll(NULL, 0, POLL_MS);
    }
}

struct awaited_log {
    const struct kit_server *server;
    const char *text;
};

static bool log_has_text(void *data)
{
    struct awaited_log *awaited = data;
    char *log = kit_read_log(awaited->server);
    bool has = strstr(log, awaited->text);
    free(log);
    return has;
}

void kit_await_log(const struct kit_server *server, const char *expected)
{
    struct awaited_log awaited = {server, expected};
    kit_await(log_has_text, &awaited, expected);
}

int kit_run_args(char **output_out, const char *const *further)
{
    size_t count = 0;
    while (further[count])
        count++;
    char **args = calloc(count + 2, sizeof *args);
    args[0] = strdup(kit_program());
    for (size_t i = 0; i < count; i++)
        args[1 + i] = strdup(further[i]);
    char *folder = scratch_create();
    char *output = text("%s/output", folder);
    pid_t pid = spawn(args, folder, output);
    free_args(args);
    int status = -1;
    bool ended = ends_within(pid, PATIENCE_MS);
    if (!ended)
        kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    char *written = scratch_read(output);
    free(output);
    ck_assert_msg(ended, "the server was to end by itself; it wrote:\n%s", written);
    ck_assert_msg(WIFEXITED(status), "the server ended with wait status %#x; it wrote:\n%s", (unsigned)status, written);
    scratch_remove(folder);
    if (output_out)
        *output_out = written;
    else
        free(written);
    return WEXITSTATUS(status);
}

/* ---- connections ---- */

redisContext *kit_connect_to(const char *path)
{
    struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    redisContext *context = redisConnectUnixWithTimeout(path, patience);
    ck_assert_msg(context && !context->err, "can't connect to %s: %s", path, context ? context->errstr : "memory");
    redisSetTimeout(context, patience);
    return context;
}

redisContext *kit_connect(const struct kit_server *server)
{
    return kit_connect_to(server->socket);
}

redisReply *kit_command_args(redisContext *context, const char *const *args)
{
    int count = 0;
    while (args[count])
        count++;
    redisReply *reply = redisCommandArgv(context, count, (const char **)args, NULL);
    ck_assert_msg(reply, "no reply to %s: %s", args[0], context->errstr);
    return reply;
}

static void print_bytes(FILE *out, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)data[i];
        if (byte < ' ' || byte > '~' || byte == '\\')
            fprintf(out, "\\x%02x", byte);
        else
            fputc(byte, out);
    }
}

static void print_reply(FILE *out, const redisReply *reply)
{
    switch (reply->type) {
    case REDIS_REPLY_NIL:
        fputs("nil", out);
        break;
    case REDIS_REPLY_INTEGER:
        fprintf(out, ":%lld", reply->integer);
        break;
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
    case REDIS_REPLY_STRING:
        fputc(reply->type == REDIS_REPLY_STATUS ? '+' : reply->type == REDIS_REPLY_ERROR ? '-' : '$', out);
        print_bytes(out, reply->str, reply->len);
        break;
    case REDIS_REPLY_ARRAY:
        fputc('[', out);
        for (size_t i = 0; i < reply->elements; i++) {
            if (i)
                fputc(' ', out);
            print_reply(out, reply->element[i]);
        }
        fputc(']', out);
        break;
    default:
        fprintf(out, "(reply type %d)", reply->type);
    }
}

char *kit_reply_text(const redisReply *reply)
{
    char *result;
    size_t len;
    FILE *out = open_memstream(&result, &len);
    print_reply(out, reply);
    fclose(out);
    return result;
}

static bool text_matches(const char *actual, const char *expected)
{
    size_t len = strlen(expected);
    if (len >= 3 && strcmp(expected + len - 3, "...") == 0)
        return strncmp(actual, expected, len - 3) == 0;
    return strcmp(actual, expected) == 0;
}

void kit_expect_at(const char *file, int line, redisContext *context, const char *expected, const char *const *args)
{
    redisReply *reply = kit_command_args(context, args);
    char *actual = kit_reply_text(reply);
    freeReplyObject(reply);
    if (!text_matches(actual, expected))
        ck_abort_msg("%s:%d: %s %s ...: expected %.2000s, got %.2000s", file, line, args[0], args[1] ? args[1] : "",
                     expected, actual);
    free(actual);
}

void kit_expect_reply_at(const char *file, int line, redisReply *reply, const char *expected)
{
    ck_assert_msg(reply, "%s:%d: expected %.2000s, got no reply", file, line, expected);
    char *actual = kit_reply_text(reply);
    freeReplyObject(reply);
    if (!text_matches(actual, expected))
        ck_abort_msg("%s:%d: expected %.2000s, got %.2000s", file, line, expected, actual);
    free(actual);
}

void kit_expect_next_at(const char *file, int line, redisContext *context, const char *expected)
{
    redisReply *reply = NULL;
    ck_assert_msg(redisGetReply(context, (void **)&reply) == REDIS_OK, "%s:%d: %s", file, line, context->errstr);
    kit_expect_reply_at(file, line, reply, expected);
}

long long kit_integer_args(redisContext *context, const char *const *args)
{
    redisReply *reply = kit_command_args(context, args);
    if (reply->type != REDIS_REPLY_INTEGER)
        ck_abort_msg("%s: expected an integer, got %s", args[0], kit_reply_text(reply));
    long long value = reply->integer;
    freeReplyObject(reply);
    return value;
}

char *kit_info_text(redisContext *context, const char *field)
{
    redisReply *reply = kit_command(context, "INFO", "everything");
    ck_assert_msg(reply->type == REDIS_REPLY_STRING, "INFO: %s", kit_reply_text(reply));
    char *start = text("\n%s:", field), *found = strstr(reply->str, start), *value = strdup("");
    if (found) {
        free(value);
        found += strlen(start);
        value = strndup(found, strcspn(found, "\r\n"));
    }
    free(start);
    freeReplyObject(reply);
    return value;
}

long long kit_info(redisContext *context, const char *field)
{
    char *value = kit_info_text(context, field);
    long long number = strtoll(value, NULL, 10);
    free(value);
    return number;
}

struct kit_thread {
    pthread_t thread;
    const struct kit_server *server;
    unsigned index;
    kit_work *work;
    void *data;
};

static void *kit_thread_main(void *argument)
{
    struct kit_thread *thread = argument;
    redisContext *context = kit_connect(thread->server);
    thread->work(context, thread->index, thread->data);
    redisFree(context);
    return NULL;
}

void kit_parallel(const struct kit_server *server, unsigned count, kit_work *work, void *data)
{
    struct kit_thread *threads = calloc(count, sizeof *threads);
    for (unsigned i = 0; i < count; i++) {
        threads[i] = (struct kit_thread){.server = server, .index = i, .work = work, .data = data};
        ck_assert_int_eq(pthread_create(&threads[i].thread, NULL, kit_thread_main, &threads[i]), 0);
    }
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i].thread, NULL);
    free(threads);
}

/* ---- raw connections ---- */

int kit_raw_connect(const struct kit_server *server)
{
    int fd = open_stream(server->socket);
    ck_assert_msg(fd >= 0, "can't connect to %s: %s", server->socket, strerror(errno));
    return fd;
}

void kit_raw_send(int fd, const void *data, size_t len)
{
    for (size_t sent = 0; sent < len;) {
        ssize_t n = send(fd, (const char *)data + sent, len - sent, MSG_NOSIGNAL);
        ck_assert_msg(n > 0, "send: %s, %zu bytes before the end", strerror(errno), len - sent);
        sent += (size_t)n;
    }
}

void kit_raw_text(int fd, const char *sent)
{
    kit_raw_send(fd, sent, strlen(sent));
}

/* Returns how many came before the end, an error or the end of patience. */
static size_t receive_up_to(int fd, char *data, size_t len)
{
    size_t received = 0;
    while (received < len) {
        ssize_t n = recv(fd, data + received, len - received, 0);
        if (n <= 0)
            break;
        received += (size_t)n;
    }
    return received;
}

void kit_raw_receive(int fd, void *data, size_t len)
{
    size_t received = receive_up_to(fd, data, len);
    ck_assert_msg(received == len, "%zu of %zu bytes came: %s", received, len, strerror(errno));
}

void kit_raw_expect_at(const char *file, int line, int fd, const char *expected, size_t len)
{
    char *actual = calloc(1, len + 1), *expected_text, *actual_text;
    size_t received = receive_up_to(fd, actual, len), size;
    if (received == len && memcmp(actual, expected, len) == 0) {
        free(actual);
        return;
    }
    FILE *out = open_memstream(&expected_text, &size);
    print_bytes(out, expected, len);
    fclose(out);
    out = open_memstream(&actual_text, &size);
    print_bytes(out, actual, received);
    fclose(out);
    ck_abort_msg("%s:%d: expected %.2000s, got %.2000s", file, line, expected_text, actual_text);
}

void kit_raw_expect_end(int fd)
{
    char byte[64];
    ssize_t n = recv(fd, byte, sizeof byte, 0);
    ck_assert_msg(n == 0 || (n < 0 && errno == ECONNRESET), "expected the end, got %s",
                  n > 0 ? "bytes" : strerror(errno));
}

/* A Unix socket counts what was sent until it has been read. */
static bool all_is_taken(void *fd)
{
    int queued = 0;
    return ioctl(*(int *)fd, SIOCOUTQ, &queued) == 0 && queued == 0;
}

void kit_raw_await_taken(int fd)
{
    kit_await(all_is_taken, &fd, "the server was to read what was sent");
}

size_t kit_raw_receive_line(int fd, char *line, size_t size)
{
    size_t len = 0;
    while (len + 1 < size && (len < 2 || memcmp(line + len - 2, "\r\n", 2) != 0)) {
        kit_raw_receive(fd, line + len, 1);
        len++;
    }
    if (len >= 2 && memcmp(line + len - 2, "\r\n", 2) == 0)
        len -= 2;
    line[len] = '\0';
    return len;
}
