/* Bits of strings, against a model that looks at one bit after the other. */
#include "kit/scratch.h"
#include "kit/suites.h"
#include "types/bitmap.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define BYTES 300
#define BITS ((uint64_t)BYTES * 8)

/* The bits, a byte for each. */
struct model {
    char data[BYTES];
    bool bits[BITS];
};

static void model_take(struct model *model)
{
    for (uint64_t at = 0; at < BITS; at++)
        model->bits[at] = model->data[at / 8] >> (7 - at % 8) & 1;
}

/* Runs of zeros, of ones and of anything, so that both counts and searches go far. */
static void model_fill(struct model *model, struct dice *dice)
{
    for (size_t at = 0; at < BYTES;) {
        size_t run = 1 + dice_below(dice, dice_chance(dice, 30) ? BYTES : 20);
        uint64_t kind = dice_below(dice, 3);
        for (; run > 0 && at < BYTES; run--, at++)
            model->data[at] = (char)(kind == 0 ? 0 : kind == 1 ? 0xff : dice_next(dice));
    }
    model_take(model);
}

static uint64_t model_count(const struct model *model, uint64_t from, uint64_t end)
{
    uint64_t count = 0;
    for (; from < end; from++)
        count += model->bits[from];
    return count;
}

static uint64_t model_find(const struct model *model, uint64_t from, uint64_t end, bool value)
{
    while (from < end && model->bits[from] != value)
        from++;
    return from < end ? from : end;
}

START_TEST(bits_begin_with_the_highest_of_the_first_byte)
{
    char data[2] = {(char)0x80, 0x01};
    ck_assert(bitmap_get(data, 2, 0));
    ck_assert(!bitmap_get(data, 2, 1));
    ck_assert(bitmap_get(data, 2, 15));
    ck_assert(!bitmap_get(data, 1, 15));
    ck_assert(!bitmap_get(data, 2, UINT64_MAX));
    bitmap_set(data, 0, false);
    bitmap_set(data, 9, true);
    bitmap_set(data, 9, true);
    ck_assert_mem_eq(data, "\x00\x41", 2);
}
END_TEST

START_TEST(single_bits_are_the_model_s)
{
    struct dice dice = dice_create(1);
    struct model model;
    model_fill(&model, &dice);
    for (unsigned round = 0; round < scratch_rounds(5000); round++) {
        uint64_t at = dice_below(&dice, BITS);
        must(bitmap_get(model.data, BYTES, at) == model.bits[at]);
        model.bits[at] = dice_chance(&dice, 50);
        bitmap_set(model.data, at, model.bits[at]);
    }
    struct model again = model;
    model_take(&again);
    ck_assert_mem_eq(again.bits, model.bits, sizeof model.bits);
}
END_TEST

START_TEST(counts_and_first_bits_are_the_model_s)
{
    struct dice dice = dice_create(2);
    struct model model;
    for (unsigned round = 0; round < scratch_rounds(20000); round++) {
        if (round % 20 == 0)
            model_fill(&model, &dice);
        uint64_t from = dice_below(&dice, BITS + 1), end = from + dice_below(&dice, BITS - from + 1);
        must(bitmap_count(model.data, from, end) == model_count(&model, from, end));
        must(bitmap_find(model.data, from, end, true) == model_find(&model, from, end, true));
        must(bitmap_find(model.data, from, end, false) == model_find(&model, from, end, false));
    }
}
END_TEST

START_TEST(short_pieces_are_right_at_every_edge)
{
    struct dice dice = dice_create(3);
    struct model model;
    model_fill(&model, &dice);
    for (uint64_t from = 0; from < 90; from++) {
        for (uint64_t end = from; end < 180; end++) {
            must(bitmap_count(model.data, from, end) == model_count(&model, from, end));
            must(bitmap_find(model.data, from, end, true) == model_find(&model, from, end, true));
            must(bitmap_find(model.data, from, end, false) == model_find(&model, from, end, false));
        }
    }
}
END_TEST

