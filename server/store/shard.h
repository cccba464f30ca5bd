/*
 * A shard: one of the parts into which hashes divide the keyspace, with the lock that guards it.
 *
 * A key's hash alone picks the shard, so one lock serves the key in every database (MOVE, COPY). A thread that takes
 * several takes them in ascending order; debug builds end the process otherwise.
 *
 * A thread that has to wait for a lock leaves the gate meanwhile. So no thread waits for a lock inside, and a thread
 * that holds locks can stop the world without a deadlock. In return, the world may have been stopped while a thread
 * waited. So a call takes all its locks at once, before it reads anything, and learns from the result whether it was.
 *
 * A thread that has stopped the world needs no locks: for it, locking and unlocking do nothing. Another thread may hold
 * a lock meanwhile, but that one waits outside for the gate to open, and hasn't read anything yet. Lock and unlock on
 * the same side of gate_close() and gate_open().
 */
#ifndef KVS_STORE_SHARD_H
#define KVS_STORE_SHARD_H

#include "base/counter.h"
#include "store/database_set.h"

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
    struct table **tables;    /* one per database, NULL before its first key; see table_peek() */
    struct database_set used; /* the databases that have a table here */
    unsigned interest;        /* a bit for each follower that is interested in changes here */
    relaxed_counter hits, misses, expired, parts_expired, changes; /* written under the lock, read by INFO */
#ifdef KVS_DEBUG
    const void *_Atomic owner; /* relaxed: a thread only asks whether it is the owner, which it then wrote itself */
#endif
};

/* Without tables, which the keyspace gives to it. */
void shard_init(struct shard *shard);
void shard_deinit(struct shard *shard);

/* False: the world was stopped while the thread waited. */
bool shard_lock(struct shard *shard);
void shard_unlock(struct shard *shard);

/* False: another thread has the lock. Never waits, so the order doesn't matter. */
bool shard_try_lock(struct shard *shard);

/* The same, for some microseconds: long enough for what usually holds a lock. */
bool shard_try_lock_for_a_while(struct shard *shard);

/* Debug builds end the process unless the calling thread holds the shard's lock or has stopped the world. */
#ifdef KVS_DEBUG
void shard_assert_held(const struct shard *shard);
#else
static inline void shard_assert_held(const struct shard *shard)
{
    (void)shard;
}
#endif

/*
 * A thread that holds shards serves others in the middle of it: what it takes for them has an order of its own, since it
 * waits for none of it (shard_set_lock_unless_long()). For debug builds, which check the order.
 */
struct shard_order {
    unsigned locked;
    const struct shard *highest;
};
#ifdef KVS_DEBUG
struct shard_order shard_order_set_aside(void);
void shard_order_bring_back(struct shard_order order);
#else
static inline struct shard_order shard_order_set_aside(void)
{
    return (struct shard_order){0};
}

static inline void shard_order_bring_back(struct shard_order order)
{
    (void)order;
}
#endif

/* ---- sets of shards ---- */

struct shard_set {
    unsigned words; /* a bit for each word of bits that isn't 0: most sets have one shard */
    uint64_t bits[KEYSPACE_SHARDS / 64];
};

static inline unsigned key_shard(uint64_t hash)
{
    return (unsigned)(hash >> 15) % KEYSPACE_SHARDS;
}

static inline void shard_set_add_shard(struct shard_set *set, unsigned shard)
{
    set->words |= 1u << shard / 64;
    set->bits[shard / 64] |= UINT64_C(1) << (shard % 64);
}

static inline void shard_set_add(struct shard_set *set, uint64_t hash)
{
    shard_set_add_shard(set, key_shard(hash));
}

static inline void shard_set_add_all(struct shard_set *set, const struct shard_set *others)
{
    set->words |= others->words;
    for (unsigned i = 0; i < KEYSPACE_SHARDS / 64; i++)
        set->bits[i] |= others->bits[i];
}

static inline bool shard_set_has_shard(const struct shard_set *set, unsigned shard)
{
    return set->bits[shard / 64] >> (shard % 64) & 1;
}

static inline bool shard_set_has(const struct shard_set *set, uint64_t hash)
{
    return shard_set_has_shard(set, key_shard(hash));
}

static inline void shard_set_fill(struct shard_set *set)
{
    for (unsigned shard = 0; shard < KEYSPACE_SHARDS; shard++)
        shard_set_add_shard(set, shard);
}

static inline bool shard_set_is_full(const struct shard_set *set)
{
    uint64_t all = UINT64_MAX;
    for (unsigned i = 0; i < KEYSPACE_SHARDS / 64; i++)
        all &= set->bits[i];
    return all == UINT64_MAX;
}

/*
 * Lock those of a keyspace's KEYSPACE_SHARDS shards that are in the set. False: as shard_lock(). By a thread that holds
 * no others.
 */
bool shard_set_lock(const struct shard_set *set, struct shard *shards);

/*
 * The same for a call that can be asked anew whether it may run, in order, so that it waits behind nobody twice. False:
 * none is locked, because the world was stopped while the thread waited, or a thread stays inside the gate for long
 * (gate_stay_begin()), which may hold what is waited for, or one has a claim (gate_claim()) to what others hold.
 */
bool shard_set_lock_unless_long(const struct shard_set *set, struct shard *shards);

/* Without waiting: all of them, or (false) none. */
bool shard_set_try_lock(const struct shard_set *set, struct shard *shards);
void shard_set_unlock(const struct shard_set *set, struct shard *shards);

#endif
