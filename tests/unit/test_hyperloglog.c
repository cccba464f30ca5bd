/* HyperLogLogs: registers against a plain array, estimates against the truth, and strings that somebody made up. */
#include "kit/scratch.h"
#include "types/hyperloglog.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_SPARSE_MAX 3000

/* A value in a buffer of its own, and what its registers should be. */
struct subject {
    struct hyperloglog hll;
    char buffer[HYPERLOGLOG_MAX_LEN];
    uint8_t expected[HYPERLOGLOG_REGISTERS];
};

static struct subject *subject_create(void)
{
    struct subject *subject = calloc(1, sizeof *subject);
    hyperloglog_init(&subject->hll, subject->buffer);
    return subject;
}

/* The value is intact, in a buffer with nothing behind it, and its registers are the expected ones. */
static void subject_check(const struct subject *subject)
{
    static uint8_t registers[HYPERLOGLOG_REGISTERS];
    size_t len = subject->hll.len;
    char *exact = malloc(len);
    memcpy(exact, subject->hll.data, len);
    memset(registers, 0, sizeof registers);
    ck_assert_int_ne(hyperloglog_form(exact, len), HYPERLOGLOG_NONE);
    ck_assert(hyperloglog_merge(exact, len, registers));
    ck_assert_mem_eq(registers, subject->expected, sizeof registers);
    free(exact);
}

static bool subject_raise(struct subject *subject, unsigned index, unsigned rank, size_t sparse_max)
{
    bool raises = rank > subject->expected[index];
    if (raises)
        subject->expected[index] = (uint8_t)rank;
    ck_assert_int_eq(hyperloglog_raise(&subject->hll, index, rank, sparse_max), raises);
    return raises;
}

static bool is_sparse(const struct subject *subject)
{
    return hyperloglog_form(subject->hll.data, subject->hll.len) == HYPERLOGLOG_SPARSE;
}

START_TEST(elements_go_where_redis_puts_them)
{
    /* read from redis-server 7.0 with PFADD and PFDEBUG GETREG */
    static const struct {
        const char *element;
        size_t len;
        unsigned index, rank;
    } expected[] = {{"", 0, 5938, 2},
                    {"a", 1, 12711, 2},
                    {"foo", 3, 7348, 5},
                    {"1234567", 7, 10327, 3},
                    {"12345678", 8, 10579, 3},
                    {"123456789", 9, 9293, 2},
                    {"The quick brown fox jumps over the lazy dog", 43, 6862, 4},
                    {"\0\xff\x80", 3, 16255, 2}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        unsigned index;
        ck_assert_uint_eq(hyperloglog_rank(expected[i].element, expected[i].len, &index), expected[i].rank);
        ck_assert_uint_eq(index, expected[i].index);
    }
}
END_TEST

START_TEST(a_new_value_is_redis_s)
{
    struct subject *subject = subject_create();
    ck_assert_uint_eq(subject->hll.len, 18);
    ck_assert_mem_eq(subject->hll.data, "HYLL\1\0\0\0\0\0\0\0\0\0\0\x80\x7f\xff", 18);
    subject_check(subject);
    free(subject);
}
END_TEST

START_TEST(random_raises_match_a_plain_array)
{
    static const size_t sparse_maxima[] = {0, 40, 1000, DEFAULT_SPARSE_MAX, 16000, SIZE_MAX};
    struct dice dice = dice_create((uint64_t)_i);
    struct subject *subject = subject_create();
    size_t sparse_max = sparse_maxima[_i];
    unsigned window = 1 + (unsigned)dice_below(&dice, HYPERLOGLOG_REGISTERS), ranks = _i % 2 ? 32 : 8;
    for (int i = 0; i < 20000; i++) {
        size_t before = subject->hll.len;
        bool sparse_before = is_sparse(subject);
        unsigned index = (unsigned)dice_below(&dice, dice_chance(&dice, 50) ? window : HYPERLOGLOG_REGISTERS);
        subject_raise(subject, index, 1 + (unsigned)dice_below(&dice, ranks), sparse_max);
        if (is_sparse(subject))
            ck_assert(subject->hll.len <= before || subject->hll.len <= sparse_max);
        else
            ck_assert(!sparse_before || before + 3 > sparse_max);
        if (i % 64 == 0)
            subject_check(subject);
    }
    subject_check(subject);
    ck_assert_int_eq(is_sparse(subject), sparse_max == SIZE_MAX || sparse_max == 16000);
    hyperloglog_make_dense(&subject->hll);
    subject_check(subject);
    free(subject);
}
END_TEST

