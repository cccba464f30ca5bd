/*
 * String values: what strings do, on entries alone.
 *
 * An entry of type TYPE_STRING holds its value in one of three ways, and this module chooses which: an
 * integer if the text is the canonical form of an int64_t, bytes in place, or a blob from BLOB_MIN bytes
 * on. Nothing here knows replies, databases or limits on sizes (the commands check those).
 *
 * Entries are changed under their shard's lock, or by their maker before they are in a table. A function that
 * returns an entry may have moved it and freed the old one; NULL means that memory could not be had
 * and that the entry is as it was. The caller tells the keyspace (keyspace_changed).
 */
#ifndef KVS_TYPES_STRING_H
#define KVS_TYPES_STRING_H

#include "base/bytes.h"
#include "base/number.h"
#include "store/entry.h"
#include "store/key_event.h"
#include "store/value_type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blob;

extern const struct value_type string_type;

/* A string was put under the key whole: SET and whatever does the same. */
extern const struct key_event string_event_set;

enum string_encoding { STRING_INT, STRING_BYTES, STRING_BLOB };

/* The entry's mark: the value was changed in place, and OBJECT ENCODING says "raw" whatever its length. */
#define STRING_RAW ENTRY_MARK

/* A value as bytes. Borrowed from the entry, or from the view itself when the value is an integer. */
struct string_view {
    const char *data;
    size_t len;
    struct blob *blob; /* NULL, or the blob that holds data; not retained */
    char digits[NUMBER_I64_MAX_LEN];
};

/* ---- making and replacing ---- */

/*
 * A new entry with the value of an argument. A large argument's blob is shared, not copied. expire_ms is as
 * in entry_create(). NULL when memory can't be had.
 */
struct entry *string_create(struct bytes key, const struct arg *value, int64_t expire_ms);

/* The same in a given encoding. Text stays text, even if it looks like an integer; it has fewer than BLOB_MIN bytes. */
struct entry *string_create_int(struct bytes key, int64_t number, int64_t expire_ms);
struct entry *string_create_bytes(struct bytes key, const char *data, size_t len, int64_t expire_ms);
struct entry *string_create_blob(struct bytes key, struct blob *blob, int64_t expire_ms); /* takes the reference */

/* Replaces the value by that of an argument; the TTL stays. */
struct entry *string_set(struct entry *entry, const struct arg *value);
struct entry *string_set_int(struct entry *entry, int64_t number);
struct entry *string_set_bytes(struct entry *entry, const char *data, size_t len); /* data isn't the entry's own */
struct entry *string_set_blob(struct entry *entry, struct blob *blob);             /* takes the reference on success */

/* ---- reading ---- */

static inline int64_t string_int(const struct entry *entry) /* STRING_INT */
{
    int64_t number;
    memcpy(&number, entry_value(entry), sizeof number);
    return number;
}

static inline struct blob *string_blob(const struct entry *entry) /* STRING_BLOB */
{
    struct blob *blob;
    memcpy(&blob, entry_value(entry), sizeof blob);
    return blob;
}

size_t string_len(const struct entry *entry);
void string_view(const struct entry *entry, struct string_view *view_out);

/* false if the value isn't a number of that kind. */
bool string_to_i64(const struct entry *entry, int64_t *value_out);
bool string_to_long_double(const struct entry *entry, long double *value_out);

/* ---- changing in place ---- */

/*
 * Writes len bytes at offset, with zeros between the old end and offset. offset + len must not
 * overflow. Writing again and again at the end (APPEND) costs amortised constant time a byte.
 */
struct entry *string_write(struct entry *entry, size_t offset, const char *data, size_t len);

#endif
