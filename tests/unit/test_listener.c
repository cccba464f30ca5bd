/* The socket file: its rights from the first moment, what it is never made over, and who may remove it. */
#include "base/clock.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "listen/listener.h"
#include "unit/other_user.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char *folder;
static const char *path;
static char error[512];
static struct listener *listener;

static void begin(void)
{
    static char kept[512];
    folder = scratch_create();
    snprintf(kept, sizeof kept, "%s/s", folder);
    path = kept;
    listener = NULL;
    error[0] = '\0';
    umask(0);
}

static void end(void)
{
    if (listener)
        listener_close(listener);
    scratch_remove(folder);
}

#define LOCK_UNTIL_MS INT64_MAX /* however long it takes */

static struct listener_rights rights_of(mode_t mode)
{
    return (struct listener_rights){mode, (uid_t)-1, (gid_t)-1, ACCESS_ADMIN, ""};
}

static int open_with(const char *where, struct listener_rights rights)
{
    return listener_open(where, &rights, 16, LOCK_UNTIL_MS, &listener, error, sizeof error);
}

static int open_at(const char *where, mode_t mode)
{
    return open_with(where, rights_of(mode));
}

static int change_to(struct listener_rights rights)
{
    return listener_set_rights(listener, &rights, error, sizeof error);
}

static int connect_at(const char *where, int kind)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, where);
    int fd = socket(AF_UNIX, kind, 0);
    ck_assert_int_ge(fd, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

/* A socket file that another made: bound, and listening if asked for. */
static int bind_at(const char *where, int kind, bool listening)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, where);
    int fd = socket(AF_UNIX, kind, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    if (listening)
        ck_assert_int_eq(listen(fd, 1), 0);
    return fd;
}

static mode_t mode_of(const char *where)
{
    struct stat found;
    return lstat(where, &found) ? 0 : found.st_mode;
}

/* One line, that names the path and says more. */
static void check_message(const char *where, const char *says)
{
    ck_assert_ptr_null(strchr(error, '\n'));
    ck_assert_msg(strstr(error, where) && strstr(error, says), "message: %s", error);
}

START_TEST(connections_are_accepted_with_non_blocking_descriptors)
{
    ck_assert_int_eq(open_at(path, 0600), 0);
    ck_assert_str_eq(listener_path(listener), path);
    ck_assert_int_eq(listener_accept(listener), -EAGAIN);
    int client = connect_at(path, SOCK_STREAM), served = listener_accept(listener);
    ck_assert_int_ge(client, 0);
    ck_assert_int_ge(served, 0);
    ck_assert(fcntl(served, F_GETFL) & O_NONBLOCK);
    ck_assert(fcntl(served, F_GETFD) & FD_CLOEXEC);
    close(client);
    close(served);
}
END_TEST

START_TEST(mode_is_as_asked)
{
    static const mode_t modes[] = {0600, 0660, 0666, 0777, 0700, 0};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        ck_assert_int_eq(open_at(path, modes[i]), 0);
        ck_assert_uint_eq(mode_of(path), S_IFSOCK | modes[i]);
        listener_close(listener);
    }
    listener = NULL;
}
END_TEST

/* A thread that looks at the path all the time, and remembers a file that isn't as it is to be. */
static struct {
    atomic_bool enough;
    atomic_uint seen;
    mode_t mode;
    uid_t owner;
    gid_t group;
    atomic_uint wrong; /* how often */
} watched;

static void *watch_file(void *unused)
{
    struct stat found;
    while (!atomic_load(&watched.enough)) {
        if (lstat(path, &found))
            continue;
        atomic_fetch_add(&watched.seen, 1);
        if (found.st_mode != (S_IFSOCK | watched.mode) || found.st_uid != watched.owner ||
            found.st_gid != watched.group)
            atomic_fetch_add(&watched.wrong, 1);
    }
    return unused;
}

/* Opens and closes it many times under the eyes of the watcher. */
static void check_from_the_first_moment(struct listener_rights rights)
{
    pthread_t watcher;
    watched.mode = rights.mode;
    watched.owner = rights.owner == (uid_t)-1 ? geteuid() : rights.owner;
    watched.group = rights.group == (gid_t)-1 ? getegid() : rights.group;
    pthread_create(&watcher, NULL, watch_file, NULL);
    for (unsigned i = 0; i < scratch_rounds(3000) || !atomic_load(&watched.seen); i++) {
        ck_assert_int_eq(open_with(path, rights), 0);
        listener_close(listener);
    }
    listener = NULL;
    atomic_store(&watched.enough, true);
    pthread_join(watcher, NULL);
    ck_assert_uint_eq(atomic_load(&watched.wrong), 0);
}

