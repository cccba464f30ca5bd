/*
 * Queues of waiters: for each key that somebody waits for, who does, in the order in which they came.
 *
 * A queue is guarded by the lock of its key's shard, or by a stopped world. Whoever comes first is decided under that
 * lock, whatever the worker. A waiter whose wait is over may still be in queues: whoever meets it passes it by.
 *
 * A follower of the keyspace's changes (store/hooks.h) notes keys that others wait for and that hold, after a change,
 * something of a type that they wait for, or no such thing any more where somebody minds that: such a key is *ready*.
 * Ready keys are a list of the thread that has changed them, in the order in which they became ready; it empties the
 * list (wait_queue_next()) before it gives the locks back under which it made the changes.
 */
#ifndef KVS_CLIENTS_WAIT_QUEUE_H
#define KVS_CLIENTS_WAIT_QUEUE_H

#include "clients/waiter.h"
#include "store/key_map.h"
#include "store/shard.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct keyspace;

struct wait_node {
    struct key_node key_node; /* first */
    struct wait_link *first, *last;
    struct wait_node *next_ready;
    uint64_t reached; /* number of the last wait_queue_reach() that has seen it */
    unsigned moves;   /* waiters that put what they take under another key */
    unsigned minders; /* waiters that have to know when the key is gone */
    uint16_t types;   /* a bit for each enum type_number that somebody in the queue has waited for */
    bool ready;       /* in the list of the thread that holds the shard */
};

/* Before threads start. */
void wait_queue_init(struct keyspace *keyspace);

/* ---- under the lock of the key's shard ---- */

/* Appends the waiter's link number i to the queue of its key, unless the waiter is in it. */
void wait_queue_add(struct waiter *waiter, unsigned i);

/* Takes a link out of its queue if it is in one. It may be the last that is heard of the waiter. */
void wait_queue_remove(struct wait_link *link);

/* ---- ready keys, under the locks with which they were changed ---- */

extern __thread struct wait_node *wait_queue_ready; /* private */

/* Whether the calling thread has ready keys. */
static inline bool wait_queue_has_ready(void)
{
    return __builtin_expect(wait_queue_ready != NULL, 0);
}

/*
 * Takes the first ready key from the list. Until wait_queue_done(), which follows, it doesn't become ready again, and
 * its queue stays, even if it is empty.
 */
struct wait_node *wait_queue_next(void);

/* The same for a key that isn't ready. */
static inline void wait_queue_begin(struct wait_node *node)
{
    node->ready = true;
}
void wait_queue_done(struct wait_node *node);

/*
 * Other calls run in the middle of one: sets its ready keys aside, and brings them back when there are no others.
 */
struct wait_queue_aside {
    struct wait_node *first, *last;
};
struct wait_queue_aside wait_queue_set_aside(void);
void wait_queue_bring_back(struct wait_queue_aside aside);

/* ---- waiters that move ---- */

extern atomic_uint wait_queue_moves; /* private */

/* Whether somebody waits to move something. Relaxed: who has a key's lock sees those who wait for that key. */
static inline bool wait_queue_has_moves(void)
{
    return __builtin_expect(atomic_load_explicit(&wait_queue_moves, memory_order_relaxed) > 0, 0);
}

/*
 * Adds the shards that are touched when waiters for these keys (NULL: for any of the shards that are held) are served:
 * those of the keys that they move to, and so on from there. The caller holds held, which has the shards of the keys.
 * False: held has all of them already; true: wanted_out has more, and perhaps not all, since only what is held can be
 * looked at. Where more than 1,024 wait for a key, it is all shards.
 */
bool wait_queue_reach(const struct key *keys, size_t count, const struct shard_set *held, struct shard_set *wanted_out);

/* ---- its worker, or a stopped world ---- */

/* Bytes of a waiter, with about those of its queues; NULL has none. */
size_t waiter_memory(const struct waiter *waiter);

/* ---- any thread ---- */

/* Keys that somebody waits for. */
size_t wait_queue_keys(void);

/* Those among them of which somebody has to know when they are gone. */
size_t wait_queue_minded_keys(void);

#endif
