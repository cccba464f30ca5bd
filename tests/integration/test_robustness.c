/* What clients do wrong, and what the machine runs out of: the server goes on serving the others. */
#include "kit/served.h"
#include "kit/suites.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static void end(void)
{
    kit_expect(c, "+PONG", "PING");
    kit_expect(c, "+OK", "DEBUG", "CHECK");
    served_end();
}

static bool only_observer_is_left(void *unused)
{
    (void)unused;
    return kit_info(c, "connected_clients") == 1;
}

static void await_that_others_are_gone(void)
{
    kit_await(only_observer_is_left, NULL, "the other clients were to be gone");
}

static bool can_have_descriptors(rlim_t count)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < count)
        return false;
    if (limit.rlim_cur < count) {
        limit.rlim_cur = count;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    return true;
}

/* A bulk of len bytes under key big, and the reply to GET big. */
static void make_big_value(const char *len)
{
    kit_expect(c, "+OK", "SET", "big", "");
    kit_integer(c, "SETRANGE", "big", len, "end");
}

/* ---- clients that vanish ---- */

START_TEST(clients_that_vanish_in_mid_request_are_forgotten)
{
    static const char *const halves[] = {"",
                                         "*",
                                         "*3\r\n$3\r\nSET\r\n$1\r\na",
                                         "PIN",
                                         "*2\r\n$4\r\nECHO\r\n$1000000\r\nonly a part",
                                         "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPI"};
    served_begin(kit_start());
    long long before = kit_info(c, "used_memory");
    for (int round = 0; round < 100; round++)
        for (size_t i = 0; i < sizeof halves / sizeof halves[0]; i++) {
            int fd = kit_raw_connect(server);
            kit_raw_text(fd, halves[i]);
            if (round % 2)
                kit_raw_await_taken(fd);
            close(fd);
        }
    await_that_others_are_gone();
    ck_assert_int_lt(kit_info(c, "used_memory"), before + (4 << 20)); /* no half request is held */
    end();
}
END_TEST

START_TEST(clients_that_vanish_before_their_replies_are_forgotten)
{
    served_begin(kit_start());
    make_big_value("1000000");
    for (int i = 0; i < 100; i++) {
        int fd = kit_raw_connect(server);
        kit_raw_text(fd, "GET big\r\nGET big\r\nGET big\r\n");
        close(fd);
    }
    await_that_others_are_gone();
    end();
}
END_TEST

/* ---- half close ---- */

START_TEST(a_client_that_closes_its_sending_side_gets_every_reply)
{
    char expected[32];
    served_begin(kit_start());
    int fd = kit_raw_connect(server);
    for (int i = 0; i < 1000; i++) {
        char request[32];
        kit_raw_send(fd, request, (size_t)sprintf(request, "ECHO %d\r\n", 10000 + i));
    }
    shutdown(fd, SHUT_WR);
    for (int i = 0; i < 1000; i++)
        kit_raw_expect_at(__FILE__, __LINE__, fd, expected, (size_t)sprintf(expected, "$5\r\n%d\r\n", 10000 + i));
    kit_raw_expect_end(fd);
    close(fd);
    await_that_others_are_gone();
    end();
}
END_TEST

START_TEST(a_half_closed_client_gets_replies_larger_than_the_socket_takes)
{
    enum { LEN = 3000003, GETS = 12 };
    char *value = malloc(LEN);
    served_begin(kit_start());
    make_big_value("3000000");
    int fd = kit_raw_connect(server);
    for (int i = 0; i < GETS; i++)
        kit_raw_text(fd, "GET big\r\n");
    shutdown(fd, SHUT_WR);
    kit_raw_await_taken(fd);
    for (int i = 0; i < GETS; i++) {
        kit_raw_expect(fd, "$3000003\r\n");
        kit_raw_receive(fd, value, LEN);
        ck_assert_mem_eq(value + LEN - 3, "end", 3);
        kit_raw_expect(fd, "\r\n");
    }
    kit_raw_expect_end(fd);
    close(fd);
    free(value);
    await_that_others_are_gone();
    end();
}
END_TEST

