/*
 * Clients that wait to move an element on (BLMOVE, BRPOPLPUSH): it is moved before anybody sees where it came from, and
 * however many wait nobody is held up.
 */
#include "kit/waiters.h"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- one moment ---- */

/* From a over b to c, each in several places, so that most of these keys are in different shards. */
#define PLACES 8

/* What one connection sends in one go, so that nothing is done between, and what it gets. */
static void expect_at_once(const char *sent, const char *answers)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, sent);
    kit_raw_expect_at(__FILE__, __LINE__, fd, answers, strlen(answers));
    close(fd);
}

static void push_at(int place, const char *feed, const char *answer)
{
    char sent[512], answers[256], request[64];
    snprintf(request, sizeof request, "BLMOVE a%d b%d LEFT LEFT 0\r\n", place, place);
    int first = waiter(request, 0);
    snprintf(request, sizeof request, "BRPOPLPUSH b%d c%d 0\r\n", place, place);
    int second = waiter(request, 1);
    kit_expect(c, ":1", "RPUSH", "list", "x");
    int len = snprintf(sent, sizeof sent, feed, place);
    snprintf(sent + len, sizeof sent - (size_t)len, "LLEN a%d\r\nLLEN b%d\r\nLRANGE c%d 0 -1\r\n", place, place, place);
    snprintf(answers, sizeof answers, "%s:0\r\n:0\r\n*1\r\n$1\r\nx\r\n", answer);
    expect_at_once(sent, answers);
    kit_raw_expect(first, "$1\r\nx\r\n");
    kit_raw_expect(second, "$1\r\nx\r\n");
    kit_expect(c, "+OK", "FLUSHALL");
    close(first), close(second);
    await_waiting(0);
}

START_TEST(what_is_pushed_is_moved_on_before_the_next_request)
{
    static const struct {
        const char *feed, *answer;
    } cases[] = {
        {"RPUSH a%d x\r\n", ":1\r\n"},
        {"LMOVE list a%d LEFT LEFT\r\n", "$1\r\nx\r\n"},
        {"RENAME list a%d\r\n", "+OK\r\n"},
        {"COPY list a%d\r\n", ":1\r\n"},
        {"SORT list ALPHA STORE a%d\r\n", ":1\r\n"},
        {"MULTI\r\nPING\r\nRPUSH a%d x\r\nEXEC\r\n", "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+PONG\r\n:1\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int place = 0; place < PLACES; place++)
            push_at(place, cases[i].feed, cases[i].answer);
}
END_TEST

/* ---- observers on other workers ---- */

#define PUSHES 40
#define OBSERVERS 6

static atomic_bool all_pushed;

/* Sees source and destination in one moment, again and again. */
static void observe(redisContext *context)
{
    for (long long before = 0; before < PUSHES || !atomic_load(&all_pushed);) {
        redisAppendCommand(context, "MULTI");
        redisAppendCommand(context, "LLEN from");
        redisAppendCommand(context, "LLEN to");
        redisAppendCommand(context, "EXEC");
        kit_expect_next(context, "+OK");
        kit_expect_next(context, "+QUEUED");
        kit_expect_next(context, "+QUEUED");
        redisReply *seen;
        ck_assert_int_eq(redisGetReply(context, (void **)&seen), REDIS_OK);
        ck_assert_int_eq(seen->element[0]->integer, 0); /* somebody waits to move it */
        ck_assert_int_ge(seen->element[1]->integer, before);
        before = seen->element[1]->integer;
        freeReplyObject(seen);
    }
}

static void push_or_observe(redisContext *context, unsigned index, void *data)
{
    (void)data;
    if (index > 0) {
        observe(context);
        return;
    }
    for (int i = 0; i < PUSHES; i++) {
        kit_expect(context, ":1", "RPUSH", "from", "x");
        usleep(500); /* so that observers see as many moments */
    }
    atomic_store(&all_pushed, true);
}

START_TEST(nobody_sees_what_is_pushed_while_others_wait_to_move_it)
{
    int fds[PUSHES];
    for (int i = 0; i < PUSHES; i++)
        fds[i] = waiter("BLMOVE from to LEFT RIGHT 0\r\n", i);
    kit_parallel(server, 1 + OBSERVERS, push_or_observe, NULL);
    kit_expect(c, ":40", "LLEN", "to");
    for (int i = 0; i < PUSHES; i++) {
        kit_raw_expect(fds[i], "$1\r\nx\r\n");
        close(fds[i]);
    }
}
END_TEST

/* ---- very many ---- */

#define CROWD 1100     /* more than are looked at one by one */
#define HELD_UP_MS 500 /* ten times of what is promised, as the machine may be busy */

static int crowd[CROWD];
static char requests[CROWD][48]; /* with which they wait */

/* A test's process may have 1,024 files unless it asks for more. */
static void begin_with_files(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    served_begin(kit_start());
}

static void gather_crowd(void)
{
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = kit_raw_connect(server);
        kit_raw_text(crowd[i], requests[i]);
        if (i % 50 == 49 || i + 1 == CROWD)
            await_waiting(i + 1);
    }
}

/* What each gets: its length and the text, which is a number. */
static int take_number(int i)
{
    char line[16];
    kit_raw_receive_line(crowd[i], line, sizeof line);
    ck_assert_int_eq(line[0], '$');
    kit_raw_receive_line(crowd[i], line, sizeof line);
    close(crowd[i]);
    return atoi(line);
}

/* Another key is asked for until the connection has something to read. */
static void expect_bystander_served_until(int fd)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    int64_t longest_ms = 0;
    do {
        int64_t began_ms = kit_now_ms();
        kit_expect(c, "nil", "GET", "bystander");
        int64_t took_ms = kit_now_ms() - began_ms;
        longest_ms = took_ms > longest_ms ? took_ms : longest_ms;
    } while (poll(&polled, 1, 0) == 0);
    ck_assert_int_lt(longest_ms, HELD_UP_MS);
}

