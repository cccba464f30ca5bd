/* String values: encodings, their text, and writing in place. */
#include "base/blob.h"
#include "base/memory.h"
#include "kit/scratch.h"
#include "types/string.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct bytes key = {"key", 3};

static struct arg text_arg(const char *text)
{
    return (struct arg){text, strlen(text), NULL};
}

static struct entry *make(const char *text)
{
    struct arg arg = text_arg(text);
    return string_create(key, &arg, ENTRY_NO_EXPIRY);
}

static const char *encoding_of(const struct entry *entry)
{
    return string_type.encoding(entry);
}

static void assert_value(const struct entry *entry, const char *data, size_t len)
{
    struct string_view view;
    string_view(entry, &view);
    ck_assert_uint_eq(view.len, len);
    ck_assert_uint_eq(string_len(entry), len);
    ck_assert_mem_eq(view.data, data, len);
}

START_TEST(only_canonical_text_of_an_int64_becomes_an_integer)
{
    static const char *const numbers[] = {"0", "-1", "7", "9223372036854775807", "-9223372036854775808"};
    static const char *const others[] = {"",
                                         "-",
                                         "+1",
                                         "01",
                                         "-0",
                                         "1 ",
                                         " 1",
                                         "1.0",
                                         "1e3",
                                         "9223372036854775808",
                                         "-9223372036854775809",
                                         "123456789012345678901",
                                         "0x10"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct entry *entry = make(numbers[i]);
        ck_assert_int_eq(entry->encoding, STRING_INT);
        ck_assert_str_eq(encoding_of(entry), "int");
        assert_value(entry, numbers[i], strlen(numbers[i]));
        entry_free(entry);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct entry *entry = make(others[i]);
        ck_assert_int_eq(entry->encoding, STRING_BYTES);
        assert_value(entry, others[i], strlen(others[i]));
        entry_free(entry);
    }
}
END_TEST

START_TEST(encoding_is_embstr_up_to_44_bytes_and_raw_beyond)
{
    char text[46];
    memset(text, 'x', sizeof text);
    text[44] = '\0';
    struct entry *entry = make(text);
    ck_assert_str_eq(encoding_of(entry), "embstr");
    text[44] = 'x';
    text[45] = '\0';
    struct arg longer = text_arg(text);
    entry = string_set(entry, &longer);
    ck_assert_str_eq(encoding_of(entry), "raw");
    entry_free(entry);
}
END_TEST

START_TEST(large_argument_shares_its_blob)
{
    struct blob *blob = blob_create(BLOB_MIN);
    memset(blob->data, 'b', BLOB_MIN);
    blob->len = BLOB_MIN;
    struct arg arg = {blob->data, blob->len, blob};
    struct entry *entry = string_create(key, &arg, ENTRY_NO_EXPIRY);
    ck_assert_ptr_eq(string_blob(entry), blob);
    ck_assert(!blob_is_exclusive(blob));
    entry_free(entry);
    ck_assert(blob_is_exclusive(blob));
    blob_release(blob);
}
END_TEST

START_TEST(large_argument_without_a_blob_is_copied_into_one)
{
    char *text = malloc(BLOB_MIN);
    memset(text, 'c', BLOB_MIN);
    struct arg arg = {text, BLOB_MIN, NULL};
    struct entry *entry = make("small");
    entry = string_set(entry, &arg);
    ck_assert_int_eq(entry->encoding, STRING_BLOB);
    assert_value(entry, text, BLOB_MIN);
    entry_free(entry);
    free(text);
}
END_TEST

START_TEST(write_makes_text_of_an_integer)
{
    struct entry *entry = make("12");
    entry = string_write(entry, 2, "3", 1);
    assert_value(entry, "123", 3);
    ck_assert_str_eq(encoding_of(entry), "raw");
    int64_t value;
    ck_assert(string_to_i64(entry, &value));
    ck_assert_int_eq(value, 123);
    struct arg same = text_arg("123");
    entry = string_set(entry, &same);
    ck_assert_str_eq(encoding_of(entry), "int");
    entry_free(entry);
}
END_TEST

START_TEST(write_behind_the_end_fills_with_zeros)
{
    struct entry *entry = make("5");
    entry = string_write(entry, 3, "x", 1);
    assert_value(entry, "5\0\0x", 4);
    entry_free(entry);
    entry = make("ab");
    entry = string_write(entry, 4, "x", 1);
    assert_value(entry, "ab\0\0x", 5);
    entry_free(entry);
}
END_TEST

