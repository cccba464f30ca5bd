/* What the files of the keyspace share: the structs behind keyspace.h. Private to store/keyspace*.c. */
#ifndef KVS_STORE_KEYSPACE_INTERNAL_H
#define KVS_STORE_KEYSPACE_INTERNAL_H

#include "base/clock.h"
#include "base/counter.h"
#include "store/epoch.h"
#include "store/hooks.h"
#include "store/keyspace.h"
#include "store/shard.h"
#include "store/table.h"

#include <stdatomic.h>

/* How far active expiry has come on its way through all tables. Of the thread that runs the rounds. */
struct tour {
    uint64_t done[KEYSPACE_SHARDS / 64]; /* a bit for each shard that it has been through */
    unsigned shards_done;
    unsigned shard; /* where it is */
    int db;
    uint64_t position; /* in the table */
};

/* The epoch that goes on, or the last one. Of the thread that walks, and of whoever has stopped the world. */
struct epoch {
    struct epoch_keeper *keeper; /* of the last one that has begun */
    struct follower follower;
    unsigned follower_number;
    bool follows;      /* since the first epoch */
    int *numbers;      /* of databases then, by those that they have now; NULL: nothing was swapped */
    unsigned shard;    /* where the walk is; KEYSPACE_SHARDS: it has ended */
    int db;            /* in it, by its present number */
    uint64_t position; /* in its table */
    atomic_bool walks; /* the walk hasn't ended */
    atomic_uint heirs; /* tables that were flushed, and are still to be freed */
};

struct keyspace {
    int databases;
    atomic_bool active_expiry;
    _Atomic int64_t expiry_suspended_until_ms; /* monotonic; CLIENT PAUSE: no expired key is deleted before */
    struct tour tour;
    struct database_set used; /* the databases that have a table in some shard */
    void *reserved;           /* all shards' pointers and the bits of all sets */
    size_t reserved_size;
    struct hooks hooks;
    struct epoch epoch;
    struct shard shards[KEYSPACE_SHARDS];
};

/* The clock is asked only if there has been a suspension. */
static inline bool keyspace_expiry_is_suspended(const struct keyspace *keyspace)
{
    int64_t until_ms = atomic_load_explicit(&keyspace->expiry_suspended_until_ms, memory_order_relaxed);
    return until_ms > 0 && clock_monotonic_ms() < until_ms;
}

static inline size_t table_count(const struct table *table)
{
    return table ? atomic_load_explicit(&table->count, memory_order_relaxed) : 0;
}

/*
 * A table without its shard's lock, only for its counts. A table is made under the lock and destroyed only while the
 * world is stopped, so inside the gate it stays. Pairs with the release in keyspace_insert().
 */
static inline const struct table *table_peek(const struct shard *shard, int db)
{
    return __atomic_load_n(&shard->tables[db], __ATOMIC_ACQUIRE);
}

/* Makes room for the pointers to all tables. They are NULL, and no database is in use. World stopped, or at start. */
void keyspace_reserve(struct keyspace *keyspace);

/* ---- the hooks' one body each; under the shard's lock ---- */

/* interest has a bit for each follower to be called; for a key it is its shard's. */
static inline void hook_before(const struct view *view, unsigned interest, const struct key *key,
                               const struct entry *entry)
{
    if (__builtin_expect(interest != 0, 0))
        hooks_tell_before(&view->keyspace->hooks, interest, view, key, entry);
}

/* changes is added to the count of changes: the event's, or the number of a whole database's keys. */
static inline void hook_after(struct view *view, struct shard *shard, unsigned interest, const struct key *key,
                              const struct key_event *event, size_t changes)
{
    view->events++;
    counter_add(&shard->changes, changes);
    if (__builtin_expect(interest != 0, 0))
        hooks_tell_after(&view->keyspace->hooks, interest, view, key, event);
}

/* ---- what the files of the keyspace do for each other; under the shard's lock ---- */

static inline struct shard *shard_of(const struct view *view, uint64_t hash)
{
    struct shard *shard = &view->keyspace->shards[key_shard(hash)];
    shard_assert_held(shard);
    return shard;
}

/* Takes an entry out of its table and disposes of it: the change that event names. */
void shard_drop(struct view *view, struct shard *shard, const struct key *key, table_slot *slot,
                const struct key_event *event);

/* The same for an entry that was found on a walk, so that its key has not been hashed yet. */
void shard_drop_entry(struct view *view, struct shard *shard, struct entry *entry, const struct key_event *event);

/*
 * Removes parts of a value that ages which are due, up to limit of them, and says how many. The slot, or NULL if
 * nothing was left of the value and the key is gone. The key's name lies outside the entry, which moves as parts go.
 */
table_slot *shard_expire_parts(struct view *view, struct shard *shard, const struct key *key, table_slot *slot,
                               unsigned limit, unsigned *expired_out);

/* The slot of a key, for a change; NULL if there is none. An expired key is deleted. */
table_slot *slot_find_to_change(struct view *view, struct shard *shard, const struct key *key);

/* ---- for an epoch, when whole databases go or change their numbers; world stopped ---- */

/* Whether there may be entries of the past in tables. World stopped. */
static inline bool epoch_walks(const struct epoch *epoch)
{
    return atomic_load_explicit(&epoch->walks, memory_order_relaxed);
}

/* So many tables are about to be freed. Whoever frees them calls epoch_inherit() for each. */
void epoch_note_flush(struct keyspace *keyspace, unsigned tables);

/* Keeps what a flushed table holds of the past, before it is freed; db as epoch_number() has told it. Any thread. */
void epoch_inherit(struct keyspace *keyspace, int db, const struct table *table);

/* The number that the database had then. World stopped, or under a lock of a shard that is yet to be walked. */
int epoch_number(const struct keyspace *keyspace, int db);

void epoch_note_swap(struct keyspace *keyspace, int a, int b);

void epoch_deinit(struct keyspace *keyspace);

#endif
