/*
 * String values: what strings do, on entries alone.
 *
 * An entry of type ENTRY_STRING holds its value in one of three ways, and this module chooses which: an
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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
 * in entry_create_*(). NULL when memory can't be had.
 */
struct entry *string_create(struct bytes key, const struct arg *value, int64_t expire_ms);

/* Replaces the value by that of an argument; the TTL stays. */
struct entry *string_set(struct entry *entry, const struct arg *value);
struct entry *string_set_int(struct entry *entry, int64_t value);

/* The same with text that stays text even if it looks like an integer (INCRBYFLOAT). len < BLOB_MIN. */
struct entry *string_set_text(struct entry *entry, const char *data, size_t len);

/* ---- reading ---- */
size_t string_len(const struct entry *entry);
void string_view(const struct entry *entry, struct string_view *view_out);

/* false if the value isn't a number of that kind. */
bool string_to_i64(const struct entry *entry, int64_t *value_out);
bool string_to_long_double(const struct entry *entry, long double *value_out);

/* OBJECT ENCODING's word: "int", "embstr" or "raw", by Redis's rules. */
const char *string_encoding(const struct entry *entry);

/* ---- changing in place ---- */

/*
 * Writes len bytes at offset, with zeros between the old end and offset. offset + len must not
 * overflow. Writing again and again at the end (APPEND) costs amortised constant time a byte.
 */
struct entry *string_write(struct entry *entry, size_t offset, const char *data, size_t len);

#endif
