/* Replies: exact bytes in both protocols, wherever in a chunk they fall. */
#include "base/blob.h"
#include "base/bytes.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "resp/reply.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_DATA (OUTPUT_CHUNK_SIZE - sizeof(struct output_chunk))

static struct output output;
static struct reply reply;
static struct blob *blob;

static void begin(void)
{
    output = (struct output){0};
    blob = blob_create(20);
    memcpy(blob->data, "blobbed-binary\0bytes", 20);
    blob->len = 20;
}

static void end(void)
{
    output_clear(&output);
    output_pool_drain();
    ck_assert(blob_is_exclusive(blob));
    blob_release(blob);
}

/* All bytes of the output, to be free()d; checks its totals. */
static char *take_bytes(size_t *len_out)
{
    char *bytes = malloc(output.bytes + 1);
    size_t at = 0, memory = 0, lent = 0;
    for (struct output_chunk *chunk = output.head; chunk; chunk = chunk->next) {
        must(at + chunk->len <= output.bytes);
        memcpy(bytes + at, chunk->start, chunk->len);
        at += chunk->len;
        memory += sizeof *chunk + chunk->capacity + (chunk->blob ? chunk->len : 0);
        lent += chunk->blob ? chunk->len : 0;
    }
    must(at == output.bytes);
    must(memory == output.memory);
    must(lent == output.lent);
    bytes[at] = '\0';
    *len_out = at;
    return bytes;
}

/* ---- every kind of reply, with its bytes in RESP2 and RESP3 ---- */

static const char *const help_lines[] = {"GET <key>", "    Gets it."};

static void put_ok(void)
{
    reply_ok(&reply);
}
static void put_simple(void)
{
    reply_simple(&reply, "PONG");
}
static void put_empty_simple(void)
{
    reply_simple(&reply, "");
}
static void put_int(void)
{
    reply_int(&reply, -12345678901);
}
static void put_int_digit(void)
{
    reply_int(&reply, 7);
}
static void put_int_least(void)
{
    reply_int(&reply, INT64_MIN);
}
static void put_bulk(void)
{
    reply_bulk(&reply, "a\r\n\0b", 5);
}
static void put_bulk_empty(void)
{
    reply_bulk(&reply, "", 0);
}
/* With bytes behind the value that may be read and are not to be seen, and with too few of them. */
static void put_bulk_readable(void)
{
    reply_bulk_readable(&reply, "a\r\n\0bcdefghijklmnop", 5, 20);
}
static void put_bulk_readable_longest(void)
{
    reply_bulk_readable(&reply, "0123456789abcdefg", 16, 17);
}
static void put_bulk_hardly_readable(void)
{
    reply_bulk_readable(&reply, "0123456789ab", 10, 12);
}
static void put_bulk_text(void)
{
    reply_bulk_text(&reply, "text");
}
static void put_bulk_int(void)
{
    reply_bulk_int(&reply, -42);
}
static void put_bulkf(void)
{
    reply_bulkf(&reply, "%d-%s", 12, "x");
}
static void put_blob(void)
{
    reply_blob(&reply, blob, 0, 20);
}
static void put_blob_part(void)
{
    reply_blob(&reply, blob, 8, 6);
}
static void put_null(void)
{
    reply_null(&reply);
}
static void put_null_array(void)
{
    reply_null_array(&reply);
}
static void put_double(void)
{
    reply_double(&reply, 1.5);
}
static void put_double_inf(void)
{
    reply_double(&reply, -INFINITY);
}
static void put_long_double(void)
{
    reply_long_double(&reply, 3.25L);
}
static void put_true(void)
{
    reply_bool(&reply, true);
}
static void put_false(void)
{
    reply_bool(&reply, false);
}
static void put_verbatim(void)
{
    reply_verbatim(&reply, "txt", "a\nb", 3);
}
static void put_error(void)
{
    reply_error(&reply, "ERR it's\r\nbad");
}
static void put_errorf(void)
{
    reply_errorf(&reply, "WRONGPASS %s %d", "x", 3);
}

static void put_errorf_lines(void)
{
    reply_errorf(&reply, "ERR %s", "two\r\nlines\r\n\n");
}

