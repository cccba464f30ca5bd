/*
 * What a server documents of its commands is known while a line is typed: where it stands among the arguments
 * (argument_match), how these are written (syntax), what is shown behind it (hint), and what Tab makes of it
 * (completion).
 */
#include "client/unit/replies.h"
#include "kit/suites.h"
#include "prompt/argument_match.h"
#include "prompt/completion.h"
#include "prompt/hint.h"
#include "prompt/syntax.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A part of what COMMAND DOCS of Redis 7.2 says, in short. */
static const char docs[] =
    "{set {summary 'Sets a key' group string arguments ["
    "  {name key type key}"
    "  {name value type string}"
    "  {name condition type oneof flags [optional] arguments ["
    "    {name nx type pure-token token NX} {name xx type pure-token token XX}]}"
    "  {name get type pure-token token GET flags [optional]}"
    "  {name expiration type oneof flags [optional] arguments ["
    "    {name seconds type integer token EX} {name milliseconds type integer token PX}"
    "    {name keepttl type pure-token token KEEPTTL}]}]}"
    " get {group string arguments [{name key type key}]}"
    " getdel {group string arguments [{name key type key}]}"
    " del {group generic arguments [{name key type key flags [multiple]}]}"
    " eval {group scripting arguments ["
    "  {name script type string} {name numkeys type integer}"
    "  {name key type key flags [optional multiple]} {name arg type string flags [optional multiple]}]}"
    " bitfield {group bitmap arguments [{name key type key}"
    "  {name operation type oneof flags [optional multiple] arguments ["
    "    {name get-block type block token GET arguments [{name encoding type string} {name offset type integer}]}"
    "    {name write type block arguments ["
    "      {name overflow-block type oneof token OVERFLOW flags [optional] arguments ["
    "        {name wrap type pure-token token WRAP} {name sat type pure-token token SAT}]}"
    "      {name set-block type block token SET arguments ["
    "        {name encoding type string} {name offset type integer} {name value type integer}]}]}]}]}"
    " zadd {group sorted-set arguments [{name key type key}"
    "  {name nx type pure-token token NX flags [optional]}"
    "  {name data type block flags [multiple] arguments ["
    "    {name score type double} {name member type string}]}]}"
    " lmove {group list arguments [{name source type key} {name destination type key}"
    "  {name wherefrom type oneof arguments ["
    "    {name left type pure-token token LEFT} {name right type pure-token token RIGHT}]}]}"
    " config {group server subcommands {"
    "  'config|get' {group server arguments [{name parameter type string flags [multiple]}]}"
    "  'config|set' {group server arguments [{name data type block flags [multiple] arguments ["
    "    {name parameter type string} {name value type string}]}]}"
    "  'config|resetstat' {group server}}}"
    "}";

static struct documentation *documentation;

static void read_docs(void)
{
    struct reply *reply = replies_parse(docs);
    documentation = documentation_read(reply);
    reply_destroy(reply);
}

static void release_docs(void)
{
    documentation_destroy(documentation);
}

static const char *hint(const char *line)
{
    static char text[400];
    hint_write(documentation, line, strlen(line), text, sizeof text);
    return text;
}

/* The words that fit at the end of a line, with a blank between them. */
static const char *completed(const char *line)
{
    static char text[400];
    struct completion completion;
    size_t at = 0;
    completion_find(documentation, NULL, line, strlen(line), &completion);
    for (size_t i = 0; i < completion.count; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, i > 0 ? " %s" : "%s", completion.words[i]);
    text[at] = '\0';
    completion_deinit(&completion);
    return text;
}

static const char *syntax(const char *name, const char *subcommand)
{
    static char text[400];
    text[0] = '\0'; /* a stream to which nothing is written leaves its buffer as it is */
    FILE *out = fmemopen(text, sizeof text, "w");
    syntax_write_arguments(out, documentation_find(documentation, name, subcommand));
    fclose(out);
    return text;
}

