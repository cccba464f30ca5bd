/*
 * Watched keys: whether one of the keys that a client has named with WATCH has changed since.
 *
 * A watch hangs on its key, in the key map of the shard. The change of a key, whoever makes it, marks the clients that
 * watch it and takes their watches off the key: a mark is for good, until the client gives up its watches. EXEC reads
 * the mark under the locks of all keys that it watches and touches, so nothing changes between that and its commands.
 *
 * When a whole database is emptied or exchanged, its watched keys are visited, as they are then in a stopped world; but
 * where more than 10,000 keys are watched none is, and the change counts for everybody's. EXEC that fails is always safe.
 *
 * A client's watches belong to its worker; of them other threads touch only the mark and what hangs on keys, under the
 * lock of the key's shard. "Locked" below: the shards of watches_add_shards() are, or the world is stopped.
 */
#ifndef KVS_CLIENTS_WATCH_H
#define KVS_CLIENTS_WATCH_H

#include "store/keyspace.h"

#include <stdbool.h>
#include <stddef.h>

struct client;
struct watches;

/* Follows the changes of a keyspace's keys. Before threads start. */
void watches_follow(struct keyspace *keyspace);

/* The client watches the key in the view's database from now on. By its worker, with the key's shard locked. */
void watch_key(struct client *client, const struct view *view, const struct key *key);

/* Whether a watched key has changed or expired. By the client's worker; locked. */
bool watches_are_broken(const struct client *client, int64_t now_ms);

/* The same as far as changes have been told; for CLIENT LIST, by the client's worker or in a stopped world. */
bool watches_are_marked(const struct client *client);

/* Adds the shards of all keys that the client watches. */
void watches_add_shards(const struct client *client, struct shard_set *shards);

/*
 * The client gives up its watches. By its worker; the first needs the locks, the second takes them, unless a script may
 * have them for long. watches_free_some() frees what is left: many of them, or those whose locks couldn't be had.
 */
void watches_drop(struct client *client);
void watches_end(struct client *client);

/*
 * Frees some of the watches that clients of the calling worker have given up: whether there is more to do at once. What
 * is locked by others waits for another round. Inside the gate, holding no lock.
 */
extern __thread struct watches *watches_given_up; /* private */
bool watches_free_first(void);                    /* private: there are some */
static inline bool watches_free_some(void)
{
    return __builtin_expect(!!watches_given_up, 0) && watches_free_first();
}

/* All of them, waiting for their locks. */
void watches_free_all(void);

/* How many clients watch something. Any thread. */
unsigned watching_clients(void);

/* How many keys the client watches, and the bytes that this takes. */
size_t watches_count(const struct client *client);
size_t watches_memory(const struct client *client);

#endif
