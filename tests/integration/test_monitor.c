/* MONITOR: what monitors are told, and what they are not. */
#include "kit/served.h"

#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int monitor_connect(void)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "MONITOR\r\n");
    kit_raw_expect(fd, "+OK\r\n");
    return fd;
}

/* The next line is +SECONDS.MICROSECONDS [db unix:path] and then the command. */
static void expect_line(int fd, int db, const char *command)
{
    char line[4096], expected[4096];
    int used = 0;
    long seconds, microseconds;
    kit_raw_receive_line(fd, line, sizeof line);
    ck_assert_msg(sscanf(line, "+%10ld.%6ld %n", &seconds, &microseconds, &used) == 2, "%s", line);
    ck_assert_int_eq(used, 19);
    snprintf(expected, sizeof expected, "[%d unix:%s] %s", db, server->socket, command);
    ck_assert_str_eq(line + used, expected);
}

START_TEST(monitor_sees_commands_with_database_and_quoted_arguments)
{
    int fd = monitor_connect();
    kit_expect(c, "+OK", "SET", "foo", "say \"hi\"\r\n\x01\xff\\");
    kit_expect(c, "+OK", "SELECT", "5");
    kit_expect(c, "nil", "get", "foo");
    expect_line(fd, 0, "\"SET\" \"foo\" \"say \\\"hi\\\"\\r\\n\\x01\\xff\\\\\"");
    char line[256];
    kit_raw_receive_line(fd, line, sizeof line);
    ck_assert_msg(strstr(line, "\"SELECT\" \"5\"") != NULL, "%s", line);
    expect_line(fd, 5, "\"get\" \"foo\"");
    close(fd);
}
END_TEST

START_TEST(monitor_is_not_told_of_admin_commands_and_rejected_ones)
{
    int fd = monitor_connect();
    freeReplyObject(kit_command(c, "CONFIG", "GET", "hz"));
    freeReplyObject(kit_command(c, "CLIENT", "LIST"));
    kit_expect(c, "-ERR unknown command...", "NOSUCH");
    kit_expect(c, "-ERR wrong number of arguments...", "GET");
    kit_expect(c, "+PONG", "PING");
    expect_line(fd, 0, "\"PING\"");
    close(fd);
}
END_TEST

START_TEST(monitor_never_sees_passwords)
{
    int fd = monitor_connect();
    kit_expect(c, "-ERR AUTH <password>...", "AUTH", "secret");
    kit_expect(c, "-WRONGPASS...", "AUTH", "who", "secret");
    kit_expect(c, "-WRONGPASS...", "HELLO", "2", "AUTH", "who", "secret", "SETNAME", "me");
    expect_line(fd, 0, "\"AUTH\" \"(redacted)\"");
    expect_line(fd, 0, "\"AUTH\" \"(redacted)\" \"(redacted)\"");
    expect_line(fd, 0, "\"HELLO\" \"2\" \"AUTH\" \"(redacted)\" \"(redacted)\" \"SETNAME\" \"me\"");
    close(fd);
}
END_TEST

START_TEST(monitor_may_not_touch_keys_and_reset_ends_it)
{
    int fd = monitor_connect();
    kit_raw_text(fd, "GET k\r\nSET k v\r\n");
    kit_raw_expect(fd, "-ERR Replica can't interact with the keyspace\r\n"
                       "-ERR Replica can't interact with the keyspace\r\n");
    kit_raw_text(fd, "PING\r\n");
    kit_raw_expect(fd, "+PONG\r\n");
    expect_line(fd, 0, "\"PING\""); /* its own commands too */
    kit_raw_text(fd, "RESET\r\n");
    kit_raw_expect(fd, "+RESET\r\n");
    kit_expect(c, "+OK", "SET", "k", "v");
    char line[256];
    kit_raw_text(fd, "GET k\r\n");
    kit_raw_receive_line(fd, line, sizeof line);
    if (line[0] == '+') /* the line of RESET itself, or none: it was a monitor when it asked */
        kit_raw_receive_line(fd, line, sizeof line);
    ck_assert_str_eq(line, "$1");
    kit_raw_expect(fd, "v\r\n");
    close(fd);
}
END_TEST

