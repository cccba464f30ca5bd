/* CLIENT PAUSE: who waits, for how long, and that nothing is lost meanwhile. */
#include "kit/served.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool as_many_wait(void *data)
{
    return kit_info(c, "blocked_clients") == *(int *)data;
}

static void await_waiting(int count)
{
    kit_await(as_many_wait, &count, "clients that wait");
}

START_TEST(pause_write_holds_writes_and_lets_reads_through)
{
    int fd = kit_raw_connect(server);
    kit_expect(c, "+OK", "SET", "k", "old");
    kit_expect(c, "+OK", "CLIENT", "PAUSE", "100000", "WRITE");
    kit_raw_text(fd, "GET k\r\nPING\r\nSET k new\r\nGET k\r\n");
    kit_raw_expect(fd, "$3\r\nold\r\n+PONG\r\n");
    await_waiting(1);
    kit_expect(c, "$old", "GET", "k");
    kit_expect(c, "-ERR wrong number of arguments for 'set' command", "SET", "k");
    redisReply *list = kit_command(c, "CLIENT", "LIST");
    ck_assert_msg(strstr(list->str, " flags=bU ") != NULL, "%s", list->str);
    freeReplyObject(list);
    kit_expect(c, "+OK", "CLIENT", "UNPAUSE");
    kit_raw_expect(fd, "+OK\r\n$3\r\nnew\r\n");
    await_waiting(0);
    close(fd);
}
END_TEST

START_TEST(pause_write_holds_what_replicas_would_hear_of)
{
    static const struct {
        const char *request, *reply;
    } held[] = {
        {"PUBLISH ch m\r\n", ":0\r\n"},
        {"SPUBLISH ch m\r\n", ":0\r\n"},
        {"PFCOUNT k\r\n", ":0\r\n"},
        {"MULTI\r\nPUBLISH ch m\r\nEXEC\r\n", "+OK\r\n+QUEUED\r\n*1\r\n:0\r\n"},
    };
    enum { HELD = sizeof held / sizeof held[0] };
    int fds[HELD];
    kit_expect(c, "+OK", "CLIENT", "PAUSE", "100000", "WRITE");
    for (int i = 0; i < HELD; i++) {
        fds[i] = kit_raw_connect(server);
        kit_raw_text(fds[i], held[i].request);
        await_waiting(i + 1);
    }
    kit_expect(c, "+OK", "CLIENT", "UNPAUSE");
    for (int i = 0; i < HELD; i++) {
        kit_raw_expect_at(__FILE__, __LINE__, fds[i], held[i].reply, strlen(held[i].reply));
        close(fds[i]);
    }
}
END_TEST

START_TEST(what_was_asked_before_the_held_request_is_answered_at_once)
{
    static const int pings[] = {1, 8}; /* few requests wait for those of others, more are a pipeline by itself */
    int fd = kit_raw_connect(server);
    for (int i = 0; i < 2; i++) {
        kit_expect(c, "+OK", "CLIENT", "PAUSE", "100000", "WRITE");
        char requests[256] = "";
        for (int k = 0; k < pings[i]; k++)
            strcat(requests, "*1\r\n$4\r\nPING\r\n");
        strcat(requests, "*2\r\n$4\r\nINCR\r\n$1\r\nk\r\n*2\r\n$4\r\nECHO\r\n$1\r\nx\r\n");
        kit_raw_text(fd, requests);
        for (int k = 0; k < pings[i]; k++)
            kit_raw_expect(fd, "+PONG\r\n");
        await_waiting(1);
        kit_expect(c, "+OK", "CLIENT", "UNPAUSE");
        kit_raw_expect(fd, ":1\r\n$1\r\nx\r\n");
        kit_expect(c, ":1", "DEL", "k");
    }
    close(fd);
}
END_TEST

