/* Lines are cut as redis-cli cuts them, and what is printed in quotes is read back as it was. */
#include "core/quoting.h"
#include "kit/scratch.h"
#include "kit/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The words of a line with | between them, or "?" when its quotes are not balanced. */
static const char *cut(const char *line)
{
    static char text[200];
    struct arguments words;
    size_t at = 0;
    if (!quoting_split(line, strlen(line), &words))
        return "?";
    for (size_t i = 0; i < words.count; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, i > 0 ? "|%s" : "%s", words.values[i]);
    text[at] = '\0';
    arguments_deinit(&words);
    return text;
}

START_TEST(blanks_separate_words)
{
    ck_assert_str_eq(cut(""), "");
    ck_assert_str_eq(cut(" \t\r\n"), "");
    ck_assert_str_eq(cut("set a b"), "set|a|b");
    ck_assert_str_eq(cut("  set\ta  b\r\n"), "set|a|b");
    ck_assert_str_eq(cut("a\\nb"), "a\\nb");
}
END_TEST

START_TEST(double_quotes_know_escapes)
{
    ck_assert_str_eq(cut("\"a b\" c"), "a b|c");
    ck_assert_str_eq(cut("\"\" x"), "|x");
    ck_assert_str_eq(cut("\"\\n\\r\\t\\b\\a\""), "\n\r\t\b\a");
    ck_assert_str_eq(cut("\"\\x41\\x5a\\x6F\""), "AZo");
    ck_assert_str_eq(cut("\"\\xg1\\x4\""), "xg1x4");
    ck_assert_str_eq(cut("\"\\\"\\\\\\q'\""), "\"\\q'");
    ck_assert_str_eq(cut("ab\"c d\""), "abc d");
}
END_TEST

START_TEST(single_quotes_know_only_their_own_escape)
{
    ck_assert_str_eq(cut("'a b'"), "a b");
    ck_assert_str_eq(cut("'a\\nb\\x41'"), "a\\nb\\x41");
    ck_assert_str_eq(cut("'it\\'s'"), "it's");
    ck_assert_str_eq(cut("'a\"b'"), "a\"b");
}
END_TEST

START_TEST(unbalanced_quotes_are_refused)
{
    static const char *const lines[] = {"\"",     "'",    "\"abc",      "a 'b",      "\"a\\\"",
                                        "\"a\"b", "'a'b", "\"a\"\"b\"", "a\"b\"'c'", "'a\\'"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        ck_assert_msg(strcmp(cut(lines[i]), "?") == 0, "taken: %s", lines[i]);
}
END_TEST

START_TEST(an_explanation_names_the_quote_and_counts_characters)
{
    char text[200];
    const char *open = "set \xc3\xa4\xe2\x82\xac \"x", *glued = "set '\xc3\xa4'b";
    quoting_explain(open, strlen(open), text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "the \" in column 8 is never closed"));
    quoting_explain(glued, strlen(glued), text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "closing ' in column 7"));
    quoting_explain("a 'b' c", 7, text, sizeof text);
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(a_broken_line_is_cut_as_far_as_it_goes)
{
    struct arguments words;
    quoting_split_anyway("auth \"sec ret", 13, &words);
    ck_assert_uint_eq(words.count, 2);
    ck_assert_str_eq(words.values[1], "sec ret");
    arguments_deinit(&words);
    quoting_split_anyway("a 'b'c d", 8, &words);
    ck_assert_uint_eq(words.count, 4);
    ck_assert_str_eq(words.values[1], "b");
    ck_assert_str_eq(words.values[2], "c");
    arguments_deinit(&words);
}
END_TEST

START_TEST(words_are_found_where_they_stand)
{
    const char *line = "  set \"a b\" c'd'  'open";
    struct quoting_word word = {0};
    ck_assert(quoting_next_word(line, strlen(line), &word));
    ck_assert(word.start == 2 && word.end == 5 && !word.is_quoted);
    ck_assert(quoting_next_word(line, strlen(line), &word));
    ck_assert(word.start == 6 && word.end == 11 && word.is_quoted);
    ck_assert(quoting_next_word(line, strlen(line), &word));
    ck_assert(word.start == 12 && word.end == 16 && word.is_quoted);
    ck_assert(!quoting_next_word(line, strlen(line), &word));
    ck_assert(word.start == 12 && word.end == 16);
}
END_TEST

START_TEST(bytes_in_quotes_are_read_back_as_they_were)
{
    struct dice dice = dice_create(7);
    for (unsigned round = scratch_rounds(5000); round > 0; round--) {
        char bytes[40], *line;
        size_t length = dice_below(&dice, sizeof bytes), size;
        for (size_t i = 0; i < length; i++)
            bytes[i] = (char)dice_next(&dice);
        FILE *out = open_memstream(&line, &size);
        quoting_write(out, bytes, length);
        fclose(out);
        struct arguments words;
        must(quoting_split(line, size, &words));
        must(words.count == 1 && words.lengths[0] == length && memcmp(words.values[0], bytes, length) == 0);
        must(strspn(line, "\t\n\r") == 0);
        arguments_deinit(&words);
        free(line);
    }
}
END_TEST

