/*
 * What a configuration is remarked on: promises that nothing keeps, with place and value, and no more lines than fit.
 */
#include "base/memory.h"
#include "base/text.h"
#include "config/reading.h"
#include "config/remarks.h"
#include "unit/config_fixture.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static struct text told; /* each remark and a line feed */

static void hear(void *context, const char *line)
{
    (void)context;
    text_addf(&told, "%s\n", line);
}

static const char *remarks(void)
{
    text_deinit(&told);
    told = TEXT_EMPTY;
    text_add(&told, "");
    config_remarks_tell(&test_config, hear, NULL);
    return told.data;
}

static void set_up(void)
{
    config_set_up();
}

static void tear_down(void)
{
    text_deinit(&told);
    told = TEXT_EMPTY;
    config_tear_down();
}

START_TEST(promises_that_nothing_keeps_are_remarked_with_place_and_value)
{
    const char *path = config_write_file("a.conf", "timeout 1\nmin-slaves-to-write 2\n");
    config_expect_loaded(CONFIG_LOAD(path, "--oom-score-adj", "yes"));
    const char *lines = remarks();
    ck_assert_msg(strstr(lines, "a.conf:2: min-replicas-to-write is '2', but kvs has no replicas"), "%s", lines);
    ck_assert_msg(strstr(lines, "command line: oom-score-adj is 'yes', but the kernel"), "%s", lines);
}
END_TEST

START_TEST(defaults_and_tuning_are_not_remarked)
{
    const char *path = config_write_file("a.conf", "save \"\"\nnotify-keyspace-events \"\"\nmin-replicas-to-write 0\n"
                                                   "oom-score-adj no\nshutdown-on-sigterm default\nio-threads 4\n"
                                                   "hash-max-listpack-entries 7\nappendfsync always\n");
    config_expect_loaded(CONFIG_LOAD(path));
    ck_assert_str_eq(remarks(), "");
}
END_TEST

START_TEST(lines_that_replace_or_take_away_what_is_above_are_remarked)
{
    char content[PATH_MAX * 2], expected[PATH_MAX * 8];
    config_write_file("b.conf", "user alice on\nuser bob on\nlisten /tmp/b.sock /tmp/c.sock\n");
    const char *b = config_path("b.conf");
    snprintf(content, sizeof content,
             "include %s\nuser alice reset off\nuser -bob\nuser -carol\nlisten +/tmp/b.sock\nlisten -/tmp/c.sock\n"
             "listen -/tmp/d.sock\nuser eve reset on\nlisten +/tmp/e.sock\nsave \"\"\n",
             b);
    const char *path = config_write_file("a.conf", content);
    config_expect_loaded(CONFIG_LOAD(path));
    snprintf(expected, sizeof expected,
             "%s:2: user 'alice' replaces the one at %s:1, which has no effect\n"
             "%s:3: user '-bob' takes away the one at %s:2, which has no effect\n"
             "%s:4: user '-carol' takes away nobody: no line above declares such a user\n"
             "%s:5: listen '+/tmp/b.sock' replaces the entry at %s:3, which has no effect\n"
             "%s:6: listen '-/tmp/c.sock' takes away the entry at %s:3, which has no effect\n"
             "%s:7: listen '-/tmp/d.sock' takes away nothing: no line above has this path\n",
             path, b, path, b, path, path, b, path, b, path);
    ck_assert_str_eq(remarks(), expected);
    config_write_file("a.conf", "user alice on\nlisten /tmp/b.sock\nsave \"\"\n");
    config_expect_loaded(CONFIG_LOAD(path, "--user", "-alice", "--listen", "+/tmp/b.sock mode=0600"));
    ck_assert_str_eq(remarks(), ""); /* the command line is there for that */
}
END_TEST

START_TEST(value_that_stands_at_the_end_is_the_one_remarked)
{
    const char *path = config_write_file("a.conf", "min-replicas-to-write 2\nshutdown-on-sigterm save\n");
    config_expect_loaded(CONFIG_LOAD(path, "--min-replicas-to-write", "0", "--shutdown-on-sigterm", "save now"));
    const char *lines = remarks();
    ck_assert_msg(!strstr(lines, "min-replicas"), "%s", lines);
    ck_assert_msg(strstr(lines, "command line: shutdown-on-sigterm is 'save now', but"), "%s", lines);
}
END_TEST

START_TEST(remarks_beyond_the_most_are_counted)
{
    char last[64];
    config_expect_loaded(CONFIG_LOAD("--hz", "10"));
    for (int i = 1; i <= FINDINGS_MAX + 7; i++)
        config_remark(&test_config, "a.conf:1", "number %d", i);
    snprintf(last, sizeof last, "a.conf:1: number %d\nand 7 more remarks\n", FINDINGS_MAX);
    const char *lines = remarks();
    ck_assert_int_eq(strncmp(lines, "a.conf:1: number 1\n", 19), 0);
    ck_assert_str_eq(lines + strlen(lines) - strlen(last), last);
}
END_TEST

Suite *suite_config_remarks(void);
Suite *suite_config_remarks(void)
{
    Suite *suite = suite_create("config_remarks");
    TCase *tcase = tcase_create("config_remarks");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, promises_that_nothing_keeps_are_remarked_with_place_and_value);
    tcase_add_test(tcase, defaults_and_tuning_are_not_remarked);
    tcase_add_test(tcase, lines_that_replace_or_take_away_what_is_above_are_remarked);
    tcase_add_test(tcase, value_that_stands_at_the_end_is_the_one_remarked);
    tcase_add_test(tcase, remarks_beyond_the_most_are_counted);
    suite_add_tcase(suite, tcase);
    return suite;
}
