/* What keyspace_walk.c does for an epoch when a whole database goes or changes its number. World stopped. */
#ifndef KVS_STORE_KEYSPACE_EPOCH_INTERNAL_H
#define KVS_STORE_KEYSPACE_EPOCH_INTERNAL_H

#include "store/hooks.h"
#include "store/keyspace_epoch.h"

#include <stdatomic.h>

struct table;

struct epoch {
    struct epoch_keeper *keeper; /* NULL: there is no epoch. Changed in a stopped world, and at the end of the walk */
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
