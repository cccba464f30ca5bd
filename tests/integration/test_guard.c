/*
 * What a socket file allows: its ceiling, above all users; the user that its connections start as; and peers, whom the
 * kernel vouches for. Which accounts may open which file is the file system's business and not tested here.
 */
#include "kit/served.h"

#include <grp.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static char *sockets; /* the folder of the sockets below admin; c is through the admin socket */

static void setup(void)
{
    sockets = scratch_create();
    served_begin(kit_start("--listen", scratch_path(sockets, "read.sock"), "access=read", "--listen",
                           scratch_path(sockets, "write.sock"), "--listen", scratch_path(sockets, "user.sock"),
                           "access=admin", "user=app"));
}

static void teardown(void)
{
    served_end();
    scratch_remove(sockets);
}

static redisContext *connect_through(const char *name)
{
    return kit_connect_to(scratch_path(sockets, name));
}

/* "-NOPERM socket <path> allows access=read; 'set' needs access=write" */
static const char *refusal(const char *name, const char *access, const char *command, const char *needed)
{
    static char text[512];
    snprintf(text, sizeof text, "-NOPERM socket %s allows access=%s; '%s' needs access=%s", scratch_path(sockets, name),
             access, command, needed);
    return text;
}

static void expect_closed(redisContext *context)
{
    char byte;
    ck_assert_int_eq(read(context->fd, &byte, 1), 0);
    redisFree(context);
}

/* ---- ceilings ---- */

START_TEST(a_ceiling_holds_whoever_one_is)
{
    kit_expect(c, "+OK", "ACL", "SETUSER", "root", "on", ">secret", "~*", "&*", "+@all");
    kit_expect(c, "+OK", "SET", "k", "v");
    redisContext *reader = connect_through("read.sock"), *writer = connect_through("write.sock");
    kit_expect(reader, "+OK", "AUTH", "root", "secret");
    kit_expect(reader, "$v", "GET", "k");
    kit_expect(reader, refusal("read.sock", "read", "set", "write"), "SET", "k", "x");
    kit_expect(reader, refusal("read.sock", "read", "flushall", "admin"), "FLUSHALL");
    kit_expect(reader, refusal("read.sock", "read", "config|get", "admin"), "CONFIG", "GET", "port");
    kit_expect(reader, "$root", "ACL", "WHOAMI");
    kit_expect(writer, "+OK", "AUTH", "root", "secret");
    kit_expect(writer, "+OK", "SET", "k", "w");
    kit_expect(writer, refusal("write.sock", "write", "acl|setuser", "admin"), "ACL", "SETUSER", "me", "on");
    kit_expect(writer, refusal("write.sock", "write", "shutdown", "admin"), "SHUTDOWN");
    kit_expect(reader, "$w", "GET", "k");
    redisFree(reader);
    redisFree(writer);
}
END_TEST

static void write_or_lower(redisContext *context, unsigned index, void *data)
{
    atomic_bool *done = data;
    char low[256], high[256];
    if (index > 0) { /* pipelines that run in groups, and commands that run alone */
        redisContext *writer = connect_through("write.sock");
        while (!atomic_load(done)) {
            for (unsigned i = 0; i < 20; i++)
                redisAppendCommand(writer, i % 7 == 6 ? "MSET k v other v" : "APPEND k v");
            for (unsigned i = 0; i < 20; i++) {
                void *reply;
                ck_assert_int_eq(redisGetReply(writer, &reply), REDIS_OK);
                freeReplyObject(reply);
            }
        }
        redisFree(writer);
        return;
    }
    snprintf(low, sizeof low, "+%s access=read", scratch_path(sockets, "write.sock"));
    snprintf(high, sizeof high, "+%s access=write", scratch_path(sockets, "write.sock"));
    for (unsigned i = 0; i < scratch_rounds(200); i++) {
        kit_expect(context, "+OK", "CONFIG", "SET", "listen", low);
        kit_expect(context, "+OK", "FLUSHALL");
        for (int again = 0; again < 3; again++)
            kit_expect(context, "[nil nil]", "MGET", "k", "other");
        kit_expect(context, "+OK", "CONFIG", "SET", "listen", high);
    }
    atomic_store(done, true);
}

