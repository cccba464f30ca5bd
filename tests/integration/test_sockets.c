/*
 * Several socket files, each with its own rights: who comes in, what becomes of a file that is lost while the
 * server runs, and how the set is changed.
 */
#include "kit/kit.h"
#include "kit/suites.h"
#include "kit/users.h"

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

#define TEAM 23456 /* a group */

static char *folder; /* of the sockets */

static void setup(void)
{
    folder = scratch_create();
    users_admit_all(folder);
}

static void teardown(void)
{
    scratch_remove(folder);
}

static const char *at(const char *name)
{
    return scratch_path(folder, name);
}

static struct stat stat_of(const char *path)
{
    struct stat found = {0};
    lstat(path, &found);
    return found;
}

static bool is_gone(void *path)
{
    return stat_of(path).st_mode == 0;
}

/* Its file is there and the server listens: the one may come a moment before the other. */
static bool lets_in(void *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool yes = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return yes;
}

/* A server's socket that is the test's own, moved over whatever is at the path. */
static int usurp(const char *path, bool alive)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, at("usurper"));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, 100), 0);
    if (!alive)
        close(fd);
    ck_assert_int_eq(rename(address.sun_path, path), 0);
    return alive ? fd : -1;
}

/* How often the text is in the log. */
static unsigned said(const struct kit_server *server, const char *text)
{
    char *log = kit_read_log(server);
    unsigned count = 0;
    for (const char *found = log; (found = strstr(found, text)); found++)
        count++;
    free(log);
    return count;
}

static void await_said(struct kit_server *server, const char *format, const char *path)
{
    char text[512];
    snprintf(text, sizeof text, format, path);
    kit_await_log(server, text);
}

/* ---- who comes in ---- */

static const struct kit_user root = {0}, stranger = {.uid = 12345, .gid = 12345}, primary = {.uid = 12346, .gid = TEAM},
                             supplementary = {.uid = 12347, .gid = 12347, .group_count = 2, .groups = {12348, TEAM}};

static void expect_connect(const struct kit_user *user, const char *path, int error)
{
    int fd = users_raw_connect(user, path);
    ck_assert_msg(error ? fd == -error : fd >= 0, "uid %u at %s: %s", (unsigned)user->uid, path,
                  fd < 0 ? strerror(-fd) : "is in");
    if (fd >= 0)
        close(fd);
}

START_TEST(mode_owner_and_group_say_who_comes_in)
{
    if (!test_is_root())
        return;
    struct kit_server *server =
        kit_start("--listen", at("private"), "mode=0600", "--listen", at("team"), "group=23456", "--listen",
                  at("public"), "mode=0666", "access=read", "--listen", at("given"), "mode=0600", "owner=12345");
    static const struct {
        const char *name;
        int errors[4]; /* of root, stranger, primary, supplementary */
    } cases[] = {{"private", {0, EACCES, EACCES, EACCES}},
                 {"team", {0, EACCES, 0, 0}},
                 {"public", {0, 0, 0, 0}},
                 {"given", {0, 0, EACCES, EACCES}}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect_connect(&root, at(cases[i].name), cases[i].errors[0]);
        expect_connect(&stranger, at(cases[i].name), cases[i].errors[1]);
        expect_connect(&primary, at(cases[i].name), cases[i].errors[2]);
        expect_connect(&supplementary, at(cases[i].name), cases[i].errors[3]);
    }
    ck_assert_uint_eq(stat_of(at("team")).st_mode, S_IFSOCK | 0660);
    ck_assert_uint_eq(stat_of(at("team")).st_gid, TEAM);
    ck_assert_uint_eq(stat_of(at("given")).st_uid, 12345);
    kit_stop(server);
}
END_TEST

