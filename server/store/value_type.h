/*
 * Value types: the operations of a type of values that the store uses without knowing the type.
 *
 * Each type (types/) registers its operations, under the number that its entries have, before threads start. The store
 * and the commands for keys of any type (COPY, OBJECT, MEMORY, DEBUG DIGEST) use them. The first four are called only
 * for entries with ENTRY_OWNS: a value that lies entirely in its entry, as most strings do, needs none of them.
 *
 * Operations run under the lock of the entry's shard, or on an entry that is in no table; they take no locks and know
 * no keyspace.
 */
#ifndef KVS_STORE_VALUE_TYPE_H
#define KVS_STORE_VALUE_TYPE_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VALUE_TYPES 16 /* the numbers that fit in four bits of an entry */

struct digest;
struct entry;

/* What is called for each part of a value that expires, with its name. */
typedef void part_visit(void *context, struct bytes part);

struct parts_expired {
    struct entry *entry; /* where it is now */
    unsigned count;      /* of parts that have been removed */
    bool emptied;        /* none is left */
};

struct value_type {
    const char *name;  /* as TYPE and SCAN have it */
    const void *shape; /* what operations need to know that several types share; the store never looks */

    /* Frees what the value owns outside its entry, all at once. */
    void (*release)(struct entry *entry);

    /* Whether release() would take so long (more than about 20 microseconds) that another thread should do it. */
    bool (*is_slow_to_release)(const struct entry *entry);

    /*
     * copy has the bytes of another entry: gives it its own copy of, or reference to, what they refer to. 0 or -ENOMEM.
     */
    int (*copy)(struct entry *copy);

    /* Bytes that the value occupies outside its entry; for a collection, estimated from samples members (0: all). */
    size_t (*memory)(const struct entry *entry, size_t samples);

    /* ---- for every entry of the type ---- */

    /* Adds the value to a digest that doesn't depend on how it is laid out. */
    void (*digest)(const struct entry *entry, struct digest *digest);

    /* The encoding's name in OBJECT ENCODING. */
    const char *(*encoding)(const struct entry *entry);

    /* Bytes that the value would take in an RDB file, uncompressed, for DEBUG OBJECT. */
    size_t (*serialized_len)(const struct entry *entry);

    /* ---- for entries with ENTRY_AGES: values with parts that expire by themselves ---- */

    /* Wall time in milliseconds before which no part expires; INT64_MAX if none does. */
    int64_t (*next_expiry)(const struct entry *entry);

    /* Removes parts that are due, up to limit of them; each is visited before. Without memory it ends early. */
    struct parts_expired (*expire_parts)(struct entry *entry, int64_t now_ms, unsigned limit, part_visit *visit,
                                         void *context);
};

/* Before threads start; number < VALUE_TYPES. type lives forever. */
void value_type_register(unsigned number, const struct value_type *type);

/* By number; NULL where there is no such type. Read-only: see entry_value_type(). */
extern const struct value_type *value_types[VALUE_TYPES];

/* The number of the type with that name, in any case of letters, or -1. */
int value_type_find(const char *name, size_t len);

#endif
