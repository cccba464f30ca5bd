/* What is pasted at the prompt: where it ends, what is kept of it, and which commands it holds. */
#include "kit/suites.h"
#include "prompt/paste.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is kept of characters that a terminal sends; all of them are needed for its end. The caller frees it. */
static wchar_t *gather(const wchar_t *sent)
{
    struct paste paste = {0};
    for (; *sent != L'\0'; sent++)
        ck_assert(paste_add(&paste, *sent) == (sent[1] == L'\0'));
    ck_assert_uint_eq(wcslen(paste.text), paste.length);
    return paste.text;
}

static void expect_kept(const wchar_t *sent, const wchar_t *kept)
{
    wchar_t *text = gather(sent);
    ck_assert_msg(wcscmp(text, kept) == 0, "%ls became %ls", sent, text);
    free(text);
}

START_TEST(what_is_between_the_signs_is_kept)
{
    expect_kept(L"\033[201~", L"");
    expect_kept(L"get k\033[201~", L"get k");
    expect_kept(L"\033[201\033[201~", L"[201");
    expect_kept(L"\x43f\x451\x441\033[201~", L"\x43f\x451\x441");
}
END_TEST

START_TEST(lines_end_in_one_way_and_the_last_not_at_all)
{
    expect_kept(L"a\rb\r\nc\nd\r\n\r\033[201~", L"a\nb\nc\nd");
    expect_kept(L"\r\ra\r\rb\033[201~", L"\n\na\n\nb");
    expect_kept(L"\r\033[201~", L"");
}
END_TEST

START_TEST(characters_that_control_are_left_out)
{
    expect_kept(L"a\tb\x01\x04\x08\x15\x1b[31m\x7f\x9b"
                L"2Jc\033[201~",
                L"a\tb[31m2Jc");
}
END_TEST

/* Adds so many x; whether one of them ended the paste. An assertion for each would take seconds. */
static bool add_many(struct paste *paste, int count)
{
    bool ended = false;
    for (int i = 0; i < count; i++)
        ended = paste_add(paste, L'x') || ended;
    return ended;
}

START_TEST(of_a_long_one_nothing_is_taken_and_its_end_is_found)
{
    struct paste paste = {0};
    ck_assert(!add_many(&paste, PASTE_LONGEST + 1000));
    for (const wchar_t *end = L"\033[201"; *end != L'\0'; end++)
        ck_assert(!paste_add(&paste, *end));
    ck_assert(paste_add(&paste, L'~'));
    ck_assert(paste.is_too_long);
    ck_assert_uint_lt(paste.capacity, 4 * PASTE_LONGEST);
    free(paste.text);
    paste = (struct paste){0};
    ck_assert(!add_many(&paste, PASTE_LONGEST));
    for (const wchar_t *end = L"\033[201~"; *end != L'\0'; end++)
        ck_assert(paste_add(&paste, *end) == (*end == L'~'));
    ck_assert(!paste.is_too_long);
    ck_assert_uint_eq(paste.length, PASTE_LONGEST);
    free(paste.text);
}
END_TEST

static void expect_commands(const char *text, const char *commands)
{
    char found[400] = "";
    size_t at = 0, start, length;
    while (paste_next_command(text, strlen(text), &at, &start, &length))
        snprintf(found + strlen(found), sizeof found - strlen(found), "<%.*s>", (int)length, text + start);
    ck_assert_str_eq(found, commands);
}

START_TEST(each_line_is_a_command)
{
    expect_commands("", "");
    expect_commands("get a", "<get a>");
    expect_commands("\n  get a\n\n \nget b\n", "<get a><get b>");
}
END_TEST

START_TEST(a_quote_may_have_several_lines)
{
    expect_commands("set k \"a\nb\n\nc\"\nget k", "<set k \"a\nb\n\nc\"><get k>");
    expect_commands("set k 'a\nb' x\nget k", "<set k 'a\nb' x><get k>");
}
END_TEST

START_TEST(a_quote_that_stays_open_spoils_its_line_alone)
{
    expect_commands("set k it's\nget k\nget j", "<set k it's><get k><get j>");
    char text[2000] = "set k '\n";
    for (int i = 0; i < 150; i++)
        strcat(text, "ping\n");
    strcat(text, "set k '\n");
    size_t at = 0, start, length, count = 0;
    while (paste_next_command(text, strlen(text), &at, &start, &length))
        count++;
    ck_assert_uint_eq(count, 152);
}
END_TEST

Suite *suite_paste(void);
Suite *suite_paste(void)
{
    Suite *suite = suite_create("paste");
    TCase *tcase = tcase_create("paste");
    tcase_add_test(tcase, what_is_between_the_signs_is_kept);
    tcase_add_test(tcase, lines_end_in_one_way_and_the_last_not_at_all);
    tcase_add_test(tcase, characters_that_control_are_left_out);
    tcase_add_test(tcase, of_a_long_one_nothing_is_taken_and_its_end_is_found);
    tcase_add_test(tcase, each_line_is_a_command);
    tcase_add_test(tcase, a_quote_may_have_several_lines);
    tcase_add_test(tcase, a_quote_that_stays_open_spoils_its_line_alone);
    suite_add_tcase(suite, tcase);
    return suite;
}
