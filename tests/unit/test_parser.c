/* The parser: the same requests come out however the bytes are cut, and errors are Redis's. */
#include "base/blob.h"
#include "base/connection_memory.h"
#include "base/memory.h"
#include "base/siphash.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "resp/parser.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct parser_limits limits = {.max_bulk = (uint64_t)512 << 20, .max_arguments = INT32_MAX};

/* ---- a message and what was made of it ---- */

struct message {
    char *data;
    size_t len, capacity;
};

static void add(struct message *message, const void *data, size_t len)
{
    if (message->len + len >= message->capacity)
        message->data = realloc(message->data, message->capacity = 2 * (message->len + len + 1));
    must(message->data);
    memcpy(message->data + message->len, data, len);
    message->len += len;
}

static void add_text(struct message *message, const char *text)
{
    add(message, text, strlen(text));
}

/* A bulk of len bytes in which ends of line, zero bytes and type bytes abound. */
static void add_bulk(struct message *message, size_t len)
{
    static const char bytes[] = "\r\n$\0*1a\xff";
    char header[32];
    add(message, header, (size_t)sprintf(header, "$%zu\r\n", len));
    for (size_t i = 0; i < len; i++)
        add(message, &bytes[(i * 7 + i / 13) % (sizeof bytes - 1)], 1);
    add_text(message, "\r\n");
}

/* Requests as text, so that two outcomes can be compared. */
struct outcome {
    struct message text;
    size_t requests;
    size_t wire_bytes;
    enum parse_result result;
    char error[100];
};

static void note_request(struct outcome *outcome, const struct request *request)
{
    char line[64];
    must(request->argc >= 1);
    add(&outcome->text, line, (size_t)sprintf(line, "%d args, %zu bytes:", request->argc, request->bytes));
    for (int i = 0; i < request->argc; i++) {
        const struct arg *arg = &request->argv[i];
        if (arg->blob) {
            must(arg->data == arg->blob->data);
            must(arg->len == arg->blob->len);
            must(arg->len >= BLOB_MIN);
        }
        add(&outcome->text, line, (size_t)sprintf(line, " %zu", arg->len));
        if (arg->len < 16)
            add(&outcome->text, arg->data, arg->len);
        else
            add(&outcome->text, line,
                (size_t)sprintf(line, "#%016llx", (unsigned long long)siphash_bytes(arg->data, arg->len)));
    }
    add_text(&outcome->text, "\n");
    outcome->requests++;
    outcome->wire_bytes += request->bytes;
}

static void drain(struct parser *parser, struct outcome *outcome)
{
    do {
        struct request *requests;
        unsigned count;
        outcome->result = parser_batch(parser, &limits, &requests, &count);
        must(count <= PARSER_BATCH);
        for (unsigned i = 0; i < count; i++)
            note_request(outcome, &requests[i]);
    } while (outcome->result == PARSE_DONE);
    snprintf(outcome->error, sizeof outcome->error, "%s", outcome->result == PARSE_BAD ? parser_error(parser) : "");
}

/* Hands data to the parser as one arrival would: as many reads as it takes, all parsed afterwards or between. */
static void feed(struct parser *parser, const char *data, size_t len, struct outcome *outcome)
{
    while (len > 0) {
        struct iovec vectors[2];
        int count = parser_target(parser, vectors);
        size_t fed = 0;
        for (int i = 0; i < count && len > 0; i++) {
            size_t part = len < vectors[i].iov_len ? len : vectors[i].iov_len;
            memcpy(vectors[i].iov_base, data, part);
            data += part;
            len -= part;
            fed += part;
        }
        must(fed > 0);
        parser_fed(parser, fed);
        drain(parser, outcome);
        if (outcome->result == PARSE_BAD)
            return;
    }
}

static struct outcome parse_whole(const struct message *message)
{
    struct outcome outcome = {.result = PARSE_MORE};
    struct parser *parser = parser_create(message->len + 8192); /* so that one read takes all */
    feed(parser, message->data, message->len, &outcome);
    if (outcome.result == PARSE_MORE && !parser_has_rest(parser))
        ck_assert_uint_eq(parser_pending(parser), 0);
    parser_destroy(parser);
    return outcome;
}

