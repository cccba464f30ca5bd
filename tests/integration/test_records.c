/*
 * What the server keeps of clients' requests: it is bounded whatever they send, counted, and holds no secret.
 */
#include "kit/served.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

static redisContext *reader; /* through a socket that allows reading alone */

static void setup(void)
{
    served_begin(kit_start("--listen", "reader.sock access=read"));
    reader = kit_connect_to(scratch_path(server->folder, "reader.sock"));
}

static void teardown(void)
{
    redisFree(reader);
    served_end();
}

static char *repeated(char byte, size_t len)
{
    char *text = malloc(len + 1);
    ck_assert_ptr_nonnull(text);
    memset(text, byte, len);
    text[len] = '\0';
    return text;
}

/* ---- how much ---- */

START_TEST(names_have_a_limit)
{
    char *longest = repeated('n', 1024), *longer = repeated('n', 1025), expected[1200];
    snprintf(expected, sizeof expected, "$%s", longest);
    kit_expect(reader, "+OK", "CLIENT", "SETNAME", longest);
    kit_expect(reader, expected, "CLIENT", "GETNAME");
    kit_expect(reader, "-ERR Client names cannot be longer than 1024 bytes.", "CLIENT", "SETNAME", longer);
    kit_expect(reader, "-ERR Client names cannot be longer than 1024 bytes.", "HELLO", "2", "SETNAME", longer);
    kit_expect(reader, "-ERR lib-name cannot be longer than 1024 bytes.", "CLIENT", "SETINFO", "lib-name", longer);
    kit_expect(reader, "-ERR LIB-VER cannot be longer than 1024 bytes.", "CLIENT", "SETINFO", "LIB-VER", longer);
    kit_expect(reader, expected, "CLIENT", "GETNAME");
    kit_expect(reader, "+OK", "CLIENT", "SETINFO", "LIB-NAME", longest);
    free(longest);
    free(longer);
}
END_TEST

static char *newest_refusal(void)
{
    redisReply *log = kit_command(c, "ACL", "LOG", "1");
    char *text = kit_reply_text(log);
    freeReplyObject(log);
    return text;
}

START_TEST(long_names_hide_nothing_from_the_acl_log)
{
    char *longest = repeated('n', 1024);
    kit_expect(reader, "+OK", "CLIENT", "SETNAME", longest);
    kit_expect(reader, "+OK", "CLIENT", "SETINFO", "LIB-NAME", longest);
    kit_expect(reader, "+OK", "CLIENT", "SETINFO", "LIB-VER", longest);
    kit_expect(reader, "-NOPERM...", "SET", "k", "v");
    char *refusal = newest_refusal(), wanted[300];
    snprintf(wanted, sizeof wanted, " name=%.128s... age=", longest);
    ck_assert_ptr_nonnull(strstr(refusal, wanted));
    snprintf(wanted, sizeof wanted, " pid=%d uid=%u gid=%u access=read socket=", (int)getpid(), (unsigned)getuid(),
             (unsigned)getgid());
    ck_assert_ptr_nonnull(strstr(refusal, wanted));
    ck_assert_uint_lt(strlen(refusal), 2000);
    free(refusal);
    free(longest);
}
END_TEST

/* forty refusals that differ, each as large as a request may reasonably be */
START_TEST(refusals_of_large_requests_leave_little_behind)
{
    char *large = repeated('k', 4 * MIB);
    long long before = kit_info(c, "used_memory");
    kit_expect(c, "+OK", "ACL", "SETUSER", "confined", "on", "nopass", "~mine", "+@all");
    kit_expect(reader, "+OK", "AUTH", "confined", "x");
    for (int i = 0; i < 40; i++) {
        large[0] = (char)('A' + i);
        kit_expect(reader, "-WRONGPASS...", "AUTH", large, large);
        kit_expect(reader, "-NOPERM...", "GET", large);
        kit_expect(reader, "-NOPERM...", "SET", large, large);
    }
    redisFree(reader);
    reader = kit_connect_to(scratch_path(server->folder, "reader.sock"));
    long long records = kit_info(c, "kvs_mem_records");
    ck_assert_int_gt(records, 80 * 960);
    ck_assert_int_le(records, 81 * 4352);
    ck_assert_int_ge(kit_info(c, "used_memory_overhead"), records);
    if (!scratch_is_sanitized())
        ck_assert_int_lt(kit_info(c, "used_memory"), before + 4 * MIB);
    free(large);
}
END_TEST

