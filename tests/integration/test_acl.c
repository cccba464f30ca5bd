/* Users: their rules as they are set and told, logging in, and what is refused. Sockets' rights are test_guard.c's. */
#include "kit/served.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A connection that is this user. */
static redisContext *connect_as(const char *user, const char *password)
{
    redisContext *context = kit_connect(server);
    kit_expect(context, "+OK", "AUTH", user, password);
    return context;
}

static void expect_closed(redisContext *context)
{
    char byte;
    ck_assert_int_eq(read(context->fd, &byte, 1), 0);
    redisFree(context);
}

/* ---- who ---- */

START_TEST(everybody_is_default_and_may_do_everything)
{
    kit_expect(c, "$default", "ACL", "WHOAMI");
    kit_expect(c, "[$default]", "ACL", "USERS");
    kit_expect(c, "[$user default on nopass sanitize-payload ~* &* +@all]", "ACL", "LIST");
    kit_expect(c, "+OK", "AUTH", "default", "any password");
    kit_expect(c,
               "-ERR AUTH <password> called without any password configured for the default user. Are you sure your "
               "configuration is correct?",
               "AUTH", "any password");
    kit_expect(c, "-ERR syntax error", "AUTH", "a", "b", "c");
}
END_TEST

START_TEST(a_new_user_is_off_and_may_do_nothing)
{
    kit_expect(c, "+OK", "ACL", "SETUSER", "new", ">secret");
    kit_expect(c, "-WRONGPASS invalid username-password pair or user is disabled.", "AUTH", "new", "secret");
    kit_expect(c, "+OK", "ACL", "SETUSER", "new", "on");
    kit_expect(c, "-WRONGPASS...", "AUTH", "new", "Secret");
    kit_expect(c, "-WRONGPASS...", "AUTH", "new", "");
    kit_expect(c, "-WRONGPASS...", "AUTH", "nobody", "secret");
    kit_expect(c, "$default", "ACL", "WHOAMI");
    redisContext *user = connect_as("new", "secret");
    kit_expect(user, "-NOPERM User new has no permissions to run the 'get' command", "GET", "k");
    kit_expect(user, "-NOPERM User new has no permissions to run the 'acl|whoami' command", "ACL", "WHOAMI");
    kit_expect(user, "+OK", "AUTH", "new", "secret");
    kit_expect(user, "+RESET", "RESET");
    kit_expect(user, "$default", "ACL", "WHOAMI");
    redisFree(user);
}
END_TEST

START_TEST(hello_logs_in_too)
{
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "on", ">secret", "+@connection", "+acl|whoami");
    kit_expect(c, "-WRONGPASS...", "HELLO", "2", "AUTH", "me", "wrong", "SETNAME", "early");
    kit_expect(c, "nil", "CLIENT", "GETNAME");
    kit_expect(c, "[$server...", "HELLO", "2", "AUTH", "me", "secret", "SETNAME", "late");
    kit_expect(c, "$late", "CLIENT", "GETNAME");
    kit_expect(c, "$me", "ACL", "WHOAMI");
}
END_TEST

#define NOAUTH "-NOAUTH Authentication required."
#define HELLO_NOAUTH "-NOAUTH HELLO must be called with the client already authenticated..."

START_TEST(requirepass_asks_new_connections_for_the_password)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "requirepass", "secret");
    kit_expect(c, "+PONG", "PING"); /* was there before */
    redisContext *late = kit_connect(server);
    kit_expect(late, NOAUTH, "PING");
    kit_expect(late, NOAUTH, "GET", "k");
    kit_expect(late, NOAUTH, "ACL", "WHOAMI");
    kit_expect(late, "-ERR unknown command...", "NOSUCH");
    kit_expect(late, HELLO_NOAUTH, "HELLO", "3");
    kit_expect(late, HELLO_NOAUTH, "HELLO");
    kit_expect(late, "-WRONGPASS...", "AUTH", "wrong");
    kit_expect(late, NOAUTH, "PING");
    kit_expect(late, "+OK", "AUTH", "secret");
    kit_expect(late, "+PONG", "PING");
    kit_expect(late, "+RESET", "RESET");
    kit_expect(late, NOAUTH, "PING");
    kit_expect(late, "[$server...", "HELLO", "2", "AUTH", "default", "secret");
    kit_expect(late, "+PONG", "PING");
    kit_expect(c, "+OK", "CONFIG", "SET", "requirepass", "");
    kit_expect(c, "+RESET", "RESET");
    kit_expect(c, "+PONG", "PING");
    redisFree(late);
}
END_TEST

