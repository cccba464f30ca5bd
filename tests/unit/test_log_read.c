/*
 * Reading the log: what is handed out, and where a file that ends early is cut off, for every cut and every changed byte
 * of a small one. Made-up lengths take no memory, and running out of it is told.
 */
#include "base/memory.h"
#include "base/text.h"
#include "base/usage.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "persist/log_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SELECT "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n"
#define SET "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\nvalue\r\n*1\r\n$\r\n" /* a value that looks like a log */
#define MULTI "*1\r\n$5\r\nMULTI\r\n"
#define EXEC "*1\r\n$4\r\nEXEC\r\n"
#define DEL "*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n"
#define TS "#TS:1700000000\r\n"

static struct log_reader reader;
static struct text taken; /* what was handed out: offset, words, and | behind a unit */
static uint32_t takes_left;

static void set_up(void)
{
    usage_join();
    taken = TEXT_EMPTY;
    text_add(&taken, "");
    takes_left = UINT32_MAX;
}

static void tear_down(void)
{
    mem_fail_after(0);
    text_deinit(&taken);
}

static bool take(void *context, uint32_t count, const struct log_command *commands)
{
    (void)context;
    for (uint32_t i = 0; i < count; i++) {
        text_addf(&taken, "%llu", (unsigned long long)commands[i].offset);
        for (uint32_t k = 0; k < commands[i].count; k++) {
            text_add_char(&taken, ' ');
            text_add_bytes(&taken, commands[i].words[k].data, commands[i].words[k].len);
        }
        text_add(&taken, i + 1 < count ? "," : "|");
    }
    return --takes_left > 0;
}

static int file_of(const char *content, size_t len)
{
    int fd = memfd_create("log", MFD_CLOEXEC);
    ck_assert(fd >= 0 && write(fd, content, len) == (ssize_t)len);
    return fd;
}

static enum log_read_outcome read_from(const char *content, size_t len, uint64_t offset)
{
    text_clear(&taken);
    reader = (struct log_reader){.fd = file_of(content, len), .take = take};
    enum log_read_outcome outcome = log_read(&reader, offset);
    close(reader.fd);
    return outcome;
}

static enum log_read_outcome read_text(const char *content)
{
    return read_from(content, strlen(content), 0);
}

/* ---- what is handed out ---- */

START_TEST(commands_and_groups_are_handed_out_with_their_offsets)
{
    ck_assert_int_eq(read_text(SELECT TS MULTI DEL DEL EXEC DEL), LOG_READ_WHOLE);
    ck_assert_str_eq(taken.data, "0 SELECT 0|54 DEL k,74 DEL k|108 DEL k|");
    ck_assert_uint_eq(reader.commands, 4);
    ck_assert_uint_eq(reader.groups, 1);
    ck_assert_uint_eq(reader.group_end, 128);
    ck_assert_uint_eq(reader.command_end, 128);
    ck_assert_uint_eq(reader.done, 128);
    ck_assert_int_eq(reader.timestamp_s, 1700000000);
    ck_assert_ptr_null(reader.why);
}
END_TEST

START_TEST(nothing_and_annotations_alone_are_a_whole_log)
{
    ck_assert_int_eq(read_text(""), LOG_READ_WHOLE);
    ck_assert_int_eq(read_text(TS "# a remark\n"), LOG_READ_WHOLE);
    ck_assert_uint_eq(reader.group_end, strlen(TS) + 11);
    ck_assert_int_eq(read_text("*1\r\n$5\r\nmulti\r\n" TS "*1\r\n$4\r\nexec\r\n"), LOG_READ_WHOLE);
    ck_assert_uint_eq(reader.groups, 1);
    ck_assert_uint_eq(reader.commands, 0);
    ck_assert_str_eq(taken.data, "");
}
END_TEST

START_TEST(words_may_be_empty_and_hold_any_bytes)
{
    static const char content[] = "*2\r\n$0\r\n\r\n$4\r\n\0\r\n\xff\r\n";
    ck_assert_int_eq(read_from(content, sizeof content - 1, 0), LOG_READ_WHOLE);
    ck_assert_uint_eq(taken.len, 8);
    ck_assert_mem_eq(taken.data, "0  \0\r\n\xff|", 8);
}
END_TEST

START_TEST(commands_behind_rdb_are_read_from_where_they_begin)
{
    static const char content[] = "REDIS0010 and so on" DEL;
    ck_assert_int_eq(read_text(content), LOG_READ_RDB);
    ck_assert_uint_eq(reader.group_end, 0);
    ck_assert_int_eq(read_from(content, sizeof content - 1, 19), LOG_READ_WHOLE);
    ck_assert_str_eq(taken.data, "19 DEL k|");
    ck_assert_int_eq(read_from(content, sizeof content - 2, 19), LOG_READ_CUT);
    ck_assert_uint_eq(reader.group_end, 19);
    ck_assert_int_eq(read_from("xREDIS0010", 10, 1), LOG_READ_BAD); /* RDB comes first or not at all */
}
END_TEST

