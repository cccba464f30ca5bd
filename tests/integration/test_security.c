/*
 * The model of docs/security.md, sentence by sentence, as far as no other suite shows it: what a refusal says and
 * leaves behind, and who is disconnected by a change and who isn't.
 */
#include "kit/kit.h"
#include "kit/suites.h"
#include "kit/users.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder, *conf, *acl; /* of the running test's files */

static void set_up(void)
{
    folder = scratch_create();
    users_admit_all(folder);
    conf = strdup(scratch_path(folder, "kvs.conf"));
    acl = strdup(scratch_path(folder, "users.acl"));
}

static void tear_down(void)
{
    scratch_remove(folder);
    free(conf);
    free(acl);
}

static const char *at(const char *name)
{
    return scratch_path(folder, name);
}

static const char *const levels[] = {"read", "write", "admin"};

/* A server with a socket file for each level, which begins with such arguments. */
static struct kit_server *start_levels(const char *debug)
{
    return kit_start("--enable-debug-command", debug, "--listen", at("read"), "access=read", "--listen", at("write"),
                     "--listen", at("admin"), "access=admin", "--user", "bob", "on", ">pw", "~b:*", "&b:*", "+@all",
                     "-del");
}

START_TEST(debug_is_refused_on_every_socket_and_where_it_is_allowed_needs_an_admin_one)
{
    static const char *const settings[] = {"no", "yes", "local"};
    for (size_t s = 0; s < 3; s++) {
        struct kit_server *server = start_levels(settings[s]);
        for (size_t i = 0; i < 3; i++) {
            redisContext *context = kit_connect_to(at(levels[i]));
            char expected[512];
            snprintf(expected, sizeof expected, "-NOPERM socket %s allows access=%s; 'debug' needs access=admin",
                     at(levels[i]), levels[i]);
            kit_expect(context,
                       s == 0   ? "-ERR DEBUG command not allowed. If the enable-debug-command option is set to..."
                       : i == 2 ? "+OK"
                                : expected,
                       "DEBUG", "SLEEP", "0");
            redisFree(context);
        }
        kit_stop(server);
    }
}
END_TEST

/* ---- refusals ---- */

/* Field n of INFO's line about the socket with that name, behind "denied=". */
static long long denied_at(redisContext *context, const char *name)
{
    redisReply *info = kit_command(context, "INFO", "sockets");
    char path[512];
    snprintf(path, sizeof path, "path=%s,", at(name));
    const char *line = strstr(info->str, path), *denied = line ? strstr(line, ",denied=") : NULL;
    ck_assert_ptr_nonnull(denied);
    long long count = atoll(denied + strlen(",denied="));
    freeReplyObject(info);
    return count;
}

START_TEST(refusals_are_answered_counted_and_noted_with_the_kernels_word)
{
    static const struct {
        const char *socket, *command[5], *reply, *field, *reason,
            *object; /* field: of INFO stats; NULL: of the socket */
    } cases[] = {
        {"read", {"SET", "b:1", "2"}, "-NOPERM socket...", NULL, "socket", "set"},
        {"write", {"CONFIG", "GET", "hz"}, "-NOPERM socket...", NULL, "socket", "config|get"},
        {"write", {"DEL", "b:1"}, "-NOPERM User bob has no...", "acl_access_denied_cmd", "command", "del"},
        {"write", {"GET", "a:1"}, "-NOPERM No permissions...", "acl_access_denied_key", "key", "a:1"},
        {"write", {"AUTH", "bob", "bad"}, "-WRONGPASS...", "acl_access_denied_auth", "auth", "AUTH"},
    };
    struct kit_server *server = start_levels("no");
    redisContext *admin = kit_connect(server);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[1024];
        redisContext *context = kit_connect_to(at(cases[i].socket));
        kit_expect(context, "+OK", "AUTH", "bob", "pw");
        long long denied = denied_at(admin, cases[i].socket);
        long long before = cases[i].field ? kit_info(admin, cases[i].field) : 0;
        redisReply *reply = kit_command_args(context, cases[i].command);
        kit_expect_reply(reply, cases[i].reply);
        ck_assert_int_eq(denied_at(admin, cases[i].socket), denied + !cases[i].field);
        ck_assert_int_eq(cases[i].field ? kit_info(admin, cases[i].field) : 1, before + 1);
        redisReply *entries = kit_command(admin, "ACL", "LOG", "1");
        char *text = kit_reply_text(entries);
        snprintf(expected, sizeof expected, "$reason $%s $context $toplevel $object $%s $username $bob ",
                 cases[i].reason, cases[i].object);
        ck_assert_msg(strstr(text, expected) != NULL, "'%s' isn't in: %s", expected, text);
        snprintf(expected, sizeof expected, " pid=%d uid=%d gid=%d access=%s socket=%s", (int)getpid(), (int)getuid(),
                 (int)getgid(), cases[i].socket, at(cases[i].socket));
        ck_assert_msg(strstr(text, expected) != NULL, "'%s' isn't in: %s", expected, text);
        free(text);
        freeReplyObject(entries);
        redisFree(context);
    }
    redisFree(admin);
    kit_stop(server);
}
END_TEST