START_TEST(half_a_request_before_the_end_is_not_executed)
{
    served_begin(kit_start());
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "SET a 1\r\nSET b 2");
    shutdown(fd, SHUT_WR);
    kit_raw_expect(fd, "+OK\r\n");
    kit_raw_expect_end(fd);
    close(fd);
    kit_expect(c, ":1", "EXISTS", "a", "b");
    end();
}
END_TEST

/* ---- clients that don't read ---- */

START_TEST(a_client_that_reads_late_gets_every_byte)
{
    enum { LEN = 1000003, GETS = 40 };
    char *value = malloc(LEN);
    served_begin(kit_start());
    make_big_value("1000000");
    int fd = kit_raw_connect(server);
    for (int i = 0; i < GETS; i++)
        kit_raw_text(fd, "GET big\r\nPING\r\n");
    kit_raw_await_taken(fd);
    kit_expect(c, "+PONG", "PING"); /* others don't notice */
    for (int i = 0; i < GETS; i++) {
        kit_raw_expect(fd, "$1000003\r\n");
        kit_raw_receive(fd, value, LEN);
        kit_raw_expect(fd, "\r\n+PONG\r\n");
    }
    close(fd);
    free(value);
    await_that_others_are_gone();
    end();
}
END_TEST

START_TEST(a_client_that_never_reads_is_closed_at_the_hard_limit)
{
    served_begin(kit_start("--client-output-buffer-limit", "normal 4mb 0 0"));
    make_big_value("1000000");
    int fd = kit_raw_connect(server);
    for (int i = 0; i < 30 && send(fd, "GET big\r\n", 9, MSG_NOSIGNAL) == 9; i++) {
    }
    await_that_others_are_gone();
    kit_await_log(server, "output");
    close(fd);
    end();
}
END_TEST

START_TEST(a_client_that_never_reads_is_closed_when_the_soft_limit_has_lasted)
{
    served_begin(kit_start("--client-output-buffer-limit", "normal 0 1mb 1"));
    make_big_value("1000000");
    int fd = kit_raw_connect(server);
    for (int i = 0; i < 5; i++)
        kit_raw_text(fd, "GET big\r\n");
    await_that_others_are_gone();
    close(fd);
    end();
}
END_TEST

/* ---- limits of what is sent ---- */

START_TEST(an_unfinished_request_over_the_query_limit_closes_the_client)
{
    static char part[65536];
    served_begin(kit_start("--client-query-buffer-limit", "1mb"));
    int fd = kit_raw_connect(server);
    memset(part, 'x', sizeof part);
    kit_raw_text(fd, "*2\r\n$4\r\nECHO\r\n$100000000\r\n");
    for (int i = 0; i < 64; i++)
        if (send(fd, part, sizeof part, MSG_NOSIGNAL) < 0)
            break;
    kit_raw_expect_end(fd);
    close(fd);
    await_that_others_are_gone();
    ck_assert_int_eq(kit_info(c, "client_query_buffer_limit_disconnections"), 1);
    end();
}
END_TEST

START_TEST(idle_clients_are_closed_after_the_timeout)
{
    served_begin(kit_start("--timeout", "1"));
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "PING\r\n");
    kit_raw_expect(fd, "+PONG\r\n");
    kit_raw_expect_end(fd);
    close(fd);
    redisFree(c); /* it has been idle as well */
    c = kit_connect(server);
    end();
}
END_TEST

