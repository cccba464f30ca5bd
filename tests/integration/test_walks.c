/*
 * Work that takes long, with one worker: the others have their turn meanwhile, and whoever works on is subject to what
 * has changed. And what the main thread does while a worker is busy.
 */
#include "kit/served.h"

#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_LEN 40000
#define PATTERN_LEN 20000 /* matching it with the name takes some hundred million comparisons */
#define MANY_KEYS "150000"

static void setup(void)
{
    served_begin(kit_start("--threads", "1"));
}

/* A key of whose name every piece nearly matches. */
static void set_long_name(void)
{
    char *name = malloc(NAME_LEN);
    memset(name, 'a', NAME_LEN);
    kit_expect_reply(redisCommand(c, "SET %b v", name, (size_t)NAME_LEN), "+OK");
    free(name);
}

/* Sends KEYS with a pattern that takes long, and waits until it is under way. */
static void begin_slow_keys(int fd)
{
    char *pattern = malloc(PATTERN_LEN + 2), head[64];
    memset(pattern, 'a', PATTERN_LEN + 2);
    pattern[0] = '*';
    pattern[PATTERN_LEN + 1] = 'b';
    int head_len = snprintf(head, sizeof head, "*2\r\n$4\r\nKEYS\r\n$%d\r\n", PATTERN_LEN + 2);
    kit_raw_send(fd, head, (size_t)head_len);
    kit_raw_send(fd, pattern, PATTERN_LEN + 2);
    kit_raw_text(fd, "\r\n");
    free(pattern);
    kit_raw_await_taken(fd);
    kit_expect(c, "+PONG", "PING"); /* so the round in which it was taken is over */
}

static bool has_reply(int fd)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    return poll(&polled, 1, 0) == 1;
}

/* Requests of a bystander that are answered before the other connection has its reply. */
static unsigned count_answers(int busy)
{
    unsigned answers = 0;
    while (!has_reply(busy)) {
        kit_expect(c, "+PONG", "PING");
        answers++;
    }
    return answers;
}

START_TEST(a_bystander_is_served_while_a_name_is_matched)
{
    int fd = kit_raw_connect(server);
    set_long_name();
    begin_slow_keys(fd);
    redisContext *late = kit_connect(server);
    kit_expect(late, "+PONG", "PING");
    ck_assert_msg(!has_reply(fd), "KEYS took no time");
    redisFree(late);
    ck_assert_uint_ge(count_answers(fd), 20);
    kit_raw_expect(fd, "*0\r\n");
    close(fd);
}
END_TEST

/* A connection that has sent this request, and waits for its reply. */
static redisContext *ask_elsewhere(const char *request)
{
    int sent = 0;
    redisContext *context = kit_connect(server);
    ck_assert_int_eq(redisAppendCommand(context, request), REDIS_OK);
    while (!sent)
        ck_assert_int_eq(redisBufferWrite(context, &sent), REDIS_OK);
    return context;
}

static redisReply *next_reply(redisContext *context)
{
    redisReply *reply;
    ck_assert_int_eq(redisGetReply(context, (void **)&reply), REDIS_OK);
    return reply;
}

/* The names are key:0 and so on, each once. */
static void check_names(const redisReply *names)
{
    size_t count = (size_t)atoi(MANY_KEYS);
    unsigned char *seen = calloc(count, 1);
    ck_assert_int_eq(names->type, REDIS_REPLY_ARRAY);
    ck_assert_uint_eq(names->elements, count);
    for (size_t i = 0; i < count; i++) {
        unsigned number;
        ck_assert_int_eq(sscanf(names->element[i]->str, "key:%u", &number), 1);
        ck_assert_uint_lt(number, count);
        ck_assert_uint_eq(seen[number]++, 0);
    }
    free(seen);
}

START_TEST(a_bystander_is_served_while_keys_are_listed)
{
    kit_expect(c, "+OK", "DEBUG", "POPULATE", MANY_KEYS);
    for (int is_scan = 0; is_scan < 2; is_scan++) {
        redisContext *walker = ask_elsewhere(is_scan ? "SCAN 0 COUNT 100000000" : "KEYS *");
        ck_assert_uint_ge(count_answers(walker->fd), 3); /* without turns it would be one */
        redisReply *reply = next_reply(walker);
        if (is_scan)
            ck_assert_str_eq(reply->element[0]->str, "0");
        check_names(is_scan ? reply->element[1] : reply);
        freeReplyObject(reply);
        kit_expect(walker, "+PONG", "PING");
        redisFree(walker);
    }
}
END_TEST