START_TEST(who_still_has_to_log_in_is_neither_counted_nor_noted)
{
    struct kit_server *server = kit_start("--listen", at("s"), "user=nobody-here");
    redisContext *admin = kit_connect(server), *context = kit_connect_to(at("s"));
    kit_expect(context, "-NOAUTH Authentication required.", "GET", "k");
    kit_expect(admin, "[]", "ACL", "LOG");
    ck_assert_int_eq(denied_at(admin, "s"), 0);
    redisFree(context);
    redisFree(admin);
    kit_stop(server);
}
END_TEST

START_TEST(slowlog_and_client_list_name_the_process_and_its_socket)
{
    char expected[512];
    struct kit_server *server = kit_start("--slowlog-log-slower-than", "0", "--listen", at("s"));
    redisContext *admin = kit_connect(server), *context = kit_connect_to(at("s"));
    kit_expect(context, "+OK", "SET", "k", "v");
    redisReply *slow = kit_command(admin, "SLOWLOG", "GET", "1"), *list = kit_command(admin, "CLIENT", "LIST");
    char *text = kit_reply_text(slow);
    snprintf(expected, sizeof expected, "$%s:0 pid=%d uid=%d gid=%d", at("s"), (int)getpid(), (int)getuid(),
             (int)getgid());
    ck_assert_msg(strstr(text, expected) != NULL, "'%s' isn't in: %s", expected, text);
    snprintf(expected, sizeof expected, " pid=%d uid=%d gid=%d access=write socket=%s", (int)getpid(), (int)getuid(),
             (int)getgid(), at("s"));
    ck_assert_msg(strstr(list->str, expected) != NULL, "'%s' isn't in: %s", expected, list->str);
    free(text);
    freeReplyObject(slow);
    freeReplyObject(list);
    redisFree(context);
    redisFree(admin);
    kit_stop(server);
}
END_TEST

/* ---- changes ---- */

/* What is done to a connection of bob's through the socket s, by words with @ for its path, and what becomes of it. */
struct change {
    const char *command[7];
    const char *whoami; /* NULL: it is disconnected */
};

static void run(redisContext *admin, const char *const *command)
{
    char words[7][512];
    const char *args[8];
    int count = 0;
    for (; command[count]; count++) {
        const char *mark = strchr(command[count], '@');
        bool path = mark && strncmp(mark, "@S", 2) == 0;
        snprintf(words[count], sizeof words[0], "%.*s%s%s", path ? (int)(mark - command[count]) : 500, command[count],
                 path ? at("s") : "", path ? mark + 2 : "");
        args[count] = words[count];
    }
    args[count] = NULL;
    redisReply *reply = kit_command_args(admin, args);
    ck_assert_msg(reply->type != REDIS_REPLY_ERROR, "%s %s: %s", args[0], args[1], reply->str);
    freeReplyObject(reply);
}

static void expect_whoami(redisContext *context, const char *whoami, const char *what)
{
    redisReply *reply = redisCommand(context, "ACL WHOAMI");
    if (whoami)
        ck_assert_msg(reply && strcmp(reply->str, whoami) == 0, "%s: %s", what, reply ? reply->str : "disconnected");
    else
        ck_assert_msg(!reply, "%s: still connected", what);
    if (reply)
        freeReplyObject(reply);
}

