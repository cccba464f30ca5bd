/*
 * The layout of a segment:
 *
 *     | header 64 | bucket 0: 8 slots | bucket 1 | ... | bucket n-1 |
 *
 * An entry's home bucket is tag * n / 2^15, so buckets are in the order of tags for every n. An entry that
 * finds its home full goes to the next bucket with room, round the end. A search goes from the home
 * bucket on and ends at the first bucket that isn't full. Removing closes the gap that would end such a
 * search too early: entries behind it move back, and since homes follow from tags, no entry is read.
 *
 * Invariants (table_check):
 *  - every directory word of a segment has its address and its number of buckets, and the words of a segment of
 *    depth d are 2^(table depth - d) neighbours that agree in d high bits with the hashes of all its entries;
 *  - between an entry's home and its bucket all buckets are full;
 *  - count, expires and next_expiry (a lower bound) are those of the slots.
 *
 * A segment grows by steps that the allocator has size classes for, up to 4 KiB, and is then split. With keys
 * that the hash can't tell apart splitting doesn't help: if the directory has become out of proportion to the number
 * of entries, the segment grows on instead, and works as a list.
 *
 * A cursor is a position in hash order: the segment's high bits, its depth at the time, and the tag to go on with.
 * If the segment has been split since, the walk goes on with its first part at that tag and with the second from its
 * start; if it has been merged (its depth is less), it is walked again. So entries may be seen twice, but none is missed.
 */
#include "store/table.h"

#include "core/hash.h"
#include "core/memory.h"
#include "core/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define ADDRESS_MASK ((UINT64_C(1) << 48) - 1)
#define TAG_RANGE (1u << TABLE_TAG_BITS)
#define FULL_SIZE_BUCKETS 63 /* 4 KiB with the header */
#define MAX_BUCKETS 65535    /* what a directory word can say */

struct bucket {
    table_slot slots[TABLE_BUCKET_SLOTS];
};

struct segment {
    uint32_t buckets;
    uint32_t count;
    uint32_t expires;
    uint32_t depth; /* high bits that its entries' hashes share */
    int64_t next_expiry; /* no entry expires before; INT64_MAX: none has a TTL */
    char pad[40];
    struct bucket bucket[];
};

_Static_assert(sizeof(struct bucket) == 64, "a bucket is one cache line");
_Static_assert(sizeof(struct segment) == 64, "the header keeps the buckets aligned");

/* Numbers of buckets whose segments fill a size class of the allocator. */
static const uint16_t segment_steps[] = {1, 3, 7, 11, 15, 23, 31, 39, 47, 55, FULL_SIZE_BUCKETS};

static table_hash *hash_function = hash_bytes;

void table_set_hash(table_hash *hash)
{
    hash_function = hash ? hash : hash_bytes;
}

uint64_t table_hash_key(const char *key, size_t len)
{
    return hash_function(key, len);
}

/* ---- words ---- */

static inline unsigned tag_of_hash(uint64_t hash)
{
    return hash & (TAG_RANGE - 1);
}

static inline unsigned tag_of_slot(table_slot slot)
{
    return (unsigned)(slot >> 49);
}

static inline table_slot slot_make(const struct entry *entry, unsigned tag)
{
    uint64_t expires = (entry->flags & ENTRY_HAS_EXPIRY) ? 1 : 0;
    return (uint64_t)(uintptr_t)entry | expires << 48 | (uint64_t)tag << 49;
}

static inline size_t directory_index(uint64_t hash, unsigned depth)
{
    return (size_t)(hash >> 1 >> (63 - depth));
}

static inline struct segment *word_segment(uint64_t word)
{
    return (struct segment *)(uintptr_t)(word & ADDRESS_MASK);
}

static inline uint64_t word_make(const struct segment *segment)
{
    return (uint64_t)(uintptr_t)segment | (uint64_t)segment->buckets << 48;
}