START_TEST(strangers_may_send_little)
{
    static const char login[] = "*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n";
    kit_expect(c, "+OK", "CONFIG", "SET", "requirepass", "secret");
    int many = kit_raw_connect(server), large = kit_raw_connect(server), known = kit_raw_connect(server);
    kit_raw_text(many, "*11\r\n");
    kit_raw_expect(many, "-ERR Protocol error: unauthenticated multibulk length\r\n");
    kit_raw_expect_end(many);
    kit_raw_text(large, "*2\r\n$4\r\nECHO\r\n$16385\r\n");
    kit_raw_expect(large, "-ERR Protocol error: unauthenticated bulk length\r\n");
    kit_raw_expect_end(large);
    kit_raw_send(known, login, sizeof login - 1); /* and what comes with it is no stranger's any more */
    kit_raw_text(known, "*12\r\n$3\r\nDEL\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n$1\r\n5\r\n$1\r\n6\r\n"
                        "$1\r\n7\r\n$1\r\n8\r\n$1\r\n9\r\n$1\r\na\r\n$1\r\nb\r\n");
    kit_raw_expect(known, "+OK\r\n:0\r\n");
    close(many);
    close(large);
    close(known);
    kit_expect(c, "+OK", "CONFIG", "SET", "requirepass", "");
}
END_TEST

/* ---- what ---- */

START_TEST(a_user_may_run_what_its_rules_say)
{
    static const struct {
        const char *words[4], *reply;
    } cases[] = {
        {{"SET", "app:1", "v"}, "+OK"},
        {{"GET", "app:1"}, "$v"},
        {{"GET", "read:1"}, "nil"},
        {{"SET", "read:1", "v"}, "-NOPERM No permissions to access a key"},
        {{"SET", "write:1", "v"}, "+OK"},
        {{"GET", "write:1"}, "-NOPERM No permissions to access a key"},
        {{"GET", "other"}, "-NOPERM No permissions to access a key"},
        {{"MGET", "app:1", "other"}, "-NOPERM No permissions to access a key"},
        {{"MGET", "app:1", "read:1"}, "[$v nil]"},
        {{"COPY", "read:1", "write:2"}, ":0"},
        {{"COPY", "write:1", "app:2"}, "-NOPERM No permissions to access a key"},
        {{"DEL", "app:1"}, "-NOPERM User app has no permissions to run the 'del' command"},
        {{"CONFIG", "GET", "port"}, "[$port $0]"},
        {{"CONFIG", "SET", "hz", "10"}, "-NOPERM User app has no permissions to run the 'config|set' command"},
        {{"SELECT", "1"}, "+OK"},
        {{"SELECT", "2"}, "-NOPERM User app has no permissions to run the 'select' command"},
        {{"SELECT", "0"}, "-NOPERM User app has no permissions to run the 'select' command"},
    };
    kit_expect(c, "+OK", "ACL", "SETUSER", "app", "on", "nopass", "~app:*", "%R~read:*", "%W~write:*", "+@all", "-del",
               "-config", "+config|get", "-select", "+select|1");
    redisContext *user = connect_as("app", "whatever");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *words[5] = {cases[i].words[0], cases[i].words[1], cases[i].words[2], cases[i].words[3], NULL};
        kit_expect_at(__FILE__, __LINE__, user, cases[i].reply, words);
    }
    redisFree(user);
}
END_TEST

START_TEST(nothing_slips_through_in_a_pipeline)
{
    kit_expect(c, "+OK", "SET", "open", "o");
    kit_expect(c, "+OK", "SET", "closed", "c");
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "on", "nopass", "~open", "+get", "+echo");
    redisContext *user = connect_as("me", "");
    for (int i = 0; i < 60; i++) {
        redisAppendCommand(user, "GET open");
        redisAppendCommand(user, i % 3 == 0 ? "GET closed" : i % 3 == 1 ? "SET open x" : "ECHO x");
    }
    for (int i = 0; i < 120; i++) {
        static const char *const expected[] = {"-NOPERM No permissions to access a key",
                                               "-NOPERM User me has no permissions to run the 'set' command", "$x"};
        kit_expect_next(user, i % 2 == 0 ? "$o" : expected[i / 2 % 3]);
    }
    redisFree(user);
}
END_TEST

