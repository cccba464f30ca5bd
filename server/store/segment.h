/*
 * Segments: a piece of a table, a row of buckets of one cache line.
 *
 *     | header 64 | bucket 0: 8 slots | bucket 1 | ... | bucket n-1 |
 *
 * A slot is one word: an entry's address, 15 low bits of its hash (the tag), and whether it has a TTL. The home bucket
 * of a tag is tag * n / 2^15, so buckets are in the order of tags for every n, and a segment can be filled into one of
 * another size without reading an entry. An entry that finds its home full goes to the next bucket with room, round
 * the end. A search goes from the home bucket on and ends at the first bucket that isn't full. Removing closes the gap
 * that would end such a search too early: entries behind it move back.
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
    uint32_t depth;      /* high bits that its entries' hashes share */
    int64_t next_expiry; /* no entry expires before; INT64_MAX: none has a TTL */
    char pad[40];
    struct bucket bucket[];
};

_Static_assert(sizeof(struct bucket) == 64, "a bucket is one cache line");
_Static_assert(sizeof(struct segment) == 64, "the header keeps the buckets aligned");

/* ---- buckets ---- */
static inline unsigned home_bucket(unsigned tag, unsigned buckets)
{
    return tag * buckets >> SLOT_TAG_BITS;
}

/* Bits of the slots of a bucket that bear the tag (an empty slot has tag 0). */
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

/* An empty one, or NULL when memory can't be had. */
struct segment *segment_create(unsigned buckets, unsigned depth);
void segment_destroy(struct segment *segment);

/* Bytes of memory of a segment of so many buckets. */
size_t segment_memory(unsigned buckets);

/*
 * Sizes, in buckets, that fill a size class of the allocator: the next larger one, and the smallest that holds count
 * entries with some room to grow (0 if none up to the full size does).
 */
unsigned segment_next_size(unsigned buckets);
unsigned segment_size_for(size_t count);

/* Entries from which on a segment should become larger: nine slots of ten. */
static inline unsigned segment_limit(unsigned buckets)
{
    return buckets * BUCKET_SLOTS * 9 / 10;
}

/* ---- entries; counts are kept up to date ---- */

/* The slot of the key, or NULL. The number of buckets comes from the directory, so that the header isn't read. */
table_slot *segment_find(struct segment *segment, unsigned buckets, uint64_t hash, const char *key, size_t key_len);

/* The slot that holds this address, or NULL. Reads no entry. */
table_slot *segment_find_address(struct segment *segment, uint64_t hash, const struct entry *address);

/* Puts a word into the first bucket with room, from its home on. There is room. */
void segment_place(struct segment *segment, table_slot word);

/* Places all words of another segment. */
void segment_place_all(struct segment *segment, const struct segment *from);

/* Empties a slot; others may move. */
void segment_remove(struct segment *segment, table_slot *slot);

/* Lowers next_expiry to the entry's expiry. */
void segment_note_expiry(struct segment *segment, const struct entry *entry);

/* Visits the entries whose home is that of tag; returns the first tag of the next home, or SLOT_TAGS at the end. */
unsigned segment_scan(const struct segment *segment, unsigned tag, slot_visit *visit, void *context);

/* As table_find_expired(), on one segment. True if entries that are due remain. */
bool segment_find_expired(struct segment *segment, int64_t now_ms, struct entry **expired_out, size_t max,
                          size_t *count_out, size_t *looked_out);

/* Some entry, evenly chosen, or NULL if chance finds none. */
struct entry *segment_random(const struct segment *segment, struct random_state *random);

/* Entries outside their home bucket. */
size_t segment_displaced(const struct segment *segment);

/* Ends the process if an invariant is broken; bits are the high bits that all hashes must begin with. */
void segment_check(const struct segment *segment, uint64_t bits);

#endif
