/*
 * Values in Redis's format: each form that a server writes gives the value that it stands for, what is saved loads again
 * as the same value, whole or in pieces, and what is cut, changed or too large is refused, with nothing left of it.
 */
#include "base/digest.h"
#include "base/memory.h"
#include "base/usage.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "persist/crc64.h"
#include "persist/dump_payload.h"
#include "persist/rdb_load.h"
#include "persist/rdb_save.h"
#include "persist/rdb_string.h"
#include "types/collection.h"
#include "types/hash.h"
#include "types/list.h"
#include "types/stream.h"
#include "types/stream_groups.h"
#include "types/stream_internal.h"
#include "types/string.h"
#include "types/type_number.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define NOW 1700000000000

static const struct bytes key = {"key", 3};
static struct rdb_terms terms = {
    .version = RDB_VERSION,
    .now_ms = NOW,
    .set = {512, 128, 64},
    .zset = {128, 64},
    .hash_entries = 128,
    .hash_value = 64,
    .list_max_listpack_size = -2,
    .stream = {4096, 100},
};

/* ---- loading and saving ---- */

static enum rdb_outcome load_from(struct rdb_source *source, struct entry **entry_out)
{
    unsigned char type;
    return rdb_take_byte(source, &type) ? rdb_load_value(source, type, key, ENTRY_NO_EXPIRY, &terms, entry_out)
                                        : RDB_BAD;
}

/* From memory of exactly its size, so that a sanitizer sees a byte too many. */
static enum rdb_outcome load(const char *data, size_t len, struct entry **entry_out)
{
    char *exact = mem_alloc(len > 0 ? len : 1);
    memcpy(exact, data, len);
    struct rdb_source source = rdb_source_of((struct bytes){exact, len});
    rdb_source_allow(&source, (size_t)64 << 20); /* a changed length of what is compressed could be worth more */
    enum rdb_outcome outcome = load_from(&source, entry_out);
    mem_free(exact);
    return outcome;
}

static void check(const struct entry *entry)
{
    static const struct collection_kind *const kinds[VALUE_TYPES] = {
        [TYPE_LIST] = &list_kind, [TYPE_SET] = &set_kind, [TYPE_ZSET] = &zset_kind, [TYPE_HASH] = &hash_kind};
    struct collection collection;
    if (entry->type == TYPE_STREAM) {
        stream_check(stream_of(entry));
        stream_groups_check(stream_of(entry)->groups);
    } else if (entry->type != TYPE_STRING) {
        collection_open(&collection, kinds[entry->type], entry);
        collection_check(&collection);
    }
}

static struct digest digest_of(const struct entry *entry)
{
    struct digest digest = {{0}};
    entry_value_type(entry)->digest(entry, &digest);
    return digest;
}

static bool is_same(const struct entry *a, const struct entry *b)
{
    struct digest left = digest_of(a), right = digest_of(b);
    return a->type == b->type && memcmp(left.bytes, right.bytes, sizeof left.bytes) == 0;
}

static void save(const struct entry *entry, bool compresses, struct text *out)
{
    struct rdb_saver saver = {.out = out, .compresses = compresses};
    rdb_save_value(&saver, entry);
}

/* The same in pieces. */
static void save_in_pieces(const struct entry *entry, struct text *out)
{
    struct rdb_saver saver = {.out = out};
    struct collection collection;
    struct collection_place place;
    struct tree_place block;
    if (!rdb_save_begin(&saver, entry))
        return;
    if (entry->type == TYPE_STREAM) {
        const struct stream *stream = stream_of(entry);
        for (bool more = tree_at(&stream->blocks, 0, &block); more; more = tree_next(&stream->blocks, &block))
            rdb_save_block(&saver, stream_record_block(tree_record(&block)));
        if (stream->open)
            rdb_save_block(&saver, stream->open);
    } else {
        collection_open(&collection, entry_value_type(entry)->shape, entry);
        for (bool more = collection_at(&collection, 0, &place); more; more = collection_next(&collection, &place))
            rdb_save_records(&saver, place.record, place.record + record_len(place.record, collection.kind->form));
    }
    rdb_save_end(&saver, entry);
}

