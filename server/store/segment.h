/*
 * Segments: pieces of a table, each a row of buckets of one cache line.
 *
 *     | header 64 | bucket 0: 8 slots | bucket 1 | ... | bucket n-1 |
 *
 * A slot is one word: an entry's address, 15 low bits of its hash (the tag), and whether it may expire. The home bucket
 * of a tag is tag * n / 2^15, so buckets are in the order of tags for every n, and a segment's slots can be copied into
 * one of another size without reading an entry. An entry whose home is full goes to the next bucket with room, round
 * the end. A search starts at the home bucket and ends at the first bucket that isn't full. Removing an entry closes
 * the gap that would end such a search too early: entries after it move back.
 *
 * Private to store/: table.c owns segments, under the lock of the table's shard.
 */
#ifndef KVS_STORE_SEGMENT_H
#define KVS_STORE_SEGMENT_H

#include "store/entry.h"
#include "store/slot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct random_state;

#define SEGMENT_FULL_SIZE 63 /* buckets: 4 KiB with the header */
#define SEGMENT_MAX 65535    /* buckets: what a directory word can say */

struct bucket {
    table_slot slots[BUCKET_SLOTS];
};

struct segment {
    uint32_t buckets;
    uint32_t count;      /* entries */
    uint32_t expires;    /* entries with a TTL */
    uint32_t ages;       /* entries whose value ages */
    uint32_t depth;      /* number of high bits that its entries' hashes share */
    int64_t next_expiry; /* wall, ms: no entry, nor a part of one, expires before; INT64_MAX: none ever does */
    char pad[32];
    struct bucket bucket[];
};

_Static_assert(sizeof(struct bucket) == 64, "a bucket is one cache line");
_Static_assert(sizeof(struct segment) == 64, "the header keeps the buckets aligned");

/* ---- buckets ---- */
static inline unsigned home_bucket(unsigned tag, unsigned buckets)
{
    return tag * buckets >> SLOT_TAG_BITS;
}

/* A bit for each slot of the bucket that has the tag (an empty slot has tag 0). */
static inline unsigned bucket_match(const struct bucket *bucket, unsigned tag)
{
    unsigned match = 0;
    for (unsigned i = 0; i < BUCKET_SLOTS; i++)
        match |= (unsigned)(tag_of_slot(bucket->slots[i]) == tag) << i;
    return match;
}

static inline table_slot *segment_slot(struct segment *segment, unsigned n)
{
    return &segment->bucket[n / BUCKET_SLOTS].slots[n % BUCKET_SLOTS];
}

static inline unsigned segment_slots(const struct segment *segment)
{
    return segment->buckets * BUCKET_SLOTS;
}

/* ---- the whole ---- */

/* An empty segment, or NULL without memory. */
struct segment *segment_create(unsigned buckets, unsigned depth);
void segment_destroy(struct segment *segment);

/* The bytes that a segment with so many buckets occupies. */
size_t segment_memory(unsigned buckets);

/*
 * Sizes, in buckets, that fill a size class of the allocator: the next larger one; and the smallest that holds count
 * entries with some room to grow, or 0 if not even the full size does.
 */
unsigned segment_next_size(unsigned buckets);
unsigned segment_size_for(size_t count);

/* The number of entries at which a segment should grow: nine slots of ten. */
static inline unsigned segment_limit(unsigned buckets)
{
    return buckets * BUCKET_SLOTS * 9 / 10;
}

/* ---- entries; counts are kept up to date ---- */

/* The slot of the key, or NULL. The number of buckets comes from the directory, so that the header isn't read. */
table_slot *segment_find(struct segment *segment, unsigned buckets, uint64_t hash, const char *key, size_t key_len);

/* The slot that holds this address, or NULL. Reads no entry. */
table_slot *segment_find_address(struct segment *segment, uint64_t hash, const struct entry *address);

/* Puts a word into the first bucket with room, from its home on. The caller knows that there is room. */
void segment_place(struct segment *segment, table_slot word);

/* Places all words of another segment. */
void segment_place_all(struct segment *segment, const struct segment *from);

/* Empties a slot; others may move. */
void segment_remove(struct segment *segment, table_slot *slot);

/* Lowers next_expiry to the entry's. */
void segment_note_expiry(struct segment *segment, const struct entry *entry);

/* Visits the entries whose home is that of tag; returns the first tag of the next home, or SLOT_TAGS at the end. */
unsigned segment_scan(const struct segment *segment, unsigned tag, slot_visit *visit, void *context);

/* As table_find_expired(), on one segment. True if expired entries remain. */
bool segment_find_expired(struct segment *segment, int64_t now_ms, struct entry **expired_out, size_t max,
                          size_t *count_out, size_t *looked_out);

/* A random entry, evenly chosen, or NULL if sampling finds none. */
struct entry *segment_random(const struct segment *segment, struct random_state *random);

/* Entries outside their home bucket. */
size_t segment_displaced(const struct segment *segment);

/* Ends the process if an invariant is broken; all hashes must begin with the high bits of bits. */
void segment_check(const struct segment *segment, uint64_t bits);

#endif
