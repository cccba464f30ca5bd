/*
 * What a client makes the server keep is that client's: nobody's keys go for it, the limits of clients see it, and
 * there is an end to it, whether he sends without end or never reads.
 */
#include "kit/served.h"
#include "kit/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MB ((long long)1 << 20)

static void set_keys(const char *prefix, int count, const char *value)
{
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(redisAppendCommand(c, "SET %s%d %s", prefix, i, value), REDIS_OK);
    for (int i = 0; i < count; i++)
        kit_expect_next(c, "+OK");
}

/* Sends size bytes, as far as the server takes them before it closes. */
static void send_filling(int fd, size_t size)
{
    static const char filling[1 << 16];
    for (ssize_t sent = 1; size > 0 && sent > 0; size -= (size_t)sent)
        sent = send(fd, filling, size < sizeof filling ? size : sizeof filling, MSG_NOSIGNAL);
}

static bool others_are_gone(void *unused)
{
    (void)unused;
    return kit_info(c, "connected_clients") == 1;
}

/* ---- requests ---- */

enum { FIFTY = 50 };

/* Fifty clients announce half a gigabyte each, and send size bytes of it. */
static void announce_much(int fds[FIFTY], size_t size)
{
    for (int i = 0; i < FIFTY; i++) {
        fds[i] = kit_raw_connect(server);
        kit_raw_text(fds[i], "*2\r\n$4\r\nECHO\r\n$500000000\r\n");
        send_filling(fds[i], size);
    }
}

static void close_all(int fds[FIFTY])
{
    for (int i = 0; i < FIFTY; i++)
        close(fds[i]);
    kit_await(others_are_gone, NULL, "the others were to be gone");
}

START_TEST(keys_of_others_are_no_price_for_what_is_announced_or_sent)
{
    static const size_t sizes[] = {1, 3000000};
    int fds[FIFTY];
    if (scratch_is_sanitized()) {
        test_skip("sanitizers' builds count other bytes");
        return;
    }
    served_begin(kit_start("--maxmemory", "20mb", "--maxmemory-policy", "allkeys-lru"));
    set_keys("other", 50000, "value");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        announce_much(fds, sizes[i]);
        for (int f = 0; f < FIFTY; f++)
            kit_raw_await_taken(fds[f]);
        long long clients = kit_info(c, "mem_clients_normal");
        ck_assert_int_gt(clients, (long long)(FIFTY * sizes[i]));
        ck_assert_int_lt(clients, 16 * FIFTY * (long long)sizes[i] + 10 * MB);
        set_keys("mine", 100, "value");
        ck_assert_int_eq(kit_info(c, "evicted_keys"), 0);
        kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory-policy", "noeviction");
        set_keys("mine", 100, "value"); /* no OOM either */
        kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
        close_all(fds);
        ck_assert_int_lt(kit_info(c, "mem_clients_normal"), 10 * MB);
    }
    kit_expect(c, ":50100", "DBSIZE");
    served_end();
}
END_TEST

START_TEST(values_that_only_unread_replies_refer_to_are_their_readers)
{
    static char value[4000001];
    if (scratch_is_sanitized()) {
        test_skip("sanitizers' builds count other bytes");
        return;
    }
    served_begin(kit_start("--maxmemory", "20mb", "--maxmemory-policy", "allkeys-lru"));
    set_keys("other", 1000, "value");
    memset(value, 'v', sizeof value - 1);
    for (int i = 0; i < 10; i++) {
        int fd = kit_raw_connect(server);
        kit_expect(c, "+OK", "SET", "large", value);
        kit_raw_text(fd, "GET large\r\n");
        kit_raw_receive(fd, value, 1); /* fd stays open, and nobody reads on */
        value[0] = 'v';
    }
    kit_expect(c, ":1", "DEL", "large");
    ck_assert_int_gt(kit_info(c, "mem_clients_normal"), 40000000);
    set_keys("other", 1000, "value");
    ck_assert_int_eq(kit_info(c, "evicted_keys"), 0);
    kit_expect(c, ":1000", "DBSIZE");
    served_end();
}
END_TEST

