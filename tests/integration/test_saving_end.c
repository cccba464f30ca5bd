/* What is saved when a server ends: by SHUTDOWN and signals, with save points and without, in the middle of a snapshot. */
#include "kit/kit.h"
#include "kit/suites.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NEVER "3600 1000000" /* a save point that isn't reached */
#define MANY "200000"        /* keys: some tenths of a second to save */

static struct kit_server *server;
static int fd; /* a raw connection to it */

static void start(const char *save)
{
    server = kit_start("--save", save);
    fd = kit_raw_connect(server);
}

static void request(const char *line, const char *reply)
{
    char answer[256];
    kit_raw_text(fd, line);
    kit_raw_text(fd, "\r\n");
    kit_raw_receive_line(fd, answer, sizeof answer);
    ck_assert_msg(strncmp(answer, reply, strlen(reply)) == 0, "%s: %s", line, answer);
}

/* It ends with that status, and leaves a good file with so many keys, or so many (-1: none), and nothing unfinished. */
static void expect_end_with(int expected, int keys, int or_keys)
{
    int status = kit_wait(server);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == expected, "wait status %#x", (unsigned)status);
    const char *path = scratch_path(server->folder, "dump.rdb");
    if (keys < 0) {
        ck_assert_int_ne(access(path, F_OK), 0);
    } else {
        char *told;
        ck_assert_int_eq(kit_run(&told, "--check-rdb", path), 0);
        const char *good = strstr(told, "is good: ");
        ck_assert_msg(good && (atoi(good + 9) == keys || atoi(good + 9) == or_keys), "not %d keys: %s", keys, told);
        free(told);
    }
    DIR *folder = opendir(server->folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        ck_assert_msg(strncmp(entry->d_name, "temp-", 5) != 0, "%s was left", entry->d_name);
    closedir(folder);
    close(fd);
    kit_discard(server);
}

static void expect_end(int status, int keys)
{
    expect_end_with(status, keys, keys);
}

/* A file of more than these bytes can't be written; 0: again it can. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit = {.rlim_cur = bytes ? bytes : RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    ck_assert_int_eq(prlimit(server->pid, RLIMIT_FSIZE, &limit, NULL), 0);
}

START_TEST(shutdown_saves_where_it_is_asked_or_configured_to)
{
    static const struct {
        const char *save, *request;
        int keys;
    } cases[] = {
        {"", "SHUTDOWN", -1},           {"", "SHUTDOWN SAVE", 1},   {"", "SHUTDOWN SAVE NOW FORCE", 1},
        {"", "SHUTDOWN NOSAVE", -1},    {NEVER, "SHUTDOWN", 1},     {NEVER, "SHUTDOWN SAVE", 1},
        {NEVER, "SHUTDOWN NOSAVE", -1}, {NEVER, "SHUTDOWN NOW", 1}, {NEVER, "SHUTDOWN FORCE", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start(cases[i].save);
        request("SET a 1", "+OK");
        kit_raw_text(fd, cases[i].request);
        kit_raw_text(fd, "\r\n");
        kit_raw_expect_end(fd);
        expect_end(0, cases[i].keys);
    }
}
END_TEST

START_TEST(signals_save_where_save_points_are_configured)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGQUIT};
    for (int i = 0; i < 3; i++) {
        start(NEVER);
        request("SET a 1", "+OK");
        kit_signal(server, signals[i]);
        expect_end(0, 1);
        start("");
        request("SET a 1", "+OK");
        kit_signal(server, signals[i]);
        expect_end(0, -1);
    }
}
END_TEST

START_TEST(what_is_in_the_file_is_not_written_again)
{
    start(NEVER);
    request("SET a 1", "+OK");
    request("SAVE", "+OK");
    struct stat before, after;
    char *path = strdup(scratch_path(server->folder, "dump.rdb"));
    ck_assert_int_eq(stat(path, &before), 0);
    kit_signal(server, SIGTERM);
    kit_await_log(server, "kvs has ended");
    ck_assert(stat(path, &after) == 0 && before.st_ino == after.st_ino);
    free(path);
    expect_end(0, 1);
}
END_TEST

START_TEST(shutdown_is_refused_while_saving_fails)
{
    start(NEVER);
    request("SET a 1", "+OK");
    ck_assert_int_eq(mkdir(scratch_path(server->folder, "dump.rdb"), 0700), 0);
    request("SHUTDOWN", "-ERR Errors trying to SHUTDOWN. Check logs.");
    request("SHUTDOWN SAVE NOW", "-ERR Errors trying to SHUTDOWN. Check logs.");
    request("GET a", "$1");
    ck_assert_int_eq(rmdir(scratch_path(server->folder, "dump.rdb")), 0);
    kit_await_log(server, "SHUTDOWN refused: the data set couldn't be saved; use SHUTDOWN NOSAVE or FORCE");
    kit_signal(server, SIGTERM);
    expect_end(0, 1);
}
END_TEST

START_TEST(force_ends_it_without_a_file)
{
    start(NEVER);
    request("SET a 1", "+OK");
    limit_files(20);
    kit_raw_text(fd, "SHUTDOWN FORCE\r\n");
    kit_raw_expect_end(fd);
    expect_end(0, -1);
}
END_TEST

/* There is nobody to refuse it to. */
START_TEST(a_signal_ends_it_and_the_status_tells_of_the_failure)
{
    start(NEVER);
    request("SET a 1", "+OK");
    ck_assert_int_eq(mkdir(scratch_path(server->folder, "dump.rdb"), 0700), 0);
    kit_signal(server, SIGTERM);
    kit_await_log(server, "ending without having saved what has changed since the last snapshot");
    kit_await_log(server, "kvs has ended");
    ck_assert_int_eq(rmdir(scratch_path(server->folder, "dump.rdb")), 0);
    expect_end(1, -1);
}
END_TEST