START_TEST(the_first_socket_can_have_a_group)
{
    if (!test_is_root())
        return;
    struct kit_server *server = kit_start("--unixsocketperm", "660", "--unixsocketgroup", "23456");
    users_admit_all(server->folder);
    expect_connect(&stranger, server->socket, EACCES);
    redisContext *context = users_connect(&supplementary, server->socket);
    kit_expect(context, "+OK", "CONFIG", "SET", "unixsocketgroup", "12345");
    redisFree(context);
    expect_connect(&supplementary, server->socket, EACCES);
    expect_connect(&stranger, server->socket, 0);
    kit_stop(server);
}
END_TEST

START_TEST(everybody_may_read_and_nobody_write_through_a_public_reading_socket)
{
    char refusal[512];
    if (!test_is_root())
        return;
    struct kit_server *server = kit_start("--listen", at("metrics.sock"), "mode=0666", "access=read");
    redisContext *admin = kit_connect(server), *reader = users_connect(&stranger, at("metrics.sock"));
    kit_expect(admin, "+OK", "SET", "k", "v");
    kit_expect(reader, "$v", "GET", "k");
    snprintf(refusal, sizeof refusal, "-NOPERM socket %s allows access=read; 'set' needs access=write",
             at("metrics.sock"));
    kit_expect(reader, refusal, "SET", "k", "x");
    kit_expect(admin, "$v", "GET", "k");
    redisFree(reader);
    redisFree(admin);
    kit_stop(server);
}
END_TEST

static void check_refused(const char *const *args, const char *reason)
{
    char *output;
    ck_assert_int_eq(kit_run_args(&output, args), 1);
    ck_assert_msg(strstr(output, reason), "%s", output);
    ck_assert_ptr_eq(strchr(output, '\n'), output + strlen(output) - 1); /* in one line */
    free(output);
}

#define REFUSED(reason, ...) check_refused((const char *const[]){__VA_ARGS__, NULL}, reason)

START_TEST(what_cannot_be_opened_is_said_in_one_line_and_nothing_stays)
{
    const char *good = strdup(at("good.sock"));
    REFUSED("there is no group nosuchgroup", "--listen", good, "--listen", at("b"), "group=nosuchgroup");
    REFUSED("there is no user nosuchuser", "--listen", good, "--listen", at("b"), "owner=nosuchuser");
    REFUSED("permissions", "--listen", good, "--listen", "@abstract");
    scratch_write(at("file"), "precious");
    REFUSED("not a socket", "--listen", good, "--listen", at("file"));
    ck_assert_uint_eq(stat_of(good).st_mode, 0);
    free((char *)good);
}
END_TEST

START_TEST(a_folder_that_others_can_write_is_warned_of)
{
    ck_assert_int_eq(chmod(folder, 0777), 0);
    struct kit_server *server = kit_start("--listen", at("s"));
    ck_assert_uint_eq(said(server, "all users can write to the folder"), 1);
    kit_stop(server);
    ck_assert_int_eq(chmod(folder, 01777), 0);
    server = kit_start("--listen", at("s"));
    ck_assert_uint_eq(said(server, "can write to the folder"), 0);
    kit_stop(server);
    ck_assert(chmod(folder, 0775) == 0 && (geteuid() != 0 || chown(folder, 0, TEAM) == 0));
    server = kit_start("--listen", at("s"));
    ck_assert_uint_eq(said(server, "members of its group can write to the folder"), geteuid() == 0);
    kit_stop(server);
}
END_TEST

START_TEST(a_socket_of_ones_own_lists_no_default_one)
{
    struct kit_server *server = kit_start("--unixsocket", "", "--listen", at("only.sock"), "access=admin");
    redisContext *context = kit_connect_to(at("only.sock"));
    char *first = kit_info_text(context, "socket0"), *second = kit_info_text(context, "socket1");
    ck_assert_msg(strstr(first, "only.sock,kind=own,mode=0660,") &&
                      strstr(first, ",access=admin,user=default,state=listening"),
                  "%s", first);
    ck_assert_str_eq(second, "");
    free(first);
    free(second);
    redisFree(context);
    kit_stop(server);
}
END_TEST