START_TEST(syntax_is_written_as_people_read_it)
{
    ck_assert_str_eq(syntax("set", NULL), " key value [NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL]");
    ck_assert_str_eq(syntax("DEL", NULL), " key [key ...]");
    ck_assert_str_eq(syntax("eval", NULL), " script numkeys [key [key ...]] [arg [arg ...]]");
    ck_assert_str_eq(syntax("zadd", NULL), " key [NX] score member [score member ...]");
    ck_assert_str_eq(syntax("lmove", NULL), " source destination LEFT|RIGHT");
    ck_assert_str_eq(syntax("config", NULL), " GET|RESETSTAT|SET");
    ck_assert_str_eq(syntax("config", "set"), " parameter value [parameter value ...]");
    ck_assert_str_eq(syntax("config", "resetstat"), "");
}
END_TEST

START_TEST(values_are_taken_in_their_order)
{
    ck_assert_str_eq(hint("set"), " key value [NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL]");
    ck_assert_str_eq(hint("set "), "key value [NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL]");
    ck_assert_str_eq(hint("set k "), "value [NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL]");
    ck_assert_str_eq(hint("set k v"), " [NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL]");
    ck_assert_str_eq(hint("set k 'a b' "), "[NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL]");
}
END_TEST

START_TEST(tokens_are_taken_in_any_order)
{
    ck_assert_str_eq(hint("set k v ex 10"), " [NX|XX] [GET]");
    ck_assert_str_eq(hint("set k v ex 10 get"), " [NX|XX]");
    ck_assert_str_eq(hint("set k v GET nx"), " [EX seconds|PX milliseconds|KEEPTTL]");
    ck_assert_str_eq(hint("set k v get nx keepttl"), "");
    ck_assert_str_eq(hint("set k v ex"), " seconds [NX|XX] [GET]");
    ck_assert_str_eq(hint("set nx get"), " [NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL]");
}
END_TEST

START_TEST(a_token_waits_for_its_value)
{
    ck_assert_str_eq(hint("set k v ex nx"), " [NX|XX] [GET]");
    ck_assert_str_eq(completed("set k v ex "), "");
    ck_assert_str_eq(hint("bitfield k get get"),
                     " offset [<GET encoding offset|[OVERFLOW <WRAP|SAT>] SET encoding offset value> ...]");
}
END_TEST

START_TEST(what_fits_no_argument_has_no_hint)
{
    ck_assert_str_eq(hint("get k x"), "");
    ck_assert_str_eq(hint("set k v nx xx "), "");
    ck_assert_str_eq(hint("set k v ex 10 px 5 "), "");
    ck_assert_str_eq(hint("unheard of "), "");
    ck_assert_str_eq(hint(""), "");
    ck_assert_str_eq(hint("set 'a'b c "), "");
}
END_TEST

START_TEST(a_count_says_how_many_follow)
{
    ck_assert_str_eq(hint("eval s "), "numkeys [key [key ...]] [arg [arg ...]]");
    ck_assert_str_eq(hint("eval s 2"), " key [key ...] [arg [arg ...]]");
    ck_assert_str_eq(hint("eval s 2 a"), " key [arg [arg ...]]");
    ck_assert_str_eq(hint("eval s 2 a b"), " [arg [arg ...]]");
    ck_assert_str_eq(hint("eval s 2 a b c"), " [arg ...]");
    ck_assert_str_eq(hint("eval s 0"), " [arg [arg ...]]");
}
END_TEST

START_TEST(repetitions_come_again)
{
    ck_assert_str_eq(hint("del a"), " [key ...]");
    ck_assert_str_eq(hint("del a b c d"), " [key ...]");
    ck_assert_str_eq(hint("zadd k nx"), " score member [score member ...]");
    ck_assert_str_eq(hint("zadd k 1"), " member [score member ...]");
    ck_assert_str_eq(hint("zadd k 1 m"), " [score member ...]");
    ck_assert_str_eq(hint("zadd k 1 m 2"), " member [score member ...]");
}
END_TEST

START_TEST(blocks_inside_of_alternatives_are_walked)
{
    ck_assert_ptr_nonnull(strstr(hint("bitfield k get "), "encoding offset"));
    ck_assert_ptr_nonnull(strstr(hint("bitfield k get u8"), " offset"));
    ck_assert_ptr_nonnull(strstr(hint("bitfield k overflow "), "WRAP|SAT"));
    ck_assert_str_eq(completed("bitfield k overflow "), "sat wrap");
    ck_assert_str_eq(completed("bitfield k overflow wrap "), "set");
    ck_assert_str_eq(completed("bitfield k get u8 0 "), "get overflow set");
}
END_TEST

