/*
 * Hashes: collections of fields with values. A field may have a time to live of its own.
 *
 * Whoever looks for a field says what time it is: one whose time is over is not found any more, though it is there
 * until it is reaped (store/keyspace.h), or set anew.
 *
 * OBJECT ENCODING tells Redis's names: "listpack" while the hash is small, "listpackex" if a field of it has ever had a
 * time to live, "hashtable" when it is large. Which it is stands in the entry.
 */
#ifndef KVS_TYPES_HASH_H
#define KVS_TYPES_HASH_H

#include "base/bytes.h"
#include "types/collection.h"

extern const struct value_type hash_type;
extern const struct collection_kind hash_kind;

/* For changes: what time it is, and up to where it is called a listpack: fields, and bytes of each field and value. */
struct hash_terms {
    int64_t now_ms;
    uint64_t entries, value;
};

/* A field or a value that is to be stored; shares arg's blob if that has one (arg may be NULL). */
struct hash_part {
    const struct element *element;
    const struct arg *arg;
};

/* The place of a field; false if it isn't there. */
bool hash_find(const struct collection *hash, const struct element *field, int64_t now_ms,
               struct collection_place *place_out);

/* How many fields it has. */
uint64_t hash_count(const struct collection *hash, int64_t now_ms);

/* The stored field and value of a record of the hash, and when it expires, or ENTRY_NO_EXPIRY. */
const char *hash_field(const char *record);
const char *hash_value(const char *record);
int64_t hash_expiry(const char *record);

/* Whether its time isn't over. */
bool hash_is_live(const char *record, int64_t now_ms);

/* Whether it is called a listpack. */
bool hash_is_listpack(const struct entry *entry);

/* Names a hash that is about to get so many fields at once. */
void hash_expect(struct collection *hash, uint64_t fields, const struct hash_terms *terms);

/* Sets a field, which expires then or, with ENTRY_NO_EXPIRY, never. 1 if it is new, or 0, or -ENOMEM. */
int hash_put(struct collection *hash, struct hash_part field, struct hash_part value, int64_t expire_ms,
             const struct hash_terms *terms);

/* Gives the field at the place another time to live, or none. 0 or -ENOMEM. The place is used up. */
int hash_set_expiry(struct collection *hash, struct collection_place *place, int64_t expire_ms);

/* 1, or 0 if it isn't there, or -ENOMEM. */
int hash_remove(struct collection *hash, const struct element *field, int64_t now_ms);

#endif
