/* Snapshots that fail: the old file stays, the log says why, writes are refused as in Redis, and all goes on afterwards. */
#include "kit/served.h"
#include "kit/suites.h"
#include "kit/users.h"

#include <dirent.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MISCONF "-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk..."
#define VALUE_LEN 100000

/* With a save point that is never reached, so that writes are refused after a failure. */
static void set_up(void)
{
    served_begin(kit_start("--save", "3600 1000000", "--enable-protected-configs", "yes", "--rdbcompression", "no"));
}

/* dir becomes a folder that is removed then. */
static void lose_folder(redisContext *context)
{
    char *path = strdup(scratch_path(server->folder, "lost"));
    ck_assert_int_eq(mkdir(path, 0700), 0);
    kit_expect(context, "+OK", "CONFIG", "SET", "dir", path);
    ck_assert_int_eq(rmdir(path), 0);
    free(path);
}

static void set_long_value(const char *key)
{
    char *value = calloc(1, VALUE_LEN + 1);
    memset(value, 'v', VALUE_LEN);
    kit_expect(c, "+OK", "SET", key, value);
    free(value);
}

static unsigned count_temporary(const char *path)
{
    unsigned count = 0;
    DIR *folder = opendir(path);
    ck_assert_ptr_nonnull(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += strncmp(entry->d_name, "temp-", 5) == 0;
    closedir(folder);
    return count;
}

static void expect_status(const char *expected)
{
    char *status = kit_info_text(c, "rdb_last_bgsave_status");
    ck_assert_str_eq(status, expected);
    free(status);
}

static void expect_writes_refused(void)
{
    expect_status("err");
    kit_expect(c, MISCONF, "SET", "a", "2");
    kit_expect(c, MISCONF, "PING");
    kit_expect(c, "$1", "GET", "a");
}

static void expect_writes_taken(void)
{
    expect_status("ok");
    kit_expect(c, "+OK", "SET", "a", "1");
    kit_expect(c, "+PONG", "PING");
}

/* ---- what is refused ---- */

START_TEST(after_a_failure_writes_are_refused_and_reads_are_not)
{
    kit_expect(c, "+OK", "SET", "a", "1");
    lose_folder(c);
    kit_expect(c, "-ERR", "SAVE");
    kit_await_log(server, "the snapshot has failed: can't open the working directory: No such file or directory; set "
                          "dir to one that is there");
    expect_writes_refused();
    kit_expect(c, "-ERR", "BGSAVE");
    ck_assert_int_eq(kit_info(c, "rdb_saves"), 0);
    kit_expect(c, "+OK", "CONFIG", "SET", "dir", server->folder);
    expect_writes_refused(); /* until one succeeds */
    kit_expect(c, "+OK", "SAVE");
    expect_writes_taken();
}
END_TEST

START_TEST(transactions_that_write_are_refused)
{
    kit_expect(c, "+OK", "SET", "a", "1");
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "SET", "a", "2");
    redisContext *other = kit_connect(server);
    lose_folder(other);
    kit_expect(other, "-ERR", "SAVE");
    kit_expect(c, "-EXECABORT Transaction discarded because of: MISCONF Redis is configured to save RDB snapshots...",
               "EXEC");
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, MISCONF, "SET", "a", "2");
    kit_expect(c, "-EXECABORT Transaction discarded because of previous errors.", "EXEC");
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "GET", "a");
    kit_expect(c, "+QUEUED", "PUBLISH", "channel", "message");
    kit_expect(c, "+QUEUED", "EVAL", "return redis.call('set', 'a', '2')", "1", "a");
    kit_expect(c, "[$1 :0 " MISCONF, "EXEC");
    kit_expect(c, "$1", "GET", "a");
    kit_expect(c, "+OK", "CONFIG", "SET", "dir", server->folder);
    redisFree(other);
}
END_TEST