/* ---- files that are lost ---- */

START_TEST(a_removed_file_is_made_again_and_who_is_there_stays)
{
    struct kit_server *server = kit_start("--listen", at("s"), "mode=0640", "access=read");
    redisContext *before = kit_connect_to(at("s"));
    kit_expect(before, "nil", "GET", "k");
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(unlink(at("s")), 0);
        kit_await(lets_in, (void *)at("s"), "the file is made again");
        ck_assert_uint_eq(stat_of(at("s")).st_mode, S_IFSOCK | 0640);
        redisContext *after = kit_connect_to(at("s"));
        kit_expect(after, "-NOPERM...", "SET", "k", "v");
        redisFree(after);
    }
    await_said(server, "the socket file %s was removed", at("s"));
    kit_expect(before, "nil", "GET", "k");
    redisFree(before);
    kit_stop(server);
    ck_assert_uint_eq(stat_of(at("s")).st_mode, 0);
}
END_TEST

START_TEST(a_dead_servers_socket_in_its_place_is_replaced)
{
    struct kit_server *server = kit_start("--listen", at("s"));
    usurp(at("s"), false);
    await_said(server, "the socket file %s was replaced by a socket of uid", at("s"));
    await_said(server, "the socket file %s is made again", at("s"));
    redisContext *context = kit_connect_to(at("s"));
    kit_expect(context, "+PONG", "PING");
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(a_live_server_in_its_place_is_left_alone_until_it_has_gone)
{
    char who[128];
    struct kit_server *server = kit_start("--listen", at("s"));
    int other = usurp(at("s"), true);
    ino_t theirs = stat_of(at("s")).st_ino;
    snprintf(who, sizeof who, "a server is listening there, pid %d of uid %u", (int)getpid(), (unsigned)getuid());
    kit_await_log(server, who);
    redisContext *admin = kit_connect(server);
    char *state = kit_info_text(admin, "socket1");
    ck_assert_ptr_nonnull(strstr(state, "state=lost"));
    free(state);
    ck_assert_uint_eq(stat_of(at("s")).st_ino, theirs);
    close(other); /* its file stays, as of a server that was killed */
    await_said(server, "the socket file %s is made again", at("s"));
    ck_assert_uint_eq(said(server, who), 1);
    state = kit_info_text(admin, "socket1");
    ck_assert_ptr_nonnull(strstr(state, "state=listening"));
    free(state);
    redisFree(admin);
    kit_stop(server);
}
END_TEST

START_TEST(what_is_not_a_socket_in_its_place_is_left_alone_until_it_has_gone)
{
    struct kit_server *server = kit_start("--listen", at("s"));
    scratch_write(at("file"), "precious");
    ck_assert_int_eq(rename(at("file"), at("s")), 0);
    await_said(server, "the socket file %s was replaced by a regular file", at("s"));
    await_said(server, "can't listen on %s: something that is not a socket is there", at("s"));
    char *text = scratch_read(at("s"));
    ck_assert_str_eq(text, "precious");
    free(text);
    ck_assert_int_eq(unlink(at("s")), 0);
    await_said(server, "the socket file %s is made again", at("s"));
    kit_stop(server);
}
END_TEST

START_TEST(the_socket_of_another_is_not_removed_at_the_end)
{
    struct kit_server *server = kit_start("--listen", at("s"));
    int other = usurp(at("s"), true);
    kit_await_log(server, "a server is listening there");
    kit_stop(server);
    redisContext *context = kit_connect_to(at("s"));
    redisFree(context);
    close(other);
}
END_TEST

START_TEST(a_removed_folder_is_waited_for)
{
    char *inner = strdup(at("inner")), *path = strdup(at("inner/s"));
    ck_assert_int_eq(mkdir(inner, 0755), 0);
    struct kit_server *server = kit_start("--listen", path);
    ck_assert(unlink(path) == 0 || errno == ENOENT);
    while (rmdir(inner)) /* the server makes the file again meanwhile */
        unlink(path);
    kit_await_log(server, "create it or choose another path; trying again every few seconds");
    ck_assert_int_eq(mkdir(inner, 0755), 0);
    kit_await(lets_in, path, "the file is made again in the new folder");
    redisContext *context = kit_connect_to(path);
    kit_expect(context, "+PONG", "PING");
    redisFree(context);
    kit_stop(server);
    free(inner);
    free(path);
}
END_TEST

START_TEST(a_moved_folder_is_noticed)
{
    char *path = strdup(at("inner/s"));
    ck_assert_int_eq(mkdir(at("inner"), 0755), 0);
    struct kit_server *server = kit_start("--listen", path);
    ck_assert_int_eq(rename(at("inner"), at("elsewhere")), 0);
    await_said(server, "the socket file %s was removed with its folder", path);
    ck_assert_int_eq(rename(at("elsewhere"), at("inner")), 0);
    await_said(server, "the socket file %s is back", path);
    redisContext *context = kit_connect_to(path);
    kit_expect(context, "+PONG", "PING");
    redisFree(context);
    kit_stop(server);
    free(path);
}
END_TEST

/* ---- the moment of creation ---- */

/* Looks at the path and connects, without a rest. */
struct watcher {
    const char *path;
    mode_t mode;
    uid_t owner;
    gid_t group;
    atomic_bool looks, enough;
    atomic_uint seen, wrong, connected;
};

static void *watch(void *argument)
{
    struct watcher *watcher = argument;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, watcher->path);
    atomic_store(&watcher->looks, true);
    while (!atomic_load(&watcher->enough)) {
        struct stat found;
        if (lstat(watcher->path, &found) == 0) {
            atomic_fetch_add(&watcher->seen, 1);
            if (found.st_mode != (S_IFSOCK | watcher->mode) || found.st_uid != watcher->owner ||
                found.st_gid != watcher->group)
                atomic_fetch_add(&watcher->wrong, 1);
        }
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
            atomic_fetch_add(&watcher->connected, 1);
        close(fd);
    }
    return NULL;
}

