/* What answers first, when that is no reply, is recognised as early as it can be and explained in one line. */
#include "connection/first_words.h"
#include "kit/suites.h"

#include <stdlib.h>
#include <string.h>

static struct first_words heard(const char *text)
{
    struct first_words words = {0};
    first_words_add(&words, text, strlen(text));
    return words;
}

static bool is_foreign(const char *text)
{
    struct first_words words = heard(text);
    return first_words_are_foreign(&words);
}

START_TEST(beginnings_of_replies_are_not_foreign)
{
    static const char *const beginnings[] = {"",   "+",  "-ERR", ":-1", ":+1",  "$5\r\nhello", "*",  "%1", "~0",
                                             ">2", "|1", "_\r",  "#t",  ",1.5", "(12",         "=9", "!3", "$\r"};
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        ck_assert_msg(!is_foreign(beginnings[i]), "foreign: %s", beginnings[i]);
}
END_TEST

START_TEST(other_servers_are_foreign_before_their_line_ends)
{
    static const char *const beginnings[] = {"H",    "220 mail", "SSH-2.0", "\r\n",    "*x",
                                             "$abc", ":a",       "<html>",  "\x15\x03"};
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        ck_assert_msg(is_foreign(beginnings[i]), "not foreign: %s", beginnings[i]);
}
END_TEST

START_TEST(nothing_is_foreign_once_a_reply_was_there)
{
    struct first_words words = heard("HTTP");
    words.are_over = true;
    ck_assert(!first_words_are_foreign(&words));
    first_words_add(&words, "more", 4);
    ck_assert_uint_eq(words.length, 4);
}
END_TEST

START_TEST(only_the_beginning_is_kept_however_it_comes)
{
    struct first_words words = {0};
    for (int i = 0; i < 300; i++)
        first_words_add(&words, "abc", 3);
    ck_assert_uint_eq(words.length, FIRST_WORDS_LENGTH);
    ck_assert_mem_eq(words.bytes, "abcabcabc", 9);
}
END_TEST

START_TEST(an_explanation_shows_the_first_line_and_no_control_characters)
{
    char text[400];
    struct first_words words = heard("HTTP/1.1 400 Bad\x1b[31m\r\nServer: x\r\n");
    first_words_explain(&words, "which begins no reply", text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "\"HTTP/1.1 400 Bad?[31m\""));
    ck_assert_ptr_nonnull(strstr(text, "which begins no reply"));
    ck_assert_ptr_null(strstr(text, "Server"));
}
END_TEST

static bool refuses(const char *error, char *text, size_t size)
{
    char copy[200];
    strcpy(copy, error);
    struct reply reply = {.type = REPLY_ERROR, .text = copy, .length = strlen(copy)};
    return first_words_refuse(&reply, text, size);
}

START_TEST(refusals_of_a_connection_get_their_own_advice)
{
    char text[400];
    ck_assert(refuses("ERR max number of clients reached for uid 7", text, sizeof text));
    ck_assert_ptr_nonnull(strstr(text, "maxclients-per-uid"));
    ck_assert(refuses("ERR max number of clients reached", text, sizeof text));
    ck_assert_ptr_null(strstr(text, "maxclients-per-uid"));
    ck_assert(refuses("DENIED no", text, sizeof text));
    ck_assert(!refuses("ERR unknown command", text, sizeof text));
    ck_assert(!refuses("NOAUTH", text, sizeof text));
    struct reply status = {.type = REPLY_STATUS, .text = (char[]){"DENIED"}, .length = 6};
    ck_assert(!first_words_refuse(&status, text, sizeof text));
}
END_TEST

Suite *suite_first_words(void);
Suite *suite_first_words(void)
{
    Suite *suite = suite_create("first_words");
    TCase *tcase = tcase_create("first_words");
    tcase_add_test(tcase, beginnings_of_replies_are_not_foreign);
    tcase_add_test(tcase, other_servers_are_foreign_before_their_line_ends);
    tcase_add_test(tcase, nothing_is_foreign_once_a_reply_was_there);
    tcase_add_test(tcase, only_the_beginning_is_kept_however_it_comes);
    tcase_add_test(tcase, an_explanation_shows_the_first_line_and_no_control_characters);
    tcase_add_test(tcase, refusals_of_a_connection_get_their_own_advice);
    suite_add_tcase(suite, tcase);
    return suite;
}
