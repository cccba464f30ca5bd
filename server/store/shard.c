/*
 * Locks are held for well under a microsecond, so a thread spins for a while before it sleeps.
 */
#include "store/shard.h"

#include "base/gate.h"
#include "store/lock_wait.h"

#include <assert.h>
#include <string.h>

void shard_init(struct shard *shard)
{
    memset(shard, 0, sizeof *shard);
    pthread_mutexattr_t adaptive;
    pthread_mutexattr_init(&adaptive);
    pthread_mutexattr_settype(&adaptive, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(&shard->lock, &adaptive);
    pthread_mutexattr_destroy(&adaptive);
}

void shard_deinit(struct shard *shard)
{
    pthread_mutex_destroy(&shard->lock);
}

/* ---- checks in debug builds ---- */

#ifdef KVS_DEBUG
/* Its address identifies the thread. */
static __thread struct shard_order me; /* the shards that it holds */

static bool shard_is_held(const struct shard *shard)
{
    return atomic_load_explicit(&shard->owner, memory_order_relaxed) == &me;
}

static void assert_in_order(const struct shard *shard)
{
    assert(me.locked == 0 || shard > me.highest);
}

static void note_locked(struct shard *shard)
{
    if (me.locked++ == 0 || shard > me.highest)
        me.highest = shard;
    atomic_store_explicit(&shard->owner, &me, memory_order_relaxed);
}

static void note_unlocked(struct shard *shard)
{
    assert(shard_is_held(shard));
    me.locked--;
    atomic_store_explicit(&shard->owner, NULL, memory_order_relaxed);
}

struct shard_order shard_order_set_aside(void)
{
    struct shard_order order = me;
    me = (struct shard_order){0};
    return order;
}

void shard_order_bring_back(struct shard_order order)
{
    assert(me.locked == 0);
    me = order;
}

void shard_assert_held(const struct shard *shard)
{
    assert(shard_is_held(shard) || gate_is_mine());
}
#else
static inline void assert_in_order(const struct shard *shard)
{
    (void)shard;
}

static inline void note_locked(struct shard *shard)
{
    (void)shard;
}

static inline void note_unlocked(struct shard *shard)
{
    (void)shard;
}
#endif

/* ---- one ---- */

static __attribute__((noinline)) bool lock_outside(struct shard *shard)
{
    struct gate_absence absence = gate_step_out();
    pthread_mutex_lock(&shard->lock);
    return gate_step_in(absence);
}

static inline bool lock_one(struct shard *shard)
{
    assert_in_order(shard);
    bool ran_on = true;
    if (__builtin_expect(pthread_mutex_trylock(&shard->lock) != 0, 0))
        ran_on = lock_outside(shard);
    note_locked(shard);
    return ran_on;
}

static inline void unlock_one(struct shard *shard)
{
    note_unlocked(shard);
    pthread_mutex_unlock(&shard->lock);
}

bool shard_lock(struct shard *shard)
{
    return gate_is_mine() || lock_one(shard);
}

void shard_unlock(struct shard *shard)
{
    if (!gate_is_mine())
        unlock_one(shard);
}

bool shard_try_lock(struct shard *shard)
{
    if (gate_is_mine())
        return true;
    if (pthread_mutex_trylock(&shard->lock))
        return false;
    note_locked(shard);
    return true;
}

#define TRIES 100 /* a lock is usually free again within microseconds */

bool shard_try_lock_for_a_while(struct shard *shard)
{
    for (unsigned i = 0; i < TRIES; i++) {
        if (shard_try_lock(shard))
            return true;
        __builtin_ia32_pause();
    }
    return false;
}

/* ---- sets ---- */

/* Locks those that come before the first busy one, whose number it returns; KEYSPACE_SHARDS: none is. */
static inline __attribute__((always_inline)) unsigned lock_free_ones(const struct shard_set *set, struct shard *shards)
{
    for (unsigned words = set->words; words; words &= words - 1) {
        unsigned w = (unsigned)__builtin_ctz(words);
        for (uint64_t bits = set->bits[w]; bits; bits &= bits - 1) {
            unsigned number = w * 64 + (unsigned)__builtin_ctzll(bits);
            assert_in_order(&shards[number]);
            if (__builtin_expect(pthread_mutex_trylock(&shards[number].lock) != 0, 0))
                return number;
            note_locked(&shards[number]);
        }
    }
    return KEYSPACE_SHARDS;
}

static inline __attribute__((always_inline)) void unlock_all(const struct shard_set *set, struct shard *shards)
{
    for (unsigned words = set->words; words; words &= words - 1) {
        unsigned w = (unsigned)__builtin_ctz(words);
        for (uint64_t bits = set->bits[w]; bits; bits &= bits - 1)
            unlock_one(&shards[w * 64 + (unsigned)__builtin_ctzll(bits)]);
    }
}

/* Unlocks those of the set that come before the shard with this number. */
static __attribute__((noinline)) void unlock_before(const struct shard_set *set, struct shard *shards, unsigned number)
{
    struct shard_set before = {0};
    for (unsigned shard = 0; shard < number; shard++)
        if (shard_set_has_shard(set, shard))
            shard_set_add_shard(&before, shard);
    unlock_all(&before, shards);
}

/* Locks those from this number on. */
static __attribute__((noinline)) bool lock_rest_unless_long(const struct shard_set *set, struct shard *shards,
                                                            unsigned first)
{
    bool same = true;
    for (unsigned number = first; number < KEYSPACE_SHARDS; number++) {
        if (!shard_set_has_shard(set, number))
            continue;
        assert_in_order(&shards[number]);
        if (pthread_mutex_trylock(&shards[number].lock) != 0 && !lock_unless_long(&shards[number].lock, &same)) {
            unlock_before(set, shards, number);
            return false;
        }
        note_locked(&shards[number]);
    }
    if (!same)
        unlock_before(set, shards, KEYSPACE_SHARDS);
    return same;
}

bool shard_set_lock_unless_long(const struct shard_set *set, struct shard *shards)
{
    if (gate_is_mine())
        return true;
    unsigned busy = lock_free_ones(set, shards);
    return __builtin_expect(busy == KEYSPACE_SHARDS, 1) || lock_rest_unless_long(set, shards, busy);
}

/* Who waits holds no other lock meanwhile: somebody with a claim may want it. */
bool shard_set_lock(const struct shard_set *set, struct shard *shards)
{
    bool ran_on = true;
    unsigned busy;
    if (gate_is_mine())
        return true;
    while ((busy = lock_free_ones(set, shards)) < KEYSPACE_SHARDS) {
        unlock_before(set, shards, busy);
        ran_on &= lock_outside(&shards[busy]);
        pthread_mutex_unlock(&shards[busy].lock);
    }
    return ran_on;
}

bool shard_set_try_lock(const struct shard_set *set, struct shard *shards)
{
    unsigned busy = gate_is_mine() ? KEYSPACE_SHARDS : lock_free_ones(set, shards);
    if (busy < KEYSPACE_SHARDS)
        unlock_before(set, shards, busy);
    return busy == KEYSPACE_SHARDS;
}

void shard_set_unlock(const struct shard_set *set, struct shard *shards)
{
    if (!gate_is_mine())
        unlock_all(set, shards);
}
