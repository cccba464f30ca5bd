/*
 * A hold: the shards that a call may touch, for calls that learn of some of them only on their way (scripts, a waiter
 * that is served by a push, SORT with computed keys).
 *
 * It begins with what is known. hold_also() asks for one more shard, with locks held:
 *
 *   held already, or free             HOLD_HELD, at once
 *   busy, nothing changed so far      HOLD_RESTART: all locks were given back and taken again with the new one among
 *                                     them, in order; what was read counts no more, and the call begins again
 *   busy, something changed           HOLD_HELD: the world is stopped until the call ends, and everything is held
 *   the same, somebody else is
 *   stopping the world                HOLD_REFUSED: the call must end here, with its locks and an error
 *
 * Nothing is torn: whoever has changed something never lets go of a lock nor steps out of the gate before its call
 * ends, so who stops the world waits for its end. It can't wait as well, if both are to get on: that is the refusal.
 * Nothing hangs: waiting for a lock happens outside the gate, in ascending order, by calls that hold only locks under
 * which they have read nothing; stopping the world waits only for threads inside, and those wait for nobody.
 * Everybody gets on: each restart adds a shard to the set, so a call restarts at most as often as there are shards; of
 * two that refuse each other's wish one has closed the gate and goes on.
 *
 * A call that must not be refused takes everything before its first change (hold_everything).
 *
 * A hold is of one thread, and one at a time. In a world that this thread has stopped before, everything is held.
 */
#ifndef KVS_STORE_HOLD_H
#define KVS_STORE_HOLD_H

#include "store/shard.h"

#include <stdbool.h>
#include <stdint.h>

struct keyspace;

enum hold_outcome { HOLD_HELD, HOLD_RESTART, HOLD_REFUSED };

struct hold {
    struct keyspace *keyspace;
    struct shard_set shards; /* locked */
    bool stopped_world;      /* by this hold, until it ends */
};

/* Takes the locks of the set. False: the world was stopped while the thread waited. */
bool hold_begin(struct hold *hold, struct keyspace *keyspace, const struct shard_set *set);

/* The shard of hash as well. changed: the call has changed something under the hold. */
enum hold_outcome hold_also(struct hold *hold, uint64_t hash, bool changed);

/* Everything, by stopping the world: HOLD_RESTART where nothing was changed, otherwise HOLD_HELD or HOLD_REFUSED. */
enum hold_outcome hold_everything(struct hold *hold, bool changed);

/* Lets the world run and gives back all locks. */
void hold_end(struct hold *hold);

#endif