static void put_error_bytes(void)
{
    reply_error_bytes(&reply, "ERR \0two\nlines\n", 15);
}
static void put_array(void)
{
    reply_array(&reply, 0);
}
static void put_long_array(void)
{
    reply_array(&reply, 1234567);
}
static void put_map(void)
{
    reply_map(&reply, 3);
}
static void put_set(void)
{
    reply_set(&reply, 12);
}
static void put_push(void)
{
    reply_push(&reply, 2);
}
static void put_raw(void)
{
    reply_raw(&reply, ":1\r\n:2\r\n", 8);
}
static void put_help(void)
{
    reply_help(&reply, "THING", help_lines, 2);
}

static void put_deferred_array(void)
{
    struct reply_hole outer = reply_defer(&reply), inner;
    reply_int(&reply, 1);
    inner = reply_defer(&reply);
    reply_bulk_text(&reply, "two");
    reply_defer_map(&reply, inner, 0);
    reply_defer_array(&reply, outer, 3);
}

static void put_deferred_set(void)
{
    struct reply_hole hole = reply_defer(&reply);
    reply_defer_set(&reply, hole, 0);
}

static void put_deferred_map(void)
{
    struct reply_hole hole = reply_defer(&reply);
    reply_defer_map(&reply, hole, 100);
}

#define BYTES(literal) literal, sizeof(literal) - 1
#define HELP                                                                                                           \
    "*5\r\n+THING <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n+GET <key>\r\n+    Gets it.\r\n"         \
    "+HELP\r\n+    Prints this help.\r\n"