static void check_same(const struct outcome *expected, const struct outcome *actual, const char *how, size_t at)
{
    ck_assert_msg(expected->result == actual->result, "%s %zu: result %d instead of %d", how, at, actual->result,
                  expected->result);
    ck_assert_msg(expected->text.len == actual->text.len &&
                      (!actual->text.len || memcmp(expected->text.data, actual->text.data, actual->text.len) == 0),
                  "%s %zu: expected\n%.*s\ngot\n%.*s", how, at, (int)expected->text.len, expected->text.data,
                  (int)actual->text.len, actual->text.data);
    ck_assert_str_eq(expected->error, actual->error);
}

/* ---- the corpus ---- */

#define BIG_MESSAGES 3
#define LITERAL(text)                                                                                                  \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }

static const struct {
    const char *data;
    size_t len;
} literals[] = {
    LITERAL("*1\r\n$4\r\nPING\r\n"),
    LITERAL("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nva\r\nl\r\n"),
    LITERAL("*2\r\n$0\r\n\r\n$3\r\na\0b\r\n*1\r\n$0\r\n\r\n"),
    LITERAL("PING\r\nPING\nECHO hi\r\n"),
    LITERAL("\r\n\r\n\nPING\r\n   \r\n"),
    LITERAL("  set \"a b\\x00\\n\" 'it\\'s'   x\"\"\r\n*1\r\n$4\r\nPING\r\n"),
    LITERAL("*0\r\n*-1\r\n*-12\r\nPING\r\n*0\r\n*1\r\n$1\r\na\r\n"),
    LITERAL("*10\r\n$1\r\n0\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n$1\r\n5\r\n$1\r\n6\r\n$1\r\n7\r\n$"
            "1\r\n8\r\n$1\r\n9\r\n"),
    LITERAL("*1\r\n$12\r\n*1\r\n$4\r\nPING\r\nPING\r\n"), /* a request inside an argument, cut short */
    LITERAL("*2\r\n$4\r\nECHO\r\n$10\r\n"),               /* unfinished */
    LITERAL("*1\r\n$4\r\nPINGxxPING\r\n"),                /* the end of a bulk isn't looked at */
    LITERAL("*"),
    LITERAL("*3\r"),
    LITERAL("*1\r\n$"),
    LITERAL("unfinished inline"),
    LITERAL("PING\r\n*1\r\n$-1\r\nPING\r\n"), /* errors: what came before is served */
    LITERAL("*1\r\n$4\r\nPING\r\n*1\r\n+OK\r\nPING\r\n"),
    LITERAL("PING\r\nset \"open\r\nPING\r\n"),
    LITERAL("*x\r\n"),
    LITERAL("*2\r\n$4\r\nECHO\r\n$99999999999999999999\r\n"),
};
#define LITERALS (sizeof literals / sizeof literals[0])

static struct message literal_message(size_t i)
{
    struct message message = {0};
    add(&message, literals[i].data, literals[i].len);
    return message;
}