START_TEST(the_query_limit_sees_every_half_sent_bulk)
{
    int fds[FIFTY];
    served_begin(kit_start("--client-query-buffer-limit", "1mb"));
    announce_much(fds, 1500000);
    for (int i = 0; i < FIFTY; i++)
        kit_raw_expect_end(fds[i]);
    close_all(fds);
    ck_assert_int_eq(kit_info(c, "client_query_buffer_limit_disconnections"), FIFTY);
    served_end();
}
END_TEST

START_TEST(the_query_limit_sees_what_arguments_cost)
{
    enum { ARGUMENTS = 1000000 }; /* 6 bytes each on the wire, and 24 in the vector */
    char *text = malloc(ARGUMENTS * 6);
    for (int i = 0; i < ARGUMENTS; i++)
        memcpy(text + i * 6, "$0\r\n\r\n", 6);
    served_begin(kit_start("--client-query-buffer-limit", "10mb"));
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "*1000000000\r\n");
    for (size_t at = 0, sent = 1; at < ARGUMENTS * 6 && sent != (size_t)-1; at += sent)
        sent = (size_t)send(fd, text + at, ARGUMENTS * 6 - at, MSG_NOSIGNAL);
    kit_raw_expect_end(fd);
    close(fd);
    free(text);
    ck_assert_int_eq(kit_info(c, "client_query_buffer_limit_disconnections"), 1);
    served_end();
}
END_TEST

/* 200,000 bytes of each fit into the limit twenty times at most. */
static bool most_are_evicted(void *unused)
{
    (void)unused;
    return kit_info(c, "evicted_clients") >= FIFTY - 20;
}

START_TEST(maxmemory_clients_sees_every_half_sent_bulk)
{
    int fds[FIFTY];
    served_begin(kit_start("--maxmemory-clients", "4mb"));
    announce_much(fds, 200000);
    kit_await(most_are_evicted, NULL, "clients were to be evicted");
    kit_expect(c, "+PONG", "PING");
    close_all(fds);
    served_end();
}
END_TEST

/* ---- replies ---- */

START_TEST(one_command_s_reply_ends_at_the_output_limit)
{
    enum { TIMES = 100000, LEN = 15000 };
    served_begin(kit_start("--client-output-buffer-limit", "normal 10mb 0 0"));
    kit_integer(c, "SETRANGE", "k", "14999", "x");
    int fd = kit_raw_connect(server);
    char *request = malloc(32 + TIMES * 7), *at = request;
    at += sprintf(at, "*%d\r\n$4\r\nMGET\r\n", TIMES + 1);
    for (int i = 0; i < TIMES; i++, at += 7)
        memcpy(at, "$1\r\nk\r\n", 7);
    kit_raw_send(fd, request, (size_t)(at - request));
    kit_raw_expect_end(fd); /* and 1.5 GB were not made */
    close(fd);
    free(request);
    ck_assert_int_lt(kit_info(c, "used_memory_peak"), 60 * MB);
    ck_assert_int_eq(kit_info(c, "client_output_buffer_limit_disconnections"), 1);
    kit_await_log(server, "client-output-buffer-limit");
    kit_await(others_are_gone, NULL, "the others were to be gone");
    served_end();
}
END_TEST

START_TEST(a_reply_that_is_to_be_skipped_reaches_no_limit)
{
    served_begin(kit_start("--client-output-buffer-limit", "normal 100000 0 0"));
    kit_integer(c, "SETRANGE", "k", "15000", "x");
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "CLIENT REPLY SKIP\r\nMGET k k k k k k k k k k k k\r\nPING\r\n");
    kit_raw_expect(fd, "+PONG\r\n");
    close(fd);
    served_end();
}
END_TEST

/* Sends count requests whose replies are as much as 15 kB each, and reads none. */
static int pipeline_unread(int count)
{
    static char requests[10000 * 7];
    kit_integer(c, "SETRANGE", "k", "14999", "x");
    for (int i = 0; i < count; i++)
        memcpy(requests + 7 * i, "GET k\r\n", 7);
    int fd = kit_raw_connect(server);
    kit_raw_send(fd, requests, 7 * (size_t)count);
    return fd;
}

