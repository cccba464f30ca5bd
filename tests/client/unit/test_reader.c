/* Replies are read alike however their bytes are cut, and what is no reply ends the reading. */
#include "client/unit/replies.h"
#include "connection/reader.h"
#include "kit/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Gives the reader so many bytes. */
static void feed(struct reader *reader, const char *bytes, size_t size)
{
    while (size > 0) {
        size_t room;
        char *space = reader_space(reader, &room);
        size_t part = size < room ? size : room;
        memcpy(space, bytes, part);
        reader_commit(reader, part);
        bytes += part;
        size -= part;
    }
}

static void must_give(struct reader *reader, const char *tree)
{
    struct reply *reply;
    must(reader_next(reader, &reply) == READ_DONE);
    char *text = replies_describe(reply);
    ck_assert_str_eq(text, tree);
    free(text);
    reply_destroy(reply);
}

static void must_want_more(struct reader *reader)
{
    struct reply *reply;
    must(reader_next(reader, &reply) == READ_MORE);
}

START_TEST(every_sample_is_read_at_every_split_point)
{
    for (size_t i = 0; i < replies_sample_count; i++) {
        const struct sample *sample = &replies_samples[i];
        for (size_t cut = 0; cut <= sample->length; cut++) {
            struct reader *reader = reader_create();
            feed(reader, sample->bytes, cut);
            if (cut < sample->length)
                must_want_more(reader);
            feed(reader, sample->bytes + cut, sample->length - cut);
            must_give(reader, sample->tree);
            must_want_more(reader);
            reader_destroy(reader);
        }
    }
}
END_TEST

START_TEST(samples_in_a_row_are_read_byte_by_byte)
{
    struct reader *reader = reader_create();
    for (size_t i = 0; i < replies_sample_count; i++) {
        const struct sample *sample = &replies_samples[i];
        for (size_t at = 0; at + 1 < sample->length; at++) {
            feed(reader, sample->bytes + at, 1);
            must_want_more(reader);
        }
        feed(reader, sample->bytes + sample->length - 1, 1);
        must_give(reader, sample->tree);
    }
    reader_destroy(reader);
}
END_TEST

START_TEST(samples_in_one_piece_are_read_one_by_one)
{
    struct reader *reader = reader_create();
    for (size_t i = 0; i < replies_sample_count; i++)
        feed(reader, replies_samples[i].bytes, replies_samples[i].length);
    for (size_t i = 0; i < replies_sample_count; i++)
        must_give(reader, replies_samples[i].tree);
    must_want_more(reader);
    reader_destroy(reader);
}
END_TEST

START_TEST(random_replies_are_read_in_random_pieces)
{
    struct dice dice = dice_create(1);
    struct reader *reader = reader_create();
    for (unsigned round = scratch_rounds(2000); round > 0; round--) {
        char *bytes, *tree;
        size_t length;
        replies_create_random(&dice, &bytes, &length, &tree);
        size_t most = dice_chance(&dice, 50) ? 20 : 20000;
        for (size_t at = 0, part; at < length; at += part) {
            part = 1 + dice_below(&dice, most);
            part = part < length - at ? part : length - at;
            feed(reader, bytes + at, part);
            if (at + part < length)
                must_want_more(reader);
        }
        must_give(reader, tree);
        free(bytes);
        free(tree);
    }
    reader_destroy(reader);
}
END_TEST

static const struct {
    const char *bytes, *error;
} faults[] = {
    {"HTTP/1.1 400\r\n", "Protocol error, got \"H\" as reply type byte"},
    {"\r\n", "Protocol error, got \"\\x0d\" as reply type byte"},
    {"\x80\r\n", "Protocol error, got \"\\x80\" as reply type byte"},
    {":\r\n", "Bad integer value"},
    {":1 \r\n", "Bad integer value"},
    {": 1\r\n", "Bad integer value"},
    {":9223372036854775808\r\n", "Bad integer value"},
    {":0x10\r\n", "Bad integer value"},
    {",\r\n", "Bad double value"},
    {",1.5x\r\n", "Bad double value"},
    {",1e999\r\n", "Bad double value"},
    {"(\r\n", "Bad bignum value"},
    {"(-\r\n", "Bad bignum value"},
    {"(12a\r\n", "Bad bignum value"},
    {"#x\r\n", "Bad bool value"},
    {"#tt\r\n", "Bad bool value"},
    {"_x\r\n", "Bad nil value"},
    {"$x\r\n", "Bad bulk string length"},
    {"$\r\n", "Bad bulk string length"},
    {"$-2\r\n", "Bulk string length out of range"},
    {"$1099511627777\r\n", "Bulk string length out of range"},
    {"$1\r\nab\r\n", "Bulk string without its line end"},
    {"$1\r\na\n\r", "Bulk string without its line end"},
    {"=3\r\ntxt\r\n", "Verbatim string without its format"},
    {"=4\r\ntext\r\n", "Verbatim string without its format"},
    {"*x\r\n", "Bad multi-bulk length"},
    {"*-2\r\n", "Multi-bulk length out of range"},
    {"*4294967296\r\n", "Multi-bulk length out of range"},
    {"|-1\r\n", "Multi-bulk length out of range"},
    {"*2\r\n+a\r\n?\r\n", "Protocol error, got \"?\" as reply type byte"},
    {"%1\r\n+a\r\n:x\r\n", "Bad integer value"},
    {"|1\r\n+a\r\n:x\r\n", "Bad integer value"},
};

