/*
 * A shard: one of the parts into which hashes divide the keyspace, with the lock that guards it.
 *
 * A key's hash alone picks the shard, so one lock serves the key in every database (MOVE, COPY). Whoever takes
 * several takes them in ascending order; debug builds end the process otherwise.
 *
 * A thread that must wait for a lock is outside the gate meanwhile. So nobody inside waits for a lock, and whoever
 * holds locks can stop the world without a deadlock. The other side of it: a thread that has waited may have missed a
 * stopped world. So a call takes its locks all at once, before it reads anything, and is told.
 *
 * In a world that the calling thread has stopped there are no locks: taking one and giving it back do nothing. Somebody
 * may hold it who waits outside for the gate to open, and has not read anything yet. Take and give back on the same
 * side of gate_close() and gate_open().
 */
#ifndef KVS_STORE_SHARD_H
#define KVS_STORE_SHARD_H

#include "base/counter.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define KEYSPACE_SHARDS 256

struct table;

/* Private to store/. */
struct shard {
    pthread_mutex_t lock;
    /* guarded by lock */
    struct table **tables; /* one a database, NULL before its first key; see table_peek() */
    unsigned interest;     /* followers that want to know of changes here, a bit each; changed under the lock */
    relaxed_counter hits, misses, expired, changes; /* written under the lock, read by INFO */
#ifdef KVS_DEBUG
    const void *_Atomic owner; /* relaxed: a thread compares it with itself only, and wrote it then */
#endif
};

void shard_init(struct shard *shard, struct table **tables);
void shard_deinit(struct shard *shard);

/* False: the world was stopped while the thread waited. */
bool shard_lock(struct shard *shard);
void shard_unlock(struct shard *shard);

/* Without waiting, so the order doesn't matter. */
bool shard_try_lock(struct shard *shard);

/* Debug builds end the process unless the calling thread holds the shard's lock or has stopped the world. */
#ifdef KVS_DEBUG
void shard_assert_held(const struct shard *shard);
#else
static inline void shard_assert_held(const struct shard *shard)
{
    (void)shard;
}
#endif

/* ---- sets of shards ---- */

struct shard_set {
    unsigned words; /* those of bits that aren't 0, a bit each: most sets are of one shard */
    uint64_t bits[KEYSPACE_SHARDS / 64];
};

static inline unsigned key_shard(uint64_t hash)
{
    return (unsigned)(hash >> 15) % KEYSPACE_SHARDS;
}

static inline void shard_set_add(struct shard_set *set, uint64_t hash)
{
    unsigned shard = key_shard(hash);
    set->words |= 1u << shard / 64;
    set->bits[shard / 64] |= UINT64_C(1) << (shard % 64);
}

static inline bool shard_set_has(const struct shard_set *set, uint64_t hash)
{
    unsigned shard = key_shard(hash);
    return set->bits[shard / 64] >> (shard % 64) & 1;
}

/* Of shards, which are all KEYSPACE_SHARDS of a keyspace: those of the set. False: as shard_lock(). */
bool shard_set_lock(const struct shard_set *set, struct shard *shards);
void shard_set_unlock(const struct shard_set *set, struct shard *shards);

#endif