static void expect_saved_again(const struct entry *entry)
{
    for (int way = 0; way < 3; way++) {
        struct text saved = TEXT_EMPTY;
        struct entry *again = NULL;
        if (way == 2)
            save_in_pieces(entry, &saved);
        else
            save(entry, way == 0, &saved);
        ck_assert_int_eq(load(saved.data, saved.len, &again), RDB_READ);
        must(is_same(entry, again));
        check(again);
        entry_free(again);
        text_deinit(&saved);
    }
}

/* ---- what servers write ---- */

struct form {
    const char *name, *data;
    size_t len;
    unsigned version;
};

#define FORM(name, data)                                                                                               \
    {                                                                                                                  \
        name, data, sizeof(data) - 1, RDB_VERSION                                                                      \
    }
#define FORM_OF(version, name, data)                                                                                   \
    {                                                                                                                  \
        name, data, sizeof(data) - 1, version                                                                          \
    }

/* Those with the same name are the same value. */
static const struct form forms[] = {
    FORM("string", "\0\5hello"),
    FORM("string 100",
         "\0\x40\x64"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    FORM("string 100", "\0\xc3\x09\x40\x64\1aa\xe0\x57\0\1aa"),
    FORM("number", "\0\xc1\x39\x30"),
    FORM("number", "\0\5"
                   "12345"),
    FORM("list", "\1\3\1a\xc0\7\2xy"),
    FORM("list", "\x0a\x14\x14\x00\x00\x00\x0f\x00\x00\x00\x03\x00\x00\x01\x61\x03\xf8\x02\x02\x78\x79\xff"),
    FORM("list", "\x0e\2\x10\x10\0\0\0\x0d\0\0\0\2\0\0\1a\3\xf8\xff\x0f\x0f\0\0\0\x0a\0\0\0\1\0\0\2xy\xff"),
    FORM("list", "\x12\2\2\x0c\x0c\0\0\0\2\0\x81\x61\2\7\1\xff\1\2xy"),
    FORM("set", "\2\3\xc0\1\xc0\2\xc1\0\1"),
    FORM("set", "\x0b\x0e\2\0\0\0\3\0\0\0\1\0\2\0\0\1"),
    FORM("set", "\x14\x0e\x0e\0\0\0\3\0\1\1\2\1\xc1\0\2\xff"),
    FORM("set of words", "\2\2\1a\2bc"),
    FORM("set of words", "\x14\x0e\x0e\0\0\0\2\0\x81\x61\2\x82\x62\x63\3\xff"),
    FORM("zset", "\3\3\1a\0031.5\1b\3-20\1c\xfe"),
    FORM("zset", "\5\3\1a\0\0\0\0\0\0\xf8\x3f\1b\0\0\0\0\0\0\x34\xc0\1c\0\0\0\0\0\0\xf0\x7f"),
    FORM("zset", "\x0c\x21\x21\x00\x00\x00\x1b\x00\x00\x00\x06\x00\x00\x01\x62\x03\xfe\xec\x03\x01\x61\x03\x03\x31\x2e"
                 "\x35\x05\x01\x63\x03\x03\x69\x6e\x66\xff"),
    FORM("zset", "\x11\x1d\x1d\x00\x00\x00\x06\x00\x81\x62\x02\xdf\xec\x02\x81\x61\x02\x83\x31\x2e\x35\x04\x81\x63\x02"
                 "\x83\x69\x6e\x66\x04\xff"),
    FORM("hash", "\4\2\1f\1v\1g\xc0\5"),
    FORM("hash", "\x09\x0f\x02\x01\x66\x01\x00\x76\x01\x67\x01\x03\x35\x78\x79\x7a\xff"),
    FORM("hash", "\x0d\x16\x16\0\0\0\x13\0\0\0\4\0\0\1f\3\1v\3\1g\3\xf6\xff"),
    FORM("hash", "\x10\x12\x12\0\0\0\4\0\x81\x66\2\x81v\2\x81g\2\5\1\xff"),
    FORM_OF(12, "timed hash", "\x18\x00\x00\x00\x00\x00\x02\x00\x00\x02\x00\x01\x66\x01\x76\x06\x01\x67\xc0\x05"),
    FORM_OF(12, "timed hash", "\x16\x02\x00\x01\x66\x01\x76\x81\x00\x00\x02\x00\x00\x00\x00\x05\x01\x67\xc0\x05"),
    FORM_OF(12, "timed hash",
            "\x17\x1e\x1e\x00\x00\x00\x06\x00\x81\x67\x02\x05\x01\xf4\x05\x00\x00\x00\x00\x02\x00\x00\x09\x81\x66\x02"
            "\x81\x76\x02\x00\x01\xff"),
    FORM_OF(12, "timed hash",
            "\x19\x05\x00\x00\x00\x00\x02\x00\x00\x1e\x1e\x00\x00\x00\x06\x00\x81\x67\x02\x05\x01\xf4\x05\x00\x00\x00"
            "\x00\x02\x00\x00\x09\x81\x66\x02\x81\x76\x02\x00\x01\xff"),
    FORM_OF(80, "timed hash",
            "\x16\x02\x01\x66\x01\x76\xff\xff\xff\xff\xff\xff\xff\xff\x01\x67\xc0\x05\x05\x00\x00\x00\x00\x02\x00\x00"),
    FORM("empty stream", "\x0f\0\0\5\1\0"),
    FORM("empty stream", "\x13\0\0\5\1\0\0\0\0\7\0"),
    /* entries 1-1 and 3-0, and between them a deleted one; group g has given both to c */
    FORM("stream",
         "\x0f\x01\x10\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x37\x37\x00\x00\x00\x16\x00\x02"
         "\x01\x01\x01\x01\x01\x81\x66\x02\x00\x01\x02\x01\x00\x01\x00\x01\x81\x61\x02\x04\x01\x03\x01\x01\x01\x00\x01"
         "\x05\x01\x04\x01\x00\x01\x02\x01\xdf\xff\x02\x01\x01\x81\x67\x02\x06\x01\x06\x01\xff\x02\x03\x00\x01\x01\x67"
         "\x03\x00\x02\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\xfb\x67\xe5\xcf\x8b\x01\x00\x00"
         "\x01\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\xfb\x67\xe5\xcf\x8b\x01\x00\x00\x02\x01"
         "\x01\x63\xfb\x67\xe5\xcf\x8b\x01\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01"
         "\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00"),
    FORM("stream",
         "\x13\x01\x10\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x37\x37\x00\x00\x00\x16\x00\x02"
         "\x01\x01\x01\x01\x01\x81\x66\x02\x00\x01\x02\x01\x00\x01\x00\x01\x81\x61\x02\x04\x01\x03\x01\x01\x01\x00\x01"
         "\x05\x01\x04\x01\x00\x01\x02\x01\xdf\xff\x02\x01\x01\x81\x67\x02\x06\x01\x06\x01\xff\x02\x03\x00\x01\x01\x02"
         "\x01\x03\x01\x01\x67\x03\x00\x03\x02\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\xfb\x67"
         "\xe5\xcf\x8b\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\xfb\x67\xe5\xcf"
         "\x8b\x01\x00\x00\x02\x01\x01\x63\xfb\x67\xe5\xcf\x8b\x01\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00"
         "\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00"),
    FORM("stream", "\x15\x01\x10\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x37\x37\x00\x00\x00"
                   "\x16\x00\x02\x01\x01\x01\x01\x01\x81\x66\x02\x00\x01\x02\x01\x00\x01\x00\x01\x81\x61\x02\x04\x01"
                   "\x03\x01\x01\x01\x00\x01\x05\x01\x04\x01\x00\x01\x02\x01\xdf\xff\x02\x01\x01\x81\x67\x02\x06\x01"
                   "\x06\x01\xff\x02\x03\x00\x01\x01\x02\x01\x03\x01\x01\x67\x03\x00\x03\x02\x00\x00\x00\x00\x00\x00"
                   "\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\xfb\x67\xe5\xcf\x8b\x01\x00\x00\x01\x00\x00\x00\x00\x00"
                   "\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\xfb\x67\xe5\xcf\x8b\x01\x00\x00\x02\x01\x01\x63\xfb"
                   "\x67\xe5\xcf\x8b\x01\x00\x00\xfb\x67\xe5\xcf\x8b\x01\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x01"
                   "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00"),
};

static struct entry *load_form(const struct form *form)
{
    struct entry *entry = NULL;
    terms.version = form->version;
    enum rdb_outcome outcome = load(form->data, form->len, &entry);
    terms.version = RDB_VERSION;
    ck_assert_msg(outcome == RDB_READ, "%s, type %d: outcome %d", form->name, form->data[0], outcome);
    return entry;
}

#define FORM_COUNT (sizeof forms / sizeof forms[0])

START_TEST(each_form_gives_the_value_that_it_stands_for)
{
    struct entry *first = NULL;
    for (size_t i = 0; i < FORM_COUNT; i++) {
        struct entry *entry = load_form(&forms[i]);
        check(entry);
        if (i > 0 && strcmp(forms[i].name, forms[i - 1].name) == 0) {
            ck_assert_msg(is_same(first, entry), "%s, type %d", forms[i].name, forms[i].data[0]);
            entry_free(entry);
        } else {
            if (first)
                entry_free(first);
            first = entry;
        }
        expect_saved_again(first);
    }
    entry_free(first);
}
END_TEST

/* ---- mutilated ---- */

/* A change may give another value, which is sound then and is saved as others are. */
static void expect_sound(const char *data, size_t len)
{
    struct entry *entry = NULL;
    if (load(data, len, &entry) != RDB_READ)
        return;
    check(entry);
    expect_saved_again(entry);
    entry_free(entry);
}

static void mutilate(const char *data, size_t len, bool every_byte)
{
    int64_t before = usage_own();
    struct entry *entry;
    char *changed = mem_dup(data, len);
    for (size_t cut = 0; cut < len; cut++)
        must(load(data, cut, &entry) != RDB_READ);
    for (size_t at = 1; at < len; at++) {
        for (unsigned way = 0; way < (every_byte ? 256 : 10); way++) {
            unsigned char byte = (unsigned char)data[at];
            changed[at] = (char)(every_byte ? way : way < 8 ? byte ^ 1u << way : way == 8 ? 0xff : 0);
            expect_sound(changed, len);
        }
        changed[at] = data[at];
    }
    mem_free(changed);
    must(usage_own() == before);
}

START_TEST(mutilated_forms_are_refused_or_other_values)
{
    for (size_t i = 0; i < FORM_COUNT; i++) {
        terms.version = forms[i].version;
        mutilate(forms[i].data, forms[i].len, true);
    }
    terms.version = RDB_VERSION;
}
END_TEST

START_TEST(forms_that_no_server_writes_are_refused)
{
    static const struct form refused[] = {
        FORM("no content", ""),
        FORM("module", "\7\1\0"),
        FORM("old module", "\6\1\0"),
        FORM("unknown", "\x1a\0"),
        FORM("unknown", "\x08\0"),
        FORM("member twice", "\2\2\1a\1a"),
        FORM("member twice, of a listpack", "\x14\x0d\x0d\0\0\0\2\0\x81\x61\2\x81\x61\2\xff"),
        FORM("field twice", "\4\2\1f\1v\1f\1w"),
        FORM("field twice, of a zipmap", "\x09\x0c\2\1f\1\0v\1f\1\0w\xff"),
        FORM("member of a zset twice", "\3\2\1a\0011\1a\0012"),
        FORM("score that is none", "\5\1\1a\0\0\0\0\0\0\xf8\x7f"),
        FORM("score that is none, as text", "\3\1\1a\xfd"),
        FORM("score that is text", "\3\1\1a\1x"),
        FORM("field without a value", "\x10\x0a\x0a\0\0\0\1\0\x81\x66\2\xff"),
        FORM("container", "\x12\1\3\1a"),
        FORM("time out of bounds", "\x18\xff\xff\xff\xff\xff\xff\0\0\1\2\1f\1v"),
        FORM("time that overflows", "\x18\xff\xff\xff\xff\xff\xff\xff\xff\1\2\1f\1v"),
        FORM("compressed to nothing", "\0\xc3\0\5"),
        FORM("compressed too well", "\0\xc3\1\x81\0\0\0\1\0\0\0\0a"),
        FORM("special string", "\0\xc4"),
        FORM("length that is a special string", "\1\xc0\1"),
    };
    static const struct form empty[] = {
        FORM("list", "\1\0"),
        FORM("set", "\2\0"),
        FORM("hash", "\4\0"),
        FORM("zset", "\5\0"),
        FORM("quicklist", "\x0e\0"),
        FORM("quicklist of listpacks", "\x12\0"),
        FORM("quicklist of an empty one", "\x12\1\2\7\7\0\0\0\0\0\xff"),
        FORM("listpack", "\x10\7\7\0\0\0\0\0\xff"),
        FORM("zipmap", "\x09\2\0\xff"),
    };
    struct entry *entry;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        ck_assert_msg(load(refused[i].data, refused[i].len, &entry) == RDB_BAD, "%s", refused[i].name);
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++)
        ck_assert_msg(load(empty[i].data, empty[i].len, &entry) == RDB_EMPTY, "%s", empty[i].name);
    must(load("\x18\1\0\0\0\0\0\0\0\1\1\1f\1v", 15, &entry) == RDB_EXPIRED);
}
END_TEST

