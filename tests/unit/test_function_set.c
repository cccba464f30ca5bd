/* Libraries of functions: sets that never change, one in the place of the other. */
#include "base/text.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "script/function_set.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static struct text error;

static void make(void)
{
    error = TEXT_EMPTY;
    function_set_flush();
}

static void drop(void)
{
    function_set_flush();
    ck_assert_uint_eq(function_set_memory(), 0);
    text_deinit(&error);
}

/* A library with these functions, up to a NULL. */
static struct function_library *library(const char *name, const char *const *functions)
{
    char code[200];
    int len = snprintf(code, sizeof code, "#!lua name=%s\ncode", name);
    struct function_library *made = function_library_create(name, strlen(name), code, (size_t)len, (size_t)len - 5);
    for (; *functions; functions++)
        ck_assert(function_library_add(made, *functions, strlen(*functions), NULL, 0, 0));
    return made;
}

#define LIBRARY(name, ...) library(name, (const char *const[]){__VA_ARGS__, NULL})

static bool add(struct function_library *added, bool replaces)
{
    text_clear(&error);
    return function_set_add(&added, 1, replaces, false, &error);
}

/* The library in which a function is known, or "none". Good until the next call. */
static const char *home_of(const char *function)
{
    static char name[100];
    struct function_set *set = function_set_take();
    struct function *found = function_set_find(set, function, strlen(function));
    if (found)
        snprintf(name, sizeof name, "%s", found->library->name);
    function_set_release(set);
    return found ? name : "none";
}

static void check_counts(unsigned libraries, unsigned functions)
{
    struct function_set *set = function_set_take();
    ck_assert_uint_eq(set->library_count, libraries);
    ck_assert_uint_eq(set->function_count, functions);
    for (unsigned i = 1; i < libraries; i++)
        ck_assert_int_lt(strcmp(set->libraries[i - 1]->name, set->libraries[i]->name), 0);
    function_set_release(set);
}

START_TEST(a_library_keeps_what_it_is_given)
{
    struct function_library *made = function_library_create("name!", 4, "code\0more", 9, 3);
    ck_assert(function_library_add(made, "f!", 1, "about it!", 8, 5));
    ck_assert(function_library_add(made, "g", 1, NULL, 0, 0));
    ck_assert(!function_library_add(made, "f", 1, NULL, 0, 0));
    ck_assert(function_library_add(made, "F", 1, NULL, 0, 0));
    ck_assert_str_eq(made->name, "name");
    ck_assert_mem_eq(made->code, "code\0more", 10);
    ck_assert_uint_eq(made->code_len, 9);
    ck_assert_uint_eq(made->line_len, 3);
    ck_assert_uint_eq(made->count, 3);
    ck_assert_str_eq(made->functions[0].name, "f");
    ck_assert_str_eq(made->functions[0].description, "about it");
    ck_assert_uint_eq(made->functions[0].flags, 5);
    ck_assert_ptr_null(made->functions[1].description);
    for (unsigned i = 0; i < made->count; i++) {
        ck_assert_uint_eq(made->functions[i].number, i);
        ck_assert_ptr_eq(made->functions[i].library, made);
    }
    function_library_release(made);
}
END_TEST