START_TEST(file_never_has_another_mode_for_a_moment)
{
    check_from_the_first_moment(rights_of(0600)); /* the default of bind(2) would be 0777 */
}
END_TEST

START_TEST(file_never_has_another_owner_or_group_for_a_moment)
{
    if (!test_is_root())
        return;
    struct listener_rights rights = rights_of(0640);
    rights.owner = 12345;
    rights.group = 23456;
    check_from_the_first_moment(rights);
}
END_TEST

/* Names in the folder. */
static unsigned entries(void)
{
    unsigned count = 0;
    DIR *stream = opendir(folder);
    for (struct dirent *entry; (entry = readdir(stream));)
        count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    closedir(stream);
    return count;
}

static struct stat stat_of(const char *where)
{
    struct stat found;
    ck_assert_int_eq(lstat(where, &found), 0);
    return found;
}

START_TEST(owner_and_group_are_given_and_nothing_else_is_left)
{
    if (!test_is_root())
        return;
    struct listener_rights rights = rights_of(0660);
    rights.owner = 12345;
    rights.group = 23456;
    ck_assert_int_eq(open_with(path, rights), 0);
    struct stat found = stat_of(path);
    ck_assert_uint_eq(found.st_mode, S_IFSOCK | 0660);
    ck_assert_uint_eq(found.st_uid, 12345);
    ck_assert_uint_eq(found.st_gid, 23456);
    ck_assert_uint_eq(entries(), 1);
    int client = connect_at(path, SOCK_STREAM), served = listener_accept(listener);
    ck_assert_int_ge(client, 0);
    ck_assert_int_ge(served, 0);
    close(client);
    close(served);
    listener_close(listener);
    listener = NULL;
    ck_assert_uint_eq(entries(), 0);
}
END_TEST

START_TEST(a_group_of_ones_own_can_be_given)
{
    if (!test_is_root())
        return;
    other_user_become(12345, 23456, folder);
    struct listener_rights rights = rights_of(0660);
    rights.owner = 12345;
    rights.group = 23456;
    ck_assert_int_eq(open_with(path, rights), 0);
    ck_assert_uint_eq(stat_of(path).st_gid, 23456);
}
END_TEST

START_TEST(what_cannot_be_given_is_said_and_nothing_is_left)
{
    if (!test_is_root())
        return;
    other_user_become(12345, 0, folder);
    struct listener_rights rights = rights_of(0660);
    rights.group = 23456;
    ck_assert_int_eq(open_with(path, rights), -EPERM);
    check_message(path, "is not in group 23456");
    rights.owner = 34567;
    ck_assert_int_eq(open_with(path, rights), -EPERM);
    check_message(path, "only root can give a file away");
    ck_assert_uint_eq(entries(), 0);
}
END_TEST

START_TEST(a_foreign_socket_that_may_be_live_is_left_alone)
{
    int other = bind_at(path, SOCK_STREAM, true);
    chmod(path, 0600);
    if (!test_is_root())
        return;
    other_user_become(12345, 0, folder);
    ck_assert_int_eq(open_at(path, 0600), -EACCES);
    check_message(path, "of uid 0");
    ck_assert(S_ISSOCK(mode_of(path)));
    close(other);
}
END_TEST

START_TEST(file_is_gone_after_closing)
{
    ck_assert_int_eq(open_at(path, 0600), 0);
    listener_retain(listener); /* a connection still knows its path */
    listener_close(listener);
    ck_assert_uint_eq(mode_of(path), 0);
    ck_assert_str_eq(listener_path(listener), path);
    listener_release(listener);
    listener = NULL;
}
END_TEST

START_TEST(regular_file_is_left_alone)
{
    scratch_write(path, "precious");
    ck_assert_int_eq(open_at(path, 0600), -EEXIST);
    check_message(path, "not a socket");
    char *text = scratch_read(path);
    ck_assert_str_eq(text, "precious");
    free(text);
}
END_TEST

START_TEST(folder_is_left_alone)
{
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_lt(open_at(path, 0600), 0);
    check_message(path, "not a socket");
    ck_assert(S_ISDIR(mode_of(path)));
}
END_TEST

