/*
 * Files of RDB as they are read: what was written comes back, from a file, a pipe or the front of something else; and what
 * is cut, changed, unknown or too large for memory ends reading with a line, with nothing left of it.
 */
#include "base/digest.h"
#include "base/memory.h"
#include "base/usage.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "persist/crc64.h"
#include "persist/rdb_file.h"
#include "persist/rdb_read.h"
#include "persist/rdb_string.h"
#include "types/stream.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NOW 1700000000000
#define ITEMS_MAX 64

static const struct rdb_terms terms = {
    .now_ms = NOW,
    .set = {512, 128, 64},
    .zset = {128, 64},
    .hash_entries = 128,
    .hash_value = 64,
    .list_max_listpack_size = -2,
    .stream = {4096, 100},
};

static struct digest digest_of(const struct entry *entry)
{
    struct digest digest = {{0}};
    entry_value_type(entry)->digest(entry, &digest);
    return digest;
}

/* ---- what is written, and has to come back ---- */

struct item {
    uint64_t database;
    struct rdb_use use;
    struct entry *entry;
};

static struct {
    struct item items[ITEMS_MAX];
    unsigned count;
    unsigned version; /* that they need */
} model;

static void model_add(uint64_t database, const char *key, int64_t expire_ms, struct rdb_use use, struct bytes content)
{
    struct rdb_source source = rdb_source_of(content);
    struct rdb_terms known = terms;
    struct item *item = &model.items[model.count++];
    unsigned char type;
    known.version = RDB_VERSION_TIMED;
    *item = (struct item){database, use, NULL};
    must(rdb_take_byte(&source, &type));
    ck_assert_int_eq(rdb_load_value(&source, type, (struct bytes){key, strlen(key)}, expire_ms, &known, &item->entry),
                     RDB_READ);
}

static void add_member(struct text *out, unsigned number, size_t len)
{
    char text[400];
    memset(text, 'a' + (int)(number % 7), sizeof text);
    size_t digits = (size_t)snprintf(text, 20, "%u", number);
    rdb_add_string(out, (struct bytes){text, digits > len ? digits : len}, false);
}

/* A collection of so many members, each of that length. */
static void model_add_made(uint64_t database, enum rdb_type type, unsigned count, size_t len, int64_t expire_ms)
{
    char key[40];
    struct text content = TEXT_EMPTY;
    double score = 1.5;
    uint64_t bits;
    memcpy(&bits, &score, sizeof bits);
    snprintf(key, sizeof key, "key-%u", model.count);
    text_add_char(&content, (char)type);
    if (type == RDB_HASH_TIMED)
        rdb_add_fixed64(&content, NOW + 1000);
    rdb_add_length(&content, count);
    for (unsigned i = 0; i < count; i++) {
        if (type == RDB_HASH_TIMED)
            rdb_add_length(&content, i % 3);
        add_member(&content, i, len);
        if (type == RDB_HASH || type == RDB_HASH_TIMED)
            add_member(&content, i + 1, len);
        if (type == RDB_ZSET)
            rdb_add_fixed64(&content, bits);
    }
    model_add(database, key, expire_ms, RDB_USE_UNKNOWN, (struct bytes){content.data, content.len});
    text_deinit(&content);
}

static void model_add_stream(uint64_t database, unsigned count)
{
    struct item *item = &model.items[model.count++];
    struct arg pair[2] = {{.data = "field", .len = 5}, {.data = "value", .len = 5}};
    *item = (struct item){database, RDB_USE_UNKNOWN, stream_create((struct bytes){"stream", 6})};
    for (unsigned i = 0; i < count; i++)
        must(stream_append(stream_of(item->entry), (struct stream_id){5 + i / 3, i}, pair, 1, &terms.stream) == 0);
}

