/* Which scripts the server knows: those of SCRIPT LOAD until a flush, of those of EVAL the latest. */
#include "kit/scratch.h"
#include "kit/suites.h"
#include "script/script_cache.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void make(void)
{
    script_cache_flush();
}

static void drop(void)
{
    script_cache_flush();
    ck_assert_uint_eq(script_cache_count(), 0);
    ck_assert_uint_eq(script_cache_memory(), 0);
}

/* A SHA-1 for a number; the texts needn't match. The first digits, by which chains are chosen, are the same for some. */
static const char *sha_of(unsigned number)
{
    static __thread char sha[SHA1_HEX_LEN + 1];
    snprintf(sha, sizeof sha, "%08x%032x", number % 7, number);
    return sha;
}

static void add(unsigned number, const char *text, bool loaded)
{
    script_release(script_cache_add(script_create(sha_of(number), text, strlen(text)), loaded));
}

static bool is_known(unsigned number)
{
    struct script *script = script_cache_find(sha_of(number));
    if (!script)
        return false;
    bool cached = atomic_load(&script->cached);
    script_release(script);
    ck_assert(cached);
    return true;
}

START_TEST(a_sha_is_read_in_any_case)
{
    char sha[SHA1_HEX_LEN];
    ck_assert(script_sha_read("0123456789ABCDEFabcdef0123456789abcdefAF", 40, sha));
    ck_assert_mem_eq(sha, "0123456789abcdefabcdef0123456789abcdefaf", 40);
    ck_assert(!script_sha_read("0123456789abcdefabcdef0123456789abcdefa", 39, sha));
    ck_assert(!script_sha_read("0123456789abcdefabcdef0123456789abcdefaf0", 41, sha));
    ck_assert(!script_sha_read("", 0, sha));
    for (size_t at = 0; at < SHA1_HEX_LEN; at++)
        for (const char *wrong = "/:@G`g \xff"; *wrong; wrong++) {
            char text[] = "0123456789abcdefabcdef0123456789abcdefaf";
            text[at] = *wrong;
            ck_assert(!script_sha_read(text, 40, sha));
        }
    ck_assert(!script_sha_read("0123456789abcdefabcdef0123456789abcdef\0f", 40, sha));
}
END_TEST

START_TEST(a_script_is_found_by_its_sha)
{
    char upper[SHA1_HEX_LEN + 1] = "0000000A000000000000000000000000000000FF";
    struct script *added =
        script_cache_add(script_create("0000000a000000000000000000000000000000ff", "return\0 1", 9), false);
    ck_assert_uint_eq(added->len, 9);
    ck_assert_mem_eq(added->text, "return\0 1", 10); /* a NUL follows */
    ck_assert_ptr_null(script_cache_find(upper));
    struct script *found = script_cache_find_any_case(upper);
    ck_assert_ptr_eq(found, added);
    script_release(found);
    script_release(added);
    ck_assert_ptr_null(script_cache_find_any_case("0000000A000000000000000000000000000000FG"));
    ck_assert_uint_eq(script_cache_count(), 1);
    ck_assert_uint_ge(script_cache_memory(), sizeof(struct script) + 9);
}
END_TEST

START_TEST(equal_scripts_are_one)
{
    struct script *first = script_cache_add(script_create(sha_of(1), "x", 1), false);
    struct script *second = script_cache_add(script_create(sha_of(1), "x", 1), true);
    ck_assert_ptr_eq(first, second);
    ck_assert_uint_eq(script_cache_count(), 1);
    script_release(first);
    script_release(second);
}
END_TEST

START_TEST(the_latest_of_those_evaluated_stay)
{
    for (unsigned i = 0; i < SCRIPT_CACHE_EVALUATED + 100; i++)
        add(i, "text", false);
    ck_assert_uint_eq(script_cache_count(), SCRIPT_CACHE_EVALUATED);
    for (unsigned i = 0; i < SCRIPT_CACHE_EVALUATED + 100; i++)
        ck_assert_int_eq(is_known(i), i >= 100);
}
END_TEST

START_TEST(those_loaded_stay)
{
    add(1000, "evaluated, then loaded", false);
    add(1001, "loaded", true);
    add(1000, "evaluated, then loaded", true);
    add(1001, "loaded", false); /* and evaluated later */
    for (unsigned i = 0; i < 2 * SCRIPT_CACHE_EVALUATED; i++)
        add(i, "text", false);
    ck_assert(is_known(1000));
    ck_assert(is_known(1001));
    ck_assert_uint_eq(script_cache_count(), SCRIPT_CACHE_EVALUATED + 2);
}
END_TEST

