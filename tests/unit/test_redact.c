/* What the slow log and MONITOR leave out. */
#include "base/text.h"
#include "command/command_table.h"
#include "config/directive.h"
#include "record/redact.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define MAX_ARGS 16

/* Expects exactly those arguments to be hidden whose place in hidden has an 'x'. */
static void expect_hidden(const char *line, const char *hidden)
{
    struct text_words words;
    struct arg argv[MAX_ARGS];
    ck_assert_int_eq(text_split(line, strlen(line), &words), 0);
    ck_assert_uint_eq(words.count, strlen(hidden));
    for (size_t i = 0; i < words.count; i++)
        argv[i] = (struct arg){words.words[i], words.lens[i], NULL};
    struct redaction redaction = redact_begin((int)words.count, argv);
    for (size_t i = 0; i < words.count; i++) {
        struct bytes shown = redact_next(&redaction), alone = redact_argument((int)words.count, argv, (int)i);
        const char *wanted = hidden[i] == 'x' ? REDACTED : words.words[i];
        ck_assert_msg(bytes_equal(shown.data, shown.len, wanted, strlen(wanted)), "%s: argument %zu", line, i);
        ck_assert_msg(bytes_equal(alone.data, alone.len, wanted, strlen(wanted)), "%s: argument %zu", line, i);
    }
    text_words_free(&words);
}

START_TEST(passwords_of_logins_are_hidden)
{
    expect_hidden("AUTH pw", ".x");
    expect_hidden("auth user pw", ".xx");
    expect_hidden("HELLO 3 AUTH user pw SETNAME me", "...xx..");
    expect_hidden("HELLO 3 SETNAME me AUTH user pw", ".....xx");
    expect_hidden("HELLO 3 SETNAME me", "....");
    expect_hidden("ACL SETUSER alice on >pw", "..xxx");
    expect_hidden("ACL GETUSER alice", "...");
    expect_hidden("SET auth pw", "...");
}
END_TEST

START_TEST(values_of_directives_are_hidden_where_the_table_says_so)
{
    for (size_t i = 0; i < directive_count; i++) {
        char line[256];
        bool secret = (directives[i].flags & DIRECTIVE_SECRET) != 0;
        snprintf(line, sizeof line, "CONFIG SET %s value", directives[i].name);
        expect_hidden(line, secret ? "...x" : "....");
        if (directives[i].alias) {
            snprintf(line, sizeof line, "CONFIG SET %s value", directives[i].alias);
            expect_hidden(line, secret ? "...x" : "....");
        }
    }
    expect_hidden("CONFIG SET timeout 1 RequirePass pw masterauth pw masteruser u", ".....x.x.x");
    expect_hidden("CONFIG SET no-such-directive value", "....");
    expect_hidden("CONFIG GET requirepass requirepass", "....");
}
END_TEST

START_TEST(requests_that_are_cut_short_are_looked_at_without_harm)
{
    expect_hidden("AUTH", ".");
    expect_hidden("HELLO AUTH", "..");
    expect_hidden("CONFIG", ".");
    expect_hidden("CONFIG SET", "..");
    expect_hidden("CONFIG SET requirepass", "...");
    expect_hidden("ACL", ".");
    expect_hidden("ACL DRYRUN alice", "...");
    expect_hidden("DEBUG INSIDE", "..");
}
END_TEST

START_TEST(a_mistake_shows_no_password)
{
    expect_hidden("CONFIG SET requirepass two words", "...xx");
    expect_hidden("CONFIG SET requirepass more than two words", "...xxxx");
    expect_hidden("CONFIG SET timeout requirepass pw", "....x");
    expect_hidden("CONFIG SET user alice on >pw", "...xxx");
    expect_hidden("HELLO 3 AUTH user two words SETNAME me", "...xxx..");
    expect_hidden("AUHT pw", ".x");
    expect_hidden("ACL SETUSR alice >pw", ".xxx");
}
END_TEST

START_TEST(a_command_inside_another_keeps_its_secrets)
{
    expect_hidden("COMMAND GETKEYS AUTH pw", "...x");
    expect_hidden("COMMAND GETKEYSANDFLAGS HELLO 3 AUTH u pw SETNAME me", ".....xx..");
    expect_hidden("COMMAND GETKEYS CONFIG SET requirepass pw timeout 1", ".....x..");
    expect_hidden("ACL DRYRUN alice AUTH pw", "....x");
    expect_hidden("ACL DRYRUN alice SET auth pw", "......");
    expect_hidden("DEBUG INSIDE ACL SETUSER alice on >pw", "....xxx");
    expect_hidden("DEBUG SLEEP inside auth pw", ".....");
    expect_hidden("DEBUG INSIDE ACL DRYRUN alice COMMAND GETKEYS DEBUG INSIDE AUTH alice pw", "..........xx");
    expect_hidden("COMMAND GETKEYS AUHT pw", "...x");
}
END_TEST

/* ---- what the table says ---- */

enum { ROOM = 64 };

static size_t add_words(struct arg *argv, size_t count, const char *const *words)
{
    for (; *words; words++)
        argv[count++] = (struct arg){*words, strlen(*words), NULL};
    return count;
}