/* A big bulk in the middle of others; the lengths lie about BLOB_MIN. */
static struct message big_message(int i)
{
    struct message message = {0};
    add_text(&message, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n");
    add_bulk(&message, BLOB_MIN - 1 + (size_t)i);
    add_text(&message, "*1\r\n$4\r\nPING\r\n");
    return message;
}

static struct message pipeline(unsigned count)
{
    struct message message = {0};
    char request[64];
    for (unsigned i = 0; i < count; i++) {
        int len = i % 7 == 3 ? sprintf(request, "GET key%u\r\n", i)
                             : sprintf(request, "*2\r\n$3\r\nGET\r\n$%d\r\nkey%u\r\n",
                                       i < 10    ? 4
                                       : i < 100 ? 5
                                                 : 6,
                                       i);
        add(&message, request, (size_t)len);
    }
    return message;
}

static void drop(struct message *message, struct outcome *outcome)
{
    free(message->data);
    free(outcome->text.data);
}

/* ---- cuts ---- */

static void check_cut_at(const struct message *message, const struct outcome *whole, size_t at)
{
    struct outcome outcome = {.result = PARSE_MORE};
    struct parser *parser = parser_create(16384);
    feed(parser, message->data, at, &outcome);
    if (outcome.result != PARSE_BAD)
        feed(parser, message->data + at, message->len - at, &outcome);
    check_same(whole, &outcome, "cut at", at);
    parser_destroy(parser);
    free(outcome.text.data);
}

static void check_bytewise(const struct message *message, const struct outcome *whole)
{
    struct outcome outcome = {.result = PARSE_MORE};
    struct parser *parser = parser_create(1);
    for (size_t i = 0; i < message->len && outcome.result != PARSE_BAD; i++)
        feed(parser, message->data + i, 1, &outcome);
    check_same(whole, &outcome, "byte by byte", 0);
    parser_destroy(parser);
    free(outcome.text.data);
}

static void check_random_cuts(const struct message *message, const struct outcome *whole, struct dice *dice,
                              size_t longest)
{
    struct outcome outcome = {.result = PARSE_MORE};
    struct parser *parser = parser_create(1 + dice_below(dice, 20000));
    for (size_t at = 0; at < message->len && outcome.result != PARSE_BAD;) {
        size_t part = 1 + dice_below(dice, longest);
        part = part < message->len - at ? part : message->len - at;
        feed(parser, message->data + at, part, &outcome);
        at += part;
        if (outcome.result == PARSE_MORE && dice_chance(dice, 30)) {
            struct parser *split = parser_split_rest(parser);
            parser_destroy(parser);
            parser = split;
        }
    }
    check_same(whole, &outcome, "random cuts, seed", (size_t)scratch_seed());
    parser_destroy(parser);
    free(outcome.text.data);
}

/* The unfinished request moves to a parser of its own; the old one serves somebody else meanwhile. */
static void check_split_at(const struct message *message, const struct outcome *whole, size_t at)
{
    struct outcome outcome = {.result = PARSE_MORE}, other = {.result = PARSE_MORE};
    struct parser *parser = parser_create(16384);
    feed(parser, message->data, at, &outcome);
    if (outcome.result == PARSE_MORE) {
        size_t pending = parser_pending(parser);
        struct parser *split = parser_split_rest(parser);
        ck_assert(!parser_has_rest(parser));
        ck_assert_uint_eq(parser_pending(split), pending);
        feed(parser, "*1\r\n$4\r\nPING\r\n", 14, &other);
        ck_assert_uint_eq(other.requests, 1);
        feed(split, message->data + at, message->len - at, &outcome);
        parser_destroy(split);
    }
    check_same(whole, &outcome, "split at", at);
    parser_destroy(parser);
    free(outcome.text.data);
    free(other.text.data);
}

START_TEST(every_cut_of_every_message_gives_the_same_requests)
{
    struct message message = literal_message((size_t)_i);
    struct outcome whole = parse_whole(&message);
    for (size_t at = 0; at <= message.len; at++) {
        check_cut_at(&message, &whole, at);
        check_split_at(&message, &whole, at);
    }
    check_bytewise(&message, &whole);
    drop(&message, &whole);
}
END_TEST

START_TEST(every_cut_of_a_big_bulk_gives_the_same_requests)
{
    struct message message = big_message(_i);
    struct outcome whole = parse_whole(&message);
    size_t step = scratch_is_sanitized() ? 37 : 5;
    ck_assert_uint_eq(whole.requests, 2);
    for (size_t at = 0; at <= message.len; at += at > 60 && at + 60 < message.len ? step : 1) {
        check_cut_at(&message, &whole, at);
        check_split_at(&message, &whole, at);
    }
    check_bytewise(&message, &whole);
    drop(&message, &whole);
}
END_TEST

START_TEST(pipelines_come_whole_in_batches)
{
    static const unsigned counts[] = {1, PARSER_BATCH - 1, PARSER_BATCH, PARSER_BATCH + 1, 3 * PARSER_BATCH, 999};
    struct dice dice = dice_create(4);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct message message = pipeline(counts[i]);
        struct outcome whole = parse_whole(&message);
        ck_assert_uint_eq(whole.requests, counts[i]);
        ck_assert_uint_eq(whole.wire_bytes, message.len);
        ck_assert_int_eq(whole.result, PARSE_MORE);
        check_bytewise(&message, &whole);
        for (unsigned k = 0; k < 50; k++)
            check_random_cuts(&message, &whole, &dice, 1 + dice_below(&dice, 5000));
        drop(&message, &whole);
    }
}
END_TEST

