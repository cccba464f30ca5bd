/*
 * The three encodings and how a value moves between them.
 *
 *     text of an int64_t      -> STRING_INT
 *     fewer than BLOB_MIN     -> STRING_BYTES
 *     BLOB_MIN bytes or more  -> STRING_BLOB
 *
 * A value that was changed in place (APPEND, SETRANGE) stays text, even if it has become the text of an
 * integer, and has the mark STRING_RAW, so that OBJECT ENCODING replies what Redis does. Replacing the whole
 * value clears the mark.
 *
 * A blob may be shared with replies that are still to be sent and with copies of the entry: it is written to
 * only while the entry's reference is the only one, and otherwise copied first. New references are taken only
 * under the shard's lock, so an exclusive blob remains exclusive until the lock is released.
 */
#include "types/string.h"

#include "base/blob.h"
#include "base/digest.h"
#include "types/type_number.h"

#include <string.h>
#include <xxhash.h>

#define SLOW_BYTES ((size_t)256 << 10) /* of a blob, from which on freeing it takes long */
#define EMBSTR_MAX 44                  /* bytes up to which Redis keeps a string in one piece with its object */

const struct key_event string_event_set = {"set", EVENT_STRING, 1};

/* Looks at the first and last byte first, which rules out nearly all text that isn't an integer. */
static inline bool parse_canonical_int(const char *data, size_t len, int64_t *value_out)
{
    if (len - 1 >= NUMBER_I64_MAX_LEN)
        return false;
    char first = data[0], last = data[len - 1];
    if (last < '0' || last > '9' || ((first < '0' || first > '9') && first != '-'))
        return false;
    return number_parse_i64(data, len, value_out);
}

/* A blob with the bytes of a large argument: the argument's own, retained, if it has one. NULL without memory. */
static struct blob *argument_blob(const struct arg *value)
{
    if (value->blob)
        return blob_retain(value->blob);
    struct blob *blob = blob_create(value->len);
    if (blob) {
        memcpy(blob->data, value->data, value->len);
        blob->len = value->len;
    }
    return blob;
}

/* ---- making and replacing ---- */

static struct value value_of_int(const int64_t *number)
{
    return (struct value){.data = number, .len = sizeof *number, .type = TYPE_STRING, .encoding = STRING_INT};
}

static struct value value_of_bytes(const char *data, size_t len)
{
    return (struct value){.data = data, .len = len, .type = TYPE_STRING, .encoding = STRING_BYTES};
}

static struct value value_of_blob(struct blob *const *blob)
{
    return (struct value){
        .data = blob, .len = sizeof *blob, .type = TYPE_STRING, .encoding = STRING_BLOB, .flags = ENTRY_OWNS};
}

struct entry *string_create_int(struct bytes key, int64_t number, int64_t expire_ms)
{
    struct value value = value_of_int(&number);
    return entry_create(key, &value, expire_ms);
}

struct entry *string_create_bytes(struct bytes key, const char *data, size_t len, int64_t expire_ms)
{
    struct value value = value_of_bytes(data, len);
    return entry_create(key, &value, expire_ms);
}

struct entry *string_create_blob(struct bytes key, struct blob *blob, int64_t expire_ms)
{
    struct value value = value_of_blob(&blob);
    return entry_create(key, &value, expire_ms);
}

static struct entry *create_large(struct bytes key, const struct arg *value, int64_t expire_ms)
{
    struct blob *blob = argument_blob(value);
    struct entry *entry = blob ? string_create_blob(key, blob, expire_ms) : NULL;
    if (!entry)
        blob_release(blob);
    return entry;
}

struct entry *string_create(struct bytes key, const struct arg *value, int64_t expire_ms)
{
    int64_t number;
    if (value->len >= BLOB_MIN)
        return create_large(key, value, expire_ms);
    if (parse_canonical_int(value->data, value->len, &number))
        return string_create_int(key, number, expire_ms);
    return string_create_bytes(key, value->data, value->len, expire_ms);
}

