/*
 * What subscribers could hold others up with, with one worker: many patterns, costly ones, many names. And what could
 * grow while nobody delivers.
 */
#include "kit/served.h"
#include "kit/suites.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATTERNS 10000
#define CHANNELS 100000
#define WAIT_MS 50          /* nobody waits so long, */
#define WAIT_MARGIN 40      /* but other programs share the machine */
#define ANSWERS_MEANWHILE 3 /* that others get while something is done that takes hundreds of turns */

static void setup(void)
{
    served_begin(kit_start("--threads", "1", "--notify-keyspace-events", "KEA"));
}

static bool has_reply(int fd)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    return poll(&polled, 1, 0) == 1;
}

/* How many answers a bystander gets until the other connection has something to read. */
static unsigned answers_until_reply(int busy)
{
    unsigned answers = 0;
    for (; !has_reply(busy); answers++)
        kit_expect(c, "+PONG", "PING");
    return answers;
}

/* The longest wait of a bystander until then. */
static int64_t longest_wait_ms(int busy)
{
    int64_t longest = 0;
    do {
        int64_t begun = kit_now_ms();
        kit_expect(c, "+PONG", "PING");
        int64_t took = kit_now_ms() - begun;
        longest = took > longest ? took : longest;
    } while (!has_reply(busy));
    return longest;
}

/* "*N" and a command with count names that format makes of numbers. */
static void send_names(int fd, const char *command, const char *format, unsigned count)
{
    size_t size = (size_t)count * 80 + 64, len = 0;
    char *text = malloc(size), name[64];
    len += (size_t)snprintf(text, size, "*%u\r\n$%zu\r\n%s\r\n", count + 1, strlen(command), command);
    for (unsigned i = 0; i < count; i++) {
        int name_len = snprintf(name, sizeof name, format, i);
        len += (size_t)snprintf(text + len, size - len, "$%d\r\n%s\r\n", name_len, name);
    }
    kit_raw_send(fd, text, len);
    free(text);
}

static void take_pushes(redisContext *context, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        redisReply *reply;
        ck_assert_int_eq(redisGetReply(context, (void **)&reply), REDIS_OK);
        freeReplyObject(reply);
    }
}

static unsigned patterns(void)
{
    return scratch_is_sanitized() ? PATTERNS / 10 : PATTERNS;
}

static unsigned channels(void)
{
    return scratch_is_sanitized() ? CHANNELS / 10 : CHANNELS;
}

/* The events of one key come in order, whatever has been matched later. */
START_TEST(many_patterns_hold_nobody_up_and_lose_nothing)
{
    enum { WRITES = 500 };
    redisContext *listener = kit_connect(server), *last = kit_connect(server);
    send_names(listener->fd, "PSUBSCRIBE", "*%u:never", patterns());
    take_pushes(listener, patterns());
    freeReplyObject(kit_command(last, "PSUBSCRIBE", "__keyspace*:k"));
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "*1001\r\n$4\r\nMSET\r\n");
    for (unsigned i = 0; i < WRITES; i++)
        kit_raw_text(fd, "$1\r\nk\r\n$1\r\nv\r\n");
    kit_raw_text(fd, "DEL k\r\n");
    ck_assert_int_lt(longest_wait_ms(last->fd), WAIT_MS * WAIT_MARGIN);
    for (unsigned i = 0; i <= WRITES; i++) {
        redisReply *reply;
        ck_assert_int_eq(redisGetReply(last, (void **)&reply), REDIS_OK);
        ck_assert_str_eq(reply->element[3]->str, i == WRITES ? "del" : "set");
        freeReplyObject(reply);
    }
    redisFree(listener);
    redisFree(last);
    close(fd);
}
END_TEST

/* Matching the pattern with the key's channel takes some hundred million comparisons. */
START_TEST(a_costly_pattern_holds_nobody_up)
{
    enum { LEN = 20000 };
    char *pattern = malloc(LEN + 3), *key = malloc(2 * LEN);
    memset(key, 'a', 2 * LEN);
    key[2 * LEN - 1] = '\0';
    memset(pattern, 'a', LEN + 3);
    pattern[0] = '*';
    memcpy(pattern + LEN, "b*", 3);
    redisContext *listener = kit_connect(server);
    freeReplyObject(kit_command(listener, "PSUBSCRIBE", pattern));
    freeReplyObject(kit_command(listener, "PSUBSCRIBE", "__keyspace*:end"));
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "*3\r\n$3\r\nSET\r\n$39999\r\n");
    kit_raw_send(fd, key, 2 * LEN - 1);
    kit_raw_text(fd, "\r\n$1\r\nv\r\nSET end v\r\n");
    ck_assert_uint_ge(answers_until_reply(listener->fd), ANSWERS_MEANWHILE);
    redisReply *reply;
    ck_assert_int_eq(redisGetReply(listener, (void **)&reply), REDIS_OK);
    ck_assert_str_eq(reply->element[2]->str, "__keyspace@0__:end");
    freeReplyObject(reply);
    close(fd);
    redisFree(listener);
    free(pattern);
    free(key);
}
END_TEST