START_TEST(symbolic_link_is_left_alone_wherever_it_leads)
{
    const char *target = scratch_path(folder, "target");
    ck_assert_int_eq(symlink(target, path), 0); /* to nowhere */
    ck_assert_int_lt(open_at(path, 0600), 0);
    check_message(path, "not a socket");
    close(bind_at(target, SOCK_STREAM, true)); /* to a stale socket */
    ck_assert_int_lt(open_at(path, 0600), 0);
    ck_assert(S_ISLNK(mode_of(path)));
    ck_assert(S_ISSOCK(mode_of(target)));
}
END_TEST

START_TEST(live_server_is_named_by_pid_and_uid)
{
    char pid[32], uid[32];
    int server = bind_at(path, SOCK_STREAM, true);
    mode_t before = mode_of(path);
    ck_assert_int_eq(open_at(path, 0600), -EADDRINUSE);
    snprintf(pid, sizeof pid, "pid %d", (int)getpid());
    snprintf(uid, sizeof uid, "uid %u", (unsigned)getuid());
    check_message(path, pid);
    check_message(path, uid);
    ck_assert_uint_eq(mode_of(path), before);
    int client = connect_at(path, SOCK_STREAM); /* nothing happened to it */
    ck_assert_int_ge(client, 0);
    close(client);
    close(server);
}
END_TEST

START_TEST(busy_server_counts_as_live)
{
    int server = bind_at(path, SOCK_STREAM, true), waiting[64], count = 0;
    while (count < 64) { /* fill its backlog */
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        strcpy(address.sun_path, path);
        waiting[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(waiting[count++], (struct sockaddr *)&address, sizeof address))
            break;
    }
    ck_assert_int_eq(open_at(path, 0600), -EADDRINUSE);
    check_message(path, "listening");
    ck_assert(S_ISSOCK(mode_of(path)));
    while (count)
        close(waiting[--count]);
    close(server);
}
END_TEST

START_TEST(datagram_socket_is_left_alone)
{
    int other = bind_at(path, SOCK_DGRAM, false);
    ck_assert_int_lt(open_at(path, 0600), 0);
    check_message(path, "can't listen");
    ck_assert(S_ISSOCK(mode_of(path)));
    close(other);
}
END_TEST

START_TEST(stale_socket_is_replaced)
{
    close(bind_at(path, SOCK_STREAM, true));
    ck_assert_int_eq(open_at(path, 0640), 0);
    ck_assert_uint_eq(mode_of(path), S_IFSOCK | 0640);
    int client = connect_at(path, SOCK_STREAM);
    ck_assert_int_ge(client, 0);
    close(client);
}
END_TEST

START_TEST(path_may_have_107_bytes_and_no_more)
{
    char longest[ORIGIN_PATH_MAX + 2];
    memset(longest, 'x', sizeof longest);
    memcpy(longest, folder, strlen(folder));
    longest[strlen(folder)] = '/';
    longest[ORIGIN_PATH_MAX + 1] = '\0';
    ck_assert_int_eq(open_at(longest, 0600), -ENAMETOOLONG);
    check_message(longest, "107");
    longest[ORIGIN_PATH_MAX] = '\0';
    ck_assert_int_eq(open_at(longest, 0600), 0);
    int client = connect_at(longest, SOCK_STREAM);
    ck_assert_int_ge(client, 0);
    close(client);
    listener_close(listener);
    listener = NULL;
    ck_assert_int_lt(open_at("", 0600), 0);
}
END_TEST

START_TEST(the_longest_path_can_have_a_group_too)
{
    char longest[ORIGIN_PATH_MAX + 1];
    struct listener_rights rights = rights_of(0660);
    memset(longest, 'x', sizeof longest);
    memcpy(longest, folder, strlen(folder));
    longest[strlen(folder)] = '/';
    longest[ORIGIN_PATH_MAX] = '\0';
    rights.group = getegid();
    ck_assert_int_eq(open_with(longest, rights), 0);
    int client = connect_at(longest, SOCK_STREAM);
    ck_assert_int_ge(client, 0);
    close(client);
    ck_assert_uint_eq(entries(), 1);
}
END_TEST

START_TEST(abstract_names_and_folders_are_refused)
{
    ck_assert_int_lt(open_at("@kvs", 0600), 0);
    check_message("@kvs", "no permissions");
    ck_assert_int_lt(open_at(scratch_path(folder, ""), 0600), 0);
    check_message(folder, "names a folder");
    ck_assert_int_lt(open_at(scratch_path(folder, ".."), 0600), 0);
}
END_TEST

