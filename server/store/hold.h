/*
 * A hold: the shards that a call may touch, for calls that don't know all of them at the beginning (scripts).
 *
 * It begins with the known shards. hold_also() asks for one more, with locks held:
 *
 *   held already, or free             HOLD_HELD, at once
 *   busy, nothing changed so far      HOLD_RESTART: the call ends its hold and begins again with what is wanted then,
 *                                     and with the right below
 *   busy, something changed           HOLD_HELD: the world is stopped until the call ends, and everything is held
 *   the same, without the right       HOLD_REFUSED: the call must end here, with its locks and an error
 *
 * No change is torn: a call that has changed something never releases a lock or steps out of the gate before it ends,
 * so a thread that stops the world waits for its end. Whoever is about to stop the world gives way to such a call. Two
 * of these would wait for each other; so only one hold at a time has the *right* to stop the world after a change.
 * It is taken before the locks. A call that is known to need no more than it has named does without; if it is wrong and
 * the right is taken, it is refused.
 * No call hangs: calls wait for locks, and for the right, outside the gate, in order, while holding only locks under
 * which they have read nothing; a thread that stops the world waits only for threads inside, and those wait for no
 * other, but for the one with the right.
 * Every call gets on: each restart adds a shard to the set, so a call restarts at most as often as there are shards.
 *
 * A restart may come with a world that was stopped in between: whoever asked whether the call may run asks again.
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
    bool is_inside;          /* its locks are another's, who gives them back */
    bool has_right;
    bool stopped_world; /* by this hold, until it ends */
};

/*
 * Takes the locks of the set, and the right before them if it is asked for. False: nothing is held, and the world was
 * stopped while the thread waited, or may be soon.
 */
bool hold_begin(struct hold *hold, struct keyspace *keyspace, const struct shard_set *set, bool with_right);

/* A hold inside a call that has locked all shards, without the right. */
void hold_begin_inside(struct hold *hold, struct keyspace *keyspace);

/* Asks for the shard of hash as well. changed: the call has already changed something under the hold. */
enum hold_outcome hold_also(struct hold *hold, uint64_t hash, bool changed);

/* Asks for everything: HOLD_RESTART, in a stopped world, if nothing was changed. */
enum hold_outcome hold_everything(struct hold *hold, bool changed);

/* Lets the world run again and releases all locks, and the right. */
void hold_end(struct hold *hold);

#endif