START_TEST(held_clients_are_let_go_in_the_order_in_which_they_came)
{
    struct kit_server *lone = kit_start("--threads", "1");
    redisContext *other = kit_connect(lone);
    int fds[4];
    kit_expect(other, "+OK", "CLIENT", "PAUSE", "100000", "WRITE");
    for (int i = 3; i >= 0; i--)
        fds[i] = kit_raw_connect(lone);
    for (int i = 0; i < 4; i++) {
        kit_raw_text(fds[i], "INCR k\r\n");
        kit_raw_text(fds[i], "INCR k\r\n");
        while (kit_info(other, "blocked_clients") != i + 1)
            kit_expect(other, "+PONG", "PING");
    }
    kit_expect(other, "+OK", "CLIENT", "UNPAUSE");
    char reply[32];
    long long before = 0;
    for (int i = 0; i < 4; i++) {
        kit_raw_receive_line(fds[i], reply, sizeof reply);
        ck_assert_int_gt(atoll(reply + 1), before);
        before = atoll(reply + 1);
        close(fds[i]);
    }
    redisFree(other);
    kit_stop(lone);
}
END_TEST

START_TEST(reply_of_a_held_request_is_skipped_if_it_was_to_be)
{
    int fd = kit_raw_connect(server);
    kit_expect(c, "+OK", "CLIENT", "PAUSE", "100000", "WRITE");
    kit_raw_text(fd, "CLIENT REPLY SKIP\r\nSET k v\r\nECHO x\r\n");
    await_waiting(1);
    kit_expect(c, "+OK", "CLIENT", "UNPAUSE");
    kit_raw_expect(fd, "$1\r\nx\r\n");
    kit_expect(c, "$v", "GET", "k");
    close(fd);
}
END_TEST

START_TEST(pause_all_holds_everything_until_its_time_is_over)
{
    int64_t start = kit_now_ms();
    kit_expect(c, "+OK", "CLIENT", "PAUSE", "300");
    kit_expect(c, "+PONG", "PING");
    ck_assert_int_ge(kit_now_ms() - start, 299);
}
END_TEST

/* Asks for a key that isn't there, for so long. */
static void read_for(int64_t ms)
{
    for (int64_t start = kit_now_ms(); kit_now_ms() - start < ms;)
        kit_expect(c, "nil", "GET", "k");
}

START_TEST(later_pause_does_not_shorten_the_first)
{
    int fd = kit_raw_connect(server);
    kit_expect(c, "+OK", "CLIENT", "PAUSE", "100000", "WRITE");
    kit_expect(c, "+OK", "CLIENT", "PAUSE", "1", "WRITE");
    read_for(20);
    kit_raw_text(fd, "SET k v\r\n");
    await_waiting(1);
    read_for(250); /* longer than workers take to notice that a pause has ended */
    ck_assert_int_eq(kit_info(c, "blocked_clients"), 1);
    kit_expect(c, "+OK", "CLIENT", "UNPAUSE");
    kit_raw_expect(fd, "+OK\r\n");
    close(fd);
}
END_TEST

START_TEST(later_pause_makes_the_first_stricter)
{
    int64_t start = kit_now_ms();
    kit_expect(c, "+OK", "CLIENT", "PAUSE", "400", "WRITE");
    kit_expect(c, "+OK", "CLIENT", "PAUSE", "1", "ALL");
    kit_expect(c, "+PONG", "PING");
    ck_assert_int_ge(kit_now_ms() - start, 399);
}
END_TEST

START_TEST(pipeline_that_is_held_keeps_its_order_and_loses_nothing)
{
    int fd = kit_raw_connect(server);
    size_t size = 0;
    char *requests = malloc(20000 * 16), *replies = malloc(20000 * 8), *at = replies;
    for (int i = 1; i <= 20000; i++) {
        size += (size_t)sprintf(requests + size, "INCR k\r\n");
        at += sprintf(at, ":%d\r\n", i);
    }
    kit_expect(c, "+OK", "CLIENT", "PAUSE", "100000", "WRITE");
    kit_raw_send(fd, requests, size / 2); /* more than is read at a time */
    await_waiting(1);
    kit_expect(c, "+OK", "CLIENT", "UNPAUSE");
    kit_raw_send(fd, requests + size / 2, size - size / 2);
    kit_raw_expect_at(__FILE__, __LINE__, fd, replies, (size_t)(at - replies));
    free(requests);
    free(replies);
    close(fd);
}
END_TEST

