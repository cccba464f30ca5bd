/*
 * Locks are held for well under a microsecond, so a thread spins for a while before it sleeps.
 */
#include "store/shard.h"

#include <assert.h>
#include <string.h>

#ifdef KVS_DEBUG
static __thread const struct shard *shard_last_locked;
static __thread unsigned shards_locked;
#endif

void shard_init(struct shard *shard, struct table **tables)
{
    memset(shard, 0, sizeof *shard);
    pthread_mutexattr_t adaptive;
    pthread_mutexattr_init(&adaptive);
    pthread_mutexattr_settype(&adaptive, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(&shard->lock, &adaptive);
    pthread_mutexattr_destroy(&adaptive);
    shard->tables = tables;
}

void shard_deinit(struct shard *shard)
{
    pthread_mutex_destroy(&shard->lock);
}

void shard_lock(struct shard *shard)
{
#ifdef KVS_DEBUG
    assert(shards_locked == 0 || shard > shard_last_locked);
    shards_locked++;
    shard_last_locked = shard;
#endif
    pthread_mutex_lock(&shard->lock);
}

void shard_unlock(struct shard *shard)
{
#ifdef KVS_DEBUG
    assert(shards_locked > 0);
    shards_locked--;
#endif
    pthread_mutex_unlock(&shard->lock);
}

void shard_set_lock(const struct shard_set *set, struct shard *shards)
{
    for (unsigned w = 0; w < KEYSPACE_SHARDS / 64; w++)
        for (uint64_t bits = set->bits[w]; bits; bits &= bits - 1)
            shard_lock(&shards[w * 64 + (unsigned)__builtin_ctzll(bits)]);
}

void shard_set_unlock(const struct shard_set *set, struct shard *shards)
{
    for (unsigned w = 0; w < KEYSPACE_SHARDS / 64; w++)
        for (uint64_t bits = set->bits[w]; bits; bits &= bits - 1)
            shard_unlock(&shards[w * 64 + (unsigned)__builtin_ctzll(bits)]);
}
