/*
 * Invariants (table_check), besides those of segments:
 *  - every directory word contains a segment's address and number of buckets, and the words of a segment of
 *    depth d are 2^(table depth - d) neighbours that agree in d high bits with the hashes of all its entries;
 *  - count, expires, ages and segments are the sums over the segments, and memory is that with the directory's bytes.
 *
 * A segment grows through the allocator's size classes up to 4 KiB, and is then split. Splitting doesn't help if the
 * hash can't tell the keys apart: if the directory has become too large for the number of entries, the segment grows
 * further instead, and works as a list.
 *
 * A cursor is a position in hash order: the segment's high bits, its depth at the time, and the tag to go on with. If
 * the segment has been split since, the walk goes on with its first part at that tag and with the second from its
 * start; if it has been merged (its depth is less), it is walked again. So entries may be seen twice, but none is
 * missed.
 */
#include "store/table.h"

#include "base/memory.h"
#include "base/panic.h"
#include "base/random.h"
#include "store/key.h"
#include "store/segment.h"

#include <errno.h>
#include <string.h>

#define ADDRESS_MASK ((UINT64_C(1) << 48) - 1)

/* ---- the directory ---- */

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

static struct segment *table_create_segment(struct table *table, unsigned buckets, unsigned depth)
{
    struct segment *segment = segment_create(buckets, depth);
    if (segment) {
        table->segments++;
        counter_add(&table->memory, segment_memory(buckets));
    }
    return segment;
}

static void table_destroy_segment(struct table *table, struct segment *segment)
{
    table->segments--;
    counter_add(&table->memory, -segment_memory(segment->buckets));
    segment_destroy(segment);
}

/* Makes all directory words of the segment's place point to it. index is any of them. */
static void directory_point(struct table *table, size_t index, const struct segment *segment)
{
    size_t span = (size_t)1 << (table->depth - segment->depth);
    size_t first = index & ~(span - 1);
    for (size_t i = 0; i < span; i++)
        table->directory[first + i] = word_make(segment);
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
    counter_add(&table->memory, words * sizeof *directory);
    table->directory = directory;
    table->depth++;
    return 0;
}

/* ---- growing ---- */

/* Moves all slots of a segment into a new one of another size. Entries aren't read. 0 or -ENOMEM. */
static int table_resize_segment(struct table *table, size_t index, struct segment *old, unsigned buckets)
{
    struct segment *segment = table_create_segment(table, buckets, old->depth);
    if (!segment)
        return -ENOMEM;
    segment_place_all(segment, old);
    directory_point(table, index, segment);
    table_destroy_segment(table, old);
    return 0;
}

/*
 * Sets a bit in ones for each slot whose entry's hash has the bit that decides the next split; returns how many have
 * it. The entries have to be read for that, so all of them are prefetched first.
 */
static unsigned segment_sort_out(struct segment *segment, uint64_t *ones)
{
    unsigned count = 0;
    uint64_t bit = UINT64_C(1) << (63 - segment->depth);
    for (unsigned n = 0; n < segment_slots(segment); n++)
        __builtin_prefetch(slot_entry(*segment_slot(segment, n)));
    for (unsigned n = 0; n < segment_slots(segment); n++) {
        table_slot word = *segment_slot(segment, n);
        if (!word)
            continue;
        struct bytes key = entry_key(slot_entry(word));
        if (key_hash(key.data, key.len) & bit) {
            ones[n / 64] |= UINT64_C(1) << (n % 64);
            count++;
        }
    }
    return count;
}

static struct segment *table_create_half(struct table *table, unsigned count, unsigned depth)
{
    unsigned buckets = segment_size_for(count);
    return table_create_segment(table, buckets ? buckets : SEGMENT_FULL_SIZE, depth);
}

/* Splits a segment by the next bit of its entries' hashes. 0 or -ENOMEM, and then nothing has changed. */
static int table_split_segment(struct table *table, uint64_t hash, struct segment *old)
{
    if (old->depth == table->depth && directory_double(table))
        return -ENOMEM;
    uint64_t ones[(SEGMENT_FULL_SIZE * BUCKET_SLOTS + 63) / 64] = {0};
    unsigned count = segment_sort_out(old, ones);
    struct segment *half[2];
    half[0] = table_create_half(table, old->count - count, old->depth + 1);
    if (!half[0])
        return -ENOMEM;
    half[1] = table_create_half(table, count, old->depth + 1);
    if (!half[1]) {
        table_destroy_segment(table, half[0]);
        return -ENOMEM;
    }
    for (unsigned n = 0; n < segment_slots(old); n++)
        if (*segment_slot(old, n))
            segment_place(half[ones[n / 64] >> (n % 64) & 1], *segment_slot(old, n));
    for (int i = 0; i < 2; i++) /* a lower bound stays one for both parts */
        half[i]->next_expiry = half[i]->expires + half[i]->ages > 0 ? old->next_expiry : INT64_MAX;
    size_t span = (size_t)1 << (table->depth - old->depth);
    size_t first = directory_index(hash, table->depth) & ~(span - 1);
    directory_point(table, first, half[0]);
    directory_point(table, first + span / 2, half[1]);
    table_destroy_segment(table, old);
    return 0;
}