START_TEST(changes_by_commands_leave_who_is_there_but_for_a_deleted_user)
{
    static const struct change changes[] = {
        {{"ACL", "SETUSER", "bob", "off"}, "bob"},
        {{"ACL", "SETUSER", "bob", "resetpass", ">another"}, "bob"},
        {{"ACL", "SETUSER", "bob", "peer:daemon"}, "bob"},
        {{"ACL", "SETUSER", "bob", "resetpeers"}, "bob"},
        {{"CONFIG", "SET", "listen", "+@S mode=0600"}, "bob"},
        {{"CONFIG", "SET", "listen", "+@S mode=0000"}, "bob"},
        {{"CONFIG", "SET", "listen", "+@S user=carl"}, "bob"},
        {{"CONFIG", "SET", "requirepass", "secret"}, "bob"},
        {{"CONFIG", "SET", "listen", "-@S"}, "bob"},
        {{"ACL", "DELUSER", "bob"}, NULL},
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct kit_server *server = kit_start("--listen", at("s"), "mode=0666", "--user", "bob", "on", ">pw", "+@all",
                                              "peer:daemon", "--user", "carl", "on", "nopass", "+@all");
        redisContext *admin = kit_connect(server), *context = kit_connect_to(at("s")), *other = kit_connect_to(at("s"));
        kit_expect(context, "+OK", "AUTH", "bob", "pw");
        kit_expect(other, "$default", "ACL", "WHOAMI");
        run(admin, changes[i].command);
        expect_whoami(context, changes[i].whoami, changes[i].command[3]);
        expect_whoami(other, "default", changes[i].command[3]);
        redisFree(context);
        redisFree(other);
        redisFree(admin);
        kit_stop(server);
    }
}
END_TEST

START_TEST(a_socket_that_gets_another_user_gives_it_after_reset)
{
    struct kit_server *server = kit_start("--listen", at("s"), "--user", "carl", "on", "nopass", "+@all");
    redisContext *admin = kit_connect(server), *context = kit_connect_to(at("s"));
    kit_expect(context, "$default", "ACL", "WHOAMI"); /* it has been accepted */
    run(admin, (const char *const[]){"CONFIG", "SET", "listen", "+@S user=carl", NULL});
    kit_expect(context, "$default", "ACL", "WHOAMI");
    kit_expect(context, "+RESET", "RESET");
    kit_expect(context, "$carl", "ACL", "WHOAMI");
    redisFree(context);
    redisFree(admin);
    kit_stop(server);
}
END_TEST

START_TEST(client_kill_ends_the_connections_of_a_removed_socket)
{
    char address[512];
    struct kit_server *server = kit_start("--listen", at("s"));
    redisContext *admin = kit_connect(server), *context = kit_connect_to(at("s"));
    kit_expect(context, "+OK", "SET", "k", "v");
    run(admin, (const char *const[]){"CONFIG", "SET", "listen", "-@S", NULL});
    kit_expect(context, "+OK", "SET", "k", "w");
    snprintf(address, sizeof address, "%s:0", at("s"));
    kit_expect(admin, ":1", "CLIENT", "KILL", "ADDR", address);
    expect_whoami(context, NULL, "CLIENT KILL");
    redisFree(context);
    redisFree(admin);
    kit_stop(server);
}
END_TEST

START_TEST(a_mode_that_is_changed_keeps_out_who_comes_and_not_who_is_there)
{
    const struct kit_user stranger = {.uid = 12345, .gid = 12345};
    if (!test_is_root())
        return;
    struct kit_server *server = kit_start("--listen", at("s"), "mode=0666");
    redisContext *context = users_connect(&stranger, at("s"));
    kit_expect(context, "+PONG", "PING");
    ck_assert_int_eq(chmod(at("s"), 0600), 0); /* by the file system alone */
    ck_assert_int_eq(users_raw_connect(&stranger, at("s")), -EACCES);
    kit_expect(context, "+OK", "SET", "k", "v");
    redisFree(context);
    kit_stop(server);
}
END_TEST

