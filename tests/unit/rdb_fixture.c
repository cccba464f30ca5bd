#include "unit/rdb_fixture.h"

#include "base/digest.h"
#include "base/memory.h"
#include "base/usage.h"
#include "kit/suites.h"
#include "persist/crc64.h"
#include "persist/rdb_string.h"
#include "types/stream.h"

#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const struct rdb_terms rdb_usual_terms = {
    .now_ms = RDB_NOW,
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

#define FAR 4102444800000 /* in 2100 */

struct rdb_model rdb_model;
static const char library[] = "#!lua name=lib\nredis.register_function('f', function() return 1 end)";

static void model_add(uint64_t database, const char *key, int64_t expire_ms, struct rdb_use use, struct bytes content)
{
    struct rdb_source source = rdb_source_of(content);
    struct rdb_terms known = rdb_usual_terms;
    struct rdb_item *item = &rdb_model.items[rdb_model.count++];
    unsigned char type;
    known.version = RDB_VERSION_TIMED;
    *item = (struct rdb_item){database, use, NULL};
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
    snprintf(key, sizeof key, "key-%u", rdb_model.count);
    text_add_char(&content, (char)type);
    if (type == RDB_HASH_TIMED)
        rdb_add_fixed64(&content, RDB_NOW + 1000);
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
    struct rdb_item *item = &rdb_model.items[rdb_model.count++];
    struct arg pair[2] = {{.data = "field", .len = 5}, {.data = "value", .len = 5}};
    *item = (struct rdb_item){database, RDB_USE_UNKNOWN, stream_create((struct bytes){"stream", 6})};
    for (unsigned i = 0; i < count; i++)
        must(stream_append(stream_of(item->entry), (struct stream_id){5 + i / 3, i}, pair, 1,
                           &rdb_usual_terms.stream) == 0);
}

void rdb_model_fill_small(bool with_times)
{
    model_add(0, "s", ENTRY_NO_EXPIRY, RDB_USE_UNKNOWN, (struct bytes){"\0\5hello", 7});
    model_add(0, "n", RDB_NOW + 5, (struct rdb_use){77, -1}, (struct bytes){"\0\xc1\x39\x30", 4});
    model_add(0, "l", RDB_NOW - 5, (struct rdb_use){-1, 200}, (struct bytes){"\1\3\1a\xc0\7\2xy", 9});
    model_add(3, "i", ENTRY_NO_EXPIRY, RDB_USE_UNKNOWN, (struct bytes){"\2\3\xc0\1\xc0\2\xc1\0\1", 9});
    model_add_made(3, RDB_SET, 3, 5, ENTRY_NO_EXPIRY);
    model_add_made(3, RDB_ZSET, 2, 5, 0);
    model_add_made(0, RDB_HASH, 2, 5, RDB_NOW + 1);
    model_add_stream(0, 2);
    if (with_times)
        model_add_made(15, RDB_HASH_TIMED, 3, 5, ENTRY_NO_EXPIRY);
}

static void model_add_large(uint64_t database)
{
    static char large[700000];
    struct text content = TEXT_EMPTY;
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (char)(i * 7919 >> 3);
    text_add_char(&content, RDB_STRING);
    rdb_add_string(&content, (struct bytes){large, sizeof large}, false);
    model_add(database, "large", ENTRY_NO_EXPIRY, RDB_USE_UNKNOWN, (struct bytes){content.data, content.len});
    text_deinit(&content);
}

static const enum rdb_type made_types[] = {RDB_LIST, RDB_SET, RDB_ZSET, RDB_HASH, RDB_HASH_TIMED};

void rdb_model_fill(void)
{
    rdb_model_fill_small(true);
    for (size_t t = 0; t < sizeof made_types / sizeof made_types[0]; t++) {
        model_add_made(t, made_types[t], 200, 20, ENTRY_NO_EXPIRY);
        model_add_made(t, made_types[t], 3000, 300, RDB_NOW + 10);
    }
    model_add_stream(9, 1000);
    model_add_large(1);
    model_add_made(2, RDB_SET, 20, 5, ENTRY_NO_EXPIRY);
}

void rdb_model_fill_for_redis(void)
{
    static const unsigned counts[] = {3, 200, 3000};
    model_add(0, "s", ENTRY_NO_EXPIRY, RDB_USE_UNKNOWN, (struct bytes){"\0\5hello", 7});
    model_add(0, "n", FAR, (struct rdb_use){-1, 200}, (struct bytes){"\0\xc1\x39\x30", 4});
    model_add(3, "i", FAR + 1, RDB_USE_UNKNOWN, (struct bytes){"\2\3\xc0\1\xc0\2\xc1\0\1", 9});
    for (size_t t = 0; made_types[t] != RDB_HASH_TIMED; t++)
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++)
            model_add_made(t, made_types[t], counts[c], 20, c == 1 ? ENTRY_NO_EXPIRY : FAR + (int64_t)t);
    model_add_stream(9, 1000);
    model_add_large(15);
}

void rdb_model_clear(void)
{
    for (unsigned i = 0; i < rdb_model.count; i++)
        entry_free(rdb_model.items[i].entry);
    rdb_model.count = 0;
}

