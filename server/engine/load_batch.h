/*
 * Entries that have been loaded, until they are put under their keys: many at once, one shard after the other.
 *
 * In the order of a file each key goes to another place of memory, and a table's lines and pages are cold by the time
 * that its next key comes. A shard's share of some ten thousand finds them warm.
 *
 * What is put is no change, and nobody is told of it. By one thread, outside the gate; where there is much to put,
 * another one puts it while the first goes on.
 */
#ifndef KVS_ENGINE_LOAD_BATCH_H
#define KVS_ENGINE_LOAD_BATCH_H

#include <stdint.h>

struct entry;
struct gate;
struct keyspace;
struct load_batch;

/* now_ms: wall. */
struct load_batch *load_batch_create(struct keyspace *keyspace, struct gate *gate, int64_t now_ms);

/* Takes an entry for that database. Puts them all if there are many. */
void load_batch_add(struct load_batch *load, int db, struct entry *entry);

/* Puts those that it has: all that were added are under their keys then. */
void load_batch_put(struct load_batch *load);

/* Frees those that weren't put. */
void load_batch_destroy(struct load_batch *load);

#endif