START_TEST(a_bystander_is_served_while_strings_are_compared)
{
    enum { LEN = 11000 };
    char value[LEN + 1];
    memset(value, 'x', LEN);
    value[LEN] = '\0';
    kit_expect(c, "+OK", "SET", "a", value);
    kit_expect(c, "+OK", "SET", "b", value);
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "LCS a b LEN\r\n");
    kit_raw_await_taken(fd);
    kit_expect(c, "+OK", "SET", "a", "another"); /* what it compares are the strings of its beginning */
    kit_expect(c, ":1", "DEL", "b");
    ck_assert_uint_ge(count_answers(fd), 20);
    kit_raw_expect(fd, ":11000\r\n");
    kit_raw_text(fd, "LCS a b\r\n");
    kit_raw_expect(fd, "$0\r\n\r\n");
    close(fd);
}
END_TEST

START_TEST(requests_behind_a_long_one_wait_for_it)
{
    int fd = kit_raw_connect(server);
    set_long_name();
    begin_slow_keys(fd);
    kit_raw_text(fd, "INCR after\r\nECHO end\r\n");
    kit_expect(c, "nil", "GET", "after");
    kit_raw_expect(fd, "*0\r\n:1\r\n$3\r\nend\r\n");
    close(fd);
}
END_TEST

START_TEST(a_client_can_be_killed_in_the_middle_of_its_work)
{
    char id[32];
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "CLIENT ID\r\n");
    kit_raw_receive_line(fd, id, sizeof id);
    set_long_name();
    begin_slow_keys(fd);
    kit_expect(c, ":1", "CLIENT", "KILL", "ID", id + 1);
    kit_raw_expect_end(fd);
    close(fd);
    fd = kit_raw_connect(server);
    begin_slow_keys(fd);
    close(fd); /* nobody waits for the reply */
    kit_expect(c, "+PONG", "PING");
}
END_TEST

START_TEST(rights_are_asked_for_again_in_every_turn)
{
    int fd = kit_raw_connect(server);
    kit_expect(c, "+OK", "ACL", "SETUSER", "lister", "on", "nopass", "~*", "+@all");
    kit_raw_text(fd, "AUTH lister any\r\n");
    kit_raw_expect(fd, "+OK\r\n");
    set_long_name();
    begin_slow_keys(fd);
    kit_expect(c, "+OK", "ACL", "SETUSER", "lister", "-keys");
    kit_raw_expect(fd, "-NOPERM User lister has no permissions to run the 'keys' command\r\n");
    kit_raw_text(fd, "PING\r\n");
    kit_raw_expect(fd, "+PONG\r\n");
    close(fd);
}
END_TEST

START_TEST(databases_can_be_flushed_and_swapped_under_a_walk)
{
    kit_expect(c, "+OK", "DEBUG", "POPULATE", MANY_KEYS);
    for (int i = 0; i < 4; i++) {
        redisContext *walker = ask_elsewhere("KEYS *");
        kit_raw_await_taken(walker->fd);
        kit_expect(c, "+OK", "SWAPDB", "0", "1");
        if (i == 3)
            kit_expect(c, "+OK", "FLUSHALL");
        redisReply *reply = next_reply(walker);
        ck_assert_int_eq(reply->type, REDIS_REPLY_ARRAY);
        ck_assert_uint_le(reply->elements, (size_t)atoi(MANY_KEYS));
        freeReplyObject(reply);
        kit_expect(walker, "+PONG", "PING");
        redisFree(walker);
    }
    kit_expect(c, ":0", "DBSIZE");
}
END_TEST

START_TEST(a_long_call_inside_another_gives_no_turn)
{
    kit_expect(c, "+OK", "DEBUG", "POPULATE", MANY_KEYS);
    redisReply *reply = kit_command(c, "DEBUG", "INSIDE", "KEYS", "*");
    ck_assert_int_eq(reply->type, REDIS_REPLY_ARRAY);
    ck_assert_uint_eq(reply->elements, (size_t)atoi(MANY_KEYS));
    freeReplyObject(reply);
}
END_TEST

