/* Snapshots on demand and by themselves: SAVE, BGSAVE, LASTSAVE and the directive save; what is in the file, and INFO. */
#include "kit/served.h"
#include "kit/suites.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY "-ERR Background save already in progress"

static const char *dump(void)
{
    return scratch_path(server->folder, "dump.rdb");
}

/* What --check-rdb tells of a good file; to be free()d. */
static char *check(const char *path)
{
    char *told;
    ck_assert_msg(kit_run(&told, "--check-rdb", path) == 0, "%s", told);
    return told;
}

static void expect_in_file(const char *path, const char *words)
{
    char *told = check(path);
    ck_assert_msg(strstr(told, words), "'%s' isn't in: %s", words, told);
    free(told);
}

static bool rests(void *context)
{
    return kit_info(context, "rdb_bgsave_in_progress") == 0;
}

static void await_end(void)
{
    kit_await(rests, c, "the end of the snapshot");
}

static void expect_field(const redisReply *info, const char *line)
{
    ck_assert_int_eq(info->type, REDIS_REPLY_STRING);
    ck_assert_msg(strstr(info->str, line), "%s isn't in: %s", line, info->str);
}

/* ---- what a file has ---- */

START_TEST(save_answers_when_all_keys_are_in_the_file)
{
    kit_expect(c, "+OK", "SET", "a", "1");
    kit_expect(c, "+OK", "SETEX", "b", "1000", "2");
    kit_expect(c, "+OK", "SELECT", "3");
    kit_expect(c, ":2", "RPUSH", "l", "x", "y");
    kit_expect(c, "+OK", "SAVE");
    expect_in_file(dump(), "database 0: 2 keys, 1 with a time to live");
    expect_in_file(dump(), "database 3: 1 key\ntypes: string 2, list 1\n");
    expect_in_file(dump(), "is good: 3 keys in ");
    kit_expect(c, "+OK", "FLUSHALL");
    kit_expect(c, "+OK", "SAVE");
    expect_in_file(dump(), "is good: 0 keys in ");
}
END_TEST

START_TEST(functions_are_in_the_file)
{
    kit_expect(c, "$L", "FUNCTION", "LOAD", "#!lua name=L\nredis.register_function('f', function() return 1 end)");
    ck_assert_int_eq(kit_info(c, "rdb_changes_since_last_save"), 1);
    kit_expect(c, "+OK", "SAVE");
    expect_in_file(dump(), "functions: 1 library\n");
    ck_assert_int_eq(kit_info(c, "rdb_changes_since_last_save"), 0);
}
END_TEST

START_TEST(a_new_file_takes_the_place_of_the_old_one_as_a_whole)
{
    kit_expect(c, "+OK", "SET", "a", "1");
    kit_expect(c, "+OK", "SAVE");
    char *path = strdup(dump()), magic[6] = "";
    int old = open(path, O_RDONLY | O_CLOEXEC);
    struct stat before, after;
    ck_assert(old >= 0 && fstat(old, &before) == 0);
    kit_expect(c, "+OK", "SET", "a", "2");
    kit_expect(c, "+OK", "SAVE");
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert(before.st_ino != after.st_ino);
    ck_assert(fstat(old, &before) == 0 && before.st_nlink == 0 && before.st_size > 0);
    ck_assert(read(old, magic, 5) == 5 && strcmp(magic, "REDIS") == 0);
    close(old);
    free(path);
}
END_TEST

START_TEST(its_mode_follows_the_umask)
{
    static const mode_t masks[] = {022, 027, 077};
    for (int i = 0; i < 3; i++) {
        mode_t before = umask(masks[i]);
        struct kit_server *other = kit_start();
        umask(before);
        redisContext *context = kit_connect(other);
        struct stat status;
        kit_expect(context, "+OK", "SAVE");
        ck_assert_int_eq(stat(scratch_path(other->folder, "dump.rdb"), &status), 0);
        ck_assert_int_eq(status.st_mode & 07777, 0644 & ~masks[i]);
        redisFree(context);
        kit_stop(other);
    }
}
END_TEST