static void read_replies(int fd, int count)
{
    static char value[15000];
    for (int i = 0; i < count; i++) {
        kit_raw_expect(fd, "$15000\r\n");
        kit_raw_receive(fd, value, sizeof value);
        ck_assert_int_eq(value[sizeof value - 1], 'x');
        kit_raw_expect(fd, "\r\n");
    }
}

enum { UNREAD = 10000 };

START_TEST(a_pipeline_waits_while_its_replies_lie_unread_and_goes_on_afterwards)
{
    served_begin(kit_start());
    int fd = pipeline_unread(UNREAD); /* all of it was taken, so who sends first and reads later isn't stuck */
    kit_raw_await_taken(fd);
    kit_raw_text(fd, "SET done 1\r\n");
    kit_raw_await_taken(fd);
    kit_expect(c, "+PONG", "PING");
    ck_assert_int_lt(kit_info(c, "used_memory_peak"), 100 * MB);
    ck_assert_int_eq(kit_info(c, "blocked_clients"), 0);
    kit_expect(c, ":0", "EXISTS", "done");
    read_replies(fd, UNREAD);
    kit_raw_expect(fd, "+OK\r\n");
    kit_expect(c, "$1", "GET", "done");
    ck_assert_int_lt(kit_info(c, "used_memory_peak"), 100 * MB);
    kit_raw_text(fd, "PING\r\n");
    kit_raw_expect(fd, "+PONG\r\n");
    close(fd);
    served_end();
}
END_TEST

START_TEST(a_pipeline_that_waits_is_answered_though_its_client_sends_no_more)
{
    served_begin(kit_start());
    int fd = pipeline_unread(UNREAD);
    kit_raw_text(fd, "*1\r\nBAD\r\n");
    shutdown(fd, SHUT_WR);
    kit_raw_await_taken(fd);
    kit_expect(c, "+PONG", "PING");
    read_replies(fd, UNREAD);
    kit_raw_expect(fd, "-ERR Protocol error: expected '$', got 'B'\r\n");
    kit_raw_expect_end(fd);
    close(fd);
    kit_await(others_are_gone, NULL, "the others were to be gone");
    served_end();
}
END_TEST

START_TEST(a_client_that_waits_for_itself_is_closed_for_its_timeout_or_when_it_goes)
{
    served_begin(kit_start());
    int gone = pipeline_unread(UNREAD), idle = pipeline_unread(UNREAD);
    kit_raw_await_taken(gone);
    kit_raw_await_taken(idle);
    kit_expect(c, "+OK", "CONFIG", "SET", "timeout", "1");
    close(gone);
    kit_await(others_are_gone, NULL, "the others were to be gone");
    close(idle);
    served_end();
}
END_TEST

Suite *suite_limits(void);
Suite *suite_limits(void)
{
    Suite *suite = suite_create("limits");
    TCase *tcase = kit_tcase("limits");
    tcase_add_test(tcase, keys_of_others_are_no_price_for_what_is_announced_or_sent);
    tcase_add_test(tcase, values_that_only_unread_replies_refer_to_are_their_readers);
    tcase_add_test(tcase, the_query_limit_sees_every_half_sent_bulk);
    tcase_add_test(tcase, the_query_limit_sees_what_arguments_cost);
    tcase_add_test(tcase, maxmemory_clients_sees_every_half_sent_bulk);
    tcase_add_test(tcase, one_command_s_reply_ends_at_the_output_limit);
    tcase_add_test(tcase, a_reply_that_is_to_be_skipped_reaches_no_limit);
    tcase_add_test(tcase, a_pipeline_waits_while_its_replies_lie_unread_and_goes_on_afterwards);
    tcase_add_test(tcase, a_pipeline_that_waits_is_answered_though_its_client_sends_no_more);
    tcase_add_test(tcase, a_client_that_waits_for_itself_is_closed_for_its_timeout_or_when_it_goes);
    suite_add_tcase(suite, tcase);
    return suite;
}