/* One of each type that is small. */
static void model_fill_small(bool with_times)
{
    model_add(0, "s", ENTRY_NO_EXPIRY, RDB_USE_UNKNOWN, (struct bytes){"\0\5hello", 7});
    model_add(0, "n", NOW + 5, (struct rdb_use){77, -1}, (struct bytes){"\0\xc1\x39\x30", 4});
    model_add(0, "l", NOW - 5, (struct rdb_use){-1, 200}, (struct bytes){"\1\3\1a\xc0\7\2xy", 9});
    model_add(3, "i", ENTRY_NO_EXPIRY, RDB_USE_UNKNOWN, (struct bytes){"\2\3\xc0\1\xc0\2\xc1\0\1", 9});
    model_add_made(3, RDB_SET, 3, 5, ENTRY_NO_EXPIRY);
    model_add_made(3, RDB_ZSET, 2, 5, 0);
    model_add_made(0, RDB_HASH, 2, 5, NOW + 1);
    model_add_stream(0, 2);
    if (with_times)
        model_add_made(15, RDB_HASH_TIMED, 3, 5, ENTRY_NO_EXPIRY);
}

/* And larger ones. */
static void model_fill(void)
{
    static const enum rdb_type types[] = {RDB_LIST, RDB_SET, RDB_ZSET, RDB_HASH, RDB_HASH_TIMED};
    static char large[700000];
    struct text content = TEXT_EMPTY;
    model_fill_small(true);
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        model_add_made(t, types[t], 200, 20, ENTRY_NO_EXPIRY);
        model_add_made(t, types[t], 3000, 300, NOW + 10);
    }
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (char)(i * 7919 >> 3);
    model_add_stream(9, 1000);
    text_add_char(&content, RDB_STRING);
    rdb_add_string(&content, (struct bytes){large, sizeof large}, false);
    model_add(1, "large", ENTRY_NO_EXPIRY, RDB_USE_UNKNOWN, (struct bytes){content.data, content.len});
    text_deinit(&content);
    model_add_made(2, RDB_SET, 20, 5, ENTRY_NO_EXPIRY);
}

static void model_clear(void)
{
    for (unsigned i = 0; i < model.count; i++)
        entry_free(model.items[i].entry);
    model.count = 0;
}

/* All records; sets the version that they need. */
static void add_records(struct text *out, bool compresses)
{
    struct rdb_saver saver = {.out = out, .compresses = compresses};
    struct rdb_origin origin = {"7.2.5", NOW / 1000, 123456, false};
    rdb_add_origin(out, &origin);
    rdb_add_library(out, (struct bytes){"#!lua name=lib", 14}, compresses);
    model.version = RDB_VERSION;
    for (unsigned i = 0; i < model.count; i++) {
        const struct item *item = &model.items[i];
        if (i == 0 || item->database != model.items[i - 1].database) {
            rdb_add_database(out, item->database);
            rdb_add_sizes(out, 100 + i, i);
        }
        rdb_add_entry(&saver, item->entry, item->use);
        if (rdb_save_version(&saver) > model.version)
            model.version = rdb_save_version(&saver);
    }
}

/* A whole file as bytes: records between its first bytes and its end. */
static void add_file(struct text *out, const char *head, const struct text *records, bool sums)
{
    text_add_bytes(out, head, 9);
    text_add_bytes(out, records->data, records->len);
    text_add_char(out, '\xff');
    rdb_add_fixed64(out, sums ? crc64_add(0, out->data, out->len) : 0);
}

static void add_model_file(struct text *out, bool sums)
{
    char head[16];
    struct text records = TEXT_EMPTY;
    add_records(&records, false);
    snprintf(head, sizeof head, "REDIS%04u", model.version);
    add_file(out, head, &records, sums);
    text_deinit(&records);
}

/* ---- what is read ---- */

struct seen {
    unsigned aux, libraries, databases, sizes, entries;
    bool compares;       /* with the model */
    const char *refused; /* what isn't taken */
};

static bool refuses(const struct seen *seen, const char *what, struct text *why)
{
    bool does = seen->refused && strcmp(seen->refused, what) == 0;
    if (does)
        text_addf(why, "no %s is wanted", what);
    return does;
}

static bool see_aux(void *context, struct bytes name, struct bytes value, struct text *why)
{
    static const char *const names[] = {"redis-ver", "redis-bits", "ctime", "used-mem", "aof-base"};
    static const char *const values[] = {"7.2.5", "64", "1700000000", "123456", "0"};
    struct seen *seen = context;
    unsigned i = seen->aux++;
    must(!seen->compares || (bytes_equal(name.data, name.len, names[i], strlen(names[i])) &&
                             bytes_equal(value.data, value.len, values[i], strlen(values[i]))));
    return !refuses(seen, "aux", why);
}

