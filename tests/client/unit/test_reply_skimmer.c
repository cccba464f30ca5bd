/* The skimmer finds the ends of replies where the reader finds them, however the bytes are cut. */
#include "client/unit/replies.h"
#include "connection/reply_skimmer.h"
#include "kit/suites.h"

#include <stdlib.h>
#include <string.h>

/* The bytes up to the end of a reply, given in pieces of `part`; 0: there is no end, or the bytes are bad. */
static size_t skim(struct reply_skimmer *skimmer, const char *bytes, size_t length, size_t part)
{
    const char *at = bytes;
    while (at < bytes + length) {
        size_t left = length - (size_t)(at - bytes);
        const char *end = at + (part < left ? part : left);
        while (at < end) {
            enum skim_status status = reply_skimmer_next(skimmer, &at, end);
            if (status == SKIM_REPLY)
                return (size_t)(at - bytes);
            if (status == SKIM_BAD)
                return 0;
            must(at == end);
        }
    }
    return 0;
}

/* The first byte of the value itself, behind its attributes, from the text of its tree. */
static char type_of(const char *tree)
{
    while (*tree == '|') {
        int depth = 0;
        do {
            depth += (*tree == '[') - (*tree == ']');
            tree++;
        } while (depth > 0 || tree[-1] != ']');
    }
    return *tree;
}

START_TEST(every_sample_ends_where_it_ends_at_every_split_point)
{
    for (size_t i = 0; i < replies_sample_count; i++) {
        const struct sample *sample = &replies_samples[i];
        for (size_t cut = 0; cut <= sample->length; cut++) {
            struct reply_skimmer skimmer = {0};
            const char *at = sample->bytes, *end = sample->bytes + cut;
            if (cut < sample->length)
                must(reply_skimmer_next(&skimmer, &at, end) == SKIM_MORE && at == end);
            end = sample->bytes + sample->length;
            must(reply_skimmer_next(&skimmer, &at, end) == SKIM_REPLY && at == end);
        }
    }
}
END_TEST

START_TEST(random_replies_in_a_row_end_where_they_end)
{
    struct dice dice = dice_create(3);
    struct reply_skimmer skimmer = {0};
    for (unsigned round = scratch_rounds(2000); round > 0; round--) {
        char *bytes, *tree;
        size_t length;
        replies_create_random(&dice, &bytes, &length, &tree);
        size_t part = 1 + dice_below(&dice, dice_chance(&dice, 50) ? 5 : 50000);
        must(skim(&skimmer, bytes, length, part) == length);
        if (type_of(tree) == '_')
            must(skimmer.type == '$');
        else
            must(skimmer.type == type_of(tree));
        free(bytes);
        free(tree);
    }
}
END_TEST

START_TEST(the_beginning_of_a_text_is_kept)
{
    struct reply_skimmer skimmer = {0};
    must(skim(&skimmer, "-ERR wrong\r\n", 12, 3) == 12);
    ck_assert_int_eq(skimmer.type, '-');
    ck_assert_mem_eq(skimmer.text, "ERR wrong", skimmer.text_length);
    ck_assert_uint_eq(skimmer.text_length, 9);
    must(skim(&skimmer, "!6\r\nBAD\r\nx\r\n", 12, 1) == 12);
    ck_assert_uint_eq(skimmer.text_length, 6);
    ck_assert_mem_eq(skimmer.text, "BAD\r\nx", 6);
    must(skim(&skimmer, "*1\r\n+inner\r\n", 12, 2) == 12);
    ck_assert_int_eq(skimmer.type, '*');
    ck_assert_uint_eq(skimmer.text_length, 0);
    must(skim(&skimmer, "|1\r\n+k\r\n-v\r\n+OK\r\n", 17, 17) == 17);
    ck_assert_int_eq(skimmer.type, '+');
    ck_assert_uint_eq(skimmer.text_length, 2);
}
END_TEST

START_TEST(a_long_text_is_cut)
{
    char bytes[1010];
    struct reply_skimmer skimmer = {0};
    memcpy(bytes, "$1000\r\n", 7);
    memset(bytes + 7, 'x', 1001);
    memcpy(bytes + 1007, "\r\n", 2);
    must(skim(&skimmer, bytes, 1009, 100) == 1009);
    ck_assert_uint_eq(skimmer.text_length, SKIMMER_TEXT);
}
END_TEST

START_TEST(what_is_no_reply_is_refused_at_every_split_point)
{
    static const char *const faults[] = {
        "HTTP/1.1\r\n",
        "\r\n",
        "$\r\n",
        "$-2\r\n",
        "$1x\r\n",
        "$+1\r\n",
        "$9999999999999999\r\n",
        "*1099511627777\r\n",
        "|-1\r\n",
        "$1\r\nab\r",
        "*1\r\nx",
        "%-5\r\n",
        "$1000000000000000\r\n",
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        for (size_t part = 1; part <= strlen(faults[i]); part++) {
            struct reply_skimmer skimmer = {0};
            const char *at = faults[i], *last = at + strlen(at);
            enum skim_status status = SKIM_MORE;
            while (status == SKIM_MORE && at < last) {
                const char *end = (size_t)(last - at) > part ? at + part : last;
                status = reply_skimmer_next(&skimmer, &at, end);
            }
            ck_assert_msg(status == SKIM_BAD, "taken: %s", faults[i]);
        }
    }
}
END_TEST

START_TEST(values_that_are_missing_are_bounded)
{
    struct reply_skimmer skimmer = {0};
    enum skim_status status = SKIM_MORE;
    for (int i = 0; i < 100 && status == SKIM_MORE; i++) {
        const char *at = "*549755813888\r\n";
        status = reply_skimmer_next(&skimmer, &at, at + strlen(at));
    }
    ck_assert_int_eq(status, SKIM_BAD);
}
END_TEST

Suite *suite_reply_skimmer(void);
Suite *suite_reply_skimmer(void)
{
    Suite *suite = suite_create("reply_skimmer");
    TCase *tcase = tcase_create("reply_skimmer");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, every_sample_ends_where_it_ends_at_every_split_point);
    tcase_add_test(tcase, random_replies_in_a_row_end_where_they_end);
    tcase_add_test(tcase, the_beginning_of_a_text_is_kept);
    tcase_add_test(tcase, a_long_text_is_cut);
    tcase_add_test(tcase, what_is_no_reply_is_refused_at_every_split_point);
    tcase_add_test(tcase, values_that_are_missing_are_bounded);
    suite_add_tcase(suite, tcase);
    return suite;
}
