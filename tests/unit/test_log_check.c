/* --check-aof: what is told of a log's files, and what --fix may change. */
#include "base/text.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "persist/disk.h"
#include "persist/log_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEL "*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n" /* 20 bytes */
#define MULTI "*1\r\n$5\r\nMULTI\r\n"
#define EXEC "*1\r\n$4\r\nEXEC\r\n"
#define BASE "a.1.base.rdb"
#define FIRST "a.1.incr.aof"
#define LAST "a.2.incr.aof"
#define MANIFEST                                                                                                       \
    "file " BASE " seq 1 type b\nfile gone seq 1 type h\nfile " FIRST " seq 1 type i\nfile " LAST " seq 2 type i\n"
#define BASE_GOOD BASE ": 18 bytes, 0 keys in RDB, 0 commands, 0 groups: good\n"
#define FIRST_GOOD FIRST ": 20 bytes, 1 command, 0 groups: good\n"

static struct log_check check;
static struct text told;
static char *path;
static bool answer;

static void tell(void *context, const char *line)
{
    (void)context;
    text_addf(&told, "%s\n", line);
}

static bool ask(void *context, const char *question)
{
    (void)context;
    text_addf(&told, "? %s\n", question);
    return answer;
}

static void write_file(const char *name, const char *content)
{
    scratch_write(scratch_path(path, name), content);
}

static void expect_content(const char *name, const char *expected)
{
    char *content = scratch_read(scratch_path(path, name));
    ck_assert_str_eq(content, expected);
    free(content);
}

/* RDB of nothing, without a checksum, and what stands behind it. */
static void write_rdb(const char *name, const char *behind)
{
    FILE *file = fopen(scratch_path(path, name), "we");
    ck_assert(file && fwrite("REDIS0010\xff\0\0\0\0\0\0\0\0", 1, 18, file) == 18);
    fputs(behind, file);
    fclose(file);
}

static void set_up(void)
{
    path = scratch_create();
    told = TEXT_EMPTY;
    check = (struct log_check){.tell = tell};
    write_file("a.manifest", MANIFEST);
    write_rdb(BASE, "");
    write_file(FIRST, DEL);
    write_file(LAST, DEL MULTI DEL EXEC);
}

static void tear_down(void)
{
    disk_fail_after(0, 0, 0);
    text_deinit(&told);
    scratch_remove(path);
}

static void expect_told(const char *name, bool good, const char *expected)
{
    text_clear(&told);
    ck_assert_int_eq(log_check_run(&check, *name ? scratch_path(path, name) : path), good);
    ck_assert_str_eq(told.data, expected);
}

START_TEST(a_good_log_is_found_by_folder_manifest_and_file)
{
    static const char expected[] = BASE_GOOD FIRST_GOOD LAST ": 69 bytes, 2 commands, 1 group: good\nthe log is good\n";
    write_file("temp-a.manifest", "unfinished");
    for (int i = 0; i < 2; i++) {
        check.mends = i > 0;
        expect_told("", true, expected);
        expect_told("a.manifest", true, expected);
        expect_told(FIRST, true, FIRST_GOOD "the log is good\n");
    }
    expect_content(LAST, DEL MULTI DEL EXEC);
}
END_TEST

START_TEST(a_tail_that_is_missing_is_told_and_cut_off_only_when_asked)
{
    write_file(LAST, DEL MULTI DEL "*1\r\n");
    static const char bad[] = BASE_GOOD FIRST_GOOD LAST
        ": 59 bytes, 1 command, 0 groups: bad at byte 20: it ends in the middle of a group (MULTI without EXEC)\n";
    char expected[1024];
    snprintf(expected, sizeof expected,
             "%s" LAST ": --fix would cut off its last 39 bytes, and leave 20\n"
             "the log is bad\n",
             bad);
    expect_told("", false, expected);
    expect_content(LAST, DEL MULTI DEL "*1\r\n");

    check.mends = true;
    check.ask = ask;
    snprintf(expected, sizeof expected,
             "%s" LAST ": its last 39 bytes go, 20 stay\n"
             "? Cut off the last 39 bytes of " LAST ", which leaves 20?\n" LAST
             ": nothing was changed\nthe log is bad\n",
             bad);
    expect_told("", false, expected);
    expect_content(LAST, DEL MULTI DEL "*1\r\n");

    check.ask = NULL;
    snprintf(expected, sizeof expected,
             "%s" LAST ": its last 39 bytes go, 20 stay\n" LAST ": mended\nthe log is good\n", bad);
    expect_told("", true, expected);
    expect_content(LAST, DEL);
}
END_TEST

