/*
 * Invariants (segment_check):
 *  - all buckets from an entry's home up to its own bucket are full;
 *  - count and expires agree with the slots, and next_expiry is a lower bound;
 *  - a slot's tag and TTL bit agree with its entry.
 */
#include "store/segment.h"

#include "base/memory.h"
#include "base/panic.h"
#include "base/random.h"
#include "store/key.h"

#include <string.h>

/* Numbers of buckets whose segments fill a size class of the allocator. */
static const uint16_t sizes[] = {1, 3, 7, 11, 15, 23, 31, 39, 47, 55, SEGMENT_FULL_SIZE};
#define SIZES (sizeof sizes / sizeof sizes[0])

/* The first tag whose home is this bucket. */
static inline unsigned bucket_first_tag(unsigned bucket, unsigned buckets)
{
    return (bucket * SLOT_TAGS + buckets - 1) / buckets;
}

static inline unsigned bucket_next(unsigned bucket, unsigned buckets)
{
    return bucket + 1 == buckets ? 0 : bucket + 1;
}

/* The index of the first empty slot, or -1. Slots are filled in no particular order. */
static inline int bucket_free_slot(const struct bucket *bucket)
{
    for (int i = 0; i < BUCKET_SLOTS; i++)
        if (!bucket->slots[i])
            return i;
    return -1;
}

/* ---- the whole ---- */

static inline size_t segment_bytes(unsigned buckets)
{
    return sizeof(struct segment) + buckets * sizeof(struct bucket);
}

struct segment *segment_create(unsigned buckets, unsigned depth)
{
    struct segment *segment = mem_try_alloc(segment_bytes(buckets));
    if (!segment)
        return NULL;
    memset(segment, 0, segment_bytes(buckets));
    segment->buckets = buckets;
    segment->depth = depth;
    segment->next_expiry = INT64_MAX;
    return segment;
}

void segment_destroy(struct segment *segment)
{
    mem_free_sized(segment, segment_bytes(segment->buckets));
}

size_t segment_memory(unsigned buckets)
{
    return mem_good_size(segment_bytes(buckets));
}

unsigned segment_next_size(unsigned buckets)
{
    for (size_t i = 0; i < SIZES; i++)
        if (sizes[i] > buckets)
            return sizes[i];
    unsigned more = buckets + buckets / 4;
    return more < SEGMENT_MAX ? more : SEGMENT_MAX;
}

unsigned segment_size_for(size_t count)
{
    for (size_t i = 0; i < SIZES; i++)
        if (count <= (size_t)sizes[i] * BUCKET_SLOTS * 4 / 5)
            return sizes[i];
    return 0;
}

/* ---- entries ---- */

table_slot *segment_find(struct segment *segment, unsigned buckets, uint64_t hash, const char *key, size_t key_len)
{
    unsigned tag = tag_of_hash(hash), b = home_bucket(tag, buckets);
    for (unsigned probes = 0; probes < buckets; probes++, b = bucket_next(b, buckets)) {
        struct bucket *bucket = &segment->bucket[b];
        for (unsigned match = bucket_match(bucket, tag); match; match &= match - 1) {
            table_slot *slot = &bucket->slots[__builtin_ctz(match)];
            if (!*slot)
                continue;
            struct bytes name = entry_key(slot_entry(*slot));
            if (bytes_equal(name.data, name.len, key, key_len))
                return slot;
        }
        if (bucket_free_slot(bucket) >= 0)
            break;
    }
    return NULL;
}

table_slot *segment_find_address(struct segment *segment, uint64_t hash, const struct entry *address)
{
    unsigned buckets = segment->buckets, b = home_bucket(tag_of_hash(hash), buckets);
    for (unsigned probes = 0; probes < buckets; probes++, b = bucket_next(b, buckets))
        for (unsigned i = 0; i < BUCKET_SLOTS; i++)
            if (slot_entry(segment->bucket[b].slots[i]) == address)
                return &segment->bucket[b].slots[i];
    return NULL;
}

void segment_place(struct segment *segment, table_slot word)
{
    unsigned b = home_bucket(tag_of_slot(word), segment->buckets);
    int free_slot;
    while ((free_slot = bucket_free_slot(&segment->bucket[b])) < 0)
        b = bucket_next(b, segment->buckets);
    segment->bucket[b].slots[free_slot] = word;
    segment->count++;
    segment->expires += slot_expires(word);
    segment->ages += slot_ages(word);
}

void segment_place_all(struct segment *segment, const struct segment *from)
{
    for (unsigned b = 0; b < from->buckets; b++)
        for (unsigned i = 0; i < BUCKET_SLOTS; i++)
            if (from->bucket[b].slots[i])
                segment_place(segment, from->bucket[b].slots[i]);
    if (from->next_expiry < segment->next_expiry)
        segment->next_expiry = from->next_expiry;
}

/* The number of steps from home to bucket, round the end of the segment. */
static inline unsigned bucket_distance(unsigned home, unsigned bucket, unsigned buckets)
{
    return bucket >= home ? bucket - home : bucket + buckets - home;
}

/*
 * A slot of a bucket that was full has become empty. Entries that passed over this bucket when they were placed
 * are moved back until the gap is at the end of its run.
 */
