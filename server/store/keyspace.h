/*
 * The keyspace: databases, shards and their locks.
 *
 * A key's hash picks one of KEYSPACE_SHARDS shards; a shard has one lock and, for every database, one
 * table. Since the shard depends on the key alone, one lock serves a key in every database (MOVE, COPY).
 * Whoever touches a key holds its shard's lock; several are taken in ascending order, all at once, with
 * keyspace_lock(). While the world is stopped (gate.h) no lock is needed.
 *
 * An entry whose time has come is absent for everybody: looking it up deletes it.
 * All changes of keys go through the functions of this header, and each passes the two hooks (hooks.h) once.
 */
#ifndef KVS_STORE_KEYSPACE_H
#define KVS_STORE_KEYSPACE_H

#include "store/entry.h"
#include "store/hooks.h"
#include "store/key.h"
#include "store/key_event.h"
#include "store/shard.h"
#include "store/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keyspace;

struct keyspace *keyspace_create(int databases);
void keyspace_destroy(struct keyspace *keyspace);
int keyspace_databases(const struct keyspace *keyspace);

/* ---- locks ---- */

/*
 * All at once, before anything is read. The thread is outside the gate while it has to wait. False: the world was
 * stopped meanwhile, and what the caller knows of anything shared (clients, users, pauses) may have changed.
 */
bool keyspace_lock(struct keyspace *keyspace, const struct shard_set *set);
void keyspace_unlock(struct keyspace *keyspace, const struct shard_set *set);

/* ---- who follows changes (hooks.h) ---- */

/*
 * Before threads start, or in a stopped world. The number stands for the follower, which stays the caller's and cares
 * about no shard yet.
 */
unsigned keyspace_follow(struct keyspace *keyspace, const struct follower *follower);
void keyspace_unfollow(struct keyspace *keyspace, unsigned number);

/* Whether the follower cares about the shard of that index. Under its lock, or in a stopped world. */
void keyspace_set_interest(struct keyspace *keyspace, unsigned number, unsigned shard, bool interested);

/* ---- one key, under its shard's lock ---- */

enum lookup {
    LOOKUP_TOUCH = 0,    /* a use: counts as hit or miss, renews the access clock */
    LOOKUP_NO_TOUCH = 1, /* the access clock stays */
    LOOKUP_NO_STATS = 2, /* neither hit nor miss */
    LOOKUP_PEEK = 3,
};

/* NULL when absent. What is found is borrowed until the key is changed or its shard unlocked. */
const struct entry *keyspace_find(struct view *view, const struct key *key, enum lookup how);

/* The same on behalf of a change that may follow: neither a hit nor a miss. */
const struct entry *keyspace_find_for_write(struct view *view, const struct key *key);

/*
 * A change in place has two ends. keyspace_edit() announces it and lends what was found to be changed with entry_set_*()
 * or a type's functions. keyspace_edited() says where the entry is afterwards (changed may be the same address) and what
 * has happened. Where nothing was changed after all, the second end is left out.
 */
struct entry *keyspace_edit(struct view *view, const struct key *key, const struct entry *found);
void keyspace_edited(struct view *view, const struct key *key, const struct entry *found, struct entry *changed,
                     const struct key_event *event);

/* keyspace_edited() with a new expiry, of an entry that has a TTL and keeps one. */
void keyspace_edited_until(struct view *view, const struct key *key, const struct entry *found, struct entry *changed,
                           int64_t expire_ms, const struct key_event *event);

/* Puts entry, whose key is key, in place of what was there. Takes the entry. */
void keyspace_put(struct view *view, const struct key *key, struct entry *entry, const struct key_event *event);

/* Sets, changes or (ENTRY_NO_EXPIRY) removes the TTL of an entry that was found. 0 or -ENOMEM. */
int keyspace_set_expiry(struct view *view, const struct key *key, const struct entry *found, int64_t expire_ms);

/* Whether there was one. A large value is freed in the background if lazily is set. */
bool keyspace_delete(struct view *view, const struct key *key, bool lazily);

/* ---- from one key to another; the shards of both are locked ---- */

enum transfer {
    TRANSFER_DONE,
    TRANSFER_NO_SOURCE,
    TRANSFER_OCCUPIED, /* there is a key of the new name, and it was not to be replaced */
    TRANSFER_NO_MEMORY,
};

/* Gives the key another name; the value moves. To its own name: TRANSFER_OCCUPIED if !replace. */
enum transfer keyspace_rename(struct view *view, const struct key *from, const struct key *to, bool replace);