/* While the worker runs EXEC it delivers nothing. */
START_TEST(what_a_transaction_publishes_is_bounded)
{
    enum { SIZE = 1 << 20, COUNT = 100 };
    char *text = malloc(SIZE + 1);
    memset(text, 'm', SIZE);
    text[SIZE] = '\0';
    redisContext *listener = kit_connect(server);
    freeReplyObject(kit_command(listener, "SUBSCRIBE", "x"));
    redisContext *other = kit_connect(server);
    freeReplyObject(kit_command(other, "SUBSCRIBE", "y"));
    kit_expect(c, "+OK", "CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 0 0");
    kit_expect(c, "+OK", "MULTI");
    for (int i = 0; i < COUNT; i++)
        kit_expect(c, "+QUEUED", "PUBLISH", "x", text);
    kit_expect(c, "+QUEUED", "INFO", "memory");
    redisReply *reply = kit_command(c, "EXEC");
    ck_assert_uint_eq(reply->elements, COUNT + 1);
    ck_assert_int_eq(reply->element[COUNT - 1]->integer, 1);
    freeReplyObject(reply);
    void *got;
    while (redisGetReply(listener, &got) == REDIS_OK)
        freeReplyObject(got);
    kit_expect(c, ":0", "PUBLISH", "x", "nobody");
    kit_expect(c, ":1", "PUBLISH", "y", "there");
    redisFree(listener);
    redisFree(other);
    free(text);
}
END_TEST

START_TEST(many_names_hold_nobody_up)
{
    char line[64];
    int fd = kit_raw_connect(server);
    send_names(fd, "SUBSCRIBE", "channel:%u", channels());
    kit_raw_await_taken(fd);
    ck_assert_int_lt(longest_wait_ms(fd), WAIT_MS * WAIT_MARGIN);
    redisContext *context = kit_connect(server);
    kit_expect(c, "[$channel:7]", "PUBSUB", "CHANNELS", "*el:7");
    send_names(context->fd, "SUBSCRIBE", "channel:%u", channels());
    take_pushes(context, channels());
    kit_expect(c, "[$channel:0 :2]", "PUBSUB", "NUMSUB", "channel:0");
    kit_raw_text(context->fd, "UNSUBSCRIBE\r\n");
    ck_assert_int_lt(longest_wait_ms(context->fd), WAIT_MS * WAIT_MARGIN);
    take_pushes(context, channels());
    kit_raw_text(context->fd, "PING\r\n");
    kit_raw_receive_line(context->fd, line, sizeof line);
    ck_assert_str_eq(line, "+PONG");
    close(fd);
    redisFree(context);
}
END_TEST

static bool all_are_subscribed(void *data)
{
    (void)data;
    return kit_info(c, "pubsub_channels") == channels();
}

/* How many answers a bystander gets between two turns in which the subscriptions of a client that has gone end. */
static unsigned answers_while_one_leaves(void)
{
    int fd = kit_raw_connect(server);
    send_names(fd, "SUBSCRIBE", "channel:%u", channels());
    kit_await(all_are_subscribed, NULL, "the client is subscribed to everything");
    close(fd);
    unsigned answers = 0;
    for (long long left = 1, before = channels(); left > 0; before = left) {
        left = kit_info(c, "pubsub_channels");
        answers += left > 0 && left < before;
    }
    return answers;
}

/* The bystander may be kept from the processor for all that time, but not each time. */
START_TEST(subscriptions_of_a_client_that_has_gone_end_in_turns)
{
    enum { TRIES = 20 };
    int tries = 0;
    while (answers_while_one_leaves() < ANSWERS_MEANWHILE)
        ck_assert_int_lt(++tries, TRIES);
}
END_TEST

/* The worker learns of both at once, and has only had a turn to deliver in when it is asked to unsubscribe. */
START_TEST(an_unsubscribe_waits_for_what_was_published_before)
{
    enum { LISTENERS = 300, PAIRS = 100 };
    redisContext *listeners[LISTENERS];
    for (unsigned i = 0; i < LISTENERS; i++) {
        listeners[i] = kit_connect(server);
        freeReplyObject(kit_command(listeners[i], "SUBSCRIBE", "x", "y"));
        take_pushes(listeners[i], 1);
    }
    redisContext *publisher = kit_connect(server);
    kit_expect(publisher, "+OK", "MULTI");
    for (unsigned i = 0; i < 2 * PAIRS; i++)
        kit_expect(publisher, "+QUEUED", "PUBLISH", i % 2 ? "x" : "y", "text");
    int busy = kit_raw_connect(server);
    kit_raw_text(busy, "DEBUG SLEEP 0.1\r\n");
    kit_raw_await_taken(busy);
    kit_raw_text(publisher->fd, "EXEC\r\nPING\r\nPING\r\nPING\r\n"); /* so many that they run when they are read */
    kit_raw_text(listeners[0]->fd, "UNSUBSCRIBE\r\n");
    for (unsigned i = 0; i < 2 * PAIRS + 2; i++) {
        redisReply *reply;
        ck_assert_int_eq(redisGetReply(listeners[0], (void **)&reply), REDIS_OK);
        ck_assert_str_eq(reply->element[0]->str, i < 2 * PAIRS ? "message" : "unsubscribe");
        freeReplyObject(reply);
    }
    for (unsigned i = 0; i < LISTENERS; i++)
        redisFree(listeners[i]);
    close(busy);
    redisFree(publisher);
}
END_TEST

Suite *suite_pubsub_limits(void);
Suite *suite_pubsub_limits(void)
{
    Suite *suite = suite_create("pubsub_limits");
    TCase *tcase = kit_tcase("pubsub limits");
    tcase_add_checked_fixture(tcase, setup, served_end);
    tcase_add_test(tcase, many_patterns_hold_nobody_up_and_lose_nothing);
    tcase_add_test(tcase, a_costly_pattern_holds_nobody_up);
    tcase_add_test(tcase, what_a_transaction_publishes_is_bounded);
    tcase_add_test(tcase, many_names_hold_nobody_up);
    tcase_add_test(tcase, subscriptions_of_a_client_that_has_gone_end_in_turns);
    tcase_add_test(tcase, an_unsubscribe_waits_for_what_was_published_before);
    suite_add_tcase(suite, tcase);
    return suite;
}
