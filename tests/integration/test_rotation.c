/* Rotation of the log by logrotate, which sends no signal: Debian's own file for Redis, and other ways to do it. */
#include "kit/kit.h"
#include "kit/suites.h"
#include "kit/users.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct kit_server *server;
static char *folder, *log_path, *rotated;
static redisContext *c;

static bool has_logrotate(const char *test)
{
    bool there = system("PATH=$PATH:/usr/sbin logrotate --version >/dev/null 2>&1") == 0;
    if (!there)
        test_skip_as(test, "logrotate is not installed");
    return there;
}

/* A server that logs to a file in a folder of its own, as that account. */
static void start(const char *account)
{
    struct passwd *found = getpwnam(account);
    folder = scratch_create();
    log_path = strdup(scratch_path(folder, "kvs.log"));
    rotated = strdup(scratch_path(folder, "kvs.log.1"));
    if (geteuid() == 0) {
        ck_assert_ptr_nonnull(found);
        users_admit_all(folder);
        scratch_write(log_path, "");
        ck_assert(chmod(log_path, 0640) == 0 && chown(log_path, found->pw_uid, found->pw_gid) == 0);
        char *run = strdup(scratch_path(folder, "run")), *socket = strdup(scratch_path(folder, "run/kvs.sock"));
        ck_assert(mkdir(run, 0755) == 0 && chown(run, found->pw_uid, found->pw_gid) == 0);
        server = kit_start("--user", account, "-s", socket, "--dir", run, "--logfile", log_path);
        free(run);
        free(socket);
    } else {
        server = kit_start("--logfile", log_path);
    }
    c = kit_connect(server);
}

static void end(void)
{
    redisFree(c);
    kit_stop(server);
    free(log_path);
    free(rotated);
    scratch_remove(folder);
}

static void rotate(const char *lines)
{
    char command[1024], config[1024];
    snprintf(config, sizeof config, "%s\n%s {\n%s\n}\n", "create", log_path, lines);
    scratch_write(scratch_path(folder, "rotate.conf"), config);
    snprintf(command, sizeof command, "PATH=$PATH:/usr/sbin logrotate -f -s '%s/state' '%s/rotate.conf'", folder,
             folder);
    ck_assert_int_eq(system(command), 0);
}

static void say(const char *words)
{
    kit_expect(c, "+OK", "DEBUG", "LOG", words);
}

static void await(const char *path, const char *words)
{
    struct kit_server view = {.log = (char *)path}; /* for kit_await_log() */
    kit_await_log(&view, words);
}

static bool has(const char *path, const char *words)
{
    char *text = scratch_read(path);
    bool found = strstr(text, words);
    free(text);
    return found;
}

/* As Debian writes it for Redis, with a line for each file; `create` is said for all in its logrotate.conf. */
static const char debian[] = "weekly\nmissingok\nrotate 12\ncompress\nnotifempty\ndelaycompress";

START_TEST(debians_rotation_of_redis_is_followed_without_a_signal)
{
    if (!has_logrotate(__func__))
        return;
    start("daemon");
    for (int i = 0; i < 3; i++) {
        char words[16];
        struct stat before, after;
        ck_assert_int_eq(stat(log_path, &before), 0);
        snprintf(words, sizeof words, "round %d", i);
        say(words);
        rotate(debian);
        await(log_path, "log reopened");
        ck_assert(has(rotated, words) && !has(log_path, words));
        ck_assert_int_eq(stat(log_path, &after), 0);
        ck_assert(before.st_ino != after.st_ino && before.st_mode == after.st_mode && before.st_uid == after.st_uid);
    }
    char command[256]; /* what logrotate would have moved away is what the server had made in its way */
    snprintf(command, sizeof command, "ls '%s' | grep backup", folder);
    ck_assert_int_ne(system(command), 0);
    end();
}
END_TEST

START_TEST(a_rotation_that_makes_no_file_leaves_it_to_the_server)
{
    if (!has_logrotate(__func__))
        return;
    start("daemon");
    if (geteuid() == 0) { /* here it may */
        struct stat found;
        ck_assert_int_eq(stat(log_path, &found), 0);
        ck_assert_int_eq(chown(folder, found.st_uid, (gid_t)-1), 0);
    }
    say("before");
    rotate("rotate 3\nnocreate\nsu root root");
    await(log_path, "log reopened");
    say("after");
    ck_assert(has(rotated, "before") && has(log_path, "after"));
    end();
}
END_TEST

START_TEST(a_copied_and_truncated_log_goes_on)
{
    if (!has_logrotate(__func__))
        return;
    start("daemon");
    say("before");
    rotate("rotate 3\ncopytruncate");
    say("after");
    struct stat found;
    ck_assert(has(rotated, "before") && has(log_path, "after") && !has(log_path, "before"));
    ck_assert(stat(log_path, &found) == 0 && found.st_size < 200); /* nor is there a hole */
    end();
}
END_TEST

START_TEST(an_account_that_may_make_no_file_goes_on_until_it_is_given_one)
{
    struct stat found;
    if (!test_is_root())
        return;
    start("daemon");
    ck_assert(stat(log_path, &found) == 0 && rename(log_path, rotated) == 0);
    await(rotated, "can't be opened anew: Permission denied");
    say("in the old one");
    ck_assert(has(rotated, "in the old one") && access(log_path, F_OK) != 0);
    scratch_write(log_path, "");
    ck_assert(chmod(log_path, 0600) == 0 && chown(log_path, found.st_uid, found.st_gid) == 0);
    await(log_path, "log reopened");
    say("in the new one");
    ck_assert(has(log_path, "in the new one"));
    end();
}
END_TEST

Suite *suite_rotation(void);
Suite *suite_rotation(void)
{
    Suite *suite = suite_create("rotation");
    TCase *tcase = kit_tcase("rotation");
    tcase_add_test(tcase, debians_rotation_of_redis_is_followed_without_a_signal);
    tcase_add_test(tcase, a_rotation_that_makes_no_file_leaves_it_to_the_server);
    tcase_add_test(tcase, a_copied_and_truncated_log_goes_on);
    tcase_add_test(tcase, an_account_that_may_make_no_file_goes_on_until_it_is_given_one);
    suite_add_tcase(suite, tcase);
    return suite;
}