/* Not by a request either that was admitted before the change and waited for a lock or its turn. */
START_TEST(a_lowered_ceiling_lets_no_write_through_once_it_is_answered)
{
    atomic_bool done = false;
    kit_parallel(server, 5, write_or_lower, &done);
}
END_TEST

START_TEST(a_ceiling_is_asked_before_the_user)
{
    redisContext *reader = connect_through("read.sock");
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "on", "nopass", "+ping");
    kit_expect(reader, "+OK", "AUTH", "me", "");
    kit_expect(reader, refusal("read.sock", "read", "set", "write"), "SET", "k", "x");
    kit_expect(reader, "-NOPERM User me has no permissions to run the 'get' command", "GET", "k");
    redisFree(reader);
}
END_TEST

START_TEST(a_pipeline_through_a_reading_socket_changes_nothing)
{
    redisContext *reader = connect_through("read.sock");
    for (int i = 0; i < 100; i++) {
        redisAppendCommand(reader, "GET k");
        redisAppendCommand(reader, "SET k %d", i);
        redisAppendCommand(reader, "MSET k %d other 1", i);
    }
    for (int i = 0; i < 300; i++) {
        redisReply *reply;
        ck_assert_int_eq(redisGetReply(reader, (void **)&reply), REDIS_OK);
        ck_assert_int_eq(reply->type, i % 3 == 0 ? REDIS_REPLY_NIL : REDIS_REPLY_ERROR);
        freeReplyObject(reply);
    }
    kit_expect(c, ":0", "DBSIZE");
    redisFree(reader);
}
END_TEST

/* One command as docs/commands.md has it. */
struct described {
    char words[2][32]; /* the subcommand may be "" */
    int level;         /* of levels[] */
};

static const char *const levels[] = {"read", "write", "admin"};

/* Moves on to the next "### NAME SUB" and its "Needs access=LEVEL"; false at the end. */
static bool next_described(const char **page, struct described *described_out)
{
    char level[16];
    const char *title = strstr(*page, "\n### ");
    if (!title)
        return false;
    struct described described = {.level = -1};
    ck_assert_int_ge(sscanf(title, "\n### %31[A-Z_] %31[A-Z-]", described.words[0], described.words[1]), 1);
    if (strchr(title + 1, '\n') < strchr(title + 5, ' ')) /* the second word is on another line: no subcommand */
        described.words[1][0] = '\0';
    const char *needs = strstr(title, "Needs access=");
    ck_assert_ptr_nonnull(needs);
    ck_assert_int_eq(sscanf(needs, "Needs access=%15[a-z]", level), 1);
    for (int i = 0; i < 3; i++)
        if (strcmp(level, levels[i]) == 0)
            described.level = i;
    ck_assert_int_ge(described.level, 0);
    *page = needs;
    *described_out = described;
    return true;
}

/* As many arguments as it wants at least, on a connection of its own; whether the socket refuses. */
static bool is_refused(const struct described *described, const char *socket)
{
    char name[80];
    const char *args[16];
    int count = 0;
    snprintf(name, sizeof name, "%s%s%s", described->words[0], *described->words[1] ? "|" : "", described->words[1]);
    redisReply *info = kit_command(c, "COMMAND", "INFO", name);
    ck_assert_msg(info->element[0]->type == REDIS_REPLY_ARRAY, "%s", name);
    int arity = abs((int)info->element[0]->element[1]->integer);
    freeReplyObject(info);
    args[count++] = described->words[0];
    if (*described->words[1])
        args[count++] = described->words[1];
    while (count < arity)
        args[count++] = "1";
    redisContext *context = connect_through(socket);
    redisReply *reply = redisCommandArgv(context, count, args, NULL);
    /* what hiredis can't read (COMMAND DOCS is too deep for it) is no refusal either */
    ck_assert_msg(reply || context->err == REDIS_ERR_PROTOCOL, "%s: %s", name, context->errstr);
    bool refused = reply && reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOPERM socket ", 14) == 0;
    if (reply)
        freeReplyObject(reply);
    redisFree(context);
    return refused;
}