/* In the middle of the list, and at both its ends. */
START_TEST(whichever_is_loaded_leaves_the_others_in_order)
{
    for (unsigned i = 0; i < SCRIPT_CACHE_EVALUATED; i++)
        add(i, "text", false);
    add(0, "text", true);
    add(SCRIPT_CACHE_EVALUATED / 2, "text", true);
    add(SCRIPT_CACHE_EVALUATED - 1, "text", true);
    for (unsigned i = 0; i < SCRIPT_CACHE_EVALUATED; i++)
        add(10000 + i, "text", false);
    for (unsigned i = 0; i < SCRIPT_CACHE_EVALUATED; i++) {
        bool loaded = i == 0 || i == SCRIPT_CACHE_EVALUATED / 2 || i == SCRIPT_CACHE_EVALUATED - 1;
        ck_assert_int_eq(is_known(i), loaded);
        ck_assert(is_known(10000 + i));
    }
}
END_TEST

START_TEST(long_texts_push_others_out)
{
    enum { LEN = 10 << 20 };
    char *text = malloc(LEN + 1);
    memset(text, 'x', LEN);
    text[LEN] = '\0';
    for (unsigned i = 0; i < 5; i++)
        add(i, text, false);
    ck_assert_uint_le(script_cache_memory(), SCRIPT_CACHE_EVALUATED_BYTES);
    ck_assert_uint_eq(script_cache_count(), 3);
    ck_assert(!is_known(1));
    ck_assert(is_known(2));
    free(text);
    size_t len = SCRIPT_CACHE_EVALUATED_BYTES + 1;
    text = malloc(len);
    memset(text, 'y', len);
    struct script *alone = script_cache_add(script_create(sha_of(9), text, len), false);
    ck_assert(!atomic_load(&alone->cached)); /* it runs all the same */
    ck_assert_uint_eq(script_cache_count(), 0);
    script_release(alone);
    free(text);
}
END_TEST

START_TEST(a_flush_forgets_all_and_is_told)
{
    uint64_t generation = script_cache_generation();
    struct script *held = script_cache_add(script_create(sha_of(1), "x", 1), true);
    add(2, "y", false);
    ck_assert_uint_eq(script_cache_generation(), generation);
    script_cache_flush();
    ck_assert_uint_ne(script_cache_generation(), generation);
    ck_assert(!is_known(1));
    ck_assert(!is_known(2));
    ck_assert_uint_eq(script_cache_count(), 0);
    ck_assert_uint_eq(script_cache_memory(), 0);
    ck_assert(!atomic_load(&held->cached));
    ck_assert_str_eq(held->text, "x"); /* whoever holds it may go on with it */
    held = script_cache_add(held, false);
    ck_assert(is_known(1));
    script_release(held);
}
END_TEST

/* ---- threads ---- */

static void *add_and_find(void *argument)
{
    struct dice dice = dice_create((uint64_t)(uintptr_t)argument);
    for (unsigned i = 0; i < scratch_rounds(20000); i++) {
        unsigned number = (unsigned)dice_below(&dice, 700);
        struct script *script = script_cache_find(sha_of(number));
        if (!script)
            script = script_cache_add(script_create(sha_of(number), "text", 4), dice_chance(&dice, 5));
        must(memcmp(script->sha, sha_of(number), SHA1_HEX_LEN) == 0 && strcmp(script->text, "text") == 0);
        script_release(script);
        if (dice_below(&dice, 2000) == 0)
            script_cache_flush();
    }
    return NULL;
}

START_TEST(threads_share_what_is_known)
{
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, add_and_find, (void *)(i + 1));
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}
END_TEST

Suite *suite_script_cache(void);
Suite *suite_script_cache(void)
{
    Suite *suite = suite_create("script_cache");
    TCase *tcase = tcase_create("script_cache");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, make, drop);
    tcase_add_test(tcase, a_sha_is_read_in_any_case);
    tcase_add_test(tcase, a_script_is_found_by_its_sha);
    tcase_add_test(tcase, equal_scripts_are_one);
    tcase_add_test(tcase, the_latest_of_those_evaluated_stay);
    tcase_add_test(tcase, those_loaded_stay);
    tcase_add_test(tcase, whichever_is_loaded_leaves_the_others_in_order);
    tcase_add_test(tcase, long_texts_push_others_out);
    tcase_add_test(tcase, a_flush_forgets_all_and_is_told);
    tcase_add_test(tcase, threads_share_what_is_known);
    suite_add_tcase(suite, tcase);
    return suite;
}