static inline unsigned home_bucket(unsigned tag, unsigned buckets)
{
    return tag * buckets >> TABLE_TAG_BITS;
}

/* First tag whose home is this bucket. */
static inline unsigned bucket_first_tag(unsigned bucket, unsigned buckets)
{
    return (bucket * TAG_RANGE + buckets - 1) / buckets;
}

static inline unsigned bucket_next(unsigned bucket, unsigned buckets)
{
    return bucket + 1 == buckets ? 0 : bucket + 1;
}

static inline size_t segment_size(unsigned buckets)
{
    return sizeof(struct segment) + buckets * sizeof(struct bucket);
}

/* Entries above which a segment of that many buckets becomes larger: nine slots of ten. */
static inline unsigned segment_limit(unsigned buckets)
{
    return buckets * TABLE_BUCKET_SLOTS * 9 / 10;
}

static void count_add(_Atomic size_t *counter, ptrdiff_t n)
{
    /* relaxed: written under the lock, read elsewhere as a figure only */
    size_t value = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, value + (size_t)n, memory_order_relaxed);
}

/* ---- buckets ---- */

/* Bits of the slots that bear the tag (an empty slot has tag 0). */
static inline unsigned bucket_match(const struct bucket *bucket, unsigned tag)
{
    unsigned match = 0;
    for (unsigned i = 0; i < TABLE_BUCKET_SLOTS; i++)
        match |= (unsigned)(tag_of_slot(bucket->slots[i]) == tag) << i;
    return match;
}

/* Index of the first empty slot, or -1. Slots fill in no order. */
static inline int bucket_free_slot(const struct bucket *bucket)
{
    for (int i = 0; i < TABLE_BUCKET_SLOTS; i++)
        if (!bucket->slots[i])
            return i;
    return -1;
}

/* ---- segments ---- */

static struct segment *segment_create(struct table *table, unsigned buckets, unsigned depth)
{
    struct segment *segment = mem_try_alloc(segment_size(buckets));
    if (!segment)
        return NULL;
    memset(segment, 0, segment_size(buckets));
    segment->buckets = buckets;
    segment->depth = depth;
    segment->next_expiry = INT64_MAX;
    table->segments++;
    table->segment_bytes += mem_good_size(segment_size(buckets));
    return segment;
}

static void segment_destroy(struct table *table, struct segment *segment)
{
    table->segments--;
    table->segment_bytes -= mem_good_size(segment_size(segment->buckets));
    mem_free_sized(segment, segment_size(segment->buckets));
}

/* Puts a slot word into the first bucket with room, from its home on. There is room. */
static void segment_place(struct segment *segment, table_slot word)
{
    unsigned b = home_bucket(tag_of_slot(word), segment->buckets);
    int free_slot;
    while ((free_slot = bucket_free_slot(&segment->bucket[b])) < 0)
        b = bucket_next(b, segment->buckets);
    segment->bucket[b].slots[free_slot] = word;
    segment->count++;
    segment->expires += table_slot_expires(word);
}

/* Makes the directory words of segment's place lead to segment. index is any of them. */
static void directory_point(struct table *table, size_t index, const struct segment *segment)
{
    size_t span = (size_t)1 << (table->depth - segment->depth);
    size_t first = index & ~(span - 1);
    for (size_t i = 0; i < span; i++)
        table->directory[first + i] = word_make(segment);
}

/* The smallest step that holds count entries with some room to grow; 0 if even the largest doesn't. */
static unsigned step_for(size_t count)
{
    for (size_t i = 0; i < sizeof segment_steps / sizeof segment_steps[0]; i++)
        if (count <= (size_t)segment_steps[i] * TABLE_BUCKET_SLOTS * 4 / 5)
            return segment_steps[i];
    return 0;
}