START_TEST(a_log_without_limit_grows_by_bounded_entries)
{
    char name[1100], *rest = repeated('u', 1000);
    kit_expect(c, "+OK", "CONFIG", "SET", "acllog-max-len", "2147483648", "slowlog-max-len", "2147483648",
               "slowlog-log-slower-than", "0");
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "%d%s", i, rest);
        kit_expect(reader, "-WRONGPASS...", "AUTH", name, "x");
    }
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "-1");
    ck_assert_int_le(kit_info(c, "kvs_mem_records"), 1001 * (4352 + 8704));
    kit_expect(c, "+OK", "ACL", "LOG", "RESET");
    kit_expect(c, "+OK", "SLOWLOG", "RESET");
    kit_expect(c, "$0", "ECHO", "0");
    ck_assert_int_eq(kit_info(c, "kvs_mem_records"), 0);
    free(rest);
}
END_TEST

START_TEST(the_slow_log_keeps_a_short_name)
{
    char *longest = repeated('n', 1024), wanted[300];
    kit_expect(c, "+OK", "CLIENT", "SETNAME", longest);
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "0");
    kit_expect(c, "+PONG", "PING");
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "-1");
    redisReply *log = kit_command(c, "SLOWLOG", "GET", "1");
    snprintf(wanted, sizeof wanted, "%.128s... (896 more bytes)", longest);
    ck_assert_str_eq(log->element[0]->element[5]->str, wanted);
    freeReplyObject(log);
    free(longest);
}
END_TEST

/* ---- the log ---- */

/* How many lines of the log hold the text; what is said to have been left out counts in *more_out. */
static unsigned count_lines(const char *log, const char *text, const char *what, unsigned *more_out)
{
    unsigned count = 0, more, seconds;
    char format[128];
    for (const char *at = log; (at = strstr(at, text)); at++)
        count++;
    *more_out = 0;
    snprintf(format, sizeof format, "... and %%u more in the last %%u s: %s%%n", what);
    for (const char *at = log; (at = strstr(at, "... and ")); at++) {
        int end = 0;
        if (sscanf(at, format, &more, &seconds, &end) == 2 && end > 0)
            *more_out += more;
    }
    return count;
}

static void expect_flood(const char *log, const char *text, const char *what, unsigned times)
{
    unsigned more, lines = count_lines(log, text, what, &more);
    ck_assert_msg(lines + more == times, "%s: %u lines and %u more", what, lines, more);
    ck_assert_uint_ge(more, 1);
    ck_assert_uint_le(lines, times / 2);
}

/* One line a connection, as fast as they can be made. */
START_TEST(what_a_stranger_has_logged_is_limited_and_counted)
{
    unsigned rounds = scratch_rounds(500);
    kit_expect(c, "+OK", "CONFIG", "SET", "loglevel", "verbose");
    for (unsigned i = 0; i < rounds; i++) {
        int browser = kit_raw_connect(server), stammerer = kit_raw_connect(server);
        kit_raw_text(browser, "POST / HTTP/1.1\r\n");
        kit_raw_text(stammerer, "*1\r\n@\r\n");
        kit_raw_expect_end(browser);
        kit_raw_expect(stammerer, "-ERR Protocol error: expected '$', got '@'\r\n");
        kit_raw_expect_end(stammerer);
        close(browser);
        close(stammerer);
    }
    kit_signal(server, SIGTERM); /* at its end the server says what it has left out so far */
    kit_await_log(server, "bye");
    char *log = kit_read_log(server);
    expect_flood(log, "possible cross-protocol attack", "HTTP requests", rounds);
    expect_flood(log, "protocol error from client", "protocol errors", rounds);
    free(log);
    kit_wait(server);
    kit_start_again(server);
}
END_TEST