static bool see_library(void *context, struct bytes code, struct text *why)
{
    struct seen *seen = context;
    seen->libraries++;
    must(!seen->compares || bytes_equal(code.data, code.len, "#!lua name=lib", 14));
    return !refuses(seen, "library", why);
}

static bool see_database(void *context, uint64_t database, struct text *why)
{
    struct seen *seen = context;
    seen->databases++;
    must(!seen->compares || database == model.items[seen->entries].database);
    return !refuses(seen, "database", why);
}

static bool see_sizes(void *context, uint64_t database, uint64_t keys, uint64_t expiring, struct text *why)
{
    struct seen *seen = context;
    seen->sizes++;
    must(!seen->compares ||
         (database == model.items[seen->entries].database && keys == 100 + seen->entries && expiring == seen->entries));
    return !refuses(seen, "sizes", why);
}

static bool see_entry(void *context, const struct rdb_found *found, struct text *why)
{
    struct seen *seen = context;
    unsigned i = seen->entries++;
    if (seen->compares) {
        must(i < model.count);
        const struct item *item = &model.items[i];
        struct bytes key = entry_key(found->entry), expected = entry_key(item->entry);
        struct digest left = digest_of(found->entry), right = digest_of(item->entry);
        must(bytes_equal(key.data, key.len, expected.data, expected.len));
        must(found->database == item->database && found->entry->type == item->entry->type);
        must(entry_expiry(found->entry) == entry_expiry(item->entry));
        must(found->use.idle_s == item->use.idle_s && found->use.frequency == item->use.frequency);
        must(memcmp(&left, &right, sizeof left) == 0);
    }
    entry_free(found->entry);
    if (seen->refused && strcmp(seen->refused, "nothing") == 0)
        return false;
    return !refuses(seen, "entry", why);
}

static struct rdb_visitor visitor_of(struct seen *seen)
{
    return (struct rdb_visitor){seen, see_aux, see_library, see_database, see_sizes, see_entry};
}

/* The whole of what fd has, from where it stands; the rest is appended to rest unless that is NULL. */
static bool read_fd(int fd, bool sums, struct seen *seen, struct rdb_result *result, struct text *rest)
{
    struct rdb_reader reader;
    struct rdb_visitor visitor = visitor_of(seen);
    if (!rdb_reader_init(&reader, fd, sums)) {
        *result = (struct rdb_result){.ending = RDB_OUT_OF_MEMORY, .words = "offset 0: there is no memory"};
        return false;
    }
    bool is_complete = rdb_read(&reader, &terms, &visitor, result);
    must(is_complete == (result->ending == RDB_COMPLETE) && is_complete == (result->words[0] == '\0'));
    must(is_complete || strncmp(result->words, "offset ", 7) == 0);
    must(rdb_reader_received(&reader) >= rdb_reader_offset(&reader));
    struct bytes left = rdb_reader_rest(&reader);
    if (rest)
        text_add_bytes(rest, left.data, left.len);
    rdb_reader_deinit(&reader);
    return is_complete;
}

static int file_of(const char *data, size_t len)
{
    int fd = memfd_create("rdb", MFD_CLOEXEC);
    must(fd >= 0 && pwrite(fd, data, len, 0) == (ssize_t)len);
    return fd;
}

static bool read_bytes(const char *data, size_t len, bool sums, struct rdb_result *result)
{
    struct seen seen = {0};
    int fd = file_of(data, len);
    int64_t before = usage_own();
    bool is_complete = read_fd(fd, sums, &seen, result, NULL);
    must(usage_own() == before);
    close(fd);
    return is_complete;
}

/* Records between a head and an end with a right checksum. */
static bool read_records(const char *head, const char *data, size_t len, struct rdb_result *result)
{
    struct text records = TEXT_EMPTY, file = TEXT_EMPTY;
    text_add_bytes(&records, data, len);
    add_file(&file, head, &records, true);
    bool is_complete = read_bytes(file.data, file.len, true, result);
    text_deinit(&records);
    text_deinit(&file);
    return is_complete;
}

/* ---- there and back ---- */

