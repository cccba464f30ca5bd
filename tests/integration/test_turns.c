/* Work that takes long gives way: a worker's other clients are served between its pieces. */
#include "kit/served.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REQUESTS 60 /* one batch of the parser */
#define LCS "*4\r\n$3\r\nLCS\r\n$1\r\na\r\n$1\r\nb\r\n$3\r\nLEN\r\n"
#define TEXT_LEN 2000
#define EXPIRED_KEYS 200000

static void begin(void)
{
    served_begin(kit_start("--threads", "1"));
}

static void end(void)
{
    served_end();
}

static TCase *one_worker(const char *name)
{
    TCase *tcase = kit_tcase(name);
    tcase_add_checked_fixture(tcase, begin, end);
    return tcase;
}

static int bytes_to_read(int fd)
{
    int bytes = 0;
    ck_assert_int_eq(ioctl(fd, FIONREAD, &bytes), 0);
    return bytes;
}

/* Two values whose LCS takes milliseconds. */
static void set_texts(void)
{
    char text[TEXT_LEN + 1];
    memset(text, 'a', TEXT_LEN);
    text[TEXT_LEN] = '\0';
    kit_expect(c, "+OK", "MSET", "a", text, "b", text);
}

START_TEST(a_pipeline_of_slow_commands_lets_others_through)
{
    char pipeline[(REQUESTS + 1) * sizeof LCS] = "", replies[REQUESTS * 8] = "";
    for (int i = 0; i < REQUESTS; i++) {
        strcat(pipeline, LCS);
        strcat(replies, ":2000\r\n");
    }
    set_texts();
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, pipeline);
    kit_raw_await_taken(fd);
    kit_expect(c, "+PONG", "PING");
    ck_assert_int_lt(bytes_to_read(fd), (int)strlen(replies));
    char got[sizeof replies];
    kit_raw_receive(fd, got, strlen(replies));
    ck_assert_mem_eq(got, replies, strlen(replies));
    kit_expect(c, ":0", "EXISTS", "none");
    ck_assert_int_eq(kit_info(c, "blocked_clients"), 0);
    close(fd);
}
END_TEST

/* They run under one set of locks, but for as long as they are short. Each write has to copy its value. */
START_TEST(a_group_of_long_commands_lets_others_through)
{
    static const char pair[] = "*4\r\n$4\r\nCOPY\r\n$1\r\na\r\n$1\r\nb\r\n$7\r\nREPLACE\r\n"
                               "*4\r\n$8\r\nSETRANGE\r\n$1\r\na\r\n$1\r\n0\r\n$1\r\nx\r\n";
    static const char two_replies[] = ":1\r\n:16777216\r\n";
    char pipeline[7 * sizeof pair] = "", replies[7 * sizeof two_replies] = "", got[sizeof replies];
    for (int i = 0; i < 7; i++) {
        strcat(pipeline, pair);
        strcat(replies, two_replies);
    }
    kit_expect(c, ":16777216", "SETRANGE", "a", "16777215", "x");
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, pipeline);
    kit_raw_await_taken(fd);
    kit_expect(c, "+PONG", "PING");
    ck_assert_int_lt(bytes_to_read(fd), (int)strlen(replies));
    kit_raw_receive(fd, got, strlen(replies));
    ck_assert_mem_eq(got, replies, strlen(replies));
    close(fd);
}
END_TEST

START_TEST(a_killed_client_s_remaining_requests_are_not_run)
{
    char pipeline[(REQUESTS + 1) * sizeof LCS] = "";
    for (int i = 0; i < REQUESTS; i++)
        strcat(pipeline, LCS);
    strcat(pipeline, "*3\r\n$3\r\nSET\r\n$4\r\nlate\r\n$1\r\n1\r\n");
    set_texts();
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, pipeline);
    kit_raw_await_taken(fd);
    kit_expect(c, ":1", "CLIENT", "KILL", "SKIPME", "yes");
    kit_expect(c, ":0", "EXISTS", "late");
    close(fd);
}
END_TEST

/* Stopped, the server finds both requests at once when it goes on. */
START_TEST(a_search_for_a_random_key_lets_others_through)
{
    kit_expect(c, "+OK", "DEBUG", "SET-ACTIVE-EXPIRE", "0");
    for (int i = 0; i < EXPIRED_KEYS; i++)
        redisAppendCommand(c, "SET expired:%d v PXAT 1", i);
    for (int i = 0; i < EXPIRED_KEYS; i++)
        kit_expect_next(c, "+OK");
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "PING\r\n");
    kit_raw_expect(fd, "+PONG\r\n");
    kit_signal(server, SIGSTOP);
    kit_raw_text(fd, "RANDOMKEY\r\n");
    int written;
    redisAppendCommand(c, "DBSIZE");
    ck_assert_int_eq(redisBufferWrite(c, &written), REDIS_OK);
    kit_signal(server, SIGCONT);
    redisReply *size;
    ck_assert_int_eq(redisGetReply(c, (void **)&size), REDIS_OK);
    ck_assert_int_gt(size->integer, 0);
    freeReplyObject(size);
    kit_raw_expect(fd, "$-1\r\n");
    kit_expect(c, ":0", "DBSIZE");
    close(fd);
}
END_TEST

Suite *suite_turns(void)
{
    Suite *suite = suite_create("turns");
    TCase *tcase = one_worker("one worker");
    tcase_add_test(tcase, a_pipeline_of_slow_commands_lets_others_through);
    tcase_add_test(tcase, a_group_of_long_commands_lets_others_through);
    tcase_add_test(tcase, a_killed_client_s_remaining_requests_are_not_run);
    tcase_add_test(tcase, a_search_for_a_random_key_lets_others_through);
    suite_add_tcase(suite, tcase);
    return suite;
}
