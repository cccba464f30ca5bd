/*
 * String values: operations on entries that hold a string.
 *
 * An entry of type TYPE_STRING holds its value in one of three ways, which this module chooses: an
 * integer if the text is the canonical form of an int64_t, bytes in place, or, from BLOB_MIN bytes on, a
 * blob. This module knows no replies, no databases and no limits on sizes (the commands check those).
 *
 * Entries are changed under their shard's lock, or by their maker before they are in a table. A function that
 * returns an entry may have moved it and freed the old one; NULL means that there was no memory and that the
 * entry is unchanged. The caller encloses a change in keyspace_edit() and keyspace_edited().
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

/* The event of SET and of other commands that put a whole string under the key. */
extern const struct key_event string_event_set;

enum string_encoding { STRING_INT, STRING_BYTES, STRING_BLOB };

/* The entry's mark: the value was changed in place, so OBJECT ENCODING replies "raw" whatever its length. */
#define STRING_RAW ENTRY_MARK

/* A value as bytes. They are borrowed from the entry, or lie in the view itself if the value is an integer. */
struct string_view {
    const char *data;
    size_t len;
    struct blob *blob; /* NULL, or the blob that holds data; not retained */
    char digits[NUMBER_I64_MAX_LEN];
};

/* ---- making and replacing ---- */

/*
 * A new entry with the value of an argument. A large argument's blob is shared, not copied. expire_ms is as
 * in entry_create(). NULL without memory.
 */
struct entry *string_create(struct bytes key, const struct arg *value, int64_t expire_ms);

/* The same in a given encoding. Text stays text, even if it looks like an integer; it has fewer than BLOB_MIN bytes. */
struct entry *string_create_int(struct bytes key, int64_t number, int64_t expire_ms);
struct entry *string_create_bytes(struct bytes key, const char *data, size_t len, int64_t expire_ms);
struct entry *string_create_blob(struct bytes key, struct blob *blob, int64_t expire_ms); /* takes the reference */

/* Replaces the value with that of an argument, or with the given one; key and TTL stay. */
struct entry *string_set(struct entry *entry, const struct arg *value);
struct entry *string_set_int(struct entry *entry, int64_t number);
struct entry *string_set_bytes(struct entry *entry, const char *data, size_t len); /* data is outside the entry */
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

size_t string_len(const struct entry *entry); /* bytes of the value as text */
void string_view(const struct entry *entry, struct string_view *view_out);

/* XXH3 of the value's text, 64 bits, as DIGEST replies it. */
uint64_t string_fingerprint(const struct entry *entry);

/* Whether the value's text is just that. */
bool string_equals(const struct entry *entry, const char *data, size_t len);

/* False if the value isn't a number of that kind. */
bool string_to_i64(const struct entry *entry, int64_t *value_out);
bool string_to_long_double(const struct entry *entry, long double *value_out);

/* ---- changing in place ---- */

/*
 * Writes len bytes at offset, with zeros between the old end and offset. offset + len must not
 * overflow. Repeated writes at the end (APPEND) take amortised constant time per byte.
 */
struct entry *string_write(struct entry *entry, size_t offset, const char *data, size_t len);

/*
 * Makes at least len > 0 bytes of the value writable, with zeros behind the old end, and says where they are: until the
 * entry is changed otherwise or its shard unlocked. The value then is text, and costs as much as with string_write().
 */
struct entry *string_open(struct entry *entry, size_t len, char **data_out);

/*
 * Puts len bytes, however many, in the place of the whole value, as if they had been written. data is outside the
 * entry.
 */
struct entry *string_rewrite(struct entry *entry, const char *data, size_t len);

/* A new entry that was written in such a way. */
struct entry *string_create_written(struct bytes key, const char *data, size_t len, int64_t expire_ms);

/*
 * About how many bytes of memory string_write() would add, or string_open() for offset + len, if it makes a large value
 * or a larger one; entry may be NULL.
 */
size_t string_write_adds(const struct entry *entry, size_t offset, size_t len);

#endif
