/*
 * Key maps: what somebody keeps about some keys of a shard, whether these exist or not.
 *
 * A module that follows changes (hooks.h) asks here whether it knows the key that has changed: who watches it, who waits
 * for it, whose cache has it. It has a map for each shard, and is interested in a shard as long as its map isn't empty.
 *
 * Chained hashing: nodes stay where they are. Guarded by the lock of the shard that the map is about.
 */
#ifndef KVS_STORE_KEY_MAP_H
#define KVS_STORE_KEY_MAP_H

#include "store/key.h"

#include <stddef.h>
#include <stdint.h>

/* First in the struct of the module that owns the map. Read-only. */
struct key_node {
    struct key_node *next;
    struct key key; /* the name is the node's own */
    int db;
};

struct key_map {
    struct key_node **buckets; /* NULL while the map is empty */
    size_t bucket_count;       /* a power of two */
    size_t count;
};

/* The node of a key in a database; NULL if there is none. A module that doesn't tell databases apart says 0. */
void *key_map_find(const struct key_map *map, int db, const struct key *key);

/* A node of size bytes for a key that has none; all zero behind its struct key_node. */
void *key_map_add(struct key_map *map, int db, const struct key *key, size_t size);

/* Removes a node and frees it. */
void key_map_remove(struct key_map *map, struct key_node *node);

/* Calls visit for each node; it may remove that node, and no other. */
void key_map_each(struct key_map *map, void (*visit)(void *context, struct key_node *node), void *context);

#endif