/* Whether a split can be expected to separate the entries. */
static bool split_is_sound(const struct table *table, const struct segment *segment)
{
    if (segment->buckets > SEGMENT_FULL_SIZE || segment->depth == TABLE_MAX_DEPTH)
        return false;
    if (segment->depth < table->depth)
        return true;
    size_t fair = atomic_load_explicit(&table->count, memory_order_relaxed) / 64 + 1;
    return ((size_t)1 << table->depth) <= 4 * fair;
}

/* Makes room in the full segment of hash. 0 or -ENOMEM. */
static int table_make_room(struct table *table, uint64_t hash, struct segment *segment)
{
    if (segment->buckets >= SEGMENT_FULL_SIZE && split_is_sound(table, segment))
        return table_split_segment(table, hash, segment);
    if (segment->buckets >= SEGMENT_MAX)
        return -ENOMEM;
    return table_resize_segment(table, directory_index(hash, table->depth), segment,
                                segment_next_size(segment->buckets));
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
        counter_add(&table->memory, -(words / 2 * sizeof *directory));
        table->directory = directory;
        table->depth--;
    }
}

/* Merges a sparse segment with its sparse neighbour, the other half of a split. False if it can't. */
static bool table_merge_segment(struct table *table, size_t index, struct segment *segment)
{
    size_t span = (size_t)1 << (table->depth - segment->depth);
    size_t first = index & ~(span - 1);
    struct segment *other = word_segment(table->directory[first ^ span]);
    if (other->depth != segment->depth)
        return false;
    unsigned buckets = segment_size_for((segment->count + other->count) * 5 / 3);
    if (!buckets)
        return false;
    struct segment *merged = table_create_segment(table, buckets, segment->depth - 1);
    if (!merged)
        return false;
    segment_place_all(merged, segment);
    segment_place_all(merged, other);
    directory_point(table, index, merged);
    table_destroy_segment(table, segment);
    table_destroy_segment(table, other);
    return true;
}

/* After a removal: gives memory back if the segment has become sparse. Failing to do so is no error. */
static void table_tidy(struct table *table, uint64_t hash, struct segment *segment)
{
    if (segment->count * 3 >= segment->buckets * BUCKET_SLOTS)
        return;
    size_t index = directory_index(hash, table->depth);
    if (segment->depth > 0) {
        if (table_merge_segment(table, index, segment)) {
            directory_shrink(table);
            return;
        }
    } else if (segment->count == 0) {
        table_destroy_segment(table, segment);
        size_t bytes = sizeof *table->directory << table->depth; /* more than one word, if it couldn't be shrunk */
        mem_free_sized(table->directory, bytes);
        counter_add(&table->memory, -bytes);
        table->directory = NULL;
        return;
    }
    unsigned buckets = segment_size_for((size_t)segment->count * 5 / 4);
    if (buckets && buckets < segment->buckets)
        table_resize_segment(table, index, segment, buckets);
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
        for (unsigned n = 0; dispose && n < segment_slots(segment); n++)
            if (*segment_slot(segment, n))
                dispose(slot_entry(*segment_slot(segment, n)));
        table_destroy_segment(table, segment);
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
    return segment_find(word_segment(word), (unsigned)(word >> 48), hash, key, key_len);
}

table_slot *table_find_address(const struct table *table, uint64_t hash, const struct entry *address)
{
    return segment_find_address(word_segment(table->directory[directory_index(hash, table->depth)]), hash, address);
}

static int table_begin(struct table *table)
{
    uint64_t *directory = mem_try_alloc(sizeof *directory);
    if (!directory)
        return -ENOMEM;
    struct segment *segment = table_create_segment(table, segment_next_size(0), 0);
    if (!segment) {
        mem_free_sized(directory, sizeof *directory);
        return -ENOMEM;
    }
    *directory = word_make(segment);
    table->directory = directory;
    counter_add(&table->memory, sizeof *directory);
    table->depth = 0;
    return 0;
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
            if (segment->count < segment->buckets * BUCKET_SLOTS)
                break; /* no memory, but there still is room */
            return -ENOMEM;
        }
    }
    segment_place(segment, slot_make(entry, tag_of_hash(hash)));
    segment_note_expiry(segment, entry);
    counter_add(&table->count, 1);
    if (entry->flags & ENTRY_HAS_EXPIRY)
        counter_add(&table->expires, 1);
    if (entry->flags & ENTRY_AGES)
        counter_add(&table->ages, 1);
    return 0;
}

