/*
 * Epochs: the whole keyspace as it was at one moment, while everything goes on.
 *
 * An epoch begins in a stopped world. From then on each entry that was there is kept once, as it was: by a walk through
 * all tables, or before its first change if that comes earlier, or before it is freed with its database. One bit of an
 * entry says on which side it stands, of the past or of the present; new entries are of the present. So at the end all
 * are, and the next epoch has only to change what the bit means. Nothing is copied that doesn't change, and a shard that
 * has been walked pays nothing more.
 *
 * Databases are told by the numbers that they had at that moment, whatever is swapped meanwhile.
 */
#ifndef KVS_STORE_EPOCH_H
#define KVS_STORE_EPOCH_H

#include <stdbool.h>
#include <stddef.h>

struct entry;
struct keyspace;

struct epoch_keeper {
    /*
     * Keeps an entry, whose key and value are still those of the past, and returns how many bytes that took. Any
     * thread, under the lock of the entry's shard, in a stopped world, or where the entry belongs to nobody else.
     */
    size_t (*keep)(struct epoch_keeper *keeper, int db, const struct entry *entry);
};

/* World stopped; there is no other epoch. The keeper is borrowed until the end. */
void epoch_begin(struct keyspace *keyspace, struct epoch_keeper *keeper);

/*
 * Walks on for about so many bytes, under one lock, which is waited for. False: all shards have been walked. By the one
 * thread that walks, inside the gate and without locks; or in a stopped world.
 */
bool epoch_walk(struct keyspace *keyspace, size_t bytes);

/*
 * After the walk: whether databases that were flushed meanwhile are still to be freed, so that some of their entries may
 * be yet to be kept. If not, the epoch is over: the keeper is called no more. Any thread.
 */
bool epoch_goes_on(const struct keyspace *keyspace);

/* Whether there is one. Any thread; relaxed. */
bool epoch_has_begun(const struct keyspace *keyspace);

#endif