static void expect_model(int fd, struct rdb_result *result)
{
    struct seen seen = {.compares = true};
    int64_t before = usage_own();
    bool is_complete = read_fd(fd, true, &seen, result, NULL);
    ck_assert_msg(is_complete, "%s", result->words);
    ck_assert_uint_eq(seen.entries, model.count);
    ck_assert_uint_eq(result->entries, model.count);
    ck_assert_uint_eq(result->version, model.version);
    ck_assert_uint_eq(seen.aux, 5);
    ck_assert_uint_eq(seen.libraries, 1);
    must(seen.databases == seen.sizes && result->was_summed);
    must(usage_own() == before);
}

START_TEST(what_was_written_comes_back)
{
    for (int way = 0; way < 4; way++) {
        bool compresses = way & 1, is_large = way & 2;
        char *folder_path = scratch_create();
        int folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct rdb_file_terms file_terms = {folder, "dump.rdb", 0600, true, 1 << 16, NULL};
        struct rdb_file file;
        struct rdb_result result;
        struct text records = TEXT_EMPTY;
        if (is_large)
            model_fill();
        else
            model_fill_small(false);
        add_records(&records, compresses);
        ck_assert_uint_eq(model.version, is_large ? RDB_VERSION_TIMED : RDB_VERSION);
        must(rdb_file_begin(&file, &file_terms));
        for (size_t at = 0; at < records.len; at += 50000)
            must(rdb_file_append(&file, records.data + at, records.len - at < 50000 ? records.len - at : 50000));
        must(rdb_file_end(&file, model.version));
        int fd = openat(folder, "dump.rdb", O_RDONLY | O_CLOEXEC);
        expect_model(fd, &result);
        ck_assert_uint_eq(result.offset, file.len);
        close(fd);
        close(folder);
        scratch_remove(folder_path);
        text_deinit(&records);
        model_clear();
    }
}
END_TEST

struct pouring {
    int fd;
    const struct text *file;
};

/* Into a pipe, in pieces of all sizes. */
static void *pour(void *argument)
{
    const struct pouring *pouring = argument;
    size_t at = 0;
    for (size_t len = 1; at < pouring->file->len; len = len % 5000 + 1) {
        size_t rest = pouring->file->len - at;
        ssize_t done = write(pouring->fd, pouring->file->data + at, rest < len ? rest : len);
        if (done <= 0)
            break;
        at += (size_t)done;
    }
    close(pouring->fd);
    return NULL;
}

START_TEST(a_pipe_gives_the_same)
{
    int ends[2];
    pthread_t thread;
    struct rdb_result result;
    struct text file = TEXT_EMPTY;
    model_fill();
    add_model_file(&file, true);
    must(pipe2(ends, O_CLOEXEC) == 0);
    struct pouring pouring = {ends[1], &file};
    must(pthread_create(&thread, NULL, pour, &pouring) == 0);
    expect_model(ends[0], &result);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(result.offset, file.len);
    close(ends[0]);
    text_deinit(&file);
    model_clear();
}
END_TEST

START_TEST(what_stands_behind_the_end_is_left_for_others)
{
    static const char commands[] = "*1\r\n$4\r\nPING\r\n";
    struct seen seen = {.compares = true};
    struct rdb_result result;
    struct text file = TEXT_EMPTY, rest = TEXT_EMPTY;
    char more[100];
    text_add(&file, "front");
    size_t front = file.len;
    model_fill_small(true);
    struct text whole = TEXT_EMPTY;
    add_model_file(&whole, true);
    text_add_bytes(&file, whole.data, whole.len);
    text_add(&file, commands);
    int fd = file_of(file.data, file.len);
    lseek(fd, (off_t)front, SEEK_SET);
    must(read_fd(fd, true, &seen, &result, &rest));
    ck_assert_uint_eq(result.offset, whole.len);
    ssize_t len = read(fd, more, sizeof more);
    text_add_bytes(&rest, more, len > 0 ? (size_t)len : 0);
    ck_assert_str_eq(rest.data, commands);
    close(fd);
    text_deinit(&file);
    text_deinit(&whole);
    text_deinit(&rest);
    model_clear();
}
END_TEST

/* ---- records that this server doesn't write ---- */