/* The size of what is saved of a long value that repeats, with these arguments. */
static off_t size_saved(const char *directive, const char *value, const char *words)
{
    struct kit_server *other = kit_start(directive, value);
    redisContext *context = kit_connect(other);
    struct stat status;
    char *text = calloc(1, 10001);
    memset(text, 'a', 10000);
    kit_expect(context, "+OK", "SET", "a", text);
    kit_expect(context, "+OK", "SAVE");
    expect_in_file(scratch_path(other->folder, "dump.rdb"), words);
    ck_assert_int_eq(stat(scratch_path(other->folder, "dump.rdb"), &status), 0);
    free(text);
    redisFree(context);
    kit_stop(other);
    return status.st_size;
}

START_TEST(compression_and_checksum_are_there_unless_told)
{
    ck_assert_int_lt(size_saved("--rdbcompression", "yes", " bytes, the checksum is right"), 1000);
    ck_assert_int_gt(size_saved("--rdbcompression", "no", " bytes, the checksum is right"), 10000);
    ck_assert_int_lt(size_saved("--rdbchecksum", "no", " bytes, without a checksum"), 1000);
    ck_assert_int_lt(size_saved("--rdb-save-incremental-fsync", "no", " is good: 1 key "), 1000);
}
END_TEST

/* ---- BGSAVE ---- */

START_TEST(bgsave_answers_at_once_and_saves_what_was_there)
{
    long long began_s = kit_integer(c, "LASTSAVE");
    kit_expect(c, "+OK", "SET", "a", "1");
    kit_expect(c, "+Background saving started", "BGSAVE");
    await_end();
    expect_in_file(dump(), "is good: 1 key in ");
    ck_assert_int_eq(kit_info(c, "rdb_saves"), 1);
    ck_assert_int_ge(kit_integer(c, "LASTSAVE"), began_s);
    kit_expect(c, "+Background saving started", "BGSAVE", "schedule");
    await_end();
    ck_assert_int_eq(kit_info(c, "rdb_saves"), 2);
}
END_TEST

/* Some keys more, so that a snapshot takes longer than what is sent with the request for it. */
static void add_many(void)
{
    kit_expect(c, "+OK", "DEBUG", "POPULATE", "300000");
}