/* Moves all slots of a segment into a new one of another size. Entries aren't read. 0 or -ENOMEM. */
static int segment_resize(struct table *table, size_t index, struct segment *old, unsigned buckets)
{
    struct segment *segment = segment_create(table, buckets, old->depth);
    if (!segment)
        return -ENOMEM;
    segment->next_expiry = old->next_expiry;
    for (unsigned b = 0; b < old->buckets; b++)
        for (unsigned i = 0; i < TABLE_BUCKET_SLOTS; i++)
            if (old->bucket[b].slots[i])
                segment_place(segment, old->bucket[b].slots[i]);
    directory_point(table, index, segment);
    segment_destroy(table, old);
    return 0;
}

static int directory_double(struct table *table)
{
    size_t words = (size_t)1 << table->depth;
    uint64_t *directory = mem_try_alloc(2 * words * sizeof *directory);
    if (!directory)
        return -ENOMEM;
    for (size_t i = 0; i < words; i++)
        directory[2 * i] = directory[2 * i + 1] = table->directory[i];
    mem_free_sized(table->directory, words * sizeof *directory);
    table->directory = directory;
    table->depth++;
    return 0;
}

static uint64_t entry_hash(const struct entry *entry)
{
    struct bytes key = entry_key(entry);
    return hash_function(key.data, key.len);
}

/* Splits a segment by the next bit of its entries' hashes. 0 or -ENOMEM, and then nothing has changed. */
static int segment_split(struct table *table, uint64_t hash, struct segment *old)
{
    if (old->depth == table->depth) {
        int error = directory_double(table);
        if (error)
            return error;
    }
    /* the entries are read for their hashes: start fetching them all at once */
    unsigned ones = 0;
    uint64_t bit = UINT64_C(1) << (63 - old->depth);
    for (unsigned b = 0; b < old->buckets; b++)
        for (unsigned i = 0; i < TABLE_BUCKET_SLOTS; i++)
            __builtin_prefetch(table_slot_entry(old->bucket[b].slots[i]));
    uint64_t side[(FULL_SIZE_BUCKETS * TABLE_BUCKET_SLOTS + 63) / 64] = {0};
    for (unsigned b = 0; b < old->buckets; b++) {
        for (unsigned i = 0; i < TABLE_BUCKET_SLOTS; i++) {
            table_slot word = old->bucket[b].slots[i];
            if (word && (entry_hash(table_slot_entry(word)) & bit)) {
                unsigned n = b * TABLE_BUCKET_SLOTS + i;
                side[n / 64] |= UINT64_C(1) << (n % 64);
                ones++;
            }
        }
    }
    struct segment *half[2];
    unsigned zeros = old->count - ones;
    half[0] = segment_create(table, step_for(zeros) ? step_for(zeros) : FULL_SIZE_BUCKETS, old->depth + 1);
    if (!half[0])
        return -ENOMEM;
    half[1] = segment_create(table, step_for(ones) ? step_for(ones) : FULL_SIZE_BUCKETS, old->depth + 1);
    if (!half[1]) {
        segment_destroy(table, half[0]);
        return -ENOMEM;
    }
    for (unsigned n = 0; n < old->buckets * TABLE_BUCKET_SLOTS; n++) {
        table_slot word = old->bucket[n / TABLE_BUCKET_SLOTS].slots[n % TABLE_BUCKET_SLOTS];
        if (word)
            segment_place(half[side[n / 64] >> (n % 64) & 1], word);
    }
    /* a lower bound stays one for both parts */
    half[0]->next_expiry = half[0]->expires ? old->next_expiry : INT64_MAX;
    half[1]->next_expiry = half[1]->expires ? old->next_expiry : INT64_MAX;
    size_t span = (size_t)1 << (table->depth - old->depth);
    size_t first = directory_index(hash, table->depth) & ~(span - 1);
    directory_point(table, first, half[0]);
    directory_point(table, first + span / 2, half[1]);
    segment_destroy(table, old);
    return 0;
}

static unsigned next_step(unsigned buckets)
{
    for (size_t i = 0; i < sizeof segment_steps / sizeof segment_steps[0]; i++)
        if (segment_steps[i] > buckets)
            return segment_steps[i];
    unsigned more = buckets + buckets / 4;
    return more < MAX_BUCKETS ? more : MAX_BUCKETS;
}

