/* The set of sockets: it changes as a whole or not at all, and what a service manager handed over finds its entry. */
#include "kit/scratch.h"
#include "kit/suites.h"
#include "listen/activation.h"
#include "listen/listener.h"
#include "listen/socket_set.h"
#include "unit/other_user.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char *folder;
static char error[512];
static struct socket_set set;
static struct socket_bin bin;
static char *paths[4]; /* folder/a to folder/d */

static void begin(void)
{
    folder = scratch_create();
    for (int i = 0; i < 4; i++)
        paths[i] = strdup(scratch_path(folder, (char[]){(char)('a' + i), '\0'}));
    set.count = bin.count = 0;
    umask(0);
}

static void end(void)
{
    while (bin.count > 0)
        listener_close(bin.listeners[--bin.count]);
    socket_set_close(&set);
    for (int i = 0; i < 4; i++)
        free(paths[i]);
    scratch_remove(folder);
}

static struct socket_wanted wanted(int i, mode_t mode, enum access_level access)
{
    return (struct socket_wanted){paths[i], {mode, (uid_t)-1, (gid_t)-1, access, ""}};
}

static int change_with(struct socket_order order)
{
    order.backlog = 16;
    order.lock_until_ms = 0;
    return socket_set_change(&set, &order, &bin, error, sizeof error);
}

#define CHANGE(...)                                                                                                    \
    change_with(                                                                                                       \
        (struct socket_order){.wanted = (struct socket_wanted[]){__VA_ARGS__},                                         \
                              .count = sizeof((struct socket_wanted[]){__VA_ARGS__}) / sizeof(struct socket_wanted)})

static struct stat stat_of(int i)
{
    struct stat found = {0};
    lstat(paths[i], &found);
    return found;
}

static bool connects(int i)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, paths[i]);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    bool yes = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return yes;
}

START_TEST(what_stays_is_not_touched_and_what_goes_is_removed)
{
    ck_assert_int_eq(CHANGE(wanted(0, 0600, ACCESS_ADMIN), wanted(1, 0660, ACCESS_WRITE)), 0);
    ino_t first = stat_of(0).st_ino;
    struct listener *stays = set.sockets[0]->listener;
    ck_assert_int_eq(CHANGE(wanted(2, 0666, ACCESS_READ), wanted(0, 0600, ACCESS_ADMIN)), 0);
    ck_assert_uint_eq(set.count, 2);
    ck_assert_uint_eq(stat_of(0).st_ino, first);
    ck_assert_ptr_eq(set.sockets[1]->listener, stays);
    ck_assert_uint_eq(stat_of(1).st_ino, 0);
    ck_assert_uint_eq(stat_of(2).st_mode, S_IFSOCK | 0666);
    ck_assert_uint_eq(bin.count, 1); /* its descriptor is closed by who polls it */
    ck_assert_int_ge(listener_fd(bin.listeners[0]), 0);
}
END_TEST

START_TEST(rights_are_changed_in_place)
{
    ck_assert_int_eq(CHANGE(wanted(0, 0600, ACCESS_ADMIN)), 0);
    ino_t first = stat_of(0).st_ino;
    ck_assert_int_eq(CHANGE(wanted(0, 0666, ACCESS_READ)), 0);
    ck_assert_uint_eq(stat_of(0).st_ino, first);
    ck_assert_uint_eq(stat_of(0).st_mode, S_IFSOCK | 0666);
    ck_assert_int_eq(listener_access(set.sockets[0]->listener), ACCESS_READ);
}
END_TEST