/* ---- secrets ---- */

START_TEST(no_record_holds_a_secret_however_it_is_wrapped)
{
    static const char *const requests[][12] = {
        {"AUTH", "hunter2", "hunter2"},
        {"HELLO", "2", "AUTH", "default", "hunter2", "SETNAME", "me"},
        {"CONFIG", "SET", "masterauth", "hunter2"},
        {"CONFIG", "SET", "masterauth", "two", "hunter2"},
        {"CONFIG", "SET", "user", "alice on >hunter2"},
        {"CONFIG", "SET", "user", "alice", "on", ">hunter2"},
        {"ACL", "SETUSER", "alice", ">hunter2"},
        {"ACL", "DRYRUN", "default", "AUTH", "hunter2"},
        {"ACL", "DRYRUN", "default", "AUHT", "hunter2"},
        {"COMMAND", "GETKEYS", "AUTH", "hunter2"},
        {"COMMAND", "GETKEYSANDFLAGS", "ACL", "DRYRUN", "x", "AUTH", "hunter2"},
        {"DEBUG", "INSIDE", "ACL", "SETUSER", "alice", ">hunter2"},
        {"DEBUG", "INSIDE", "DEBUG", "INSIDE", "CONFIG", "SET", "requirepass", "hunter2", "requirepass", "hunter2"},
    };
    int watcher = kit_raw_connect(server);
    kit_raw_text(watcher, "MONITOR\r\n");
    kit_raw_expect(watcher, "+OK\r\n");
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "1000", "loglevel",
               "debug");
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        freeReplyObject(kit_command_args(c, requests[i]));
        freeReplyObject(kit_command_args(reader, requests[i]));
    }
    kit_expect(c, "$the last", "ECHO", "the last");
    redisReply *slow = kit_command(c, "SLOWLOG", "GET", "-1"), *refused = kit_command(c, "ACL", "LOG", "1000");
    char *slow_text = kit_reply_text(slow), *log = kit_read_log(server), line[512];
    ck_assert_ptr_nonnull(strstr(slow_text, "[$COMMAND $GETKEYS $AUTH $(redacted)]"));
    ck_assert_ptr_nonnull(strstr(slow_text, "[$ACL $DRYRUN $default $AUTH $(redacted)]"));
    ck_assert_ptr_null(strstr(slow_text, "hunter2"));
    for (size_t i = 0; i < refused->elements; i++) { /* the name with which somebody tried to log in is no secret */
        char *entry = kit_reply_text(refused->element[i]);
        ck_assert_msg(!strstr(entry, "hunter2") || strstr(entry, "$username $hunter2 "), "%s", entry);
        free(entry);
    }
    ck_assert_ptr_null(strstr(log, "hunter2"));
    unsigned seen = 0;
    do {
        ck_assert_uint_gt(kit_raw_receive_line(watcher, line, sizeof line), 0);
        ck_assert_ptr_null(strstr(line, "hunter2"));
        seen += strstr(line, "(redacted)") != NULL;
    } while (!strstr(line, "the last"));
    ck_assert_uint_eq(seen, 2 * 4); /* MONITOR shows no command of administrators */
    free(slow_text);
    free(log);
    freeReplyObject(slow);
    freeReplyObject(refused);
    close(watcher);
}
END_TEST

Suite *suite_records(void);
Suite *suite_records(void)
{
    Suite *suite = suite_create("records");
    TCase *tcase = kit_tcase("records");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, names_have_a_limit);
    tcase_add_test(tcase, long_names_hide_nothing_from_the_acl_log);
    tcase_add_test(tcase, refusals_of_large_requests_leave_little_behind);
    tcase_add_test(tcase, a_log_without_limit_grows_by_bounded_entries);
    tcase_add_test(tcase, the_slow_log_keeps_a_short_name);
    tcase_add_test(tcase, what_a_stranger_has_logged_is_limited_and_counted);
    tcase_add_test(tcase, no_record_holds_a_secret_however_it_is_wrapped);
    suite_add_tcase(suite, tcase);
    return suite;
}
