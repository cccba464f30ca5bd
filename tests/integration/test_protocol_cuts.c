/* However a client cuts its bytes, and whatever it sends at once, the replies are the same. */
#include "kit/kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LITERAL(text) text, sizeof(text) - 1

static const struct {
    const char *sent;
    size_t sent_len;
    const char *expected;
    size_t expected_len;
    bool ends; /* the server closes */
} dialogues[] = {
    {LITERAL("*1\r\n$4\r\nPING\r\n"), LITERAL("+PONG\r\n"), false},
    {LITERAL("PING\r\nping\n\r\n  PING  \"hello there\"  \r\n"), LITERAL("+PONG\r\n+PONG\r\n$11\r\nhello there\r\n"),
     false},
    {LITERAL("*3\r\n$3\r\nSET\r\n$3\r\nk\0\r\r\n$6\r\n\r\n$9\r\n\r\n*2\r\n$3\r\nGET\r\n$3\r\nk\0\r\r\n"),
     LITERAL("+OK\r\n$6\r\n\r\n$9\r\n\r\n"), false},
    {LITERAL(
         "*3\r\n$3\r\nset\r\n$0\r\n\r\n$0\r\n\r\n*2\r\n$6\r\nstrlen\r\n$0\r\n\r\n*0\r\n*-1\r\n*1\r\n$4\r\nPING\r\n"),
     LITERAL("+OK\r\n:0\r\n+PONG\r\n"), false},
    {LITERAL("*2\r\n$5\r\nHELLO\r\n$1\r\n9\r\n*2\r\n$4\r\nMGET\r\n$4\r\nnone\r\n*1\r\n$4\r\nQUIT\r\n"),
     LITERAL("-NOPROTO unsupported protocol version\r\n*1\r\n$-1\r\n+OK\r\n"), true},
    {LITERAL("PING\r\n*2\r\n$4\r\nECHO\r\n$-5\r\n"), LITERAL("+PONG\r\n-ERR Protocol error: invalid bulk length\r\n"),
     true},
    {LITERAL("*1\r\n+PING\r\n"), LITERAL("-ERR Protocol error: expected '$', got '+'\r\n"), true},
    {LITERAL("PING\r\n*a\r\n"), LITERAL("+PONG\r\n-ERR Protocol error: invalid multibulk length\r\n"), true},
    {LITERAL("SET k \"v\r\n"), LITERAL("-ERR Protocol error: unbalanced quotes in request\r\n"), true},
};
#define DIALOGUES ((int)(sizeof dialogues / sizeof dialogues[0]))

static void expect_answer(int fd, int i)
{
    kit_raw_expect_at(__FILE__, __LINE__, fd, dialogues[i].expected, dialogues[i].expected_len);
    if (dialogues[i].ends) {
        kit_raw_expect_end(fd);
    } else {
        kit_raw_text(fd, "ECHO end\r\n"); /* nothing stands between */
        kit_raw_expect(fd, "$3\r\nend\r\n");
    }
    close(fd);
}

START_TEST(every_cut_of_a_dialogue_gives_the_same_answer)
{
    struct kit_server *server = kit_start();
    for (int i = 0; i < DIALOGUES; i++)
        for (size_t cut = 1; cut <= dialogues[i].sent_len; cut++) {
            int fd = kit_raw_connect(server);
            kit_raw_send(fd, dialogues[i].sent, cut);
            if (cut < dialogues[i].sent_len) {
                kit_raw_await_taken(fd);
                kit_raw_send(fd, dialogues[i].sent + cut, dialogues[i].sent_len - cut);
            }
            expect_answer(fd, i);
        }
    kit_stop(server);
}
END_TEST

START_TEST(a_client_that_sends_a_byte_at_a_time_is_served)
{
    struct kit_server *server = kit_start();
    for (int i = 0; i < DIALOGUES; i++) {
        int fd = kit_raw_connect(server);
        for (size_t at = 0; at < dialogues[i].sent_len; at++) {
            kit_raw_send(fd, dialogues[i].sent + at, 1);
            kit_raw_await_taken(fd);
        }
        expect_answer(fd, i);
    }
    kit_stop(server);
}
END_TEST

