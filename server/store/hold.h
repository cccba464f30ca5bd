/*
 * A hold: the shards that a call may touch, for calls that don't know all of them at the beginning (scripts).
 *
 * It begins with the known shards. hold_also() asks for one more, with locks held:
 *
 *   held already, or free             HOLD_HELD, at once
 *   busy, nothing changed so far      HOLD_RESTART: the call ends its hold and begins again with what is wanted then,
 *                                     and with the right below
 *   busy, something changed           HOLD_BUSY: the call lets some time pass and asks again; meanwhile it *claims* what
 *                                     it needs (gate_claim()), so others that have read nothing give it up
 *   the same, and another hold with   HOLD_REFUSED: the call must end here, with its locks and an error
 *   the right claims something
 *
 * hold_alone() asks for all shards and a stopped world in the same way, for a command that runs only so; hold_beside()
 * lets the world run again, and the hold keeps all shards.
 *
 * No change is torn: a call that has changed something never releases a lock or steps out of the gate before it ends,
 * and a thread that stops the world waits for its end, or gives way to its claim. Two calls that have
 * changed something could wait for each other; so only one hold at a time has the *right* not to be refused. It is taken
 * before the locks. A call that is known to need no more than it has named does without, and takes it when it is wrong,
 * if it is free.
 * No call hangs: calls wait for locks, and for the right, outside the gate, while holding only locks under which they
 * have read nothing, and give those back when there is a claim; a thread that stops the world waits only for threads
 * inside, and those wait for no other, but with a claim.
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

enum hold_outcome { HOLD_HELD, HOLD_RESTART, HOLD_BUSY, HOLD_REFUSED };

struct hold {
    struct keyspace *keyspace;
    struct shard_set shards; /* locked */
    bool is_inside;          /* its locks are another's, who gives them back */
    bool has_right;
    bool claims;
    bool is_alone; /* it has stopped the world */
};

/*
 * Takes the locks of the set, and the right before them if it is asked for. False: nothing is held, and the world was
 * stopped while the thread waited, or a thread stays for long, or has a claim.
 */
bool hold_begin(struct hold *hold, struct keyspace *keyspace, const struct shard_set *set, bool with_right);

/* A hold inside a call that has locked all shards, without the right. */
void hold_begin_inside(struct hold *hold, struct keyspace *keyspace);

/* Asks for the shard of hash as well. changed: the call has already changed something under the hold. */
enum hold_outcome hold_also(struct hold *hold, uint64_t hash, bool changed);

/* Asks for everything, in a stopped world. HOLD_RESTART: with all shards, and the right. */
enum hold_outcome hold_alone(struct hold *hold, bool changed);

/* Lets the world run again if hold_alone() has stopped it. */
void hold_beside(struct hold *hold);

/* Releases all locks, and the right. */
void hold_end(struct hold *hold);

#endif
