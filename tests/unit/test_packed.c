/*
 * Redis's packed forms: what is written is read again, each form reads what its description says, and nothing else is
 * taken, whatever byte is changed or missing. What is read lies in memory of exactly its size, so that a sanitizer sees
 * a byte too many.
 */
#include "base/memory.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "persist/intset.h"
#include "persist/listpack.h"
#include "persist/ziplist.h"
#include "persist/zipmap.h"

#include <check.h>
#include <string.h>

/* The items of a packed form, each behind a comma, in out; false: it is refused. */
typedef bool unpack(struct bytes packed, struct text *out);

#define UNPACK(form)                                                                                                   \
    static bool unpack_##form(struct bytes packed, struct text *out)                                                   \
    {                                                                                                                  \
        struct form reader;                                                                                            \
        struct packed_item item;                                                                                       \
        uint64_t count = 0;                                                                                            \
        if (!form##_open(&reader, packed))                                                                             \
            return false;                                                                                              \
        uint64_t said = reader.count;                                                                                  \
        for (; form##_next(&reader, &item); count++) {                                                                 \
            text_add_bytes(out, item.text.data, item.text.len);                                                        \
            text_add_char(out, ',');                                                                                   \
        }                                                                                                              \
        must(count == said);                                                                                           \
        return true;                                                                                                   \
    }
UNPACK(listpack)
UNPACK(ziplist)
UNPACK(zipmap)
UNPACK(intset)

static bool unpack_exactly(unpack *form, const char *data, size_t len, struct text *out)
{
    char *copy = mem_dup(data, len);
    char *exact = mem_alloc(len > 0 ? len : 1);
    memcpy(exact, copy, len);
    mem_free(copy);
    text_clear(out);
    bool taken = form((struct bytes){exact, len}, out);
    mem_free(exact);
    return taken;
}

static void expect(unpack *form, const char *data, size_t len, const char *items)
{
    struct text out = TEXT_EMPTY;
    must(unpack_exactly(form, data, len, &out));
    ck_assert_str_eq(out.data ? out.data : "", items);
    text_deinit(&out);
}

static void expect_refused(unpack *form, const char *data, size_t len)
{
    struct text out = TEXT_EMPTY;
    must(!unpack_exactly(form, data, len, &out));
    text_deinit(&out);
}

/* Cut short at every byte it is refused, and with any byte changed it is refused or read within its bounds. */
static unsigned mutilate(unpack *form, const char *data, size_t len)
{
    struct text out = TEXT_EMPTY;
    char *changed = mem_dup(data, len);
    unsigned taken = 0;
    for (size_t cut = 0; cut < len; cut++)
        expect_refused(form, data, cut);
    for (size_t at = 0; at < len; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            changed[at] = (char)byte;
            taken += unpack_exactly(form, changed, len, &out);
        }
        changed[at] = data[at];
    }
    mem_free(changed);
    text_deinit(&out);
    return taken;
}

#define BYTES(text) text, sizeof(text) - 1

/* ---- listpacks ---- */

START_TEST(a_listpack_gives_back_what_was_put_in)
{
    static const size_t lens[] = {0, 1, 2, 62, 63, 64, 126, 127, 128, 4094, 4095, 4096, 16378, 16379, 16382, 70000};
    static const int64_t numbers[] = {0,
                                      1,
                                      127,
                                      128,
                                      -1,
                                      4095,
                                      4096,
                                      -4096,
                                      -4097,
                                      32767,
                                      32768,
                                      -32768,
                                      -32769,
                                      8388607,
                                      8388608,
                                      -8388608,
                                      -8388609,
                                      INT32_MAX,
                                      INT32_MIN,
                                      (int64_t)INT32_MAX + 1,
                                      (int64_t)INT32_MIN - 1,
                                      INT64_MAX,
                                      INT64_MIN};
    struct text packed = TEXT_EMPTY, wanted = TEXT_EMPTY, out = TEXT_EMPTY;
    struct listpack_writer writer;
    char *letters = mem_alloc(70000);
    memset(letters, 'x', 70000);
    text_add(&packed, "what was there");
    listpack_begin(&writer, &packed);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        listpack_add(&writer, (struct bytes){letters, lens[i]});
        text_add_bytes(&wanted, letters, lens[i]);
        text_add_char(&wanted, ',');
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char digits[NUMBER_I64_MAX_LEN];
        size_t len = number_format_i64(digits, numbers[i]);
        listpack_add(&writer, (struct bytes){digits, len});
        listpack_add_i64(&writer, numbers[i]);
        for (int twice = 0; twice < 2; twice++) {
            text_add_bytes(&wanted, digits, len);
            text_add_char(&wanted, ',');
        }
    }
    size_t said = listpack_bytes(&writer);
    listpack_end(&writer);
    ck_assert_uint_eq(packed.len - writer.begin, said);
    must(unpack_exactly(unpack_listpack, packed.data + writer.begin, said, &out));
    must(bytes_equal(out.data, out.len, wanted.data, wanted.len));
    mem_free(letters);
    text_deinit(&packed);
    text_deinit(&wanted);
    text_deinit(&out);
}
END_TEST

