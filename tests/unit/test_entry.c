/* Entries: every change of value, width and TTL keeps all the rest, in place or moved. */
#include "base/blob.h"
#include "base/memory.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "store/entry.h"
#include "types/string.h"
#include "types/type_number.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST ((size_t)70000)

static char bytes_a[LONGEST], bytes_b[LONGEST], key_bytes[300];

static void fill(void)
{
    for (size_t i = 0; i < LONGEST; i++) {
        bytes_a[i] = (char)(i * 31 % 251);
        bytes_b[i] = (char)(i * 17 % 241 + 7);
    }
    for (size_t i = 0; i < sizeof key_bytes; i++)
        key_bytes[i] = (char)('a' + i % 26);
}

static void stop_failing(void)
{
    mem_fail_after(0);
}

static struct blob *blob_of(const char *data, size_t len)
{
    struct blob *blob = blob_create(len);
    must(blob);
    memcpy(blob->data, data, len);
    blob->len = len;
    return blob;
}

/* ---- what an entry should be ---- */

struct wanted {
    enum string_encoding encoding;
    int64_t number;
    const char *data;
    size_t len;
};

struct expected {
    size_t key_len;
    struct wanted value;
    int64_t expire_ms;
};

static void check_entry(const struct entry *entry, const struct expected *expected)
{
    struct bytes key = entry_key(entry);
    const struct wanted *value = &expected->value;
    must(key.len == expected->key_len);
    must(memcmp(key.data, key_bytes, key.len) == 0);
    must(entry->type == TYPE_STRING);
    must(entry->encoding == value->encoding);
    must(entry_expiry(entry) == expected->expire_ms);
    must(entry->recency == 0xabcdef);
    if (value->encoding == STRING_INT) {
        must(string_int(entry) == value->number);
    } else if (value->encoding == STRING_BYTES) {
        must(entry_value_len(entry) == value->len);
        if (value->len)
            must(memcmp(entry_value(entry), value->data, value->len) == 0);
    } else {
        must(string_blob(entry)->len == value->len);
        must(memcmp(string_blob(entry)->data, value->data, value->len) == 0);
    }
    bool wide = key.len > ENTRY_NARROW_KEY || (value->encoding == STRING_BYTES && value->len > ENTRY_NARROW_VALUE);
    must(!!(entry->flags & ENTRY_WIDE) == wide);
}

static struct entry *make_entry(const struct expected *expected)
{
    struct bytes key = {key_bytes, expected->key_len};
    const struct wanted *value = &expected->value;
    struct entry *entry;
    if (value->encoding == STRING_INT)
        entry = string_create_int(key, value->number, expected->expire_ms);
    else if (value->encoding == STRING_BYTES)
        entry = string_create_bytes(key, value->data, value->len, expected->expire_ms);
    else
        entry = string_create_blob(key, blob_of(value->data, value->len), expected->expire_ms);
    must(entry);
    entry->recency = 0xabcdef;
    return entry;
}

/* Changes the value; NULL when memory was refused. */
static struct entry *set_value(struct entry *entry, const struct wanted *value)
{
    if (value->encoding == STRING_INT)
        return string_set_int(entry, value->number);
    if (value->encoding == STRING_BYTES)
        return string_set_bytes(entry, value->data, value->len);
    struct blob *blob = blob_of(value->data, value->len);
    struct entry *changed = string_set_blob(entry, blob);
    if (!changed)
        blob_release(blob);
    return changed;
}

static const struct wanted values[] = {
    {STRING_INT, 0, NULL, 0},
    {STRING_INT, INT64_MIN, NULL, 0},
    {STRING_BYTES, 0, bytes_a, 0},
    {STRING_BYTES, 0, bytes_a, 1},
    {STRING_BYTES, 0, bytes_b, 7},
    {STRING_BYTES, 0, bytes_a, 8},
    {STRING_BYTES, 0, bytes_b, 44},
    {STRING_BYTES, 0, bytes_a, 45},
    {STRING_BYTES, 0, bytes_b, 1000},
    {STRING_BYTES, 0, bytes_a, ENTRY_NARROW_VALUE},
    {STRING_BYTES, 0, bytes_b, ENTRY_NARROW_VALUE + 1},
    {STRING_BLOB, 0, bytes_a, BLOB_MIN},
    {STRING_BLOB, 0, bytes_b, LONGEST},
};
#define VALUES (sizeof values / sizeof values[0])