/* ---- made values ---- */

static size_t make_text(struct dice *dice, char *out)
{
    unsigned kind = (unsigned)dice_below(dice, 20);
    if (kind < 6)
        return (size_t)sprintf(out, "%lld", (long long)(dice_next(dice) >> dice_below(dice, 64)));
    size_t len = kind == 19 ? 300 : dice_below(dice, 40);
    for (size_t i = 0; i < len; i++)
        out[i] = (char)(kind < 12 ? 'a' + dice_below(dice, 3) : dice_next(dice));
    return len;
}

static void add_text(struct text *out, struct dice *dice, unsigned number)
{
    char text[320];
    size_t len = make_text(dice, text);
    len += (size_t)sprintf(text + len, ":%u", number); /* each is another one */
    rdb_add_string(out, (struct bytes){text, len}, false);
}

/* The content of a collection of that type with so many members, as strings. */
static void make_content(struct text *out, enum rdb_type type, unsigned count, struct dice *dice)
{
    text_clear(out);
    text_add_char(out, (char)type);
    if (type == RDB_HASH_TIMED)
        rdb_add_fixed64(out, NOW + 1000);
    rdb_add_length(out, count);
    for (unsigned i = 0; i < count; i++) {
        if (type == RDB_HASH_TIMED)
            rdb_add_length(out, dice_below(dice, 3) * dice_below(dice, 100000));
        add_text(out, dice, i);
        if (type == RDB_ZSET) {
            double score = (double)(int64_t)dice_below(dice, 2000) / 8 - 100;
            uint64_t bits;
            memcpy(&bits, &score, sizeof bits);
            rdb_add_fixed64(out, bits);
        } else if (type == RDB_HASH || type == RDB_HASH_TIMED) {
            add_text(out, dice, i);
        }
    }
}