START_TEST(a_listpack_is_written_as_redis_does)
{
    struct text packed = TEXT_EMPTY;
    struct listpack_writer writer;
    listpack_begin(&writer, &packed);
    listpack_add(&writer, (struct bytes){"ab", 2});
    listpack_add(&writer, (struct bytes){"300", 3});
    listpack_add(&writer, (struct bytes){"-2", 2});
    listpack_add(&writer, (struct bytes){"007", 3});
    listpack_end(&writer);
    static const char wanted[] = "\x16\0\0\0\4\0\x82\x61\x62\3\xc1\x2c\2\xdf\xfe\2\x83\x30\x30\x37\4\xff";
    must(bytes_equal(packed.data, packed.len, BYTES(wanted)));
    text_deinit(&packed);
}
END_TEST

START_TEST(a_listpack_of_more_items_than_its_head_can_tell_is_counted)
{
    struct text packed = TEXT_EMPTY;
    struct listpack_writer writer;
    struct listpack listpack;
    listpack_begin(&writer, &packed);
    for (unsigned i = 0; i < 70000; i++)
        listpack_add_i64(&writer, i);
    listpack_end(&writer);
    must(listpack_open(&listpack, (struct bytes){packed.data, packed.len}) && listpack.count == 70000);
    packed.data[4] = packed.data[5] = 1;
    must(!listpack_open(&listpack, (struct bytes){packed.data, packed.len}));
    text_deinit(&packed);
}
END_TEST

START_TEST(a_mutilated_listpack_is_refused_or_read_within_its_bounds)
{
    struct text packed = TEXT_EMPTY;
    struct listpack_writer writer;
    char letters[200];
    memset(letters, 'x', sizeof letters);
    listpack_begin(&writer, &packed);
    for (int64_t number = 1; number > 0 && number < INT64_MAX / 130; number *= 130)
        listpack_add_i64(&writer, -number);
    listpack_add(&writer, (struct bytes){letters, 200});
    listpack_add(&writer, (struct bytes){letters, 20});
    listpack_end(&writer);
    must(mutilate(unpack_listpack, packed.data, packed.len) > 0);
    text_deinit(&packed);
    /* the length behind an item, and the number of items, have to be right */
    expect(unpack_listpack, BYTES("\x0b\0\0\0\1\0\x82\x61\x62\3\xff"), "ab,");
    expect(unpack_listpack, BYTES("\x0b\0\0\0\xff\xff\x82\x61\x62\3\xff"), "ab,");
    expect_refused(unpack_listpack, BYTES("\x0b\0\0\0\1\0\x82\x61\x62\2\xff"));
    expect_refused(unpack_listpack, BYTES("\x0b\0\0\0\1\0\x82\x61\x62\x83\xff"));
    expect_refused(unpack_listpack, BYTES("\x0b\0\0\0\2\0\x82\x61\x62\3\xff"));
    expect_refused(unpack_listpack, BYTES("\x0c\0\0\0\1\0\x82\x61\x62\3\xff"));
    expect_refused(unpack_listpack, BYTES("\x0d\0\0\0\1\0\xf0\xff\xff\xff\xff\1\xff"));
    expect_refused(unpack_listpack, BYTES("\x09\0\0\0\1\0\xf5\1\xff"));
}
END_TEST

/* ---- the others ---- */

#define ZIPLIST                                                                                                        \
    "\x54\0\0\0\x4b\0\0\0\x0c\0"                                                                                       \
    "\0\2hi"                                                                                                           \
    "\4\xf1"                                                                                                           \
    "\2\xfd"                                                                                                           \
    "\2\xfe\x80"                                                                                                       \
    "\3\xc0\xff\x7f"                                                                                                   \
    "\4\xf0\0\0\x80"                                                                                                   \
    "\5\xd0\1\0\0\x80"                                                                                                 \
    "\6\xe0\xff\xff\xff\xff\xff\xff\xff\x7f"                                                                           \
    "\x0a\x40\5hello"                                                                                                  \
    "\x08\x80\0\0\0\3abc"                                                                                              \
    "\xfe\x09\0\0\0\x06worlds"                                                                                         \
    "\x0c\6seven!"                                                                                                     \
    "\xff"

