/* Strings and lengths of RDB: every form is written and read, and nothing that is no string is taken for one. */
#include "base/memory.h"
#include "kit/scratch.h"
#include "persist/rdb_string.h"

#include <check.h>
#include <string.h>

static struct text written, read_back;

static void make(void)
{
    written = read_back = TEXT_EMPTY;
}

static void drop(void)
{
    text_deinit(&written);
    text_deinit(&read_back);
}

/* Reads from a copy of just so many bytes, so that a sanitizer sees a read beyond them. Returns how many were used. */
static bool take(const void *data, size_t len, size_t *used_out)
{
    char *copy = mem_alloc(len + 1), *end = mem_realloc(copy, len ? len : 1);
    memcpy(end, data, len);
    struct rdb_source source = rdb_source_of((struct bytes){end, len});
    struct rdb_string string = {0};
    text_clear(&read_back);
    bool taken = rdb_take_string(&source, &string) == RDB_READ;
    if (taken)
        text_add_bytes(&read_back, string.text.data, string.text.len);
    rdb_string_deinit(&string);
    ck_assert(source.at >= end && source.at <= source.end);
    *used_out = (size_t)(source.at - end);
    mem_free(end);
    return taken;
}

static void check_taken(const void *data, size_t len, const void *string, size_t string_len)
{
    size_t used;
    ck_assert(take(data, len, &used));
    ck_assert_uint_eq(used, len);
    ck_assert_uint_eq(read_back.len, string_len);
    ck_assert(string_len == 0 || memcmp(read_back.data, string, string_len) == 0);
}

static void check_refused(const void *data, size_t len)
{
    size_t used;
    ck_assert_msg(!take(data, len, &used), "%zu bytes that begin with %02x are taken for a string of %zu", len,
                  *(const unsigned char *)data, read_back.len);
    ck_assert_uint_eq(read_back.len, 0);
}

START_TEST(lengths_have_the_shortest_form)
{
    static const struct {
        uint64_t length;
        size_t len;
        const char *bytes;
    } lengths[] = {
        {0, 1, "\x00"},
        {1, 1, "\x01"},
        {63, 1, "\x3f"},
        {64, 2, "\x40\x40"},
        {16383, 2, "\x7f\xff"},
        {16384, 5, "\x80\x00\x00\x40\x00"},
        {UINT32_MAX, 5, "\x80\xff\xff\xff\xff"},
        {(uint64_t)UINT32_MAX + 1, 9, "\x81\x00\x00\x00\x01\x00\x00\x00\x00"},
        {UINT64_MAX, 9, "\x81\xff\xff\xff\xff\xff\xff\xff\xff"},
    };
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        text_clear(&written);
        rdb_add_length(&written, lengths[i].length);
        ck_assert_uint_eq(written.len, lengths[i].len);
        ck_assert_mem_eq(written.data, lengths[i].bytes, lengths[i].len);
    }
}
END_TEST

enum { LONGEST = 70000 };

static const size_t string_lengths[] = {0,  1,  2,   19,  20,    21,    22,    62,     63,
                                        64, 65, 255, 256, 16382, 16383, 16384, LONGEST};

/* _i: random bytes, one byte again and again, or both. */
START_TEST(strings_of_all_lengths_come_back)
{
    char *string = mem_alloc(LONGEST);
    struct dice dice = dice_create(1);
    for (size_t i = 0; i < LONGEST; i++)
        string[i] = (char)(_i == 0 || (_i == 2 && i % 64 < 8) ? dice_next(&dice) : 'x');
    for (size_t i = 0; i < sizeof string_lengths / sizeof string_lengths[0]; i++) {
        size_t len = string_lengths[i];
        text_clear(&written);
        rdb_add_string(&written, (struct bytes){string, len}, true);
        if (_i == 0 || len <= 20)
            ck_assert_uint_eq(written.len, len + (len < 64 ? 1 : len < 16384 ? 2 : 5));
        else
            ck_assert_uint_lt(written.len, len);
        check_taken(written.data, written.len, string, len);
    }
    mem_free(string);
}
END_TEST

START_TEST(lengths_in_longer_forms_are_read)
{
    check_taken("\x40\x03"
                "abc",
                5, "abc", 3);
    check_taken("\x80\x00\x00\x00\x03"
                "abc",
                8, "abc", 3);
    check_taken("\x81\x00\x00\x00\x00\x00\x00\x00\x03"
                "abc",
                12, "abc", 3);
}
END_TEST

START_TEST(numbers_are_read)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *number;
    } numbers[] = {
        {"\xc0\x00", 2, "0"},
        {"\xc0\x7f", 2, "127"},
        {"\xc0\x80", 2, "-128"},
        {"\xc0\xff", 2, "-1"},
        {"\xc1\x00\x01", 3, "256"},
        {"\xc1\xff\x7f", 3, "32767"},
        {"\xc1\x00\x80", 3, "-32768"},
        {"\xc2\x01\x00\x00\x00", 5, "1"},
        {"\xc2\xff\xff\xff\x7f", 5, "2147483647"},
        {"\xc2\x00\x00\x00\x80", 5, "-2147483648"},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        check_taken(numbers[i].bytes, numbers[i].len, numbers[i].number, strlen(numbers[i].number));
        for (size_t len = 1; len < numbers[i].len; len++)
            check_refused(numbers[i].bytes, len);
    }
}
END_TEST