START_TEST(random_conversations_survive_random_cuts)
{
    struct dice dice = dice_create(5);
    for (unsigned history = 0; history < scratch_rounds(200); history++) {
        struct message message = {0};
        for (unsigned n = (unsigned)dice_below(&dice, 30); n > 0; n--) {
            char header[32];
            unsigned args = (unsigned)dice_below(&dice, dice_chance(&dice, 5) ? 300 : 6);
            if (dice_chance(&dice, 20)) {
                add_text(&message, "inline 'request' here\r\n");
                continue;
            }
            add(&message, header, (size_t)sprintf(header, "*%u\r\n", args));
            while (args-- > 0)
                add_bulk(&message, dice_below(&dice, dice_chance(&dice, 3) ? 3 * BLOB_MIN : 40));
        }
        if (!message.data)
            continue;
        struct outcome whole = parse_whole(&message);
        ck_assert_int_eq(whole.result, PARSE_MORE);
        for (unsigned k = 0; k < 10; k++)
            check_random_cuts(&message, &whole, &dice, dice_chance(&dice, 50) ? 100000 : 1 + dice_below(&dice, 2000));
        drop(&message, &whole);
    }
}
END_TEST

/* ---- time: each of these would take hours if bytes were looked at again at every arrival ---- */

START_TEST(a_megabyte_of_arguments_byte_by_byte_is_linear)
{
    struct message message = {0};
    unsigned count = 1 << (scratch_is_sanitized() ? 14 : 17);
    char header[32];
    add(&message, header, (size_t)sprintf(header, "*%u\r\n", count));
    for (unsigned i = 0; i < count; i++)
        add_text(&message, "$3\r\nabc\r\n");
    struct outcome whole = parse_whole(&message);
    ck_assert_uint_eq(whole.requests, 1);
    check_bytewise(&message, &whole);
    drop(&message, &whole);
}
END_TEST

START_TEST(a_large_bulk_in_small_pieces_is_linear_and_held_once)
{
    size_t len = (size_t)(scratch_is_sanitized() ? 4 : 64) << 20;
    struct outcome outcome = {.result = PARSE_MORE};
    struct parser *parser = parser_create(16384);
    char header[64], piece[700];
    memset(piece, 'p', sizeof piece);
    feed(parser, header, (size_t)sprintf(header, "*2\r\n$4\r\nECHO\r\n$%zu\r\n", len), &outcome);
    for (size_t sent = 0; sent < len;) {
        size_t part = len - sent < sizeof piece ? len - sent : sizeof piece;
        feed(parser, piece, part, &outcome);
        sent += part;
        must(parser_pending(parser) >= sent);
        must(parser_free_space(parser) <= 65536); /* the bulk isn't in the buffer as well */
    }
    must(outcome.requests == 0);
    feed(parser, "\r\n", 2, &outcome);
    must(outcome.requests == 1);
    parser_destroy(parser);
    free(outcome.text.data);
}
END_TEST

START_TEST(long_lines_byte_by_byte_are_linear)
{
    struct message message = {0};
    while (message.len < PARSER_LINE_MAX - 20)
        add_text(&message, "word words ");
    add_text(&message, "\r\n");
    struct outcome whole = parse_whole(&message);
    ck_assert_uint_eq(whole.requests, 1);
    check_bytewise(&message, &whole);
    drop(&message, &whole);
}
END_TEST

/* ---- errors ---- */

