/* Peers: the kernel says who has connected, and the ACL's peer: rules make a user of it, without a password. */
#include "kit/served.h"
#include "kit/suites.h"
#include "kit/users.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *app; /* path of a socket that starts as the user socket-user */

static const struct kit_user stranger = {.uid = 12345, .gid = 12345};

static void setup(void)
{
    char *folder = scratch_create();
    app = strdup(scratch_path(folder, "app.sock"));
    served_begin(kit_start("--unixsocketperm", "666", "--listen", app, "mode=0666", "access=write", "user=socket-user",
                           "--user", "socket-user", "on", "nopass", "~*", "+@all"));
    users_admit_all(server->folder);
    users_admit_all(folder);
    free(folder);
}

static void teardown(void)
{
    served_end();
    *strrchr(app, '/') = '\0';
    scratch_remove(app);
}

/* Who one is after connecting. */
static void expect_name(const struct kit_user *user, const char *path, const char *name)
{
    char expected[64];
    redisContext *context = users_connect(user, path);
    snprintf(expected, sizeof expected, "$%s", name);
    kit_expect(context, expected, "ACL", "WHOAMI");
    redisFree(context);
}

#define SET_USER(name, ...) kit_expect(c, "+OK", "ACL", "SETUSER", name, "reset", "on", "~*", "+@all", __VA_ARGS__)

START_TEST(a_peer_is_known_by_its_uid)
{
    if (!test_is_root())
        return;
    SET_USER("app", "peer:12345");
    expect_name(&stranger, server->socket, "app");
    expect_name(&(struct kit_user){.uid = 12346, .gid = 12345}, server->socket, "default");
}
END_TEST

START_TEST(a_peer_is_known_by_its_name)
{
    const struct passwd *account = getpwnam("daemon");
    if (!test_is_root())
        return;
    ck_assert_ptr_nonnull(account);
    SET_USER("app", "peer:daemon");
    expect_name(&(struct kit_user){.uid = account->pw_uid, .gid = 12345}, server->socket, "app");
    expect_name(&stranger, server->socket, "default");
}
END_TEST

START_TEST(a_peer_is_known_by_its_primary_group)
{
    const struct group *group = getgrnam("daemon");
    if (!test_is_root())
        return;
    ck_assert_ptr_nonnull(group);
    SET_USER("app", "peer:@daemon");
    expect_name(&(struct kit_user){.uid = 12345, .gid = group->gr_gid}, server->socket, "app");
    expect_name(&stranger, server->socket, "default");
}
END_TEST

START_TEST(a_peer_is_known_by_each_of_its_supplementary_groups)
{
    struct kit_user member = {.uid = 12345, .gid = 12345, .group_count = 40};
    if (!test_is_root())
        return;
    for (gid_t i = 0; i < 40; i++)
        member.groups[i] = 20000 + i;
    SET_USER("app", "peer:@20039");
    expect_name(&member, server->socket, "app");
    member.group_count = 39;
    expect_name(&member, server->socket, "default");
    SET_USER("app", "peer:@20000");
    expect_name(&member, server->socket, "app");
}
END_TEST

START_TEST(the_first_in_the_order_of_names_that_is_on_is_taken)
{
    if (!test_is_root())
        return;
    SET_USER("zoe", "peer:12345");
    SET_USER("bob", "peer:@12345");
    SET_USER("carl", "peer:12345");
    expect_name(&stranger, server->socket, "bob");
    kit_expect(c, "+OK", "ACL", "SETUSER", "bob", "off");
    expect_name(&stranger, server->socket, "carl");
    kit_expect(c, "+OK", "ACL", "SETUSER", "carl", "-peer:12345");
    expect_name(&stranger, server->socket, "zoe");
    kit_expect(c, "+OK", "ACL", "SETUSER", "zoe", "resetpeers");
    expect_name(&stranger, server->socket, "default");
}
END_TEST