START_TEST(nothing_is_opened_where_one_cannot_be)
{
    ck_assert_int_eq(CHANGE(wanted(0, 0600, ACCESS_ADMIN)), 0);
    scratch_write(paths[3], "precious");
    ck_assert_int_eq(CHANGE(wanted(0, 0666, ACCESS_READ), wanted(1, 0600, ACCESS_WRITE), wanted(3, 0600, ACCESS_WRITE)),
                     -EEXIST);
    ck_assert_msg(strstr(error, paths[3]) && strstr(error, "not a socket"), "%s", error);
    ck_assert_uint_eq(set.count, 1);
    ck_assert_uint_eq(bin.count, 0);
    ck_assert_uint_eq(stat_of(0).st_mode, S_IFSOCK | 0600);
    ck_assert_int_eq(listener_access(set.sockets[0]->listener), ACCESS_ADMIN);
    ck_assert_uint_eq(stat_of(1).st_ino, 0);
    ck_assert(connects(0));
}
END_TEST

START_TEST(rights_are_put_back_where_others_cannot_be_given)
{
    if (!test_is_root())
        return;
    other_user_become(12345, 0, folder);
    ck_assert_int_eq(CHANGE(wanted(0, 0600, ACCESS_ADMIN), wanted(1, 0600, ACCESS_WRITE)), 0);
    struct socket_wanted greedy = wanted(1, 0666, ACCESS_READ);
    greedy.rights.group = 23456;
    ck_assert_int_eq(CHANGE(wanted(2, 0600, ACCESS_WRITE), wanted(0, 0666, ACCESS_READ), greedy), -EPERM);
    ck_assert_msg(strstr(error, "not in group"), "%s", error);
    ck_assert_uint_eq(set.count, 2);
    ck_assert_uint_eq(stat_of(0).st_mode, S_IFSOCK | 0600);
    ck_assert_uint_eq(stat_of(1).st_mode, S_IFSOCK | 0600);
    ck_assert_int_eq(listener_access(set.sockets[0]->listener), ACCESS_ADMIN);
    ck_assert_int_eq(listener_access(set.sockets[1]->listener), ACCESS_WRITE);
    ck_assert_uint_eq(stat_of(2).st_ino, 0);
}
END_TEST

START_TEST(the_last_socket_stays)
{
    ck_assert_int_eq(CHANGE(wanted(0, 0600, ACCESS_ADMIN)), 0);
    ck_assert_int_eq(change_with((struct socket_order){.count = 0}), -EINVAL);
    ck_assert_msg(strstr(error, "nobody could reach the server"), "%s", error);
    ck_assert_uint_eq(set.count, 1);
    ck_assert_int_eq(change_with((struct socket_order){.may_be_empty = true}), 0);
    ck_assert_uint_eq(set.count, 0);
}
END_TEST

/* ---- handed over by a service manager ---- */

static struct activated handed(int i, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, paths[i]);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, 16), 0);
    return (struct activated){fd, name, paths[i]};
}

static void check_socket(size_t i, int path, enum origin_kind kind, enum access_level access)
{
    ck_assert_str_eq(listener_path(set.sockets[i]->listener), paths[path]);
    ck_assert_int_eq(listener_kind(set.sockets[i]->listener), kind);
    ck_assert_int_eq(listener_access(set.sockets[i]->listener), access);
}

START_TEST(a_path_matches_before_a_name)
{
    const struct activated given[] = {handed(0, "b"), handed(1, "elsewhere"), handed(2, "d")};
    const struct socket_wanted want[] = {wanted(3, 0600, ACCESS_ADMIN), wanted(1, 0600, ACCESS_READ)};
    ck_assert_int_eq(change_with((struct socket_order){want, 2, given, 3, .serve_others = true}), 0);
    ck_assert_uint_eq(set.count, 3);
    check_socket(0, 2, ORIGIN_ACTIVATED, ACCESS_ADMIN); /* its name is d */
    check_socket(1, 1, ORIGIN_ACTIVATED, ACCESS_READ);
    check_socket(2, 0, ORIGIN_ACTIVATED, ACCESS_WRITE); /* is called b, but b has its own */
    ck_assert_uint_eq(stat_of(3).st_ino, 0);
}
END_TEST