START_TEST(a_bulk_of_512_mb_is_taken_and_one_byte_more_is_not)
{
    enum { MEGABYTE = 1 << 20 };
    if (scratch_is_sanitized()) {
        test_skip("half a gigabyte is too slow under a sanitizer");
        return;
    }
    char *part = malloc(MEGABYTE);
    memset(part, 'x', MEGABYTE);
    served_begin(kit_start());
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$536870912\r\n");
    for (int i = 0; i < 512; i++)
        kit_raw_send(fd, part, MEGABYTE);
    kit_raw_text(fd, "\r\n");
    kit_raw_expect(fd, "+OK\r\n");
    kit_expect(c, ":536870912", "STRLEN", "big");
    long long memory = kit_info(c, "used_memory_peak");
    ck_assert_int_lt(memory, 800LL << 20); /* it was never there twice */
    kit_expect(c, "$xxx", "GETRANGE", "big", "536870909", "-1");
    kit_expect(c, ":1", "DEL", "big");
    kit_raw_text(fd, "*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$536870913\r\n");
    kit_raw_expect(fd, "-ERR Protocol error: invalid bulk length\r\n");
    kit_raw_expect_end(fd);
    close(fd);
    free(part);
    end();
}
END_TEST

/* ---- many clients ---- */

START_TEST(one_client_over_maxclients_is_told_so)
{
    int fds[4];
    served_begin(kit_start("--maxclients", "5"));
    for (int i = 0; i < 4; i++) {
        fds[i] = kit_raw_connect(server);
        kit_raw_text(fds[i], "PING\r\n");
        kit_raw_expect(fds[i], "+PONG\r\n");
    }
    int refused = kit_raw_connect(server);
    kit_raw_expect(refused, "-ERR max number of clients reached\r\n");
    kit_raw_expect_end(refused);
    close(refused);
    ck_assert_int_eq(kit_info(c, "rejected_connections"), 1);
    kit_expect(c, "+OK", "CONFIG", "SET", "maxclients", "6");
    int admitted = kit_raw_connect(server);
    kit_raw_text(admitted, "PING\r\n");
    kit_raw_expect(admitted, "+PONG\r\n");
    close(admitted);
    for (int i = 0; i < 4; i++)
        close(fds[i]);
    await_that_others_are_gone();
    end();
}
END_TEST

START_TEST(without_descriptors_new_clients_are_refused_and_old_ones_served)
{
    enum { CLIENTS = 40 };
    int fds[CLIENTS];
    served_begin(kit_start());
    struct rlimit few = {24, 24}; /* it has about twelve of its own */
    ck_assert_int_eq(prlimit(server->pid, RLIMIT_NOFILE, &few, NULL), 0);
    for (int i = 0; i < CLIENTS; i++)
        fds[i] = kit_raw_connect(server);
    int served = 0, refused = 0;
    for (int i = 0; i < CLIENTS; i++) {
        char line[100];
        (void)!send(fds[i], "PING\r\n", 6, MSG_NOSIGNAL);
        kit_raw_receive_line(fds[i], line, sizeof line);
        served += strcmp(line, "+PONG") == 0;
        refused += strncmp(line, "-ERR max number of clients", 26) == 0;
    }
    ck_assert_int_eq(served + refused, CLIENTS); /* nobody is left waiting */
    ck_assert_int_gt(served, 0);
    ck_assert_int_gt(refused, 0);
    kit_await_log(server, "open files");
    for (int i = 0; i < CLIENTS; i++)
        close(fds[i]);
    await_that_others_are_gone();
    int fd = kit_raw_connect(server); /* there is room again */
    kit_raw_text(fd, "PING\r\n");
    kit_raw_expect(fd, "+PONG\r\n");
    close(fd);
    end();
}
END_TEST

/* Seconds of processor time that the server has used. */
static double processor_time(void)
{
    char *user = kit_info_text(c, "used_cpu_user"), *system = kit_info_text(c, "used_cpu_sys");
    double seconds = strtod(user, NULL) + strtod(system, NULL);
    free(user);
    free(system);
    return seconds;
}

static bool has_passed(void *data)
{
    return kit_now_ms() >= *(int64_t *)data;
}