START_TEST(a_ziplist_is_read_in_all_its_forms)
{
    expect(unpack_ziplist, BYTES(ZIPLIST),
           "hi,0,12,-128,32767,-8388608,-2147483647,9223372036854775807,hello,abc,worlds,seven!,");
    expect(unpack_ziplist, BYTES("\x0b\0\0\0\x0a\0\0\0\0\0\xff"), "");
    expect_refused(unpack_ziplist, BYTES("\x0b\0\0\0\x0a\0\0\0\1\0\xff"));                         /* items */
    expect_refused(unpack_ziplist, BYTES("\x0b\0\0\0\x0b\0\0\0\0\0\xff"));                         /* the last one */
    expect_refused(unpack_ziplist, BYTES("\x0f\0\0\0\x0c\0\0\0\2\0\0\xf1\3\xf1\xff"));             /* the one before */
    expect_refused(unpack_ziplist, BYTES("\x12\0\0\0\x0a\0\0\0\1\0\0\x80\xff\xff\xff\xff\0\xff")); /* far too long */
    must(mutilate(unpack_ziplist, BYTES(ZIPLIST)) > 0);
}
END_TEST

START_TEST(a_zipmap_is_read_with_its_free_bytes)
{
    static const char zipmap[] = "\2\3foo\4\2barrxx\xfe\1\0\0\0a\1\0b\xff";
    expect(unpack_zipmap, BYTES(zipmap), "foo,barr,a,b,");
    expect(unpack_zipmap, BYTES("\0\xff"), "");
    expect(unpack_zipmap, BYTES("\xfe\1a\1\0b\xff"), "a,b,");
    expect_refused(unpack_zipmap, BYTES("\1\1a\xff"));
    expect_refused(unpack_zipmap, BYTES("\2\1a\1\0b\xff"));
    must(mutilate(unpack_zipmap, BYTES(zipmap)) > 0);
}
END_TEST

START_TEST(an_intset_is_sorted_and_as_narrow_as_it_can_be)
{
    struct text packed = TEXT_EMPTY;
    static const char *const wanted[] = {"-3,2,32767,", "-3,2,32768,", "-3,2,2147483648,"};
    int64_t last[] = {INT16_MAX, INT16_MAX + 1, (int64_t)INT32_MAX + 1};
    for (int i = 0; i < 3; i++) {
        int64_t numbers[] = {last[i], -3, 2};
        text_clear(&packed);
        intset_add(&packed, numbers, 3);
        ck_assert_uint_eq(packed.len, 8 + 3 * (2u << i));
        expect(unpack_intset, packed.data, packed.len, wanted[i]);
        must(mutilate(unpack_intset, packed.data, packed.len) > 0);
    }
    expect_refused(unpack_intset, BYTES("\2\0\0\0\2\0\0\0\1\0\1\0"));
    expect_refused(unpack_intset, BYTES("\2\0\0\0\2\0\0\0\2\0\1\0"));
    expect_refused(unpack_intset, BYTES("\2\0\0\0\0\0\0\0"));
    expect_refused(unpack_intset, BYTES("\3\0\0\0\1\0\0\0\1\0\0"));
    text_deinit(&packed);
}
END_TEST

Suite *suite_packed(void);
Suite *suite_packed(void)
{
    Suite *suite = suite_create("packed");
    TCase *tcase = tcase_create("packed");
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 240 : 60);
    tcase_add_test(tcase, a_listpack_gives_back_what_was_put_in);
    tcase_add_test(tcase, a_listpack_is_written_as_redis_does);
    tcase_add_test(tcase, a_listpack_of_more_items_than_its_head_can_tell_is_counted);
    tcase_add_test(tcase, a_mutilated_listpack_is_refused_or_read_within_its_bounds);
    tcase_add_test(tcase, a_ziplist_is_read_in_all_its_forms);
    tcase_add_test(tcase, a_zipmap_is_read_with_its_free_bytes);
    tcase_add_test(tcase, an_intset_is_sorted_and_as_narrow_as_it_can_be);
    suite_add_tcase(suite, tcase);
    return suite;
}
