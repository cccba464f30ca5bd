/*
 * A shard: one of the parts into which hashes divide the keyspace, with the lock that guards it.
 *
 * A key's hash alone picks the shard, so one lock serves the key in every database (MOVE, COPY). Whoever takes
 * several takes them in ascending order; debug builds end the process otherwise.
 */
#ifndef KVS_STORE_SHARD_H
#define KVS_STORE_SHARD_H

#include "base/counter.h"

#include <pthread.h>
#include <stdint.h>

#define KEYSPACE_SHARDS 256

struct table;

/* Private to store/. */
struct shard {
    pthread_mutex_t lock;
    /* guarded by lock */
    struct table **tables; /* one a database, NULL while empty */
    unsigned interest;     /* followers that want to know of changes here, a bit each; changed under the lock */
    relaxed_counter hits, misses, expired, changes; /* written under the lock, read by INFO */
};

void shard_init(struct shard *shard, struct table **tables);
void shard_deinit(struct shard *shard);

void shard_lock(struct shard *shard);
void shard_unlock(struct shard *shard);

/* ---- sets of shards ---- */

struct shard_set { /* a bit each */
    uint64_t bits[KEYSPACE_SHARDS / 64];
};

static inline unsigned key_shard(uint64_t hash)
{
    return (unsigned)(hash >> 15) % KEYSPACE_SHARDS;
}

static inline void shard_set_add(struct shard_set *set, uint64_t hash)
{
    unsigned shard = key_shard(hash);
    set->bits[shard / 64] |= UINT64_C(1) << (shard % 64);
}

/* Of shards, which are all KEYSPACE_SHARDS of a keyspace: those of the set. */
void shard_set_lock(const struct shard_set *set, struct shard *shards);
void shard_set_unlock(const struct shard_set *set, struct shard *shards);

#endif