void table_replace(struct table *table, uint64_t hash, table_slot *slot, struct entry *entry)
{
    table_slot old = *slot, word = slot_make(entry, tag_of_hash(hash));
    *slot = word;
    if (!((old | word) & SLOT_MORTAL))
        return;
    struct segment *segment = word_segment(table->directory[directory_index(hash, table->depth)]);
    segment->expires += (unsigned)slot_expires(word) - (unsigned)slot_expires(old);
    segment->ages += (unsigned)slot_ages(word) - (unsigned)slot_ages(old);
    counter_add(&table->expires, (uint64_t)slot_expires(word) - (uint64_t)slot_expires(old));
    counter_add(&table->ages, (uint64_t)slot_ages(word) - (uint64_t)slot_ages(old));
    segment_note_expiry(segment, entry);
}

void table_remove(struct table *table, uint64_t hash, table_slot *slot)
{
    struct segment *segment = word_segment(table->directory[directory_index(hash, table->depth)]);
    counter_add(&table->count, (uint64_t)-1);
    if (slot_expires(*slot))
        counter_add(&table->expires, (uint64_t)-1);
    if (slot_ages(*slot))
        counter_add(&table->ages, (uint64_t)-1);
    segment_remove(segment, slot);
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
        const struct entry *entry = slot_entry(bucket->slots[__builtin_ctz(match)]);
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

uint64_t table_scan(const struct table *table, uint64_t cursor, slot_visit *visit, void *context)
{
    if (!table->directory)
        return 0;
    uint64_t prefix = cursor >> 20 & ((1u << TABLE_MAX_DEPTH) - 1);
    unsigned depth_then = cursor >> 15 & 31, tag = cursor & (SLOT_TAGS - 1);
    const struct segment *segment = word_segment(table->directory[prefix >> (TABLE_MAX_DEPTH - table->depth)]);
    if (segment->depth < depth_then)
        tag = 0; /* merged since: its other half may not have been seen */
    unsigned shift = TABLE_MAX_DEPTH - segment->depth;
    prefix = prefix >> shift << shift;
    unsigned next_tag = segment_scan(segment, tag, visit, context);
    if (next_tag < SLOT_TAGS)
        return cursor_make(prefix, segment->depth, next_tag);
    uint64_t next = prefix + (UINT64_C(1) << shift);
    return next >> TABLE_MAX_DEPTH ? 0 : cursor_make(next, segment->depth, 0);
}

struct entry *table_random(const struct table *table, struct random_state *random)
{
    /* a directory word stands for an equal part of all hashes, and so for nearly the same number of entries */
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        uint64_t dice = random_next(random);
        struct entry *entry =
            segment_random(word_segment(table->directory[directory_index(dice, table->depth)]), random);
        if (entry)
            return entry;
    }
    /* nearly empty for its size: the first that there is */
    for (size_t i = 0; i < (size_t)1 << table->depth; i++) {
        struct segment *segment = word_segment(table->directory[i]);
        for (unsigned n = 0; n < segment_slots(segment); n++)
            if (*segment_slot(segment, n))
                return slot_entry(*segment_slot(segment, n));
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
    bool more = segment_find_expired(segment, now_ms, expired_out, max, count_out, looked_out);
    return more ? position | POSITION_STAYS : next;
}

uint64_t table_stay(uint64_t position)
{
    return position | POSITION_STAYS;
}

size_t table_memory(const struct table *table)
{
    return counter_get(&table->memory);
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
        shape_out->displaced += segment_displaced(segment);
    }
}

void table_check(const struct table *table)
{
    size_t count = 0, expires = 0, ages = 0, segments = 0, bytes = 0;
    size_t words = table->directory ? (size_t)1 << table->depth : 0;
    for (size_t i = 0; i < words;) {
        const struct segment *segment = word_segment(table->directory[i]);
        panic_unless(segment->depth <= table->depth);
        size_t span = (size_t)1 << (table->depth - segment->depth);
        panic_unless(i % span == 0);
        for (size_t k = 0; k < span; k++)
            panic_unless(table->directory[i + k] == word_make(segment));
        segment_check(segment, table->depth ? (uint64_t)i << (64 - table->depth) : 0);
        count += segment->count;
        expires += segment->expires;
        ages += segment->ages;
        bytes += segment_memory(segment->buckets);
        segments++;
        i += span;
    }
    panic_unless(count == atomic_load(&table->count));
    panic_unless(expires == atomic_load(&table->expires) && ages == atomic_load(&table->ages));
    panic_unless(segments == table->segments);
    panic_unless(bytes + words * sizeof *table->directory == table_memory(table));
}
