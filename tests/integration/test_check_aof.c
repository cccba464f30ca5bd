/* kvs-server --check-aof: its command line and status; what it tells of files is a unit test's (test_log_check.c). */
#include "kit/kit.h"

#include <stdlib.h>

#define DEL "*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n"

static char *folder;

static void set_up(void)
{
    folder = scratch_create();
}

static void tear_down(void)
{
    scratch_remove(folder);
}

#define expect_run(expected_status, expected, ...)                                                                     \
    do {                                                                                                               \
        char *output;                                                                                                  \
        ck_assert_int_eq(kit_run(&output, __VA_ARGS__), expected_status);                                              \
        ck_assert_str_eq(output, expected);                                                                            \
        free(output);                                                                                                  \
    } while (0)

START_TEST(a_log_is_checked_and_mended_without_a_terminal)
{
    const char *path = scratch_path(folder, "appendonly.aof");
    scratch_write(path, DEL "*2\r\n");
    expect_run(1,
               "appendonly.aof: 24 bytes, 1 command, 0 groups: bad at byte 20: it ends in the middle of a command\n"
               "appendonly.aof: --fix would cut off its last 4 bytes, and leave 20\nthe log is bad\n",
               "--check-aof", path);
    expect_run(0,
               "appendonly.aof: 24 bytes, 1 command, 0 groups: bad at byte 20: it ends in the middle of a command\n"
               "appendonly.aof: its last 4 bytes go, 20 stay\nappendonly.aof: mended\nthe log is good\n",
               "--check-aof", "--fix", path);
    expect_run(0, "appendonly.aof: 20 bytes, 1 command, 0 groups: good\nthe log is good\n", "--check-aof", path);
    scratch_write(scratch_path(folder, "appendonly.aof.manifest"), "file appendonly.aof seq 1 type b\n");
    expect_run(0, "appendonly.aof: 20 bytes, 1 command, 0 groups: good\nthe log is good\n", "--check-aof", folder);
}
END_TEST

START_TEST(arguments_that_make_no_sense_are_refused)
{
    static const char usage[] = "kvs-server: --check-aof wants a log's folder, its manifest or a file: "
                                "kvs-server --check-aof [--fix] FOLDER|FILE\n";
    expect_run(1, usage, "--check-aof");
    expect_run(1, usage, "--check-aof", "--fix");
    expect_run(1, usage, "--check-aof", "a", "b");
    expect_run(1, usage, "--check-aof", "--mend", "a");
}
END_TEST

Suite *suite_check_aof(void);
Suite *suite_check_aof(void)
{
    Suite *suite = suite_create("check_aof");
    TCase *tcase = kit_tcase("check_aof");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_log_is_checked_and_mended_without_a_terminal);
    tcase_add_test(tcase, arguments_that_make_no_sense_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
