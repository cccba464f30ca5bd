/* hiredis's asynchronous interface on libevent, with two connections that have to do with each other.
 *
 * usage: hiredis_together SOCKET. Prints "ok - claim" or "not ok - claim" for each test; exits with 1 when one failed.
 * A test is a round: an event loop with two connections, which runs until both are closed. Their callbacks lead from
 * one step to the next, so nothing is waited for but what the server sends.
 */
#include <event2/event.h>
#include <hiredis/adapters/libevent.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGES = 5000, PAIRS = 10000, PATIENCE_SECONDS = 20 };

struct round {
    struct event_base *loop;
    redisAsyncContext *one, *other;
    int ended_well, ended_badly; /* disconnect callbacks, by their status */
    long got;                    /* messages, replies or notices that were right */
    bool wrong;                  /* something else came */
    bool done;                   /* the last step of the test was reached */
};

static const char *socket_path;
static int failures;

static void claim(bool holds, const char *what)
{
    printf("%s - hiredis on libevent: %s\n", holds ? "ok" : "not ok", what);
    failures += !holds;
}

/* ---- rounds ---- */

static void on_end(const redisAsyncContext *ac, int status)
{
    struct round *round = ac->data;
    if (status == REDIS_OK)
        round->ended_well++;
    else
        round->ended_badly++;
    if (round->ended_well + round->ended_badly == 2)
        event_base_loopbreak(round->loop);
}

static redisAsyncContext *connected(struct round *round)
{
    redisAsyncContext *ac = redisAsyncConnectUnix(socket_path);
    if (!ac || ac->err) {
        fprintf(stderr, "cannot connect to %s: %s\n", socket_path, ac ? ac->errstr : "out of memory");
        exit(1);
    }
    ac->data = round;
    redisLibeventAttach(ac, round->loop);
    redisAsyncSetDisconnectCallback(ac, on_end);
    return ac;
}

static void begin(struct round *round)
{
    *round = (struct round){.loop = event_base_new()};
    round->one = connected(round);
    round->other = connected(round);
}

/* Runs the loop until both connections have ended; false when they didn't in time. */
static bool run(struct round *round)
{
    struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    event_base_loopexit(round->loop, &patience);
    event_base_dispatch(round->loop);
    bool ended = round->ended_well + round->ended_badly == 2;
    if (!ended)
        printf("# %d and %d connections have ended, %ld replies were right\n", round->ended_well, round->ended_badly,
               round->got);
    if (ended)
        event_base_free(round->loop); /* else the connections still use it */
    return ended && round->done && !round->wrong;
}

static void end_both(struct round *round)
{
    round->done = true;
    redisAsyncDisconnect(round->one);
    redisAsyncDisconnect(round->other);
}

static bool is_text(const redisReply *reply, const char *text)
{
    return reply && (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS) &&
           strcmp(reply->str, text) == 0;
}

/* Whether the reply is an array that begins with these two strings. */
static bool is_array(const redisReply *reply, const char *first, const char *second)
{
    return reply && reply->elements >= 2 && is_text(reply->element[0], first) && is_text(reply->element[1], second);
}

/* Asks INFO again and again until one client waits, then runs `feed`, a command without spaces in its words. */
static void feed_once_blocked(redisAsyncContext *ac, void *answer, void *feed)
{
    redisReply *reply = answer;
    if (!reply)
        return;
    if (reply->type == REDIS_REPLY_STRING && strstr(reply->str, "blocked_clients:1\r"))
        redisAsyncCommand(ac, NULL, NULL, feed);
    else
        redisAsyncCommand(ac, feed_once_blocked, feed, "INFO clients");
}

/* ---- messages ---- */

static void on_last_word(redisAsyncContext *ac, void *answer, void *unused)
{
    (void)unused;
    struct round *round = ac->data;
    if (!is_text(answer, "PONG"))
        round->wrong = true;
    end_both(round);
}

static void on_publish(redisAsyncContext *ac, void *answer, void *expected)
{
    struct round *round = ac->data;
    redisReply *reply = answer;
    if (!reply || reply->integer != (long)expected)
        round->wrong = true;
}

static void on_message(redisAsyncContext *ac, void *answer, void *unused)
{
    (void)unused;
    struct round *round = ac->data;
    redisReply *reply = answer;
    if (!reply)
        return; /* the connection ends */
    if (is_array(reply, "subscribe", "news")) {
        for (long i = 0; i < MESSAGES; i++)
            redisAsyncCommand(round->other, on_publish, (void *)1, "PUBLISH news %ld", i);
    } else if (is_array(reply, "message", "news") && atol(reply->element[2]->str) == round->got) {
        if (++round->got == MESSAGES)
            redisAsyncCommand(ac, NULL, NULL, "UNSUBSCRIBE news");
    } else if (is_array(reply, "unsubscribe", "news")) {
        redisAsyncCommand(round->other, on_publish, (void *)0, "PUBLISH news nobody");
        redisAsyncCommand(round->other, on_last_word, NULL, "PING");
    } else {
        round->wrong = true;
    }
}

