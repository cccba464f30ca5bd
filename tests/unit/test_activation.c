/* Socket activation: what the service manager hands over, told by its environment alone. */
#include "kit/scratch.h"
#include "listen/activation.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST = 3, ROOM = 8 };

static char *folder;
static char error[512];
static struct activated *taken;

/* Every test runs in a process of its own; descriptors from 3 on are the test's from here. */
static void begin(void)
{
    folder = scratch_create();
    error[0] = '\0';
    taken = NULL;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}

static void end(void)
{
    scratch_remove(folder);
}

/* Puts descriptor number FIRST + index where the manager would. */
static void place(int fd, int index)
{
    ck_assert_int_ge(fd, 0);
    if (fd != FIRST + index) {
        ck_assert_int_eq(dup2(fd, FIRST + index), FIRST + index);
        close(fd);
    }
}

/* A socket, bound to folder/name (or, with "@", to an abstract name; NULL: not at all). */
static int make_socket(int type, const char *name, bool listening)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int made = socket(AF_UNIX, type, 0), fd = fcntl(made, F_DUPFD, FIRST + ROOM);
    close(made);
    if (name && *name == '@')
        snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "%s%s", folder, name);
    else if (name)
        snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", folder, name);
    if (name)
        ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    if (listening)
        ck_assert_int_eq(listen(fd, 4), 0);
    return fd;
}

static void announce(long pid, const char *count, const char *names)
{
    char text[32];
    snprintf(text, sizeof text, "%ld", pid);
    setenv("LISTEN_PID", text, 1);
    setenv("LISTEN_FDS", count, 1);
    if (names)
        setenv("LISTEN_FDNAMES", names, 1);
}

static int take(void)
{
    int count = activation_take(&taken, error, sizeof error);
    ck_assert_ptr_null(getenv("LISTEN_PID"));
    ck_assert_ptr_null(getenv("LISTEN_FDS"));
    ck_assert_ptr_null(getenv("LISTEN_FDNAMES"));
    return count;
}

static void check_taken(int index, const char *name, const char *file)
{
    const struct activated *found = &taken[index];
    ck_assert_int_eq(found->fd, FIRST + index);
    ck_assert_str_eq(found->name, name);
    ck_assert_str_eq(found->path, scratch_path(folder, file));
    ck_assert_int_ne(fcntl(found->fd, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_ne(fcntl(found->fd, F_GETFD) & FD_CLOEXEC, 0);
}

START_TEST(sockets_come_with_names_and_paths)
{
    place(make_socket(SOCK_STREAM, "app.sock", true), 0);
    place(make_socket(SOCK_STREAM, "metrics.sock", true), 1);
    announce(getpid(), "2", "app:metrics");
    ck_assert_msg(take() == 2, "%s", error);
    check_taken(0, "app", "app.sock");
    check_taken(1, "metrics", "metrics.sock");
}
END_TEST

static const char *const too_few_names[] = {NULL, "", "one", "one:"};

START_TEST(missing_names_are_empty)
{
    place(make_socket(SOCK_STREAM, "a", true), 0);
    place(make_socket(SOCK_STREAM, "b", true), 1);
    announce(getpid(), "2", too_few_names[_i]);
    ck_assert_msg(take() == 2, "%s", error);
    check_taken(0, _i < 2 ? "" : "one", "a");
    check_taken(1, "", "b");
}
END_TEST

START_TEST(nothing_is_taken_that_is_meant_for_another)
{
    ck_assert_int_eq(take(), 0);
    place(make_socket(SOCK_STREAM, "s", true), 0);
    announce(getppid(), "1", "name");
    ck_assert_int_eq(take(), 0);
    ck_assert_int_eq(fcntl(FIRST, F_GETFD) & FD_CLOEXEC, 0);
    announce(getpid(), "0", NULL);
    ck_assert_int_eq(take(), 0);
    setenv("LISTEN_FDS", "1", 1);
    ck_assert_int_eq(take(), 0);
    setenv("LISTEN_PID", "", 1);
    setenv("LISTEN_FDS", "1", 1);
    ck_assert_int_eq(take(), 0);
}
END_TEST

START_TEST(a_count_that_is_none_is_refused)
{
    static const char *const counts[] = {"", "x", "-1", "1x", "1000000", "99999999999999999999"};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        announce(getpid(), counts[i], NULL);
        ck_assert_int_eq(take(), -EINVAL);
        ck_assert_msg(strstr(error, counts[i]) != NULL, "%s", error);
    }
}
END_TEST

static void expect_refusal(const char *reason)
{
    announce(getpid(), "2", "good:bad");
    ck_assert_int_eq(take(), -EINVAL);
    ck_assert_msg(strstr(error, "descriptor 4 ('bad')") && strstr(error, reason) && !strchr(error, '\n'), "%s", error);
}

START_TEST(only_listening_stream_sockets_with_a_path_are_taken)
{
    struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    place(make_socket(SOCK_STREAM, "good", true), 0);
    expect_refusal("not open");
    place(open("/dev/null", O_RDWR), 1);
    expect_refusal("not a socket");
    place(make_socket(SOCK_DGRAM, "d", false), 1);
    expect_refusal("ListenStream=");
    place(make_socket(SOCK_SEQPACKET, "q", true), 1);
    expect_refusal("ListenStream=");
    place(make_socket(SOCK_STREAM, "n", false), 1);
    expect_refusal("does not listen");
    place(make_socket(SOCK_STREAM, "@name", true), 1);
    expect_refusal("no permissions");
    int tcp = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(tcp, (struct sockaddr *)&loopback, sizeof loopback), 0);
    ck_assert_int_eq(listen(tcp, 1), 0);
    close(FIRST + 1);
    place(tcp, 1);
    expect_refusal("not a Unix socket");
}
END_TEST

START_TEST(a_path_may_fill_its_room)
{
    char name[sizeof(((struct sockaddr_un *)0)->sun_path)];
    size_t len = sizeof name - strlen(folder) - 2; /* a slash, a NUL */
    memset(name, 'x', len);
    name[len] = '\0';
    place(make_socket(SOCK_STREAM, name, true), 0);
    announce(getpid(), "1", NULL);
    ck_assert_msg(take() == 1, "%s", error);
    check_taken(0, "", name);
}
END_TEST

Suite *suite_activation(void);
Suite *suite_activation(void)
{
    Suite *suite = suite_create("activation");
    TCase *tcase = tcase_create("taking");
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, sockets_come_with_names_and_paths);
    tcase_add_loop_test(tcase, missing_names_are_empty, 0, sizeof too_few_names / sizeof too_few_names[0]);
    tcase_add_test(tcase, nothing_is_taken_that_is_meant_for_another);
    tcase_add_test(tcase, a_count_that_is_none_is_refused);
    tcase_add_test(tcase, only_listening_stream_sockets_with_a_path_are_taken);
    tcase_add_test(tcase, a_path_may_fill_its_room);
    suite_add_tcase(suite, tcase);
    return suite;
}