START_TEST(missing_folder_is_named)
{
    ck_assert_int_eq(open_at(scratch_path(folder, "none/s"), 0600), -ENOENT);
    check_message(scratch_path(folder, "none"), "create it");
}
END_TEST

START_TEST(relative_path_works)
{
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(open_at("s", 0600), 0);
    ck_assert(S_ISSOCK(mode_of(path)));
    ck_assert_str_eq(listener_path(listener), "s");
    ck_assert_int_eq(chdir("/"), 0); /* it is still the same file */
    ck_assert(listener_owns_file(listener));
    listener_close(listener);
    listener = NULL;
    ck_assert_uint_eq(mode_of(path), 0);
}
END_TEST

START_TEST(file_of_another_is_not_removed)
{
    ck_assert_int_eq(open_at(path, 0600), 0);
    ck_assert_int_eq(unlink(path), 0);
    int other = bind_at(path, SOCK_STREAM, true); /* somebody's new server */
    ck_assert(!listener_owns_file(listener));
    mode_t before = mode_of(path);
    ck_assert_int_eq(change_to(rights_of(0666)), 0);
    ck_assert_uint_eq(mode_of(path), before);
    ck_assert_int_eq(listener_remake(listener, 16, LOCK_UNTIL_MS, error, sizeof error), -EADDRINUSE);
    check_message(path, "listening");
    listener_close(listener);
    listener = NULL;
    ck_assert(S_ISSOCK(mode_of(path)));
    int client = connect_at(path, SOCK_STREAM);
    ck_assert_int_ge(client, 0);
    close(client);
    close(other);
}
END_TEST

START_TEST(rights_can_be_changed_in_place)
{
    ck_assert_int_eq(open_at(path, 0600), 0);
    struct stat before = stat_of(path);
    struct listener_rights rights = rights_of(0666);
    rights.access = ACCESS_READ;
    rights.user = "alice";
    ck_assert_int_eq(change_to(rights), 0);
    ck_assert_uint_eq(mode_of(path), S_IFSOCK | 0666);
    ck_assert_uint_eq(stat_of(path).st_ino, before.st_ino);
    ck_assert_int_eq(listener_access(listener), ACCESS_READ);
    ck_assert_str_eq(listener_rights(listener).user, "alice");
}
END_TEST

START_TEST(owner_and_group_change_in_place_and_back)
{
    if (!test_is_root())
        return;
    ck_assert_int_eq(open_at(path, 0600), 0);
    struct listener_rights rights = rights_of(0666);
    rights.owner = 12345;
    rights.group = 23456;
    ck_assert_int_eq(change_to(rights), 0);
    ck_assert_uint_eq(stat_of(path).st_uid, 12345);
    ck_assert_uint_eq(stat_of(path).st_gid, 23456);
    ck_assert_int_eq(change_to(rights_of(0600)), 0); /* back to what nobody asked for */
    ck_assert_uint_eq(stat_of(path).st_uid, 0);
    ck_assert_uint_eq(stat_of(path).st_gid, getegid());
}
END_TEST

START_TEST(rights_that_cannot_be_changed_stay_as_they_were)
{
    if (!test_is_root())
        return;
    other_user_become(12345, 0, folder);
    ck_assert_int_eq(open_at(path, 0600), 0);
    struct listener_rights rights = rights_of(0660);
    rights.group = 23456;
    rights.access = ACCESS_READ;
    ck_assert_int_eq(change_to(rights), -EPERM);
    check_message(path, "is not in group");
    ck_assert_uint_eq(mode_of(path), S_IFSOCK | 0600);
    ck_assert_int_eq(listener_access(listener), ACCESS_ADMIN);
}
END_TEST

START_TEST(rights_changed_by_hand_stay_when_others_are_changed)
{
    ck_assert_int_eq(open_at(path, 0600), 0);
    ck_assert_int_eq(chmod(path, 0640), 0);
    struct listener_rights rights = rights_of(0600);
    rights.access = ACCESS_READ;
    ck_assert_int_eq(change_to(rights), 0);
    ck_assert_uint_eq(mode_of(path), S_IFSOCK | 0640);
}
END_TEST

