/* The protocol on the wire: forms of requests, however they are cut, and what breaks the rules. */
#include "kit/served.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

START_TEST(inline_requests_are_split_like_a_shells)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "  SET   key  \"a \\x41\\n\\\"\"\r\n");
    kit_raw_expect(fd, "+OK\r\n");
    kit_raw_text(fd, "GET key\nget 'key'\r\n");
    kit_raw_expect(fd, "$5\r\na A\n\"\r\n$5\r\na A\n\"\r\n");
    kit_raw_text(fd, "\r\n\n   \r\nPING\r\n"); /* empty lines ask for nothing */
    kit_raw_expect(fd, "+PONG\r\n");
    close(fd);
}
END_TEST

START_TEST(empty_arrays_ask_for_nothing)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "*0\r\n*-1\r\n*-10\r\n*1\r\n$4\r\nPING\r\n");
    kit_raw_expect(fd, "+PONG\r\n");
    close(fd);
}
END_TEST

START_TEST(requests_arrive_whole_however_they_are_cut)
{
    static const char requests[] = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\nab\r\n*1\r\n$4\r\n\r\nGET k\r\n"
                                   "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
    static const char replies[] = "+OK\r\n$12\r\nab\r\n*1\r\n$4\r\n\r\n$12\r\nab\r\n*1\r\n$4\r\n\r\n";
    for (size_t cut = 1; cut < sizeof requests - 1; cut++) {
        int fd = kit_raw_connect(server);
        kit_raw_send(fd, requests, cut);
        kit_expect(c, "+PONG", "PING"); /* by now the first part has most likely been read */
        kit_raw_send(fd, requests + cut, sizeof requests - 1 - cut);
        kit_raw_expect(fd, replies);
        close(fd);
    }
    int fd = kit_raw_connect(server);
    for (size_t i = 0; i < sizeof requests - 1; i++)
        kit_raw_send(fd, requests + i, 1);
    kit_raw_expect(fd, replies);
    close(fd);
}
END_TEST