static void segment_close_gap(struct segment *segment, unsigned gap, table_slot *empty)
{
    unsigned buckets = segment->buckets;
    unsigned b = bucket_next(gap, buckets);
    for (unsigned steps = 1; steps < buckets; steps++, b = bucket_next(b, buckets)) {
        struct bucket *bucket = &segment->bucket[b];
        bool was_full = bucket_free_slot(bucket) < 0;
        for (unsigned i = 0; i < BUCKET_SLOTS; i++) {
            table_slot word = bucket->slots[i];
            if (!word)
                continue;
            unsigned home = home_bucket(tag_of_slot(word), buckets);
            if (bucket_distance(home, b, buckets) >= bucket_distance(gap, b, buckets)) {
                *empty = word;
                empty = &bucket->slots[i];
                *empty = 0;
                gap = b;
                break;
            }
        }
        if (!was_full)
            return;
    }
}

void segment_remove(struct segment *segment, table_slot *slot)
{
    unsigned b = (unsigned)(((uintptr_t)slot - (uintptr_t)segment->bucket) / sizeof(struct bucket));
    bool was_full = bucket_free_slot(&segment->bucket[b]) < 0;
    segment->count--;
    segment->expires -= slot_expires(*slot);
    segment->ages -= slot_ages(*slot);
    *slot = 0;
    if (was_full)
        segment_close_gap(segment, b, slot);
}

void segment_note_expiry(struct segment *segment, const struct entry *entry)
{
    int64_t at = entry_next_expiry(entry);
    if (at < segment->next_expiry)
        segment->next_expiry = at;
}

/* ---- walking ---- */

unsigned segment_scan(const struct segment *segment, unsigned tag, slot_visit *visit, void *context)
{
    unsigned buckets = segment->buckets, home = home_bucket(tag, buckets), b = home;
    for (unsigned probes = 0; probes < buckets; probes++, b = bucket_next(b, buckets)) {
        const struct bucket *bucket = &segment->bucket[b];
        for (unsigned i = 0; i < BUCKET_SLOTS; i++)
            if (bucket->slots[i] && home_bucket(tag_of_slot(bucket->slots[i]), buckets) == home)
                visit(context, slot_entry(bucket->slots[i]));
        if (bucket_free_slot(bucket) >= 0)
            break;
    }
    return home + 1 < buckets ? bucket_first_tag(home + 1, buckets) : SLOT_TAGS;
}

bool segment_find_expired(struct segment *segment, int64_t now_ms, struct entry **expired_out, size_t max,
                          size_t *count_out, size_t *looked_out)
{
    int64_t earliest = INT64_MAX;
    *count_out = 0;
    if (segment->next_expiry > now_ms)
        return false;
    for (unsigned n = 0; n < segment_slots(segment); n++) {
        table_slot word = *segment_slot(segment, n);
        if (!slot_expires(word) && !slot_ages(word))
            continue;
        int64_t at = entry_next_expiry(slot_entry(word));
        ++*looked_out;
        if (at <= now_ms && *count_out < max)
            expired_out[(*count_out)++] = slot_entry(word);
        else if (at < earliest)
            earliest = at;
    }
    segment->next_expiry = earliest;
    return earliest <= now_ms;
}

struct entry *segment_random(const struct segment *segment, struct random_state *random)
{
    for (unsigned attempt = 0; segment->count && attempt < 100; attempt++) {
        uint64_t n = random_below(random, segment_slots(segment));
        table_slot word = segment->bucket[n / BUCKET_SLOTS].slots[n % BUCKET_SLOTS];
        if (word)
            return slot_entry(word);
    }
    return NULL;
}

size_t segment_displaced(const struct segment *segment)
{
    size_t displaced = 0;
    for (unsigned b = 0; b < segment->buckets; b++)
        for (unsigned i = 0; i < BUCKET_SLOTS; i++) {
            table_slot word = segment->bucket[b].slots[i];
            displaced += word && home_bucket(tag_of_slot(word), segment->buckets) != b;
        }
    return displaced;
}

static void slot_check(const struct segment *segment, unsigned b, table_slot word, uint64_t bits)
{
    const struct entry *entry = slot_entry(word);
    struct bytes key = entry_key(entry);
    uint64_t hash = key_hash(key.data, key.len);
    panic_unless(tag_of_slot(word) == tag_of_hash(hash));
    panic_unless(segment->depth == 0 || (hash ^ bits) >> (64 - segment->depth) == 0);
    panic_unless(slot_expires(word) == !!(entry->flags & ENTRY_HAS_EXPIRY));
    panic_unless(slot_ages(word) == !!(entry->flags & ENTRY_AGES));
    panic_unless(entry_next_expiry(entry) >= segment->next_expiry);
    for (unsigned h = home_bucket(tag_of_slot(word), segment->buckets); h != b; h = bucket_next(h, segment->buckets))
        panic_unless(bucket_free_slot(&segment->bucket[h]) < 0);
}

void segment_check(const struct segment *segment, uint64_t bits)
{
    unsigned count = 0, expires = 0, ages = 0;
    for (unsigned b = 0; b < segment->buckets; b++) {
        for (unsigned i = 0; i < BUCKET_SLOTS; i++) {
            table_slot word = segment->bucket[b].slots[i];
            if (!word)
                continue;
            slot_check(segment, b, word, bits);
            count++;
            expires += slot_expires(word);
            ages += slot_ages(word);
        }
    }
    panic_unless(count == segment->count);
    panic_unless(expires == segment->expires && ages == segment->ages);
}