START_TEST(a_lost_file_is_made_again_with_its_present_rights)
{
    ck_assert_int_eq(open_at(path, 0600), 0);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert(!listener_owns_file(listener));
    ck_assert_int_eq(change_to(rights_of(0640)), 0);
    ck_assert_int_eq(listener_remake(listener, 16, LOCK_UNTIL_MS, error, sizeof error), 0);
    ck_assert(listener_owns_file(listener));
    ck_assert_uint_eq(mode_of(path), S_IFSOCK | 0640);
    int client = connect_at(path, SOCK_STREAM), served = listener_accept(listener);
    ck_assert_int_ge(client, 0);
    ck_assert_int_ge(served, 0);
    close(client);
    close(served);
}
END_TEST

START_TEST(a_stopped_listener_lets_nobody_in_by_any_name)
{
    ck_assert_int_eq(open_at(path, 0600), 0);
    const char *second = scratch_path(folder, "second");
    ck_assert_int_eq(link(path, second), 0);
    listener_stop(listener);
    ck_assert_uint_eq(mode_of(path), 0);
    ck_assert_int_lt(connect_at(second, SOCK_STREAM), 0);
}
END_TEST

START_TEST(an_adopted_sockets_file_is_never_touched)
{
    struct listener_rights rights = rights_of(0600);
    int fd = bind_at(path, SOCK_STREAM, true);
    chmod(path, 0644);
    rights.access = ACCESS_WRITE;
    ck_assert_int_eq(listener_adopt(fd, path, &rights, &listener, error, sizeof error), 0);
    ck_assert_int_eq(listener_kind(listener), ORIGIN_ACTIVATED);
    ck_assert_uint_eq(listener_rights(listener).mode, 0644);
    ck_assert_int_eq(change_to(rights_of(0666)), 0);
    ck_assert_int_eq(listener_access(listener), ACCESS_ADMIN);
    ck_assert_uint_eq(mode_of(path), S_IFSOCK | 0644);
    listener_close(listener);
    listener = NULL;
    ck_assert_uint_eq(mode_of(path), S_IFSOCK | 0644);
}
END_TEST

/* ---- the lock ---- */

static const char *lock_path(void)
{
    char name[64];
    snprintf(name, sizeof name, ".kvs-%u.lock", (unsigned)geteuid());
    return scratch_path(folder, name);
}

START_TEST(a_lock_on_the_folder_itself_keeps_nobody_waiting)
{
    int other = open(folder, O_RDONLY | O_DIRECTORY);
    ck_assert_int_eq(flock(other, LOCK_EX), 0); /* as any account can that may read the folder */
    struct listener_rights rights = rights_of(0600);
    ck_assert_int_eq(listener_open(path, &rights, 16, 0, &listener, error, sizeof error), 0);
    ck_assert_int_eq(access(lock_path(), F_OK), -1);
    close(other);
}
END_TEST

START_TEST(another_server_at_work_in_the_folder_is_named)
{
    char whom[64];
    struct listener_rights rights = rights_of(0600);
    int other = open(lock_path(), O_RDWR | O_CREAT, 0600);
    ck_assert_int_eq(flock(other, LOCK_EX), 0);
    ck_assert_int_eq(listener_open(path, &rights, 16, 0, &listener, error, sizeof error), -EBUSY);
    snprintf(whom, sizeof whom, "pid %d of uid %u", (int)getpid(), (unsigned)geteuid());
    check_message(path, whom);
    ck_assert_int_eq(listener_open(path, &rights, 16, clock_monotonic_ms() + 20, &listener, error, sizeof error),
                     -EBUSY);
    ck_assert_uint_eq(mode_of(path), 0);
    close(other); /* a file that a dead server has left is no lock */
    ck_assert_int_eq(listener_open(path, &rights, 16, 0, &listener, error, sizeof error), 0);
    ck_assert_int_eq(access(lock_path(), F_OK), -1);
}
END_TEST

START_TEST(a_lock_that_others_could_hold_is_not_taken)
{
    struct listener_rights rights = rights_of(0600);
    int other = open(lock_path(), O_RDWR | O_CREAT, 0666);
    ck_assert_int_eq(flock(other, LOCK_EX), 0);
    ck_assert_int_eq(listener_open(path, &rights, 16, 0, &listener, error, sizeof error), 0);
    ck_assert_int_eq(access(lock_path(), F_OK), 0); /* it isn't ours to remove */
    close(other);
}
END_TEST