START_TEST(broken_requests_get_their_error_and_the_end)
{
    static const struct {
        const char *request, *reply;
    } cases[] = {
        {"*abc\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
        {"*20000000000\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
        {"*1\r\nPING\r\n", "-ERR Protocol error: expected '$', got 'P'\r\n"},
        {"*1\r\n\r\n", "-ERR Protocol error: expected '$', got ' '\r\n"},
        {"*1\r\n$abc\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
        {"*1\r\n$-5\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
        {"*1\r\n$2000000000\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
        {"SET k \"open\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n"},
        {"SET k \"a\"b\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = kit_raw_connect(server);
        kit_raw_text(fd, "PING\r\n"); /* what came before is answered before */
        kit_raw_text(fd, cases[i].request);
        kit_raw_expect(fd, "+PONG\r\n");
        kit_raw_expect_at(__FILE__, __LINE__, fd, cases[i].reply, strlen(cases[i].reply));
        kit_raw_expect_end(fd);
        close(fd);
    }
}
END_TEST

START_TEST(lines_without_an_end_are_refused)
{
    static const struct {
        char first;
        const char *reply;
    } cases[] = {
        {'x', "-ERR Protocol error: too big inline request\r\n"},
        {'*', "-ERR Protocol error: too big mbulk count string\r\n"},
    };
    char *bytes = malloc(70000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = kit_raw_connect(server);
        memset(bytes, '1', 70000);
        bytes[0] = cases[i].first;
        kit_raw_send(fd, bytes, 70000);
        kit_raw_expect_at(__FILE__, __LINE__, fd, cases[i].reply, strlen(cases[i].reply));
        kit_raw_expect_end(fd);
        close(fd);
    }
    free(bytes);
}
END_TEST

START_TEST(sending_side_that_is_closed_still_gets_every_reply)
{
    int fd = kit_raw_connect(server);
    char *value = malloc(1000001);
    memset(value, 'v', 1000000);
    value[1000000] = '\0';
    kit_expect(c, "+OK", "SET", "k", value);
    kit_raw_text(fd, "GET k\r\nGET k\r\nGET k\r\nPING\r\nPING half");
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    for (int i = 0; i < 3; i++) {
        kit_raw_expect(fd, "$1000000\r\n");
        kit_raw_expect_at(__FILE__, __LINE__, fd, value, 1000000);
        kit_raw_expect(fd, "\r\n");
    }
    kit_raw_expect(fd, "+PONG\r\n");
    kit_raw_expect_end(fd);
    free(value);
    close(fd);
}
END_TEST

START_TEST(binary_keys_and_values_come_back_as_they_were)
{
    struct dice dice = dice_create(1);
    for (unsigned round = 0; round < scratch_rounds(100); round++) {
        char key[64], value[20000];
        size_t key_len = dice_below(&dice, sizeof key + 1);
        size_t value_len = dice_below(&dice, round % 10 ? 300 : sizeof value);
        for (size_t i = 0; i < key_len; i++)
            key[i] = (char)dice_next(&dice);
        for (size_t i = 0; i < value_len; i++)
            value[i] = (char)dice_next(&dice);
        redisReply *reply = redisCommand(c, "SET %b %b", key, key_len, value, value_len);
        freeReplyObject(reply);
        reply = redisCommand(c, "GET %b", key, key_len);
        ck_assert_int_eq(reply->type, REDIS_REPLY_STRING);
        ck_assert_uint_eq(reply->len, value_len);
        ck_assert(memcmp(reply->str, value, value_len) == 0);
        freeReplyObject(reply);
    }
}
END_TEST

/* Sends one SET and one GET of len bytes in pieces of up to piece bytes. */
static void send_large(int fd, const char *value, size_t len, size_t piece)
{
    char header[64];
    snprintf(header, sizeof header, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%zu\r\n", len);
    kit_raw_text(fd, header);
    for (size_t at = 0; at < len; at += piece)
        kit_raw_send(fd, value + at, len - at < piece ? len - at : piece);
    kit_raw_text(fd, "\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
}

START_TEST(large_values_of_every_size_pass_in_pieces)
{
    static const size_t sizes[] = {1,     4095,  16383, 16384, 16385, 32767,   32768,
                                   32769, 65535, 65536, 65537, 99999, 1048576, 5000001};
    char *value = malloc(5000001), header[32];
    struct dice dice = dice_create(2);
    for (size_t i = 0; i < 5000001; i++)
        value[i] = (char)dice_next(&dice);
    int fd = kit_raw_connect(server);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        send_large(fd, value, sizes[i], 1 + dice_below(&dice, 100000));
        kit_raw_expect(fd, "+OK\r\n");
        snprintf(header, sizeof header, "$%zu\r\n", sizes[i]);
        kit_raw_expect_at(__FILE__, __LINE__, fd, header, strlen(header));
        kit_raw_expect_at(__FILE__, __LINE__, fd, value, sizes[i]);
        kit_raw_expect(fd, "\r\n");
    }
    free(value);
    close(fd);
}
END_TEST

START_TEST(bulk_length_limit_is_configurable)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "proto-max-bulk-len", "1mb");
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "*2\r\n$4\r\nECHO\r\n$1048577\r\n");
    kit_raw_expect(fd, "-ERR Protocol error: invalid bulk length\r\n");
    kit_raw_expect_end(fd);
    close(fd);
}
END_TEST

struct writer {
    int fd;
    int count;
};

static void *write_requests(void *data)
{
    const struct writer *writer = data;
    for (int i = 0; i < writer->count; i++)
        kit_raw_text(writer->fd, "GET k\r\nPING\r\n");
    return NULL;
}

START_TEST(pipeline_far_larger_than_the_sockets_buffers_is_answered_in_order)
{
    struct writer writer = {kit_raw_connect(server), 20000};
    char value[1001];
    pthread_t thread;
    memset(value, 'v', 1000);
    value[1000] = '\0';
    kit_expect(c, "+OK", "SET", "k", value);
    ck_assert_int_eq(pthread_create(&thread, NULL, write_requests, &writer), 0);
    for (int i = 0; i < writer.count; i++) {
        kit_raw_expect(writer.fd, "$1000\r\n");
        kit_raw_expect_at(__FILE__, __LINE__, writer.fd, value, 1000);
        kit_raw_expect(writer.fd, "\r\n+PONG\r\n");
    }
    pthread_join(thread, NULL);
    close(writer.fd);
}
END_TEST

START_TEST(http_requests_are_cut_off)
{
    static const char *const requests[] = {"POST / HTTP/1.1\r\nHost: x\r\n\r\n", "Host: x\r\n"};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        int fd = kit_raw_connect(server);
        kit_raw_text(fd, requests[i]);
        kit_raw_expect_end(fd);
        close(fd);
    }
}
END_TEST

START_TEST(unknown_commands_are_named_in_the_error)
{
    kit_expect(c, "-ERR unknown command 'nosuch', with args beginning with: 'a' 'b' ", "nosuch", "a", "b");
    kit_expect(c, "-ERR unknown command '', with args beginning with: ", "");
    kit_expect(c, "-ERR unknown subcommand 'nosuch'. Try CLIENT HELP.", "CLIENT", "nosuch");
    kit_expect(c, "-ERR wrong number of arguments for 'client' command", "CLIENT");
}
END_TEST

START_TEST(errors_repeat_little_of_what_is_unknown)
{
    char word[101], expected[256];
    memset(word, 'w', 100);
    word[100] = '\0';
    snprintf(expected, sizeof expected, "-ERR unknown command 'nosuch', with args beginning with: '%s' '%.25s' ", word,
             word);
    kit_expect(c, expected, "nosuch", word, word, "more");
}
END_TEST

Suite *suite_protocol(void);
Suite *suite_protocol(void)
{
    Suite *suite = suite_create("protocol");
    TCase *tcase = served_tcase("protocol");
    tcase_add_test(tcase, inline_requests_are_split_like_a_shells);
    tcase_add_test(tcase, empty_arrays_ask_for_nothing);
    tcase_add_test(tcase, requests_arrive_whole_however_they_are_cut);
    tcase_add_test(tcase, broken_requests_get_their_error_and_the_end);
    tcase_add_test(tcase, lines_without_an_end_are_refused);
    tcase_add_test(tcase, sending_side_that_is_closed_still_gets_every_reply);
    tcase_add_test(tcase, binary_keys_and_values_come_back_as_they_were);
    tcase_add_test(tcase, large_values_of_every_size_pass_in_pieces);
    tcase_add_test(tcase, bulk_length_limit_is_configurable);
    tcase_add_test(tcase, pipeline_far_larger_than_the_sockets_buffers_is_answered_in_order);
    tcase_add_test(tcase, http_requests_are_cut_off);
    tcase_add_test(tcase, unknown_commands_are_named_in_the_error);
    tcase_add_test(tcase, errors_repeat_little_of_what_is_unknown);
    suite_add_tcase(suite, tcase);
    return suite;
}