START_TEST(each_command_of_the_table_is_held_to_its_level)
{
    char *output;
    struct described described;
    unsigned commands = 0;
    ck_assert_int_eq(kit_run(&output, "--commands-markdown"), 0);
    const char *page = output;
    while (next_described(&page, &described)) {
        /* CLIENT KILL looks at whom it is to kill */
        bool kills = strcmp(described.words[0], "CLIENT") == 0 && strcmp(described.words[1], "KILL") == 0;
        for (int allowed = 0; allowed < 2; allowed++)
            ck_assert_msg(is_refused(&described, allowed == 0 ? "read.sock" : "write.sock") ==
                              (described.level > allowed || kills),
                          "%s %s with access=%s", described.words[0], described.words[1], levels[allowed]);
        commands++;
    }
    ck_assert_uint_gt(commands, 100);
    free(output);
}
END_TEST

START_TEST(through_a_lower_socket_nobody_kills_others)
{
    char own[32];
    redisContext *writer = connect_through("write.sock"), *other = connect_through("write.sock");
    redisReply *id = kit_command(writer, "CLIENT", "ID"), *other_id = kit_command(other, "CLIENT", "ID");
    char others[32];
    snprintf(own, sizeof own, "%lld", id->integer);
    snprintf(others, sizeof others, "%lld", other_id->integer);
    const char *refused = refusal("write.sock", "write", "client|kill", "admin");
    kit_expect(writer, refused, "CLIENT", "KILL", "ID", others);
    kit_expect(writer, refused, "CLIENT", "KILL", "ID", "999999");
    kit_expect(writer, refused, "CLIENT", "KILL", "TYPE", "normal");
    kit_expect(writer, refused, "CLIENT", "KILL", "USER", "nobody");
    kit_expect(writer, refused, "CLIENT", "KILL", "ID", own, "ID", others);
    kit_expect(writer, refused, "CLIENT", "KILL", "somewhere:0");
    kit_expect(other, "+PONG", "PING");
    kit_expect(writer, ":1", "CLIENT", "KILL", "SKIPME", "no", "ID", own);
    expect_closed(writer);
    kit_expect(c, ":1", "CLIENT", "KILL", "ID", others);
    expect_closed(other);
    freeReplyObject(id);
    freeReplyObject(other_id);
}
END_TEST

START_TEST(refusals_by_a_socket_are_logged_and_counted)
{
    redisContext *reader = connect_through("read.sock");
    kit_expect(reader, "-NOPERM...", "SET", "k", "1");
    kit_expect(reader, "-NOPERM...", "SET", "k", "1");
    kit_expect(c, "[[$count :2 $reason $socket $context $toplevel $object $set $username $default $age-seconds...",
               "ACL", "LOG");
    ck_assert_int_eq(kit_info(c, "kvs_acl_access_denied_socket"), 2);
    ck_assert_int_eq(kit_info(c, "acl_access_denied_cmd"), 0);
    redisReply *line = kit_command(reader, "CLIENT", "INFO");
    char expected[256];
    snprintf(expected, sizeof expected, " access=read socket=%s", scratch_path(sockets, "read.sock"));
    ck_assert_msg(strstr(line->str, expected) != NULL, "%s in %s", expected, line->str);
    freeReplyObject(line);
    redisFree(reader);
}
END_TEST

START_TEST(a_ceiling_that_is_moved_holds_for_those_who_are_there)
{
    redisContext *writer = connect_through("write.sock");
    char entry[256];
    kit_expect(writer, "+OK", "SET", "k", "1");
    snprintf(entry, sizeof entry, "+%s access=read", scratch_path(sockets, "write.sock"));
    kit_expect(c, "+OK", "CONFIG", "SET", "listen", entry);
    kit_expect(writer, refusal("write.sock", "read", "set", "write"), "SET", "k", "1");
    snprintf(entry, sizeof entry, "+%s access=admin", scratch_path(sockets, "write.sock"));
    kit_expect(c, "+OK", "CONFIG", "SET", "listen", entry);
    kit_expect(writer, "+OK", "FLUSHALL");
    redisFree(writer);
}
END_TEST