START_TEST(what_can_be_only_one_is_continued)
{
    ck_assert_str_eq(hint("con"), "fig GET|RESETSTAT|SET");
    ck_assert_str_eq(hint("config"), " GET|RESETSTAT|SET");
    ck_assert_str_eq(hint("config r"), "esetstat");
    ck_assert_str_eq(hint("config get"), " parameter [parameter ...]");
    ck_assert_str_eq(hint("ge"), "");
    ck_assert_str_eq(hint("DE"), "L key [key ...]");
}
END_TEST

START_TEST(a_hint_is_cut_to_its_room)
{
    char text[8];
    for (size_t size = 0; size <= sizeof text; size++) {
        memset(text, '#', sizeof text);
        hint_write(documentation, "set", 3, text, size);
        ck_assert_mem_eq(text, " key va", size > 0 ? size - 1 : 0);
        ck_assert(size == 0 ? text[0] == '#' : text[size - 1] == '\0');
        ck_assert(size == sizeof text || text[size] == '#');
    }
}
END_TEST

START_TEST(completion_offers_what_can_stand_there)
{
    ck_assert_str_eq(completed("ge"), "get getdel");
    ck_assert_str_eq(completed("GE"), "GET GETDEL");
    ck_assert_str_eq(completed("xyz"), "");
    ck_assert_str_eq(completed("config "), "get resetstat set");
    ck_assert_str_eq(completed("CONFIG "), "GET RESETSTAT SET");
    ck_assert_str_eq(completed("config re"), "resetstat");
    ck_assert_str_eq(completed("set "), "");
    ck_assert_str_eq(completed("set k v "), "ex get keepttl nx px xx");
    ck_assert_str_eq(completed("set k v ex 5 K"), "");
    ck_assert_str_eq(completed("set k v get K"), "KEEPTTL");
    ck_assert_str_eq(completed("lmove a b "), "left right");
    ck_assert_str_eq(completed("help @s"), "@scripting @server @sorted-set @string");
    ck_assert_str_eq(completed("help con"), "config");
    ck_assert_str_eq(completed(":set "), "hints nohints");
    ck_assert_str_eq(completed("5 ge"), "get getdel");
    ck_assert_str_eq(completed("CONFIG 1"), "");
    ck_assert_str_eq(completed("LMOVE a b l"), "left");
    ck_assert_str_eq(completed("SET 1 2 "), "EX GET KEEPTTL NX PX XX");
    ck_assert_str_eq(completed("get k | ge"), "");
    ck_assert_str_eq(completed("'ge"), "");
}
END_TEST

START_TEST(completion_knows_what_its_words_have_in_common)
{
    struct completion completion;
    completion_find(documentation, NULL, "get  ge", 7, &completion);
    ck_assert_uint_eq(completion.count, 0);
    ck_assert_uint_eq(completion.common, 0);
    completion_deinit(&completion);
    completion_find(documentation, NULL, "g rest of the line", 1, &completion);
    ck_assert_uint_eq(completion.start, 0);
    ck_assert_uint_eq(completion.count, 2);
    ck_assert_uint_eq(completion.common, 3);
    completion_deinit(&completion);
    completion_find(documentation, NULL, "  config  s", 11, &completion);
    ck_assert_uint_eq(completion.start, 10);
    ck_assert_uint_eq(completion.common, 3);
    completion_deinit(&completion);
}
END_TEST