START_TEST(going_on_near_the_last_change_gives_the_same_bytes)
{
    struct dice dice = dice_create((uint64_t)_i);
    struct subject *near = subject_create(), *far = subject_create();
    for (int round = 0; round < 20; round++) {
        for (unsigned index = 0; index < HYPERLOGLOG_REGISTERS; index += 1 + (unsigned)dice_below(&dice, 200)) {
            unsigned rank = 1 + (unsigned)dice_below(&dice, 3);
            far->hll.near_offset = 0;
            subject_raise(near, index, rank, SIZE_MAX);
            subject_raise(far, index, rank, SIZE_MAX);
            ck_assert_uint_eq(near->hll.len, far->hll.len);
        }
        ck_assert_mem_eq(near->hll.data, far->hll.data, near->hll.len);
        subject_check(near);
    }
    free(near);
    free(far);
}
END_TEST

START_TEST(a_rank_over_32_makes_it_dense)
{
    struct subject *subject = subject_create();
    subject_raise(subject, 16383, 32, DEFAULT_SPARSE_MAX);
    ck_assert(is_sparse(subject));
    subject_raise(subject, 16383, 33, DEFAULT_SPARSE_MAX);
    ck_assert(!is_sparse(subject));
    ck_assert_uint_eq(subject->hll.len, HYPERLOGLOG_DENSE_LEN);
    ck_assert_uint_eq(hyperloglog_register(&subject->hll, 16383), 33);
    subject_check(subject);
    free(subject);
}
END_TEST

START_TEST(a_dense_register_is_its_own)
{
    struct subject *subject = subject_create();
    hyperloglog_make_dense(&subject->hll);
    for (unsigned index = 0; index < HYPERLOGLOG_REGISTERS; index++)
        subject_raise(subject, index, index * 7 % 64, 0);
    for (unsigned index = 0; index < HYPERLOGLOG_REGISTERS; index++)
        ck_assert_uint_eq(hyperloglog_register(&subject->hll, index), index * 7 % 64);
    subject_check(subject);
    free(subject);
}
END_TEST

START_TEST(estimates_are_near_the_truth)
{
    static uint8_t registers[HYPERLOGLOG_REGISTERS];
    memset(registers, 0, sizeof registers);
    ck_assert_uint_eq(hyperloglog_estimate(registers), 0);
    struct dice dice = dice_create((uint64_t)_i);
    uint64_t salt = dice_next(&dice), checkpoint = 1;
    for (uint64_t i = 1; i <= 1000000; i++) {
        uint64_t element = i ^ salt;
        unsigned index, rank = hyperloglog_rank((const char *)&element, sizeof element, &index);
        if (rank > registers[index])
            registers[index] = (uint8_t)rank;
        if (i < checkpoint)
            continue;
        checkpoint = checkpoint * 3 + 1;
        double error = (double)hyperloglog_estimate(registers) - (double)i;
        ck_assert_msg(fabs(error) <= 2 + 6 * 1.04 / 128 * (double)i, "%g off at %llu", error, (unsigned long long)i);
    }
}
END_TEST