static const enum rdb_type made_types[] = {RDB_LIST, RDB_SET, RDB_ZSET, RDB_HASH, RDB_HASH_TIMED};

/* As entries of streams are added; with a group that has some pending, one of them given back. */
static struct entry *make_stream(unsigned count, struct dice *dice)
{
    struct entry *entry = stream_create(key);
    struct stream *stream = stream_of(entry);
    struct stream_id id = {5, 0};
    for (unsigned i = 0; i < count; i++) {
        char texts[4][340];
        struct arg pairs[4];
        for (int t = 0; t < 4; t++) {
            size_t len =
                t % 2 == 0 && !dice_chance(dice, 10) ? (size_t)sprintf(texts[t], "f%d", t) : make_text(dice, texts[t]);
            pairs[t] = (struct arg){.data = texts[t], .len = len};
        }
        if (dice_chance(dice, 50))
            id = (struct stream_id){id.ms + dice_below(dice, 1000) + 1, dice_below(dice, 3)};
        else
            id.seq++;
        must(stream_append(stream, id, pairs, dice_chance(dice, 90) ? 2 : 1, &terms.stream) == 0);
    }
    for (int g = 0; g < 2; g++) {
        struct stream_group *group =
            stream_group_create((struct bytes){g ? "h" : "g", 1}, id, g ? GROUP_READ_UNKNOWN : count);
        must(stream_groups_add(&stream->groups, group) == 0);
        struct stream_consumer *consumers[2] = {stream_consumer_add(group, (struct bytes){"c", 1}, NOW - 9),
                                                stream_consumer_add(group, (struct bytes){"d", 1}, NOW - 7)};
        consumers[0]->active_ms = consumers[0]->seen_ms;
        consumers[1]->active_ms = consumers[1]->seen_ms;
        struct stream_walk walk;
        stream_walk_begin(&walk, stream, STREAM_ID_MIN, STREAM_ID_MAX, false);
        while (stream_walk_next(&walk)) {
            struct tree_place place;
            struct pending_entry pending;
            unsigned owner = (unsigned)dice_below(dice, 4);
            if (owner == 3 || pending_find(&group->pending, walk.id, &pending, &place))
                continue;
            must(stream_group_add(group, &place, walk.id, owner == 2 ? NULL : consumers[owner], NOW - 5,
                                  (int64_t)dice_below(dice, 9)) == 0);
        }
    }
    return entry;
}

