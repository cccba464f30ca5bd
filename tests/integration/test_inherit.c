/* --inherit-fd: a store for one process tree, over a connection that the parent made; no socket file at all. */
#include "kit/kit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { INHERITED = 7 };

static char *folder;
static pid_t pid;

static void begin(void)
{
    folder = scratch_create();
    pid = 0;
}

static void end(void)
{
    if (pid) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    scratch_remove(folder);
}

/* A server in the folder that inherits fd under the number INHERITED (-1: nothing), with further arguments. */
#define start(fd, ...) start_args(fd, (const char *const[]){NULL, ##__VA_ARGS__, NULL} + 1)
static void start_args(int fd, const char *const *further)
{
    const char *args[16] = {kit_program(), "--dir", folder, "--inherit-fd", "7"};
    for (int i = 0; further[i]; i++)
        args[5 + i] = further[i];
    const char *log = scratch_path(folder, "log");
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid > 0)
        return;
    int output = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (output < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 ||
        (fd >= 0 && fd != INHERITED && dup2(fd, INHERITED) < 0) || (fd == INHERITED && fcntl(fd, F_SETFD, 0) < 0))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    closefrom(INHERITED + (fd >= 0));
    execv(args[0], (char *const *)args);
    _exit(127);
}

static void expect_end(int code)
{
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    pid = 0;
    char *log = scratch_read(scratch_path(folder, "log"));
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == code, "status %#x, and the log:\n%s", (unsigned)status,
                  log);
    free(log);
}

static int make_pair(int type, int *theirs_out)
{
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
    *theirs_out = ends[1];
    return ends[0];
}

/* Sends, and takes all until the server closes; the text is to be free()d. */
static char *converse(int fd, const char *sent)
{
    size_t len = 0, capacity = 1 << 16;
    char *all = calloc(1, capacity);
    kit_raw_text(fd, sent);
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    ssize_t n;
    while ((n = read(fd, all + len, capacity - 1 - len)) > 0)
        len += (size_t)n;
    close(fd);
    return all;
}

static int count_sockets_in_folder(void)
{
    int count = 0;
    DIR *entries = opendir(folder);
    for (const struct dirent *entry; (entry = readdir(entries));)
        count += entry->d_type == DT_SOCK;
    closedir(entries);
    return count;
}

static bool has_ended(void *unused)
{
    char *log = scratch_read(scratch_path(folder, "kvs.log"));
    bool yes = strstr(log, "kvs has ended");
    (void)unused;
    free(log);
    return yes;
}

START_TEST(a_connection_of_the_parents_is_served_until_it_closes)
{
    int theirs, ours = make_pair(SOCK_STREAM, &theirs);
    start(theirs);
    close(theirs);
    kit_raw_text(ours, "SET k v\r\nGET k\r\nCONFIG SET maxmemory 1gb\r\n");
    kit_raw_expect(ours, "+OK\r\n$1\r\nv\r\n+OK\r\n"); /* the parent may do everything */
    ck_assert_int_eq(count_sockets_in_folder(), 0);
    char *said = converse(ours, "CLIENT INFO\r\nINFO sockets\r\n");
    ck_assert_msg(strstr(said, " access=admin socket=(inherited)\n"), "%s", said);
    ck_assert_msg(strstr(said, "socket0:path=(inherited),kind=inherited,access=admin"), "%s", said);
    free(said);
    expect_end(0);
}
END_TEST

START_TEST(a_parent_that_dies_takes_the_server_with_it)
{
    int theirs, ours = make_pair(SOCK_STREAM, &theirs);
    start(theirs);
    close(theirs);
    kit_raw_text(ours, "PING\r\n");
    kit_raw_expect(ours, "+PONG\r\n");
    close(ours); /* as the kernel does for a process that is gone */
    expect_end(0);
}
END_TEST