/* ---- the user of a socket ---- */

#define NOAUTH "-NOAUTH Authentication required."

START_TEST(connections_start_as_the_user_of_their_socket)
{
    redisContext *early = connect_through("user.sock");
    kit_expect(early, NOAUTH, "PING");
    kit_expect(early, NOAUTH, "GET", "k");
    kit_expect(early, "-NOAUTH HELLO must be called...", "HELLO", "2");
    kit_await_log(server, "its user 'app' does not exist or is off");
    kit_expect(c, "+OK", "ACL", "SETUSER", "app", ">secret", "+@read", "+ping", "+acl|whoami", "~*");
    kit_expect(early, NOAUTH, "PING");
    kit_expect(c, "+OK", "ACL", "SETUSER", "app", "on");
    kit_expect(early, "+PONG", "PING"); /* is it now, without a password */
    kit_expect(early, "$app", "ACL", "WHOAMI");
    redisContext *late = connect_through("user.sock");
    kit_expect(late, "$app", "ACL", "WHOAMI");
    kit_expect(late, "-NOPERM User app...", "SET", "k", "1");
    kit_expect(late, "+OK", "AUTH", "default", "");
    kit_expect(late, "+OK", "SET", "k", "1");
    kit_expect(late, "+RESET", "RESET");
    kit_expect(late, "$app", "ACL", "WHOAMI");
    kit_expect(c, ":1", "ACL", "DELUSER", "app");
    expect_closed(early);
    expect_closed(late);
    redisContext *last = connect_through("user.sock");
    kit_expect(last, NOAUTH, "PING");
    kit_expect(last, "+OK", "AUTH", "default", "");
    kit_expect(last, "+PONG", "PING");
    kit_expect(last, "+OK", "QUIT");
    expect_closed(last);
}
END_TEST

/* ---- peers ---- */

START_TEST(the_kernel_vouches_for_peers)
{
    char by_uid[32], by_name[64], by_group[64];
    const struct passwd *account = getpwuid(getuid());
    const struct group *group = getgrgid(getgid());
    ck_assert(account && group);
    snprintf(by_uid, sizeof by_uid, "peer:%u", (unsigned)getuid());
    snprintf(by_name, sizeof by_name, "peer:%s", account->pw_name);
    snprintf(by_group, sizeof by_group, "peer:@%s", group->gr_name);
    const char *const rules[] = {by_uid, by_name, by_group};
    for (int i = 0; i < 3; i++) {
        kit_expect(c, "+OK", "ACL", "SETUSER", "me", "reset", "on", ">secret", "~*", "+@all", rules[i]);
        redisContext *peer = kit_connect(server);
        kit_expect(peer, "$me", "ACL", "WHOAMI");
        kit_expect(peer, "+OK", "AUTH", "default", "");
        kit_expect(peer, "+OK", "AUTH", "me", "any password is right");
        redisFree(peer);
    }
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "resetpeers");
    redisContext *stranger = kit_connect(server);
    kit_expect(stranger, "$default", "ACL", "WHOAMI");
    kit_expect(stranger, "-WRONGPASS...", "AUTH", "me", "any password is right");
    redisFree(stranger);
}
END_TEST

START_TEST(the_first_peer_that_is_on_is_taken_before_the_user_of_the_socket)
{
    char rule[32];
    snprintf(rule, sizeof rule, "peer:%u", (unsigned)getuid());
    kit_expect(c, "+OK", "ACL", "SETUSER", "app", "on", "+@all");
    kit_expect(c, "+OK", "ACL", "SETUSER", "zed", "on", "+@all", rule);
    kit_expect(c, "+OK", "ACL", "SETUSER", "mid", "on", "+@all", rule);
    kit_expect(c, "+OK", "ACL", "SETUSER", "aaa", "off", "+@all", rule);
    redisContext *peer = connect_through("user.sock");
    kit_expect(peer, "$mid", "ACL", "WHOAMI");
    kit_expect(peer, "+OK", "AUTH", "zed", "");
    kit_expect(peer, "+RESET", "RESET");
    kit_expect(peer, "$mid", "ACL", "WHOAMI");
    kit_expect(c, ":2", "ACL", "DELUSER", "mid", "zed");
    expect_closed(peer);
    peer = connect_through("user.sock");
    kit_expect(peer, "$app", "ACL", "WHOAMI");
    redisFree(peer);
}
END_TEST