static bool has_begun(void *watcher)
{
    return atomic_load(&((struct watcher *)watcher)->looks);
}

static bool has_seen(void *watcher)
{
    return atomic_load(&((struct watcher *)watcher)->seen) > 0;
}

/* Starts a server again and again, and takes its file away again and again. */
static void check_creation(struct watcher *watcher, const char *const *args)
{
    pthread_t thread;
    pthread_create(&thread, NULL, watch, watcher);
    /* The server is forked: a thread that is just beginning may hold a lock of the sanitizer's runtime meanwhile. */
    kit_await(has_begun, watcher, "the thread has begun");
    for (unsigned i = 0; i < scratch_rounds(10); i++) {
        struct kit_server *server = kit_start_args(args);
        for (int k = 0; k < 4; k++) {
            atomic_store(&watcher->seen, 0);
            unlink(watcher->path);
            kit_await(has_seen, watcher, "the file was to be made again");
        }
        kit_stop(server);
    }
    atomic_store(&watcher->enough, true);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(atomic_load(&watcher->wrong), 0);
    ck_assert_uint_gt(atomic_load(&watcher->connected), 0);
}

START_TEST(whoever_sees_the_file_sees_its_final_mode)
{
    struct watcher watcher = {.path = strdup(at("s")), .mode = 0600, .owner = geteuid(), .group = getegid()};
    check_creation(&watcher, (const char *const[]){"--listen", watcher.path, "mode=0600", NULL});
    free((char *)watcher.path);
}
END_TEST