/* Whether splitting can be expected to tell the entries apart. */
static bool split_is_sound(const struct table *table, const struct segment *segment)
{
    if (segment->buckets > FULL_SIZE_BUCKETS || segment->depth == TABLE_MAX_DEPTH)
        return false;
    if (segment->depth < table->depth)
        return true;
    size_t fair = atomic_load_explicit(&table->count, memory_order_relaxed) / 64 + 1;
    return ((size_t)1 << table->depth) <= 4 * fair;
}

/* Makes room in the full segment where hash belongs. 0 or -ENOMEM. */
static int table_make_room(struct table *table, uint64_t hash, struct segment *segment)
{
    if (segment->buckets >= FULL_SIZE_BUCKETS && split_is_sound(table, segment))
        return segment_split(table, hash, segment);
    if (segment->buckets >= MAX_BUCKETS)
        return -ENOMEM;
    return segment_resize(table, directory_index(hash, table->depth), segment, next_step(segment->buckets));
}

/* ---- shrinking ---- */

/* Halves the directory while no segment needs its full depth. */
static void directory_shrink(struct table *table)
{
    while (table->depth > 0) {
        size_t words = (size_t)1 << table->depth;
        for (size_t i = 0; i < words; i++)
            if (word_segment(table->directory[i])->depth == table->depth)
                return;
        uint64_t *directory = mem_try_alloc(words / 2 * sizeof *directory);
        if (!directory)
            return;
        for (size_t i = 0; i < words / 2; i++)
            directory[i] = table->directory[2 * i];
        mem_free_sized(table->directory, words * sizeof *directory);
        table->directory = directory;
        table->depth--;
    }
}

/* Puts a sparse segment and its sparse neighbour, the other half of a split, together again. */
static bool segment_merge(struct table *table, size_t index, struct segment *segment)
{
    size_t span = (size_t)1 << (table->depth - segment->depth);
    size_t first = index & ~(span - 1);
    struct segment *other = word_segment(table->directory[first ^ span]);
    if (other->depth != segment->depth)
        return false;
    unsigned buckets = step_for((segment->count + other->count) * 5 / 3);
    if (!buckets)
        return false;
    struct segment *merged = segment_create(table, buckets, segment->depth - 1);
    if (!merged)
        return false;
    struct segment *parts[2] = {segment, other};
    for (int p = 0; p < 2; p++) {
        for (unsigned b = 0; b < parts[p]->buckets; b++)
            for (unsigned i = 0; i < TABLE_BUCKET_SLOTS; i++)
                if (parts[p]->bucket[b].slots[i])
                    segment_place(merged, parts[p]->bucket[b].slots[i]);
        if (parts[p]->next_expiry < merged->next_expiry)
            merged->next_expiry = parts[p]->next_expiry;
    }
    directory_point(table, index, merged);
    segment_destroy(table, segment);
    segment_destroy(table, other);
    return true;
}

/* After a removal: gives memory back when a segment has become sparse. Failing to is no error. */
static void table_tidy(struct table *table, uint64_t hash, struct segment *segment)
{
    if (segment->count * 3 >= segment->buckets * TABLE_BUCKET_SLOTS)
        return;
    size_t index = directory_index(hash, table->depth);
    if (segment->depth > 0) {
        if (segment_merge(table, index, segment)) {
            directory_shrink(table);
            return;
        }
    } else if (segment->count == 0) {
        segment_destroy(table, segment);
        mem_free_sized(table->directory, sizeof *table->directory);
        table->directory = NULL;
        return;
    }
    unsigned buckets = step_for((size_t)segment->count * 5 / 4);
    if (buckets && buckets < segment->buckets)
        segment_resize(table, index, segment, buckets);
}

/* ---- the table ---- */

void table_init(struct table *table)
{
    memset(table, 0, sizeof *table);
}