static void expect_same_groups(const struct entry *entry, const struct entry *other)
{
    struct tree_place place;
    const struct stream_groups *groups = stream_of(entry)->groups, *others = stream_of(other)->groups;
    must(stream_groups_count(groups) == stream_groups_count(others));
    const struct stream_group *group = stream_groups_first(groups, &place);
    for (; group; group = stream_groups_next(groups, &place)) {
        struct stream_group *twin = stream_groups_find(others, group->named.name);
        struct tree_place at, twin_at;
        struct pending_entry pending, same;
        must(twin && stream_id_compare(group->last_id, twin->last_id) == 0 &&
             group->entries_read == twin->entries_read);
        must(name_table_count(&group->consumers) == name_table_count(&twin->consumers));
        must(group->pending.given_back == twin->pending.given_back);
        must(pending_count(&group->pending) == pending_count(&twin->pending));
        for (bool more = pending_seek(&group->pending, STREAM_ID_MIN, &pending, &at); more;
             more = pending_next(&group->pending, &pending, &at)) {
            must(pending_find(&twin->pending, pending.id, &same, &twin_at) && pending.count == same.count);
            must(pending_shown_ms(&pending) == pending_shown_ms(&same) && !pending.owner == !same.owner);
            if (pending.owner) {
                const struct stream_consumer *owner = stream_consumer_at(group, pending.owner),
                                             *second = stream_consumer_at(twin, same.owner);
                must(bytes_equal(owner->named.name.data, owner->named.name.len, second->named.name.data,
                                 second->named.name.len));
                must(owner->seen_ms == second->seen_ms && owner->active_ms == second->active_ms);
            }
        }
    }
}

