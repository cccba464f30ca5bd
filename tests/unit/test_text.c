/* Growing text, quoting, and splitting of lines. */
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static struct text text;
static struct text_words words;

static void start_empty(void)
{
    text = TEXT_EMPTY;
    words = (struct text_words){0};
}

static void free_all(void)
{
    text_deinit(&text);
    text_words_free(&words);
}

START_TEST(pieces_add_up)
{
    text_add(&text, "a");
    text_add_bytes(&text, "b\0c", 3);
    text_add_char(&text, 'd');
    text_addf(&text, "%d-%s", 42, "e");
    ck_assert_uint_eq(text.len, 9);
    ck_assert_mem_eq(text.data, "ab\0cd42-e", 10);
    text_clear(&text);
    ck_assert_uint_eq(text.len, 0);
    ck_assert_str_eq(text.data, "");
    text_add(&text, "again");
    ck_assert_str_eq(text.data, "again");
}
END_TEST

START_TEST(formatted_text_of_any_length_fits)
{
    for (int width = 0; width < 300; width++) {
        struct text each = TEXT_EMPTY;
        text_addf(&each, "%*d", width, 7);
        text_addf(&each, "%*d", width, 8);
        size_t one = width > 0 ? (size_t)width : 1;
        ck_assert_uint_eq(each.len, 2 * one);
        ck_assert_uint_eq(strlen(each.data), each.len);
        ck_assert_int_eq(each.data[one - 1], '7');
        ck_assert_int_eq(each.data[each.len - 1], '8');
        text_deinit(&each);
    }
}
END_TEST

START_TEST(quoting_escapes_what_is_not_printable)
{
    text_add_quoted(&text, "a\"b\\c\n\r\t\a\b\0\x7f\xff z", 15);
    ck_assert_str_eq(text.data, "\"a\\\"b\\\\c\\n\\r\\t\\a\\b\\x00\\x7f\\xff z\"");
    text_clear(&text);
    text_add_quoted(&text, "", 0);
    ck_assert_str_eq(text.data, "\"\"");
}
END_TEST

/* Splits line and compares the words, joined by '|'. */
static void check_split(const char *line, const char *joined)
{
    ck_assert_msg(text_split(line, strlen(line), &words) == 0, "%s", line);
    text_clear(&text);
    text_add(&text, "");
    for (size_t i = 0; i < words.count; i++) {
        if (i > 0)
            text_add_char(&text, '|');
        ck_assert_int_eq(words.words[i][words.lens[i]], '\0');
        text_add_bytes(&text, words.words[i], words.lens[i]);
    }
    ck_assert_str_eq(text.data, joined);
    text_words_free(&words);
}

START_TEST(blanks_separate_words)
{
    check_split("", "");
    check_split(" \t\r\n ", "");
    check_split("one", "one");
    check_split("  one  two\tthree\r\n", "one|two|three");
    check_split("a\vb", "a\vb");
    check_split("\va", "a");
}
END_TEST

START_TEST(quotes_hold_blanks_and_escapes)
{
    check_split("\"a b\" 'c d'", "a b|c d");
    check_split("\"\" ''", "|");
    check_split("\"\\n\\r\\t\\a\\b\\\\\\\"\\q\"", "\n\r\t\a\b\\\"q");
    check_split("\"\\x41\\x7a\\xZZ\\x4\"", "AzxZZx4");
    check_split("'\\n\\''", "\\n'");
    check_split("ab\"c d\"", "abc d");
    check_split("a\\nb", "a\\nb");
    check_split("\"a'b\" 'a\"b'", "a'b|a\"b");
}
END_TEST

START_TEST(quotes_that_do_not_close_are_refused)
{
    static const char *const cases[] = {"\"",     "'",    "\"abc",      "'abc",  "\"abc\\\"", "'abc\\'",
                                        "\"a\"b", "'a'b", "\"a\"\"b\"", "ok \"", "\"a\\"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_msg(text_split(cases[i], strlen(cases[i]), &words) == -EINVAL, "%s", cases[i]);
        ck_assert_uint_eq(words.count, 0);
    }
}
END_TEST

