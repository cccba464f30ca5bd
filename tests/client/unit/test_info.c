/* INFO is read as fields, whatever a server writes between them. */
#include "kit/suites.h"
#include "session/info.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct info *parse(const char *text)
{
    return info_parse(text, strlen(text));
}

START_TEST(fields_know_their_section)
{
    struct info *info = parse("early:1\r\n# Server\r\nname:a:b\r\n\r\nno field\r\n#Keyspace\nempty:\nlast:2");
    ck_assert_uint_eq(info_count(info), 4);
    ck_assert_str_eq(info_field(info, 0)->section, "");
    ck_assert_str_eq(info_field(info, 1)->section, "Server");
    ck_assert_str_eq(info_text(info, "name"), "a:b");
    ck_assert_str_eq(info_field(info, 2)->section, "Keyspace");
    ck_assert_str_eq(info_text(info, "empty"), "");
    ck_assert_str_eq(info_text(info, "last"), "2");
    ck_assert_ptr_null(info_text(info, "no field"));
    info_destroy(info);
}
END_TEST

START_TEST(numbers_are_finite_or_none)
{
    struct info *info = parse("a:87.5%\nb:inf\nc:nan\nd:x\ne:-3\n");
    double value = 7;
    ck_assert(info_number(info, "a", &value) && value == 87.5);
    ck_assert(!info_number(info, "b", &value) && !info_number(info, "c", &value) && !info_number(info, "d", &value));
    ck_assert(!info_number(info, "z", &value) && value == 87.5);
    ck_assert(info_number(info, "e", &value) && value == -3);
    ck_assert(info_subfield("keys=3,avg_ttl=9", "avg_ttl", &value) && value == 9);
    ck_assert(!info_subfield("keys=3,avg_ttl=9", "ttl", &value) && !info_subfield("keys", "keys", &value));
    ck_assert(info_subfield("keys_ttl=5,keys=3", "keys", &value) && value == 3);
    info_destroy(info);
}
END_TEST

static double keys_in(const char *text)
{
    struct info *info = parse(text);
    double keys = info_count_keys(info);
    info_destroy(info);
    return keys;
}

START_TEST(keys_of_all_databases_are_added_up)
{
    ck_assert(keys_in("") == 0);
    ck_assert(keys_in("db0:keys=3,expires=0\ndb15:expires=1,keys=4\n") == 7);
    ck_assert(keys_in("dbsize:keys=3\nkeys:keys=3\ndb0_distrib:items=3\n") == 0);
    ck_assert(isnan(keys_in("db0:keys=3\ndb1:keys=9223372036854775807\n")));
    ck_assert(isnan(keys_in("db0:keys=-1\n")));
}
END_TEST

START_TEST(databases_are_told_from_other_fields)
{
    struct info *info = parse("db0:keys=3,expires=0\ndb2147483647:keys=-1\ndb2147483648:keys=1\ndb1x:keys=1\n"
                              "db:keys=1\ndbx:keys=1\nd0:keys=1\ndb2:expires=1\ndb99999999999999999999:keys=1\n");
    int number = -1;
    double keys = -1;
    ck_assert(info_database(info_field(info, 0), &number, &keys) && number == 0 && keys == 3);
    ck_assert(info_database(info_field(info, 1), &number, &keys) && number == 2147483647 && isnan(keys));
    for (size_t i = 2; i < info_count(info); i++)
        ck_assert_msg(!info_database(info_field(info, i), &number, &keys), "%s", info_field(info, i)->name);
    info_destroy(info);
}
END_TEST

START_TEST(bytes_that_are_not_printable_become_question_marks)
{
    struct info *info = info_parse("a\x1b:\xff\0"
                                   "b\n",
                                   7);
    ck_assert_uint_eq(info_count(info), 1);
    ck_assert_str_eq(info_text(info, "a?"), "??b");
    info_destroy(info);
}
END_TEST

Suite *suite_info(void);
Suite *suite_info(void)
{
    Suite *suite = suite_create("info");
    TCase *tcase = tcase_create("info");
    tcase_add_test(tcase, fields_know_their_section);
    tcase_add_test(tcase, numbers_are_finite_or_none);
    tcase_add_test(tcase, keys_of_all_databases_are_added_up);
    tcase_add_test(tcase, databases_are_told_from_other_fields);
    tcase_add_test(tcase, bytes_that_are_not_printable_become_question_marks);
    suite_add_tcase(suite, tcase);
    return suite;
}