START_TEST(what_is_saved_loads_as_the_same_value)
{
    static const unsigned counts[] = {1, 7, 60, 200, 1100, 6000};
    struct dice dice = dice_create(1);
    struct text content = TEXT_EMPTY;
    for (size_t t = 0; t < sizeof made_types / sizeof made_types[0]; t++) {
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
            struct entry *entry = NULL;
            make_content(&content, made_types[t], counts[c], &dice);
            ck_assert_int_eq(load(content.data, content.len, &entry), RDB_READ);
            check(entry);
            expect_saved_again(entry);
            entry_free(entry);
        }
    }
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        struct text saved = TEXT_EMPTY;
        struct entry *entry = make_stream(counts[c], &dice), *again = NULL;
        check(entry);
        expect_saved_again(entry);
        save(entry, true, &saved);
        must(load(saved.data, saved.len, &again) == RDB_READ);
        expect_same_groups(entry, again);
        entry_free(entry);
        entry_free(again);
        text_deinit(&saved);
    }
    text_deinit(&content);
}
END_TEST

START_TEST(mutilated_values_are_refused_or_other_values)
{
    struct dice dice = dice_create(2);
    struct text content = TEXT_EMPTY, saved = TEXT_EMPTY;
    for (size_t t = 0; t <= sizeof made_types / sizeof made_types[0]; t++) {
        struct entry *entry = NULL;
        bool is_stream = t == sizeof made_types / sizeof made_types[0];
        text_clear(&saved);
        if (is_stream) {
            entry = make_stream(6, &dice);
        } else {
            make_content(&content, made_types[t], 8, &dice);
            must(load(content.data, content.len, &entry) == RDB_READ);
            mutilate(content.data, content.len, false);
        }
        save(entry, false, &saved);
        entry_free(entry);
        mutilate(saved.data, saved.len, false);
    }
    text_deinit(&content);
    text_deinit(&saved);
}
END_TEST