START_TEST(whoever_sees_the_file_sees_its_final_owner_and_group)
{
    if (!test_is_root())
        return;
    struct watcher watcher = {.path = strdup(at("s")), .mode = 0620, .owner = 12345, .group = TEAM};
    check_creation(&watcher,
                   (const char *const[]){"--listen", watcher.path, "mode=0620", "owner=12345", "group=23456", NULL});
    free((char *)watcher.path);
}
END_TEST

/* ---- too many ---- */

/* Connects and says PING; the first line that comes. */
static int ping_as(const struct kit_user *user, const char *path, char *line, size_t size)
{
    int fd = users_raw_connect(user, path);
    ck_assert_int_ge(fd, 0);
    (void)!send(fd, "PING\r\n", 6, MSG_NOSIGNAL); /* one that is refused may be closed already */
    kit_raw_receive_line(fd, line, size);
    return fd;
}

static void expect_ping(const struct kit_user *user, const char *path, const char *expected, int *fd_out)
{
    char line[256];
    int fd = ping_as(user, path, line, sizeof line);
    ck_assert_str_eq(line, expected);
    if (fd_out) {
        *fd_out = fd;
        return;
    }
    close(fd);
}

static bool has_one_client(void *context)
{
    return kit_info(context, "connected_clients") == 1;
}

START_TEST(one_uid_cannot_use_up_the_connections)
{
    int fds[16], admins[4];
    if (!test_is_root())
        return;
    struct kit_server *server = kit_start("--maxclients", "40", "--maxclients-per-uid", "8", "--unixsocketperm", "666",
                                          "--listen", at("app"), "mode=0666");
    users_admit_all(server->folder);
    redisContext *admin = kit_connect(server);
    for (int i = 0; i < 8; i++)
        expect_ping(&stranger, at("app"), "+PONG", &fds[i]);
    expect_ping(&stranger, at("app"), "-ERR max number of clients reached for uid 12345", NULL);
    for (int i = 0; i < 8; i++)
        expect_ping(&primary, at("app"), "+PONG", &fds[8 + i]);
    expect_ping(&primary, at("app"), "-ERR max number of clients reached for uid 12346", NULL);
    for (int i = 0; i < 4; i++) /* a few more on the socket for administration, for all of them together */
        expect_ping(i % 2 ? &primary : &stranger, server->socket, "+PONG", &admins[i]);
    expect_ping(&stranger, server->socket, "-ERR max number of clients reached for uid 12345", NULL);
    kit_expect(admin, "+PONG", "PING");
    char *app = kit_info_text(admin, "socket1"), *first = kit_info_text(admin, "socket0");
    ck_assert_msg(strstr(app, ",clients=16,accepted=16,refused=2,denied=0"), "%s", app);
    ck_assert_msg(strstr(first, ",clients=5,") && strstr(first, ",refused=1,"), "%s", first);
    free(app);
    free(first);
    ck_assert_int_eq(kit_info(admin, "rejected_connections"), 3);
    for (int i = 0; i < 16; i++)
        close(fds[i]);
    for (int i = 0; i < 4; i++)
        close(admins[i]);
    kit_await(has_one_client, admin, "the others have left");
    expect_ping(&stranger, at("app"), "+PONG", NULL); /* and what they had is free again */
    redisFree(admin);
    kit_stop(server);
}
END_TEST

START_TEST(some_connections_are_kept_for_administration)
{
    int fds[16];
    const struct kit_user myself = {.uid = geteuid(), .gid = getegid()};
    struct kit_server *server = kit_start("--maxclients", "20", "--listen", at("app"));
    redisContext *admin = kit_connect(server);
    kit_await(has_one_client, admin, "the kit's own tries have left");
    for (int i = 0; i < 15; i++)
        expect_ping(&myself, at("app"), "+PONG", &fds[i]);
    expect_ping(&myself, at("app"), "-ERR max number of clients reached", NULL);
    expect_ping(&myself, server->socket, "+PONG", &fds[15]);
    kit_expect(admin, "+OK", "CONFIG", "SET", "maxclients", "30");
    expect_ping(&myself, at("app"), "+PONG", NULL);
    for (int i = 0; i < 16; i++)
        close(fds[i]);
    redisFree(admin);
    kit_stop(server);
}
END_TEST

