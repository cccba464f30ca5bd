/*
 * Tables: extendible hashing from keys to entries. One table holds one database's keys of one shard.
 *
 * A directory, indexed by the hash's high bits, leads to segments; a segment is a row of 64-byte buckets
 * of eight slots. A slot is one word: an entry's address, 15 low bits of its hash (the tag) and whether it
 * has a TTL. The tag alone tells which bucket of the segment is the entry's home, so a segment grows
 * bucket by bucket without reading an entry; a segment of full size splits in two, by itself. The table is never
 * rehashed as a whole: there is no pause, and never a second table.
 *
 * A table is guarded by its shard's lock (or a stopped world); its counts may be read at any time.
 * It owns its segments, but not the entries: the keyspace frees those.
 *
 * Sources: R. Fagin et al., "Extendible Hashing", 1979; B. Lu et al., "Dash: Scalable Hashing on Persistent
 * Memory", 2020 (segments and buckets of a cache line).
 */
#ifndef KVS_STORE_TABLE_H
#define KVS_STORE_TABLE_H

#include "base/counter.h"
#include "store/entry.h"
#include "store/slot.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_MAX_DEPTH 24

struct segment; /* segment.h: private to store/ */

struct table {
    uint64_t *directory; /* 2^depth words: segment address 48 bits | its number of buckets 16; NULL while empty */
    unsigned depth;
    size_t segments;
    relaxed_counter memory; /* bytes of segments and directory */
    relaxed_counter count;
    relaxed_counter expires; /* entries with a TTL */
    relaxed_counter ages;    /* entries whose value ages */
};

void table_init(struct table *table);

/* Frees the segments; entries are handed to dispose first, if it isn't NULL. */
typedef void table_dispose(struct entry *entry);
void table_deinit(struct table *table, table_dispose *dispose);

/* The slot of the entry with this key, or NULL. Valid until the table changes. */
table_slot *table_find(const struct table *table, uint64_t hash, const char *key, size_t key_len);

/* The slot that holds this address, or NULL. Reads no entry: what was there may have been freed already. */
table_slot *table_find_address(const struct table *table, uint64_t hash, const struct entry *address);

/* Adds an entry whose key isn't there. 0, or -ENOMEM. */
int table_insert(struct table *table, uint64_t hash, struct entry *entry);

/* Puts another entry with the same key into a slot, or the same one with a changed TTL. */
void table_replace(struct table *table, uint64_t hash, table_slot *slot, struct entry *entry);

/* Empties a slot; the entry then belongs to the caller. Other slots may move. */
void table_remove(struct table *table, uint64_t hash, table_slot *slot);

/* The two steps of prefetching for a batch: first the bucket's line, later the entries that may match. */
void table_prefetch_bucket(const struct table *table, uint64_t hash);
void table_prefetch_entry(const struct table *table, uint64_t hash);

/*
 * Visits the entries of about one home bucket, from cursor on, in hash order; returns the next cursor, 0 at the
 * end; 0 begins. An entry that stays is visited at least once over a whole walk, whatever splits or
 * merges in between. A cursor has TABLE_CURSOR_BITS bits.
 */
#define TABLE_CURSOR_BITS 45
uint64_t table_scan(const struct table *table, uint64_t cursor, slot_visit *visit, void *context);

/* A random entry of a non-empty table, evenly chosen with the caller's random numbers. */
struct random_state;
struct entry *table_random(const struct table *table, struct random_state *random);

/*
 * Searches one segment for entries that have expired, or of whose value a part has: position 0 begins, the result is
 * the next position, 0 at the end. Writes up to max of them to expired_out (they are still in the table) and their
 * number to
 * *count_out; if there are more than max, the position stays. *looked_out is increased by the number of entries that
 * had to be read.
 */
uint64_t table_find_expired(struct table *table, uint64_t position, int64_t now_ms, struct entry **expired_out,
                            size_t max, size_t *count_out, size_t *looked_out);

/* The position at which table_find_expired() searches the same segment again as at this one. */
uint64_t table_stay(uint64_t position);

/* Bytes that the table occupies without its entries. At any time, as its counts. */
size_t table_memory(const struct table *table);

struct table_shape {
    size_t segments, buckets, displaced; /* displaced: entries outside their home bucket */
};
void table_shape_read(const struct table *table, struct table_shape *shape_out);

/* Checks all invariants; ends the process with a message if one is broken. */
void table_check(const struct table *table);

#endif