START_TEST(rules_hold_from_the_next_command_on)
{
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "on", "nopass", "~*", "+@all");
    redisContext *user = connect_as("me", "");
    kit_expect(user, "+OK", "SET", "k", "v");
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "-set");
    kit_expect(user, "-NOPERM User me...", "SET", "k", "v");
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "+set", "off");
    kit_expect(user, "+OK", "SET", "k", "v"); /* off keeps others from logging in, and lets those be who are there */
    kit_expect(user, "-WRONGPASS...", "AUTH", "me", "");
    kit_expect(c, "+OK", "ACL", "SETUSER", "default", "-flushall");
    kit_expect(c, "-NOPERM User default...", "FLUSHALL");
    kit_expect(c, "+OK", "ACL", "SETUSER", "default", "+@all");
    kit_expect(c, "+OK", "FLUSHALL");
    redisFree(user);
}
END_TEST

START_TEST(all_rules_are_taken_or_none)
{
    kit_expect(c, "-ERR Error in ACL SETUSER modifier '+nosuch': Unknown command or category name in ACL", "ACL",
               "SETUSER", "me", "on", "+get", "+nosuch");
    kit_expect(c, "[$default]", "ACL", "USERS");
    kit_expect(c, "-ERR Usernames can't contain spaces or null characters", "ACL", "SETUSER", "a b");
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "on", "+get", "~a*");
    kit_expect(c, "-ERR Error in ACL SETUSER modifier '%Z~x'...", "ACL", "SETUSER", "me", "off", "%Z~x");
    kit_expect(c,
               "[$user default on nopass sanitize-payload ~* &* +@all $user me on sanitize-payload ~a* "
               "resetchannels -@all +get]",
               "ACL", "LIST");
}
END_TEST

START_TEST(getuser_tells_all_of_a_user)
{
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "on", ">secret", "+@all", "-@dangerous", "~a*", "%R~b*", "&c*",
               "(+get ~d*)");
    kit_expect(c,
               "[$flags [$on $sanitize-payload] $passwords "
               "[$2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b] $commands $+@all -@dangerous $keys "
               "$~a* %R~b* $channels $&c* $selectors [[$commands $-@all +get $keys $~d* $channels $]]]",
               "ACL", "GETUSER", "me");
    kit_expect(c, "nil", "ACL", "GETUSER", "nobody");
}
END_TEST

START_TEST(dryrun_tells_without_running)
{
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "+set", "+config|get", "~a*");
    kit_expect(c, "+OK", "ACL", "DRYRUN", "me", "SET", "a", "1");
    kit_expect(c, ":0", "EXISTS", "a");
    kit_expect(c, "$User me has no permissions to access the 'b' key", "ACL", "DRYRUN", "me", "SET", "b", "1");
    kit_expect(c, "$User me has no permissions to run the 'get' command", "ACL", "DRYRUN", "me", "GET", "a");
    kit_expect(c, "+OK", "ACL", "DRYRUN", "me", "CONFIG", "GET", "x");
    kit_expect(c, "$User me has no permissions to run the 'config|set' command", "ACL", "DRYRUN", "me", "CONFIG", "SET",
               "a", "b");
    kit_expect(c, "-ERR wrong number of arguments for 'set' command", "ACL", "DRYRUN", "me", "SET", "a");
    kit_expect(c, "-ERR User 'x' not found", "ACL", "DRYRUN", "x", "SET", "a", "1");
    kit_expect(c, "-ERR Command 'nosuch' not found", "ACL", "DRYRUN", "me", "nosuch");
    kit_expect(c, "-ERR Command 'CONFIG' not found", "ACL", "DRYRUN", "me", "CONFIG", "nosuch");
}
END_TEST

START_TEST(passwords_can_be_made_and_categories_listed)
{
    redisReply *long_one = kit_command(c, "ACL", "GENPASS"), *other = kit_command(c, "ACL", "GENPASS");
    ck_assert_uint_eq(long_one->len, 64);
    ck_assert_uint_eq(strspn(long_one->str, "0123456789abcdef"), 64);
    ck_assert_str_ne(long_one->str, other->str);
    redisReply *short_one = kit_command(c, "ACL", "GENPASS", "5"), *longest = kit_command(c, "ACL", "GENPASS", "4096");
    ck_assert_uint_eq(short_one->len, 2);
    ck_assert_uint_eq(longest->len, 1024);
    kit_expect(c, "-ERR ACL GENPASS argument must be the number of bits...", "ACL", "GENPASS", "4097");
    kit_expect(c, "-ERR ACL GENPASS argument must be the number of bits...", "ACL", "GENPASS", "0");
    kit_expect(c, "-ERR unknown subcommand or wrong number of arguments for 'GENPASS'. Try ACL HELP.", "ACL", "GENPASS",
               "1", "2");
    kit_expect(c, "[$keyspace $read $write...", "ACL", "CAT");
    kit_expect(c, "-ERR Unknown category 'nosuch'", "ACL", "CAT", "nosuch");
    kit_expect(c, "[$pfdebug $pfselftest $keys $restore $sort $sort_ro $save $bgsave $lastsave $swapdb $flushdb...",
               "ACL", "CAT", "dangerous");
    freeReplyObject(long_one);
    freeReplyObject(other);
    freeReplyObject(short_one);
    freeReplyObject(longest);
}
END_TEST