START_TEST(scripts_that_write_are_refused)
{
    kit_expect(c, "+OK", "SET", "a", "1");
    kit_expect(c, "$L", "FUNCTION", "LOAD",
               "#!lua name=L\nredis.register_function('writes', function() return redis.call('set', 'a', '2') end)\n"
               "redis.register_function{function_name = 'reads', flags = {'no-writes'},\n"
               "callback = function() return redis.call('get', 'a') end}");
    lose_folder(c);
    kit_expect(c, "-ERR", "SAVE");
    kit_expect(c, MISCONF, "EVAL", "return redis.call('set', 'a', '2')", "1", "a");
    kit_expect(c, "$MISCONF...", "EVAL", "return redis.pcall('set', 'a', '2').err", "1", "a");
    kit_expect(c, "$1", "EVAL", "return redis.call('get', 'a')", "1", "a");
    kit_expect(c, "+PONG", "EVAL", "return redis.call('ping')", "0");
    kit_expect(c, MISCONF, "EVAL", "#!lua\nreturn redis.call('get', 'a')", "1", "a"); /* it says that it may write */
    kit_expect(c, "$1", "EVAL", "#!lua flags=no-writes\nreturn redis.call('get', 'a')", "1", "a");
    kit_expect(c, MISCONF, "FCALL", "writes", "0");
    kit_expect(c, "$1", "FCALL", "reads", "0");
    kit_expect(c, "$1", "GET", "a");
    kit_expect(c, "+OK", "CONFIG", "SET", "dir", server->folder);
}
END_TEST

START_TEST(writes_are_taken_where_nobody_minds)
{
    kit_expect(c, "+OK", "SET", "a", "1");
    lose_folder(c);
    kit_expect(c, "-ERR", "SAVE");
    expect_writes_refused();
    kit_expect(c, "+OK", "CONFIG", "SET", "stop-writes-on-bgsave-error", "no");
    kit_expect(c, "+OK", "SET", "a", "1");
    kit_expect(c, "+OK", "CONFIG", "SET", "stop-writes-on-bgsave-error", "yes");
    expect_writes_refused();
    kit_expect(c, "+OK", "CONFIG", "SET", "save", "");
    kit_expect(c, "+OK", "SET", "a", "1");
    kit_expect(c, "+PONG", "PING");
    kit_expect(c, "+OK", "CONFIG", "SET", "dir", server->folder);
}
END_TEST

/* ---- why it fails ---- */

START_TEST(a_file_that_may_not_be_so_large_leaves_the_old_one)
{
    struct rlimit small = {.rlim_cur = VALUE_LEN / 2, .rlim_max = RLIM_INFINITY}, before;
    struct stat old, now;
    char *path = strdup(scratch_path(server->folder, "dump.rdb"));
    kit_expect(c, "+OK", "SET", "a", "1");
    kit_expect(c, "+OK", "SAVE");
    ck_assert_int_eq(stat(path, &old), 0);
    set_long_value("b");
    ck_assert_int_eq(prlimit(server->pid, RLIMIT_FSIZE, &small, &before), 0);
    kit_expect(c, "-ERR", "SAVE");
    expect_writes_refused();
    ck_assert(stat(path, &now) == 0 && now.st_ino == old.st_ino && now.st_size == old.st_size);
    ck_assert_uint_eq(count_temporary(server->folder), 0);
    ck_assert_int_eq(prlimit(server->pid, RLIMIT_FSIZE, &before, NULL), 0);
    kit_await_log(server, "File too large; let the server write larger files");
    kit_expect(c, "+OK", "SAVE");
    expect_writes_taken();
    ck_assert(stat(path, &now) == 0 && now.st_size > VALUE_LEN);
    free(path);
}
END_TEST

/* A small file system that nobody else sees; false where none may be mounted. */
static bool mount_disk(const char *path)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("kvs-test", path, "tmpfs", 0, "size=64k") == 0;
}