static void test_messages(void)
{
    struct round round;
    begin(&round);
    redisAsyncCommand(round.one, on_message, NULL, "SUBSCRIBE news");
    claim(run(&round) && round.got == MESSAGES && round.ended_well == 2,
          "a subscriber gets 5,000 messages in order, and none after UNSUBSCRIBE");
}

static void on_pattern(redisAsyncContext *ac, void *answer, void *unused)
{
    (void)unused;
    struct round *round = ac->data;
    redisReply *reply = answer;
    if (!reply)
        return;
    if (is_array(reply, "psubscribe", "n?ws")) {
        redisAsyncCommand(round->other, on_publish, (void *)1, "PUBLISH news %b", "\0\r\n", (size_t)3);
    } else if (is_array(reply, "pmessage", "n?ws") && is_text(reply->element[2], "news") &&
               reply->element[3]->len == 3 && memcmp(reply->element[3]->str, "\0\r\n", 3) == 0) {
        round->got++;
        end_both(round);
    } else {
        round->wrong = true;
    }
}

static void test_patterns(void)
{
    struct round round;
    begin(&round);
    redisAsyncCommand(round.one, on_pattern, NULL, "PSUBSCRIBE n?ws");
    claim(run(&round) && round.got == 1, "a pattern's message has its bytes as they are");
}

/* ---- pipelines and transactions ---- */

static void on_value(redisAsyncContext *ac, void *answer, void *expected)
{
    struct round *round = ac->data;
    redisReply *reply = answer;
    if (!reply || reply->type != REDIS_REPLY_STRING || atol(reply->str) != (long)expected)
        round->wrong = true;
    round->got++;
    if (round->got == 2L * PAIRS)
        end_both(round);
}

static void test_pipelines(void)
{
    struct round round;
    begin(&round);
    for (long i = 0; i < PAIRS; i++) {
        redisAsyncCommand(round.one, NULL, NULL, "SET one:%ld %ld", i % 100, i);
        redisAsyncCommand(round.one, on_value, (void *)i, "GET one:%ld", i % 100);
        redisAsyncCommand(round.other, NULL, NULL, "SET other:%ld %ld", i % 100, i);
        redisAsyncCommand(round.other, on_value, (void *)i, "GET other:%ld", i % 100);
    }
    claim(run(&round) && round.got == 2L * PAIRS && round.ended_well == 2,
          "two pipelines of 10,000 SET and GET at once are answered in order");
}

static void on_exec(redisAsyncContext *ac, void *answer, void *unused)
{
    (void)unused;
    struct round *round = ac->data;
    redisReply *reply = answer;
    bool runs = reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 && reply->element[1]->integer == 2;
    if (round->got++ == 0) {
        round->wrong = round->wrong || !runs;
    } else { /* the second is not run over the other's change */
        round->wrong = round->wrong || !reply || reply->type != REDIS_REPLY_NIL;
        end_both(round);
    }
}

static void on_change(redisAsyncContext *ac, void *answer, void *unused)
{
    (void)answer, (void)unused;
    struct round *round = ac->data;
    redisAsyncCommand(round->one, NULL, NULL, "MULTI");
    redisAsyncCommand(round->one, NULL, NULL, "SET t never");
    redisAsyncCommand(round->one, on_exec, NULL, "EXEC");
}

static void on_watch(redisAsyncContext *ac, void *answer, void *unused)
{
    (void)unused;
    struct round *round = ac->data;
    round->wrong = round->wrong || !is_text(answer, "OK");
    redisAsyncCommand(round->other, on_change, NULL, "INCR t");
}

static void test_transactions(void)
{
    struct round round;
    begin(&round);
    redisAsyncCommand(round.one, NULL, NULL, "MULTI");
    redisAsyncCommand(round.one, NULL, NULL, "SET t 1");
    redisAsyncCommand(round.one, NULL, NULL, "INCR t");
    redisAsyncCommand(round.one, on_exec, NULL, "EXEC");
    redisAsyncCommand(round.one, on_watch, NULL, "WATCH t");
    claim(run(&round) && round.got == 2, "MULTI and EXEC, and WATCH that another connection breaks");
}

/* ---- waiting ---- */

static void on_popped(redisAsyncContext *ac, void *answer, void *unused)
{
    (void)unused;
    struct round *round = ac->data;
    round->got += is_array(answer, "queue", "job");
    end_both(round);
}

