/* The greatest of many keys, each once. */
#include "survey/top_keys.h"

#include <check.h>
#include <string.h>

static bool add(struct top_keys *top, uint64_t value, const char *name)
{
    struct walked_key key = {.name = name, .name_length = strlen(name), .type_name = "string"};
    return top_keys_add(top, value, &key);
}

static void expect(const struct top_keys *top, const char *const *names, size_t count)
{
    size_t found;
    const struct top_key *list = top_keys_list(top, &found);
    ck_assert_uint_eq(found, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(list[i].name_length, strlen(names[i]));
        ck_assert_int_eq(memcmp(list[i].name, names[i], list[i].name_length), 0);
    }
}

START_TEST(the_greatest_stay_in_order_and_each_once)
{
    struct top_keys *top = top_keys_create(3);
    ck_assert(!add(top, 0, "nothing"));
    ck_assert(add(top, 5, "five") && add(top, 9, "nine") && add(top, 7, "seven"));
    ck_assert(!add(top, 7, "seven") && !add(top, 4, "four"));
    ck_assert(add(top, 8, "eight"));
    expect(top, (const char *const[]){"nine", "eight", "seven"}, 3);
    top_keys_destroy(top);
}
END_TEST

START_TEST(of_equals_the_first_stands_first_and_stays)
{
    struct top_keys *top = top_keys_create(3);
    ck_assert(add(top, 5, "a") && add(top, 5, "b") && add(top, 5, "c"));
    ck_assert(!add(top, 5, "d"));
    expect(top, (const char *const[]){"a", "b", "c"}, 3);
    ck_assert(add(top, 6, "e"));
    expect(top, (const char *const[]){"e", "a", "b"}, 3);
    top_keys_destroy(top);
}
END_TEST

Suite *suite_top_keys(void);
Suite *suite_top_keys(void)
{
    Suite *suite = suite_create("top keys");
    TCase *tcase = tcase_create("top keys");
    tcase_add_test(tcase, the_greatest_stay_in_order_and_each_once);
    tcase_add_test(tcase, of_equals_the_first_stands_first_and_stays);
    suite_add_tcase(suite, tcase);
    return suite;
}