static void check_error(const char *data, size_t len, const char *expected, const struct parser_limits *custom)
{
    struct parser *parser = parser_create(16384);
    struct outcome outcome = {.result = PARSE_MORE};
    if (custom) {
        struct iovec vectors[2];
        struct request *requests;
        unsigned count;
        parser_target(parser, vectors);
        memcpy(vectors[0].iov_base, data, len);
        parser_fed(parser, len);
        outcome.result = parser_batch(parser, custom, &requests, &count);
        snprintf(outcome.error, sizeof outcome.error, "%s", parser_error(parser));
    } else {
        feed(parser, data, len, &outcome);
    }
    ck_assert_msg(outcome.result == PARSE_BAD, "%.60s: no error", data);
    ck_assert_str_eq(outcome.error, expected);
    drain(parser, &outcome); /* and it stays so */
    ck_assert_int_eq(outcome.result, PARSE_BAD);
    parser_reset(parser);
    outcome.requests = 0;
    feed(parser, "PING\r\n", 6, &outcome); /* until it is reset */
    ck_assert_uint_eq(outcome.requests, 1);
    parser_destroy(parser);
    free(outcome.text.data);
}

START_TEST(protocol_errors_are_redis_s)
{
    static const struct {
        const char *data, *error;
    } errors[] = {
        {"*abc\r\n", "invalid multibulk length"},
        {"*2147483648\r\n", "invalid multibulk length"},
        {"*99999999999999999999\r\n", "invalid multibulk length"},
        {"* 1\r\n", "invalid multibulk length"},
        {"*+1\r\n", "invalid multibulk length"},
        {"*01\r\n", "invalid multibulk length"},
        {"*\r\n", "invalid multibulk length"},
        {"*1\r\n$-1\r\n", "invalid bulk length"},
        {"*1\r\n$abc\r\n", "invalid bulk length"},
        {"*1\r\n$\r\n", "invalid bulk length"},
        {"*1\r\n$007\r\n", "invalid bulk length"},
        {"*1\r\n$536870913\r\n", "invalid bulk length"},
        {"*1\r\n$9223372036854775807\r\n", "invalid bulk length"},
        {"*1\r\n:4\r\n", "expected '$', got ':'"},
        {"*1\r\nfoo\r\n", "expected '$', got 'f'"},
        {"*2\r\n$1\r\na\r\n*1\r\n", "expected '$', got '*'"},
        {"get \"open\r\n", "unbalanced quotes in request"},
        {"get 'a'b\r\n", "unbalanced quotes in request"},
    };
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        char expected[100];
        snprintf(expected, sizeof expected, "ERR Protocol error: %s", errors[i].error);
        check_error(errors[i].data, strlen(errors[i].data), expected, NULL);
    }
}
END_TEST

START_TEST(endless_lines_are_refused_after_64_kib)
{
    static const struct {
        const char *start;
        char byte;
        const char *error;
    } errors[] = {
        {"", 'a', "ERR Protocol error: too big inline request"},
        {"*", '1', "ERR Protocol error: too big mbulk count string"},
        {"*1\r\n$", '1', "ERR Protocol error: too big bulk count string"},
        {"*1\r\n", 'x', "ERR Protocol error: too big bulk count string"},
    };
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        struct message message = {0};
        struct outcome outcome = {.result = PARSE_MORE};
        struct parser *parser = parser_create(16384);
        add_text(&message, errors[i].start);
        while (message.len < PARSER_LINE_MAX - 10)
            add(&message, &errors[i].byte, 1);
        feed(parser, message.data, message.len, &outcome);
        ck_assert_int_eq(outcome.result, PARSE_MORE);
        for (int more = 0; more < 20; more++)
            add(&message, &errors[i].byte, 1);
        check_error(message.data, message.len, errors[i].error, NULL);
        parser_destroy(parser);
        drop(&message, &outcome);
    }
}
END_TEST

START_TEST(limits_are_the_callers)
{
    struct parser_limits small = {.max_bulk = 10, .max_arguments = 3};
    check_error("*4\r\n$1\r\na\r\n", 11, "ERR Protocol error: unauthenticated multibulk length", &small);
    check_error("*1\r\n$11\r\n", 9, "ERR Protocol error: invalid bulk length", &small);
}
END_TEST