START_TEST(old_and_foreign_records_are_understood)
{
    struct rdb_result result;
    /* times in seconds, sizes of a slot, an empty set, a hash of which all has expired */
    static const char records[] = "\xfd\1\0\0\0\0\1a\1v"
                                  "\xf4\5\1\0"
                                  "\2\1e\0"
                                  "\x18\1h\1\0\0\0\0\0\0\0\1\1\1f\1v"
                                  "\xfc\xff\xff\xff\xff\xff\xff\xff\xff\0\1b\1v"
                                  "\xfc\xfe\xff\xff\xff\xff\xff\xff\xff\0\1c\1v";
    ck_assert_msg(read_records("REDIS0012", records, sizeof records - 1, &result), "%s", result.words);
    ck_assert_uint_eq(result.entries, 3);
    ck_assert_uint_eq(result.empty, 1);
    ck_assert_uint_eq(result.expired, 1);
    /* before version 5 there is no checksum */
    must(read_bytes("REDIS0004\xfe\0\0\1a\1v\xff", 17, true, &result) && !result.was_summed);
    must(read_bytes("REDIS0006\0\1a\1v\xff\0\0\0\0\0\0\0\0", 23, true, &result) && !result.was_summed);
    /* Valkey's hash with times: behind the values */
    must(read_records("VALKEY080", "\x16\1h\1\1f\1v\xff\xff\xff\xff\xff\xff\xff\xff", 16, &result) && result.is_valkey);
    ck_assert_uint_eq(result.version, 80);
}
END_TEST

START_TEST(what_is_unknown_or_wrong_is_told_in_words)
{
    static const struct {
        const char *head, *records;
        size_t len;
        enum rdb_ending ending;
        const char *words;
    } cases[] = {
        {"REDIS0013", "", 0, RDB_LATER_VERSION, "offset 0: it is of Redis's RDB version 13"},
        {"REDIS0080", "", 0, RDB_LATER_VERSION, "offset 0: it is of Redis's RDB version 80"},
        {"VALKEY081", "", 0, RDB_LATER_VERSION, "offset 0: it is of Valkey's RDB version 81"},
        {"REDIS00x1", "", 0, RDB_NO_RDB, "offset 0: it is no RDB file: a version"},
        {"REDIS0000", "", 0, RDB_NO_RDB, "offset 0: it is no RDB file: a version"},
        {"RUBBISH..", "", 0, RDB_NO_RDB, "offset 0: it is no RDB file: these begin"},
        {"REDIS0010", "\xf6\1x", 3, RDB_UNKNOWN, "offset 9: functions stand there in the form of Redis 7.0 before"},
        {"REDIS0010", "\xfe\0\xf7\1x", 5, RDB_UNKNOWN, "offset 11: a module's data stands there"},
        {"REDIS0010", "\7\1k", 3, RDB_UNKNOWN, "offset 9: a value of a module (type 7)"},
        {"REDIS0010", "\x1a\1k", 3, RDB_UNKNOWN, "offset 9: what stands there is of no kind that is known (26)"},
        {"REDIS0010", "\xf3\1k", 3, RDB_UNKNOWN, "offset 9: what stands there is of no kind that is known (243)"},
        {"REDIS0010", "\x08\1k", 3, RDB_UNKNOWN, "offset 9: what stands there is of no kind that is known (8)"},
        {"VALKEY080", "\x18\1k", 3, RDB_UNKNOWN, "offset 9: what stands there is of no kind that is known (24)"},
        {"REDIS0010", "\xfe\3\4\3a\"b\2\1f\1v\1f\1w", 16, RDB_DAMAGED,
         "offset 11: the hash (type 4) under the key \"a\\\"b\" in database 3 is malformed"},
        {"REDIS0010", "\xfe\xc0\1", 3, RDB_DAMAGED, "offset 9: the number of a database is malformed"},
        {"REDIS0010", "\xfb\xc0\1", 3, RDB_DAMAGED, "offset 9: the size of a database is malformed"},
        {"REDIS0010", "\xfa\xc4", 2, RDB_DAMAGED, "offset 9: what the file says of itself is malformed"},
        {"REDIS0010", "\0\xc4", 2, RDB_DAMAGED, "offset 9: a key is malformed"},
        {"REDIS0010", "\0\1k\x81\1\0\0\0\0\0\0\0", 12, RDB_ENDS_EARLY,
         "offset 9: the file ends in the string (type 0) under the key \"k\" in database 0, after 30 bytes"},
        {"REDIS0010", "\xfa\x80\xff\xff\xff\xff", 6, RDB_ENDS_EARLY, "offset 9: the file ends in what the file says"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rdb_result result;
        must(!read_records(cases[i].head, cases[i].records, cases[i].len, &result));
        ck_assert_msg(strncmp(result.words, cases[i].words, strlen(cases[i].words)) == 0, "%s", result.words);
        ck_assert_int_eq(result.ending, cases[i].ending);
    }
}
END_TEST

START_TEST(a_visitor_may_refuse)
{
    static const char *const refused[] = {"aux", "library", "database", "sizes", "entry", "nothing"};
    struct text file = TEXT_EMPTY;
    model_fill_small(true);
    add_model_file(&file, true);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct seen seen = {.refused = refused[i]};
        struct rdb_result result;
        bool is_memory = strcmp(refused[i], "nothing") == 0;
        char words[64];
        int fd = file_of(file.data, file.len);
        must(!read_fd(fd, true, &seen, &result, NULL));
        snprintf(words, sizeof words, "no %s is wanted", refused[i]);
        ck_assert_int_eq(result.ending, is_memory ? RDB_OUT_OF_MEMORY : RDB_REFUSED);
        ck_assert_msg(strstr(result.words, is_memory ? "no memory for the string (type 0)" : words), "%s",
                      result.words);
        close(fd);
    }
    text_deinit(&file);
    model_clear();
}
END_TEST