START_TEST(a_function_is_found_in_any_case_and_by_its_whole_name)
{
    ck_assert(add(LIBRARY("one", "alpha", "Beta", "alphabet", "z"), false));
    ck_assert(add(LIBRARY("two", "al", "BETAS", "m"), false));
    static const char *const names[] = {"alpha", "ALPHA", "beta", "Beta", "alphabet", "Z", "al", "betas", "M"};
    static const char *const homes[] = {"one", "one", "one", "one", "one", "one", "two", "two", "two"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ck_assert_str_eq(home_of(names[i]), homes[i]);
    static const char *const unknown[] = {"", "a", "alph", "alphab", "bet", "betass", "zz", "one"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        ck_assert_str_eq(home_of(unknown[i]), "none");
    struct function_set *set = function_set_take();
    ck_assert_ptr_null(function_set_find(set, "alpha\0", 6));
    ck_assert_ptr_null(function_set_find(set, "alpha\0bet", 9));
    ck_assert_ptr_nonnull(function_set_find(set, "alphabet", 5)); /* so many bytes of it */
    ck_assert_ptr_nonnull(function_set_find_library(set, "twosome", 3));
    ck_assert_ptr_null(function_set_find_library(set, "TWO", 3));
    ck_assert_ptr_null(function_set_find_library(set, "tw", 2));
    ck_assert_ptr_null(function_set_find_library(set, "two\0", 4));
    function_set_release(set);
    check_counts(2, 7);
}
END_TEST

START_TEST(many_functions_are_found)
{
    char name[20];
    for (unsigned i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "lib%u", i * 37 % 50);
        struct function_library *made = function_library_create(name, strlen(name), "", 0, 0);
        for (unsigned k = 0; k < i % 5; k++) {
            snprintf(name, sizeof name, "f%u_%u", i, k);
            ck_assert(function_library_add(made, name, strlen(name), NULL, 0, k));
        }
        ck_assert(add(made, false));
    }
    check_counts(50, 100);
    struct function_set *set = function_set_take();
    for (unsigned i = 0; i < 50; i++)
        for (unsigned k = 0; k < 5; k++) {
            int len = snprintf(name, sizeof name, "F%u_%u", i, k);
            struct function *found = function_set_find(set, name, (size_t)len);
            ck_assert_int_eq(found != NULL, k < i % 5);
            ck_assert(!found || found->flags == k);
        }
    function_set_release(set);
}
END_TEST

START_TEST(what_collides_is_refused_and_nothing_changes)
{
    ck_assert(add(LIBRARY("one", "f", "g"), false));
    uint64_t generation = function_set_generation();
    size_t memory = function_set_memory();
    ck_assert(!add(LIBRARY("one", "h"), false));
    ck_assert_str_eq(error.data, "Library one already exists");
    ck_assert(!add(LIBRARY("two", "a", "G"), false));
    ck_assert_str_eq(error.data, "Function g already exists");
    ck_assert(!add(LIBRARY("two", "a", "G"), true)); /* it replaces libraries only */
    struct function_library *several[] = {LIBRARY("three", "x"), LIBRARY("four", "X")};
    text_clear(&error);
    ck_assert(!function_set_add(several, 2, false, false, &error)); /* with each other */
    ck_assert_uint_gt(error.len, 0);
    ck_assert_uint_eq(function_set_generation(), generation);
    ck_assert_uint_eq(function_set_memory(), memory);
    check_counts(1, 2);
    ck_assert_str_eq(home_of("f"), "one");
    ck_assert_str_eq(home_of("a"), "none");
}
END_TEST

START_TEST(a_library_is_replaced_whole)
{
    ck_assert(add(LIBRARY("one", "f", "g"), false));
    ck_assert(add(LIBRARY("two", "h"), false));
    uint64_t generation = function_set_generation();
    ck_assert(add(LIBRARY("one", "F", "i"), true));
    ck_assert_uint_ne(function_set_generation(), generation);
    ck_assert_str_eq(home_of("f"), "one");
    ck_assert_str_eq(home_of("i"), "one");
    ck_assert_str_eq(home_of("g"), "none");
    ck_assert_str_eq(home_of("h"), "two");
    check_counts(2, 3);
}
END_TEST

START_TEST(a_flush_with_others_in_their_place_is_one_change)
{
    ck_assert(add(LIBRARY("one", "f"), false));
    ck_assert(add(LIBRARY("two", "g"), false));
    uint64_t generation = function_set_generation();
    struct function_library *added[] = {LIBRARY("two", "f"), LIBRARY("three", "h")};
    ck_assert(function_set_add(added, 2, false, true, &error));
    ck_assert_uint_eq(function_set_generation(), generation + 1);
    check_counts(2, 2);
    ck_assert_str_eq(home_of("f"), "two");
    ck_assert_str_eq(home_of("g"), "none");
    struct function_library *colliding[] = {LIBRARY("a", "x"), LIBRARY("b", "x")};
    ck_assert(!function_set_add(colliding, 2, false, true, &error)); /* nor is anything flushed */
    check_counts(2, 2);
}
END_TEST

START_TEST(a_library_is_removed_by_its_exact_name)
{
    ck_assert(add(LIBRARY("one", "f"), false));
    ck_assert(add(LIBRARY("two", "g"), false));
    ck_assert(add(LIBRARY("three", "h"), false));
    uint64_t generation = function_set_generation();
    ck_assert(!function_set_remove("ONE", 3));
    ck_assert(!function_set_remove("on", 2));
    ck_assert(!function_set_remove("", 0));
    ck_assert_uint_eq(function_set_generation(), generation);
    ck_assert(function_set_remove("three", 5));
    ck_assert(!function_set_remove("three", 5));
    ck_assert_str_eq(home_of("f"), "one");
    ck_assert_str_eq(home_of("g"), "two");
    ck_assert_str_eq(home_of("h"), "none");
    ck_assert(function_set_remove("one", 3));
    ck_assert(function_set_remove("two", 3));
    check_counts(0, 0);
    ck_assert_uint_eq(function_set_memory(), 0);
}
END_TEST

START_TEST(whoever_holds_a_set_sees_it_as_it_was)
{
    ck_assert(add(LIBRARY("one", "f", "g"), false));
    struct function_set *held = function_set_take(), *same = function_set_take();
    ck_assert_ptr_eq(held, same);
    function_set_release(same);
    function_set_flush();
    ck_assert(add(LIBRARY("one", "h"), false));
    ck_assert_uint_eq(held->library_count, 1);
    ck_assert_ptr_nonnull(function_set_find(held, "g", 1));
    ck_assert_str_eq(function_set_find(held, "F", 1)->library->code, "#!lua name=one\ncode");
    ck_assert_ptr_null(function_set_find(held, "h", 1));
    function_set_release(held);
    ck_assert_str_eq(home_of("g"), "none");
}
END_TEST

/* ---- threads ---- */

static void *change_and_look(void *argument)
{
    uint64_t number = (uint64_t)(uintptr_t)argument;
    struct dice dice = dice_create(number);
    char name[20], other[20];
    snprintf(name, sizeof name, "lib%u", (unsigned)number);
    struct text unused = TEXT_EMPTY;
    for (unsigned i = 0; i < scratch_rounds(5000); i++) {
        struct function_library *made = function_library_create(name, strlen(name), name, strlen(name), 0);
        must(function_library_add(made, name, strlen(name), NULL, 0, 0));
        must(function_set_add(&made, 1, true, false, &unused));
        snprintf(other, sizeof other, "LIB%u", 1 + (unsigned)dice_below(&dice, 4));
        struct function_set *set = function_set_take();
        must(function_set_find(set, name, strlen(name)));
        const struct function *found = function_set_find(set, other, strlen(other));
        must(!found || strcasecmp(found->library->code, other) == 0);
        function_set_release(set);
        must(!dice_chance(&dice, 30) || function_set_remove(name, strlen(name)));
    }
    text_deinit(&unused);
    return NULL;
}

START_TEST(threads_change_the_set_beside_each_other)
{
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, change_and_look, (void *)(i + 1));
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}
END_TEST

Suite *suite_function_set(void);
Suite *suite_function_set(void)
{
    Suite *suite = suite_create("function_set");
    TCase *tcase = tcase_create("function_set");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, make, drop);
    tcase_add_test(tcase, a_library_keeps_what_it_is_given);
    tcase_add_test(tcase, a_function_is_found_in_any_case_and_by_its_whole_name);
    tcase_add_test(tcase, many_functions_are_found);
    tcase_add_test(tcase, what_collides_is_refused_and_nothing_changes);
    tcase_add_test(tcase, a_library_is_replaced_whole);
    tcase_add_test(tcase, a_flush_with_others_in_their_place_is_one_change);
    tcase_add_test(tcase, a_library_is_removed_by_its_exact_name);
    tcase_add_test(tcase, whoever_holds_a_set_sees_it_as_it_was);
    tcase_add_test(tcase, threads_change_the_set_beside_each_other);
    suite_add_tcase(suite, tcase);
    return suite;
}