START_TEST(clients_of_a_deleted_user_are_disconnected)
{
    kit_expect(c, "+OK", "ACL", "SETUSER", "one", "on", "nopass", "+@all");
    kit_expect(c, "+OK", "ACL", "SETUSER", "two", "on", "nopass", "+@all");
    redisContext *one = connect_as("one", ""), *another = connect_as("one", ""), *two = connect_as("two", "");
    kit_expect(c, "-ERR The 'default' user cannot be removed", "ACL", "DELUSER", "one", "default");
    kit_expect(one, "+PONG", "PING");
    kit_expect(c, ":1", "ACL", "DELUSER", "one", "nobody");
    expect_closed(one);
    expect_closed(another);
    kit_expect(c, "[$default $two]", "ACL", "USERS");
    kit_expect(two, ":1", "ACL", "DELUSER", "two"); /* its own: the reply still comes */
    expect_closed(two);
    kit_expect(c, "+PONG", "PING");
}
END_TEST

/* ---- the log ---- */

/* A field of the entry at index of the ACL log, as text. */
static char *log_field(int index, const char *name)
{
    redisReply *log = kit_command(c, "ACL", "LOG", "100");
    ck_assert_uint_gt(log->elements, (size_t)index);
    const redisReply *entry = log->element[index];
    ck_assert_uint_eq(entry->elements, 20);
    char *text = NULL;
    for (size_t i = 0; i < entry->elements && !text; i += 2)
        if (strcmp(entry->element[i]->str, name) == 0)
            text = kit_reply_text(entry->element[i + 1]);
    ck_assert_msg(text != NULL, "no field %s", name);
    freeReplyObject(log);
    return text;
}

static void expect_log(int index, const char *name, const char *expected)
{
    char *text = log_field(index, name);
    ck_assert_str_eq(text, expected);
    free(text);
}

START_TEST(refusals_are_logged)
{
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "on", ">secret", "+set", "~a*");
    redisContext *user = kit_connect(server);
    kit_expect(user, "+OK", "CLIENT", "SETNAME", "intruder");
    kit_expect(user, "-WRONGPASS...", "auth", "me", "wrong");
    kit_expect(user, "+OK", "AUTH", "me", "secret");
    kit_expect(user, "-NOPERM...", "GET", "a");
    kit_expect(user, "-NOPERM...", "SET", "b", "1");
    kit_expect(user, "-NOPERM...", "CONFIG", "GET", "x");
    expect_log(3, "reason", "$auth");
    expect_log(3, "object", "$auth");
    expect_log(3, "username", "$me");
    expect_log(3, "entry-id", ":0");
    expect_log(2, "reason", "$command");
    expect_log(2, "object", "$get");
    expect_log(1, "reason", "$key");
    expect_log(1, "object", "$b");
    expect_log(1, "context", "$toplevel");
    expect_log(0, "object", "$config|get");
    expect_log(0, "count", ":1");
    expect_log(0, "entry-id", ":3");
    char *client = log_field(0, "client-info"), *created = log_field(0, "timestamp-created");
    ck_assert_ptr_nonnull(strstr(client, " name=intruder "));
    ck_assert_ptr_nonnull(strstr(client, " cmd=config|get user=me "));
    ck_assert_ptr_nonnull(strstr(client, " access=admin socket="));
    ck_assert_int_gt(atoll(created + 1), 1500000000000);
    free(client);
    free(created);
    ck_assert_int_eq(kit_info(c, "acl_access_denied_auth"), 1);
    ck_assert_int_eq(kit_info(c, "acl_access_denied_cmd"), 2);
    ck_assert_int_eq(kit_info(c, "acl_access_denied_key"), 1);
    kit_expect(c, "+OK", "CONFIG", "RESETSTAT");
    ck_assert_int_eq(kit_info(c, "acl_access_denied_cmd"), 0);
    redisFree(user);
}
END_TEST