static const size_t key_lens[] = {0, 1, 16, ENTRY_NARROW_KEY, ENTRY_NARROW_KEY + 1};
#define KEY_LENS (sizeof key_lens / sizeof key_lens[0])

/* ---- tests ---- */

START_TEST(entry_is_what_it_was_made_with)
{
    for (size_t k = 0; k < KEY_LENS; k++)
        for (size_t v = 0; v < VALUES; v++)
            for (int expires = 0; expires < 2; expires++) {
                struct expected expected = {key_lens[k], values[v], expires ? 1234567890123 : ENTRY_NO_EXPIRY};
                struct entry *entry = make_entry(&expected);
                check_entry(entry, &expected);
                entry_free(entry);
            }
}
END_TEST

START_TEST(every_value_can_follow_every_other)
{
    for (size_t k = 0; k < KEY_LENS; k++)
        for (size_t from = 0; from < VALUES; from++)
            for (size_t to = 0; to < VALUES; to++) {
                struct expected expected = {key_lens[k], values[from], (from + to) % 2 ? ENTRY_NO_EXPIRY : 77};
                struct entry *entry = make_entry(&expected);
                entry->flags |= STRING_RAW;
                expected.value = values[to];
                entry = set_value(entry, &values[to]);
                check_entry(entry, &expected);
                ck_assert_int_eq(entry->flags & STRING_RAW, 0);
                expected.value = values[from];
                entry = set_value(entry, &values[from]);
                check_entry(entry, &expected);
                entry_free(entry);
            }
}
END_TEST

START_TEST(ttl_comes_changes_and_goes)
{
    for (size_t k = 0; k < KEY_LENS; k++)
        for (size_t v = 0; v < VALUES; v++) {
            struct expected expected = {key_lens[k], values[v], ENTRY_NO_EXPIRY};
            struct entry *entry = make_entry(&expected);
            static const int64_t times[] = {1, INT64_MAX, ENTRY_NO_EXPIRY, ENTRY_NO_EXPIRY, 0, -5};
            for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
                bool had = expected.expire_ms != ENTRY_NO_EXPIRY, has = times[i] != ENTRY_NO_EXPIRY;
                struct entry *changed = entry_set_expiry(entry, times[i]);
                if (had == has)
                    ck_assert_ptr_eq(changed, entry); /* another time is written in place */
                entry = changed;
                expected.expire_ms = times[i];
                check_entry(entry, &expected);
            }
            entry_free(entry);
        }
}
END_TEST

START_TEST(copy_has_another_key_and_the_same_value)
{
    for (size_t v = 0; v < VALUES; v++) {
        struct expected expected = {3, values[v], 55}, renamed = {ENTRY_NARROW_KEY + 9, values[v], ENTRY_NO_EXPIRY};
        struct entry *entry = make_entry(&expected);
        entry->flags |= STRING_RAW;
        struct entry *copy = entry_copy(entry, (struct bytes){key_bytes, renamed.key_len}, renamed.expire_ms);
        check_entry(copy, &renamed);
        ck_assert_int_eq(copy->flags & STRING_RAW, STRING_RAW);
        if (copy->encoding == STRING_BLOB)
            ck_assert_ptr_eq(string_blob(copy), string_blob(entry)); /* shared, not copied */
        entry_free(entry);
        check_entry(copy, &renamed);
        entry_free(copy);
    }
}
END_TEST

