/* The socket file as a server's users meet it: who may come in, and what stands at its path. */
#include "kit/kit.h"
#include "kit/suites.h"
#include "kit/users.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static mode_t mode_of(const char *path)
{
    struct stat found;
    return lstat(path, &found) ? 0 : found.st_mode;
}

START_TEST(mode_is_0600_unless_asked_otherwise)
{
    static const char *const modes[] = {NULL, "600", "660", "777", "0640"};
    umask(0);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct kit_server *server = modes[i] ? kit_start("--unixsocketperm", modes[i]) : kit_start();
        ck_assert_uint_eq(mode_of(server->socket), S_IFSOCK | (modes[i] ? strtoul(modes[i], NULL, 8) : 0600));
        kit_stop(server);
    }
}
END_TEST

START_TEST(mode_is_as_asked_whatever_the_umask)
{
    static const mode_t masks[] = {0, 022, 077, 0777};
    struct kit_server *server = kit_start("--unixsocketperm", "666", "--logfile", "/dev/null");
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        kit_kill(server);
        mode_t former = umask(masks[i]);
        kit_start_again(server);
        umask(former);
        ck_assert_uint_eq(mode_of(server->socket), S_IFSOCK | 0666);
    }
    kit_stop(server);
}
END_TEST

START_TEST(others_come_in_only_if_the_mode_allows)
{
    static const struct kit_user nobody = {.uid = 65534, .gid = 65534};
    if (!test_is_root())
        return;
    struct kit_server *closed = kit_start(), *open = kit_start("--unixsocketperm", "666");
    users_admit_all(closed->folder);
    users_admit_all(open->folder);
    ck_assert_int_eq(users_raw_connect(&nobody, closed->socket), -EACCES);
    int fd = users_raw_connect(&nobody, open->socket);
    ck_assert_int_ge(fd, 0);
    close(fd);
    kit_stop(closed);
    kit_stop(open);
}
END_TEST

START_TEST(a_second_server_is_refused_and_told_who_is_there)
{
    char *output, who[64];
    struct kit_server *server = kit_start();
    ck_assert_int_eq(kit_run(&output, "-s", server->socket), 1);
    snprintf(who, sizeof who, "pid %d of uid %u", (int)server->pid, (unsigned)getuid());
    ck_assert_msg(strstr(output, server->socket) && strstr(output, who), "%s", output);
    ck_assert_ptr_eq(strchr(output, '\n'), output + strlen(output) - 1); /* in one line */
    free(output);
    redisContext *context = kit_connect(server); /* the first serves on */
    kit_expect(context, "+PONG", "PING");
    redisFree(context);
    kit_stop(server);
}
END_TEST

/* A server is to refuse the path, with that reason. */
static void check_refused(const char *path, const char *reason)
{
    char *output;
    ck_assert_int_eq(kit_run(&output, "-s", path), 1);
    ck_assert_msg(strstr(output, path) && strstr(output, reason), "%s", output);
    free(output);
}

START_TEST(what_is_not_a_socket_is_left_alone)
{
    struct kit_server *server = kit_start();
    char *folder = scratch_create(), *content;
    const char *file = scratch_path(folder, "file"), *link = scratch_path(folder, "link");
    const char *targets[] = {"nowhere", file, server->socket};
    scratch_write(file, "precious\n");
    check_refused(file, "not a socket");
    check_refused(folder, "not a socket");
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        ck_assert_int_eq(symlink(targets[i], link), 0);
        check_refused(link, "not a socket");
        ck_assert(S_ISLNK(mode_of(link)));
        ck_assert_int_eq(unlink(link), 0);
    }
    content = scratch_read(file);
    ck_assert_str_eq(content, "precious\n");
    free(content);
    scratch_remove(folder);
    kit_stop(server);
}
END_TEST

START_TEST(a_path_over_107_bytes_is_refused_with_that_reason)
{
    char *output, path[200];
    memset(path, 'x', sizeof path);
    memcpy(path, "/tmp/", 5);
    path[108] = '\0';
    ck_assert_int_eq(kit_run(&output, "-s", path), 1);
    ck_assert_msg(strstr(output, "107"), "%s", output);
    free(output);
}
END_TEST

START_TEST(a_killed_servers_socket_is_replaced)
{
    struct kit_server *server = kit_start("--unixsocketperm", "640");
    kit_kill(server);
    ck_assert(S_ISSOCK(mode_of(server->socket)));
    kit_start_again(server);
    ck_assert_uint_eq(mode_of(server->socket), S_IFSOCK | 0640);
    kit_stop(server);
}
END_TEST

START_TEST(a_relative_path_begins_at_dir)
{
    struct kit_server *server = kit_start("--unixsocket", "relative.sock");
    ck_assert_str_eq(server->socket, scratch_path(server->folder, "relative.sock"));
    kit_stop(server);
}
END_TEST

static bool file_has(const char *path, const char *text)
{
    char *content = scratch_read(path);
    bool has = strstr(content, text);
    free(content);
    return has;
}

START_TEST(there_is_no_network_socket)
{
    static const char *const tables[] = {"/proc/net/tcp", "/proc/net/tcp6", "/proc/net/udp", "/proc/net/udp6"};
    char folder[64], target[64];
    unsigned sockets = 0;
    struct kit_server *server = kit_start();
    snprintf(folder, sizeof folder, "/proc/%d/fd", (int)server->pid);
    DIR *fds = opendir(folder);
    ck_assert_ptr_nonnull(fds);
    for (struct dirent *fd; (fd = readdir(fds));) {
        ssize_t len = readlink(scratch_path(folder, fd->d_name), target, sizeof target - 1);
        target[len > 0 ? len : 0] = '\0';
        if (strncmp(target, "socket:[", 8) != 0)
            continue;
        char inode[64];
        snprintf(inode, sizeof inode, " %lu ", strtoul(target + 8, NULL, 10));
        sockets++;
        for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
            ck_assert_msg(!file_has(tables[i], inode), "%s has a socket of the server", tables[i]);
    }
    closedir(fds);
    ck_assert_uint_ge(sockets, 1);
    kit_stop(server);
}
END_TEST

Suite *suite_socket(void);
Suite *suite_socket(void)
{
    Suite *suite = suite_create("socket");
    TCase *tcase = kit_tcase("socket");
    tcase_add_test(tcase, mode_is_0600_unless_asked_otherwise);
    tcase_add_test(tcase, mode_is_as_asked_whatever_the_umask);
    tcase_add_test(tcase, others_come_in_only_if_the_mode_allows);
    tcase_add_test(tcase, a_second_server_is_refused_and_told_who_is_there);
    tcase_add_test(tcase, what_is_not_a_socket_is_left_alone);
    tcase_add_test(tcase, a_path_over_107_bytes_is_refused_with_that_reason);
    tcase_add_test(tcase, a_killed_servers_socket_is_replaced);
    tcase_add_test(tcase, a_relative_path_begins_at_dir);
    tcase_add_test(tcase, there_is_no_network_socket);
    suite_add_tcase(suite, tcase);
    return suite;
}