START_TEST(random_lines_are_cut_or_explained)
{
    static const char alphabet[] = "ab \t\"\"''\\\\xn0\xc3\xa4";
    struct dice dice = dice_create(8);
    for (unsigned round = scratch_rounds(20000); round > 0; round--) {
        char line[24], why[200];
        size_t length = dice_below(&dice, sizeof line);
        for (size_t i = 0; i < length; i++)
            line[i] = alphabet[dice_below(&dice, sizeof alphabet - 1)];
        struct arguments words, anyway;
        struct quoting_word word = {0};
        bool is_whole = quoting_split(line, length, &words);
        quoting_explain(line, length, why, sizeof why);
        must(is_whole == (why[0] == '\0'));
        quoting_split_anyway(line, length, &anyway);
        size_t steps = 0;
        while (quoting_next_word(line, length, &word))
            steps++;
        if (is_whole) {
            must(words.count == anyway.count && words.count == steps);
            arguments_deinit(&words);
        } else {
            must(steps < anyway.count);
        }
        arguments_deinit(&anyway);
    }
}
END_TEST

START_TEST(arguments_are_appended_replaced_and_shifted)
{
    struct arguments words = {0};
    for (int i = 0; i < 100; i++) {
        char text[8];
        arguments_append(&words, text, (size_t)snprintf(text, sizeof text, "w%d", i));
    }
    arguments_replace(&words, 5, "a\0b", 3);
    ck_assert_uint_eq(words.lengths[5], 3);
    ck_assert_mem_eq(words.values[5], "a\0b", 4);
    for (int i = 0; i < 37; i++)
        arguments_shift(&words);
    ck_assert_uint_eq(words.count, 63);
    ck_assert(arguments_is(&words, 0, "W37"));
    ck_assert(!arguments_is(&words, 0, "w3"));
    ck_assert(!arguments_is(&words, 63, "w100"));
    for (int i = 0; i < 70; i++)
        arguments_append(&words, "x", 1);
    ck_assert(arguments_is(&words, 62, "w99") && arguments_is(&words, 132, "x"));
    arguments_deinit(&words);
    ck_assert_uint_eq(words.count, 0);
}
END_TEST

/* What `write` prints of a text. */
static const char *printed(void (*write)(FILE *, const char *), const char *text)
{
    static char line[200];
    FILE *out = fmemopen(line, sizeof line, "w");
    write(out, text);
    fclose(out);
    return line;
}

START_TEST(a_shell_word_is_quoted_where_it_must_be)
{
    ck_assert_str_eq(printed(quoting_write_shell_word, "/tmp/kvs.sock"), "/tmp/kvs.sock");
    ck_assert_str_eq(printed(quoting_write_shell_word, ""), "''");
    ck_assert_str_eq(printed(quoting_write_shell_word, "a b"), "'a b'");
    ck_assert_str_eq(printed(quoting_write_shell_word, "~/x"), "'~/x'");
    ck_assert_str_eq(printed(quoting_write_shell_word, "$(id)"), "'$(id)'");
    ck_assert_str_eq(printed(quoting_write_shell_word, "it's"), "'it'\\''s'");
    ck_assert_str_eq(printed(quoting_write_shell_word, "a\x1b'\\"), "$'a\\033\\047\\134'");
    ck_assert_str_eq(printed(quoting_write_shell_word, "\xc2\x9b\xc3\xa4"), "$'\\302\\233\xc3\xa4'");
}
END_TEST

START_TEST(a_path_is_printed_without_control_characters)
{
    ck_assert_str_eq(printed(quoting_write_path, "/tmp/\xc3\xa4"), "/tmp/\xc3\xa4");
    ck_assert_str_eq(printed(quoting_write_path, "a\x1b[31m\nb\x7f"), "a?[31m?b?");
    ck_assert_str_eq(printed(quoting_write_path, "a\xc2\x9b"
                                                 "31m"),
                     "a?31m");
    ck_assert_str_eq(printed(quoting_write_path, "a\xc2"), "a\xc2");
}
END_TEST

START_TEST(a_printable_copy_has_its_length)
{
    char *line = quoting_copy_printable("a\0\x1b\xff~ ", 6);
    ck_assert_str_eq(line, "a???~ ");
    free(line);
}
END_TEST

Suite *suite_quoting(void);
Suite *suite_quoting(void)
{
    Suite *suite = suite_create("quoting");
    TCase *tcase = tcase_create("quoting");
    tcase_add_test(tcase, blanks_separate_words);
    tcase_add_test(tcase, double_quotes_know_escapes);
    tcase_add_test(tcase, single_quotes_know_only_their_own_escape);
    tcase_add_test(tcase, unbalanced_quotes_are_refused);
    tcase_add_test(tcase, an_explanation_names_the_quote_and_counts_characters);
    tcase_add_test(tcase, a_broken_line_is_cut_as_far_as_it_goes);
    tcase_add_test(tcase, words_are_found_where_they_stand);
    tcase_add_test(tcase, bytes_in_quotes_are_read_back_as_they_were);
    tcase_add_test(tcase, random_lines_are_cut_or_explained);
    tcase_add_test(tcase, arguments_are_appended_replaced_and_shifted);
    tcase_add_test(tcase, a_shell_word_is_quoted_where_it_must_be);
    tcase_add_test(tcase, a_path_is_printed_without_control_characters);
    tcase_add_test(tcase, a_printable_copy_has_its_length);
    suite_add_tcase(suite, tcase);
    return suite;
}