START_TEST(resizing_keeps_what_fits_and_zeroes_what_is_new)
{
    static const size_t lens[] = {0, 1, 7, 8, 9, 40, 100, 1000, 65534, 65535, 65536, 65600};
    size_t count = sizeof lens / sizeof lens[0];
    for (size_t k = 0; k < KEY_LENS; k++)
        for (size_t from = 0; from < count; from++)
            for (size_t to = 0; to < count; to++) {
                struct expected expected = {key_lens[k], {STRING_BYTES, 0, bytes_a, lens[from]}, 99};
                struct entry *entry = make_entry(&expected);
                entry->flags |= STRING_RAW;
                entry = entry_resize(entry, lens[to]);
                size_t kept = lens[from] < lens[to] ? lens[from] : lens[to];
                char *wanted = calloc(1, lens[to] + 1);
                memcpy(wanted, bytes_a, kept);
                expected.value = (struct wanted){STRING_BYTES, 0, wanted, lens[to]};
                check_entry(entry, &expected);
                ck_assert_int_eq(entry->flags & STRING_RAW, STRING_RAW);
                if (lens[to])
                    memset(entry_value(entry), 'x', lens[to]); /* all of it is the caller's */
                ck_assert_mem_eq(entry_key(entry).data, key_bytes, key_lens[k]);
                free(wanted);
                entry_free(entry);
            }
}
END_TEST

START_TEST(same_size_class_changes_in_place)
{
    struct expected expected = {10, {STRING_BYTES, 0, bytes_a, 14}, ENTRY_NO_EXPIRY};
    struct entry *entry = make_entry(&expected);
    struct entry *changed = string_set_bytes(entry, bytes_b, 14);
    ck_assert_ptr_eq(changed, entry);
    entry_free(changed);
    expected.value = (struct wanted){STRING_INT, 5, NULL, 0};
    entry = make_entry(&expected);
    ck_assert_ptr_eq(string_set_int(entry, INT64_MAX), entry);
    ck_assert_int_eq(string_int(entry), INT64_MAX);
    entry_free(entry);
}
END_TEST

START_TEST(refused_memory_leaves_the_entry_as_it_was)
{
    for (size_t from = 0; from < VALUES; from++)
        for (size_t to = 0; to < VALUES; to++) {
            struct expected expected = {12, values[from], ENTRY_NO_EXPIRY};
            struct entry *entry = make_entry(&expected);
            struct wanted target = values[to];
            if (target.encoding == STRING_BLOB) { /* its bytes are there already, so that only the entry can fail */
                struct blob *blob = blob_of(target.data, target.len);
                mem_fail_after(1);
                struct entry *changed = string_set_blob(entry, blob);
                if (!changed)
                    blob_release(blob);
                entry = changed ? changed : entry;
                expected.value = changed ? target : expected.value;
            } else {
                mem_fail_after(1);
                struct entry *changed = set_value(entry, &target);
                entry = changed ? changed : entry;
                expected.value = changed ? target : expected.value;
            }
            mem_fail_after(0);
            check_entry(entry, &expected);
            mem_fail_after(1);
            ck_assert_ptr_null(entry_set_expiry(entry, 5));
            mem_fail_after(1);
            ck_assert_ptr_null(entry_copy(entry, (struct bytes){key_bytes, 4}, 5));
            mem_fail_after(0);
            check_entry(entry, &expected);
            entry_free(entry);
        }
    mem_fail_after(1);
    ck_assert_ptr_null(string_create_int((struct bytes){key_bytes, 4}, 1, ENTRY_NO_EXPIRY));
    mem_fail_after(1);
    ck_assert_ptr_null(string_create_bytes((struct bytes){key_bytes, 4}, bytes_a, 100, 1));
    mem_fail_after(0);
}
END_TEST

START_TEST(memory_is_what_the_allocator_gave)
{
    for (size_t k = 0; k < KEY_LENS; k++)
        for (size_t v = 0; v < VALUES; v++) {
            struct expected expected = {key_lens[k], values[v], v % 2 ? 5 : ENTRY_NO_EXPIRY};
            struct entry *entry = make_entry(&expected);
            size_t given = mem_usable(entry);
            if (entry->encoding == STRING_BLOB)
                given += blob_memory(string_blob(entry));
#ifdef KVS_LIBC_MALLOC
            ck_assert_uint_le(entry_memory(entry, 0), given);
#else
            ck_assert_uint_eq(entry_memory(entry, 0), given);
#endif
            ck_assert_uint_ge(entry_memory(entry, 0),
                              key_lens[k] + (values[v].encoding == STRING_INT ? 8 : values[v].len));
            entry_free(entry);
        }
}
END_TEST

