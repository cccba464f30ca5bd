/* What the files of the keyspace share: the structs behind keyspace.h. Private to store/keyspace*.c. */
#ifndef KVS_STORE_KEYSPACE_INTERNAL_H
#define KVS_STORE_KEYSPACE_INTERNAL_H

#include "store/keyspace.h"
#include "store/table.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

typedef _Atomic uint64_t shard_counter; /* relaxed: written under the shard's lock, read by INFO */

struct shard {
    pthread_mutex_t lock;
    /* guarded by lock */
    struct table **tables; /* one a database, NULL while empty */
    shard_counter hits, misses, expired, changes;
};

struct keyspace {
    int databases;
    atomic_bool active_expiry;
    atomic_bool expiry_suspended; /* CLIENT PAUSE: nothing expires, neither now nor later */
    /* of the thread that runs the expiry rounds */
    unsigned round_shard;
    unsigned round_done; /* tables that this tour has seen */
    int round_db;
    uint64_t round_position;
    struct table **tables; /* all shards' pointers, in one piece */
    struct shard shards[KEYSPACE_SHARDS];
};

static inline void counter_add(shard_counter *counter, uint64_t n)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, value + n, memory_order_relaxed);
}

static inline size_t table_count(const struct table *table)
{
    return table ? atomic_load_explicit(&table->count, memory_order_relaxed) : 0;
}

/*
 * A shard's lock. Whoever takes several takes them in ascending order; debug builds end the process otherwise.
 */
#ifdef KVS_DEBUG
extern __thread const struct shard *shard_last_locked;
extern __thread unsigned shards_locked; /* by this thread */
#endif

static inline void shard_lock(struct shard *shard)
{
#ifdef KVS_DEBUG
    assert(shards_locked == 0 || shard > shard_last_locked);
    shards_locked++;
    shard_last_locked = shard;
#endif
    pthread_mutex_lock(&shard->lock);
}

static inline void shard_unlock(struct shard *shard)
{
#ifdef KVS_DEBUG
    assert(shards_locked > 0);
    shards_locked--;
#endif
    pthread_mutex_unlock(&shard->lock);
}

/* Takes an entry out of its table and frees it; counts a change. Under the shard's lock. */
void shard_drop(struct shard *shard, struct table *table, uint64_t hash, table_slot *slot, bool lazily);

/* Frees what the calling thread has dropped under locks. No lock is held. */
void keyspace_drain_garbage(void);

#endif