/* ---- damage ---- */

static void add_small_file(struct text *file, bool sums)
{
    model_fill_small(true);
    add_model_file(file, sums);
    model_clear();
}

START_TEST(a_file_that_is_cut_anywhere_ends_early)
{
    struct text file = TEXT_EMPTY;
    struct rdb_result result;
    add_small_file(&file, true);
    for (size_t len = 0; len < file.len; len++) {
        int ends[2];
        struct seen seen = {0};
        must(!read_bytes(file.data, len, true, &result));
        ck_assert_msg(result.ending == (len == 0 ? RDB_NO_RDB : RDB_ENDS_EARLY), "%zu: %s", len, result.words);
        must(result.offset <= len);
        must(pipe2(ends, O_CLOEXEC) == 0 && write(ends[1], file.data, len) == (ssize_t)len);
        close(ends[1]);
        must(!read_fd(ends[0], true, &seen, &result, NULL));
        ck_assert_msg(result.ending == (len == 0 ? RDB_NO_RDB : RDB_ENDS_EARLY), "%zu: %s", len, result.words);
        close(ends[0]);
    }
    must(read_bytes(file.data, file.len, true, &result));
    text_deinit(&file);
}
END_TEST

START_TEST(a_file_with_any_byte_changed_is_not_complete)
{
    static const unsigned char changes[] = {1, 2, 4, 8, 16, 32, 64, 128, 255};
    struct text file = TEXT_EMPTY;
    struct rdb_result result;
    add_small_file(&file, true);
    for (size_t at = 0; at < file.len; at++)
        for (size_t c = 0; c < sizeof changes; c++) {
            file.data[at] = (char)(file.data[at] ^ changes[c]);
            bool is_complete = read_bytes(file.data, file.len, true, &result);
            ck_assert_msg(!is_complete || result.version < 5, "%zu ^ %u", at, changes[c]);
            read_bytes(file.data, file.len, false, &result); /* without sums it may be another file, and no more */
            file.data[at] = (char)(file.data[at] ^ changes[c]);
        }
    must(read_bytes(file.data, file.len, true, &result));
    text_deinit(&file);
}
END_TEST

START_TEST(a_checksum_that_is_zero_is_not_compared)
{
    struct text file = TEXT_EMPTY;
    struct rdb_result result;
    add_small_file(&file, false);
    must(read_bytes(file.data, file.len, true, &result) && !result.was_summed);
    file.data[file.len - 1] = 1;
    must(!read_bytes(file.data, file.len, true, &result));
    ck_assert_ptr_nonnull(strstr(result.words, "the checksum is wrong: it is "));
    must(read_bytes(file.data, file.len, false, &result) && !result.was_summed);
    text_deinit(&file);
}
END_TEST