START_TEST(without_documentation_only_own_words_are_known)
{
    struct completion completion;
    char text[40];
    completion_find(NULL, NULL, "", 0, &completion);
    ck_assert_uint_eq(completion.count, 5);
    completion_deinit(&completion);
    hint_write(NULL, "get ", 4, text, sizeof text);
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(names_alone_come_from_command)
{
    struct reply *reply = replies_parse("[[get 2] [set 3] [] word ['two words' 1] [CONFIG -2]]");
    struct documentation *names = documentation_read_names(reply);
    size_t count;
    const struct command_entry *entries = documentation_entries(names, &count);
    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(entries[0].name, "config");
    ck_assert_str_eq(entries[2].name, "set");
    documentation_destroy(names);
    reply_destroy(reply);
}
END_TEST

/* What a server may say that is no documentation, or a malicious one. */
START_TEST(malformed_documentation_is_left_out)
{
    static const char *const replies[] = {
        "word",
        "[]",
        "{}",
        "[get]",
        "[get word]",
        "{get {arguments word}}",
        "{get {arguments {a b}}}",
        "{get {arguments [word]}}",
        "{get {arguments [{type key}]}}",
        "{get {arguments [{name a type oneof}]}}",
        "{get {arguments [{name a type pure-token}]}}",
        "{get {arguments [{name a token 'two words'}]}}",
    };
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        struct reply *reply = replies_parse(replies[i]);
        struct documentation *odd = documentation_read(reply);
        char text[40];
        hint_write(odd, "get ", 4, text, sizeof text);
        ck_assert_msg(text[0] == '\0' || strcmp(text, "a") == 0, "%s: %s", replies[i], text);
        documentation_destroy(odd);
        reply_destroy(reply);
    }
}
END_TEST

START_TEST(names_and_texts_of_a_server_do_no_harm)
{
    struct reply *reply =
        replies_parse("{'a\x1b[31m' {} 'a|b' {} '>' {} 'a\"b' {} ok {summary 'x\x1b[31m\xc3\xa4\ty'}}");
    struct documentation *odd = documentation_read(reply);
    size_t count;
    const struct command_entry *entries = documentation_entries(odd, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(entries[0].summary, "x?[31m?? y");
    documentation_destroy(odd);
    reply_destroy(reply);
}
END_TEST

/* Random lines of words that mean something and words that don't. */
START_TEST(random_lines_do_no_harm)
{
    static const char *const words[] = {"set", "config", "bitfield", "eval",     "zadd", "get", "ex",    "nx",
                                        "10",  "0",      "k",        "overflow", "wrap", "2",   "help",  "@",
                                        "'",   "\"a\"",  "|",        ">",        "5",    "\\",  "lmove", "left"};
    struct dice dice = dice_create(13);
    for (unsigned round = scratch_rounds(20000); round > 0; round--) {
        char line[200] = "", text[300];
        struct completion completion;
        for (uint64_t count = dice_below(&dice, 8); count > 0; count--) {
            strcat(line, words[dice_below(&dice, sizeof words / sizeof words[0])]);
            if (!dice_chance(&dice, 10))
                strcat(line, " ");
        }
        size_t cursor = dice_below(&dice, strlen(line) + 1);
        hint_write(documentation, line, cursor, text, sizeof text);
        completion_find(documentation, NULL, line, cursor, &completion);
        must(completion.start <= cursor);
        for (size_t i = 0; i < completion.count; i++)
            must(strlen(completion.words[i]) >= completion.common && !strpbrk(completion.words[i], " |>'\""));
        completion_deinit(&completion);
    }
}
END_TEST

Suite *suite_completion(void);
Suite *suite_completion(void)
{
    Suite *suite = suite_create("completion");
    TCase *tcase = tcase_create("completion");
    tcase_add_checked_fixture(tcase, read_docs, release_docs);
    tcase_add_test(tcase, syntax_is_written_as_people_read_it);
    tcase_add_test(tcase, values_are_taken_in_their_order);
    tcase_add_test(tcase, tokens_are_taken_in_any_order);
    tcase_add_test(tcase, a_token_waits_for_its_value);
    tcase_add_test(tcase, what_fits_no_argument_has_no_hint);
    tcase_add_test(tcase, a_count_says_how_many_follow);
    tcase_add_test(tcase, repetitions_come_again);
    tcase_add_test(tcase, blocks_inside_of_alternatives_are_walked);
    tcase_add_test(tcase, what_can_be_only_one_is_continued);
    tcase_add_test(tcase, a_hint_is_cut_to_its_room);
    tcase_add_test(tcase, completion_offers_what_can_stand_there);
    tcase_add_test(tcase, completion_knows_what_its_words_have_in_common);
    tcase_add_test(tcase, without_documentation_only_own_words_are_known);
    tcase_add_test(tcase, names_alone_come_from_command);
    tcase_add_test(tcase, malformed_documentation_is_left_out);
    tcase_add_test(tcase, names_and_texts_of_a_server_do_no_harm);
    tcase_add_test(tcase, random_lines_do_no_harm);
    suite_add_tcase(suite, tcase);
    return suite;
}
