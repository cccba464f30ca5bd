/* A typed line goes where it says, and no password in it is remembered. */
#include "kit/scratch.h"
#include "kit/suites.h"
#include "prompt/command_line.h"
#include "session/commands.h"

#include <stdio.h>
#include <string.h>

/* "words|of|it -> target", or "error". */
static const char *parsed(const char *line)
{
    static const char *const signs[] = {"", " => |", " => >", " => >>"};
    static char text[300];
    struct command_line parts;
    size_t at = 0;
    if (!command_line_parse(line, strlen(line), &parts, text, sizeof text))
        return "error";
    for (size_t i = 0; i < parts.arguments.count; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, i > 0 ? ",%s" : "%s", parts.arguments.values[i]);
    snprintf(text + at, sizeof text - at, "%s%s", signs[parts.target], parts.target_text ? parts.target_text : "");
    command_line_deinit(&parts);
    return text;
}

START_TEST(replies_go_to_the_screen_unless_a_sign_says_otherwise)
{
    ck_assert_str_eq(parsed(""), "");
    ck_assert_str_eq(parsed("get k"), "get,k");
    ck_assert_str_eq(parsed("5 get 'a b'"), "5,get,a b");
    ck_assert_str_eq(parsed("get k | wc -c | cat"), "get,k => |wc -c | cat");
    ck_assert_str_eq(parsed("get k |   grep 'x"), "get,k => |grep 'x");
    ck_assert_str_eq(parsed("get k > f"), "get,k => >f");
    ck_assert_str_eq(parsed("get k >> 'a b'"), "get,k => >>a b");
    ck_assert_str_eq(parsed("get k > f  "), "get,k => >f");
}
END_TEST

START_TEST(signs_that_are_arguments_stay_arguments)
{
    ck_assert_str_eq(parsed("set k |"), "set,k,|");
    ck_assert_str_eq(parsed("| wc"), "|,wc");
    ck_assert_str_eq(parsed("set k '|' x"), "set,k,|,x");
    ck_assert_str_eq(parsed("set k '>' x"), "set,k,>,x");
    ck_assert_str_eq(parsed("set k >"), "set,k,>");
    ck_assert_str_eq(parsed("set > >"), "set,>,>");
    ck_assert_str_eq(parsed("> f"), ">,f");
    ck_assert_str_eq(parsed("set k a|b"), "set,k,a|b");
    ck_assert_str_eq(parsed("set k > f g"), "set,k,>,f,g");
    ck_assert_str_eq(parsed("xreadgroup group g c streams a b > 0-0"), "xreadgroup,group,g,c,streams,a,b,>,0-0");
    ck_assert_str_eq(parsed("xreadgroup group g c streams a > > f"), "xreadgroup,group,g,c,streams,a,> => >f");
}
END_TEST

START_TEST(unbalanced_quotes_are_an_error)
{
    ck_assert_str_eq(parsed("get 'k"), "error");
    ck_assert_str_eq(parsed("get 'k'x | cat"), "error");
}
END_TEST

static bool is_kept(const char *line)
{
    return command_line_may_be_kept(line, strlen(line));
}

START_TEST(lines_without_passwords_are_kept)
{
    static const char *const lines[] = {
        "get k",
        "3 get k",
        "set passage 1",
        "hello 3",
        "hello 3 setname author",
        "config get x",
        "config get *pass*",
        "config set port 1",
        "acl list",
        "acl getuser bob",
        "get k | wc",
        "set u http://h/x@y",
        "acl dryrun bob get k",
        "set k 'open",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        ck_assert_msg(is_kept(lines[i]), "not kept: %s", lines[i]);
}
END_TEST

START_TEST(lines_with_passwords_are_not_kept)
{
    static const char *const lines[] = {
        "",
        "auth pw",
        "AUTH bob pw",
        "2 auth pw",
        "auth 'pw",
        "hello 3 auth bob pw",
        "hello 3 setname n auth default pw",
        "acl setuser bob >pw",
        "config set requirepass pw",
        "config set port 1 MasterAuth pw",
        "config set tls-key-file-pass pw",
        "migrate h 1 k 0 5 auth pw",
        "migrate h 1 k 0 5 copy AUTH2 bob pw",
        "sentinel set m auth-pass pw",
        "command getkeys auth pw",
        "acl dryrun bob auth pw",
        "acl dryrun bob config set requirepass pw",
        "kvs-cli -a pw",
        "kvs-cli --pass=pw",
        "KVSCLI_AUTH=pw kvs-cli",
        "set u redis://bob:pw@h/",
        "get k | curl -u bob:pw h",
        "get k | mysql --password=x",
        "get k | KVSCLI_AUTH=x kvs-cli",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        ck_assert_msg(!is_kept(lines[i]), "kept: %s", lines[i]);
}
END_TEST

static enum harm harm_of(const char *line)
{
    struct arguments words;
    ck_assert(quoting_split(line, strlen(line), &words));
    enum harm harm = command_harm(&words);
    arguments_deinit(&words);
    return harm;
}

START_TEST(commands_that_destroy_are_known)
{
    ck_assert_int_eq(harm_of("FlushAll async"), HARM_ALL_KEYS);
    ck_assert_int_eq(harm_of("flushdb"), HARM_DATABASE_KEYS);
    ck_assert_int_eq(harm_of("shutdown nosave"), HARM_STOP);
    ck_assert_int_eq(harm_of("shutdown abort"), HARM_NONE);
    ck_assert_int_eq(harm_of("debug sleep 1"), HARM_DEBUG);
    ck_assert_int_eq(harm_of("debug object k"), HARM_NONE);
    ck_assert_int_eq(harm_of("debug"), HARM_NONE);
    ck_assert_int_eq(harm_of("config rewrite"), HARM_CONFIGURATION_FILE);
    ck_assert_int_eq(harm_of("config get rewrite"), HARM_NONE);
    ck_assert_int_eq(harm_of("get flushall"), HARM_NONE);
}
END_TEST

Suite *suite_command_line(void);
Suite *suite_command_line(void)
{
    Suite *suite = suite_create("command_line");
    TCase *tcase = tcase_create("command_line");
    tcase_add_test(tcase, replies_go_to_the_screen_unless_a_sign_says_otherwise);
    tcase_add_test(tcase, signs_that_are_arguments_stay_arguments);
    tcase_add_test(tcase, unbalanced_quotes_are_an_error);
    tcase_add_test(tcase, lines_without_passwords_are_kept);
    tcase_add_test(tcase, lines_with_passwords_are_not_kept);
    tcase_add_test(tcase, commands_that_destroy_are_known);
    suite_add_tcase(suite, tcase);
    return suite;
}