START_TEST(a_stranger_sends_little_and_is_heard_one_request_at_a_time)
{
    static const char two[] = "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n";
    struct parser_limits strange = {limits.max_bulk, PARSER_STRANGER_ARGUMENTS, true};
    check_error("*11\r\n", 5, "ERR Protocol error: unauthenticated multibulk length", &strange);
    check_error("*1\r\n$16385\r\n", 12, "ERR Protocol error: unauthenticated bulk length", &strange);

    struct parser *parser = parser_create(1024);
    struct iovec vectors[2];
    struct request *requests;
    unsigned count;
    parser_target(parser, vectors);
    memcpy(vectors[0].iov_base, two, sizeof two - 1);
    parser_fed(parser, sizeof two - 1);
    ck_assert_int_eq(parser_batch(parser, &strange, &requests, &count), PARSE_DONE);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(parser_batch(parser, &strange, &requests, &count), PARSE_DONE);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(parser_batch(parser, &strange, &requests, &count), PARSE_MORE);
    ck_assert_uint_eq(count, 0);
    parser_destroy(parser);
}
END_TEST

START_TEST(a_stranger_s_longest_bulk_is_awaited)
{
    static const char begin[] = "*1\r\n$16384\r\n";
    struct parser_limits strange = {limits.max_bulk, PARSER_STRANGER_ARGUMENTS, true};
    struct parser *parser = parser_create(1024);
    struct iovec vectors[2];
    struct request *requests;
    unsigned count;
    parser_target(parser, vectors);
    memcpy(vectors[0].iov_base, begin, sizeof begin - 1);
    parser_fed(parser, sizeof begin - 1);
    ck_assert_int_eq(parser_batch(parser, &strange, &requests, &count), PARSE_MORE);
    parser_destroy(parser);
}
END_TEST

/* ---- how much is read at once ---- */

/* Feeds so many bytes, as they come to be asked for. */
static void expect_short_reads(struct parser *parser, size_t bytes)
{
    while (bytes > 0) {
        struct iovec vectors[2];
        struct request *requests;
        unsigned count;
        int n = parser_target(parser, vectors);
        for (int i = 0; i < n; i++)
            ck_assert_uint_le(vectors[i].iov_len, PARSER_READ_MAX);
        size_t part = bytes < vectors[0].iov_len ? bytes : vectors[0].iov_len;
        memset(vectors[0].iov_base, 'x', part);
        parser_fed(parser, part);
        ck_assert_int_eq(parser_batch(parser, &limits, &requests, &count), PARSE_MORE);
        bytes -= part;
    }
}

START_TEST(no_read_takes_long_however_much_comes)
{
    struct parser *parser = parser_create(4 * PARSER_READ_MAX);
    struct outcome outcome = {.result = PARSE_MORE};
    feed(parser, "*2\r\n$16777216\r\n", 16, &outcome);
    expect_short_reads(parser, 16 * PARSER_READ_MAX - 1);
    parser_destroy(parser);
    free(outcome.text.data);
}
END_TEST

/* ---- what arguments live in ---- */

START_TEST(a_retained_blob_outlives_the_parser)
{
    struct message message = big_message(1);
    struct parser *parser = parser_create(1024); /* too small for the bulk: it is received in place */
    struct blob *kept = NULL;
    for (size_t at = 0; at < message.len;) {
        struct iovec vectors[2];
        struct request *requests;
        unsigned count;
        int n = parser_target(parser, vectors);
        size_t part = message.len - at < vectors[0].iov_len ? message.len - at : vectors[0].iov_len;
        ck_assert_int_ge(n, 1);
        memcpy(vectors[0].iov_base, message.data + at, part);
        at += part;
        parser_fed(parser, part);
        parser_batch(parser, &limits, &requests, &count);
        if (count && requests[0].argc == 3) {
            ck_assert_ptr_nonnull(requests[0].argv[2].blob);
            kept = blob_retain(requests[0].argv[2].blob);
        }
    }
    ck_assert_ptr_nonnull(kept);
    parser_destroy(parser);
    ck_assert(blob_is_exclusive(kept));
    ck_assert_uint_eq(kept->len, BLOB_MIN);
    ck_assert_mem_eq(kept->data, strstr(message.data, "$16384\r\n") + 8, BLOB_MIN);
    blob_release(kept);
    free(message.data);
}
END_TEST