void table_deinit(struct table *table, table_dispose *dispose)
{
    size_t words = table->directory ? (size_t)1 << table->depth : 0;
    for (size_t i = 0; i < words;) {
        struct segment *segment = word_segment(table->directory[i]);
        i += (size_t)1 << (table->depth - segment->depth);
        for (unsigned n = 0; dispose && n < segment->buckets * TABLE_BUCKET_SLOTS; n++) {
            table_slot word = segment->bucket[n / TABLE_BUCKET_SLOTS].slots[n % TABLE_BUCKET_SLOTS];
            if (word)
                dispose(table_slot_entry(word));
        }
        segment_destroy(table, segment);
    }
    if (words)
        mem_free_sized(table->directory, words * sizeof *table->directory);
    table_init(table);
}

table_slot *table_find(const struct table *table, uint64_t hash, const char *key, size_t key_len)
{
    if (!table->directory)
        return NULL;
    uint64_t word = table->directory[directory_index(hash, table->depth)];
    struct segment *segment = word_segment(word);
    unsigned buckets = (unsigned)(word >> 48), tag = tag_of_hash(hash);
    unsigned b = home_bucket(tag, buckets);
    for (unsigned probes = 0; probes < buckets; probes++, b = bucket_next(b, buckets)) {
        struct bucket *bucket = &segment->bucket[b];
        for (unsigned match = bucket_match(bucket, tag); match; match &= match - 1) {
            table_slot *slot = &bucket->slots[__builtin_ctz(match)];
            if (!*slot)
                continue;
            struct bytes name = entry_key(table_slot_entry(*slot));
            if (bytes_equal(name.data, name.len, key, key_len))
                return slot;
        }
        if (bucket_free_slot(bucket) >= 0)
            break;
    }
    return NULL;
}

table_slot *table_find_address(const struct table *table, uint64_t hash, const struct entry *address)
{
    uint64_t word = table->directory[directory_index(hash, table->depth)];
    struct segment *segment = word_segment(word);
    unsigned buckets = (unsigned)(word >> 48), b = home_bucket(tag_of_hash(hash), buckets);
    for (unsigned probes = 0; probes < buckets; probes++, b = bucket_next(b, buckets))
        for (unsigned i = 0; i < TABLE_BUCKET_SLOTS; i++)
            if (table_slot_entry(segment->bucket[b].slots[i]) == address)
                return &segment->bucket[b].slots[i];
    return NULL;
}

static int table_begin(struct table *table)
{
    uint64_t *directory = mem_try_alloc(sizeof *directory);
    if (!directory)
        return -ENOMEM;
    struct segment *segment = segment_create(table, segment_steps[0], 0);
    if (!segment) {
        mem_free_sized(directory, sizeof *directory);
        return -ENOMEM;
    }
    *directory = word_make(segment);
    table->directory = directory;
    table->depth = 0;
    return 0;
}

static void segment_note_expiry(struct segment *segment, const struct entry *entry)
{
    int64_t at = entry_expiry(entry);
    if (at != ENTRY_NO_EXPIRY && at < segment->next_expiry)
        segment->next_expiry = at;
}

int table_insert(struct table *table, uint64_t hash, struct entry *entry)
{
    if (!table->directory && table_begin(table))
        return -ENOMEM;
    struct segment *segment;
    for (;;) {
        segment = word_segment(table->directory[directory_index(hash, table->depth)]);
        if (segment->count < segment_limit(segment->buckets))
            break;
        if (table_make_room(table, hash, segment)) {
            if (segment->count < segment->buckets * TABLE_BUCKET_SLOTS)
                break; /* no memory, but there is room yet */
            return -ENOMEM;
        }
    }
    segment_place(segment, slot_make(entry, tag_of_hash(hash)));
    segment_note_expiry(segment, entry);
    count_add(&table->count, 1);
    if (entry->flags & ENTRY_HAS_EXPIRY)
        count_add(&table->expires, 1);
    return 0;
}