/* ---- changing the set ---- */

static void set_listen(redisContext *context, const char *expected, const char *prefix, const char *path,
                       const char *options)
{
    char value[512];
    snprintf(value, sizeof value, "%s%s%s%s", prefix, path, *options ? " " : "", options);
    kit_expect(context, expected, "CONFIG", "SET", "listen", value);
}

START_TEST(sockets_come_change_and_go_while_the_server_runs)
{
    struct kit_server *server = kit_start();
    redisContext *admin = kit_connect(server);
    char *path = strdup(at("s"));
    set_listen(admin, "+OK", "+", path, "mode=0666 access=read");
    ck_assert_uint_eq(stat_of(path).st_mode, S_IFSOCK | 0666);
    redisContext *client = kit_connect_to(path);
    kit_expect(client, "-NOPERM...", "SET", "k", "v");
    ino_t inode = stat_of(path).st_ino;

    set_listen(admin, "+OK", "+", path, "mode=0600 access=write");
    ck_assert_uint_eq(stat_of(path).st_mode, S_IFSOCK | 0600);
    ck_assert_uint_eq(stat_of(path).st_ino, inode);
    kit_expect(client, "+OK", "SET", "k", "v"); /* its clients' ceiling moves with it */

    set_listen(admin, "+OK", "-", path, "");
    ck_assert_uint_eq(stat_of(path).st_mode, 0);
    kit_expect(client, "$v", "GET", "k"); /* who is in stays, under its rights */
    kit_expect(client, "-NOPERM...", "FLUSHALL");
    char *info = kit_info_text(admin, "socket1");
    ck_assert_str_eq(info, "");
    free(info);

    set_listen(admin, "+OK", "", path, "access=admin");
    redisContext *other = kit_connect_to(path);
    kit_expect(other, "+OK", "FLUSHALL");
    redisFree(other);
    redisFree(client);
    redisFree(admin);
    kit_stop(server);
    ck_assert_uint_eq(stat_of(path).st_mode, 0);
    free(path);
}
END_TEST

/* Once its socket has been removed, a connection can lose rights but not gain any. */
START_TEST(connections_of_a_removed_socket_get_no_more_than_the_one_in_its_place)
{
    struct kit_server *server = kit_start();
    redisContext *admin = kit_connect(server), *clients[3];
    static const char *const accesses[] = {"access=admin", "access=write", "access=read"};
    char *path = strdup(at("s"));
    kit_expect(admin, "+OK", "ACL", "SETUSER", "app", "on", "nopass", "~*", "+@all");
    for (int i = 0; i < 3; i++) { /* three generations */
        set_listen(admin, "+OK", "+", path, accesses[i]);
        clients[i] = kit_connect_to(path);
        kit_expect(clients[i], "+PONG", "PING");
        set_listen(admin, "+OK", "-", path, "");
    }
    kit_expect(clients[0], "-NOPERM socket...", "SET", "k", "v"); /* the last one allowed reading */
    kit_expect(clients[1], "-NOPERM socket...", "SET", "k", "v");
    set_listen(admin, "+OK", "+", at("another"), "access=read");
    set_listen(admin, "+OK", "+", path, "access=admin user=app");
    for (int i = 0; i < 3; i++) {
        kit_expect(clients[i], "-NOPERM socket...", "SET", "k", "v");
        kit_expect(clients[i], "nil", "GET", "k");
        kit_expect(clients[i], "$default", "ACL", "WHOAMI");
        kit_expect(clients[i], "+RESET", "RESET");
        kit_expect(clients[i], "$app", "ACL", "WHOAMI"); /* as whoever comes in there */
        redisFree(clients[i]);
    }
    clients[0] = kit_connect_to(path);
    kit_expect(clients[0], "+OK", "FLUSHALL");
    set_listen(admin, "+OK", "-", path, "");
    kit_expect(clients[0], "+OK", "FLUSHALL"); /* without another in its place it keeps what it had */
    set_listen(admin, "+OK", "+", at("another"), "access=read mode=0600");
    kit_expect(clients[0], "+OK", "FLUSHALL");
    set_listen(admin, "+OK", "+", path, "access=write");
    kit_expect(clients[0], "-NOPERM socket...", "CONFIG", "GET", "hz");
    set_listen(admin, "+OK", "+", path, "access=read");
    kit_expect(clients[0], "-NOPERM socket...", "SET", "k", "v");
    set_listen(admin, "+OK", "+", path, "access=write");
    kit_expect(clients[0], "-NOPERM socket...", "SET", "k", "v");
    redisFree(clients[0]);
    redisFree(admin);
    kit_stop(server);
    free(path);
}
END_TEST

