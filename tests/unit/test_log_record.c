/* Records of the log: the protocol's bytes, groups, and what stands between records of different databases and times. */
#include "base/text.h"
#include "kit/suites.h"
#include "persist/log_record.h"

#include <string.h>

#define WORD(text) ((struct bytes){text, sizeof(text) - 1})
#define SELECT(db) "*2\r\n$6\r\nSELECT\r\n$1\r\n" #db "\r\n"
#define DEL "*2\r\n$3\r\nDEL\r\n$1\r\na\r\n"

static struct text out;

static void set_up(void)
{
    out = TEXT_EMPTY;
}

static void tear_down(void)
{
    text_deinit(&out);
}

static void expect_out(const char *expected)
{
    ck_assert_str_eq(out.data, expected);
    text_clear(&out);
}

/* DEL a in each of the databases. */
static struct log_record record_of(unsigned count, const int *dbs)
{
    struct log_record record;
    log_record_begin(&record, &out, count);
    for (unsigned i = 0; i < count; i++)
        log_record_add(&record, dbs[i], 2, (const struct bytes[]){WORD("DEL"), WORD("a")});
    log_record_end(&record);
    return record;
}

START_TEST(a_command_is_written_as_a_request)
{
    struct log_record record;
    log_record_begin(&record, &out, 1);
    log_record_add(&record, 7, 3, (const struct bytes[]){WORD("SET"), WORD("k\0y"), WORD("")});
    log_record_end(&record);
    static const char expected[] = "*3\r\n$3\r\nSET\r\n$3\r\nk\0y\r\n$0\r\n\r\n";
    ck_assert_uint_eq(out.len, sizeof expected - 1);
    ck_assert_mem_eq(out.data, expected, sizeof expected);
    ck_assert_int_eq(record.first_db, 7);
    ck_assert_int_eq(record.last_db, 7);
}
END_TEST

START_TEST(several_commands_are_a_group_that_selects_between_them)
{
    struct log_record record = record_of(4, (const int[]){3, 3, 0, 5});
    expect_out("*1\r\n$5\r\nMULTI\r\n" DEL DEL SELECT(0) DEL SELECT(5) DEL "*1\r\n$4\r\nEXEC\r\n");
    ck_assert_int_eq(record.first_db, 3);
    ck_assert_int_eq(record.last_db, 5);
}
END_TEST

START_TEST(a_record_appends_to_what_is_there)
{
    text_add(&out, "before");
    record_of(1, (const int[]){0});
    expect_out("before" DEL);
}
END_TEST

static void lead(struct log_position *position, int first_db, int last_db, int64_t now_ms)
{
    struct log_record record = {.first_db = first_db, .last_db = last_db};
    text_add(&out, "");
    log_record_lead(position, &out, &record, now_ms);
}

START_TEST(a_database_is_selected_where_it_is_another_one)
{
    struct log_position position = {.db = -1};
    lead(&position, 0, 0, 1000);
    expect_out(SELECT(0));
    lead(&position, 0, 3, 1000);
    expect_out("");
    lead(&position, 0, 0, 5000);
    expect_out(SELECT(0));
    lead(&position, 12, 12, 5000);
    expect_out("*2\r\n$6\r\nSELECT\r\n$2\r\n12\r\n");
}
END_TEST

START_TEST(a_timestamp_stands_there_once_a_second_and_they_ascend)
{
    struct log_position position = {.db = 0, .annotates = true};
    lead(&position, 0, 0, 1700000000999);
    expect_out("#TS:1700000000\r\n");
    lead(&position, 0, 0, 1700000000999);
    expect_out("");
    lead(&position, 1, 1, 1700000001000);
    expect_out("#TS:1700000001\r\n" SELECT(1));
    lead(&position, 1, 1, 1699999999000); /* the clock was set back */
    expect_out("");
}
END_TEST

Suite *suite_log_record(void);
Suite *suite_log_record(void)
{
    Suite *suite = suite_create("log_record");
    TCase *tcase = tcase_create("log_record");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_command_is_written_as_a_request);
    tcase_add_test(tcase, several_commands_are_a_group_that_selects_between_them);
    tcase_add_test(tcase, a_record_appends_to_what_is_there);
    tcase_add_test(tcase, a_database_is_selected_where_it_is_another_one);
    tcase_add_test(tcase, a_timestamp_stands_there_once_a_second_and_they_ascend);
    suite_add_tcase(suite, tcase);
    return suite;
}