START_TEST(consent_is_asked_for_and_followed)
{
    write_file(LAST, DEL "*");
    check.mends = answer = true;
    check.ask = ask;
    expect_told(LAST, true,
                LAST ": 21 bytes, 1 command, 0 groups: bad at byte 20: it ends in the middle of a command\n" LAST
                     ": its last 1 byte goes, 20 stay\n"
                     "? Cut off the last 1 byte of " LAST ", which leaves 20?\n" LAST ": mended\nthe log is good\n");
    expect_content(LAST, DEL);
    answer = false;
}
END_TEST

START_TEST(only_the_last_file_is_mended)
{
    check.mends = true;
    write_file(FIRST, DEL "*");
    write_file(LAST, DEL "x" DEL);
    expect_told("", false,
                BASE_GOOD FIRST
                ": 21 bytes, 1 command, 0 groups: bad at byte 20: it ends in the middle of a command\n" FIRST
                ": it can't be cut off, since other files come after it\n" LAST
                ": 41 bytes, 1 command, 0 groups: bad at byte 20: no command begins there\n" LAST
                ": it can't be cut off, since one before it is bad\nthe log is bad\n");
    expect_content(FIRST, DEL "*");
    expect_content(LAST, DEL "x" DEL);
}
END_TEST

START_TEST(commands_behind_rdb_are_checked_and_mended)
{
    check.mends = true;
    write_rdb("appendonly.aof", DEL "*");
    expect_told(
        "appendonly.aof", true,
        "appendonly.aof: 39 bytes, 0 keys in RDB, 1 command, 0 groups: bad at byte 38: it ends in the middle of "
        "a command\nappendonly.aof: its last 1 byte goes, 38 stay\nappendonly.aof: mended\nthe log is good\n");
    expect_told("appendonly.aof", true,
                "appendonly.aof: 38 bytes, 0 keys in RDB, 1 command, 0 groups: good\nthe log is good\n");
}
END_TEST

START_TEST(bad_rdb_is_told_and_never_cut_off)
{
    check.mends = true;
    write_file("appendonly.aof", "REDIS0010\x05");
    ck_assert(!log_check_run(&check, scratch_path(path, "appendonly.aof")));
    ck_assert(strstr(told.data, "appendonly.aof: 10 bytes, 0 keys in RDB: bad at offset "));
    expect_content("appendonly.aof", "REDIS0010\x05");
}
END_TEST

START_TEST(a_cut_that_fails_is_told)
{
    check.mends = true;
    write_file(LAST, DEL "*");
    for (unsigned failing = 1; failing <= 2; failing++) { /* ftruncate(), fsync() */
        disk_fail_after(failing, 1, EIO);
        ck_assert(!log_check_run(&check, scratch_path(path, LAST)));
        ck_assert(strstr(told.data, LAST ": can't be cut off: Input/output error\nthe log is bad\n"));
        text_clear(&told);
    }
}
END_TEST

START_TEST(what_is_not_there_or_no_log_is_told)
{
    unlink(scratch_path(path, FIRST));
    write_file(BASE, "no such");
    expect_told("", false,
                BASE ": 7 bytes: bad at byte 0: no RDB begins there\n" FIRST
                     ": can't be read: No such file or directory\n" LAST
                     ": 69 bytes, 2 commands, 1 group: good\nthe log is bad\n");
    write_file("a.manifest", "file\n");
    expect_told("", false,
                "a.manifest, line 1: 'file' has no value; a line is: file NAME seq NUMBER type b, h or i\n"
                "the log is bad\n");
    text_clear(&told);
    write_file("b.manifest", MANIFEST);
    ck_assert(!log_check_run(&check, path));
    ck_assert(strstr(told.data, ": several manifests are in it; name one of them\n"));
    unlink(scratch_path(path, "a.manifest"));
    unlink(scratch_path(path, "b.manifest"));
    text_clear(&told);
    ck_assert(!log_check_run(&check, path));
    ck_assert(strstr(told.data, ": no manifest is in it; name the folder that appenddirname says, or a file\n"));
    ck_assert_int_eq(mkfifo(scratch_path(path, "pipe"), 0600), 0);
    expect_told("pipe", false, "pipe: it is no regular file\nthe log is bad\n");
}
END_TEST

Suite *suite_log_check(void);
Suite *suite_log_check(void)
{
    Suite *suite = suite_create("log_check");
    TCase *tcase = tcase_create("log_check");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_good_log_is_found_by_folder_manifest_and_file);
    tcase_add_test(tcase, a_tail_that_is_missing_is_told_and_cut_off_only_when_asked);
    tcase_add_test(tcase, consent_is_asked_for_and_followed);
    tcase_add_test(tcase, only_the_last_file_is_mended);
    tcase_add_test(tcase, commands_behind_rdb_are_checked_and_mended);
    tcase_add_test(tcase, bad_rdb_is_told_and_never_cut_off);
    tcase_add_test(tcase, a_cut_that_fails_is_told);
    tcase_add_test(tcase, what_is_not_there_or_no_log_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