START_TEST(an_empty_piece_has_no_bits)
{
    char data[1] = {(char)0xff};
    ck_assert_uint_eq(bitmap_count(data, 3, 3), 0);
    ck_assert_uint_eq(bitmap_find(data, 3, 3, true), 3);
    ck_assert_uint_eq(bitmap_count(data, 8, 8), 0);
    ck_assert_uint_eq(bitmap_find(data, 8, 8, false), 8);
}
END_TEST

/* ---- fields ---- */

static struct bitmap_field any_field(struct dice *dice)
{
    bool is_signed = dice_chance(dice, 50);
    unsigned bits = 1 + (unsigned)dice_below(dice, is_signed ? 64 : 63);
    return (struct bitmap_field){.at = dice_below(dice, BITS - bits + 1), .bits = bits, .is_signed = is_signed};
}

/* A number that may be small, at the edge of a field, or anything. */
static int64_t any_number(struct dice *dice)
{
    uint64_t number = dice_next(dice) >> dice_below(dice, 64);
    return (int64_t)(dice_chance(dice, 50) ? 0 - number : number);
}

static __int128 greatest_of(const struct bitmap_field *field)
{
    return ((__int128)1 << (field->bits - field->is_signed)) - 1;
}

static __int128 least_of(const struct bitmap_field *field)
{
    return field->is_signed ? -((__int128)1 << (field->bits - 1)) : 0;
}

static __int128 model_get(const struct model *model, const struct bitmap_field *field)
{
    __int128 value = 0;
    for (uint64_t at = field->at; at < field->at + field->bits; at++)
        value = 2 * value + model->bits[at];
    return value > greatest_of(field) ? value - ((__int128)1 << field->bits) : value;
}

static void model_put(struct model *model, const struct bitmap_field *field, int64_t value)
{
    for (uint64_t at = field->at + field->bits; at > field->at; value >>= 1)
        model->bits[--at] = value & 1;
}

START_TEST(fields_are_the_model_s)
{
    struct dice dice = dice_create(4);
    struct model model, again;
    for (unsigned round = 0; round < scratch_rounds(20000); round++) {
        if (round % 100 == 0)
            model_fill(&model, &dice);
        struct bitmap_field field = any_field(&dice), other = any_field(&dice);
        must(bitmap_field_get(model.data, BYTES, &field) == model_get(&model, &field));
        other.bits = field.bits; /* a number that the field can hold */
        other.is_signed = field.is_signed;
        other.at = other.at < BITS - field.bits ? other.at : BITS - field.bits;
        int64_t value = (int64_t)model_get(&model, &other);
        bitmap_field_put(model.data, &field, value);
        model_put(&model, &field, value);
        memcpy(again.data, model.data, BYTES);
        model_take(&again);
        must(memcmp(again.bits, model.bits, sizeof model.bits) == 0);
    }
}
END_TEST

START_TEST(beyond_the_end_fields_are_zero)
{
    char data[2] = {(char)0xff, (char)0xff};
    struct bitmap_field over = {.at = 12, .bits = 8, .is_signed = false},
                        far = {.at = 1u << 31, .bits = 64, .is_signed = true};
    ck_assert_int_eq(bitmap_field_get(data, 2, &over), 0xf0);
    ck_assert_int_eq(bitmap_field_get(data, 2, &far), 0);
    ck_assert_int_eq(bitmap_field_get("", 0, &over), 0);
}
END_TEST

START_TEST(sums_wrap_saturate_or_fail_as_reckoned_with_more_bits)
{
    struct dice dice = dice_create(5);
    for (unsigned round = 0; round < scratch_rounds(100000); round++) {
        struct bitmap_field field = any_field(&dice);
        int64_t value = any_number(&dice), increment = any_number(&dice), wrapped = -7, saturated = -7, kept = -7;
        __int128 sum = (field.is_signed ? (__int128)value : (__int128)(uint64_t)value) + increment;
        __int128 least = least_of(&field), greatest = greatest_of(&field), period = (__int128)1 << field.bits;
        bool fits = sum >= least && sum <= greatest;
        must(bitmap_field_add(&field, value, increment, BITMAP_WRAP, &wrapped));
        must(bitmap_field_add(&field, value, increment, BITMAP_SAT, &saturated));
        must(bitmap_field_add(&field, value, increment, BITMAP_FAIL, &kept) == fits);
        must(wrapped >= least && wrapped <= greatest && (sum - wrapped) % period == 0);
        must(saturated == (fits ? sum : sum > greatest ? greatest : least));
        must(kept == (fits ? sum : -7));
    }
}
END_TEST