/* RPUSH from 0 1 2 ... in one request, with another one behind it. */
static void push_numbers(int fd, int count, const char *behind)
{
    char *text = malloc((size_t)count * 8 + 256);
    int len = sprintf(text, "RPUSH from");
    for (int i = 0; i < count; i++)
        len += sprintf(text + len, " %d", i);
    sprintf(text + len, "\r\n%s", behind);
    kit_raw_text(fd, text);
    free(text);
}

START_TEST(a_crowd_that_waits_for_one_list_is_served_in_one_moment)
{
    static bool is_taken[CROWD];
    int pusher = kit_raw_connect(server);
    for (int i = 0; i < CROWD; i++)
        snprintf(requests[i], sizeof requests[i], "BLMOVE from to:%d LEFT LEFT 0\r\n", i);
    gather_crowd();
    push_numbers(pusher, CROWD, "LLEN from\r\nLLEN to:1090\r\n");
    expect_bystander_served_until(pusher);
    kit_raw_expect(pusher, ":1100\r\n:0\r\n:1\r\n");
    for (int i = 0; i < CROWD; i++) {
        int number = take_number(i);
        ck_assert(!is_taken[number]);
        is_taken[number] = true;
    }
    close(pusher);
}
END_TEST

START_TEST(an_element_goes_all_the_way_in_one_moment)
{
    int pusher = kit_raw_connect(server);
    for (int i = 0; i < CROWD; i++)
        snprintf(requests[i], sizeof requests[i], "BLMOVE step:%d step:%d RIGHT LEFT 0\r\n", i, i + 1);
    gather_crowd();
    kit_raw_text(pusher, "LPUSH step:0 7\r\nLLEN step:1\r\nLLEN step:1099\r\nLLEN step:1100\r\n");
    expect_bystander_served_until(pusher);
    kit_raw_expect(pusher, ":1\r\n:0\r\n:0\r\n:1\r\n");
    for (int i = 0; i < CROWD; i++)
        ck_assert_int_eq(take_number(i), 7);
    close(pusher);
}
END_TEST

START_TEST(one_that_moves_behind_a_crowd_that_takes_is_foreseen)
{
    int pusher = kit_raw_connect(server), last[PLACES];
    for (int i = 0; i < CROWD; i++)
        snprintf(requests[i], sizeof requests[i], "BLPOP from 0\r\n");
    gather_crowd();
    for (int i = 0; i < PLACES; i++) {
        char request[64];
        snprintf(request, sizeof request, "BLMOVE from to:%d LEFT LEFT 0\r\n", i);
        last[i] = waiter(request, CROWD + i);
    }
    push_numbers(pusher, CROWD + PLACES, "LLEN from\r\nLLEN to:0\r\nLLEN to:7\r\n");
    kit_raw_expect(pusher, ":1108\r\n:0\r\n:1\r\n:1\r\n");
    kit_raw_expect(last[PLACES - 1], "$4\r\n1107\r\n");
    for (int i = 0; i < PLACES; i++)
        close(last[i]);
    for (int i = 0; i < CROWD; i++)
        close(crowd[i]);
    close(pusher);
}
END_TEST

Suite *suite_moving(void);
Suite *suite_moving(void)
{
    Suite *suite = suite_create("moving");
    TCase *tcase = served_tcase("moving");
    tcase_add_test(tcase, what_is_pushed_is_moved_on_before_the_next_request);
    tcase_add_test(tcase, nobody_sees_what_is_pushed_while_others_wait_to_move_it);
    suite_add_tcase(suite, tcase);
    tcase = kit_tcase("crowds");
    tcase_add_checked_fixture(tcase, begin_with_files, served_end);
    tcase_add_test(tcase, a_crowd_that_waits_for_one_list_is_served_in_one_moment);
    tcase_add_test(tcase, an_element_goes_all_the_way_in_one_moment);
    tcase_add_test(tcase, one_that_moves_behind_a_crowd_that_takes_is_foreseen);
    suite_add_tcase(suite, tcase);
    return suite;
}
