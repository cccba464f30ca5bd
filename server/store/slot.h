/*
 * Slots: the word by which a table refers to an entry.
 *
 *     63           49 48 47                                        3     0
 *     | tag: 15 bits | T |  address of the entry                    |    | A |   T: it has a TTL; A: its value ages
 *
 * Entries are aligned, so the low bits of an address are free. The tag is the low bits of the hash. By these words
 * tables find entries, grow and expire, mostly without reading the entries themselves.
 */
#ifndef KVS_STORE_SLOT_H
#define KVS_STORE_SLOT_H

#include "store/entry.h"

#include <stdbool.h>
#include <stdint.h>

typedef uint64_t table_slot; /* 0 is empty */

#define SLOT_TAG_BITS 15
#define SLOT_MORTAL (UINT64_C(1) << 48 | 1) /* T and A: something about the entry may expire */
#define BUCKET_SLOTS 8                      /* in a bucket, which is one cache line */
#define SLOT_TAGS (1u << SLOT_TAG_BITS)

/* The function that walks over slots call for each entry. */
typedef void slot_visit(void *context, struct entry *entry);

static inline struct entry *slot_entry(table_slot slot)
{
    return (struct entry *)(uintptr_t)(slot & ((UINT64_C(1) << 48) - 8));
}

static inline bool slot_expires(table_slot slot)
{
    return (slot >> 48) & 1;
}

/* Whether parts of its value may expire: ENTRY_AGES. */
static inline bool slot_ages(table_slot slot)
{
    return slot & 1;
}

static inline unsigned tag_of_hash(uint64_t hash)
{
    return hash & (SLOT_TAGS - 1);
}

static inline unsigned tag_of_slot(table_slot slot)
{
    return (unsigned)(slot >> 49);
}

static inline table_slot slot_make(const struct entry *entry, unsigned tag)
{
    uint64_t expires = (entry->flags & ENTRY_HAS_EXPIRY) ? 1 : 0, ages = (entry->flags & ENTRY_AGES) ? 1 : 0;
    return (uint64_t)(uintptr_t)entry | ages | expires << 48 | (uint64_t)tag << 49;
}

#endif