/* ---- combining ---- */

#define SOURCES 5
#define LONGEST 10000

static bool model_combine(enum bitmap_operation operation, const bool *bits, size_t count)
{
    size_t sum = 0, others;
    for (size_t i = 0; i < count; i++)
        sum += bits[i];
    others = sum - bits[0];
    switch (operation) {
    case BITMAP_AND:
        return sum == count;
    case BITMAP_OR:
        return sum > 0;
    case BITMAP_XOR:
        return sum % 2 == 1;
    case BITMAP_NOT:
        return sum == 0;
    case BITMAP_DIFF:
        return bits[0] && others == 0;
    case BITMAP_DIFF1:
        return !bits[0] && others > 0;
    case BITMAP_ANDOR:
        return bits[0] && others > 0;
    case BITMAP_ONE:
        return sum == 1;
    }
    return false;
}

/* Sources of any lengths, in memory of just that size, so that a sanitizer sees who reads on. */
static size_t make_sources(struct dice *dice, struct bytes *sources, size_t count)
{
    size_t longest = 0, most = dice_chance(dice, 50) ? 100 : LONGEST;
    for (size_t i = 0; i < count; i++) {
        size_t len = dice_chance(dice, 20) ? 0 : dice_below(dice, most);
        char *data = malloc(len + !len);
        for (size_t at = 0; at < len; at++)
            data[at] = (char)dice_next(dice);
        sources[i] = (struct bytes){data, len};
        longest = len > longest ? len : longest;
    }
    return longest;
}

static void check_combined(enum bitmap_operation operation, const struct bytes *sources, size_t count, const char *data,
                           size_t from, size_t end)
{
    for (uint64_t at = from * 8; at < end * 8; at++) {
        bool bits[SOURCES] = {false};
        for (size_t i = 0; i < count; i++)
            bits[i] = bitmap_get(sources[i].data, sources[i].len, at);
        must(bitmap_get(data, end, at) == model_combine(operation, bits, count));
    }
}

START_TEST(combinations_are_the_model_s)
{
    struct dice dice = dice_create(6);
    for (unsigned round = 0; round < scratch_rounds(1000); round++) {
        enum bitmap_operation operation = (enum bitmap_operation)(round % (BITMAP_ONE + 1));
        struct bytes sources[SOURCES];
        size_t count = operation == BITMAP_NOT ? 1 : 1 + dice_below(&dice, SOURCES);
        size_t len = make_sources(&dice, sources, count);
        size_t end = dice_below(&dice, len + 1), from = dice_below(&dice, end + 1);
        char *data = malloc(len + 1);
        memset(data, '#', len + 1);
        bitmap_combine(operation, sources, count, data, from, end);
        check_combined(operation, sources, count, data, from, end);
        must(data[end] == '#' && (from == 0 || data[from - 1] == '#'));
        free(data);
        for (size_t i = 0; i < count; i++)
            free((char *)sources[i].data);
    }
}
END_TEST

Suite *suite_bitmap(void)
{
    Suite *suite = suite_create("bitmap");
    TCase *tcase = tcase_create("bits");
    tcase_add_test(tcase, bits_begin_with_the_highest_of_the_first_byte);
    tcase_add_test(tcase, single_bits_are_the_model_s);
    tcase_add_test(tcase, counts_and_first_bits_are_the_model_s);
    tcase_add_test(tcase, short_pieces_are_right_at_every_edge);
    tcase_add_test(tcase, an_empty_piece_has_no_bits);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("fields");
    tcase_add_test(tcase, fields_are_the_model_s);
    tcase_add_test(tcase, beyond_the_end_fields_are_zero);
    tcase_add_test(tcase, sums_wrap_saturate_or_fail_as_reckoned_with_more_bits);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("combining");
    tcase_add_test(tcase, combinations_are_the_model_s);
    suite_add_tcase(suite, tcase);
    return suite;
}
