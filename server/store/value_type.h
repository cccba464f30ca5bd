/*
 * Value types: what the store asks of a value without knowing what it is.
 *
 * Each type (types/) registers its operations under the number that its entries bear, before there are threads. The
 * store, and the commands on keys whatever they hold (COPY, OBJECT, MEMORY, DEBUG DIGEST), go through them. A value that
 * lies in its entry whole, as most strings do, needs none of the first four: only entries with ENTRY_OWNS are asked.
 *
 * Operations run under the lock of the entry's shard, or on an entry that is in no table; they take no locks and know no
 * keyspace. Saving, loading and walking by pieces will be members here, so that a type stays one struct.
 */
#ifndef KVS_STORE_VALUE_TYPE_H
#define KVS_STORE_VALUE_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#define VALUE_TYPES 16 /* what four bits of an entry can tell apart */

struct digest;
struct entry;

struct value_type {
    const char *name; /* TYPE's and SCAN's word for it */

    /* Frees what the value holds beside its entry, in one go. */
    void (*release)(struct entry *entry);

    /* Whether release() would take so long (beyond some 20 microseconds) that another thread should do it. */
    bool (*is_slow_to_release)(const struct entry *entry);

    /* copy has the bytes of another entry: gives it what it refers to for its own. 0, or -ENOMEM with nothing given. */
    int (*copy)(struct entry *copy);

    /* Bytes that the value occupies beside its entry; of a collection, guessed from samples members (0: all). */
    size_t (*memory)(const struct entry *entry, size_t samples);

    /* ---- of every entry of the type ---- */

    /* Adds the value to a digest that doesn't depend on how it is laid out. */
    void (*digest)(const struct entry *entry, struct digest *digest);

    /* OBJECT ENCODING's word. */
    const char *(*encoding)(const struct entry *entry);

    /* Bytes that it takes in an RDB file, uncompressed: what DEBUG OBJECT tells. */
    size_t (*serialized_len)(const struct entry *entry);
};

/* Before threads start; number < VALUE_TYPES. type stays. */
void value_type_register(unsigned number, const struct value_type *type);

/* By number; NULL where there is no such type. Read-only: see entry_value_type(). */
extern const struct value_type *value_types[VALUE_TYPES];

/* The number of the type of that name in any case, or -1. */
int value_type_find(const char *name, size_t len);

#endif
