/*
 * A busy lock is usually free again within microseconds, and stopping the world costs all threads more than that. So
 * the lock is tried for a while first: so long a thread that closes the gate may wait for this one.
 */
#include "store/hold.h"

#include "base/gate.h"
#include "store/keyspace.h"
#include "store/keyspace_internal.h"

#include <assert.h>

bool hold_begin(struct hold *hold, struct keyspace *keyspace, const struct shard_set *set)
{
    *hold = (struct hold){.keyspace = keyspace, .shards = *set};
    return keyspace_lock(keyspace, set);
}

/* For a call that has changed something: no other thread may run alone before the call has ended. */
static enum hold_outcome stop_world_untorn(struct hold *hold)
{
    struct gate_member *member = gate_current();
    if (!member || !gate_try_close(member))
        return HOLD_REFUSED;
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
    if (changed)
        return stop_world_untorn(hold);
    keyspace_unlock(hold->keyspace, &hold->shards);
    shard_set_add(&hold->shards, hash);
    keyspace_lock(hold->keyspace, &hold->shards);
    return HOLD_RESTART;
}

enum hold_outcome hold_everything(struct hold *hold, bool changed)
{
    if (gate_is_mine())
        return HOLD_HELD;
    if (changed)
        return stop_world_untorn(hold);
    keyspace_unlock(hold->keyspace, &hold->shards);
    hold->shards = (struct shard_set){0};
    gate_close(gate_current());
    hold->stopped_world = true;
    return HOLD_RESTART;
}

void hold_end(struct hold *hold)
{
    if (hold->stopped_world)
        gate_open(gate_current()); /* first: in a stopped world, unlocking does nothing */
    hold->stopped_world = false;
    keyspace_unlock(hold->keyspace, &hold->shards);
    hold->shards = (struct shard_set){0};
}