static const struct kind {
    void (*put)(void);
    const char *resp2;
    size_t len2;
    const char *resp3;
    size_t len3;
} kinds[] = {
    {put_ok, BYTES("+OK\r\n"), BYTES("+OK\r\n")},
    {put_simple, BYTES("+PONG\r\n"), BYTES("+PONG\r\n")},
    {put_empty_simple, BYTES("+\r\n"), BYTES("+\r\n")},
    {put_int, BYTES(":-12345678901\r\n"), BYTES(":-12345678901\r\n")},
    {put_int_digit, BYTES(":7\r\n"), BYTES(":7\r\n")},
    {put_int_least, BYTES(":-9223372036854775808\r\n"), BYTES(":-9223372036854775808\r\n")},
    {put_bulk, BYTES("$5\r\na\r\n\0b\r\n"), BYTES("$5\r\na\r\n\0b\r\n")},
    {put_bulk_empty, BYTES("$0\r\n\r\n"), BYTES("$0\r\n\r\n")},
    {put_bulk_readable, BYTES("$5\r\na\r\n\0b\r\n"), BYTES("$5\r\na\r\n\0b\r\n")},
    {put_bulk_readable_longest, BYTES("$16\r\n0123456789abcdef\r\n"), BYTES("$16\r\n0123456789abcdef\r\n")},
    {put_bulk_hardly_readable, BYTES("$10\r\n0123456789\r\n"), BYTES("$10\r\n0123456789\r\n")},
    {put_bulk_text, BYTES("$4\r\ntext\r\n"), BYTES("$4\r\ntext\r\n")},
    {put_bulk_int, BYTES("$3\r\n-42\r\n"), BYTES("$3\r\n-42\r\n")},
    {put_bulkf, BYTES("$4\r\n12-x\r\n"), BYTES("$4\r\n12-x\r\n")},
    {put_blob, BYTES("$20\r\nblobbed-binary\0bytes\r\n"), BYTES("$20\r\nblobbed-binary\0bytes\r\n")},
    {put_blob_part, BYTES("$6\r\nbinary\r\n"), BYTES("$6\r\nbinary\r\n")},
    {put_null, BYTES("$-1\r\n"), BYTES("_\r\n")},
    {put_null_array, BYTES("*-1\r\n"), BYTES("_\r\n")},
    {put_double, BYTES("$3\r\n1.5\r\n"), BYTES(",1.5\r\n")},
    {put_double_inf, BYTES("$4\r\n-inf\r\n"), BYTES(",-inf\r\n")},
    {put_long_double, BYTES("$4\r\n3.25\r\n"), BYTES(",3.25\r\n")},
    {put_true, BYTES(":1\r\n"), BYTES("#t\r\n")},
    {put_false, BYTES(":0\r\n"), BYTES("#f\r\n")},
    {put_verbatim, BYTES("$3\r\na\nb\r\n"), BYTES("=7\r\ntxt:a\nb\r\n")},
    {put_error, BYTES("-ERR it's  bad\r\n"), BYTES("-ERR it's  bad\r\n")},
    {put_errorf, BYTES("-WRONGPASS x 3\r\n"), BYTES("-WRONGPASS x 3\r\n")},
    {put_errorf_lines, BYTES("-ERR two  lines\r\n"), BYTES("-ERR two  lines\r\n")},
    {put_error_bytes, BYTES("-ERR \0two lines \r\n"), BYTES("-ERR \0two lines \r\n")},
    {put_array, BYTES("*0\r\n"), BYTES("*0\r\n")},
    {put_long_array, BYTES("*1234567\r\n"), BYTES("*1234567\r\n")},
    {put_map, BYTES("*6\r\n"), BYTES("%3\r\n")},
    {put_set, BYTES("*12\r\n"), BYTES("~12\r\n")},
    {put_push, BYTES("*2\r\n"), BYTES(">2\r\n")},
    {put_raw, BYTES(":1\r\n:2\r\n"), BYTES(":1\r\n:2\r\n")},
    {put_help, BYTES(HELP), BYTES(HELP)},
    {put_deferred_array, BYTES("*3\r\n:1\r\n*0\r\n$3\r\ntwo\r\n"), BYTES("*3\r\n:1\r\n%0\r\n$3\r\ntwo\r\n")},
    {put_deferred_set, BYTES("*0\r\n"), BYTES("~0\r\n")},
    {put_deferred_map, BYTES("*200\r\n"), BYTES("%100\r\n")},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static void check_kind(const struct kind *kind, uint8_t resp, const char *actual, size_t len)
{
    const char *expected = resp == 3 ? kind->resp3 : kind->resp2;
    size_t expected_len = resp == 3 ? kind->len3 : kind->len2;
    ck_assert_msg(len == expected_len && memcmp(actual, expected, len) == 0, "RESP%u: expected \"%s\", got \"%.*s\"",
                  resp, expected, (int)len, actual);
}

START_TEST(each_reply_has_exactly_its_bytes)
{
    for (uint8_t resp = 2; resp <= 3; resp++)
        for (size_t k = 0; k < KINDS; k++) {
            size_t len;
            reply_begin(&reply, &output, resp);
            kinds[k].put();
            reply_end(&reply);
            char *bytes = take_bytes(&len);
            check_kind(&kinds[k], resp, bytes, len);
            free(bytes);
            output_clear(&output);
        }
}
END_TEST

START_TEST(attributes_have_their_own_header)
{
    size_t len;
    reply_begin(&reply, &output, 3);
    reply_attribute(&reply, 1);
    reply_end(&reply);
    char *bytes = take_bytes(&len);
    ck_assert_str_eq(bytes, "|1\r\n");
    free(bytes);
}
END_TEST

/* Each reply with 0 to 200 bytes of room left in the chunk before it. */
START_TEST(chunk_ends_change_no_byte)
{
    static char filling[CHUNK_DATA];
    memset(filling, '.', sizeof filling);
    for (uint8_t resp = 2; resp <= 3; resp++)
        for (size_t k = 0; k < KINDS; k++)
            for (size_t room = 0; room < 200; room++) {
                size_t len, filled = CHUNK_DATA - room;
                reply_begin(&reply, &output, resp);
                reply_raw(&reply, filling, filled);
                kinds[k].put();
                reply_end(&reply);
                char *bytes = take_bytes(&len);
                must(memcmp(bytes, filling, filled) == 0);
                check_kind(&kinds[k], resp, bytes + filled, len - filled);
                free(bytes);
                output_clear(&output);
            }
}
END_TEST

START_TEST(replies_follow_each_other_across_begins_and_sends)
{
    struct dice dice = dice_create(3);
    for (unsigned history = 0; history < scratch_rounds(200); history++) {
        uint8_t resp = (uint8_t)(2 + dice_below(&dice, 2));
        char *expected = malloc(1 << 20);
        size_t start = 0, stop = 0, len;
        for (unsigned batch = 0; batch < 12; batch++) {
            reply_begin(&reply, &output, resp);
            for (unsigned i = (unsigned)dice_below(&dice, 60); i > 0; i--) {
                const struct kind *kind = &kinds[dice_below(&dice, KINDS)];
                kind->put();
                memcpy(expected + stop, resp == 3 ? kind->resp3 : kind->resp2, resp == 3 ? kind->len3 : kind->len2);
                stop += resp == 3 ? kind->len3 : kind->len2;
            }
            reply_end(&reply);
            size_t sent = dice_chance(&dice, 30) ? output.bytes : dice_below(&dice, output.bytes + 1);
            output_consume(&output, sent);
            start += sent;
            if (output.bytes == 0)
                output_clear(&output);
            else if (dice_chance(&dice, 50))
                output_compact(&output);
            char *bytes = take_bytes(&len);
            ck_assert_uint_eq(len, stop - start);
            ck_assert_mem_eq(bytes, expected + start, len);
            free(bytes);
        }
        output_clear(&output);
        free(expected);
    }
}
END_TEST

START_TEST(bulks_of_any_length_come_whole)
{
    static const size_t lens[] = {1, 9, 10, 99, 100, 4096, 16000, 16384, 16385, 40000, 1000000};
    char *data = malloc(1000000);
    for (size_t i = 0; i < 1000000; i++)
        data[i] = (char)(i * 7);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        size_t len;
        char header[32], *bytes;
        size_t header_len = (size_t)sprintf(header, "$%zu\r\n", lens[i]);
        reply_begin(&reply, &output, 2);
        reply_ok(&reply);
        reply_bulk(&reply, data, lens[i]);
        reply_ok(&reply);
        reply_end(&reply);
        bytes = take_bytes(&len);
        ck_assert_uint_eq(len, 5 + header_len + lens[i] + 2 + 5);
        ck_assert_mem_eq(bytes + 5, header, header_len);
        ck_assert_mem_eq(bytes + 5 + header_len, data, lens[i]);
        ck_assert_str_eq(bytes + len - 7, "\r\n+OK\r\n");
        free(bytes);
        output_clear(&output);
    }
    free(data);
}
END_TEST

