/*
 * A hold: the shards that a call may touch, for calls that don't know all of them at the beginning (scripts, a waiter
 * that is served by a push, SORT with computed keys).
 *
 * It begins with the known shards. hold_also() asks for one more, with locks held:
 *
 *   held already, or free             HOLD_HELD, at once
 *   busy, nothing changed so far      HOLD_RESTART: all locks were released and taken again, in order, the new one
 *                                     among them; what the call has read may be outdated, so it begins again
 *   busy, something changed           HOLD_HELD: the world is stopped until the call ends, and everything is held
 *   the same, and another thread
 *   is stopping the world             HOLD_REFUSED: the call must end here, with its locks and an error
 *
 * No change is torn: a call that has changed something never releases a lock or steps out of the gate before it ends,
 * so a thread that stops the world waits for its end. The call can't wait for that thread as well, or neither would get
 * on: hence the refusal.
 * No call hangs: calls wait for locks outside the gate, in ascending order, while holding only locks under which they
 * have read nothing; a thread that stops the world waits only for threads inside, and those wait for no other.
 * Every call gets on: each restart adds a shard to the set, so a call restarts at most as often as there are shards; if
 * one is refused because another thread closes the gate, that thread goes on.
 *
 * A restart may come with a world that was stopped in between: whoever asked whether the call may run asks again.
 *
 * A call that must not be refused takes everything before its first change (hold_everything).
 *
 * A thread has at most one hold at a time, and doesn't share it. If it has stopped the world before, everything is
 * held.
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

/* Asks for the shard of hash as well. changed: the call has already changed something under the hold. */
enum hold_outcome hold_also(struct hold *hold, uint64_t hash, bool changed);

/*
 * Asks for everything, by stopping the world: HOLD_RESTART if nothing was changed, otherwise HOLD_HELD or HOLD_REFUSED.
 */
enum hold_outcome hold_everything(struct hold *hold, bool changed);

/* Lets the world run again and releases all locks. */
void hold_end(struct hold *hold);

#endif