START_TEST(a_name_fits_the_file_with_or_without_its_ending)
{
    char *longer = strdup(scratch_path(folder, "app.sock"));
    const struct activated given[] = {handed(0, "app")};
    struct socket_wanted want = wanted(1, 0600, ACCESS_READ);
    want.path = longer;
    ck_assert_int_eq(change_with((struct socket_order){&want, 1, given, 1, .serve_others = true}), 0);
    ck_assert_uint_eq(set.count, 1);
    check_socket(0, 0, ORIGIN_ACTIVATED, ACCESS_READ);
    free(longer);
}
END_TEST

START_TEST(without_configuration_the_first_is_for_administration)
{
    const struct activated given[] = {handed(0, ""), handed(1, "")};
    ck_assert_int_eq(change_with((struct socket_order){NULL, 0, given, 2, .serve_others = true}), 0);
    ck_assert_uint_eq(set.count, 2);
    check_socket(0, 0, ORIGIN_ACTIVATED, ACCESS_ADMIN);
    check_socket(1, 1, ORIGIN_ACTIVATED, ACCESS_WRITE);
}
END_TEST

START_TEST(what_was_handed_over_can_leave_and_come_back)
{
    const struct activated given[] = {handed(0, "")};
    const struct socket_wanted both[] = {wanted(0, 0600, ACCESS_READ), wanted(1, 0600, ACCESS_ADMIN)};
    ck_assert_int_eq(change_with((struct socket_order){both, 2, given, 1, .serve_others = true}), 0);
    ck_assert_int_eq(change_with((struct socket_order){both + 1, 1, given, 1, .serve_others = false}), 0);
    ck_assert_uint_eq(set.count, 1);
    ck_assert(connects(0)); /* the service manager's file is as it was */
    ck_assert_int_eq(change_with((struct socket_order){both, 2, given, 1, .serve_others = false}), 0);
    ck_assert_uint_eq(set.count, 2);
    check_socket(0, 0, ORIGIN_ACTIVATED, ACCESS_READ);
}
END_TEST

START_TEST(what_was_handed_over_unasked_stays_and_can_be_asked_for_later)
{
    const struct activated given[] = {handed(0, "")};
    const struct socket_wanted want[] = {wanted(0, 0600, ACCESS_READ), wanted(1, 0600, ACCESS_ADMIN)};
    ck_assert_int_eq(change_with((struct socket_order){want + 1, 1, given, 1, .serve_others = true}), 0);
    check_socket(1, 0, ORIGIN_ACTIVATED, ACCESS_WRITE);
    ck_assert_int_eq(change_with((struct socket_order){want + 1, 1, given, 1, .serve_others = false}), 0);
    ck_assert_uint_eq(set.count, 2);
    struct listener *same = set.sockets[1]->listener;
    ck_assert_int_eq(change_with((struct socket_order){want, 2, given, 1, .serve_others = false}), 0);
    ck_assert_uint_eq(set.count, 2);
    check_socket(0, 0, ORIGIN_ACTIVATED, ACCESS_READ);
    ck_assert_ptr_eq(set.sockets[0]->listener, same);
}
END_TEST

Suite *suite_socket_set(void);
Suite *suite_socket_set(void)
{
    Suite *suite = suite_create("socket_set");
    TCase *tcase = tcase_create("socket_set");
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, what_stays_is_not_touched_and_what_goes_is_removed);
    tcase_add_test(tcase, rights_are_changed_in_place);
    tcase_add_test(tcase, nothing_is_opened_where_one_cannot_be);
    tcase_add_test(tcase, rights_are_put_back_where_others_cannot_be_given);
    tcase_add_test(tcase, the_last_socket_stays);
    tcase_add_test(tcase, a_path_matches_before_a_name);
    tcase_add_test(tcase, a_name_fits_the_file_with_or_without_its_ending);
    tcase_add_test(tcase, without_configuration_the_first_is_for_administration);
    tcase_add_test(tcase, what_was_handed_over_can_leave_and_come_back);
    tcase_add_test(tcase, what_was_handed_over_unasked_stays_and_can_be_asked_for_later);
    suite_add_tcase(suite, tcase);
    return suite;
}
