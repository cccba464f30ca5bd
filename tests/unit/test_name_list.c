/* Lists of names: order, removal, and running out of memory. */
#include "base/memory.h"
#include "handlers/name_list.h"
#include "kit/scratch.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void add_text(struct name_list *names, const char *text)
{
    name_list_add(names, (struct bytes){text, strlen(text)});
}

static void assert_next(const struct name_list *names, size_t *offset, const char *text)
{
    struct bytes name = name_list_next(names, offset);
    ck_assert_uint_eq(name.len, strlen(text));
    ck_assert_mem_eq(name.data, text, name.len);
}

START_TEST(names_come_back_in_order)
{
    struct name_list names = {0};
    size_t offset = 0;
    add_text(&names, "one");
    add_text(&names, "");
    name_list_add(&names, (struct bytes){"t\0o", 3});
    ck_assert_uint_eq(names.count, 3);
    assert_next(&names, &offset, "one");
    assert_next(&names, &offset, "");
    struct bytes binary = name_list_next(&names, &offset);
    ck_assert_uint_eq(binary.len, 3);
    ck_assert_mem_eq(binary.data, "t\0o", 3);
    ck_assert_uint_eq(offset, names.len);
    name_list_deinit(&names);
}
END_TEST

static bool is_short(void *context, struct bytes name)
{
    ++*(int *)context;
    return name.len < 2;
}

START_TEST(unwanted_names_go_and_the_order_stays)
{
    struct name_list names = {0};
    int asked = 0;
    add_text(&names, "first");
    size_t from = names.len, offset = 0;
    add_text(&names, "a");
    add_text(&names, "bb");
    add_text(&names, "");
    add_text(&names, "cc");
    add_text(&names, "d");
    name_list_keep(&names, from, is_short, &asked);
    ck_assert_int_eq(asked, 5);
    ck_assert_uint_eq(names.count, 4);
    assert_next(&names, &offset, "first");
    assert_next(&names, &offset, "a");
    assert_next(&names, &offset, "");
    assert_next(&names, &offset, "d");
    ck_assert_uint_eq(offset, names.len);
    name_list_clear(&names);
    ck_assert_uint_eq(names.count, 0);
    add_text(&names, "again");
    offset = 0;
    assert_next(&names, &offset, "again");
    name_list_deinit(&names);
}
END_TEST

START_TEST(list_without_memory_says_that_it_is_incomplete)
{
    struct name_list names = {0};
    add_text(&names, "one");
    char large[5000];
    memset(large, 'x', sizeof large);
    mem_fail_after(1);
    name_list_add(&names, (struct bytes){large, sizeof large});
    mem_fail_after(0);
    ck_assert(names.failed);
    add_text(&names, "two");
    ck_assert_uint_eq(names.count, 1);
    name_list_deinit(&names);
}
END_TEST

Suite *suite_name_list(void);
Suite *suite_name_list(void)
{
    Suite *suite = suite_create("name list");
    TCase *tcase = tcase_create("names");
    tcase_add_test(tcase, names_come_back_in_order);
    tcase_add_test(tcase, unwanted_names_go_and_the_order_stays);
    tcase_add_test(tcase, list_without_memory_says_that_it_is_incomplete);
    suite_add_tcase(suite, tcase);
    return suite;
}
