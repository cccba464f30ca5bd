/*
 * That all mistakes of a configuration are told: once, in the order of its lines, and nothing that follows from them.
 */
#include "base/memory.h"
#include "config/mistakes.h"
#include "config/reading.h"
#include "unit/config_fixture.h"

#include <stdio.h>
#include <string.h>

/* The message has as many lines as there are beginnings, up to NULL, and each begins so behind its folder. Frees it. */
static void expect_lines(char *error, const char *const *beginnings)
{
    ck_assert_ptr_nonnull(error);
    char *rest = error, *line;
    for (; *beginnings; beginnings++) {
        line = strsep(&rest, "\n");
        ck_assert_msg(line != NULL, "nothing about %s", *beginnings);
        size_t folder = strncmp(line, test_folder, strlen(test_folder)) == 0 ? strlen(test_folder) + 1 : 0;
        ck_assert_msg(strncmp(line + folder, *beginnings, strlen(*beginnings)) == 0, "'%s' instead of '%s'", line,
                      *beginnings);
    }
    ck_assert_msg(!rest, "and also: %s", rest);
    mem_free(error);
}

#define EXPECT_LINES(error, ...) expect_lines(error, (const char *const[]){__VA_ARGS__, NULL})

START_TEST(all_mistakes_are_told_in_the_order_of_their_lines)
{
    char content[512];
    config_write_file("b.conf", "port 7\nbogus 1\n");
    snprintf(content, sizeof content,
             "hz x\nappendonly yes\ninclude %s/b.conf\nmaxmemory lots\nlogfile /nowhere/log\n"
             "user bob on\nuser bob off\nlisten /nowhere/s\ntimeout \"1\n",
             test_folder);
    const char *path = config_write_file("a.conf", content);
    EXPECT_LINES(CONFIG_LOAD(path, "--timeout", "never", "--what", "1"), "a.conf:1: hz 'x'",
                 "a.conf:2: appendonly 'yes'", "b.conf:1: port '7'", "b.conf:2: unknown directive 'bogus'",
                 "a.conf:4: maxmemory 'lots'", "a.conf:5: logfile '/nowhere/log'", "a.conf:7: user: user 'bob'",
                 "a.conf:8: listen '/nowhere/s'", "a.conf:9: unbalanced quotes", "command line: --timeout 'never'",
                 "command line: unknown directive '--what'");
}
END_TEST

START_TEST(files_that_cannot_be_read_are_one_mistake_among_others)
{
    const char *path = config_write_file("a.conf", "include /nowhere/x.conf\nhz x\n");
    EXPECT_LINES(CONFIG_LOAD(path), "a.conf:1: include '/nowhere/x.conf'", "a.conf:2: hz 'x'");
    EXPECT_LINES(CONFIG_LOAD("/nowhere/x.conf", "--hz", "x"), "/nowhere/x.conf: can't be opened",
                 "command line: --hz 'x'");
}
END_TEST

START_TEST(file_that_includes_itself_twice_is_one_mistake_and_ends_soon)
{
    char content[512];
    snprintf(content, sizeof content, "include %s/a.conf\ninclude %s/a.conf\nhz x\n", test_folder, test_folder);
    EXPECT_LINES(CONFIG_LOAD(config_write_file("a.conf", content)), "a.conf:1: include");
}
END_TEST

START_TEST(what_follows_from_a_mistake_is_not_told)
{
    EXPECT_LINES(CONFIG_LOAD(config_write_file("a.conf", "dir /nowhere\nlogfile no/log\nunixsocket no/s\n")),
                 "a.conf:1: dir '/nowhere'");
    EXPECT_LINES(CONFIG_LOAD(config_write_file("b.conf", "unixsocket \"\"\nlisten /tmp/x mode=9\n")),
                 "b.conf:2: listen");
    EXPECT_LINES(CONFIG_LOAD("stray", "words", "behind"), "stray: can't be opened", "command line: 'words'");
}
END_TEST

START_TEST(first_fifty_mistakes_by_line_are_told_and_the_others_counted)
{
    char content[1024] = "port 6379\n";
    for (int i = 0; i < FINDINGS_MAX + 3; i++)
        strcat(content, "bogus 1\n");
    char *error = CONFIG_LOAD(config_write_file("a.conf", content)), *rest = error;
    ck_assert_ptr_nonnull(error);
    for (int i = 1; i <= FINDINGS_MAX; i++) {
        char place[32];
        snprintf(place, sizeof place, "a.conf:%d: %s", i, i == 1 ? "port" : "unknown");
        char *line = strsep(&rest, "\n");
        ck_assert_msg(line && strstr(line, place), "'%s' isn't in: %s", place, line ? line : "");
    }
    ck_assert_str_eq(rest, "and 4 more mistakes");
    mem_free(error);
}
END_TEST

START_TEST(line_feed_in_a_value_makes_no_further_line)
{
    EXPECT_LINES(CONFIG_LOAD(config_write_file("a.conf", "hz \"1\\n2\"\n")), "a.conf:1: hz '1?2'");
}
END_TEST

START_TEST(same_mistake_is_told_once)
{
    config_expect_loaded(CONFIG_LOAD("--hz", "10"));
    config_mistake(&test_config, "a.conf:1", "twice");
    config_mistake(&test_config, "a.conf:1", "twice");
    config_mistake(&test_config, "", "nowhere");
    config_mistake(&test_config, "command line", "early");
    char *text = config_mistakes_text(&test_config);
    ck_assert_str_eq(text, "a.conf:1: twice\ncommand line: early\nnowhere");
    mem_free(text);
}
END_TEST

Suite *suite_config_mistakes(void);
Suite *suite_config_mistakes(void)
{
    Suite *suite = suite_create("config_mistakes");
    TCase *tcase = tcase_create("config_mistakes");
    tcase_add_checked_fixture(tcase, config_set_up, config_tear_down);
    tcase_add_test(tcase, all_mistakes_are_told_in_the_order_of_their_lines);
    tcase_add_test(tcase, files_that_cannot_be_read_are_one_mistake_among_others);
    tcase_add_test(tcase, file_that_includes_itself_twice_is_one_mistake_and_ends_soon);
    tcase_add_test(tcase, what_follows_from_a_mistake_is_not_told);
    tcase_add_test(tcase, first_fifty_mistakes_by_line_are_told_and_the_others_counted);
    tcase_add_test(tcase, line_feed_in_a_value_makes_no_further_line);
    tcase_add_test(tcase, same_mistake_is_told_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