START_TEST(reset_forgets_half_a_request)
{
    struct outcome outcome = {.result = PARSE_MORE};
    struct message message = big_message(2);
    for (size_t at = 1; at < message.len; at += 97) {
        struct parser *parser = parser_create(4096);
        feed(parser, message.data, at, &outcome);
        parser_reset(parser);
        ck_assert(!parser_has_rest(parser));
        ck_assert_uint_eq(parser_pending(parser), 0);
        outcome.requests = 0;
        feed(parser, "PING\r\n", 6, &outcome);
        ck_assert_uint_eq(outcome.requests, 1);
        parser_destroy(parser);
    }
    drop(&message, &outcome);
}
END_TEST

/* ---- memory ---- */

/* Sends len bytes of an argument. */
static void send_filling(struct parser *parser, struct outcome *outcome, size_t len)
{
    static char filling[1 << 16];
    while (len > 0) {
        size_t part = len < sizeof filling ? len : sizeof filling;
        feed(parser, filling, part, outcome);
        len -= part;
    }
}

START_TEST(what_is_only_announced_takes_no_memory)
{
    static const char *const headers[] = {"*2\r\n$4\r\nECHO\r\n$500000000\r\n", "*1000000000\r\n",
                                          "*1000000000\r\n$500000000\r\n"};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        struct outcome outcome = {.result = PARSE_MORE};
        size_t before = connection_memory();
        struct parser *parser = parser_create(4096);
        feed(parser, headers[i], strlen(headers[i]), &outcome);
        feed(parser, "x", 1, &outcome);
        ck_assert_uint_lt(parser_memory(parser), 40000);
        ck_assert_uint_lt(parser_held(parser), 24000);
        ck_assert_uint_eq(connection_memory() - before, parser_memory(parser));
        parser_destroy(parser);
        ck_assert_uint_eq(connection_memory(), before);
        free(outcome.text.data);
    }
}
END_TEST

START_TEST(a_bulk_takes_a_few_times_what_has_come_and_in_the_end_what_it_needs)
{
    enum { SIZE = 50000000 };
    struct outcome outcome = {.result = PARSE_MORE};
    struct parser *parser = parser_create(4096);
    size_t before = connection_memory(), first = parser_memory(parser), come = 0;
    feed(parser, "*1\r\n$50000000\r\n", 16, &outcome);
    while (come < SIZE) {
        size_t part = come < 100000 ? 1000 : 1000000;
        part = part < SIZE - come ? part : SIZE - come;
        send_filling(parser, &outcome, part);
        come += part;
        ck_assert_uint_le(parser_memory(parser), first + 17 * come + 40000);
        ck_assert_uint_ge(parser_held(parser), come);
        ck_assert_uint_eq(connection_memory() - before, parser_memory(parser) - first);
    }
    ck_assert_uint_le(parser_memory(parser), first + SIZE + SIZE / 4); /* a size class is a quarter larger at most */
    feed(parser, "\r\n", 2, &outcome);
    ck_assert_uint_eq(outcome.requests, 1);
    ck_assert_uint_gt(parser_memory(parser), SIZE); /* while it runs, it is the client's */
    struct iovec vectors[2];
    parser_target(parser, vectors);
    ck_assert_uint_lt(parser_memory(parser), 40000);
    parser_destroy(parser);
    ck_assert_uint_eq(connection_memory() + first, before);
    free(outcome.text.data);
}
END_TEST

