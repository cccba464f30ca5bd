/*
 * A busy lock is usually free again within microseconds, and a claim costs others more than that. So the lock is tried
 * for a while first: so long a thread that closes the gate may wait for this one.
 */
#include "store/hold.h"

#include "base/gate.h"
#include "store/keyspace.h"
#include "store/keyspace_internal.h"
#include "store/lock_wait.h"

#include <assert.h>
#include <stdatomic.h>
#include <time.h>

#define NAP_NS 50000 /* before what is busy is asked for again */

/* The right to claim what others hold. */
static pthread_mutex_t right = PTHREAD_MUTEX_INITIALIZER;

/* Whoever has it claims something, and waits for those without it that have changed something. */
static atomic_bool right_is_used;

/* False: the world was stopped while the thread waited, or who has the right may keep it for long. */
static bool take_right(struct hold *hold)
{
    bool same = true;
    hold->has_right = pthread_mutex_trylock(&right) == 0 || lock_unless_long(&right, &same);
    return hold->has_right && same;
}

static void give_up_right(struct hold *hold)
{
    if (hold->has_right)
        pthread_mutex_unlock(&right);
    hold->has_right = false;
}

bool hold_begin(struct hold *hold, struct keyspace *keyspace, const struct shard_set *set, bool with_right)
{
    *hold = (struct hold){.keyspace = keyspace};
    bool same = gate_is_mine() || !with_right || take_right(hold);
    if (same && keyspace_lock_unless_long(keyspace, set)) {
        hold->shards = *set;
        return true;
    }
    give_up_right(hold);
    lock_wait_stand_back();
    return false;
}

void hold_begin_inside(struct hold *hold, struct keyspace *keyspace)
{
    *hold = (struct hold){.keyspace = keyspace, .is_inside = true};
    shard_set_fill(&hold->shards);
}

static void take_nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
}

/* For a call that has changed something: makes others give up what they hold. */
static enum hold_outcome claim(struct hold *hold)
{
    if (!hold->has_right)
        hold->has_right = pthread_mutex_trylock(&right) == 0;
    if (!hold->has_right && atomic_load_explicit(&right_is_used, memory_order_relaxed))
        return HOLD_REFUSED;
    if (hold->has_right)
        atomic_store_explicit(&right_is_used, true, memory_order_relaxed);
    if (hold->claims)
        take_nap();
    else
        gate_claim(gate_current());
    hold->claims = true;
    return HOLD_BUSY;
}

/* It has what it asked for. */
static enum hold_outcome end_claim(struct hold *hold)
{
    if (hold->claims)
        gate_claim_end(gate_current());
    if (hold->has_right)
        atomic_store_explicit(&right_is_used, false, memory_order_relaxed);
    hold->claims = false;
    return HOLD_HELD;
}

static bool try_add(struct hold *hold, unsigned shard)
{
    if (!shard_set_has_shard(&hold->shards, shard)) {
        if (!shard_try_lock_for_a_while(&hold->keyspace->shards[shard]))
            return false;
        shard_set_add_shard(&hold->shards, shard);
    }
    return true;
}

enum hold_outcome hold_also(struct hold *hold, uint64_t hash, bool changed)
{
    if (gate_is_mine())
        return HOLD_HELD;
    if (try_add(hold, key_shard(hash)))
        return end_claim(hold);
    return changed ? claim(hold) : HOLD_RESTART;
}

/* Those that are free now stay locked if it fails. */
static bool try_add_all(struct hold *hold)
{
    bool all = true;
    for (unsigned shard = 0; shard < KEYSPACE_SHARDS; shard++)
        all = try_add(hold, shard) && all;
    return all;
}

enum hold_outcome hold_alone(struct hold *hold, bool changed)
{
    if (gate_is_mine())
        return HOLD_HELD;
    if (!changed && !(hold->has_right && shard_set_is_full(&hold->shards)))
        return HOLD_RESTART;
    if (!try_add_all(hold) || !hold->has_right || !hold->claims || !gate_claim_close(gate_current()))
        return claim(hold);
    hold->is_alone = true;
    return end_claim(hold);
}

void hold_beside(struct hold *hold)
{
    if (hold->is_alone)
        gate_open(gate_current());
    hold->is_alone = false;
}

void hold_end(struct hold *hold)
{
    hold_beside(hold);
    end_claim(hold);
    if (!hold->is_inside)
        keyspace_unlock(hold->keyspace, &hold->shards);
    hold->shards = (struct shard_set){0};
    give_up_right(hold);
}
