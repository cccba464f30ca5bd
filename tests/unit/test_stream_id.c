/*
 * IDs of stream entries: which texts are some, and where they end.
 */
#include "kit/scratch.h"
#include "kit/suites.h"
#include "types/stream_id.h"

#include <check.h>

static struct bytes text_of(const char *text)
{
    return (struct bytes){text, strlen(text)};
}

START_TEST(texts_are_read)
{
    static const struct {
        const char *text;
        struct stream_id id; /* with the default 7 */
    } good[] = {{"0", {0, 7}},
                {"5", {5, 7}},
                {"5-3", {5, 3}},
                {"0-0", {0, 0}},
                {"18446744073709551615-18446744073709551615", {UINT64_MAX, UINT64_MAX}},
                {"007-01", {7, 1}},
                {" 7-+1", {7, 1}}};
    static const char *const bad[] = {"",
                                      "-",
                                      "+",
                                      "5-",
                                      "-5",
                                      "5--3",
                                      "5-*",
                                      "*",
                                      "a-1",
                                      "1-a",
                                      "1 ",
                                      "1-1-1",
                                      "18446744073709551616",
                                      "1-1 ",
                                      "$",
                                      "0x10",
                                      "1.0",
                                      "1-18446744073709551616"};
    struct stream_id id;
    for (unsigned i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert_msg(stream_id_parse(text_of(good[i].text), 7, &id), "%s", good[i].text);
        ck_assert_msg(stream_id_compare(id, good[i].id) == 0, "%s", good[i].text);
    }
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!stream_id_parse(text_of(bad[i]), 7, &id), "%s", bad[i]);
    char endless[200];
    memset(endless, '0', sizeof endless);
    must(stream_id_parse((struct bytes){endless, 127}, 7, &id) &&
         !stream_id_parse((struct bytes){endless, 128}, 7, &id));
    must(stream_id_parse_bound(text_of("-"), 7, &id) && stream_id_is_zero(id));
    must(stream_id_parse_bound(text_of("+"), 7, &id) && stream_id_compare(id, STREAM_ID_MAX) == 0);
    must(!stream_id_parse_bound(text_of("$"), 7, &id) && stream_id_parse_bound(text_of("3"), 7, &id) && id.seq == 7);
    bool any;
    must(stream_id_parse_new(text_of("9-*"), &id, &any) && any && id.ms == 9 && id.seq == 0);
    must(stream_id_parse_new(text_of("9-2"), &id, &any) && !any && id.seq == 2);
    must(stream_id_parse_new(text_of("9"), &id, &any) && !any && id.seq == 0);
    must(!stream_id_parse_new(text_of("*"), &id, &any) && !stream_id_parse_new(text_of("9-**"), &id, &any));
}
END_TEST

START_TEST(ids_follow_one_another)
{
    struct stream_id id = {4, UINT64_MAX}, end = STREAM_ID_MAX, begin = STREAM_ID_MIN;
    char text[STREAM_ID_MAX_LEN];
    must(stream_id_increment(&id) && id.ms == 5 && id.seq == 0 && stream_id_decrement(&id));
    must(id.ms == 4 && id.seq == UINT64_MAX && stream_id_decrement(&id) && id.seq == UINT64_MAX - 1);
    must(!stream_id_increment(&end) && stream_id_compare(end, STREAM_ID_MAX) == 0);
    must(!stream_id_decrement(&begin) && stream_id_is_zero(begin));
    must(stream_id_compare((struct stream_id){1, 9}, (struct stream_id){2, 0}) < 0);
    must(stream_id_compare((struct stream_id){2, 1}, (struct stream_id){2, 0}) > 0);
    must(stream_id_format(text, STREAM_ID_MAX) == 41 &&
         memcmp(text, "18446744073709551615-18446744073709551615", 41) == 0);
    must(stream_id_format(text, (struct stream_id){15, 0}) == 4 && memcmp(text, "15-0", 4) == 0);
}
END_TEST

Suite *suite_stream_id(void);
Suite *suite_stream_id(void)
{
    Suite *suite = suite_create("stream_id");
    TCase *tcase = tcase_create("stream_id");
    tcase_add_test(tcase, texts_are_read);
    tcase_add_test(tcase, ids_follow_one_another);
    suite_add_tcase(suite, tcase);
    return suite;
}