/* Of what a script calls, in a transaction as well; the client's command is the script's. */
START_TEST(a_refusal_in_a_script_is_logged_as_lua)
{
    static const char get[] = "return redis.pcall('get', 'b')", refusal[] = "-ERR ACL failure in script: ...";
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "on", ">secret", "~a*", "+@all");
    redisContext *user = connect_as("me", "secret");
    kit_expect(user, "-NOPERM...", "GET", "b");
    kit_expect(user, refusal, "EVAL", get, "0");
    kit_expect(user, "nil", "EVAL", "return redis.acl_check_cmd('get', 'b')", "0");
    kit_expect(user, "+OK", "MULTI");
    kit_expect(user, "+QUEUED", "EVAL", get, "0");
    kit_expect(user, "[-ERR ACL failure in script: ...", "EXEC");
    kit_expect(user, "+OK", "MULTI");
    kit_expect(user, "-NOPERM...", "GET", "b");
    expect_log(0, "context", "$multi");
    expect_log(1, "context", "$lua");
    expect_log(1, "count", ":2");
    expect_log(1, "reason", "$key");
    expect_log(1, "object", "$b");
    expect_log(1, "username", "$me");
    expect_log(2, "context", "$toplevel");
    char *client = log_field(1, "client-info");
    ck_assert_ptr_nonnull(strstr(client, " cmd=exec user=me "));
    free(client);
    kit_expect(user, "+OK", "DISCARD");
    kit_expect(user, "-NOPERM...", "GET", "b");
    kit_expect(user, refusal, "EVAL", get, "0");
    client = log_field(0, "client-info");
    ck_assert_ptr_nonnull(strstr(client, " cmd=eval user=me "));
    free(client);
    redisFree(user);
}
END_TEST

START_TEST(refusals_of_one_kind_are_one_entry)
{
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "on", "nopass");
    redisContext *user = connect_as("me", ""), *other = connect_as("me", "");
    kit_expect(user, "-NOPERM...", "GET", "a");
    kit_expect(user, "-NOPERM...", "SET", "a", "1");
    kit_expect(other, "-NOPERM...", "GET", "b");
    kit_expect(user, "-NOPERM...", "GET", "c");
    expect_log(0, "object", "$get"); /* the newest again */
    expect_log(0, "count", ":3");
    expect_log(0, "entry-id", ":0");
    expect_log(1, "object", "$set");
    expect_log(1, "count", ":1");
    kit_expect(c, "+OK", "ACL", "LOG", "RESET");
    kit_expect(c, "[]", "ACL", "LOG");
    kit_expect(user, "-NOPERM...", "GET", "a");
    expect_log(0, "entry-id", ":2");
    expect_log(0, "count", ":1");
    redisFree(user);
    redisFree(other);
}
END_TEST

static void expect_log_length(size_t expected, const char *count)
{
    redisReply *log = kit_command(c, "ACL", "LOG", count);
    ck_assert_uint_eq(log->elements, expected);
    freeReplyObject(log);
}

START_TEST(the_log_has_a_limit)
{
    char name[16];
    kit_expect(c, "+OK", "CONFIG", "SET", "acllog-max-len", "12");
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "u%d", i);
        kit_expect(c, "-WRONGPASS...", "AUTH", name, "x");
    }
    expect_log_length(12, "100");
    expect_log_length(3, "3");
    expect_log_length(0, "-1");
    expect_log(0, "username", "$u19");
    expect_log(11, "username", "$u8");
    redisReply *log = kit_command(c, "ACL", "LOG");
    ck_assert_uint_eq(log->elements, 10);
    freeReplyObject(log);
    kit_expect(c, "-ERR value is not an integer or out of range", "ACL", "LOG", "x");
}
END_TEST

START_TEST(what_strangers_send_is_kept_short)
{
    char *name = malloc(100001);
    memset(name, 'n', 100000);
    name[100000] = '\0';
    kit_expect(c, "-WRONGPASS...", "AUTH", name, "x");
    char *kept = log_field(0, "username");
    ck_assert_uint_le(strlen(kept), 1024);
    ck_assert_ptr_nonnull(strstr(kept, "nnn... (99040 more bytes)"));
    free(kept);
    free(name);
}
END_TEST