/* What a file says of bob afterwards, at first "user bob on >pw +@all peer:daemon"; NULL: nothing. */
static const struct {
    const char *line;
    bool stays;
} edits[] = {
    {"user bob +@all  on >pw peer:daemon", true},
    {"user bob off >pw +@all peer:daemon", false},
    {"user bob on >another +@all peer:daemon", false},
    {"user bob on >pw +@all", false},
    {"user bob on >pw +@all peer:daemon ~a:*", false},
    {"user bob on nopass +@all peer:daemon", false},
    {NULL, false},
};

static void expect_edits(const char *arguments, const char *file, const char *reload, bool by_signal)
{
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        char content[512];
        const char *base = "user default on nopass ~* &* +@all\n";
        snprintf(content, sizeof content, "%suser bob on >pw +@all peer:daemon\n", base);
        scratch_write(file, content);
        struct kit_server *server = arguments ? kit_start(arguments, file) : kit_start(file);
        redisContext *admin = kit_connect(server), *context = kit_connect(server);
        kit_expect(context, "+OK", "AUTH", "bob", "pw");
        snprintf(content, sizeof content, "%s%s\ntimeout 0\n", base, edits[i].line ? edits[i].line : "");
        if (arguments)
            *strstr(content, "\ntimeout") = '\0';
        else
            strcpy(strstr(content, "timeout 0"), "timeout 7\n"); /* tells when it has been read */
        scratch_write(file, content);
        if (by_signal)
            kit_signal(server, SIGHUP);
        else
            kit_expect(admin, "+OK", "ACL", reload);
        if (by_signal)
            kit_await_log(server, "timeout set anew");
        expect_whoami(context, edits[i].stays ? "bob" : NULL, edits[i].line);
        redisFree(context);
        redisFree(admin);
        kit_stop(server);
    }
}

START_TEST(an_edit_of_a_users_line_disconnects_unless_it_says_the_same_in_other_words)
{
    expect_edits(NULL, conf, NULL, true);
    expect_edits("--aclfile", acl, "LOAD", false);
}
END_TEST

START_TEST(an_edit_about_default_disconnects_nobody_and_holds_from_the_next_request_on)
{
    scratch_write(conf, "user default on nopass ~* &* +@all\n");
    struct kit_server *server = kit_start(conf);
    redisContext *context = kit_connect(server);
    kit_expect(context, "+OK", "SET", "k", "v");
    scratch_write(conf, "user default on nopass ~* &* +@read\ntimeout 7\n");
    kit_signal(server, SIGHUP);
    kit_await_log(server, "user, timeout set anew");
    kit_expect(context, "$v", "GET", "k");
    kit_expect(context, "-NOPERM User default...", "SET", "k", "v");
    redisFree(context);
    kit_stop(server);
}
END_TEST

Suite *suite_security(void);
Suite *suite_security(void)
{
    Suite *suite = suite_create("security");
    TCase *tcase = kit_tcase("security");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, debug_is_refused_on_every_socket_and_where_it_is_allowed_needs_an_admin_one);
    tcase_add_test(tcase, refusals_are_answered_counted_and_noted_with_the_kernels_word);
    tcase_add_test(tcase, who_still_has_to_log_in_is_neither_counted_nor_noted);
    tcase_add_test(tcase, slowlog_and_client_list_name_the_process_and_its_socket);
    tcase_add_test(tcase, changes_by_commands_leave_who_is_there_but_for_a_deleted_user);
    tcase_add_test(tcase, a_socket_that_gets_another_user_gives_it_after_reset);
    tcase_add_test(tcase, client_kill_ends_the_connections_of_a_removed_socket);
    tcase_add_test(tcase, a_mode_that_is_changed_keeps_out_who_comes_and_not_who_is_there);
    tcase_add_test(tcase, an_edit_of_a_users_line_disconnects_unless_it_says_the_same_in_other_words);
    tcase_add_test(tcase, an_edit_about_default_disconnects_nobody_and_holds_from_the_next_request_on);
    suite_add_tcase(suite, tcase);
    return suite;
}