START_TEST(who_is_no_peer_starts_as_the_user_of_the_socket)
{
    if (!test_is_root())
        return;
    expect_name(&stranger, app, "socket-user");
    SET_USER("app", "peer:12345");
    expect_name(&stranger, app, "app");
    expect_name(&stranger, server->socket, "app");
    expect_name(&(struct kit_user){.uid = 12346, .gid = 12345}, app, "socket-user");
    expect_name(&(struct kit_user){.uid = 12346, .gid = 12345}, server->socket, "default");
}
END_TEST

START_TEST(a_peer_logs_in_with_any_password_and_others_do_not)
{
    if (!test_is_root())
        return;
    SET_USER("app", "peer:12345");
    SET_USER("other", "peer:12345", ">secret");
    redisContext *peer = users_connect(&stranger, server->socket);
    kit_expect(peer, "+OK", "AUTH", "other", "whatever");
    kit_expect(peer, "$other", "ACL", "WHOAMI");
    kit_expect(peer, "+OK", "AUTH", "app", "");
    kit_expect(peer, "$app", "ACL", "WHOAMI");
    redisFree(peer);
    peer = users_connect(&(struct kit_user){.uid = 12346, .gid = 12346}, server->socket);
    kit_expect(peer, "-WRONGPASS...", "AUTH", "app", "");
    kit_expect(peer, "-WRONGPASS...", "AUTH", "other", "whatever");
    kit_expect(peer, "+OK", "AUTH", "other", "secret");
    redisFree(peer);
}
END_TEST

START_TEST(a_peer_can_do_no_more_than_its_socket_allows)
{
    char expected[512];
    if (!test_is_root())
        return;
    SET_USER("app", "peer:12345");
    redisContext *peer = users_connect(&stranger, app);
    kit_expect(peer, "+OK", "SET", "k", "v");
    snprintf(expected, sizeof expected, "-NOPERM socket %s allows access=write; 'flushall' needs access=admin", app);
    kit_expect(peer, expected, "FLUSHALL");
    redisFree(peer);
}
END_TEST

START_TEST(lists_of_clients_tell_who_the_peers_are)
{
    char expected[512];
    if (!test_is_root())
        return;
    redisContext *peer = users_connect(&(struct kit_user){.uid = 12345, .gid = 23456}, app);
    kit_expect(peer, "+PONG", "PING");
    redisReply *list = kit_command(c, "CLIENT", "LIST");
    snprintf(expected, sizeof expected, " uid=12345 gid=23456 access=write socket=%s\n", app);
    ck_assert_msg(strstr(list->str, expected), "%s", list->str);
    snprintf(expected, sizeof expected, " pid=%d uid=0 gid=0 access=admin socket=%s\n", (int)getpid(), server->socket);
    ck_assert_msg(strstr(list->str, expected), "%s", list->str);
    freeReplyObject(list);
    redisFree(peer);
}
END_TEST

Suite *suite_peers(void);
Suite *suite_peers(void)
{
    Suite *suite = suite_create("peers");
    TCase *tcase = kit_tcase("peers");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_peer_is_known_by_its_uid);
    tcase_add_test(tcase, a_peer_is_known_by_its_name);
    tcase_add_test(tcase, a_peer_is_known_by_its_primary_group);
    tcase_add_test(tcase, a_peer_is_known_by_each_of_its_supplementary_groups);
    tcase_add_test(tcase, the_first_in_the_order_of_names_that_is_on_is_taken);
    tcase_add_test(tcase, who_is_no_peer_starts_as_the_user_of_the_socket);
    tcase_add_test(tcase, a_peer_logs_in_with_any_password_and_others_do_not);
    tcase_add_test(tcase, a_peer_can_do_no_more_than_its_socket_allows);
    tcase_add_test(tcase, lists_of_clients_tell_who_the_peers_are);
    suite_add_tcase(suite, tcase);
    return suite;
}