START_TEST(rules_and_passwords_are_shown_to_nobody)
{
    int watcher = kit_raw_connect(server);
    kit_raw_text(watcher, "MONITOR\r\n");
    kit_raw_expect(watcher, "+OK\r\n");
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "0");
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "on", ">hunter2", "+@all");
    kit_expect(c, "+OK", "CONFIG", "SET", "requirepass", "hunter2");
    kit_expect(c, "+OK", "AUTH", "hunter2");
    kit_expect(c, "-WRONGPASS...", "AUTH", "hunter2", "hunter2");
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "-1", "requirepass", "");
    redisReply *slow = kit_command(c, "SLOWLOG", "GET", "-1"), *users = kit_command(c, "ACL", "LIST");
    char *shown = kit_reply_text(slow), *listed = kit_reply_text(users), *log = kit_read_log(server);
    ck_assert_ptr_nonnull(strstr(shown, "[$ACL $SETUSER $(redacted) $(redacted) $(redacted) $(redacted)]"));
    ck_assert_ptr_null(strstr(shown, "hunter2"));
    ck_assert_ptr_null(strstr(listed, "hunter2"));
    ck_assert_ptr_null(strstr(log, "hunter2"));
    char line[512];
    while (kit_raw_receive_line(watcher, line, sizeof line) > 0 && !strstr(line, "\"AUTH\" \"(redacted)\" "))
        ck_assert_ptr_null(strstr(line, "hunter2"));
    ck_assert_ptr_null(strstr(line, "hunter2"));
    free(shown);
    free(listed);
    free(log);
    freeReplyObject(slow);
    freeReplyObject(users);
    close(watcher);
}
END_TEST

/* ---- CLIENT ---- */

START_TEST(client_list_and_kill_know_users)
{
    char expected[64];
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "on", "nopass", "+@all");
    redisContext *user = connect_as("me", "");
    redisReply *info = kit_command(user, "CLIENT", "INFO");
    ck_assert_ptr_nonnull(strstr(info->str, " user=me "));
    snprintf(expected, sizeof expected, " pid=%d uid=%u gid=%u access=admin ", (int)getpid(), (unsigned)getuid(),
             (unsigned)getgid());
    ck_assert_msg(strstr(info->str, expected) != NULL, "%s in %s", expected, info->str);
    freeReplyObject(info);
    kit_expect(c, "-ERR No such user 'nobody'", "CLIENT", "KILL", "USER", "nobody");
    kit_expect(c, ":1", "CLIENT", "KILL", "USER", "me");
    expect_closed(user);
    kit_expect(c, ":0", "CLIENT", "KILL", "USER", "me");
}
END_TEST

/* ---- the file ---- */

/* A server whose users are in a file, in a folder of its own. */
static struct kit_server *start_with_file(const char *lines, char **folder_out)
{
    char *folder = scratch_create();
    scratch_write(scratch_path(folder, "users.acl"), lines);
    *folder_out = folder;
    return kit_start("--aclfile", scratch_path(folder, "users.acl"));
}

START_TEST(without_a_file_users_are_neither_saved_nor_loaded)
{
    kit_expect(c, "-ERR This Redis instance is not configured to use an ACL file...", "ACL", "SAVE");
    kit_expect(c, "-ERR This Redis instance is not configured to use an ACL file...", "ACL", "LOAD");
}
END_TEST

START_TEST(loading_says_which_commands_of_the_file_are_absent)
{
    char *folder;
    struct kit_server *with_file = start_with_file("user me on +@all -module|load\n# -failover\n", &folder);
    redisContext *context = kit_connect(with_file);
    kit_await_log(with_file, "users.acl: MODULE|LOAD isn't in kvs (yet): what is said about it here has no effect");
    scratch_write(scratch_path(folder, "users.acl"), "user me on +@all -module|load -failover +@list\n");
    kit_expect(context, "+OK", "ACL", "LOAD");
    kit_await_log(with_file,
                  "users.acl: MODULE|LOAD and FAILOVER aren't in kvs (yet): what is said about them here has");
    kit_expect(context, "+OK", "ACL", "SAVE");
    char *saved = scratch_read(scratch_path(folder, "users.acl"));
    ck_assert_ptr_nonnull(strstr(saved, " +@all -module|load -failover +@list\n"));
    free(saved);
    kit_expect(context, "-ERR Command 'failover' not found", "ACL", "DRYRUN", "me", "failover");
    kit_expect(context, "-ERR Error in ACL SETUSER modifier '+bogus': Unknown command or category name in ACL", "ACL",
               "SETUSER", "me", "+bogus");
    redisFree(context);
    kit_stop(with_file);
    scratch_remove(folder);
}
END_TEST

