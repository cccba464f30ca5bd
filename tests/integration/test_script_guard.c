/*
 * What a script may call: through every ceiling of a socket file, and for every user, each command is refused from
 * within a script just where it is refused from outside, and with the same reason.
 */
#include "kit/served.h"

#include <check.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *sockets; /* the folder of the sockets; c is through the admin socket */

static void setup(void)
{
    sockets = scratch_create();
    served_begin(kit_start("--listen", scratch_path(sockets, "read.sock"), "access=read", "--listen",
                           scratch_path(sockets, "write.sock")));
}

static void teardown(void)
{
    served_end();
    scratch_remove(sockets);
}

/* One command of COMMAND, or of its subcommands. */
struct named {
    char words[2][40];
    int arity;
    bool noscript;
};

typedef void each_command(const struct named *named, void *data);

static bool has_flag(const redisReply *info, const char *name)
{
    for (size_t i = 0; i < info->element[2]->elements; i++)
        if (strcmp(info->element[2]->element[i]->str, name) == 0)
            return true;
    return false;
}

static void visit(const redisReply *info, each_command *each, void *data)
{
    struct named named = {.arity = abs((int)info->element[1]->integer), .noscript = has_flag(info, "noscript")};
    sscanf(info->element[0]->str, "%39[^|]|%39s", named.words[0], named.words[1]);
    if (info->elements > 9 && info->element[9]->elements > 0)
        for (size_t i = 0; i < info->element[9]->elements; i++)
            visit(info->element[9]->element[i], each, data);
    else
        each(&named, data);
}

static void each_of_all(each_command *each, void *data)
{
    redisReply *commands = kit_command(c, "COMMAND");
    ck_assert_uint_gt(commands->elements, 150);
    for (size_t i = 0; i < commands->elements; i++)
        visit(commands->element[i], each, data);
    freeReplyObject(commands);
}

/* As many arguments as it wants at least: keys and numbers of keys are all "1". */
static int fill(const struct named *named, const char *args[24])
{
    int count = 0;
    args[count++] = named->words[0];
    if (*named->words[1])
        args[count++] = named->words[1];
    while (count < named->arity)
        args[count++] = "1";
    return count;
}

#define CALL "return redis.pcall(unpack(ARGV))"

/* The error without the script's part of it, or "" if it isn't one of rights. */
static void verdict_of(const redisReply *reply, const char *code, char verdict[512])
{
    verdict[0] = '\0';
    if (reply && reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, code, strlen(code)) == 0)
        snprintf(verdict, 512, "%s", reply->str + strlen(code));
}

struct judged {
    const char *path, *user; /* user: NULL, as the connection starts */
    int refused, allowed;
};

static redisReply *ask(const struct judged *judged, int count, const char **args)
{
    redisContext *context = kit_connect_to(judged->path);
    if (judged->user)
        kit_expect(context, "+OK", "AUTH", judged->user, "x");
    redisReply *reply = redisCommandArgv(context, count, args, NULL);
    ck_assert_msg(reply || context->err == REDIS_ERR_PROTOCOL || context->err == REDIS_ERR_EOF, "%s: %s", args[0],
                  context->errstr);
    redisFree(context);
    return reply;
}

/* Commands that would end the test, wait, or turn the connection into something else, if they are allowed. */
static bool is_left_out(const struct named *named)
{
    static const char *const words[] = {"shutdown",   "quit",       "monitor", "auth",   "hello", "reset",
                                        "failover",   "debug",      "sync",    "psync",  "multi", "subscribe",
                                        "psubscribe", "ssubscribe", "wait",    "waitaof"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(named->words[0], words[i]) == 0)
            return true;
    return (strcmp(named->words[0], "client") == 0 || strcmp(named->words[0], "acl") == 0 ||
            strcmp(named->words[0], "config") == 0);
}

static void judge(const struct named *named, void *data)
{
    struct judged *judged = data;
    char outside[512], inside[512];
    const char *args[32] = {"EVAL", CALL, "0"};
    int count = fill(named, args + 3);
    if (is_left_out(named))
        return;
    redisReply *reply = ask(judged, count, args + 3);
    verdict_of(reply, "NOPERM ", outside);
    if (reply)
        freeReplyObject(reply);
    reply = ask(judged, count + 3, args);
    if (!reply) { /* what hiredis can't read (COMMAND DOCS is too deep for it) is no refusal */
        ck_assert_str_eq(outside, "");
        return;
    }
    if (named->noscript) {
        ck_assert_msg(reply->type == REDIS_REPLY_ERROR, "%s", named->words[0]);
        ck_assert_msg(strcmp(reply->str, "ERR This Redis command is not allowed from script") == 0, "%s %s: %s",
                      named->words[0], named->words[1], reply->str);
    } else {
        verdict_of(reply, "ERR ACL failure in script: ", inside);
        ck_assert_msg(strcmp(outside, inside) == 0, "%s %s as %s: %s, but from a script: %s", named->words[0],
                      named->words[1], judged->user ? judged->user : judged->path, outside, reply->str);
        judged->refused += *inside != '\0';
        judged->allowed += *inside == '\0';
    }
    freeReplyObject(reply);
}

START_TEST(a_ceiling_refuses_scripts_what_it_refuses_clients)
{
    struct judged judged = {.path = scratch_path(sockets, "read.sock")};
    each_of_all(judge, &judged);
    ck_assert_int_gt(judged.refused, 50);
    ck_assert_int_gt(judged.allowed, 50);
    judged = (struct judged){.path = scratch_path(sockets, "write.sock")};
    each_of_all(judge, &judged);
    ck_assert_int_gt(judged.allowed, 100);
    judged = (struct judged){.path = server->socket};
    each_of_all(judge, &judged);
    ck_assert_int_eq(judged.refused, 0);
}
END_TEST

START_TEST(a_user_is_refused_in_scripts_what_it_is_refused_outside)
{
    static const struct {
        const char *name, *rules[8];
    } users[] = {
        {"reader", {"~*", "&*", "+@read", "+eval"}},
        {"keyless", {"~a*", "&a*", "+@all"}},
        {"halves", {"%R~1", "%W~2", "&1", "+@all"}},
        {"little", {"~*", "-@all", "+eval", "+get", "+object|encoding"}},
        {"all_but", {"~*", "&*", "+@all", "-@write", "-@dangerous", "+set"}},
    };
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
        const char *args[16] = {"ACL", "SETUSER", users[i].name, "on", "nopass"};
        memcpy(args + 5, users[i].rules, sizeof users[i].rules);
        kit_expect_at(__FILE__, __LINE__, c, "+OK", args);
        struct judged judged = {.path = server->socket, .user = users[i].name};
        each_of_all(judge, &judged);
        ck_assert_int_gt(judged.refused, 20);
        ck_assert_int_gt(judged.allowed, 1);
    }
}
END_TEST

Suite *suite_script_guard(void);
Suite *suite_script_guard(void)
{
    Suite *suite = suite_create("script_guard");
    TCase *tcase = kit_tcase("rights");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_ceiling_refuses_scripts_what_it_refuses_clients);
    tcase_add_test(tcase, a_user_is_refused_in_scripts_what_it_is_refused_outside);
    suite_add_tcase(suite, tcase);
    return suite;
}
