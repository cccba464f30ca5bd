/* Payloads are sealed, and one that isn't whole, or is of a later version, isn't opened. */
#include "persist/crc64.h"
#include "persist/dump_payload.h"
#include "persist/rdb_type.h"

#include <check.h>
#include <string.h>

static unsigned version; /* of what was opened */

START_TEST(the_checksum_is_that_of_redis)
{
    char zeros[100] = {0};
    ck_assert_uint_eq(crc64_add(0, "123456789", 9),
                      UINT64_C(0xe9c6d914c4b8d9ca)); /* the known one of this polynomial */
    ck_assert_uint_eq(crc64_add(0, "", 0), 0);
    ck_assert_uint_eq(crc64_add(0, zeros, sizeof zeros), 0);
    ck_assert_uint_eq(crc64_add(0, "\x01", 1), UINT64_C(0x7ad870c830358979));
    ck_assert_uint_eq(crc64_add(0, "\x80", 1), UINT64_C(0x95ac9329ac4bc9b5)); /* the polynomial itself */
}
END_TEST

START_TEST(the_checksum_goes_on_from_piece_to_piece)
{
    static const char digits[] = "123456789";
    for (size_t cut = 0; cut <= 9; cut++)
        ck_assert_uint_eq(crc64_add(crc64_add(0, digits, cut), digits + cut, 9 - cut), UINT64_C(0xe9c6d914c4b8d9ca));
    ck_assert_uint_eq(crc64_add(7, "", 0), 7);
}
END_TEST

static struct text sealed_text(const char *content, size_t len)
{
    struct text payload = TEXT_EMPTY;
    text_add_bytes(&payload, content, len);
    dump_payload_seal(&payload, RDB_VERSION);
    return payload;
}

/* What Redis 7.0 gives for FUNCTION DUMP without functions: a version and its checksum. */
START_TEST(the_seal_of_nothing_is_that_of_redis)
{
    struct text payload = sealed_text("", 0);
    ck_assert_uint_eq(payload.len, 10);
    ck_assert_mem_eq(payload.data, "\x0a\x00", 2);
    uint64_t sum = crc64_add(0, "\x0a\x00", 2);
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq((unsigned char)payload.data[2 + i], sum >> 8 * i & 0xff); /* low byte first */
    text_deinit(&payload);
}
END_TEST

START_TEST(what_was_sealed_is_opened)
{
    for (size_t len = 0; len <= 9; len++) {
        struct text payload = sealed_text("123456789", len);
        struct bytes opened = {payload.data, payload.len};
        ck_assert(dump_payload_open(&opened, &version));
        ck_assert_ptr_eq(opened.data, payload.data);
        ck_assert_uint_eq(opened.len, len);
        text_deinit(&payload);
    }
}
END_TEST

START_TEST(a_payload_with_any_bit_changed_is_not_opened)
{
    struct text payload = sealed_text("some content", 12);
    for (size_t bit = 0; bit < 8 * payload.len; bit++) {
        struct bytes opened = {payload.data, payload.len};
        payload.data[bit / 8] = (char)(payload.data[bit / 8] ^ 1 << bit % 8);
        ck_assert_msg(!dump_payload_open(&opened, &version), "bit %zu", bit);
        ck_assert_uint_eq(opened.len, payload.len); /* as it was */
        payload.data[bit / 8] = (char)(payload.data[bit / 8] ^ 1 << bit % 8);
    }
    text_deinit(&payload);
}
END_TEST

START_TEST(a_payload_cut_at_either_end_is_not_opened)
{
    struct text payload = sealed_text("some content", 12);
    for (size_t cut = 1; cut <= payload.len; cut++) {
        struct bytes from_end = {payload.data, payload.len - cut}, from_begin = {payload.data + cut, payload.len - cut};
        ck_assert(!dump_payload_open(&from_end, &version));
        ck_assert(!dump_payload_open(&from_begin, &version));
    }
    text_deinit(&payload);
}
END_TEST

static bool opens_with_version(unsigned written)
{
    struct text payload = TEXT_EMPTY;
    text_add(&payload, "content");
    text_add_char(&payload, (char)(written & 0xff));
    text_add_char(&payload, (char)(written >> 8));
    uint64_t sum = crc64_add(0, payload.data, payload.len);
    for (int i = 0; i < 8; i++)
        text_add_char(&payload, (char)(sum >> 8 * i));
    struct bytes opened = {payload.data, payload.len};
    bool opens = dump_payload_open(&opened, &version);
    text_deinit(&payload);
    ck_assert(!opens || version == written);
    return opens;
}

START_TEST(a_later_version_is_not_opened)
{
    ck_assert(opens_with_version(1));
    ck_assert(opens_with_version(RDB_VERSION));
    ck_assert(opens_with_version(RDB_VERSION_READ));
    ck_assert(opens_with_version(RDB_VERSION_VALKEY));
    ck_assert(!opens_with_version(RDB_VERSION_READ + 1));
    ck_assert(!opens_with_version(RDB_VERSION_VALKEY + 1));
    ck_assert(!opens_with_version(0x100 + RDB_VERSION)); /* the high byte counts */
    ck_assert(!opens_with_version(0xffff));
}
END_TEST

Suite *suite_dump_payload(void);
Suite *suite_dump_payload(void)
{
    Suite *suite = suite_create("dump_payload");
    TCase *tcase = tcase_create("dump_payload");
    tcase_add_test(tcase, the_checksum_is_that_of_redis);
    tcase_add_test(tcase, the_checksum_goes_on_from_piece_to_piece);
    tcase_add_test(tcase, the_seal_of_nothing_is_that_of_redis);
    tcase_add_test(tcase, what_was_sealed_is_opened);
    tcase_add_test(tcase, a_payload_with_any_bit_changed_is_not_opened);
    tcase_add_test(tcase, a_payload_cut_at_either_end_is_not_opened);
    tcase_add_test(tcase, a_later_version_is_not_opened);
    suite_add_tcase(suite, tcase);
    return suite;
}