START_TEST(users_are_loaded_and_saved)
{
    char *folder;
    struct kit_server *with_file = start_with_file("user me on >secret +get ~a*\n\nuser you off\n", &folder);
    redisContext *context = kit_connect(with_file);
    kit_expect(context, "[$default $me $you]", "ACL", "USERS");
    kit_expect(context, "+OK", "ACL", "SETUSER", "me", "+set", "(+del ~b*)");
    kit_expect(context, "+OK", "ACL", "SETUSER", "third", "%R~x");
    kit_expect(context, "+OK", "ACL", "SAVE");
    redisReply *before = kit_command(context, "ACL", "LIST");
    char *expected = kit_reply_text(before);
    kit_expect(context, ":3", "ACL", "DELUSER", "me", "you", "third");
    kit_expect(context, "+OK", "ACL", "LOAD");
    kit_expect(context, expected, "ACL", "LIST");
    redisFree(context);
    free(expected);
    freeReplyObject(before);
    kit_stop(with_file);
    scratch_remove(folder);
}
END_TEST

static bool has_only_users_of_the_file(void *context)
{
    redisReply *users = kit_command(context, "ACL", "USERS");
    size_t count = users->elements;
    freeReplyObject(users);
    return count == 2;
}

START_TEST(the_file_is_read_again_on_sighup)
{
    char *folder;
    struct kit_server *with_file = start_with_file("user me on >secret +get ~a*\n", &folder);
    redisContext *context = kit_connect(with_file);
    kit_expect(context, "+OK", "ACL", "SETUSER", "you", "off");
    kit_signal(with_file, SIGHUP);
    kit_await(has_only_users_of_the_file, context, "the users of the file alone");
    redisFree(context);
    kit_stop(with_file);
    scratch_remove(folder);
}
END_TEST

START_TEST(load_disconnects_whose_rights_have_changed)
{
    char *folder;
    struct kit_server *with_file = start_with_file("user changes on nopass +@all\nuser goes on nopass +@all\n"
                                                   "user stays on nopass +@all\n",
                                                   &folder);
    redisContext *context = kit_connect(with_file);
    redisContext *users[3];
    static const char *const names[] = {"changes", "goes", "stays"};
    for (int i = 0; i < 3; i++) {
        users[i] = kit_connect(with_file);
        kit_expect(users[i], "+OK", "AUTH", names[i], "");
    }
    scratch_write(scratch_path(folder, "users.acl"), "user changes on nopass +@read\nuser stays on nopass +@all\n");
    kit_expect(context, "+OK", "ACL", "LOAD");
    kit_expect(users[2], "$stays", "ACL", "WHOAMI");
    expect_closed(users[0]);
    expect_closed(users[1]);
    scratch_write(scratch_path(folder, "users.acl"), "user stays on nopass +@nosuch\n");
    redisReply *refusal = kit_command(context, "ACL", "LOAD");
    ck_assert_int_eq(refusal->type, REDIS_REPLY_ERROR);
    kit_expect(users[2], "$stays", "ACL", "WHOAMI");
    freeReplyObject(refusal);
    redisFree(users[2]);
    redisFree(context);
    kit_stop(with_file);
    scratch_remove(folder);
}
END_TEST

/* ---- what was allowed once ---- */

static void expect_flags(redisContext *client, const char *expected)
{
    char id[24];
    snprintf(id, sizeof id, "%lld", kit_integer(client, "CLIENT", "ID"));
    redisReply *reply = kit_command(c, "CLIENT", "LIST", "ID", id);
    ck_assert_msg(strstr(reply->str, expected) != NULL, "%s", reply->str);
    freeReplyObject(reply);
}

START_TEST(who_may_not_ask_for_it_any_more_is_not_kept_from_eviction)
{
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "on", "nopass", "+@all");
    redisContext *me = connect_as("me", ""), *other = connect_as("default", "");
    kit_expect(me, "+OK", "CLIENT", "NO-EVICT", "ON");
    kit_expect(me, "+OK", "CLIENT", "NO-TOUCH", "ON");
    kit_expect(other, "+OK", "CLIENT", "NO-EVICT", "ON");
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "-config");
    expect_flags(me, " flags=UeT ");
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "-client|no-evict");
    expect_flags(me, " flags=UT "); /* the other flag asks for no such right */
    expect_flags(other, " flags=Ue ");
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "+@all");
    expect_flags(me, " flags=UT ");
    redisFree(me);
    redisFree(other);
}
END_TEST