/* Puts the key into another database; the value moves. */
enum transfer keyspace_move(struct view *view, const struct key *key, int db);

/* Copies the value with its TTL. db is the new key's database; not to itself. */
enum transfer keyspace_copy(struct view *view, const struct key *from, int db, const struct key *to, bool replace);

/* Steps of looking ahead for a batch whose shards are locked: first all buckets, then all entries. */
void keyspace_prefetch_bucket(const struct view *view, uint64_t hash);
void keyspace_prefetch_entry(const struct view *view, uint64_t hash);

/* ---- whole databases ---- */
size_t keyspace_size(struct keyspace *keyspace, int db);         /* keys; inside the gate, takes no lock */
size_t keyspace_expires(struct keyspace *keyspace, int db);      /* keys with a TTL; likewise */
int64_t keyspace_average_ttl(struct keyspace *keyspace, int db); /* ms, of a sample; 0 unknown; takes locks */

/* Only while the world is stopped. Empties one database, or all with db < 0; returns the number of keys. */
size_t keyspace_flush(struct view *view, int db, bool lazily);
void keyspace_swap(struct view *view, int a, int b); /* with itself: a change as well, as Redis counts */

/*
 * Walks the database in hash order from cursor (0 begins), at least count keys' worth of table or to
 * the end, taking one shard's lock at a time; returns the next cursor, 0 at the end. Every key that is
 * there throughout is seen at least once, however the table grows and shrinks in between. visit runs
 * under the shard's lock and may not change the keyspace. No lock may be held by the caller.
 */
typedef void keyspace_visit(void *context, const struct entry *entry);
uint64_t keyspace_scan(const struct view *view, uint64_t cursor, size_t count, keyspace_visit *visit, void *context);

/*
 * Some key of the database, evenly chosen, copied to the heap (free with mem_free()); false when it is
 * empty. Takes locks as it needs them: the caller holds none.
 */
bool keyspace_random_key(const struct view *view, char **name_out, size_t *len_out);

/* ---- time and statistics ---- */

/*
 * One round of active expiry: deletes entries whose time has come, for at most budget_us microseconds or to the end of
 * a tour of all tables. Takes one shard's lock at a time. Returns the number deleted; *again_out says that the tour
 * isn't over.
 */
size_t keyspace_expire_round(struct keyspace *keyspace, int64_t now_ms, int64_t budget_us, bool *again_out);

/* Turns the rounds off and on (DEBUG SET-ACTIVE-EXPIRE); what is looked up expires all the same. */
void keyspace_set_active_expiry(struct keyspace *keyspace, bool on);

/*
 * Evicts one key: of samples keys of a shard and database that chance picks, the one that fits victim best.
 * only_volatile considers none but keys with a TTL. Returns the bytes freed, 0 when there was no key to be found.
 */
enum keyspace_victim { VICTIM_ANY, VICTIM_IDLE, VICTIM_RARE, VICTIM_SOONEST };
size_t keyspace_evict(struct keyspace *keyspace, enum keyspace_victim victim, bool only_volatile, int samples,
                      bool lazily, int64_t now_ms);

/*
 * Before that wall time what is due is not seen, but not deleted either, by rounds or by reading (CLIENT PAUSE). Any
 * thread.
 */
void keyspace_suspend_expiry_until(struct keyspace *keyspace, int64_t wall_ms);

struct keyspace_stats {
    uint64_t hits, misses;
    uint64_t expired;    /* deleted because their time had come */
    uint64_t changes;    /* of keys, since start or save, as Redis counts them */
    uint64_t lazy_freed; /* values freed in the background */
    uint64_t lazy_pending;
};
void keyspace_stats_read(struct keyspace *keyspace, struct keyspace_stats *stats_out);
void keyspace_stats_reset(struct keyspace *keyspace);

/* Bytes of the tables of a database, entries excepted; all with db < 0. Takes locks. */
size_t keyspace_table_memory(struct keyspace *keyspace, int db);

/* What DEBUG tells of a database's tables. */
struct keyspace_shape {
    size_t keys, expires, shards_used, segments, buckets, slots;
};
void keyspace_shape_read(struct keyspace *keyspace, int db, struct keyspace_shape *shape_out);

/* Walks all invariants of all tables; ends the process if one is broken. Tests and DEBUG. */
void keyspace_check(struct keyspace *keyspace);

#endif