START_TEST(a_set_that_cannot_be_had_changes_nothing)
{
    char value[1024];
    struct kit_server *server = kit_start("--listen", at("a"), "mode=0640");
    redisContext *admin = kit_connect(server);
    scratch_write(at("file"), "precious");
    snprintf(value, sizeof value, "%s mode=0666 %s mode=0666 %s", at("a"), at("b"), at("file"));
    redisReply *reply = kit_command(admin, "CONFIG", "SET", "listen", value);
    ck_assert_int_eq(reply->type, REDIS_REPLY_ERROR);
    ck_assert_msg(strstr(reply->str, at("file")) && strstr(reply->str, "not a socket"), "%s", reply->str);
    freeReplyObject(reply);
    ck_assert_uint_eq(stat_of(at("a")).st_mode, S_IFSOCK | 0640);
    ck_assert_uint_eq(stat_of(at("b")).st_mode, 0);
    reply = kit_command(admin, "CONFIG", "GET", "listen");
    ck_assert_ptr_null(strstr(reply->element[1]->str, at("b")));
    freeReplyObject(reply);
    redisContext *client = kit_connect_to(at("a"));
    kit_expect(client, "+PONG", "PING");
    redisFree(client);
    redisFree(admin);
    kit_stop(server);
}
END_TEST

START_TEST(a_folder_in_which_another_server_is_at_work_is_not_waited_for)
{
    char name[64], expected[256];
    struct kit_server *server = kit_start();
    redisContext *context = kit_connect(server);
    snprintf(name, sizeof name, ".kvs-%u.lock", (unsigned)geteuid());
    int lock = open(at(name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_eq(flock(lock, LOCK_EX), 0);
    snprintf(expected, sizeof expected,
             "-ERR CONFIG SET failed (possibly related to argument 'listen') - can't listen "
             "on %s: pid %d of uid %u...",
             at("more.sock"), (int)getpid(), (unsigned)geteuid());
    kit_expect(context, expected, "CONFIG", "SET", "listen", at("more.sock"));
    close(lock);
    kit_expect(context, "+OK", "CONFIG", "SET", "listen", at("more.sock"));
    ck_assert(lets_in((char *)at("more.sock")));
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(a_file_that_is_lost_gets_the_rights_of_the_present)
{
    struct kit_server *server = kit_start("--listen", at("s"), "mode=0600");
    redisContext *admin = kit_connect(server);
    int other = usurp(at("s"), true);
    kit_await_log(server, "a server is listening there");
    mode_t theirs = stat_of(at("s")).st_mode;
    set_listen(admin, "+OK", "+", at("s"), "mode=0640");
    ck_assert_uint_eq(stat_of(at("s")).st_mode, theirs);
    close(other);
    await_said(server, "the socket file %s is made again", at("s"));
    ck_assert_uint_eq(stat_of(at("s")).st_mode, S_IFSOCK | 0640);
    redisFree(admin);
    kit_stop(server);
}
END_TEST

/* Connects, asks and leaves as long as there is a socket. */
static void *visit(void *enough)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char answer[64];
    strcpy(address.sun_path, at("s"));
    while (!atomic_load((atomic_bool *)enough)) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 && send(fd, "PING\r\n", 6, MSG_NOSIGNAL) == 6)
            (void)!recv(fd, answer, sizeof answer, 0);
        close(fd);
    }
    return NULL;
}