START_TEST(long_formats_are_not_cut)
{
    char long_text[3000];
    size_t len;
    memset(long_text, 'z', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    reply_begin(&reply, &output, 2);
    reply_bulkf(&reply, "<%s>", long_text);
    reply_errorf(&reply, "ERR %s", long_text);
    reply_end(&reply);
    char *bytes = take_bytes(&len);
    ck_assert_uint_eq(len, 7 + 3001 + 2 + 5 + 2999 + 2);
    free(bytes);
}
END_TEST

static unsigned told;
static void on_error(void *context, const char *message, size_t len)
{
    told++;
    ck_assert_ptr_eq(context, &told);
    ck_assert_mem_eq(message, "ERR", 3);
    ck_assert_uint_ge(len, 3);
}

START_TEST(errors_are_counted_and_told)
{
    reply_begin(&reply, &output, 2);
    reply.on_error = on_error;
    reply.on_error_context = &told;
    reply_ok(&reply);
    ck_assert_uint_eq(reply.errors, 0);
    reply_error(&reply, "ERR one");
    reply_errorf(&reply, "ERR %d", 2);
    ck_assert_uint_eq(reply.errors, 2);
    ck_assert_uint_eq(told, 2);
    reply_end(&reply);
}
END_TEST

/* What is written behind a mark is gone after the rollback, whatever was before and whatever it was. */
START_TEST(rollback_takes_back_just_what_came_after_the_mark)
{
    static char filling[CHUNK_DATA];
    memset(filling, '.', sizeof filling);
    for (size_t before = 0; before <= KINDS; before++)
        for (size_t k = 0; k < KINDS; k++)
            for (size_t room = 0; room < 60; room += 3) {
                size_t len, filled = room ? CHUNK_DATA - room : 0, expected;
                reply_begin(&reply, &output, 2);
                if (filled)
                    reply_raw(&reply, filling, filled);
                if (before < KINDS)
                    kinds[before].put();
                expected = filled + (before < KINDS ? kinds[before].len2 : 0);
                struct reply_mark mark = reply_mark(&reply);
                kinds[k].put();
                kinds[(k + before) % KINDS].put();
                reply_rollback(&reply, mark);
                kinds[k].put();
                reply_end(&reply);
                char *bytes = take_bytes(&len);
                ck_assert_uint_ge(len, expected);
                check_kind(&kinds[k], 2, bytes + expected, len - expected);
                if (before < KINDS)
                    check_kind(&kinds[before], 2, bytes + filled, kinds[before].len2);
                free(bytes);
                output_clear(&output);
            }
}
END_TEST

/* ---- holes ---- */

/* Begins, marks and resumptions behind an unfilled hole write nothing into it. */
/* In a pipeline of them; what is longer, or has a blob, keeps its place. */
START_TEST(short_replies_with_holes_share_a_chunk)
{
    size_t len, expected = 0;
    unsigned chunks = 0;
    reply_begin(&reply, &output, 2);
    for (unsigned i = 0; i < 100; i++) {
        struct reply_hole hole = reply_defer(&reply);
        reply_int(&reply, 12345);
        reply_defer_array(&reply, hole, 1);
        expected += strlen("*1\r\n:12345\r\n");
    }
    struct reply_hole large = reply_defer(&reply);
    reply_blob(&reply, blob, 0, blob->len);
    reply_defer_array(&reply, large, 1);
    reply_end(&reply);
    for (const struct output_chunk *chunk = output.head; chunk; chunk = chunk->next)
        chunks++;
    ck_assert_uint_le(chunks, 7);
    char *bytes = take_bytes(&len);
    ck_assert_uint_eq(len, expected + strlen("*1\r\n$20\r\n") + 20 + 2);
    for (size_t at = 0; at < expected; at += strlen("*1\r\n:12345\r\n"))
        ck_assert_mem_eq(bytes + at, "*1\r\n:12345\r\n", strlen("*1\r\n:12345\r\n"));
    ck_assert_mem_eq(bytes + expected, "*1\r\n$20\r\nblobbed-binary", 23);
    free(bytes);
    output_clear(&output);
}
END_TEST

START_TEST(an_unfilled_hole_is_written_to_by_nobody)
{
    for (int how = 0; how < 3; how++) {
        size_t len;
        reply_begin(&reply, &output, 2);
        reply_ok(&reply);
        struct reply_hole hole = reply_defer(&reply);
        if (how == 0) {
            reply_rollback(&reply, reply_mark(&reply));
        } else if (how == 1) {
            reply_end(&reply);
            reply_resume(&reply);
        } else {
            struct reply other;
            reply_end(&reply);
            reply_begin(&other, &output, 2);
            reply_int(&other, 1);
            reply_end(&other);
            reply_resume(&reply);
        }
        if (how != 2)
            reply_int(&reply, 1);
        reply_defer_array(&reply, hole, 1);
        reply_ok(&reply);
        reply_end(&reply);
        char *bytes = take_bytes(&len);
        ck_assert_str_eq(bytes, "+OK\r\n*1\r\n:1\r\n+OK\r\n");
        free(bytes);
        output_clear(&output);
    }
}
END_TEST

/* ---- the limit ---- */

static unsigned overs;
static void on_over(struct reply *which)
{
    ck_assert_ptr_eq(which, &reply);
    ck_assert(reply_is_over(which));
    overs++;
}

static void begin_limited(size_t limit)
{
    overs = 0;
    reply_begin(&reply, &output, 2);
    reply.limit = limit;
    reply.on_over = on_over;
}

/* Every kind of reply, again and again: the output stays within a chunk of the limit, and whole up to it. */
START_TEST(output_ends_at_the_limit_whatever_is_written)
{
    for (size_t k = 0; k < KINDS; k++) {
        size_t len, limit = 5 * OUTPUT_CHUNK_SIZE;
        begin_limited(limit);
        for (unsigned i = 0; i < 100000; i++)
            kinds[k].put();
        ck_assert(reply_is_over(&reply));
        ck_assert_uint_eq(overs, 1);
        reply_end(&reply);
        ck_assert_uint_le(output.memory, limit + OUTPUT_CHUNK_SIZE);
        char *bytes = take_bytes(&len);
        for (size_t at = 0; at < len; at++)
            must(bytes[at] == kinds[k].resp2[at % kinds[k].len2]);
        free(bytes);
        output_clear(&output);
    }
}
END_TEST

START_TEST(one_reply_larger_than_the_limit_is_not_begun_to_be_copied)
{
    char *large = calloc(1, 1 << 20);
    size_t len;
    begin_limited(100000);
    reply_bulk(&reply, large, 1 << 20);
    ck_assert(reply_is_over(&reply));
    reply_end(&reply);
    ck_assert_uint_lt(output.memory, 2 * OUTPUT_CHUNK_SIZE);
    output_clear(&output);
    begin_limited(100000);
    large[0] = 'E';
    memset(large + 1, 'r', (1 << 20) - 2);
    reply_error(&reply, large);
    ck_assert(reply_is_over(&reply));
    ck_assert_uint_eq(reply.errors, 1);
    reply_end(&reply);
    ck_assert_uint_lt(output.memory, 2 * OUTPUT_CHUNK_SIZE);
    output_clear(&output);
    begin_limited(10); /* what fits in one chunk isn't counted */
    reply_bulk(&reply, large, 1000);
    ck_assert(!reply_is_over(&reply));
    reply_end(&reply);
    free(take_bytes(&len));
    free(large);
}
END_TEST

START_TEST(what_is_referred_to_counts_against_the_limit_but_not_as_copied)
{
    struct blob *large = blob_create(1 << 20);
    large->len = 1 << 20;
    begin_limited(0);
    reply.copy_limit = 20 * OUTPUT_CHUNK_SIZE;
    for (int i = 0; i < 15; i++)
        reply_blob(&reply, large, 0, large->len);
    ck_assert(!reply_is_over(&reply));
    for (int i = 0; i < 10; i++)
        reply_blob(&reply, large, 0, large->len);
    ck_assert(reply_is_over(&reply)); /* each has a chunk behind it */
    reply_end(&reply);
    output_clear(&output);
    begin_limited(3 << 20);
    for (int i = 0; i < 10; i++)
        reply_blob(&reply, large, 0, large->len);
    ck_assert_uint_eq(overs, 1);
    reply_end(&reply);
    ck_assert_uint_le(output.memory, 3 << 20);
    output_clear(&output);
    ck_assert(blob_is_exclusive(large));
    blob_release(large);
}
END_TEST

START_TEST(holes_and_marks_hold_when_the_reply_goes_over)
{
    static char filling[CHUNK_DATA];
    size_t len;
    begin_limited(3 * OUTPUT_CHUNK_SIZE);
    reply_ok(&reply);
    struct reply_mark mark = reply_mark(&reply);
    struct reply_hole before = reply_defer(&reply);
    for (int i = 0; i < 10; i++)
        reply_bulk(&reply, filling, sizeof filling);
    ck_assert(reply_is_over(&reply));
    struct reply_hole after = reply_defer(&reply);
    ck_assert_ptr_null(after.chunk);
    reply_defer_set(&reply, after, 3);
    reply_defer_array(&reply, before, 10);
    struct reply_mark late = reply_mark(&reply);
    reply_ok(&reply);
    reply_rollback(&reply, late);
    ck_assert(reply_is_over(&reply));
    reply_end(&reply);
    reply_resume(&reply);
    reply_ok(&reply);
    ck_assert(reply_is_over(&reply));
    reply_rollback(&reply, mark); /* as if it had not been written */
    ck_assert(!reply_is_over(&reply));
    reply_int(&reply, 2);
    reply_end(&reply);
    char *bytes = take_bytes(&len);
    ck_assert_str_eq(bytes, "+OK\r\n:2\r\n");
    free(bytes);
}
END_TEST

Suite *suite_reply(void);
Suite *suite_reply(void)
{
    Suite *suite = suite_create("reply");
    TCase *tcase = tcase_create("reply");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, each_reply_has_exactly_its_bytes);
    tcase_add_test(tcase, attributes_have_their_own_header);
    tcase_add_test(tcase, chunk_ends_change_no_byte);
    tcase_add_test(tcase, replies_follow_each_other_across_begins_and_sends);
    tcase_add_test(tcase, bulks_of_any_length_come_whole);
    tcase_add_test(tcase, long_formats_are_not_cut);
    tcase_add_test(tcase, errors_are_counted_and_told);
    tcase_add_test(tcase, rollback_takes_back_just_what_came_after_the_mark);
    tcase_add_test(tcase, short_replies_with_holes_share_a_chunk);
    tcase_add_test(tcase, an_unfilled_hole_is_written_to_by_nobody);
    tcase_add_test(tcase, output_ends_at_the_limit_whatever_is_written);
    tcase_add_test(tcase, one_reply_larger_than_the_limit_is_not_begun_to_be_copied);
    tcase_add_test(tcase, what_is_referred_to_counts_against_the_limit_but_not_as_copied);
    tcase_add_test(tcase, holes_and_marks_hold_when_the_reply_goes_over);
    suite_add_tcase(suite, tcase);
    return suite;
}