/* What a socket's end in another process still reports must not reach a connection that is gone. */
START_TEST(an_end_that_the_parent_keeps_open_is_let_go_of)
{
    int theirs, ours = make_pair(SOCK_STREAM, &theirs);
    char *path = strdup(scratch_path(folder, "kvs.sock"));
    start(theirs, "--listen", path, "--threads", "1");
    kit_raw_text(ours, "PING\r\n");
    kit_raw_expect(ours, "+PONG\r\n");
    struct kit_server server = {.socket = path};
    redisContext *context = kit_connect(&server);
    close(ours);
    for (int i = 0; i < 1000; i++) { /* rounds of the worker that had it */
        redisReply *reply = redisCommand(context, "PING");
        if (!reply)
            break; /* the server ends, since the connection is closed */
        freeReplyObject(reply);
    }
    expect_end(0);
    redisFree(context);
    close(theirs);
    free(path);
}
END_TEST

START_TEST(a_socket_file_may_be_served_besides_and_goes_with_the_connection)
{
    int theirs, ours = make_pair(SOCK_STREAM, &theirs);
    char *path = strdup(scratch_path(folder, "kvs.sock"));
    start(theirs, "--listen", path);
    close(theirs);
    kit_raw_text(ours, "SET k v\r\n");
    kit_raw_expect(ours, "+OK\r\n");
    struct kit_server server = {.socket = path};
    redisContext *context = kit_connect(&server);
    kit_expect(context, "$v", "GET", "k");
    kit_expect(context, "-NOPERM ...", "CONFIG", "GET", "maxmemory"); /* the file's own ceiling */
    close(ours);
    expect_end(0);
    redisFree(context);
    ck_assert_int_ne(access(path, F_OK), 0);
    free(path);
}
END_TEST

/* A socket of the test's that listens, or one that isn't connected at all. */
static int make_socket(int family, int type, bool listens)
{
    struct sockaddr_storage address = {.ss_family = (sa_family_t)family}; /* none in particular */
    int fd = socket(family, type | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    if (listens) {
        socklen_t len = family == AF_UNIX ? sizeof address.ss_family : sizeof(struct sockaddr_in);
        ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
        ck_assert_int_eq(listen(fd, 1), 0);
    }
    return fd;
}

/* Nothing has been started by then, in the background or not, and no socket file made. */
START_TEST(what_is_no_connection_is_refused_in_one_line)
{
    int datagrams, packets;
    int one = make_pair(SOCK_DGRAM, &datagrams), other = make_pair(SOCK_SEQPACKET, &packets);
    const struct {
        int fd;
        const char *reason;
    } wrong[] = {
        {-1, "it isn't open"},
        {open("/dev/null", O_RDONLY | O_CLOEXEC), "it is no socket"},
        {open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "it is no socket"},
        {eventfd(0, EFD_CLOEXEC), "it is no socket"},
        {make_socket(AF_INET, SOCK_STREAM, true), "it is no Unix socket"},
        {make_socket(AF_INET, SOCK_DGRAM, false), "it is no Unix socket"},
        {datagrams, "it is no stream socket"},
        {packets, "it is no stream socket"},
        {make_socket(AF_UNIX, SOCK_STREAM, true), "it is a listening socket"},
        {make_socket(AF_UNIX, SOCK_STREAM, false), "it is not connected"},
    };
    char *path = strdup(scratch_path(folder, "kvs.sock"));
    for (size_t i = 0; i < 2 * sizeof wrong / sizeof wrong[0]; i++) {
        char expected[256];
        start(wrong[i / 2].fd, "--listen", path, "--daemonize", i % 2 ? "yes" : "no", "--logfile", "kvs.log");
        expect_end(1);
        char *said = scratch_read(scratch_path(folder, "log"));
        snprintf(
            expected, sizeof expected,
            "kvs-server: command line: can't serve descriptor 7: %s; --inherit-fd wants one end of a socketpair()\n",
            wrong[i / 2].reason);
        ck_assert_str_eq(said, expected);
        free(said);
        unlink(scratch_path(folder, "log"));
        ck_assert_int_ne(access(scratch_path(folder, "kvs.log"), F_OK), 0);
        ck_assert_int_eq(count_sockets_in_folder(), 0);
    }
    for (size_t i = 1; i < sizeof wrong / sizeof wrong[0]; i++)
        close(wrong[i].fd);
    close(one);
    close(other);
    free(path);
}
END_TEST

/* Bits of _i say which standard files are the connection; inetd makes all three of them one. */
START_TEST(a_connection_in_the_place_of_standard_files_gets_nothing_but_replies)
{
    int theirs, ours = make_pair(SOCK_STREAM, &theirs);
    int first = _i & 1 ? 0 : _i & 2 ? 1 : 2;
    char number[4];
    snprintf(number, sizeof number, "%d", first);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int fd = 0; fd < 3; fd++) {
            const char *path = scratch_path(folder, fd == 1 ? "output" : "errors");
            int own = open(fd == 0 ? "/dev/null" : path, fd == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_APPEND, 0600);
            if (dup2(_i & 1 << fd ? theirs : own, fd) < 0)
                _exit(126);
        }
        closefrom(3);
        execl(kit_program(), kit_program(), "--dir", folder, "--inherit-fd", number, "--loglevel", "debug", NULL);
        _exit(127);
    }
    close(theirs);
    char *said = converse(ours, "PING\r\n*1\r\n$x\r\n");
    ck_assert_str_eq(said, "+PONG\r\n-ERR Protocol error: invalid bulk length\r\n");
    free(said);
    expect_end(0);
    char *output = scratch_read(scratch_path(folder, "output")), *errors = scratch_read(scratch_path(folder, "errors"));
    /* the log goes to standard output, or else to standard error, if one of them is left */
    const char *log = _i & 2 ? errors : output, *none = _i & 2 ? output : errors;
    if ((_i & 6) != 6)
        ck_assert_msg(strstr(log, "protocol error from client 1") != NULL, "%s", log);
    ck_assert_str_eq(none, "");
    free(output);
    free(errors);
}
END_TEST