START_TEST(clients_that_wait_can_vanish_or_be_killed)
{
    int gone = kit_raw_connect(server), killed = kit_raw_connect(server), patient = kit_raw_connect(server);
    kit_raw_text(killed, "CLIENT ID\r\n");
    char id[32];
    kit_raw_receive_line(killed, id, sizeof id);
    kit_expect(c, "+OK", "CLIENT", "PAUSE", "100000", "WRITE");
    kit_raw_text(gone, "INCR k\r\n");
    kit_raw_text(killed, "INCR k\r\n");
    kit_raw_text(patient, "INCR k\r\n");
    await_waiting(3);
    close(gone);
    kit_expect(c, ":1", "CLIENT", "KILL", "ID", id + 1);
    kit_raw_expect_end(killed);
    kit_expect(c, ":0", "CLIENT", "UNBLOCK", id + 1);
    kit_expect(c, "+OK", "CLIENT", "UNPAUSE");
    char reply[32];
    kit_raw_receive_line(patient, reply, sizeof reply);
    ck_assert(strcmp(reply, ":1") == 0 || strcmp(reply, ":2") == 0); /* who has gone may have been heard */
    close(killed);
    close(patient);
}
END_TEST

/* What was allowed when it came and is forbidden when the pause ends. */
START_TEST(held_requests_are_asked_for_rights_when_they_run)
{
    char *sockets = scratch_create(), entry[256];
    struct kit_server through = {.socket = strdup(scratch_path(sockets, "s"))};
    snprintf(entry, sizeof entry, "+%s access=write", through.socket);
    kit_expect(c, "+OK", "CONFIG", "SET", "listen", entry);
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "on", "nopass", "~*", "+@all");
    int user = kit_raw_connect(server), socket = kit_raw_connect(&through), deleted = kit_raw_connect(server);
    kit_raw_text(user, "AUTH me x\r\n");
    kit_raw_expect(user, "+OK\r\n");
    kit_expect(c, "+OK", "ACL", "SETUSER", "you", "on", "nopass", "~*", "+@all");
    kit_raw_text(deleted, "AUTH you x\r\n");
    kit_raw_expect(deleted, "+OK\r\n");
    kit_expect(c, "+OK", "CLIENT", "PAUSE", "100000", "WRITE");
    kit_raw_text(user, "SET k user\r\nPING\r\n");
    kit_raw_text(socket, "SET k socket\r\nPING\r\n");
    kit_raw_text(deleted, "SET k deleted\r\nPING\r\n");
    await_waiting(3);
    snprintf(entry, sizeof entry, "+%s access=read", through.socket);
    kit_expect(c, "+OK", "CONFIG", "SET", "listen", entry);
    kit_expect(c, "+OK", "ACL", "SETUSER", "me", "-set");
    kit_expect(c, ":1", "ACL", "DELUSER", "you");
    kit_raw_expect_end(deleted);
    kit_expect(c, "+OK", "CLIENT", "UNPAUSE");
    kit_raw_expect(user, "-NOPERM User me has no permissions to run the 'set' command\r\n+PONG\r\n");
    char refusal[256];
    kit_raw_receive_line(socket, refusal, sizeof refusal);
    ck_assert_msg(strncmp(refusal, "-NOPERM socket ", 15) == 0, "%s", refusal);
    kit_raw_expect(socket, "+PONG\r\n");
    kit_expect(c, "nil", "GET", "k");
    close(user);
    close(socket);
    close(deleted);
    free(through.socket);
    scratch_remove(sockets);
}
END_TEST