/* Of a set, a sorted set and a hash; in the latter two a member has something behind it. */
START_TEST(a_member_that_is_twice_in_a_large_collection_is_refused)
{
    static const struct {
        enum rdb_type type;
        struct bytes behind;
    } types[] = {{RDB_SET, {"", 0}}, {RDB_ZSET, {"\0\0\0\0\0\0\xf0\x3f", 8}}, {RDB_HASH, {"\1v", 2}}};
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        for (unsigned twin = 0; twin < 2; twin++) {
            struct text content = TEXT_EMPTY;
            struct entry *entry = NULL;
            text_add_char(&content, (char)types[t].type);
            rdb_add_length(&content, 3000);
            for (unsigned i = 0; i < 3000; i++) {
                char text[16];
                int len = sprintf(text, "m%u", twin && i == 2999 ? 17 : i);
                rdb_add_string(&content, (struct bytes){text, (size_t)len}, false);
                text_add_bytes(&content, types[t].behind.data, types[t].behind.len);
            }
            ck_assert_int_eq(load(content.data, content.len, &entry), twin ? RDB_BAD : RDB_READ);
            if (entry)
                entry_free(entry);
            text_deinit(&content);
        }
    }
}
END_TEST

/* ---- sources ---- */

struct dripping {
    struct rdb_source source; /* first */
    char *buffer;
    const char *rest;
    size_t left, most; /* the largest number of bytes that were asked for and came */
};

/* A reader that gives no byte more than is asked for, from a buffer that is another one each time. */
static bool drip(struct rdb_source *source, size_t len)
{
    struct dripping *dripping = (struct dripping *)(void *)source;
    size_t have = (size_t)(source->end - source->at), more = len - have;
    if (more > dripping->left)
        return false;
    char *buffer = mem_alloc(len);
    if (have > 0)
        memcpy(buffer, source->at, have);
    memcpy(buffer + have, dripping->rest, more);
    mem_free(dripping->buffer);
    dripping->buffer = buffer;
    dripping->rest += more;
    dripping->left -= more;
    source->at = buffer;
    source->end = buffer + len;
    return true;
}

START_TEST(a_source_that_comes_in_pieces_gives_the_same_value)
{
    struct dice dice = dice_create(3);
    struct text content = TEXT_EMPTY;
    for (size_t t = 0; t < sizeof made_types / sizeof made_types[0]; t++) {
        struct entry *entry = NULL, *dripped = NULL;
        make_content(&content, made_types[t], 1500, &dice);
        must(load(content.data, content.len, &entry) == RDB_READ);
        struct dripping dripping = {{.refill = drip, .usage_limit = INT64_MAX}, NULL, content.data, content.len, 0};
        ck_assert_int_eq(load_from(&dripping.source, &dripped), RDB_READ);
        must(is_same(entry, dripped) && dripping.left == 0);
        mem_free(dripping.buffer);
        entry_free(entry);
        entry_free(dripped);
    }
    text_deinit(&content);
}
END_TEST

START_TEST(what_would_take_more_than_is_allowed_is_refused)
{
    /* 4 MiB of compressed zeros, and a list of many empty strings */
    struct text plain = TEXT_EMPTY, content = TEXT_EMPTY;
    struct entry *entry = NULL;
    for (unsigned i = 0; i < 4 << 20; i++)
        text_add_char(&plain, 'z');
    text_add_char(&content, RDB_STRING);
    rdb_add_string(&content, (struct bytes){plain.data, plain.len}, true);
    must(content.len < 100000);
    for (int way = 0; way < 2; way++) {
        int64_t before = usage_own();
        struct rdb_source source = rdb_source_of((struct bytes){content.data, content.len});
        rdb_source_allow(&source, 1 << 20);
        ck_assert_int_eq(load_from(&source, &entry), RDB_NO_ROOM);
        must(usage_own() == before);
        source = rdb_source_of((struct bytes){content.data, content.len});
        rdb_source_allow(&source, 64 << 20);
        ck_assert_int_eq(load_from(&source, &entry), RDB_READ);
        entry_free(entry);
        text_clear(&content);
        text_add_char(&content, RDB_LIST);
        rdb_add_length(&content, 2 << 20);
        for (unsigned i = 0; i < 2 << 20; i++)
            text_add_char(&content, 0);
    }
    text_deinit(&plain);
    text_deinit(&content);
}
END_TEST

