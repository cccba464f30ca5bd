/*
 * A busy lock is usually free again within microseconds, and stopping the world costs all threads more than that. So
 * the lock is tried for a while first: so long a thread that closes the gate may wait for this one.
 */
#include "store/hold.h"

#include "base/gate.h"
#include "store/keyspace.h"
#include "store/keyspace_internal.h"
#include "store/lock_wait.h"

#include <assert.h>

/* The right to stop the world after a change. */
static pthread_mutex_t right = PTHREAD_MUTEX_INITIALIZER;

/* False: the world was stopped while the thread waited, or a thread stays for long, which may have the right. */
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
    return false;
}

void hold_begin_inside(struct hold *hold, struct keyspace *keyspace)
{
    *hold = (struct hold){.keyspace = keyspace, .is_inside = true};
    shard_set_fill(&hold->shards);
}

/* For a call that has changed something: no other thread may run alone before the call has ended. */
static enum hold_outcome stop_world_untorn(struct hold *hold)
{
    if (!hold->has_right && pthread_mutex_trylock(&right) != 0)
        return HOLD_REFUSED;
    hold->has_right = true;
    gate_insist_close(gate_current());
    hold->stopped_world = true;
    return HOLD_HELD;
}

enum hold_outcome hold_also(struct hold *hold, uint64_t hash, bool changed)
{
    if (gate_is_mine() || shard_set_has(&hold->shards, hash))
        return HOLD_HELD;
    if (shard_try_lock_for_a_while(&hold->keyspace->shards[key_shard(hash)])) {
        shard_set_add(&hold->shards, hash);
        return HOLD_HELD;
    }
    return changed ? stop_world_untorn(hold) : HOLD_RESTART;
}

enum hold_outcome hold_everything(struct hold *hold, bool changed)
{
    if (gate_is_mine())
        return HOLD_HELD;
    return changed ? stop_world_untorn(hold) : HOLD_RESTART;
}

void hold_end(struct hold *hold)
{
    if (hold->stopped_world)
        gate_open(gate_current()); /* first: in a stopped world, unlocking does nothing */
    hold->stopped_world = false;
    if (!hold->is_inside)
        keyspace_unlock(hold->keyspace, &hold->shards);
    hold->shards = (struct shard_set){0};
    give_up_right(hold);
}
