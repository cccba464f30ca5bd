/* Commands are counted where a server answers them, however their bytes are cut. */
#include "connection/command_skimmer.h"
#include "kit/scratch.h"
#include "kit/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *bytes;
    uint64_t commands, lines;
    bool is_between; /* no command has begun at the end */
} streams[] = {
    {"", 0, 0, true},
    {"PING\r\n", 1, 1, true},
    {"PING\n\n  \r\nGET a\n", 2, 4, true},
    {"PING", 0, 0, false},
    {"*1\r\n$4\r\nPING\r\n", 1, 0, true},
    {"*2\r\n$3\r\nGET\r\n$0\r\n\r\n*1\r\n$4\r\nPING\r\n", 2, 0, true},
    {"*0\r\n*1\r\n$4\r\nPING\r\n", 1, 0, true},
    {"*1\r\n$2\r\n\r\n\r\n", 1, 0, true},
    {"PING\r\n*1\r\n$4\r\n*1\r\n\r\nPING\r\n", 3, 2, true},
    {"*2\r\n$3\r\nGET\r\n", 0, 0, false},
    {"*1\r\n$4\r\nPING", 0, 0, false},
    {"*1\r\n$4\r\nPINGxy", 1, 0, true}, /* a server does not look at these two either */
    /* CLIENT REPLY: what is not answered is not counted */
    {"client reply off\r\nPING\r\nPING\r\nclient  reply  \"on\"\r\nPING\r\n", 2, 5, true},
    {"CLIENT REPLY SKIP\nPING\nPING\n", 1, 3, true},
    {"client reply offended\nPING\nclient reply\n", 3, 3, true},
    {"*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$3\r\nOFF\r\n*1\r\n$4\r\nPING\r\n*1\r\n$5\r\nRESET\r\n", 1, 0, true},
    {"*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$4\r\nSKIP\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\nPING\r\n", 1, 1, true},
    {"*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$9\r\nOFFOFFOFF\r\n*1\r\n$4\r\nPING\r\n", 2, 0, true},
};

START_TEST(streams_are_counted_at_every_split_point)
{
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
        size_t length = strlen(streams[i].bytes);
        for (size_t cut = 0; cut <= length; cut++) {
            struct command_skimmer skimmer = {0};
            for (size_t at = 0; at < length;)
                at += command_skimmer_next(&skimmer, streams[i].bytes + at, (at < cut ? cut : length) - at);
            ck_assert_msg(skimmer.commands == streams[i].commands, "stream %zu, cut at %zu", i, cut);
            ck_assert_uint_eq(skimmer.lines, streams[i].lines);
            ck_assert_int_eq(skimmer.place == PLACE_BETWEEN, streams[i].is_between);
        }
    }
}
END_TEST

START_TEST(it_stops_behind_each_command_with_a_reply)
{
    const char *bytes = "\nPING\n*0\r\n*1\r\n$4\r\nPING\r\nGET";
    struct command_skimmer skimmer = {0};
    size_t at = command_skimmer_next(&skimmer, bytes, strlen(bytes));
    ck_assert_uint_eq(at, 6);
    ck_assert_uint_eq(skimmer.commands, 1);
    ck_assert(!skimmer.has_resp);
    at += command_skimmer_next(&skimmer, bytes + at, strlen(bytes) - at);
    ck_assert_uint_eq(at, strlen(bytes) - 3);
    ck_assert_uint_eq(skimmer.commands, 2);
    ck_assert(skimmer.has_resp);
    at += command_skimmer_next(&skimmer, bytes + at, strlen(bytes) - at);
    ck_assert_uint_eq(at, strlen(bytes));
    ck_assert_uint_eq(skimmer.commands, 2);
}
END_TEST

START_TEST(what_is_no_command_loses_the_thread_for_good)
{
    static const char *const faults[] = {
        "*x\r\n", "*\r\n", "*-1\r\n", "*1\r\nPING\r\n", "*1\r\n$x\r\n", "*1\r\n$-1\r\n", "*1\r\n$1234567890123456\r\n"};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct command_skimmer skimmer = {0};
        const char *more = "*1\r\n$4\r\nPING\r\nPING\r\n";
        for (const char *at = faults[i]; *at != '\0'; at++)
            must(command_skimmer_next(&skimmer, at, 1) == 1);
        ck_assert_int_eq(skimmer.place, PLACE_LOST);
        ck_assert_uint_eq(command_skimmer_next(&skimmer, more, strlen(more)), strlen(more));
        ck_assert_uint_eq(skimmer.commands, 0);
    }
}
END_TEST

START_TEST(random_commands_are_counted_in_random_pieces)
{
    struct dice dice = dice_create(4);
    for (unsigned round = scratch_rounds(500); round > 0; round--) {
        char *bytes;
        size_t size, answered = 0;
        FILE *out = open_memstream(&bytes, &size);
        for (int i = 0; i < 20; i++) {
            unsigned words = (unsigned)dice_below(&dice, 4);
            answered += words > 0;
            fprintf(out, "*%u\r\n", words);
            for (unsigned k = 0; k < words; k++) {
                int length = (int)dice_below(&dice, 300);
                fprintf(out, "$%d\r\n%*s\r\n", length, length, "");
            }
        }
        fclose(out);
        struct command_skimmer skimmer = {0};
        for (size_t at = 0; at < size;) {
            size_t part = 1 + dice_below(&dice, 50);
            at += command_skimmer_next(&skimmer, bytes + at, part < size - at ? part : size - at);
        }
        must(skimmer.commands == answered && skimmer.place == PLACE_BETWEEN);
        free(bytes);
    }
}
END_TEST

Suite *suite_command_skimmer(void);
Suite *suite_command_skimmer(void)
{
    Suite *suite = suite_create("command_skimmer");
    TCase *tcase = tcase_create("command_skimmer");
    tcase_add_test(tcase, streams_are_counted_at_every_split_point);
    tcase_add_test(tcase, it_stops_behind_each_command_with_a_reply);
    tcase_add_test(tcase, what_is_no_command_loses_the_thread_for_good);
    tcase_add_test(tcase, random_commands_are_counted_in_random_pieces);
    suite_add_tcase(suite, tcase);
    return suite;
}