/* Bytes that this thread allocates while it reads them, which end early. */
static uint64_t allocated_for(int fd)
{
    struct seen seen = {0};
    struct rdb_result result;
    const uint64_t *allocated, *freed;
    mem_counters(&allocated, &freed);
    uint64_t before = *allocated;
    must(!read_fd(fd, true, &seen, &result, NULL));
    ck_assert_int_eq(result.ending, RDB_ENDS_EARLY);
    return *allocated - before;
}

/* Of a pipe nobody knows how much will come: it takes as much as comes. */
START_TEST(a_length_that_was_made_up_takes_no_memory)
{
    int ends[2];
    pthread_t thread;
    struct text file = TEXT_EMPTY;
    text_add_bytes(&file, "REDIS0010\0\1k\x81\0\0\0\x10\0\0\0\0", 21); /* 64 GiB */
    while (file.len < 1 << 20)
        text_add(&file, "some more of what has been there");
    int fd = file_of(file.data, file.len);
    ck_assert_uint_lt(allocated_for(fd), 512 << 10);
    close(fd);
    must(pipe2(ends, O_CLOEXEC) == 0);
    struct pouring pouring = {ends[1], &file};
    must(pthread_create(&thread, NULL, pour, &pouring) == 0);
    ck_assert_uint_lt(allocated_for(ends[0]), 5 << 20);
    pthread_join(thread, NULL);
    close(ends[0]);
    text_deinit(&file);
}
END_TEST

START_TEST(a_descriptor_that_fails_is_told)
{
    struct seen seen = {0};
    struct rdb_result result;
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(!read_fd(fd, true, &seen, &result, NULL));
    ck_assert_int_eq(result.ending, RDB_UNREADABLE);
    ck_assert_str_eq(result.words, "offset 0: can't read on in its first bytes: Is a directory");
    close(fd);
}
END_TEST

/* Whether the failure that was asked for is still to come. */
static bool failure_is_pending(unsigned countdown)
{
    for (; countdown > 0; countdown--) {
        void *memory = mem_try_alloc(1);
        if (!memory)
            return true;
        mem_free(memory);
    }
    return false;
}

START_TEST(without_memory_nothing_is_left)
{
    struct text file = TEXT_EMPTY;
    struct rdb_result result;
    model_fill();
    add_model_file(&file, true);
    int fd = file_of(file.data, file.len);
    for (unsigned countdown = 1, step = 1;; countdown += step, step += countdown / 50) {
        struct seen seen = {.compares = true};
        lseek(fd, 0, SEEK_SET);
        int64_t before = usage_own();
        mem_fail_after(countdown);
        bool is_complete = read_fd(fd, true, &seen, &result, NULL);
        must(usage_own() == before);
        must(is_complete || result.ending == RDB_OUT_OF_MEMORY);
        if (is_complete && failure_is_pending(countdown))
            break;
        mem_fail_after(0);
    }
    close(fd);
    text_deinit(&file);
    model_clear();
}
END_TEST

static void join_usage(void)
{
    usage_join();
}

Suite *suite_rdb_read(void);
Suite *suite_rdb_read(void)
{
    Suite *suite = suite_create("rdb_read");
    TCase *tcase = tcase_create("rdb_read");
    tcase_add_checked_fixture(tcase, join_usage, NULL);
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 240 : 60);
    tcase_add_test(tcase, what_was_written_comes_back);
    tcase_add_test(tcase, a_pipe_gives_the_same);
    tcase_add_test(tcase, what_stands_behind_the_end_is_left_for_others);
    tcase_add_test(tcase, old_and_foreign_records_are_understood);
    tcase_add_test(tcase, what_is_unknown_or_wrong_is_told_in_words);
    tcase_add_test(tcase, a_visitor_may_refuse);
    tcase_add_test(tcase, a_file_that_is_cut_anywhere_ends_early);
    tcase_add_test(tcase, a_file_with_any_byte_changed_is_not_complete);
    tcase_add_test(tcase, a_checksum_that_is_zero_is_not_compared);
    tcase_add_test(tcase, a_length_that_was_made_up_takes_no_memory);
    tcase_add_test(tcase, a_descriptor_that_fails_is_told);
    tcase_add_test(tcase, without_memory_nothing_is_left);
    suite_add_tcase(suite, tcase);
    return suite;
}