static void append_all(const char *const *requests, size_t count)
{
    for (size_t i = 0; i < count; i++)
        redisAppendCommand(c, requests[i]);
}
#define APPEND(...)                                                                                                    \
    append_all((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

START_TEST(one_is_made_at_a_time_and_info_tells_of_it)
{
    redisReply *info;
    kit_expect(c, "+OK", "MSET", "a", "1", "b", "2");
    add_many();
    info = kit_command(c, "INFO", "persistence");
    expect_field(info, "\r\nrdb_changes_since_last_save:2\r\nrdb_bgsave_in_progress:0\r\n");
    expect_field(info, "\r\nrdb_last_bgsave_time_sec:-1\r\nrdb_current_bgsave_time_sec:-1\r\nrdb_saves:0\r\n");
    freeReplyObject(info);
    APPEND("BGSAVE", "BGSAVE", "BGSAVE SCHEDULE", "SET c 3", "INFO persistence");
    kit_expect_next(c, "+Background saving started");
    kit_expect_next(c, BUSY);
    kit_expect_next(c, BUSY);
    kit_expect_next(c, "+OK");
    ck_assert_int_eq(redisGetReply(c, (void **)&info), REDIS_OK);
    expect_field(info, "\r\nrdb_changes_since_last_save:3\r\nrdb_bgsave_in_progress:1\r\n");
    expect_field(info, "\r\ncurrent_save_keys_total:300002\r\n");
    expect_field(info, "\r\nrdb_current_bgsave_time_sec:");
    freeReplyObject(info);
    await_end();
    info = kit_command(c, "INFO", "persistence");
    expect_field(info, "\r\nrdb_changes_since_last_save:1\r\n"); /* the one of c */
    expect_field(info, "\r\nrdb_last_bgsave_status:ok\r\nrdb_last_bgsave_time_sec:");
    freeReplyObject(info);
    expect_in_file(dump(), "is good: 300002 keys in ");
}
END_TEST

START_TEST(what_is_flushed_and_swapped_meanwhile_is_in_the_file)
{
    add_many();
    kit_expect(c, "+OK", "SELECT", "5");
    kit_expect(c, "+OK", "MSET", "a", "1", "b", "2");
    APPEND("BGSAVE", "SWAPDB 0 5", "SWAPDB 5 7", "SET d 4", "FLUSHALL", "SET e 5");
    kit_expect_next(c, "+Background saving started");
    for (int i = 0; i < 5; i++)
        kit_expect_next(c, "+OK");
    await_end();
    expect_in_file(dump(), "\ndatabase 0: 300000 keys\ndatabase 5: 2 keys\ntypes: string 300002\n");
    kit_expect(c, "+OK", "SAVE");
    expect_in_file(dump(), "\ndatabase 5: 1 key\ntypes: string 1\n");
}
END_TEST

static bool was_made(void *context)
{
    return kit_info(context, "rdb_saves") == 1;
}

/* In the middle of a transaction it would show half of it. */
START_TEST(in_a_transaction_it_is_begun_afterwards)
{
    APPEND("MULTI", "SET a 1", "BGSAVE", "BGSAVE SCHEDULE", "SET b 2", "EXEC");
    kit_expect_next(c, "+OK");
    for (int i = 0; i < 4; i++)
        kit_expect_next(c, "+QUEUED");
    kit_expect_next(c, "[+OK +Background saving scheduled +Background saving scheduled +OK]");
    kit_await(was_made, c, "the snapshot that is asked for");
    expect_in_file(dump(), "is good: 2 keys in ");
    ck_assert_int_eq(kit_info(c, "rdb_changes_since_last_save"), 0);
}
END_TEST

START_TEST(save_waits_for_no_other_one)
{
    int fd = kit_raw_connect(server);
    add_many();
    kit_raw_text(fd, "BGSAVE\r\nSAVE\r\n");
    kit_raw_expect(fd, "+Background saving started\r\n" BUSY "\r\n");
    await_end();
    kit_expect(c, "+OK", "SAVE");
    expect_in_file(dump(), "is good: 300000 keys in ");
    close(fd);
}
END_TEST

START_TEST(others_go_on_and_save_may_be_left)
{
    int leaver = kit_raw_connect(server);
    add_many();
    kit_raw_text(leaver, "SAVE\r\n");
    kit_raw_await_taken(leaver);
    kit_expect(c, "+OK", "SET", "a", "1");
    close(leaver);
    await_end();
    ck_assert_int_eq(kit_info(c, "rdb_saves"), 1); /* it was made nevertheless */
}
END_TEST

START_TEST(wrong_forms_are_refused)
{
    kit_expect(c, "-ERR wrong number of arguments for 'save' command", "SAVE", "now");
    kit_expect(c, "-ERR wrong number of arguments for 'lastsave' command", "LASTSAVE", "x");
    kit_expect(c, "-ERR syntax error", "BGSAVE", "now");
    kit_expect(c, "-ERR syntax error", "BGSAVE", "SCHEDULE", "SCHEDULE");
    kit_expect(c, "-ERR 'save' can't run inside another command here", "DEBUG", "INSIDE", "SAVE");
    kit_expect(c, "-ERR 'shutdown' can't run inside another command here", "DEBUG", "INSIDE", "SHUTDOWN", "SAVE");
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "-ERR Command not allowed inside a transaction", "SAVE");
    kit_expect(c, "-EXECABORT...", "EXEC");
    ck_assert_int_eq(kit_info(c, "rdb_saves"), 0);
    ck_assert_int_ne(access(dump(), F_OK), 0);
}
END_TEST

Suite *suite_saving(void);
Suite *suite_saving(void)
{
    Suite *suite = suite_create("saving");
    TCase *tcase = served_tcase("saving");
    tcase_add_test(tcase, save_answers_when_all_keys_are_in_the_file);
    tcase_add_test(tcase, functions_are_in_the_file);
    tcase_add_test(tcase, a_new_file_takes_the_place_of_the_old_one_as_a_whole);
    tcase_add_test(tcase, its_mode_follows_the_umask);
    tcase_add_test(tcase, compression_and_checksum_are_there_unless_told);
    tcase_add_test(tcase, bgsave_answers_at_once_and_saves_what_was_there);
    tcase_add_test(tcase, one_is_made_at_a_time_and_info_tells_of_it);
    tcase_add_test(tcase, what_is_flushed_and_swapped_meanwhile_is_in_the_file);
    tcase_add_test(tcase, in_a_transaction_it_is_begun_afterwards);
    tcase_add_test(tcase, save_waits_for_no_other_one);
    tcase_add_test(tcase, others_go_on_and_save_may_be_left);
    tcase_add_test(tcase, wrong_forms_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