#ifndef KVS_LIBC_MALLOC
START_TEST(small_entries_cost_what_is_promised)
{
    struct bytes key = {key_bytes, 16};
    static const size_t lens[] = {8, 32, 100};
    for (size_t i = 0; i < 3; i++) {
        struct entry *entry = string_create_bytes(key, bytes_a, lens[i], ENTRY_NO_EXPIRY);
        /* header and slack; a slot of the table comes on top */
        ck_assert_uint_le(entry_memory(entry, 0) - key.len - lens[i], 16);
        entry_free(entry);
    }
}
END_TEST
#endif

START_TEST(blobs_are_released_once)
{
    struct blob *blob = blob_of(bytes_a, BLOB_MIN);
    blob_retain(blob); /* ours, to look at the count */
    struct entry *entry = string_create_blob((struct bytes){key_bytes, 5}, blob, ENTRY_NO_EXPIRY);
    struct entry *copy = entry_copy(entry, (struct bytes){key_bytes, 6}, ENTRY_NO_EXPIRY);
    ck_assert_uint_eq(atomic_load(&blob->references), 3);
    entry = entry_set_expiry(entry, 10);
    ck_assert_uint_eq(atomic_load(&blob->references), 3);
    entry = string_set_int(entry, 1);
    ck_assert_uint_eq(atomic_load(&blob->references), 2);
    entry_free(copy);
    ck_assert(blob_is_exclusive(blob));
    entry = string_set_blob(entry, blob_retain(blob));
    entry_free(entry);
    ck_assert(blob_is_exclusive(blob));
    blob_release(blob);
}
END_TEST

START_TEST(random_histories_agree_with_a_model)
{
    struct dice dice = dice_create(1);
    for (unsigned history = 0; history < scratch_rounds(300); history++) {
        struct expected expected = {key_lens[dice_below(&dice, KEY_LENS)], values[dice_below(&dice, VALUES)],
                                    ENTRY_NO_EXPIRY};
        struct entry *entry = make_entry(&expected);
        for (unsigned step = 0; step < 60; step++) {
            if (dice_chance(&dice, 30)) {
                expected.expire_ms = dice_chance(&dice, 50) ? ENTRY_NO_EXPIRY : (int64_t)dice_below(&dice, 1000);
                entry = entry_set_expiry(entry, expected.expire_ms);
            } else if (dice_chance(&dice, 50)) {
                expected.value = values[dice_below(&dice, VALUES)];
                entry = set_value(entry, &expected.value);
            } else {
                expected.value = (struct wanted){STRING_BYTES, 0, bytes_a, dice_below(&dice, 300)};
                entry = set_value(entry, &expected.value);
            }
            check_entry(entry, &expected);
        }
        entry_free(entry);
    }
}
END_TEST

Suite *suite_entry(void);
Suite *suite_entry(void)
{
    Suite *suite = suite_create("entry");
    TCase *tcase = tcase_create("entry");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, fill, stop_failing);
    tcase_add_test(tcase, entry_is_what_it_was_made_with);
    tcase_add_test(tcase, every_value_can_follow_every_other);
    tcase_add_test(tcase, ttl_comes_changes_and_goes);
    tcase_add_test(tcase, copy_has_another_key_and_the_same_value);
    tcase_add_test(tcase, resizing_keeps_what_fits_and_zeroes_what_is_new);
    tcase_add_test(tcase, same_size_class_changes_in_place);
    tcase_add_test(tcase, refused_memory_leaves_the_entry_as_it_was);
    tcase_add_test(tcase, memory_is_what_the_allocator_gave);
#ifndef KVS_LIBC_MALLOC
    tcase_add_test(tcase, small_entries_cost_what_is_promised);
#endif
    tcase_add_test(tcase, blobs_are_released_once);
    tcase_add_test(tcase, random_histories_agree_with_a_model);
    suite_add_tcase(suite, tcase);
    return suite;
}