/* "aaaaaaaaaa": a literal, and a reference to it of nine bytes */
#define COMPRESSED "\x00\x61\xe0\x00\x00"

START_TEST(compressed_strings_are_read)
{
    check_taken("\xc3\x05\x0a" COMPRESSED, 8, "aaaaaaaaaa", 10);
    check_taken("\xc3\x40\x05\x80\x00\x00\x00\x0a" COMPRESSED, 13, "aaaaaaaaaa", 10);
}
END_TEST

START_TEST(a_string_cut_anywhere_is_none)
{
    char string[300];
    for (int form = 0; form < 2; form++) {
        struct dice dice = dice_create(2);
        for (size_t i = 0; i < sizeof string; i++)
            string[i] = (char)(form ? dice_next(&dice) : i / 30);
        text_clear(&written);
        rdb_add_string(&written, (struct bytes){string, sizeof string}, true);
        for (size_t len = 1; len < written.len; len++)
            check_refused(written.data, len);
    }
    check_refused("", 0);
}
END_TEST

START_TEST(hostile_lengths_are_refused)
{
    static const struct {
        const char *bytes;
        size_t len;
    } hostile[] = {
        {"\x81\xff\xff\xff\xff\xff\xff\xff\xff"
         "abc",
         12},
        {"\x81\x7f\xff\xff\xff\xff\xff\xff\xff"
         "abc",
         12},
        {"\x80\xff\xff\xff\xff"
         "abc",
         8},
        {"\x7f\xff"
         "abc",
         5},
        {"\x04"
         "abc",
         4},
        {"\x82\x00\x00\x00\x01"
         "abc",
         8},
        {"\xbf"
         "abc",
         4}, /* forms that there are not */
        {"\xc4"
         "abc",
         4},
        {"\xff"
         "abc",
         4},
        {"\xc3\x06\x0a" COMPRESSED, 8}, /* longer than what is there */
        {"\xc3\x81\xff\xff\xff\xff\xff\xff\xff\xff\x0a" COMPRESSED, 16},
        {"\xc3\x05\x09" COMPRESSED, 8}, /* another length than it comes to */
        {"\xc3\x05\x0b" COMPRESSED, 8},
        {"\xc3\x05\x81\xff\xff\xff\xff\xff\xff\xff\xff" COMPRESSED, 16},
        {"\xc3\x05\x00" COMPRESSED, 8},
        {"\xc3\x00\x0a" COMPRESSED, 8},
        {"\xc3\xc0\x05\x0a" COMPRESSED, 9}, /* numbers for lengths */
        {"\xc3\x05\xc0\x0a" COMPRESSED, 9},
        {"\xc3\x03\x0a\xe0\x00\x00", 6}, /* a reference to before the beginning */
        {"\xc3\x02\x0a\x1f\x61", 5},     /* more literals than there are */
    };
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++)
        check_refused(hostile[i].bytes, hostile[i].len);
}
END_TEST

START_TEST(what_follows_is_left)
{
    struct rdb_string string = {0};
    rdb_add_string(&written, (struct bytes){"first", 5}, true);
    rdb_add_string(&written, (struct bytes){"second", 6}, true);
    struct rdb_source source = rdb_source_of((struct bytes){written.data, written.len});
    ck_assert_int_eq(rdb_take_string(&source, &string), RDB_READ);
    ck_assert(string.text.len == 5 && memcmp(string.text.data, "first", 5) == 0);
    ck_assert_int_eq(rdb_take_string(&source, &string), RDB_READ);
    ck_assert(string.text.len == 6 && memcmp(string.text.data, "second", 6) == 0);
    ck_assert_ptr_eq(source.at, source.end);
    rdb_string_deinit(&string);
}
END_TEST

Suite *suite_rdb_string(void);
Suite *suite_rdb_string(void)
{
    Suite *suite = suite_create("rdb_string");
    TCase *tcase = tcase_create("rdb_string");
    tcase_add_checked_fixture(tcase, make, drop);
    tcase_add_test(tcase, lengths_have_the_shortest_form);
    tcase_add_loop_test(tcase, strings_of_all_lengths_come_back, 0, 3);
    tcase_add_test(tcase, lengths_in_longer_forms_are_read);
    tcase_add_test(tcase, numbers_are_read);
    tcase_add_test(tcase, compressed_strings_are_read);
    tcase_add_test(tcase, a_string_cut_anywhere_is_none);
    tcase_add_test(tcase, hostile_lengths_are_refused);
    tcase_add_test(tcase, what_follows_is_left);
    suite_add_tcase(suite, tcase);
    return suite;
}