START_TEST(monitors_of_all_workers_see_a_clients_commands_in_order)
{
    int fds[8];
    char command[64];
    for (int i = 0; i < 8; i++)
        fds[i] = monitor_connect();
    for (int i = 0; i < 500; i++)
        redisAppendCommand(c, "SET k %d", i);
    for (int i = 0; i < 500; i++) {
        void *reply;
        ck_assert_int_eq(redisGetReply(c, &reply), REDIS_OK);
        freeReplyObject(reply);
    }
    for (int j = 0; j < 8; j++) {
        for (int i = 0; i < 500; i++) {
            snprintf(command, sizeof command, "\"SET\" \"k\" \"%d\"", i);
            expect_line(fds[j], 0, command);
        }
        close(fds[j]);
    }
}
END_TEST

START_TEST(monitor_with_replies_off_is_told_nothing)
{
    int fd = monitor_connect();
    kit_raw_text(fd, "CLIENT REPLY OFF\r\n");
    kit_raw_text(fd, "SELECT 3\r\nCLIENT REPLY ON\r\n");
    char line[256];
    kit_raw_receive_line(fd, line, sizeof line);
    ck_assert_str_eq(line, "+OK");
    close(fd);
}
END_TEST

static void monitor_or_work(redisContext *context, unsigned index, void *data)
{
    atomic_bool *done = data;
    if (index > 0) {
        while (!atomic_load(done))
            kit_expect(context, "+OK", "SET", "k", "a value that is long enough to be worth sending around");
        return;
    }
    struct dice dice = dice_create(index);
    for (unsigned i = 0; i < scratch_rounds(400); i++) {
        int fd = kit_raw_connect(server);
        char bytes[64];
        kit_raw_text(fd, "MONITOR\r\n");
        kit_raw_receive(fd, bytes, dice_below(&dice, sizeof bytes) + 1);
        if (dice_chance(&dice, 30))
            kit_raw_text(fd, "RESET\r\nMONITOR\r\nQUIT\r\n");
        close(fd);
    }
    atomic_store(done, true);
}

START_TEST(monitors_that_come_and_go_under_load_are_survived)
{
    atomic_bool done = false;
    kit_parallel(server, 4, monitor_or_work, &done);
    kit_expect(c, "+PONG", "PING");
}
END_TEST

START_TEST(output_limit_closes_a_monitor_that_never_reads)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "client-output-buffer-limit", "normal 1mb 0 0");
    int fd = monitor_connect();
    char *value = malloc(100001);
    memset(value, 'v', 100000);
    value[100000] = '\0';
    for (int i = 0; i < 200 && kit_info(c, "client_output_buffer_limit_disconnections") == 0; i++)
        kit_expect(c, "+OK", "SET", "k", value);
    ck_assert_int_eq(kit_info(c, "client_output_buffer_limit_disconnections"), 1);
    free(value);
    close(fd);
}
END_TEST

Suite *suite_monitor(void);
Suite *suite_monitor(void)
{
    Suite *suite = suite_create("monitor");
    TCase *tcase = served_tcase("monitor");
    tcase_add_test(tcase, monitor_sees_commands_with_database_and_quoted_arguments);
    tcase_add_test(tcase, monitor_is_not_told_of_admin_commands_and_rejected_ones);
    tcase_add_test(tcase, monitor_never_sees_passwords);
    tcase_add_test(tcase, monitor_may_not_touch_keys_and_reset_ends_it);
    tcase_add_test(tcase, monitors_of_all_workers_see_a_clients_commands_in_order);
    tcase_add_test(tcase, monitor_with_replies_off_is_told_nothing);
    tcase_add_test(tcase, monitors_that_come_and_go_under_load_are_survived);
    tcase_add_test(tcase, output_limit_closes_a_monitor_that_never_reads);
    suite_add_tcase(suite, tcase);
    return suite;
}