/* ---- servers that start at once ---- */

static atomic_int winners;
static pthread_barrier_t start_line, all_tried;

static void *race(void *unused)
{
    struct listener *mine;
    char message[512];
    pthread_barrier_wait(&start_line);
    struct listener_rights rights = rights_of(0600);
    bool won = listener_open(path, &rights, 16, LOCK_UNTIL_MS, &mine, message, sizeof message) == 0;
    atomic_fetch_add(&winners, won);
    pthread_barrier_wait(&all_tried);
    if (won)
        listener_close(mine);
    return unused;
}

START_TEST(of_servers_that_start_at_once_one_wins)
{
    enum { RACERS = 8 };
    for (unsigned round = 0; round < scratch_rounds(100); round++) {
        pthread_t threads[RACERS];
        atomic_store(&winners, 0);
        if (round % 2)
            close(bind_at(path, SOCK_STREAM, true)); /* over a stale socket */
        pthread_barrier_init(&start_line, NULL, RACERS);
        pthread_barrier_init(&all_tried, NULL, RACERS);
        for (int i = 0; i < RACERS; i++)
            pthread_create(&threads[i], NULL, race, NULL);
        for (int i = 0; i < RACERS; i++)
            pthread_join(threads[i], NULL);
        ck_assert_int_eq(atomic_load(&winners), 1);
        ck_assert_uint_eq(mode_of(path), 0);
        pthread_barrier_destroy(&start_line);
        pthread_barrier_destroy(&all_tried);
    }
}
END_TEST

Suite *suite_listener(void);
Suite *suite_listener(void)
{
    Suite *suite = suite_create("listener");
    TCase *tcase = tcase_create("listener");
    tcase_set_timeout(tcase, 90);
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, connections_are_accepted_with_non_blocking_descriptors);
    tcase_add_test(tcase, mode_is_as_asked);
    tcase_add_test(tcase, file_never_has_another_mode_for_a_moment);
    tcase_add_test(tcase, file_never_has_another_owner_or_group_for_a_moment);
    tcase_add_test(tcase, owner_and_group_are_given_and_nothing_else_is_left);
    tcase_add_test(tcase, a_group_of_ones_own_can_be_given);
    tcase_add_test(tcase, what_cannot_be_given_is_said_and_nothing_is_left);
    tcase_add_test(tcase, a_foreign_socket_that_may_be_live_is_left_alone);
    tcase_add_test(tcase, file_is_gone_after_closing);
    tcase_add_test(tcase, regular_file_is_left_alone);
    tcase_add_test(tcase, folder_is_left_alone);
    tcase_add_test(tcase, symbolic_link_is_left_alone_wherever_it_leads);
    tcase_add_test(tcase, live_server_is_named_by_pid_and_uid);
    tcase_add_test(tcase, busy_server_counts_as_live);
    tcase_add_test(tcase, datagram_socket_is_left_alone);
    tcase_add_test(tcase, stale_socket_is_replaced);
    tcase_add_test(tcase, path_may_have_107_bytes_and_no_more);
    tcase_add_test(tcase, the_longest_path_can_have_a_group_too);
    tcase_add_test(tcase, abstract_names_and_folders_are_refused);
    tcase_add_test(tcase, missing_folder_is_named);
    tcase_add_test(tcase, relative_path_works);
    tcase_add_test(tcase, file_of_another_is_not_removed);
    tcase_add_test(tcase, rights_can_be_changed_in_place);
    tcase_add_test(tcase, owner_and_group_change_in_place_and_back);
    tcase_add_test(tcase, rights_that_cannot_be_changed_stay_as_they_were);
    tcase_add_test(tcase, rights_changed_by_hand_stay_when_others_are_changed);
    tcase_add_test(tcase, a_lost_file_is_made_again_with_its_present_rights);
    tcase_add_test(tcase, a_stopped_listener_lets_nobody_in_by_any_name);
    tcase_add_test(tcase, an_adopted_sockets_file_is_never_touched);
    tcase_add_test(tcase, a_lock_on_the_folder_itself_keeps_nobody_waiting);
    tcase_add_test(tcase, another_server_at_work_in_the_folder_is_named);
    tcase_add_test(tcase, a_lock_that_others_could_hold_is_not_taken);
    tcase_add_test(tcase, of_servers_that_start_at_once_one_wins);
    suite_add_tcase(suite, tcase);
    return suite;
}
