/* Lists of names: order, repetitions, and running out of memory. */
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

START_TEST(unique_keeps_the_first_of_each_name)
{
    struct name_list names = {0};
    size_t offset = 0;
    ck_assert(name_list_make_unique(&names));
    add_text(&names, "a");
    add_text(&names, "bb");
    add_text(&names, "a");
    add_text(&names, "");
    add_text(&names, "bb");
    add_text(&names, "");
    add_text(&names, "c");
    ck_assert(name_list_make_unique(&names));
    ck_assert_uint_eq(names.count, 4);
    assert_next(&names, &offset, "a");
    assert_next(&names, &offset, "bb");
    assert_next(&names, &offset, "");
    assert_next(&names, &offset, "c");
    ck_assert_uint_eq(offset, names.len);
    name_list_deinit(&names);
}
END_TEST

START_TEST(unique_counts_what_was_added_at_random)
{
    enum { NAMES = 5000, RANGE = 3000 };
    static bool seen[RANGE];
    struct dice dice = dice_create((uint64_t)_i);
    struct name_list names = {0};
    size_t different = 0;
    memset(seen, 0, sizeof seen);
    for (int i = 0; i < NAMES; i++) {
        char text[32];
        size_t number = dice_below(&dice, RANGE);
        snprintf(text, sizeof text, "key:%zu", number);
        add_text(&names, text);
        different += !seen[number];
        seen[number] = true;
    }
    ck_assert(name_list_make_unique(&names));
    ck_assert_uint_eq(names.count, different);
    for (size_t offset = 0; offset < names.len;) {
        size_t number;
        char text[32] = "";
        struct bytes name = name_list_next(&names, &offset);
        memcpy(text, name.data, name.len);
        ck_assert_int_eq(sscanf(text, "key:%zu", &number), 1);
        ck_assert(seen[number]);
        seen[number] = false;
    }
    name_list_deinit(&names);
}
END_TEST

START_TEST(list_without_memory_says_that_it_is_incomplete)
{
    struct name_list names = {0};
    add_text(&names, "one");
    mem_fail_after(1);
    ck_assert(!name_list_make_unique(&names));
    ck_assert_uint_eq(names.count, 1);
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
    tcase_add_test(tcase, unique_keeps_the_first_of_each_name);
    tcase_add_loop_test(tcase, unique_counts_what_was_added_at_random, 0, 5);
    tcase_add_test(tcase, list_without_memory_says_that_it_is_incomplete);
    suite_add_tcase(suite, tcase);
    return suite;
}