/* Changes the value, and releases the old one's blob. */
static inline struct entry *replace(struct entry *entry, enum string_encoding encoding, unsigned flags,
                                    const void *data, size_t len)
{
    struct blob *old = entry->encoding == STRING_BLOB ? string_blob(entry) : NULL;
    struct entry *changed = entry_set_value(entry, encoding, flags, data, len);
    if (__builtin_expect(old != NULL, 0) && changed)
        blob_release(old);
    return changed;
}

struct entry *string_set_int(struct entry *entry, int64_t number)
{
    return replace(entry, STRING_INT, 0, &number, sizeof number);
}

struct entry *string_set_bytes(struct entry *entry, const char *data, size_t len)
{
    return replace(entry, STRING_BYTES, 0, data, len);
}

struct entry *string_set_blob(struct entry *entry, struct blob *blob)
{
    return replace(entry, STRING_BLOB, ENTRY_OWNS, &blob, sizeof blob);
}

/* Hands the caller's reference to the entry, or drops it on failure. */
static struct entry *give_blob(struct entry *entry, struct blob *blob)
{
    struct entry *changed = blob ? string_set_blob(entry, blob) : NULL;
    if (!changed)
        blob_release(blob);
    return changed;
}

struct entry *string_set(struct entry *entry, const struct arg *value)
{
    int64_t number;
    if (__builtin_expect(value->len >= BLOB_MIN, 0))
        return give_blob(entry, argument_blob(value));
    if (parse_canonical_int(value->data, value->len, &number))
        return string_set_int(entry, number);
    return string_set_bytes(entry, value->data, value->len);
}

/* ---- reading ---- */

size_t string_len(const struct entry *entry)
{
    switch ((enum string_encoding)entry->encoding) {
    case STRING_INT: {
        char digits[NUMBER_I64_MAX_LEN];
        return number_format_i64(digits, string_int(entry));
    }
    case STRING_BLOB:
        return string_blob(entry)->len;
    case STRING_BYTES:
        break;
    }
    return entry_value_len(entry);
}

void string_view(const struct entry *entry, struct string_view *view_out)
{
    view_out->blob = NULL;
    switch ((enum string_encoding)entry->encoding) {
    case STRING_INT:
        view_out->data = view_out->digits;
        view_out->len = number_format_i64(view_out->digits, string_int(entry));
        return;
    case STRING_BLOB:
        view_out->blob = string_blob(entry);
        view_out->data = view_out->blob->data;
        view_out->len = view_out->blob->len;
        return;
    case STRING_BYTES:
        break;
    }
    view_out->data = entry_value(entry);
    view_out->len = entry_value_len(entry);
}

uint64_t string_fingerprint(const struct entry *entry)
{
    struct string_view view;
    string_view(entry, &view);
    return XXH3_64bits(view.data, view.len);
}

bool string_equals(const struct entry *entry, const char *data, size_t len)
{
    struct string_view view;
    string_view(entry, &view);
    return bytes_equal(view.data, view.len, data, len);
}

bool string_to_i64(const struct entry *entry, int64_t *value_out)
{
    if (entry->encoding == STRING_INT) {
        *value_out = string_int(entry);
        return true;
    }
    struct string_view view;
    string_view(entry, &view);
    return number_parse_i64(view.data, view.len, value_out);
}

bool string_to_long_double(const struct entry *entry, long double *value_out)
{
    if (entry->encoding == STRING_INT) {
        *value_out = (long double)string_int(entry);
        return true;
    }
    struct string_view view;
    string_view(entry, &view);
    return number_parse_long_double(view.data, view.len, value_out);
}

static const char *encoding_word(const struct entry *entry)
{
    if (entry->encoding == STRING_INT)
        return "int";
    if ((entry->flags & STRING_RAW) || entry->encoding == STRING_BLOB || entry_value_len(entry) > EMBSTR_MAX)
        return "raw";
    return "embstr";
}

/* ---- writing into values ---- */

/*
 * Writes data into a blob that has room for it, with zeros between the old end and offset. From zeros_from on the
 * blob's free bytes are zero already.
 */