START_TEST(line_ends_at_its_length_or_at_a_nul)
{
    ck_assert_int_eq(text_split("one two", 5, &words), 0);
    ck_assert_uint_eq(words.count, 2);
    ck_assert_str_eq(words.words[1], "t");
    text_words_free(&words);
    ck_assert_int_eq(text_split("one\0\"two", 8, &words), 0);
    ck_assert_uint_eq(words.count, 1);
    text_words_free(&words);
    ck_assert_int_eq(text_split("\"a\\x41\"", 5, &words), -EINVAL);
}
END_TEST

START_TEST(any_bytes_survive_quoting_and_splitting)
{
    struct random_state random;
    random_seed(&random, 5);
    for (int round = 0; round < 300; round++) {
        char bytes[200];
        size_t len = random_below(&random, sizeof bytes + 1);
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)random_next(&random);
        text_clear(&text);
        text_add_quoted(&text, bytes, len);
        ck_assert_int_eq(text_split(text.data, text.len, &words), 0);
        ck_assert_uint_eq(words.count, 1);
        ck_assert_uint_eq(words.lens[0], len);
        ck_assert_int_eq(memcmp(words.words[0], bytes, len), 0);
        text_words_free(&words);
    }
}
END_TEST

START_TEST(many_words_are_all_there)
{
    for (int i = 0; i < 1000; i++)
        text_addf(&text, "w%d ", i);
    ck_assert_int_eq(text_split(text.data, text.len, &words), 0);
    ck_assert_uint_eq(words.count, 1000);
    ck_assert_str_eq(words.words[0], "w0");
    ck_assert_str_eq(words.words[999], "w999");
}
END_TEST

START_TEST(words_are_quoted_only_if_they_need_it_and_read_back)
{
    static const char *const samples[] = {"plain", "", "two words", "a\"b", "it's", "\x7f", "\xc3\xa9", "a=b"};
    struct text line = TEXT_EMPTY;
    struct text_words read;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        text_add(&line, i > 0 ? " " : "");
        text_add_word(&line, samples[i]);
    }
    ck_assert_str_eq(line.data, "plain \"\" \"two words\" \"a\\\"b\" \"it's\" \"\\x7f\" \xc3\xa9 a=b");
    ck_assert_int_eq(text_split(line.data, line.len, &read), 0);
    ck_assert_uint_eq(read.count, sizeof samples / sizeof samples[0]);
    for (size_t i = 0; i < read.count; i++)
        ck_assert_str_eq(read.words[i], samples[i]);
    text_words_free(&read);
    text_deinit(&line);
}
END_TEST

START_TEST(formatted_texts_are_on_the_heap)
{
    char *answer = text_format("%s=%d", "answer", 42);
    ck_assert_str_eq(answer, "answer=42");
    mem_free(answer);
}
END_TEST

START_TEST(nouns_are_in_the_singular_behind_one_alone)
{
    ck_assert_str_eq(text_plural(0), "s");
    ck_assert_str_eq(text_plural(1), "");
    ck_assert_str_eq(text_plural(2), "s");
}
END_TEST

Suite *suite_text(void);
Suite *suite_text(void)
{
    Suite *suite = suite_create("text");
    TCase *tcase = tcase_create("text");
    tcase_add_checked_fixture(tcase, start_empty, free_all);
    tcase_add_test(tcase, pieces_add_up);
    tcase_add_test(tcase, formatted_text_of_any_length_fits);
    tcase_add_test(tcase, quoting_escapes_what_is_not_printable);
    tcase_add_test(tcase, blanks_separate_words);
    tcase_add_test(tcase, quotes_hold_blanks_and_escapes);
    tcase_add_test(tcase, quotes_that_do_not_close_are_refused);
    tcase_add_test(tcase, line_ends_at_its_length_or_at_a_nul);
    tcase_add_test(tcase, any_bytes_survive_quoting_and_splitting);
    tcase_add_test(tcase, many_words_are_all_there);
    tcase_add_test(tcase, words_are_quoted_only_if_they_need_it_and_read_back);
    tcase_add_test(tcase, formatted_texts_are_on_the_heap);
    tcase_add_test(tcase, nouns_are_in_the_singular_behind_one_alone);
    suite_add_tcase(suite, tcase);
    return suite;
}