START_TEST(without_memory_nothing_is_left)
{
    struct dice dice = dice_create(4);
    struct text content = TEXT_EMPTY;
    for (size_t t = 0; t <= sizeof made_types / sizeof made_types[0]; t++) {
        text_clear(&content);
        if (t < sizeof made_types / sizeof made_types[0]) {
            make_content(&content, made_types[t], 1200, &dice);
        } else {
            struct entry *stream = make_stream(300, &dice);
            save(stream, true, &content);
            entry_free(stream);
        }
        for (unsigned countdown = 1, step = 1;; countdown += step, step += countdown / 50) {
            int64_t before = usage_own();
            struct entry *entry = NULL;
            struct rdb_source source = rdb_source_of((struct bytes){content.data, content.len});
            mem_fail_after(countdown);
            enum rdb_outcome outcome = load_from(&source, &entry);
            mem_fail_after(0);
            if (outcome == RDB_READ) {
                check(entry);
                entry_free(entry);
                break;
            }
            ck_assert_int_eq(outcome, RDB_NO_MEMORY);
            must(usage_own() == before);
        }
    }
    text_deinit(&content);
}
END_TEST

/* ---- payloads ---- */

START_TEST(payloads_are_opened_by_version_and_checksum)
{
    static const struct {
        unsigned version;
        bool is_read;
    } versions[] = {{0, true},   {6, true},  {10, true},  {12, true},    {13, false},
                    {79, false}, {80, true}, {81, false}, {65535, false}};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        struct text payload = TEXT_EMPTY;
        unsigned version = 77;
        text_add_bytes(&payload, "\0\1a", 3);
        dump_payload_seal(&payload, versions[i].version);
        for (size_t at = 0; at <= payload.len; at++) { /* at the end nothing is changed */
            struct bytes opened = {payload.data, payload.len};
            if (at < payload.len)
                payload.data[at] ^= 4;
            bool is_open = dump_payload_open(&opened, &version);
            if (at < payload.len)
                payload.data[at] ^= 4;
            ck_assert_int_eq(is_open, at == payload.len && versions[i].is_read);
            must(!is_open || (version == versions[i].version && opened.len == 3));
        }
        text_deinit(&payload);
    }
    ck_assert_uint_eq(crc64_add(0, "123456789", 9), UINT64_C(0xe9c6d914c4b8d9ca));
}
END_TEST

static void join_usage(void)
{
    usage_join();
}

Suite *suite_rdb(void);
Suite *suite_rdb(void)
{
    Suite *suite = suite_create("rdb");
    TCase *tcase = tcase_create("rdb");
    tcase_add_checked_fixture(tcase, join_usage, NULL);
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 240 : 60);
    tcase_add_test(tcase, each_form_gives_the_value_that_it_stands_for);
    tcase_add_test(tcase, mutilated_forms_are_refused_or_other_values);
    tcase_add_test(tcase, forms_that_no_server_writes_are_refused);
    tcase_add_test(tcase, what_is_saved_loads_as_the_same_value);
    tcase_add_test(tcase, mutilated_values_are_refused_or_other_values);
    tcase_add_test(tcase, a_member_that_is_twice_in_a_large_collection_is_refused);
    tcase_add_test(tcase, a_source_that_comes_in_pieces_gives_the_same_value);
    tcase_add_test(tcase, what_would_take_more_than_is_allowed_is_refused);
    tcase_add_test(tcase, without_memory_nothing_is_left);
    tcase_add_test(tcase, payloads_are_opened_by_version_and_checksum);
    suite_add_tcase(suite, tcase);
    return suite;
}
