/*
 * Socket activation: by systemd-socket-activate where it is installed, and by a launcher of our own, which does what a
 * service manager does between fork() and exec().
 */
#include "kit/kit.h"
#include "kit/suites.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SOCKETS_MAX = 4, FIRST_FD = 3, SPARE_FD = 20 };

static char *folder;
static char *paths[SOCKETS_MAX]; /* folder/0.sock ... */
static pid_t pid;

static void begin(void)
{
    folder = scratch_create();
    for (int i = 0; i < SOCKETS_MAX; i++)
        ck_assert_int_ge(asprintf(&paths[i], "%s/%d.sock", folder, i), 0);
    pid = 0;
}

static void end(void)
{
    if (pid) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    for (int i = 0; i < SOCKETS_MAX; i++)
        free(paths[i]);
    scratch_remove(folder);
}

static char *read_log(void)
{
    return scratch_read(scratch_path(folder, "log"));
}

/* In the child: output to folder/log, and no life after the test's. */
static void become_child(void)
{
    int fd = open(scratch_path(folder, "log"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* ---- a launcher of our own ---- */

static int listen_at(const char *path, int type, mode_t mode)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
    if (type != SOCK_DGRAM)
        ck_assert_int_eq(listen(fd, 8), 0);
    return fd;
}

/*
 * Hands descriptors over and starts the server with these arguments. The descriptors stay open here, as a manager's
 * do.
 */
#define launch(fds, count, names, ...)                                                                                 \
    launch_args(fds, count, names, (const char *const[]){kit_program(), ##__VA_ARGS__, NULL})
static void launch_args(const int *fds, int count, const char *names, const char *const *args)
{
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid > 0)
        return;
    char number[16];
    become_child();
    for (int i = 0; i < count; i++)
        if (dup2(fds[i], SPARE_FD + i) < 0)
            _exit(126);
    for (int i = 0; i < count; i++)
        if (dup2(SPARE_FD + i, FIRST_FD + i) < 0)
            _exit(126);
    closefrom(FIRST_FD + count);
    snprintf(number, sizeof number, "%d", (int)getpid());
    setenv("LISTEN_PID", number, 1);
    snprintf(number, sizeof number, "%d", count);
    setenv("LISTEN_FDS", number, 1);
    if (names)
        setenv("LISTEN_FDNAMES", names, 1);
    execv(args[0], (char *const *)args);
    _exit(127);
}

static int wait_for_end(void)
{
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    pid = 0;
    return status;
}

static void stop(void)
{
    ck_assert_int_eq(kill(pid, SIGTERM), 0);
    int status = wait_for_end();
    char *log = read_log();
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "wait status %#x, and the log:\n%s", (unsigned)status,
                  log);
    free(log);
}

/* CLIENT LIST of the connection itself has the socket's path and access. */
static void expect_access(redisContext *context, const char *access, const char *path)
{
    char wanted[256];
    redisReply *reply = kit_command(context, "CLIENT", "INFO");
    snprintf(wanted, sizeof wanted, " access=%s socket=%s\n", access, path);
    ck_assert_msg(strstr(reply->str, wanted) != NULL, "no \"%s\" in %s", wanted, reply->str);
    freeReplyObject(reply);
}

static void expect_service_at(const char *path, const char *access)
{
    redisContext *context = kit_connect_to(path);
    kit_expect(context, "+PONG", "PING");
    expect_access(context, access, path);
    redisFree(context);
}

START_TEST(one_socket_handed_over_is_the_servers_only_one)
{
    int fd = listen_at(paths[0], SOCK_STREAM, 0600);
    struct stat before, after;
    launch(&fd, 1, NULL, "--dir", folder);
    expect_service_at(paths[0], "admin");
    ck_assert_int_eq(stat(paths[0], &before), 0);
    stop();
    ck_assert_int_eq(stat(paths[0], &after), 0); /* the manager's, and stays */
    ck_assert_uint_eq(before.st_ino, after.st_ino);
    close(fd);
}
END_TEST

START_TEST(sockets_are_matched_to_listen_entries_by_path)
{
    int fds[] = {listen_at(paths[0], SOCK_STREAM, 0666), listen_at(paths[1], SOCK_STREAM, 0600)};
    char entries[3][256];
    snprintf(entries[0], sizeof entries[0], "%s access=read", paths[0]);
    snprintf(entries[1], sizeof entries[1], "%s access=admin", paths[1]);
    snprintf(entries[2], sizeof entries[2], "%s access=write", paths[2]);
    launch(fds, 2, "a:b", "--dir", folder, "--listen", entries[0], "--listen", entries[1], "--listen", entries[2]);
    expect_service_at(paths[0], "read");
    expect_service_at(paths[1], "admin");
    expect_service_at(paths[2], "write"); /* made by the server itself */
    stop();
    ck_assert_int_eq(access(paths[0], F_OK), 0);
    ck_assert_int_eq(access(paths[1], F_OK), 0);
    ck_assert_int_ne(access(paths[2], F_OK), 0);
    close(fds[0]);
    close(fds[1]);
}
END_TEST

START_TEST(clients_that_came_before_the_server_are_served)
{
    int fd = listen_at(paths[0], SOCK_STREAM, 0600);
    redisContext *context = kit_connect_to(paths[0]);
    launch(&fd, 1, "name", "--dir", folder);
    kit_expect(context, "+OK", "SET", "key", "value");
    redisFree(context);
    stop();
    context = kit_connect_to(paths[0]); /* the manager still listens: the next server serves it */
    launch(&fd, 1, "name", "--dir", folder);
    kit_expect(context, "nil", "GET", "key");
    redisFree(context);
    stop();
    close(fd);
}
END_TEST

START_TEST(a_blocking_socket_does_not_block_the_server)
{
    int fds[] = {listen_at(paths[0], SOCK_STREAM, 0600), listen_at(paths[1], SOCK_STREAM, 0600)};
    ck_assert_int_eq(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
    launch(fds, 2, NULL, "--dir", folder);
    for (int i = 0; i < 20; i++) {
        redisContext *first = kit_connect_to(paths[i % 2]);
        kit_expect(first, "+PONG", "PING");
        redisFree(first);
    }
    ck_assert_int_ne(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0); /* set by the server: no NonBlocking= is needed */
    stop();
    close(fds[0]);
    close(fds[1]);
}
END_TEST

START_TEST(what_is_no_listening_stream_socket_is_refused_in_one_line)
{
    int fd = listen_at(paths[0], SOCK_DGRAM, 0600);
    launch(&fd, 1, "wrong", "--dir", folder);
    int status = wait_for_end();
    char *log = read_log();
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 1, "wait status %#x", (unsigned)status);
    ck_assert_msg(strstr(log, "('wrong')") && strchr(log, '\n') == log + strlen(log) - 1, "%s", log);
    free(log);
    close(fd);
}
END_TEST

/* ---- systemd-socket-activate ---- */

/* The file is there before its socket listens, and a connection would be the first. So the kernel is asked. */
static bool is_listened_at(void *path)
{
    char line[512];
    bool found = false;
    FILE *sockets = fopen("/proc/net/unix", "re");
    ck_assert(sockets);
    while (!found && fgets(line, sizeof line, sockets)) {
        unsigned flags;
        char at[256];
        found = sscanf(line, "%*s %*s %*s %x %*s %*s %*s %255s", &flags, at) == 2;
        found = found && flags == 0x10000 && strcmp(at, path) == 0; /* that it accepts connections */
    }
    fclose(sockets);
    return found;
}

static bool has_activate(const char *test)
{
    if (system("systemd-socket-activate --version >/dev/null 2>&1") == 0)
        return true;
    test_skip_as(test, "systemd-socket-activate is not installed");
    return false;
}

/* It listens at the first paths, and becomes the server at the first connection. */
#define activate(count, ...) activate_args(count, (const char *const[]){__VA_ARGS__, NULL})
static void activate_args(int count, const char *const *further)
{
    const char *args[32] = {"systemd-socket-activate"};
    size_t at = 1;
    for (int i = 0; i < count; i++) {
        args[at++] = "-l";
        args[at++] = paths[i];
    }
    for (; *further; further++)
        args[at++] = strcmp(*further, "SERVER") == 0 ? kit_program() : *further;
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        become_child();
        closefrom(FIRST_FD);
        execvp(args[0], (char *const *)args);
        _exit(127);
    }
    kit_await(is_listened_at, paths[count - 1], "a socket of systemd-socket-activate");
}

START_TEST(systemd_starts_it_at_the_first_connection)
{
    if (!has_activate(__func__))
        return;
    activate(1, "-E", "KVS_SERVER", "SERVER", "--dir", folder);
    expect_service_at(paths[0], "admin");
    stop();
}
END_TEST

START_TEST(systemd_names_several_for_listen_entries)
{
    char entries[2][256];
    if (!has_activate(__func__))
        return;
    /* each name is that of a file elsewhere, whose entry it stands for */
    snprintf(entries[0], sizeof entries[0], "%s/metrics.sock access=read", folder);
    snprintf(entries[1], sizeof entries[1], "%s/app.sock access=write", folder);
    activate(3, "--fdname=app:metrics:other", "SERVER", "--dir", folder, "--listen", entries[0], "--listen",
             entries[1]);
    expect_service_at(paths[0], "write");
    expect_service_at(paths[1], "read");
    expect_service_at(paths[2], "write");
    redisContext *context = kit_connect_to(paths[1]);
    kit_expect(context, "-NOPERM ...", "SET", "key", "value");
    redisFree(context);
    stop();
}
END_TEST

Suite *suite_activation(void);
Suite *suite_activation(void)
{
    Suite *suite = suite_create("activation");
    TCase *own = kit_tcase("without systemd");
    tcase_add_checked_fixture(own, begin, end);
    tcase_add_test(own, one_socket_handed_over_is_the_servers_only_one);
    tcase_add_test(own, sockets_are_matched_to_listen_entries_by_path);
    tcase_add_test(own, clients_that_came_before_the_server_are_served);
    tcase_add_test(own, a_blocking_socket_does_not_block_the_server);
    tcase_add_test(own, what_is_no_listening_stream_socket_is_refused_in_one_line);
    suite_add_tcase(suite, own);
    TCase *systemd = kit_tcase("by systemd-socket-activate");
    tcase_add_checked_fixture(systemd, begin, end);
    tcase_add_test(systemd, systemd_starts_it_at_the_first_connection);
    tcase_add_test(systemd, systemd_names_several_for_listen_entries);
    suite_add_tcase(suite, systemd);
    return suite;
}