START_TEST(sockets_come_and_go_under_load)
{
    enum { VISITORS = 3 };
    pthread_t visitors[VISITORS];
    atomic_bool enough = false;
    char *path = strdup(at("s"));
    struct kit_server *server = kit_start();
    redisContext *admin = kit_connect(server);
    for (int i = 0; i < VISITORS; i++)
        pthread_create(&visitors[i], NULL, visit, &enough);
    for (unsigned i = 0; i < scratch_rounds(200); i++) {
        set_listen(admin, "+OK", "+", path, i % 2 ? "mode=0666 access=read" : "mode=0600");
        if (i % 3 == 0)
            unlink(path);
        if (i % 5 == 0)
            kit_expect(admin, "$# Sockets...", "INFO", "sockets");
        if (i % 2)
            set_listen(admin, "+OK", "-", path, "");
    }
    atomic_store(&enough, true);
    for (int i = 0; i < VISITORS; i++)
        pthread_join(visitors[i], NULL);
    kit_await(has_one_client, admin, "the visitors have left");
    kit_await(is_gone, path, "the file has gone with its socket");
    redisFree(admin);
    kit_stop(server);
    free(path);
}
END_TEST

Suite *suite_sockets(void);
Suite *suite_sockets(void)
{
    Suite *suite = suite_create("sockets");
    TCase *tcase = kit_tcase("sockets");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, mode_owner_and_group_say_who_comes_in);
    tcase_add_test(tcase, the_first_socket_can_have_a_group);
    tcase_add_test(tcase, everybody_may_read_and_nobody_write_through_a_public_reading_socket);
    tcase_add_test(tcase, what_cannot_be_opened_is_said_in_one_line_and_nothing_stays);
    tcase_add_test(tcase, a_folder_that_others_can_write_is_warned_of);
    tcase_add_test(tcase, a_socket_of_ones_own_lists_no_default_one);
    tcase_add_test(tcase, a_removed_file_is_made_again_and_who_is_there_stays);
    tcase_add_test(tcase, a_dead_servers_socket_in_its_place_is_replaced);
    tcase_add_test(tcase, a_live_server_in_its_place_is_left_alone_until_it_has_gone);
    tcase_add_test(tcase, what_is_not_a_socket_in_its_place_is_left_alone_until_it_has_gone);
    tcase_add_test(tcase, the_socket_of_another_is_not_removed_at_the_end);
    tcase_add_test(tcase, a_removed_folder_is_waited_for);
    tcase_add_test(tcase, a_moved_folder_is_noticed);
    tcase_add_test(tcase, whoever_sees_the_file_sees_its_final_mode);
    tcase_add_test(tcase, whoever_sees_the_file_sees_its_final_owner_and_group);
    tcase_add_test(tcase, one_uid_cannot_use_up_the_connections);
    tcase_add_test(tcase, some_connections_are_kept_for_administration);
    tcase_add_test(tcase, sockets_come_change_and_go_while_the_server_runs);
    tcase_add_test(tcase, connections_of_a_removed_socket_get_no_more_than_the_one_in_its_place);
    tcase_add_test(tcase, a_set_that_cannot_be_had_changes_nothing);
    tcase_add_test(tcase, a_folder_in_which_another_server_is_at_work_is_not_waited_for);
    tcase_add_test(tcase, a_file_that_is_lost_gets_the_rights_of_the_present);
    tcase_add_test(tcase, sockets_come_and_go_under_load);
    suite_add_tcase(suite, tcase);
    return suite;
}