START_TEST(write_to_a_shared_blob_leaves_the_other_holder_s_bytes_alone)
{
    struct entry *entry = make("");
    entry = string_write(entry, BLOB_MIN, "end", 3);
    struct blob *held = blob_retain(string_blob(entry));
    entry = string_write(entry, 0, "X", 1);
    ck_assert_ptr_ne(string_blob(entry), held);
    ck_assert_int_eq(held->data[0], '\0');
    ck_assert_int_eq(string_blob(entry)->data[0], 'X');
    ck_assert(blob_is_exclusive(held));
    blob_release(held);
    entry_free(entry);
}
END_TEST

START_TEST(releasing_is_slow_where_much_memory_goes_back)
{
    static const struct {
        size_t len;
        bool is_shared, is_slow;
    } cases[] = {
        {(256 << 10) - 1, false, false}, {256 << 10, false, true}, {256 << 10, true, false}, {1 << 20, true, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct blob *blob = blob_create(cases[i].len);
        blob->len = cases[i].len;
        if (cases[i].is_shared)
            blob_retain(blob);
        struct entry *entry = string_create_blob((struct bytes){"key", 3}, blob, ENTRY_NO_EXPIRY);
        ck_assert_int_eq(string_type.is_slow_to_release(entry), cases[i].is_slow);
        entry_free(entry);
        if (cases[i].is_shared)
            blob_release(blob);
    }
}
END_TEST

/* Leaves memory behind that isn't zero, for the allocator to hand out again. */
static void leave_dirt(size_t size)
{
    char *dirt = malloc(size);
    ck_assert_ptr_nonnull(dirt);
    memset(dirt, 'D', size);
    ck_assert_int_eq(dirt[size - 1], 'D');
    free(dirt);
}

static void assert_zeros(const struct entry *entry, size_t from, size_t to)
{
    const char *data = string_blob(entry)->data;
    size_t at = from;
    while (at < to && data[at] == 0)
        at++;
    ck_assert_uint_eq(at, to); /* once: the framework records each assertion that it passes */
}

START_TEST(a_gap_is_zero_whatever_lay_in_its_memory)
{
    size_t first = BLOB_MIN + (size_t)_i * 1777, second = first + BLOB_MIN * 8 + (size_t)_i * 333;
    leave_dirt(first + 4096);
    struct entry *entry = string_write(make("start"), first, "one", 3);
    assert_zeros(entry, 5, first);
    leave_dirt(2 * second);
    entry = string_write(entry, first + 3, "D", 1); /* grows by a quarter: there is room that isn't zero */
    entry = string_write(entry, first + 10, "D", 1);
    assert_zeros(entry, first + 4, first + 10);
    entry = string_write(entry, second, "two", 3);
    assert_zeros(entry, first + 11, second);
    ck_assert_mem_eq(string_blob(entry)->data + second, "two", 3);
    ck_assert_mem_eq(string_blob(entry)->data + first, "oneD", 4);
    ck_assert_mem_eq(string_blob(entry)->data, "start", 5);
    ck_assert_uint_eq(string_len(entry), second + 3);
    entry_free(entry);
}
END_TEST

START_TEST(failing_allocation_leaves_the_value_as_it_was)
{
    struct entry *entry = make("value");
    mem_fail_after(1);
    ck_assert_ptr_null(string_write(entry, BLOB_MIN * 64, "x", 1));
    assert_value(entry, "value", 5);
    mem_fail_after(1);
    ck_assert_ptr_null(string_write(entry, 1000, "x", 1));
    assert_value(entry, "value", 5);
    entry = string_write(entry, BLOB_MIN, "x", 1);
    mem_fail_after(1);
    ck_assert_ptr_null(string_write(entry, BLOB_MIN * 64, "x", 1));
    ck_assert_uint_eq(string_len(entry), BLOB_MIN + 1);
    mem_fail_after(0);
    entry_free(entry);
}
END_TEST

/* What string_open() makes writable, with a byte changed through it, against the value before. */
static struct entry *open_and_write(struct entry *entry, size_t len, size_t at)
{
    struct string_view before;
    string_view(entry, &before);
    size_t whole = len > before.len ? len : before.len;
    char *model = calloc(1, whole), *data;
    memcpy(model, before.data, before.len);
    entry = string_open(entry, len, &data);
    ck_assert_ptr_nonnull(entry);
    assert_value(entry, model, whole);
    model[at] = data[at] = '#';
    assert_value(entry, model, whole);
    ck_assert_str_eq(encoding_of(entry), "raw");
    free(model);
    return entry;
}

START_TEST(an_opened_value_is_writable_in_every_encoding)
{
    struct entry *entry = make("123");
    entry = open_and_write(entry, 1, 2); /* an integer becomes text */
    entry = open_and_write(entry, 3, 0);
    entry = open_and_write(entry, 10, 9);
    entry = open_and_write(entry, BLOB_MIN + 1, BLOB_MIN);
    entry = open_and_write(entry, 1, 5000);
    struct blob *shared = blob_retain(string_blob(entry));
    entry = open_and_write(entry, 1, 7); /* and what is shared is copied */
    ck_assert_int_eq(shared->data[7], 0);
    blob_release(shared);
    entry_free(entry);
    entry = make("");
    entry = open_and_write(entry, 1, 0);
    entry_free(entry);
}
END_TEST

START_TEST(a_value_that_can_t_be_opened_stays_as_it_was)
{
    char *data = NULL;
    struct entry *entry = make("123");
    mem_fail_after(1);
    ck_assert_ptr_null(string_open(entry, BLOB_MIN, &data));
    assert_value(entry, "123", 3);
    ck_assert_str_eq(encoding_of(entry), "int");
    ck_assert_ptr_null(data);
    mem_fail_after(0);
    entry_free(entry);
}
END_TEST

START_TEST(append_makes_do_without_spare_room_when_memory_is_short)
{
    struct entry *entry = make("");
    entry = string_write(entry, 2 * BLOB_MIN, "x", 1);
    char *piece = calloc(1, 4 * BLOB_MIN);
    mem_fail_after(1);
    struct entry *longer = string_write(entry, 2 * BLOB_MIN + 1, piece, 4 * BLOB_MIN);
    mem_fail_after(0);
    ck_assert_ptr_nonnull(longer);
    ck_assert_uint_eq(string_len(longer), 6 * BLOB_MIN + 1);
    entry_free(longer);
    free(piece);
}
END_TEST

/* Everything above in random order, against a plain buffer as the model. */
START_TEST(random_writes_and_replacements_match_a_plain_buffer)
{
    struct dice dice = dice_create((uint64_t)_i);
    enum { MODEL_MAX = 96 * 1024 };
    char *model = calloc(1, MODEL_MAX), piece[4096];
    size_t model_len = 0;
    struct entry *entry = make("");
    for (int step = 0; step < 3000; step++) {
        size_t len = dice_below(&dice, step % 10 == 0 ? sizeof piece : 24) + 1;
        for (size_t i = 0; i < len; i++)
            piece[i] = (char)('0' + dice_below(&dice, 10));
        size_t offset = dice_chance(&dice, 50) ? model_len : dice_below(&dice, model_len + 100);
        if (offset + len > MODEL_MAX || dice_below(&dice, 200) == 0) {
            struct arg arg = {piece, len, NULL};
            entry = string_set(entry, &arg);
            memset(model, 0, MODEL_MAX);
            memcpy(model, piece, len);
            model_len = len;
        } else {
            entry = string_write(entry, offset, piece, len);
            memcpy(model + offset, piece, len);
            if (offset + len > model_len)
                model_len = offset + len;
        }
        ck_assert_ptr_nonnull(entry);
        assert_value(entry, model, model_len);
    }
    entry_free(entry);
    free(model);
}
END_TEST

Suite *suite_string(void);
Suite *suite_string(void)
{
    Suite *suite = suite_create("string");
    TCase *tcase = tcase_create("values");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, only_canonical_text_of_an_int64_becomes_an_integer);
    tcase_add_test(tcase, encoding_is_embstr_up_to_44_bytes_and_raw_beyond);
    tcase_add_test(tcase, large_argument_shares_its_blob);
    tcase_add_test(tcase, large_argument_without_a_blob_is_copied_into_one);
    tcase_add_test(tcase, write_makes_text_of_an_integer);
    tcase_add_test(tcase, write_behind_the_end_fills_with_zeros);
    tcase_add_test(tcase, write_to_a_shared_blob_leaves_the_other_holder_s_bytes_alone);
    tcase_add_test(tcase, releasing_is_slow_where_much_memory_goes_back);
    tcase_add_loop_test(tcase, a_gap_is_zero_whatever_lay_in_its_memory, 0, 20);
    tcase_add_test(tcase, failing_allocation_leaves_the_value_as_it_was);
    tcase_add_test(tcase, an_opened_value_is_writable_in_every_encoding);
    tcase_add_test(tcase, a_value_that_can_t_be_opened_stays_as_it_was);
    tcase_add_test(tcase, append_makes_do_without_spare_room_when_memory_is_short);
    tcase_add_loop_test(tcase, random_writes_and_replacements_match_a_plain_buffer, 0, 5);
    suite_add_tcase(suite, tcase);
    return suite;
}