/* A call of the command with a secret wherever its specification has room for one. */
static size_t add_secrets(struct arg *argv, size_t count, const struct command *command)
{
    const struct command *parent = command_parent(command);
    const struct secret_spec *secret = command->secret;
    size_t begin = count;
    if (parent)
        count = add_words(argv, count, (const char *[]){parent->name, NULL});
    count = add_words(argv, count, (const char *[]){command->name, NULL});
    while (count - begin < (size_t)secret->from)
        count = add_words(argv, count,
                          (const char *[]){secret->word && secret->kind == SECRET_COMMAND ? secret->word : "x", NULL});
    switch (secret->kind) {
    case SECRET_ARGUMENTS:
        return add_words(argv, count, (const char *[]){"hunter2", "hunter2", NULL});
    case SECRET_BEHIND:
        return add_words(argv, count, (const char *[]){secret->word, "hunter2", "hunter2", NULL});
    case SECRET_DIRECTIVES:
        return add_words(argv, count, (const char *[]){"timeout", "1", "requirepass", "hunter2", NULL});
    case SECRET_COMMAND:
        return add_words(argv, count, (const char *[]){"auth", "hunter2", NULL});
    }
    return count;
}

static void expect_no_secret(const struct arg *argv, size_t count)
{
    struct redaction redaction = redact_begin((int)count, argv);
    size_t hidden = 0;
    for (size_t i = 0; i < count; i++) {
        struct bytes shown = redact_next(&redaction);
        bool secret = arg_is(&argv[i], "hunter2");
        ck_assert_msg(!secret || shown.data != argv[i].data, "%s %s shows argument %zu", argv[0].data, argv[1].data, i);
        hidden += shown.data != argv[i].data;
    }
    ck_assert_uint_gt(hidden, 0);
}

START_TEST(no_command_of_the_table_shows_its_secrets_wherever_it_stands)
{
    unsigned tried = 0;
    for (unsigned i = 0; i < command_count(); i++) {
        struct arg argv[ROOM];
        if (!command_by_number(i)->secret)
            continue;
        expect_no_secret(argv, add_secrets(argv, 0, command_by_number(i)));
        for (unsigned o = 0; o < command_count(); o++) {
            const struct command *outer = command_by_number(o);
            if (!outer->secret || outer->secret->kind != SECRET_COMMAND)
                continue;
            size_t count = add_secrets(argv, 0, outer) - 2; /* without its AUTH */
            count = add_secrets(argv, count, outer) - 2;
            expect_no_secret(argv, add_secrets(argv, count, command_by_number(i)));
            tried++;
        }
    }
    ck_assert_uint_ge(tried, 8 * 4);
}
END_TEST

static bool has_argument(const struct command_arg *args, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strstr(args[i].name, word) || (args[i].token && strcasecmp(args[i].token, word) == 0) ||
            has_argument(args[i].args, args[i].arg_count, word))
            return true;
    return false;
}

/* Whether the command's second argument from the end is a command, and its last one that command's arguments. */
static bool takes_a_command(const struct command *command)
{
    size_t count = command->arg_count;
    return count >= 2 && strcmp(command->args[count - 2].name, "command") == 0 &&
           strcmp(command->args[count - 1].name, "arg") == 0;
}

/* Whoever documents an argument of that kind says in the specification where it stands. */
START_TEST(no_command_that_documents_a_password_or_a_command_lacks_its_specification)
{
    static const char *const words[] = {"password", "auth", "rule", "secret"};
    for (unsigned i = 0; i < command_count(); i++) {
        const struct command *command = command_by_number(i);
        for (size_t w = 0; w < sizeof words / sizeof words[0]; w++)
            ck_assert_msg(command->secret || !has_argument(command->args, command->arg_count, words[w]),
                          "%s takes a %s and has no SPEC_SECRET", command_full_name(command), words[w]);
        ck_assert_msg(!takes_a_command(command) || (command->secret && command->secret->kind == SECRET_COMMAND),
                      "%s takes a command and has no SPEC_SECRET", command_full_name(command));
    }
}
END_TEST

Suite *suite_redact(void);
Suite *suite_redact(void)
{
    Suite *suite = suite_create("redact");
    TCase *tcase = tcase_create("redact");
    tcase_add_checked_fixture(tcase, command_table_init, NULL);
    tcase_add_test(tcase, passwords_of_logins_are_hidden);
    tcase_add_test(tcase, values_of_directives_are_hidden_where_the_table_says_so);
    tcase_add_test(tcase, requests_that_are_cut_short_are_looked_at_without_harm);
    tcase_add_test(tcase, a_mistake_shows_no_password);
    tcase_add_test(tcase, a_command_inside_another_keeps_its_secrets);
    tcase_add_test(tcase, no_command_of_the_table_shows_its_secrets_wherever_it_stands);
    tcase_add_test(tcase, no_command_that_documents_a_password_or_a_command_lacks_its_specification);
    suite_add_tcase(suite, tcase);
    return suite;
}