START_TEST(full_registers_give_a_number_all_the_same)
{
    static uint8_t registers[HYPERLOGLOG_REGISTERS];
    static const uint8_t values[] = {51, 52, 63};
    for (size_t i = 0; i < sizeof values; i++) {
        memset(registers, values[i], sizeof registers);
        ck_assert_uint_eq(hyperloglog_estimate(registers), INT64_MAX);
    }
}
END_TEST

START_TEST(a_kept_count_holds_until_a_change)
{
    struct subject *subject = subject_create();
    uint64_t count = 7;
    ck_assert(!hyperloglog_kept_count(subject->hll.data, &count));
    hyperloglog_count_bytes(UINT64_C(0x0102030405060708), subject->hll.data + HYPERLOGLOG_COUNT_OFFSET);
    ck_assert_mem_eq(subject->hll.data + HYPERLOGLOG_COUNT_OFFSET, "\x08\7\6\5\4\3\2\1", 8);
    ck_assert(hyperloglog_kept_count(subject->hll.data, &count));
    ck_assert_uint_eq(count, UINT64_C(0x0102030405060708));
    hyperloglog_raise(&subject->hll, 5, 1, DEFAULT_SPARSE_MAX);
    ck_assert(!hyperloglog_kept_count(subject->hll.data, &count));
    hyperloglog_count_bytes(1, subject->hll.data + HYPERLOGLOG_COUNT_OFFSET);
    hyperloglog_raise(&subject->hll, 5, 1, DEFAULT_SPARSE_MAX);
    hyperloglog_make_dense(&subject->hll);
    ck_assert(hyperloglog_kept_count(subject->hll.data, &count));
    hyperloglog_raise(&subject->hll, 5, 2, DEFAULT_SPARSE_MAX);
    ck_assert(!hyperloglog_kept_count(subject->hll.data, &count));
    free(subject);
}
END_TEST

START_TEST(only_runs_that_cover_all_registers_once_are_intact)
{
#define HEADER "HYLL\1\0\0\0\0\0\0\0\0\0\0\x80"
    static const struct {
        const char *data;
        size_t len;
        bool intact;
    } cases[] = {{HEADER "\x7f\xff", 18, true},      {HEADER "", 16, false},
                 {HEADER "\x7f", 17, false},         {HEADER "\x7f\xff\x7f", 19, false},
                 {HEADER "\x7f\xfe", 18, false},     {HEADER "\x7f\xfe\0", 19, true},
                 {HEADER "\x7f\xff\0", 19, false},   {HEADER "\x7f\xff\x80", 19, false},
                 {HEADER "\x7f\xfe\x81", 19, false}, {HEADER "\x7f\xfb\xff", 19, true},
                 {HEADER "\x7f\xffhello", 23, false}};
    static uint8_t registers[HYPERLOGLOG_REGISTERS];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *exact = malloc(cases[i].len);
        memcpy(exact, cases[i].data, cases[i].len);
        ck_assert_int_eq(hyperloglog_form(exact, cases[i].len), HYPERLOGLOG_SPARSE);
        ck_assert_msg(hyperloglog_merge(exact, cases[i].len, registers) == cases[i].intact, "case %zu", i);
        free(exact);
    }
}
END_TEST

START_TEST(a_header_must_be_whole)
{
    struct subject *subject = subject_create();
    hyperloglog_make_dense(&subject->hll);
    ck_assert_int_eq(hyperloglog_form(subject->hll.data, HYPERLOGLOG_DENSE_LEN), HYPERLOGLOG_DENSE);
    ck_assert_int_eq(hyperloglog_form(subject->hll.data, HYPERLOGLOG_DENSE_LEN - 1), HYPERLOGLOG_NONE);
    ck_assert_int_eq(hyperloglog_form(subject->hll.data, HYPERLOGLOG_DENSE_LEN + 1), HYPERLOGLOG_NONE);
    for (size_t len = 0; len < HYPERLOGLOG_HEADER_LEN; len++) {
        char *exact = malloc(len + 1);
        memcpy(exact, HEADER, len);
        ck_assert_int_eq(hyperloglog_form(exact, len), HYPERLOGLOG_NONE);
        free(exact);
    }
    for (size_t at = 0; at <= 4; at++)
        for (int byte = 0; byte < 256; byte++) {
            char changed[] = HEADER "\x7f\xff";
            bool same = changed[at] == (char)byte;
            changed[at] = (char)byte;
            ck_assert_int_eq(hyperloglog_form(changed, 18), same ? HYPERLOGLOG_SPARSE : HYPERLOGLOG_NONE);
        }
    free(subject);
}
END_TEST

