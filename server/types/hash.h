/*
 * Hashes: collections of fields with values.
 *
 * OBJECT ENCODING tells Redis 7.2's names: "listpack" while the hash is small, "hashtable" from then on. Which of both
 * it is stands in the entry.
 */
#ifndef KVS_TYPES_HASH_H
#define KVS_TYPES_HASH_H

#include "base/bytes.h"
#include "types/collection.h"

extern const struct value_type hash_type;
extern const struct collection_kind hash_kind;

/* Up to where it is called a listpack: fields, and bytes of each field and value. */
struct hash_limits {
    uint64_t entries, value;
};

/* A field or a value that is to be stored; shares arg's blob if that has one (arg may be NULL). */
struct hash_part {
    const struct element *element;
    const struct arg *arg;
};

/* The place of a field; false if it isn't there. */
bool hash_find(const struct collection *hash, const struct element *field, struct collection_place *place_out);

/* The stored field and value of a record of the hash. */
const char *hash_field(const char *record);
const char *hash_value(const char *record);

/* Whether it is called a listpack. */
bool hash_is_listpack(const struct entry *entry);

/* Names a hash that is about to get so many fields at once. */
void hash_expect(struct collection *hash, uint64_t fields, const struct hash_limits *limits);

/* Sets a field. 1 if it is new, or 0, or -ENOMEM. */
int hash_put(struct collection *hash, struct hash_part field, struct hash_part value, const struct hash_limits *limits);

/* 1, or 0 if it isn't there, or -ENOMEM. */
int hash_remove(struct collection *hash, const struct element *field);

#endif