static void fill_blob(struct blob *blob, size_t offset, const char *data, size_t len, size_t zeros_from)
{
    size_t gap_end = offset < zeros_from ? offset : zeros_from;
    if (gap_end > blob->len)
        memset(blob->data + blob->len, 0, gap_end - blob->len);
    memcpy(blob->data + offset, data, len);
    if (offset + len > blob->len)
        blob->len = offset + len;
}

/*
 * Makes room for needed bytes, of which those from offset on are to be written. A value that grows at its end may grow
 * again, so it gets a quarter more than it needs, if there is memory for that. One that grows by a gap gets zeroed
 * memory: a large gap then costs no time, and pages that nobody writes to no memory.
 */
static struct blob *grow_blob(struct blob *blob, size_t needed, size_t offset)
{
    if (offset > blob->len)
        return blob_reserve_zeroed(blob, needed);
    struct blob *grown = offset == blob->len ? blob_reserve(blob, needed + needed / 4) : NULL;
    return grown ? grown : blob_reserve(blob, needed);
}

/* The same for a blob that is yet to be made, to hold old_len bytes first. */
static struct blob *make_blob(size_t old_len, size_t needed, size_t offset)
{
    if (offset > old_len)
        return blob_create_zeroed(needed);
    struct blob *blob = offset == old_len ? blob_create(needed + needed / 4) : NULL;
    return blob ? blob : blob_create(needed);
}

size_t string_write_adds(const struct entry *entry, size_t offset, size_t len)
{
    size_t old_len = entry ? string_len(entry) : 0, end = offset + len;
    const struct blob *blob = entry && entry->encoding == STRING_BLOB ? string_blob(entry) : NULL;
    if (end < BLOB_MIN && !blob)
        return 0; /* little, and announced by nothing but its smallness */
    bool in_place = blob && blob_is_exclusive(blob);
    if (in_place && end <= blob->capacity)
        return 0;
    size_t whole = end > old_len ? end : old_len;
    whole += offset == old_len && entry ? whole / 4 : 0;
    return in_place ? whole - blob->capacity : whole;
}

/* The entry's blob, to which nothing else refers, is written to in place, or reallocated first. */
static struct entry *write_own_blob(struct entry *entry, size_t offset, const char *data, size_t len)
{
    struct blob *blob = string_blob(entry);
    size_t needed = offset + len, zeros_from = SIZE_MAX;
    if (needed > blob->capacity) {
        if (offset > blob->len)
            zeros_from = blob->capacity;
        blob = grow_blob(blob, needed, offset);
        if (!blob)
            return NULL;
        /* Not string_set_blob(): that would release the old address, which blob_reserve() has freed. */
        memcpy(entry_value(entry), &blob, sizeof blob);
    }
    fill_blob(blob, offset, data, len, zeros_from);
    return entry;
}

/* Makes a blob of the old bytes and the new. */
static struct entry *write_new_blob(struct entry *entry, size_t offset, const char *data, size_t len)
{
    struct string_view old;
    string_view(entry, &old);
    size_t needed = offset + len > old.len ? offset + len : old.len;
    struct blob *blob = make_blob(old.len, needed, offset);
    if (!blob)
        return NULL;
    fill_blob(blob, 0, old.data, old.len, 0);
    fill_blob(blob, offset, data, len, 0);
    return give_blob(entry, blob);
}

/* The value is an integer and becomes text. The result has fewer than BLOB_MIN bytes. */
static struct entry *write_into_digits(struct entry *entry, size_t offset, const char *data, size_t len)
{
    char text[BLOB_MIN];
    size_t text_len = number_format_i64(text, string_int(entry));
    if (offset > text_len)
        memset(text + text_len, 0, offset - text_len);
    memcpy(text + offset, data, len);
    if (offset + len > text_len)
        text_len = offset + len;
    return string_set_bytes(entry, text, text_len);
}