START_TEST(every_fault_is_named_at_every_split_point_and_stays)
{
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        size_t length = strlen(faults[i].bytes);
        for (size_t cut = 0; cut <= length; cut++) {
            struct reader *reader = reader_create();
            struct reply *reply;
            feed(reader, faults[i].bytes, cut);
            if (reader_next(reader, &reply) == READ_MORE)
                feed(reader, faults[i].bytes + cut, length - cut);
            ck_assert_msg(reader_next(reader, &reply) == READ_BAD, "taken: %s", faults[i].bytes);
            ck_assert_str_eq(reader_error(reader), faults[i].error);
            feed(reader, "+OK\r\n", 5);
            must(reader_next(reader, &reply) == READ_BAD);
            reader_destroy(reader);
        }
    }
}
END_TEST

START_TEST(random_bytes_do_no_harm)
{
    static const char alphabet[] = "+-:,(#_$=!*~>%|0123456789tfxyz\r\n\r\n\r\n";
    struct dice dice = dice_create(2);
    for (unsigned round = scratch_rounds(20000); round > 0; round--) {
        struct reader *reader = reader_create();
        struct reply *reply;
        enum read_status status = READ_MORE;
        for (int i = 0; i < 60 && status != READ_BAD; i++) {
            char byte = alphabet[dice_below(&dice, sizeof alphabet - 1)];
            feed(reader, &byte, 1);
            while ((status = reader_next(reader, &reply)) == READ_DONE)
                reply_destroy(reply);
        }
        reader_destroy(reader);
    }
}
END_TEST

START_TEST(announced_lengths_take_no_memory)
{
    struct reader *reader = reader_create();
    const char *bytes = "*4294967295\r\n*4294967295\r\n%4294967295\r\n$1099511627776\r\nab";
    feed(reader, bytes, strlen(bytes));
    must_want_more(reader);
    reader_destroy(reader);
}
END_TEST

/* So many arrays, one inside the other, and an integer. */
static enum read_status read_nested(int depth)
{
    struct reader *reader = reader_create();
    struct reply *reply = NULL;
    for (int i = 0; i < depth; i++)
        feed(reader, "*1\r\n", 4);
    feed(reader, ":1\r\n", 4);
    enum read_status status = reader_next(reader, &reply);
    if (status == READ_DONE)
        reply_destroy(reply);
    else
        ck_assert_str_eq(reader_error(reader), "Replies are nested too deeply");
    reader_destroy(reader);
    return status;
}

START_TEST(nesting_ends_at_its_bound)
{
    ck_assert_int_eq(read_nested(READER_MAX_DEPTH), READ_DONE);
    ck_assert_int_eq(read_nested(READER_MAX_DEPTH + 1), READ_BAD);
}
END_TEST

START_TEST(a_line_without_an_end_is_given_up)
{
    struct reader *reader = reader_create();
    struct reply *reply;
    static char part[1 << 20];
    size_t fed = 0;
    memset(part, 'a', sizeof part);
    feed(reader, "+", 1);
    while (reader_next(reader, &reply) == READ_MORE) {
        ck_assert_uint_le(fed, 80 << 20);
        feed(reader, part, sizeof part);
        fed += sizeof part;
    }
    ck_assert_str_eq(reader_error(reader), "A line without an end");
    ck_assert_uint_ge(fed, 64 << 20);
    reader_destroy(reader);
}
END_TEST

Suite *suite_reader(void);
Suite *suite_reader(void)
{
    Suite *suite = suite_create("reader");
    TCase *tcase = tcase_create("reader");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, every_sample_is_read_at_every_split_point);
    tcase_add_test(tcase, samples_in_a_row_are_read_byte_by_byte);
    tcase_add_test(tcase, samples_in_one_piece_are_read_one_by_one);
    tcase_add_test(tcase, random_replies_are_read_in_random_pieces);
    tcase_add_test(tcase, every_fault_is_named_at_every_split_point_and_stays);
    tcase_add_test(tcase, random_bytes_do_no_harm);
    tcase_add_test(tcase, announced_lengths_take_no_memory);
    tcase_add_test(tcase, nesting_ends_at_its_bound);
    tcase_add_test(tcase, a_line_without_an_end_is_given_up);
    suite_add_tcase(suite, tcase);
    return suite;
}