START_TEST(a_full_disk_fails_it_until_there_is_room)
{
    char *path = scratch_create();
    if (!mount_disk(path)) {
        test_skip("no tmpfs can be mounted here");
        scratch_remove(path);
        return;
    }
    set_up();
    kit_expect(c, "+OK", "SET", "a", "1");
    kit_expect(c, "+OK", "CONFIG", "SET", "dir", path);
    kit_expect(c, "+OK", "SAVE");
    set_long_value("b");
    kit_expect(c, "-ERR", "SAVE");
    kit_await_log(server, "No space left on device; make room on that file system, or set dir to a folder on another");
    expect_writes_refused();
    ck_assert_uint_eq(count_temporary(path), 0);
    char *told;
    ck_assert_int_eq(kit_run(&told, "--check-rdb", scratch_path(path, "dump.rdb")), 0);
    free(told);
    ck_assert_int_eq(mount("kvs-test", path, "tmpfs", MS_REMOUNT, "size=1m"), 0);
    kit_expect(c, "+OK", "SAVE");
    expect_writes_taken();
    kit_expect(c, "+OK", "CONFIG", "SET", "dir", server->folder);
    served_end();
    ck_assert_int_eq(umount(path), 0);
    scratch_remove(path);
}
END_TEST

START_TEST(a_folder_in_the_place_of_the_file_fails_it)
{
    kit_expect(c, "+OK", "SET", "a", "1");
    ck_assert_int_eq(mkdir(scratch_path(server->folder, "dump.rdb"), 0700), 0);
    kit_expect(c, "-ERR", "SAVE");
    kit_await_log(server, "the snapshot has failed: can't rename ");
    expect_writes_refused();
    ck_assert_uint_eq(count_temporary(server->folder), 0);
    kit_expect(c, "+OK", "CONFIG", "SET", "dbfilename", "other.rdb");
    kit_expect(c, "+OK", "SAVE");
    expect_writes_taken();
    ck_assert_int_eq(access(scratch_path(server->folder, "other.rdb"), F_OK), 0);
}
END_TEST

static bool has_failed(void *context)
{
    char *status = kit_info_text(context, "rdb_last_bgsave_status");
    bool failed = strcmp(status, "err") == 0;
    free(status);
    return failed;
}

/* As an ordinary user, whom the mode of a folder holds back. */
START_TEST(a_folder_without_the_right_to_write_fails_it)
{
    if (!test_is_root())
        return;
    const struct passwd *nobody = getpwnam("nobody");
    char *folder = scratch_create(), *data = strdup(scratch_path(folder, "data")),
         *run = strdup(scratch_path(folder, "run")), *path = strdup(scratch_path(run, "s"));
    users_admit_all(folder);
    ck_assert(nobody && mkdir(data, 0755) == 0 && mkdir(run, 0755) == 0);
    ck_assert(chmod(data, 0755) == 0 && chown(run, nobody->pw_uid, nobody->pw_gid) == 0);
    served_begin(kit_start("--user", "nobody", "-s", path, "--dir", data, "--save", "1 1"));
    kit_expect(c, "+OK", "SET", "a", "1");
    kit_await(has_failed, c, "the snapshot that fails");
    kit_await_log(server, "Permission denied; give the account that kvs-server runs as the right to write");
    expect_writes_refused();
    ck_assert_int_eq(chmod(data, 0777), 0);
    kit_expect(c, "+OK", "SAVE");
    expect_writes_taken();
    served_end();
    ck_assert_int_eq(access(scratch_path(data, "dump.rdb"), F_OK), 0);
    scratch_remove(folder);
    free(data);
    free(run);
    free(path);
}
END_TEST

Suite *suite_saving_fails(void);
Suite *suite_saving_fails(void)
{
    Suite *suite = suite_create("saving_fails");
    TCase *tcase = kit_tcase("saving_fails"), *own = kit_tcase("own server");
    tcase_add_checked_fixture(tcase, set_up, served_end);
    tcase_add_test(tcase, after_a_failure_writes_are_refused_and_reads_are_not);
    tcase_add_test(tcase, transactions_that_write_are_refused);
    tcase_add_test(tcase, scripts_that_write_are_refused);
    tcase_add_test(tcase, writes_are_taken_where_nobody_minds);
    tcase_add_test(tcase, a_file_that_may_not_be_so_large_leaves_the_old_one);
    tcase_add_test(own, a_full_disk_fails_it_until_there_is_room);
    tcase_add_test(tcase, a_folder_in_the_place_of_the_file_fails_it);
    tcase_add_test(own, a_folder_without_the_right_to_write_fails_it);
    suite_add_tcase(suite, tcase);
    suite_add_tcase(suite, own);
    return suite;
}