static void test_waiting(void)
{
    struct round round;
    begin(&round);
    redisAsyncCommand(round.one, on_popped, NULL, "BLPOP none queue 0");
    redisAsyncCommand(round.other, feed_once_blocked, "RPUSH queue job", "INFO clients");
    claim(run(&round) && round.got == 1, "BLPOP gets what the other connection pushes");
}

/* ---- invalidations ---- */

static void on_read(redisAsyncContext *ac, void *answer, void *unused)
{
    (void)unused;
    struct round *round = ac->data;
    round->wrong = round->wrong || !is_text(answer, "v");
    /* the second change is not told: the key has not been read again */
    redisAsyncCommand(round->other, NULL, NULL, "SET cached w");
    redisAsyncCommand(round->other, NULL, NULL, "SET cached x");
}

static void on_notice(redisAsyncContext *ac, void *answer, void *unused)
{
    (void)unused;
    struct round *round = ac->data;
    redisReply *reply = answer;
    if (!reply)
        return;
    if (is_array(reply, "message", "__redis__:invalidate")) {
        round->got += reply->element[2]->elements == 1 && is_text(reply->element[2]->element[0], "cached");
        end_both(round);
    }
}

static void on_number(redisAsyncContext *ac, void *answer, void *unused)
{
    (void)unused;
    struct round *round = ac->data;
    redisReply *reply = answer;
    redisAsyncCommand(ac, on_notice, NULL, "SUBSCRIBE __redis__:invalidate");
    redisAsyncCommand(round->other, NULL, NULL, "SET cached v");
    redisAsyncCommand(round->other, NULL, NULL, "CLIENT TRACKING ON REDIRECT %lld", reply ? reply->integer : 0);
    redisAsyncCommand(round->other, on_read, NULL, "GET cached");
}

static void test_redirected_invalidations(void)
{
    struct round round;
    begin(&round);
    redisAsyncCommand(round.one, on_number, NULL, "CLIENT ID");
    claim(run(&round) && round.got == 1, "CLIENT TRACKING REDIRECT tells a connection that subscribes");
}

#if HIREDIS_MAJOR >= 1 /* before, hiredis knows RESP2 only */

static void on_push(redisAsyncContext *ac, void *answer)
{
    struct round *round = ac->data;
    redisReply *reply = answer;
    round->got += reply->type == REDIS_REPLY_PUSH && reply->elements == 2 && is_text(reply->element[0], "invalidate") &&
                  reply->element[1]->elements == 1 && is_text(reply->element[1]->element[0], "cached");
    end_both(round);
}

static void on_tracking(redisAsyncContext *ac, void *answer, void *unused)
{
    (void)unused;
    struct round *round = ac->data;
    round->wrong = round->wrong || !is_text(answer, "OK");
    redisAsyncCommand(ac, on_read, NULL, "GET cached");
}

static void test_pushed_invalidations(void)
{
    struct round round;
    begin(&round);
    redisAsyncSetPushCallback(round.one, on_push);
    redisAsyncCommand(round.one, NULL, NULL, "HELLO 3");
    redisAsyncCommand(round.one, NULL, NULL, "SET cached v");
    redisAsyncCommand(round.one, on_tracking, NULL, "CLIENT TRACKING ON");
    claim(run(&round) && round.got == 1, "an invalidation comes to the push handler");
}

#else

static void test_pushed_invalidations(void)
{
}

#endif

/* ---- ends ---- */

static void on_victim(redisAsyncContext *ac, void *answer, void *unused)
{
    (void)unused;
    struct round *round = ac->data;
    redisReply *reply = answer;
    redisAsyncCommand(round->other, NULL, NULL, "CLIENT KILL ID %lld", reply ? reply->integer : 0);
    round->done = true;
    redisAsyncDisconnect(round->other);
}

static void on_nothing(redisAsyncContext *ac, void *answer, void *unused)
{
    (void)unused;
    ((struct round *)ac->data)->got += !answer;
}

static void test_ends(void)
{
    struct round round;
    begin(&round);
    redisAsyncCommand(round.one, on_victim, NULL, "CLIENT ID");
    redisAsyncCommand(round.one, on_nothing, NULL, "BLPOP none 0");
    claim(run(&round) && round.ended_well == 1 && round.ended_badly == 1 && round.got == 1,
          "a waiting connection that is killed is told so, and the one that leaves ends well");
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s SOCKET\n", argv[0]);
        return 2;
    }
    socket_path = argv[1];
    test_messages();
    test_patterns();
    test_pipelines();
    test_transactions();
    test_waiting();
    test_redirected_invalidations();
    test_pushed_invalidations();
    test_ends();
    return failures ? 1 : 0;
}