START_TEST(the_taker_can_stop_it)
{
    takes_left = 2;
    ck_assert_int_eq(read_text(SELECT DEL DEL), LOG_READ_STOPPED);
    ck_assert_uint_eq(reader.stopped_at, strlen(SELECT));
    ck_assert_uint_eq(reader.group_end, strlen(SELECT));
    ck_assert_uint_eq(reader.commands, 1);
}
END_TEST

START_TEST(it_counts_where_nobody_takes)
{
    reader = (struct log_reader){.fd = file_of(DEL DEL, 2 * strlen(DEL))};
    ck_assert_int_eq(log_read(&reader, 0), LOG_READ_WHOLE);
    ck_assert_uint_eq(reader.commands, 2);
    close(reader.fd);
}
END_TEST

/* ---- what ends early ---- */

/* The units of a small log, with everything that there is. */
static const char *const units[] = {SELECT, TS, SET, MULTI DEL TS SET EXEC, "#\n", DEL, MULTI EXEC};
enum { UNITS = sizeof units / sizeof units[0] };

static size_t join_units(char *log_out)
{
    *log_out = '\0';
    for (size_t i = 0; i < UNITS; i++)
        strcat(log_out, units[i]);
    return strlen(log_out);
}

/* The end of the last unit that is whole within the first len bytes. */
static size_t whole_within(size_t len)
{
    size_t end = 0;
    for (size_t i = 0; i < UNITS && end + strlen(units[i]) <= len; i++)
        end += strlen(units[i]);
    return end;
}

START_TEST(a_log_cut_anywhere_is_cut_back_to_its_last_whole_unit)
{
    char log[512];
    size_t len = join_units(log);
    for (size_t cut = 0; cut <= len; cut++) {
        size_t whole = whole_within(cut);
        enum log_read_outcome outcome = read_from(log, cut, 0);
        ck_assert_msg(outcome == (whole == cut ? LOG_READ_WHOLE : LOG_READ_CUT), "cut at %zu", cut);
        ck_assert_uint_eq(reader.group_end, whole);
        ck_assert_uint_ge(reader.command_end + strlen(TS), whole);
        ck_assert(whole == cut || reader.stopped_at == whole);
        ck_assert_int_eq(read_from(log, whole, 0), LOG_READ_WHOLE);
    }
}
END_TEST

START_TEST(the_end_of_a_command_in_a_group_is_told_as_well)
{
    ck_assert_int_eq(read_text(DEL MULTI DEL "*2\r\n"), LOG_READ_CUT);
    ck_assert_uint_eq(reader.group_end, strlen(DEL));
    ck_assert_uint_eq(reader.command_end, strlen(DEL MULTI DEL));
    ck_assert_str_eq(reader.why, "it ends in the middle of a group (MULTI without EXEC)");
    ck_assert_str_eq(taken.data, "0 DEL k|");
    ck_assert_int_eq(read_text(DEL "*2\r\n"), LOG_READ_CUT);
    ck_assert_str_eq(reader.why, "it ends in the middle of a command");
}
END_TEST

/* ---- what is wrong ---- */