static void list_or_give_and_take(redisContext *context, unsigned index, void *data)
{
    atomic_bool *done = data;
    if (index > 0) {
        kit_expect(context, "+OK", "AUTH", "me", "");
        while (!atomic_load(done)) {
            redisReply *reply = kit_command(context, "CLIENT", "LIST");
            ck_assert_ptr_null(strstr(reply->str, "name=secret")); /* an error has a text as well */
            freeReplyObject(reply);
        }
        return;
    }
    for (unsigned i = 0; i < scratch_rounds(300); i++) {
        kit_expect(context, "+OK", "ACL", "SETUSER", "me", "-client|list");
        kit_expect(context, "+OK", "CLIENT", "SETNAME", "secret");
        kit_expect(context, "+OK", "CLIENT", "SETNAME", "open");
        kit_expect(context, "+OK", "ACL", "SETUSER", "me", "+client|list");
    }
    atomic_store(done, true);
}

/* A command that has to wait until it can stop the world may lose the right meanwhile. */
START_TEST(clients_are_listed_to_nobody_who_has_just_lost_the_right)
{
    atomic_bool done = false;
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "on", "nopass", "+@all");
    kit_parallel(server, 4, list_or_give_and_take, &done);
}
END_TEST

/* ---- all at once ---- */

static void log_in_and_out(redisContext *context, unsigned index, void *data)
{
    (void)data;
    char name[16];
    snprintf(name, sizeof name, "u%u", index / 2);
    unsigned rounds = scratch_rounds(200);
    for (unsigned i = 0; i < rounds; i++) {
        if (index % 2 == 0) {
            kit_expect(context, "+OK", "ACL", "SETUSER", name, "reset", "on", "nopass", "~*", "+@all",
                       i % 2 ? "-get" : "+get");
            if (i % 16 == 0)
                freeReplyObject(kit_command(context, "ACL", "LOG", i % 32 == 0 ? "RESET" : "5"));
        } else {
            freeReplyObject(kit_command(context, "AUTH", name, ""));
            freeReplyObject(kit_command(context, "GET", "k"));
            freeReplyObject(kit_command(context, "ACL", "LIST"));
            freeReplyObject(kit_command(context, "RESET"));
        }
    }
}

START_TEST(users_may_change_while_others_work)
{
    kit_parallel(server, 8, log_in_and_out, NULL);
    kit_expect(c, "[$default $u0 $u1 $u2 $u3]", "ACL", "USERS");
}
END_TEST

Suite *suite_acl(void);
Suite *suite_acl(void)
{
    Suite *suite = suite_create("acl");
    TCase *tcase = served_tcase("acl");
    tcase_add_test(tcase, everybody_is_default_and_may_do_everything);
    tcase_add_test(tcase, a_new_user_is_off_and_may_do_nothing);
    tcase_add_test(tcase, hello_logs_in_too);
    tcase_add_test(tcase, requirepass_asks_new_connections_for_the_password);
    tcase_add_test(tcase, strangers_may_send_little);
    tcase_add_test(tcase, a_user_may_run_what_its_rules_say);
    tcase_add_test(tcase, nothing_slips_through_in_a_pipeline);
    tcase_add_test(tcase, rules_hold_from_the_next_command_on);
    tcase_add_test(tcase, all_rules_are_taken_or_none);
    tcase_add_test(tcase, getuser_tells_all_of_a_user);
    tcase_add_test(tcase, dryrun_tells_without_running);
    tcase_add_test(tcase, passwords_can_be_made_and_categories_listed);
    tcase_add_test(tcase, clients_of_a_deleted_user_are_disconnected);
    tcase_add_test(tcase, refusals_are_logged);
    tcase_add_test(tcase, a_refusal_in_a_script_is_logged_as_lua);
    tcase_add_test(tcase, refusals_of_one_kind_are_one_entry);
    tcase_add_test(tcase, the_log_has_a_limit);
    tcase_add_test(tcase, what_strangers_send_is_kept_short);
    tcase_add_test(tcase, rules_and_passwords_are_shown_to_nobody);
    tcase_add_test(tcase, client_list_and_kill_know_users);
    tcase_add_test(tcase, without_a_file_users_are_neither_saved_nor_loaded);
    tcase_add_test(tcase, loading_says_which_commands_of_the_file_are_absent);
    tcase_add_test(tcase, users_are_loaded_and_saved);
    tcase_add_test(tcase, the_file_is_read_again_on_sighup);
    tcase_add_test(tcase, load_disconnects_whose_rights_have_changed);
    tcase_add_test(tcase, who_may_not_ask_for_it_any_more_is_not_kept_from_eviction);
    tcase_add_test(tcase, clients_are_listed_to_nobody_who_has_just_lost_the_right);
    tcase_add_test(tcase, users_may_change_while_others_work);
    suite_add_tcase(suite, tcase);
    return suite;
}