START_TEST(clients_that_take_turns_in_mid_request_do_not_mix)
{
    enum { CLIENTS = 60 };
    struct kit_server *server = kit_start();
    struct dice dice = dice_create(1);
    int fds[CLIENTS];
    size_t at[CLIENTS] = {0}, lens[CLIENTS];
    char requests[CLIENTS][128];
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = kit_raw_connect(server);
        lens[i] = (size_t)sprintf(requests[i], "*2\r\n$4\r\nECHO\r\n$12\r\nclient%06d\r\n", i);
    }
    for (unsigned open = CLIENTS; open > 0;) {
        int i = (int)dice_below(&dice, CLIENTS);
        if (at[i] == lens[i])
            continue;
        size_t part = 1 + dice_below(&dice, 9);
        part = part < lens[i] - at[i] ? part : lens[i] - at[i];
        kit_raw_send(fds[i], requests[i] + at[i], part);
        if (dice_chance(&dice, 30))
            kit_raw_await_taken(fds[i]);
        at[i] += part;
        open -= at[i] == lens[i];
    }
    for (int i = 0; i < CLIENTS; i++) {
        char expected[64];
        size_t len = (size_t)sprintf(expected, "$12\r\nclient%06d\r\n", i);
        kit_raw_expect_at(__FILE__, __LINE__, fds[i], expected, len);
        close(fds[i]);
    }
    kit_stop(server);
}
END_TEST

/* Bulks about the size from which they are received in place, cut near their ends. */
START_TEST(big_bulks_survive_cuts_at_their_ends)
{
    static const size_t lens[] = {16383, 16384, 16385, 70000};
    struct kit_server *server = kit_start();
    for (size_t l = 0; l < sizeof lens / sizeof lens[0]; l++) {
        size_t len = lens[l], total;
        char *message = malloc(len + 200), header[64];
        size_t head = (size_t)sprintf(message, "*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$%zu\r\n", len);
        for (size_t i = 0; i < len; i++)
            message[head + i] = "\r\n$*0a"[i * 5 % 6];
        total = head + len + (size_t)sprintf(message + head + len, "\r\n*2\r\n$3\r\nGET\r\n$1\r\nb\r\n");
        for (size_t cut = 1; cut < total; cut += cut < head + 3 || cut > head + len - 4 ? 1 : len / 7) {
            int fd = kit_raw_connect(server);
            kit_raw_send(fd, message, cut);
            kit_raw_await_taken(fd);
            kit_raw_send(fd, message + cut, total - cut);
            kit_raw_expect(fd, "+OK\r\n");
            kit_raw_expect_at(__FILE__, __LINE__, fd, header, (size_t)sprintf(header, "$%zu\r\n", len));
            kit_raw_expect_at(__FILE__, __LINE__, fd, message + head, len);
            kit_raw_expect(fd, "\r\n");
            close(fd);
        }
        free(message);
    }
    kit_stop(server);
}
END_TEST

START_TEST(a_hundred_thousand_requests_at_once_are_answered_in_order)
{
    enum { REQUESTS = 100000 };
    struct kit_server *server = kit_start();
    redisContext *context = kit_connect(server);
    int count = scratch_is_sanitized() ? REQUESTS / 10 : REQUESTS;
    for (int i = 0; i < count; i++)
        redisAppendCommand(context, "ECHO %d", i);
    for (int i = 0; i < count; i++) {
        redisReply *reply;
        ck_assert_int_eq(redisGetReply(context, (void **)&reply), REDIS_OK);
        ck_assert_int_eq(atoi(reply->str), i);
        freeReplyObject(reply);
    }
    redisFree(context);
    kit_stop(server);
}
END_TEST

Suite *suite_protocol_cuts(void);
Suite *suite_protocol_cuts(void)
{
    Suite *suite = suite_create("protocol cuts");
    TCase *tcase = kit_tcase("protocol cuts");
    tcase_add_test(tcase, every_cut_of_a_dialogue_gives_the_same_answer);
    tcase_add_test(tcase, a_client_that_sends_a_byte_at_a_time_is_served);
    tcase_add_test(tcase, clients_that_take_turns_in_mid_request_do_not_mix);
    tcase_add_test(tcase, big_bulks_survive_cuts_at_their_ends);
    tcase_add_test(tcase, a_hundred_thousand_requests_at_once_are_answered_in_order);
    suite_add_tcase(suite, tcase);
    return suite;
}
