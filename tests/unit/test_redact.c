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
    for (size_t i = 0; i < words.count; i++)
        ck_assert_msg(redact_is_secret((int)words.count, argv, (int)i) == (hidden[i] == 'x'), "%s: argument %zu", line,
                      i);
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
    expect_hidden("nosuch auth pw", "...");
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
    suite_add_tcase(suite, tcase);
    return suite;
}