START_TEST(a_peer_needs_no_password_where_default_wants_one)
{
    char rule[32], expected[128];
    snprintf(rule, sizeof rule, "peer:%u", (unsigned)getuid());
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "on", "+@all", rule);
    kit_expect(c, "+OK", "CONFIG", "SET", "requirepass", "secret");
    redisContext *peer = kit_connect(server);
    kit_expect(peer, "$me", "ACL", "WHOAMI");
    kit_expect(peer, "[$server...", "HELLO", "2");
    snprintf(expected, sizeof expected,
             "[$flags [$on $sanitize-payload] $passwords [] $commands $+@all $keys $ $channels $ $selectors [] $peers "
             "[$%u]]",
             (unsigned)getuid());
    kit_expect(peer, expected, "ACL", "GETUSER", "me");
    kit_expect(c, "+OK", "CONFIG", "SET", "requirepass", "");
    redisFree(peer);
}
END_TEST

/* The last field of HELLO's answer is `name`'s, or there is none for NULL. */
static void expect_hello(redisContext *context, const char *name)
{
    redisReply *reply = kit_command(context, "HELLO", "2");
    size_t fields = reply->elements / 2;
    ck_assert_uint_eq(fields, name ? 8 : 7);
    ck_assert_str_eq(reply->element[reply->elements - 2]->str, name ? "kvs_user" : "modules");
    if (name)
        ck_assert_str_eq(reply->element[reply->elements - 1]->str, name);
    freeReplyObject(reply);
}

START_TEST(hello_tells_who_was_given_a_user_and_nobody_else)
{
    char rule[32];
    kit_expect(c, "+OK", "ACL", "SETUSER", "app", "on", ">secret", "+get");
    expect_hello(c, NULL);
    redisContext *given = connect_through("user.sock");
    expect_hello(given, "app");
    kit_expect(given, "+OK", "AUTH", "app", "secret");
    expect_hello(given, NULL);
    kit_expect(given, "+RESET", "RESET");
    expect_hello(given, "app");
    redisFree(given);

    snprintf(rule, sizeof rule, "peer:%u", (unsigned)getuid());
    kit_expect(c, "+OK", "ACL", "SETUSER", "aaa", "on", rule);
    redisContext *peer = kit_connect(server);
    expect_hello(peer, "aaa");
    kit_expect(c, "[]", "ACL", "LOG");
    redisFree(peer);
}
END_TEST

Suite *suite_guard(void);
Suite *suite_guard(void)
{
    Suite *suite = suite_create("guard");
    TCase *tcase = kit_tcase("guard");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_ceiling_holds_whoever_one_is);
    tcase_add_test(tcase, a_lowered_ceiling_lets_no_write_through_once_it_is_answered);
    tcase_add_test(tcase, a_ceiling_is_asked_before_the_user);
    tcase_add_test(tcase, a_pipeline_through_a_reading_socket_changes_nothing);
    tcase_add_test(tcase, each_command_of_the_table_is_held_to_its_level);
    tcase_add_test(tcase, through_a_lower_socket_nobody_kills_others);
    tcase_add_test(tcase, refusals_by_a_socket_are_logged_and_counted);
    tcase_add_test(tcase, a_ceiling_that_is_moved_holds_for_those_who_are_there);
    tcase_add_test(tcase, connections_start_as_the_user_of_their_socket);
    tcase_add_test(tcase, the_kernel_vouches_for_peers);
    tcase_add_test(tcase, the_first_peer_that_is_on_is_taken_before_the_user_of_the_socket);
    tcase_add_test(tcase, a_peer_needs_no_password_where_default_wants_one);
    tcase_add_test(tcase, hello_tells_who_was_given_a_user_and_nobody_else);
    suite_add_tcase(suite, tcase);
    return suite;
}