START_TEST(what_no_crash_leaves_is_bad_and_told_where)
{
    static const struct {
        const char *tail;
        size_t at;
        const char *why;
    } rows[] = {
        {"x", 0, "no command begins there"},
        {"\r\n", 0, "no command begins there"},
        {"*0\r\n", 0, "a command without words"},
        {"*-1\r\n", 0, "a number is malformed"},
        {"*\r\n", 0, "a number is malformed"},
        {"*01\r\n", 0, "a number is malformed"},
        {"*1 \r\n", 0, "a number is malformed"},
        {"*1\rx", 0, "a number is malformed"},
        {"*1\n", 0, "a number is malformed"},
        {"*2147483648\r\n", 0, "more arguments than there can be"},
        {"*99999999999999999999999\r\n", 0, "more arguments than there can be"},
        {"*1\r\nx", 4, "no argument begins there"},
        {"*1\r\n$-1\r\n", 4, "a number is malformed"},
        {"*1\r\n$536870913\r\n", 4, "an argument longer than it may be (proto-max-bulk-len)"},
        {"*1\r\n$3\r\nabcd", 11, "an argument has another length than it says"},
        {"*1\r\n$3\r\nabc\rx", 11, "an argument has another length than it says"},
        {EXEC, 0, "EXEC without MULTI"},
        {MULTI DEL MULTI, 15 + 20, "MULTI in a group"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char log[256];
        snprintf(log, sizeof log, "%s%s", DEL, rows[i].tail);
        ck_assert_msg(read_text(log) == LOG_READ_BAD, "%s", rows[i].tail);
        ck_assert_str_eq(reader.why, rows[i].why);
        ck_assert_uint_eq(reader.stopped_at, strlen(DEL) + rows[i].at);
        ck_assert_uint_eq(reader.group_end, strlen(DEL));
        ck_assert_str_eq(taken.data, "0 DEL k|");
    }
}
END_TEST

START_TEST(an_annotation_is_as_long_as_redis_takes_it)
{
    char log[1100];
    for (int extra = 0; extra < 2; extra++) {
        snprintf(log, sizeof log, "#%0*d\r\n", 1020 + extra, 0);
        ck_assert_int_eq(read_text(log), extra == 0 ? LOG_READ_WHOLE : LOG_READ_BAD);
    }
    ck_assert_str_eq(reader.why, "a line that is too long");
}
END_TEST

/* What stands before the change is still there; what is read is never cut behind the unit with the change. */
START_TEST(any_changed_byte_leaves_what_stands_before_it)
{
    char log[512];
    size_t len = join_units(log);
    for (size_t at = 0; at < len; at++)
        for (unsigned bit = 0; bit < 9; bit++) {
            char former = log[at];
            log[at] = bit < 8 ? (char)(former ^ (1 << bit)) : '\0';
            enum log_read_outcome outcome = read_from(log, len, 0);
            size_t end = (size_t)reader.group_end, whole = whole_within(at);
            ck_assert_uint_ge(end, whole);
            ck_assert(outcome == LOG_READ_WHOLE ? end == len : end < len);
            ck_assert(outcome == LOG_READ_WHOLE || outcome == LOG_READ_CUT || outcome == LOG_READ_BAD);
            ck_assert((outcome == LOG_READ_WHOLE) == (reader.why == NULL));
            ck_assert_int_eq(read_from(log, end, 0), LOG_READ_WHOLE); /* the cut is right */
            log[at] = former;
        }
}
END_TEST

START_TEST(what_cannot_be_read_is_told)
{
    reader = (struct log_reader){.fd = -1, .take = take};
    ck_assert_int_eq(log_read(&reader, 0), LOG_READ_FAILED);
    ck_assert_int_eq(reader.error, EBADF);
}
END_TEST

/* ---- size and memory ---- */

START_TEST(a_length_that_was_made_up_takes_no_memory)
{
    static const char *const made_up[] = {"*2\r\n$3\r\nSET\r\n$536870912\r\nabc", "*2147483647\r\n$1\r\na\r\n"};
    for (size_t i = 0; i < 2; i++) {
        const uint64_t *allocated, *freed;
        mem_counters(&allocated, &freed);
        uint64_t before = *allocated;
        ck_assert_int_eq(read_text(made_up[i]), LOG_READ_CUT);
        ck_assert_uint_lt(*allocated - before, 256 << 10);
    }
}
END_TEST

/* Random commands of up to some MiB, in groups or not, against a record of what was written. */
START_TEST(large_commands_and_groups_are_read_whole)
{
    struct dice dice = dice_create(7);
    for (unsigned round = 0; round < scratch_rounds(4); round++) {
        struct text log = TEXT_EMPTY, expected = TEXT_EMPTY;
        for (unsigned unit = 0; unit < 30; unit++) {
            uint64_t commands = dice_chance(&dice, 30) ? 1 + dice_below(&dice, 200) : 1;
            if (commands > 1)
                text_add(&log, MULTI);
            for (uint64_t c = 0; c < commands; c++) {
                uint64_t words = 1 + dice_below(&dice, dice_chance(&dice, 5) ? 1000 : 4);
                text_addf(&expected, "%zu", log.len);
                text_addf(&log, "*%llu\r\n", (unsigned long long)words);
                for (uint64_t w = 0; w < words; w++) {
                    size_t len = (size_t)dice_below(&dice, words < 5 && dice_chance(&dice, 1) ? 3 << 20 : 50);
                    text_addf(&log, "$%zu\r\n", len);
                    text_add_char(&expected, ' ');
                    for (size_t i = 0; i < len; i += 8) {
                        uint64_t bytes = dice_next(&dice);
                        text_add_bytes(&log, (const char *)&bytes, len - i < 8 ? len - i : 8);
                    }
                    text_add_bytes(&expected, log.data + log.len - len, len);
                    text_add(&log, "\r\n");
                }
                text_add(&expected, c + 1 < commands ? "," : "|");
            }
            if (commands > 1)
                text_add(&log, EXEC);
        }
        ck_assert_int_eq(read_from(log.data, log.len, 0), LOG_READ_WHOLE);
        ck_assert_uint_eq(taken.len, expected.len);
        ck_assert(memcmp(taken.data, expected.data, expected.len) == 0);
        text_deinit(&log);
        text_deinit(&expected);
    }
}
END_TEST

START_TEST(a_large_argument_is_copied_about_once)
{
    struct text log = TEXT_EMPTY;
    const uint64_t *allocated, *freed;
    size_t len = (size_t)40 << 20;
    text_addf(&log, "*1\r\n$%zu\r\n", len);
    for (size_t i = 0; i < len; i += 1024)
        text_addf(&log, "%1024d", 0);
    text_add(&log, "\r\n");
    reader = (struct log_reader){.fd = file_of(log.data, log.len)};
    mem_counters(&allocated, &freed);
    uint64_t before = *allocated;
    ck_assert_int_eq(log_read(&reader, 0), LOG_READ_WHOLE);
    ck_assert_uint_lt(*allocated - before, 4 * len); /* 64 MiB, and the halves before */
    close(reader.fd);
    text_deinit(&log);
}
END_TEST

START_TEST(a_long_log_takes_no_more_memory_than_a_short_one)
{
    struct text log = TEXT_EMPTY;
    const uint64_t *allocated, *freed;
    for (unsigned i = 0; i < 100000; i++)
        text_add(&log, i % 10 < 9 ? DEL : MULTI DEL SET EXEC);
    reader = (struct log_reader){.fd = file_of(log.data, log.len)};
    mem_counters(&allocated, &freed);
    uint64_t before = *allocated;
    ck_assert_int_eq(log_read(&reader, 0), LOG_READ_WHOLE);
    ck_assert_uint_lt(*allocated - before, 256 << 10);
    ck_assert_uint_eq(reader.commands, 110000);
    close(reader.fd);
    text_deinit(&log);
}
END_TEST

/* An allocation fails at each place in turn: it is told, and what was handed out before counts. */
START_TEST(without_memory_it_stops_and_says_so)
{
    struct text log = TEXT_EMPTY;
    text_add(&log, DEL MULTI);
    for (unsigned i = 0; i < 40; i++)
        text_add(&log, SET);
    text_addf(&log, EXEC "*1\r\n$300000\r\n%0300000d\r\n", 0);
    unsigned failing = 1;
    for (enum log_read_outcome outcome = LOG_READ_NO_MEMORY; outcome != LOG_READ_WHOLE; failing++) {
        reader = (struct log_reader){.fd = file_of(log.data, log.len)};
        mem_fail_after(failing);
        outcome = log_read(&reader, 0);
        mem_fail_after(0);
        close(reader.fd);
        ck_assert(outcome == LOG_READ_NO_MEMORY || outcome == LOG_READ_WHOLE);
        ck_assert_uint_eq(reader.group_end, failing < 4   ? 0
                                            : failing < 7 ? 20
                                            : failing < 9 ? log.len - 300015
                                                          : log.len);
        ck_assert_uint_eq(reader.stopped_at, outcome == LOG_READ_WHOLE ? 0 : reader.group_end);
    }
    ck_assert_uint_ge(failing, 8);
    text_deinit(&log);
}
END_TEST

Suite *suite_log_read(void);
Suite *suite_log_read(void)
{
    Suite *suite = suite_create("log_read");
    TCase *tcase = tcase_create("log_read");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, commands_and_groups_are_handed_out_with_their_offsets);
    tcase_add_test(tcase, nothing_and_annotations_alone_are_a_whole_log);
    tcase_add_test(tcase, words_may_be_empty_and_hold_any_bytes);
    tcase_add_test(tcase, commands_behind_rdb_are_read_from_where_they_begin);
    tcase_add_test(tcase, the_taker_can_stop_it);
    tcase_add_test(tcase, it_counts_where_nobody_takes);
    tcase_add_test(tcase, a_log_cut_anywhere_is_cut_back_to_its_last_whole_unit);
    tcase_add_test(tcase, the_end_of_a_command_in_a_group_is_told_as_well);
    tcase_add_test(tcase, what_no_crash_leaves_is_bad_and_told_where);
    tcase_add_test(tcase, an_annotation_is_as_long_as_redis_takes_it);
    tcase_add_test(tcase, any_changed_byte_leaves_what_stands_before_it);
    tcase_add_test(tcase, what_cannot_be_read_is_told);
    tcase_add_test(tcase, a_length_that_was_made_up_takes_no_memory);
    tcase_add_test(tcase, large_commands_and_groups_are_read_whole);
    tcase_add_test(tcase, a_large_argument_is_copied_about_once);
    tcase_add_test(tcase, a_long_log_takes_no_more_memory_than_a_short_one);
    tcase_add_test(tcase, without_memory_it_stops_and_says_so);
    suite_add_tcase(suite, tcase);
    return suite;
}