static struct entry *write_into_bytes(struct entry *entry, size_t offset, const char *data, size_t len)
{
    struct entry *changed = entry;
    if (offset + len > entry_value_len(entry))
        changed = entry_resize(entry, offset + len);
    if (changed)
        memcpy(entry_value(changed) + offset, data, len);
    return changed;
}

struct entry *string_write(struct entry *entry, size_t offset, const char *data, size_t len)
{
    size_t old_len = string_len(entry);
    size_t new_len = offset + len > old_len ? offset + len : old_len;
    struct entry *changed;
    if (entry->encoding == STRING_BLOB && blob_is_exclusive(string_blob(entry)))
        changed = write_own_blob(entry, offset, data, len);
    else if (new_len >= BLOB_MIN || entry->encoding == STRING_BLOB)
        changed = write_new_blob(entry, offset, data, len);
    else if (entry->encoding == STRING_INT)
        changed = write_into_digits(entry, offset, data, len);
    else
        changed = write_into_bytes(entry, offset, data, len);
    if (changed)
        changed->flags |= STRING_RAW;
    return changed;
}

/* Writing a byte that is there already, or the last new zero, brings about all that is needed. */
struct entry *string_open(struct entry *entry, size_t len, char **data_out)
{
    struct string_view view;
    string_view(entry, &view);
    size_t at = len > view.len ? len - 1 : 0;
    char byte = at < view.len ? view.data[at] : 0;
    struct entry *opened = string_write(entry, at, &byte, 1);
    if (opened)
        *data_out = opened->encoding == STRING_BLOB ? string_blob(opened)->data : entry_value(opened);
    return opened;
}

struct entry *string_rewrite(struct entry *entry, const char *data, size_t len)
{
    struct arg value = {data, len, NULL};
    struct entry *changed =
        len >= BLOB_MIN ? give_blob(entry, argument_blob(&value)) : string_set_bytes(entry, data, len);
    if (changed)
        changed->flags |= STRING_RAW;
    return changed;
}

struct entry *string_create_written(struct bytes key, const char *data, size_t len, int64_t expire_ms)
{
    struct entry *entry = string_create_bytes(key, "", 0, expire_ms);
    struct entry *written = entry ? string_rewrite(entry, data, len) : NULL;
    if (!written && entry)
        entry_free(entry);
    return written;
}

/* ---- operations for the store ---- */

static void release(struct entry *entry)
{
    blob_release(string_blob(entry));
}

/* The kernel takes so much memory back page by page. Releasing a blob that is still in use elsewhere frees nothing. */
static bool is_slow_to_release(const struct entry *entry)
{
    const struct blob *blob = string_blob(entry);
    return blob->len >= SLOW_BYTES && blob_is_exclusive(blob);
}

/* A blob is shared. */
static int copy_value(struct entry *copy)
{
    blob_retain(string_blob(copy));
    return 0;
}

static size_t memory(const struct entry *entry, size_t samples)
{
    (void)samples;
    return blob_memory(string_blob(entry));
}

static void add_to_digest(const struct entry *entry, struct digest *digest)
{
    struct string_view view;
    string_view(entry, &view);
    digest_mix(digest, view.data, view.len);
}

/* The number of bytes that an RDB file uses for a length. */
static size_t rdb_length_len(size_t len)
{
    return len < 64 ? 1 : len < 16384 ? 2 : len <= UINT32_MAX ? 5 : 9;
}

static size_t serialized_len(const struct entry *entry)
{
    struct string_view view;
    int64_t number;
    string_view(entry, &view);
    if (view.len <= 11 && number_parse_i64(view.data, view.len, &number)) {
        if (number == (int8_t)number)
            return 2;
        if (number == (int16_t)number)
            return 3;
        if (number == (int32_t)number)
            return 5;
    }
    return rdb_length_len(view.len) + view.len;
}

const struct value_type string_type = {
    .name = "string",
    .release = release,
    .is_slow_to_release = is_slow_to_release,
    .copy = copy_value,
    .memory = memory,
    .digest = add_to_digest,
    .encoding = encoding_word,
    .serialized_len = serialized_len,
};