void rdb_model_add_records(struct text *out, bool compresses)
{
    struct rdb_saver saver = {.out = out, .compresses = compresses};
    struct rdb_origin origin = {"7.2.5", RDB_NOW / 1000, 123456, false};
    rdb_add_origin(out, &origin);
    rdb_add_library(out, (struct bytes){library, sizeof library - 1}, compresses);
    rdb_model.version = RDB_VERSION;
    for (unsigned i = 0; i < rdb_model.count; i++) {
        const struct rdb_item *item = &rdb_model.items[i];
        if (i == 0 || item->database != rdb_model.items[i - 1].database) {
            rdb_add_database(out, item->database);
            rdb_add_sizes(out, 100 + i, i);
        }
        rdb_add_entry(&saver, item->entry, item->use);
        if (rdb_save_version(&saver) > rdb_model.version)
            rdb_model.version = rdb_save_version(&saver);
    }
}

void rdb_file_add(struct text *out, const char *head, const struct text *records, bool sums)
{
    text_add_bytes(out, head, 9);
    text_add_bytes(out, records->data, records->len);
    text_add_char(out, '\xff');
    rdb_add_fixed64(out, sums ? crc64_add(0, out->data, out->len) : 0);
}

void rdb_model_add_file(struct text *out, bool sums)
{
    char head[16];
    struct text records = TEXT_EMPTY;
    rdb_model_add_records(&records, false);
    snprintf(head, sizeof head, "REDIS%04u", rdb_model.version);
    rdb_file_add(out, head, &records, sums);
    text_deinit(&records);
}

/* ---- what is read ---- */

static bool refuses(const struct rdb_seen *seen, const char *what, struct text *why)
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
    struct rdb_seen *seen = context;
    unsigned i = seen->aux++;
    must(!seen->compares || (bytes_equal(name.data, name.len, names[i], strlen(names[i])) &&
                             bytes_equal(value.data, value.len, values[i], strlen(values[i]))));
    return !refuses(seen, "aux", why);
}

static bool see_library(void *context, struct bytes code, struct text *why)
{
    struct rdb_seen *seen = context;
    seen->libraries++;
    must(!seen->compares || bytes_equal(code.data, code.len, library, sizeof library - 1));
    return !refuses(seen, "library", why);
}

static bool see_database(void *context, uint64_t database, struct text *why)
{
    struct rdb_seen *seen = context;
    seen->databases++;
    must(!seen->compares || database == rdb_model.items[seen->entries].database);
    return !refuses(seen, "database", why);
}

static bool see_sizes(void *context, uint64_t database, uint64_t keys, uint64_t expiring, struct text *why)
{
    struct rdb_seen *seen = context;
    seen->sizes++;
    must(!seen->compares || (database == rdb_model.items[seen->entries].database && keys == 100 + seen->entries &&
                             expiring == seen->entries));
    return !refuses(seen, "sizes", why);
}

static bool see_entry(void *context, const struct rdb_found *found, struct text *why)
{
    struct rdb_seen *seen = context;
    unsigned i = seen->entries++;
    if (seen->compares) {
        must(i < rdb_model.count);
        const struct rdb_item *item = &rdb_model.items[i];
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

static struct rdb_visitor visitor_of(struct rdb_seen *seen)
{
    return (struct rdb_visitor){seen, see_aux, see_library, see_database, see_sizes, see_entry};
}

bool rdb_read_fd(int fd, bool sums, struct rdb_seen *seen, struct rdb_result *result, struct text *rest)
{
    struct rdb_reader reader;
    struct rdb_visitor visitor = visitor_of(seen);
    if (!rdb_reader_init(&reader, fd, sums)) {
        *result = (struct rdb_result){.ending = RDB_OUT_OF_MEMORY, .words = "offset 0: there is no memory"};
        return false;
    }
    bool is_complete = rdb_read(&reader, &rdb_usual_terms, &visitor, result);
    must(is_complete == (result->ending == RDB_COMPLETE) && is_complete == (result->words[0] == '\0'));
    must(is_complete || strncmp(result->words, "offset ", 7) == 0);
    must(rdb_reader_received(&reader) >= rdb_reader_offset(&reader));
    struct bytes left = rdb_reader_rest(&reader);
    if (rest)
        text_add_bytes(rest, left.data, left.len);
    rdb_reader_deinit(&reader);
    return is_complete;
}

int rdb_file_of(const char *data, size_t len)
{
    int fd = memfd_create("rdb", MFD_CLOEXEC);
    must(fd >= 0 && pwrite(fd, data, len, 0) == (ssize_t)len);
    return fd;
}

bool rdb_read_bytes(const char *data, size_t len, bool sums, struct rdb_result *result)
{
    struct rdb_seen seen = {0};
    int fd = rdb_file_of(data, len);
    int64_t before = usage_own();
    bool is_complete = rdb_read_fd(fd, sums, &seen, result, NULL);
    must(usage_own() == before);
    close(fd);
    return is_complete;
}

bool rdb_read_records(const char *head, const char *data, size_t len, struct rdb_result *result)
{
    struct text records = TEXT_EMPTY, file = TEXT_EMPTY;
    text_add_bytes(&records, data, len);
    rdb_file_add(&file, head, &records, true);
    bool is_complete = rdb_read_bytes(file.data, file.len, true, result);
    text_deinit(&records);
    text_deinit(&file);
    return is_complete;
}

/* ---- pipes ---- */

/* Into a pipe, in pieces of all sizes. */
static void *pour(void *argument)
{
    const struct rdb_pouring *pouring = argument;
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

int rdb_pour_begin(struct rdb_pouring *pouring, const struct text *file)
{
    int ends[2];
    must(pipe2(ends, O_CLOEXEC) == 0);
    pouring->fd = ends[1];
    pouring->file = file;
    must(pthread_create(&pouring->thread, NULL, pour, pouring) == 0);
    return ends[0];
}

void rdb_pour_end(struct rdb_pouring *pouring, int fd)
{
    pthread_join(pouring->thread, NULL);
    close(fd);
}