START_TEST(keys_do_not_expire_while_writes_are_paused)
{
    int fd = kit_raw_connect(server);
    long long expired = kit_info(c, "expired_keys");
    kit_raw_text(fd, "SET a 1 PX 10\r\nSET b 1 PX 10\r\nCLIENT PAUSE 100000 WRITE\r\n");
    kit_raw_expect(fd, "+OK\r\n+OK\r\n+OK\r\n");
    for (int64_t start = kit_now_ms(); kit_now_ms() - start < 300;)
        kit_expect(c, kit_now_ms() - start > 50 ? "nil" : "...", "GET", "a");
    ck_assert_int_eq(kit_info(c, "expired_keys"), expired);
    kit_expect(c, "+OK", "CLIENT", "UNPAUSE");
    for (int64_t start = kit_now_ms(); kit_now_ms() - start < 10000 && kit_info(c, "expired_keys") < expired + 2;)
        kit_expect(c, "nil", "GET", "a");
    ck_assert_int_eq(kit_info(c, "expired_keys"), expired + 2);
    close(fd);
}
END_TEST

START_TEST(pause_refuses_bad_words)
{
    kit_expect(c, "-ERR timeout is not an integer or out of range", "CLIENT", "PAUSE", "soon");
    kit_expect(c, "-ERR timeout is negative", "CLIENT", "PAUSE", "-1");
    kit_expect(c, "-ERR timeout is out of range", "CLIENT", "PAUSE", "9223372036854775807");
    kit_expect(c, "-ERR CLIENT PAUSE mode must be WRITE or ALL", "CLIENT", "PAUSE", "1000", "READ");
    kit_expect(c, "-ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP.", "CLIENT",
               "PAUSE", "1000", "ALL", "more");
    kit_expect(c, "-ERR wrong number of arguments for 'client|pause' command", "CLIENT", "PAUSE");
    kit_expect(c, "+OK", "CLIENT", "PAUSE", "0");
    kit_expect(c, "+OK", "SET", "k", "v");
    kit_expect(c, "+OK", "CLIENT", "UNPAUSE");
}
END_TEST

static void write_counts(redisContext *context, unsigned index, void *data)
{
    (void)data;
    for (unsigned i = 0; i < scratch_rounds(200); i++) {
        if (index == 0) {
            kit_expect(context, "+OK", "CLIENT", "PAUSE", "3", i % 2 ? "WRITE" : "ALL");
            if (i % 3 == 0)
                kit_expect(context, "+OK", "CLIENT", "UNPAUSE");
        } else {
            for (int j = 0; j < 10; j++)
                redisAppendCommand(context, "INCR counter");
            for (int j = 0; j < 10; j++) {
                void *reply;
                ck_assert_int_eq(redisGetReply(context, &reply), REDIS_OK);
                freeReplyObject(reply);
            }
        }
    }
}

START_TEST(pauses_under_load_lose_no_write)
{
    kit_parallel(server, 4, write_counts, NULL);
    ck_assert_int_eq(kit_integer(c, "INCRBY", "counter", "0"), 3 * 10 * (long long)scratch_rounds(200));
}
END_TEST

Suite *suite_pause(void);
Suite *suite_pause(void)
{
    Suite *suite = suite_create("pause");
    TCase *tcase = served_tcase("pause");
    tcase_add_test(tcase, pause_write_holds_writes_and_lets_reads_through);
    tcase_add_test(tcase, pause_write_holds_what_replicas_would_hear_of);
    tcase_add_test(tcase, what_was_asked_before_the_held_request_is_answered_at_once);
    tcase_add_test(tcase, held_clients_are_let_go_in_the_order_in_which_they_came);
    tcase_add_test(tcase, reply_of_a_held_request_is_skipped_if_it_was_to_be);
    tcase_add_test(tcase, pause_all_holds_everything_until_its_time_is_over);
    tcase_add_test(tcase, later_pause_does_not_shorten_the_first);
    tcase_add_test(tcase, later_pause_makes_the_first_stricter);
    tcase_add_test(tcase, pipeline_that_is_held_keeps_its_order_and_loses_nothing);
    tcase_add_test(tcase, clients_that_wait_can_vanish_or_be_killed);
    tcase_add_test(tcase, held_requests_are_asked_for_rights_when_they_run);
    tcase_add_test(tcase, keys_do_not_expire_while_writes_are_paused);
    tcase_add_test(tcase, pause_refuses_bad_words);
    tcase_add_test(tcase, pauses_under_load_lose_no_write);
    suite_add_tcase(suite, tcase);
    return suite;
}