/* ---- in the middle of a snapshot ---- */

START_TEST(without_saving_a_snapshot_under_way_is_given_up)
{
    for (int by_signal = 0; by_signal < 2; by_signal++) {
        start("");
        request("SET a 1", "+OK");
        request("SAVE", "+OK");
        request("DEBUG POPULATE " MANY, "+OK");
        kit_raw_text(fd, by_signal ? "BGSAVE\r\n" : "BGSAVE\r\nSHUTDOWN NOSAVE\r\n");
        kit_raw_expect(fd, "+Background saving started\r\n");
        if (by_signal)
            kit_signal(server, SIGTERM);
        expect_end_with(0, 1, atoi(MANY) + 1); /* the old one, unless the new one was made in time */
    }
}
END_TEST

START_TEST(saving_at_the_end_takes_the_place_of_a_snapshot_under_way)
{
    for (int by_signal = 0; by_signal < 2; by_signal++) {
        start(NEVER);
        request("DEBUG POPULATE " MANY, "+OK");
        kit_raw_text(fd, by_signal ? "BGSAVE\r\nSET a 1\r\n" : "BGSAVE\r\nSET a 1\r\nSHUTDOWN\r\n");
        kit_raw_expect(fd, "+Background saving started\r\n+OK\r\n");
        if (by_signal)
            kit_signal(server, SIGTERM);
        expect_end(0, atoi(MANY) + 1);
    }
}
END_TEST

START_TEST(shutdown_is_refused_where_saving_fails_after_a_snapshot_under_way)
{
    start(NEVER);
    request("DEBUG POPULATE " MANY, "+OK");
    kit_raw_text(fd, "SET a 1\r\nBGSAVE\r\n");
    kit_raw_expect(fd, "+OK\r\n+Background saving started\r\n");
    limit_files(20); /* the log, too, takes no more */
    request("SHUTDOWN", "-ERR Errors trying to SHUTDOWN. Check logs.");
    limit_files(0);
    kit_signal(server, SIGTERM);
    expect_end(0, atoi(MANY) + 1);
}
END_TEST

START_TEST(who_waits_for_save_is_told_when_shutdown_takes_its_place)
{
    start("");
    int other = kit_raw_connect(server);
    request("DEBUG POPULATE " MANY, "+OK");
    kit_raw_text(other, "SAVE\r\n");
    kit_raw_await_taken(other);
    kit_raw_text(fd, "SHUTDOWN SAVE\r\n");
    kit_raw_expect_end(fd);
    close(other);
    expect_end(0, atoi(MANY));
}
END_TEST

Suite *suite_saving_end(void);
Suite *suite_saving_end(void)
{
    Suite *suite = suite_create("saving_end");
    TCase *tcase = kit_tcase("saving_end");
    tcase_add_test(tcase, shutdown_saves_where_it_is_asked_or_configured_to);
    tcase_add_test(tcase, signals_save_where_save_points_are_configured);
    tcase_add_test(tcase, what_is_in_the_file_is_not_written_again);
    tcase_add_test(tcase, shutdown_is_refused_while_saving_fails);
    tcase_add_test(tcase, force_ends_it_without_a_file);
    tcase_add_test(tcase, a_signal_ends_it_and_the_status_tells_of_the_failure);
    tcase_add_test(tcase, without_saving_a_snapshot_under_way_is_given_up);
    tcase_add_test(tcase, saving_at_the_end_takes_the_place_of_a_snapshot_under_way);
    tcase_add_test(tcase, shutdown_is_refused_where_saving_fails_after_a_snapshot_under_way);
    tcase_add_test(tcase, who_waits_for_save_is_told_when_shutdown_takes_its_place);
    suite_add_tcase(suite, tcase);
    return suite;
}