void table_replace(struct table *table, uint64_t hash, table_slot *slot, struct entry *entry)
{
    table_slot word = slot_make(entry, tag_of_hash(hash));
    bool had = table_slot_expires(*slot), has = table_slot_expires(word);
    *slot = word;
    if (!had && !has)
        return;
    struct segment *segment = word_segment(table->directory[directory_index(hash, table->depth)]);
    segment->expires += (unsigned)has - (unsigned)had;
    count_add(&table->expires, (ptrdiff_t)has - (ptrdiff_t)had);
    segment_note_expiry(segment, entry);
}

/* How far round the segment bucket lies behind home. */
static inline unsigned bucket_distance(unsigned home, unsigned bucket, unsigned buckets)
{
    return bucket >= home ? bucket - home : bucket + buckets - home;
}

/*
 * A slot of a bucket that was full has become empty. Entries that passed this bucket on their way are
 * brought back until the gap is at the end of its run.
 */
static void segment_close_gap(struct segment *segment, unsigned gap, table_slot *empty)
{
    unsigned buckets = segment->buckets;
    unsigned b = bucket_next(gap, buckets);
    for (unsigned steps = 1; steps < buckets; steps++, b = bucket_next(b, buckets)) {
        struct bucket *bucket = &segment->bucket[b];
        bool was_full = bucket_free_slot(bucket) < 0;
        for (unsigned i = 0; i < TABLE_BUCKET_SLOTS; i++) {
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

void table_remove(struct table *table, uint64_t hash, table_slot *slot)
{
    struct segment *segment = word_segment(table->directory[directory_index(hash, table->depth)]);
    unsigned b = (unsigned)(((uintptr_t)slot - (uintptr_t)segment->bucket) / sizeof(struct bucket));
    bool was_full = bucket_free_slot(&segment->bucket[b]) < 0;
    if (table_slot_expires(*slot)) {
        segment->expires--;
        count_add(&table->expires, -1);
    }
    *slot = 0;
    segment->count--;
    count_add(&table->count, -1);
    if (was_full)
        segment_close_gap(segment, b, slot);
    table_tidy(table, hash, segment);
}

void table_prefetch_bucket(const struct table *table, uint64_t hash)
{
    if (!table->directory)
        return;
    uint64_t word = table->directory[directory_index(hash, table->depth)];
    __builtin_prefetch(&word_segment(word)->bucket[home_bucket(tag_of_hash(hash), (unsigned)(word >> 48))]);
}

void table_prefetch_entry(const struct table *table, uint64_t hash)
{
    if (!table->directory)
        return;
    uint64_t word = table->directory[directory_index(hash, table->depth)];
    unsigned tag = tag_of_hash(hash);
    const struct bucket *bucket = &word_segment(word)->bucket[home_bucket(tag, (unsigned)(word >> 48))];
    for (unsigned match = bucket_match(bucket, tag); match; match &= match - 1) {
        const struct entry *entry = table_slot_entry(bucket->slots[__builtin_ctz(match)]);
        __builtin_prefetch(entry);
        __builtin_prefetch((const void *)((uintptr_t)entry + 64));
    }
}

/* ---- walking ---- */

/* cursor: prefix, left-aligned in TABLE_MAX_DEPTH bits | depth 5 bits | tag 15 bits, and a bit that keeps it from 0 */
static uint64_t cursor_make(uint64_t prefix, unsigned depth, unsigned tag)
{
    return UINT64_C(1) << (TABLE_CURSOR_BITS - 1) | prefix << 20 | (uint64_t)depth << 15 | tag;
}

uint64_t table_scan(const struct table *table, uint64_t cursor, table_visit *visit, void *context)
{
    if (!table->directory)
        return 0;
    uint64_t prefix = cursor >> 20 & ((1u << TABLE_MAX_DEPTH) - 1);
    unsigned depth_then = cursor >> 15 & 31, tag = cursor & (TAG_RANGE - 1);
    const struct segment *segment = word_segment(table->directory[prefix >> (TABLE_MAX_DEPTH - table->depth)]);
    if (segment->depth < depth_then)
        tag = 0; /* merged since: its other half may not have been seen */
    unsigned buckets = segment->buckets, home = home_bucket(tag, buckets), b = home;
    for (unsigned probes = 0; probes < buckets; probes++, b = bucket_next(b, buckets)) {
        const struct bucket *bucket = &segment->bucket[b];
        for (unsigned i = 0; i < TABLE_BUCKET_SLOTS; i++)
            if (bucket->slots[i] && home_bucket(tag_of_slot(bucket->slots[i]), buckets) == home)
                visit(context, table_slot_entry(bucket->slots[i]));
        if (bucket_free_slot(bucket) >= 0)
            break;
    }
    uint64_t segment_prefix = prefix >> (TABLE_MAX_DEPTH - segment->depth) << (TABLE_MAX_DEPTH - segment->depth);
    unsigned next_tag = home + 1 < buckets ? bucket_first_tag(home + 1, buckets) : TAG_RANGE;
    if (next_tag < TAG_RANGE) /* with more buckets than tags the last are nobody's home */
        return cursor_make(segment_prefix, segment->depth, next_tag);
    uint64_t next = segment_prefix + (UINT64_C(1) << (TABLE_MAX_DEPTH - segment->depth));
    return next >> TABLE_MAX_DEPTH ? 0 : cursor_make(next, segment->depth, 0);
}

struct entry *table_random(const struct table *table, struct random_state *random)
{
    /* a directory word stands for an equal part of all hashes, and so for nearly the same number of entries */
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        uint64_t dice = random_next(random);
        const struct segment *segment = word_segment(table->directory[directory_index(dice, table->depth)]);
        for (unsigned again = 0; segment->count && again < 100; again++) {
            uint64_t n = random_below(random, (uint64_t)segment->buckets * TABLE_BUCKET_SLOTS);
            table_slot word = segment->bucket[n / TABLE_BUCKET_SLOTS].slots[n % TABLE_BUCKET_SLOTS];
            if (word)
                return table_slot_entry(word);
        }
    }
    /* nearly empty for its size: the first that there is */
    for (size_t i = 0; i < (size_t)1 << table->depth; i++) {
        const struct segment *segment = word_segment(table->directory[i]);
        for (unsigned n = 0; n < segment->buckets * TABLE_BUCKET_SLOTS; n++)
            if (segment->bucket[n / TABLE_BUCKET_SLOTS].slots[n % TABLE_BUCKET_SLOTS])
                return table_slot_entry(segment->bucket[n / TABLE_BUCKET_SLOTS].slots[n % TABLE_BUCKET_SLOTS]);
    }
    return NULL;
}

/* A position is a prefix, left-aligned in TABLE_MAX_DEPTH bits; where it stays, this bit keeps it from being 0. */
#define POSITION_STAYS (UINT64_C(1) << TABLE_MAX_DEPTH)

uint64_t table_find_expired(struct table *table, uint64_t position, int64_t now_ms, struct entry **expired_out,
                            size_t max, size_t *count_out, size_t *looked_out)
{
    *count_out = 0;
    if (!table->directory)
        return 0;
    position &= POSITION_STAYS - 1;
    size_t index = (size_t)(position >> (TABLE_MAX_DEPTH - table->depth));
    struct segment *segment = word_segment(table->directory[index]);
    uint64_t span = UINT64_C(1) << (TABLE_MAX_DEPTH - segment->depth);
    uint64_t next = (position & ~(span - 1)) + span;
    if (next >> TABLE_MAX_DEPTH)
        next = 0;
    if (segment->next_expiry > now_ms)
        return next;
    int64_t earliest = INT64_MAX;
    for (unsigned n = 0; n < segment->buckets * TABLE_BUCKET_SLOTS; n++) {
        table_slot word = segment->bucket[n / TABLE_BUCKET_SLOTS].slots[n % TABLE_BUCKET_SLOTS];
        if (!word || !table_slot_expires(word))
            continue;
        int64_t at = entry_expiry(table_slot_entry(word));
        ++*looked_out;
        if (at <= now_ms && *count_out < max)
            expired_out[(*count_out)++] = table_slot_entry(word);
        else if (at < earliest)
            earliest = at;
    }
    segment->next_expiry = earliest;
    return earliest <= now_ms ? position | POSITION_STAYS : next;
}

size_t table_memory(const struct table *table)
{
    size_t directory = table->directory ? sizeof *table->directory << table->depth : 0;
    return table->segment_bytes + directory;
}

/* ---- looking at the whole ---- */

void table_shape_read(const struct table *table, struct table_shape *shape_out)
{
    *shape_out = (struct table_shape){0};
    size_t words = table->directory ? (size_t)1 << table->depth : 0;
    for (size_t i = 0; i < words;) {
        const struct segment *segment = word_segment(table->directory[i]);
        i += (size_t)1 << (table->depth - segment->depth);
        shape_out->segments++;
        shape_out->buckets += segment->buckets;
        for (unsigned n = 0; n < segment->buckets * TABLE_BUCKET_SLOTS; n++) {
            table_slot word = segment->bucket[n / TABLE_BUCKET_SLOTS].slots[n % TABLE_BUCKET_SLOTS];
            if (word && home_bucket(tag_of_slot(word), segment->buckets) != n / TABLE_BUCKET_SLOTS)
                shape_out->displaced++;
        }
    }
}

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "table_check: line %d: %s\n", __LINE__, #condition);                                       \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static void segment_check(const struct segment *segment, size_t index, unsigned table_depth)
{
    unsigned count = 0, expires = 0;
    for (unsigned n = 0; n < segment->buckets * TABLE_BUCKET_SLOTS; n++) {
        unsigned b = n / TABLE_BUCKET_SLOTS;
        table_slot word = segment->bucket[b].slots[n % TABLE_BUCKET_SLOTS];
        if (!word)
            continue;
        const struct entry *entry = table_slot_entry(word);
        uint64_t hash = entry_hash(entry);
        count++;
        expires += table_slot_expires(word);
        CHECK(tag_of_slot(word) == tag_of_hash(hash));
        CHECK(directory_index(hash, segment->depth) == index >> (table_depth - segment->depth));
        CHECK(table_slot_expires(word) == !!(entry->flags & ENTRY_HAS_EXPIRY));
        CHECK(!table_slot_expires(word) || entry_expiry(entry) >= segment->next_expiry);
        for (unsigned h = home_bucket(tag_of_slot(word), segment->buckets); h != b; h = bucket_next(h, segment->buckets))
            CHECK(bucket_free_slot(&segment->bucket[h]) < 0);
    }
    CHECK(count == segment->count);
    CHECK(expires == segment->expires);
}

void table_check(const struct table *table)
{
    size_t count = 0, expires = 0, segments = 0, bytes = 0;
    size_t words = table->directory ? (size_t)1 << table->depth : 0;
    for (size_t i = 0; i < words;) {
        const struct segment *segment = word_segment(table->directory[i]);
        CHECK(segment->depth <= table->depth);
        size_t span = (size_t)1 << (table->depth - segment->depth);
        CHECK(i % span == 0);
        for (size_t k = 0; k < span; k++)
            CHECK(table->directory[i + k] == word_make(segment));
        segment_check(segment, i, table->depth);
        count += segment->count;
        expires += segment->expires;
        bytes += mem_good_size(segment_size(segment->buckets));
        segments++;
        i += span;
    }
    CHECK(count == atomic_load(&table->count));
    CHECK(expires == atomic_load(&table->expires));
    CHECK(segments == table->segments);
    CHECK(bytes == table->segment_bytes);
}