START_TEST(all_that_a_parser_holds_is_counted_and_given_back)
{
    struct dice dice = dice_create(31);
    size_t before = connection_memory();
    for (unsigned round = 0; round < scratch_rounds(200); round++) {
        struct message message = {0};
        struct outcome outcome = {.result = PARSE_MORE};
        char header[32];
        unsigned args = 1 + (unsigned)dice_below(&dice, 3000);
        add(&message, header, (size_t)sprintf(header, "*%u\r\n", args));
        for (unsigned i = 0; i < args; i++)
            add_bulk(&message, dice_chance(&dice, 1) ? dice_below(&dice, 300000) : dice_below(&dice, 20));
        add_text(&message, "a b c 'd e' f\r\n");
        struct parser *parser = parser_create(256);
        size_t cut = dice_below(&dice, message.len + 1), mine = parser_memory(parser);
        ck_assert_uint_eq(connection_memory() - before, mine);
        feed(parser, message.data, cut, &outcome);
        ck_assert_uint_ge(parser_memory(parser), parser_pending(parser));
        if (dice_chance(&dice, 50) && parser_has_rest(parser)) {
            struct parser *split = parser_split_rest(parser);
            ck_assert_uint_eq(connection_memory() - before, parser_memory(parser) + parser_memory(split));
            parser_destroy(parser);
            parser = split;
        }
        ck_assert_uint_eq(connection_memory() - before, parser_memory(parser));
        if (dice_chance(&dice, 50)) {
            feed(parser, message.data + cut, message.len - cut, &outcome);
            ck_assert_uint_eq(outcome.requests, 2);
        } else if (dice_chance(&dice, 50)) {
            parser_reset(parser);
        }
        ck_assert_uint_eq(connection_memory() - before, parser_memory(parser));
        parser_destroy(parser);
        ck_assert_uint_eq(connection_memory(), before);
        drop(&message, &outcome);
    }
}
END_TEST

START_TEST(without_memory_for_a_growing_bulk_the_request_fails)
{
    for (unsigned failing = 1; failing <= 3; failing++) {
        struct outcome outcome = {.result = PARSE_MORE};
        struct parser *parser = parser_create(4096);
        mem_fail_after(failing);
        feed(parser, "*1\r\n$50000000\r\n", 16, &outcome);
        for (unsigned i = 0; i < 64 && outcome.result != PARSE_BAD; i++)
            send_filling(parser, &outcome, 65536);
        mem_fail_after(0);
        ck_assert_int_eq(outcome.result, PARSE_BAD);
        ck_assert_str_eq(outcome.error, "ERR Protocol error: out of memory for a bulk of that length");
        parser_destroy(parser);
        free(outcome.text.data);
    }
}
END_TEST

Suite *suite_parser(void);
Suite *suite_parser(void)
{
    Suite *suite = suite_create("parser");
    TCase *tcase = tcase_create("parser");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, every_cut_of_every_message_gives_the_same_requests, 0, (int)LITERALS);
    tcase_add_loop_test(tcase, every_cut_of_a_big_bulk_gives_the_same_requests, 0, BIG_MESSAGES);
    tcase_add_test(tcase, pipelines_come_whole_in_batches);
    tcase_add_test(tcase, random_conversations_survive_random_cuts);
    tcase_add_test(tcase, a_megabyte_of_arguments_byte_by_byte_is_linear);
    tcase_add_test(tcase, a_large_bulk_in_small_pieces_is_linear_and_held_once);
    tcase_add_test(tcase, long_lines_byte_by_byte_are_linear);
    tcase_add_test(tcase, protocol_errors_are_redis_s);
    tcase_add_test(tcase, endless_lines_are_refused_after_64_kib);
    tcase_add_test(tcase, limits_are_the_callers);
    tcase_add_test(tcase, a_stranger_sends_little_and_is_heard_one_request_at_a_time);
    tcase_add_test(tcase, a_stranger_s_longest_bulk_is_awaited);
    tcase_add_test(tcase, a_retained_blob_outlives_the_parser);
    tcase_add_test(tcase, reset_forgets_half_a_request);
    tcase_add_test(tcase, what_is_only_announced_takes_no_memory);
    tcase_add_test(tcase, a_bulk_takes_a_few_times_what_has_come_and_in_the_end_what_it_needs);
    tcase_add_test(tcase, all_that_a_parser_holds_is_counted_and_given_back);
    tcase_add_test(tcase, no_read_takes_long_however_much_comes);
    tcase_add_test(tcase, without_memory_for_a_growing_bulk_the_request_fails);
    suite_add_tcase(suite, tcase);
    return suite;
}