START_TEST(a_client_that_cannot_even_be_refused_waits_without_work)
{
    served_begin(kit_start());
    struct rlimit none, before;
    kit_expect(c, "+PONG", "PING"); /* it has been accepted */
    ck_assert_int_eq(prlimit(server->pid, RLIMIT_NOFILE, NULL, &before), 0);
    none = (struct rlimit){.rlim_cur = 6, .rlim_max = before.rlim_max};
    ck_assert_int_eq(prlimit(server->pid, RLIMIT_NOFILE, &none, NULL), 0);
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "PING\r\n");
    kit_await_log(server, "open files");
    double before_s = processor_time();
    int64_t until_ms = kit_now_ms() + 1000;
    kit_await(has_passed, &until_ms, "a second");
    ck_assert_double_lt(processor_time() - before_s, 0.5);
    ck_assert_int_eq(prlimit(server->pid, RLIMIT_NOFILE, &before, NULL), 0);
    kit_raw_expect(fd, "+PONG\r\n");
    close(fd);
    end();
}
END_TEST

START_TEST(ten_thousand_clients_at_once_are_served)
{
    int count = scratch_is_sanitized() ? 2000 : 10000;
    if (!can_have_descriptors((rlim_t)count + 200)) {
        test_skip("the hard limit of open files is below what it needs");
        return;
    }
    int *fds = calloc((size_t)count, sizeof *fds);
    served_begin(kit_start("--maxclients", "10100"));
    for (int i = 0; i < count; i++)
        fds[i] = kit_raw_connect(server);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < count; i++)
            kit_raw_text(fds[i], "PING\r\n");
        for (int i = 0; i < count; i++)
            kit_raw_expect(fds[i], "+PONG\r\n");
    }
    ck_assert_int_eq(kit_info(c, "connected_clients"), count + 1);
    for (int i = 0; i < count; i++)
        close(fds[i]);
    await_that_others_are_gone();
    free(fds);
    end();
}
END_TEST

static void connect_and_leave(redisContext *context, unsigned index, void *unused)
{
    (void)context, (void)unused;
    for (unsigned i = 0; i < scratch_rounds(1000); i++) {
        int fd = kit_raw_connect(server);
        if ((i + index) % 3) {
            kit_raw_text(fd, "INCR visits\r\n");
            char line[32];
            kit_raw_receive_line(fd, line, sizeof line);
            ck_assert_int_eq(line[0], ':');
        }
        close(fd);
    }
}

START_TEST(clients_may_come_and_go_as_fast_as_they_like)
{
    served_begin(kit_start());
    kit_parallel(server, 6, connect_and_leave, NULL);
    await_that_others_are_gone();
    ck_assert_int_eq(kit_info(c, "connected_clients"), 1);
    end();
}
END_TEST

Suite *suite_robustness(void);
Suite *suite_robustness(void)
{
    Suite *suite = suite_create("robustness");
    TCase *tcase = kit_tcase("robustness");
    tcase_add_test(tcase, clients_that_vanish_in_mid_request_are_forgotten);
    tcase_add_test(tcase, clients_that_vanish_before_their_replies_are_forgotten);
    tcase_add_test(tcase, a_client_that_closes_its_sending_side_gets_every_reply);
    tcase_add_test(tcase, a_half_closed_client_gets_replies_larger_than_the_socket_takes);
    tcase_add_test(tcase, half_a_request_before_the_end_is_not_executed);
    tcase_add_test(tcase, a_client_that_reads_late_gets_every_byte);
    tcase_add_test(tcase, a_client_that_never_reads_is_closed_at_the_hard_limit);
    tcase_add_test(tcase, a_client_that_never_reads_is_closed_when_the_soft_limit_has_lasted);
    tcase_add_test(tcase, an_unfinished_request_over_the_query_limit_closes_the_client);
    tcase_add_test(tcase, idle_clients_are_closed_after_the_timeout);
    tcase_add_test(tcase, a_bulk_of_512_mb_is_taken_and_one_byte_more_is_not);
    tcase_add_test(tcase, one_client_over_maxclients_is_told_so);
    tcase_add_test(tcase, without_descriptors_new_clients_are_refused_and_old_ones_served);
    tcase_add_test(tcase, a_client_that_cannot_even_be_refused_waits_without_work);
    tcase_add_test(tcase, ten_thousand_clients_at_once_are_served);
    tcase_add_test(tcase, clients_may_come_and_go_as_fast_as_they_like);
    suite_add_tcase(suite, tcase);
    return suite;
}