START_TEST(what_a_walk_has_gathered_is_its_clients_memory)
{
    kit_expect(c, "+OK", "DEBUG", "POPULATE", MANY_KEYS);
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "CLIENT SETNAME walker\r\n");
    kit_raw_expect(fd, "+OK\r\n");
    kit_raw_text(fd, "KEYS *\r\n");
    size_t most = 0;
    while (!has_reply(fd)) {
        redisReply *list = kit_command(c, "CLIENT", "LIST");
        const char *line = strstr(list->str, "name=walker"), *memory = line ? strstr(line, "tot-mem=") : NULL;
        size_t bytes = memory ? (size_t)atoll(memory + strlen("tot-mem=")) : 0;
        most = bytes > most ? bytes : most;
        freeReplyObject(list);
    }
    ck_assert_uint_gt(most, 1000000); /* of some three */
    close(fd);
}
END_TEST

START_TEST(a_walk_stops_at_its_clients_output_limit)
{
    char reply[4096];
    kit_expect(c, "+OK", "DEBUG", "POPULATE", MANY_KEYS);
    kit_expect(c, "+OK", "CONFIG", "SET", "client-output-buffer-limit", "normal 500000 0 0");
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "KEYS *\r\n");
    while (read(fd, reply, sizeof reply) > 0)
        ck_assert_int_ne(reply[0], '*'); /* nothing of a reply that would be incomplete */
    close(fd);
    kit_expect(c, "+PONG", "PING");
    ck_assert_int_eq(kit_info(c, "client_output_buffer_limit_disconnections"), 1);
}
END_TEST

/* ---- the main thread ---- */

/* Until a bystander isn't answered any more. */
static void await_stopped_world(struct kit_server *stopped)
{
    int bystander = kit_raw_connect(stopped);
    struct pollfd polled = {.fd = bystander, .events = POLLIN};
    kit_raw_text(bystander, "PING\r\n");
    while (poll(&polled, 1, 100) == 1) {
        kit_raw_expect(bystander, "+PONG\r\n");
        kit_raw_text(bystander, "PING\r\n");
    }
    close(bystander);
}

START_TEST(signals_are_taken_while_the_world_is_stopped)
{
    struct kit_server *stopped = kit_start();
    int fd = kit_raw_connect(stopped);
    kit_raw_text(fd, "DEBUG SLEEP 1\r\n");
    await_stopped_world(stopped);
    kit_signal(stopped, SIGHUP);
    kit_await_log(stopped, "log reopened");
    kit_signal(stopped, SIGTERM);
    kit_await_log(stopped, "SIGTERM received");
    ck_assert_msg(!has_reply(fd), "the main thread has waited for the worker");
    kit_raw_expect(fd, "+OK\r\n");
    close(fd);
    ck_assert_int_eq(kit_wait(stopped), 0);
    kit_discard(stopped);
}
END_TEST

Suite *suite_walks(void);
Suite *suite_walks(void)
{
    Suite *suite = suite_create("walks");
    TCase *tcase = kit_tcase("turns");
    tcase_add_checked_fixture(tcase, setup, served_end);
    tcase_add_test(tcase, a_bystander_is_served_while_a_name_is_matched);
    tcase_add_test(tcase, a_bystander_is_served_while_keys_are_listed);
    tcase_add_test(tcase, a_bystander_is_served_while_strings_are_compared);
    tcase_add_test(tcase, requests_behind_a_long_one_wait_for_it);
    tcase_add_test(tcase, a_client_can_be_killed_in_the_middle_of_its_work);
    tcase_add_test(tcase, rights_are_asked_for_again_in_every_turn);
    tcase_add_test(tcase, databases_can_be_flushed_and_swapped_under_a_walk);
    tcase_add_test(tcase, a_long_call_inside_another_gives_no_turn);
    tcase_add_test(tcase, what_a_walk_has_gathered_is_its_clients_memory);
    tcase_add_test(tcase, a_walk_stops_at_its_clients_output_limit);
    suite_add_tcase(suite, tcase);
    tcase = kit_tcase("main thread");
    tcase_add_test(tcase, signals_are_taken_while_the_world_is_stopped);
    suite_add_tcase(suite, tcase);
    return suite;
}
