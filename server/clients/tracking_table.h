/*
 * The tracking table: which clients may have which keys in their caches.
 *
 * A map for each shard (store/key_map.h) leads from a key's name, whatever its database, to the trackers of the clients
 * that have read it. A key is remembered under its shard's lock in the moment of the read, and forgotten, once all have
 * been told, with its next change.
 *
 * The table is limited (tracking-table-max-keys): what is beyond is forgotten as if it had changed, keys at random. A
 * long name weighs as much as several keys, and a client that has gone is weeded out before a key's list grows. So what
 * clients can make the server remember is bounded by the limit and by their number.
 *
 * Under the lock of the key's shard, unless a comment says otherwise.
 */
#ifndef KVS_CLIENTS_TRACKING_TABLE_H
#define KVS_CLIENTS_TRACKING_TABLE_H

#include "store/key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tracker;

#define TRACKING_NAME_BYTES 512 /* a name weighs one key, and one more for each so many bytes */

/* Remembers that the client may have the key; takes a reference of its own if it is new. */
void tracking_table_add(const struct key *key, struct tracker *tracker);

bool tracking_table_has(const struct key *key, const struct tracker *tracker);

/*
 * The key has changed: tells the clients that may have it, and forgets it. actor is the id of the client that has
 * changed it, or 0; if it wants no notice of what it does itself, it gets none, and is remembered still.
 */
void tracking_table_tell(const struct key *key, uint64_t actor);

bool tracking_table_is_empty(unsigned shard);

/* Forgets some keys of a shard while more are remembered than limit (0: none), telling those that may have them. */
void tracking_table_trim(unsigned shard, size_t limit, unsigned most);

/* World stopped: forgets all keys and tells nobody. What they occupied the reaper frees. */
void tracking_table_clear(void);

/* ---- any thread ---- */
bool tracking_table_is_over(size_t limit);
size_t tracking_table_keys(void);
size_t tracking_table_items(void); /* keys, each as often as there are clients that may have it */

#endif