/* Going into the background takes the standard files away, but not the connection. */
START_TEST(a_daemon_serves_the_connection_that_was_standard_input)
{
    int status, theirs, ours = make_pair(SOCK_STREAM, &theirs);
    pid_t starter = fork();
    ck_assert_int_ge(starter, 0);
    if (starter == 0) {
        if (dup2(theirs, 0) < 0)
            _exit(126);
        closefrom(3);
        execl(kit_program(), kit_program(), "--dir", folder, "--inherit-fd", "0", "--daemonize", "yes", "--logfile",
              "kvs.log", NULL);
        _exit(127);
    }
    close(theirs);
    ck_assert_int_eq(waitpid(starter, &status, 0), starter);
    ck_assert_int_eq(status, 0);
    char *said = converse(ours, "PING\r\n"); /* and then it ends, as nobody is left to be served */
    ck_assert_str_eq(said, "+PONG\r\n");
    free(said);
    kit_await(has_ended, folder, "the daemon has ended");
}
END_TEST

Suite *suite_inherit(void);
Suite *suite_inherit(void)
{
    Suite *suite = suite_create("inherit");
    TCase *tcase = kit_tcase("inherit");
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, a_connection_of_the_parents_is_served_until_it_closes);
    tcase_add_test(tcase, a_parent_that_dies_takes_the_server_with_it);
    tcase_add_test(tcase, an_end_that_the_parent_keeps_open_is_let_go_of);
    tcase_add_test(tcase, a_socket_file_may_be_served_besides_and_goes_with_the_connection);
    tcase_add_test(tcase, what_is_no_connection_is_refused_in_one_line);
    tcase_add_loop_test(tcase, a_connection_in_the_place_of_standard_files_gets_nothing_but_replies, 1, 8);
    tcase_add_test(tcase, a_daemon_serves_the_connection_that_was_standard_input);
    suite_add_tcase(suite, tcase);
    return suite;
}