/* Bytes of a sparse value, changed here and there, in memory that ends with them; sanitizers see what is read. */
START_TEST(made_up_values_do_no_harm)
{
    struct dice dice = dice_create((uint64_t)_i);
    struct subject *subject = subject_create();
    unsigned raises = 1 + (unsigned)dice_below(&dice, 1000), intact = 0;
    for (unsigned i = 0; i < raises; i++)
        subject_raise(subject, (unsigned)dice_below(&dice, HYPERLOGLOG_REGISTERS), 1 + (unsigned)dice_below(&dice, 32),
                      DEFAULT_SPARSE_MAX);
    ck_assert(is_sparse(subject));
    for (int round = 0; round < 2000; round++) {
        static uint8_t registers[HYPERLOGLOG_REGISTERS];
        size_t len = subject->hll.len - dice_below(&dice, 3);
        char *exact = malloc(len);
        memcpy(exact, subject->hll.data, len);
        /* a run of the same length, so that many stay intact, or anything */
        for (uint64_t changes = dice_below(&dice, 3); changes > 0; changes--) {
            size_t at = HYPERLOGLOG_HEADER_LEN + dice_below(&dice, len - HYPERLOGLOG_HEADER_LEN);
            exact[at] = (char)(dice_chance(&dice, 50) ? dice_next(&dice) : (uint64_t)exact[at] ^ 4);
        }
        memset(registers, 0, sizeof registers);
        if (hyperloglog_merge(exact, len, registers)) {
            intact++;
            struct subject *changed = subject_create();
            hyperloglog_copy(&changed->hll, changed->buffer, exact, len);
            memcpy(changed->expected, registers, sizeof registers);
            for (int i = 0; i < 20; i++)
                subject_raise(changed, (unsigned)dice_below(&dice, HYPERLOGLOG_REGISTERS),
                              1 + (unsigned)dice_below(&dice, 40), dice_chance(&dice, 50) ? SIZE_MAX : 0);
            subject_check(changed);
            free(changed);
        }
        free(exact);
    }
    ck_assert_uint_gt(intact, 100);
    free(subject);
}
END_TEST

Suite *suite_hyperloglog(void);
Suite *suite_hyperloglog(void)
{
    Suite *suite = suite_create("hyperloglog");
    TCase *tcase = tcase_create("values");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, elements_go_where_redis_puts_them);
    tcase_add_test(tcase, a_new_value_is_redis_s);
    tcase_add_loop_test(tcase, random_raises_match_a_plain_array, 0, 6);
    tcase_add_loop_test(tcase, going_on_near_the_last_change_gives_the_same_bytes, 0, 5);
    tcase_add_test(tcase, a_rank_over_32_makes_it_dense);
    tcase_add_test(tcase, a_dense_register_is_its_own);
    tcase_add_loop_test(tcase, estimates_are_near_the_truth, 0, 5);
    tcase_add_test(tcase, full_registers_give_a_number_all_the_same);
    tcase_add_test(tcase, a_kept_count_holds_until_a_change);
    tcase_add_test(tcase, only_runs_that_cover_all_registers_once_are_intact);
    tcase_add_test(tcase, a_header_must_be_whole);
    tcase_add_loop_test(tcase, made_up_values_do_no_harm, 0, 5);
    suite_add_tcase(suite, tcase);
    return suite;
}
