/*
 * The keyspace: databases, shards and their locks.
 *
 * A key's hash picks one of KEYSPACE_SHARDS shards; a shard has one lock and, for every database, one
 * table. Since the shard depends on the key alone, one lock serves a key in every database (MOVE, COPY).
 * A thread that touches a key holds its shard's lock; several are taken in ascending order, all at once, with
 * keyspace_lock(). While the world is stopped (base/gate.h), the thread that has stopped it needs no lock.
 *
 * An expired entry is absent for all callers: looking it up deletes it. Parts of a value may expire as well
 * (ENTRY_AGES): looking it up removes those that are due, but not more than a few at once, so its type tells them from
 * others. All changes of keys go through the functions of this header, and each passes the two hooks (hooks.h) once.
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

/* The first database from db on that may have keys, for whoever goes through all; -1: none has. Inside the gate. */
int keyspace_next_database(const struct keyspace *keyspace, int db);

/* ---- locks ---- */

/*
 * Locks all shards of the set at once, before anything is read. While the thread has to wait, it is outside the gate.
 * False: the world was stopped meanwhile, and what the caller knows about shared state (clients, users, pauses) may
 * have changed.
 */
bool keyspace_lock(struct keyspace *keyspace, const struct shard_set *set);

/*
 * The same for a call that can be asked anew whether it may run. False: nothing is locked, because the world was
 * stopped meanwhile, or a thread stays inside the gate for long (gate_stay_begin()).
 */
bool keyspace_lock_unless_long(struct keyspace *keyspace, const struct shard_set *set);

/*
 * The same for what can be done later: waits for all of them, but (false, with none) not while a thread stays inside the
 * gate for long. The world may have been stopped meanwhile.
 */
bool keyspace_lock_or_put_off(struct keyspace *keyspace, const struct shard_set *set);

/* Without waiting: all of them, or (false) none. */
bool keyspace_try_lock(struct keyspace *keyspace, const struct shard_set *set);
void keyspace_unlock(struct keyspace *keyspace, const struct shard_set *set);

/* Frees what the calling thread has dropped in a stopped world, once it runs again; keyspace_unlock() does so too. */
void keyspace_free_dropped(void);

/* ---- followers of changes (hooks.h) ---- */

/*
 * Before threads start, or in a stopped world. Returns the follower's number. The follower is borrowed until
 * keyspace_unfollow(), and is interested in no shard at first.
 */
unsigned keyspace_follow(struct keyspace *keyspace, const struct follower *follower);
void keyspace_unfollow(struct keyspace *keyspace, unsigned number);

/* Sets whether the follower is interested in the shard with that index. Under its lock, or in a stopped world. */
void keyspace_set_interest(struct keyspace *keyspace, unsigned number, unsigned shard, bool interested);

/* ---- one key, under its shard's lock ---- */

enum lookup {
    LOOKUP_TOUCH = 0,    /* a use: counts as hit or miss, renews the access clock */
    LOOKUP_NO_TOUCH = 1, /* the access clock stays */
    LOOKUP_NO_STATS = 2, /* neither hit nor miss */
    LOOKUP_PEEK = 3,
    LOOKUP_QUIET = 4, /* a miss is no event */
};

/* NULL if absent. The entry is borrowed until the key is changed or its shard unlocked. */
const struct entry *keyspace_find(struct view *view, const struct key *key, enum lookup how);

/* The same on behalf of a change that may follow: neither a hit nor a miss. */
const struct entry *keyspace_find_for_write(struct view *view, const struct key *key);

/*
 * A change in place is enclosed in two calls. keyspace_edit() announces it and returns the entry that was found, to be
 * changed with entry_set_*() or a type's functions. keyspace_edited() tells where the entry is afterwards (changed may
 * be the same address) and what has happened. If nothing was changed after all, the second call is left out.
 */
struct entry *keyspace_edit(struct view *view, const struct key *key, const struct entry *found);
void keyspace_edited(struct view *view, const struct key *key, const struct entry *found, struct entry *changed,
                     const struct key_event *event);

/* keyspace_edited() with a new expiry (wall, milliseconds) for an entry that has a TTL and keeps one. */
void keyspace_edited_until(struct view *view, const struct key *key, const struct entry *found, struct entry *changed,
                           int64_t expire_ms, const struct key_event *event);

/* Puts entry, whose key is key, into the database; it replaces the old one. Takes the entry. */
void keyspace_put(struct view *view, const struct key *key, struct entry *entry, const struct key_event *event);

/* Sets, changes or (ENTRY_NO_EXPIRY) removes the TTL of an entry that was found. 0 or -ENOMEM. */
int keyspace_set_expiry(struct view *view, const struct key *key, const struct entry *found, int64_t expire_ms);

/* Deletes the key; false if there was none. */
bool keyspace_delete(struct view *view, const struct key *key);

/* Deletes a key of which nothing is left after a change, which has been counted and told. */
void keyspace_delete_emptied(struct view *view, const struct key *key);

/* Tells followers what belongs to a change that was told, and what isn't a change. */
void keyspace_remark(const struct view *view, const struct key *key, const struct key_event *event);

/* ---- from one key to another; the shards of both are locked ---- */

enum transfer {
    TRANSFER_DONE,
    TRANSFER_NO_SOURCE,
    TRANSFER_OCCUPIED, /* a key with the new name exists, and was not to be replaced */
    TRANSFER_NO_MEMORY,
};

/* Gives the key another name; the value moves. To its own name: TRANSFER_OCCUPIED if !replace. */
enum transfer keyspace_rename(struct view *view, const struct key *from, const struct key *to, bool replace);

/* Puts the key into another database; the value moves. */
enum transfer keyspace_move(struct view *view, const struct key *key, int db);

/* Copies the value with its TTL. db is the new key's database; not to itself. */
enum transfer keyspace_copy(struct view *view, const struct key *from, int db, const struct key *to, bool replace);

/*
 * The entry under the key as it lies there, expired or not, for looking ahead; NULL if there is none. Changes nothing.
 */
const struct entry *keyspace_peek(const struct view *view, const struct key *key);

/* The steps of prefetching for a batch whose shards are locked: first all buckets, then all entries. */
void keyspace_prefetch_bucket(const struct view *view, uint64_t hash);
void keyspace_prefetch_entry(const struct view *view, uint64_t hash);

/* ---- whole databases ---- */
size_t keyspace_size(struct keyspace *keyspace, int db);    /* keys; inside the gate, takes no lock */
size_t keyspace_expires(struct keyspace *keyspace, int db); /* keys with a TTL; likewise */
/* In milliseconds, estimated from samples; 0: unknown. Takes locks that are free, and waits for none. */
int64_t keyspace_average_ttl(struct keyspace *keyspace, int db);

/*
 * World stopped. Empties one database, or all with db < 0; returns the number of keys. What they occupied is free when
 * it returns only if they are few, small, and lazily isn't set; otherwise the reaper frees it, so that nobody waits.
 */
size_t keyspace_flush(struct view *view, int db, bool lazily);
/* World stopped. Exchanges two databases. */
void keyspace_swap(struct view *view, int a, int b); /* if a is b, that still counts as a change, as in Redis */

/*
 * Walks the database in hash order from cursor (0 begins), until about count keys were visited or many
 * empty buckets passed; returns the next cursor, 0 at the end. Every key that exists throughout the walk is
 * visited at least once, however the table grows and shrinks meanwhile. visit runs under the shard's lock
 * and may not change the keyspace. Takes one shard's lock at a time: the caller holds none.
 */
typedef void keyspace_visit(void *context, const struct entry *entry);
uint64_t keyspace_scan(const struct view *view, uint64_t cursor, size_t count, keyspace_visit *visit, void *context);

/*
 * The same in pieces that are all short: as much of it as is done under one lock, in one shard. *count falls by what
 * was done, and *cursor moves on. False: somebody else has had the lock for some time, and nothing was visited.
 * keyspace_cursor_is_in_shard(): whether a cursor goes on in the shard of the last piece; if not, nothing that was
 * visited before can be visited again.
 */
bool keyspace_scan_some(const struct view *view, uint64_t *cursor, size_t *count, keyspace_visit *visit, void *context);
bool keyspace_cursor_is_in_shard(uint64_t cursor);

/*
 * Copies the name of a random key, evenly chosen, to the heap (freed with mem_free()). Deletes the expired ones that it
 * meets, and asks to be called again after some of them, or when shards are busy; while expiry is suspended it may
 * answer with one. Takes the locks that it needs, and waits for none: the caller holds none.
 */
enum random_key { RANDOM_KEY_FOUND, RANDOM_KEY_NONE, RANDOM_KEY_AGAIN };
enum random_key keyspace_random_key(struct view *view, char **name_out, size_t *len_out);

/* ---- time and statistics ---- */

/*
 * One round of active expiry: deletes expired entries, for about budget_us microseconds or to the end of a tour of all
 * tables. Takes one shard's lock at a time, and waits for none: the tour comes back to a shard whose lock somebody else
 * has, and the next one to a shard that stays busy. Returns the number deleted; *again_out tells whether there is more
 * to be done at once. Main thread, inside the gate.
 */
size_t keyspace_expire_round(struct keyspace *keyspace, int64_t now_ms, int64_t budget_us, bool *again_out);

/* Turns the rounds off and on (DEBUG SET-ACTIVE-EXPIRE); keys still expire when they are looked up. Any thread. */
void keyspace_set_active_expiry(struct keyspace *keyspace, bool on);

/*
 * Evicts one key: picks a random shard and database, samples some of its keys, and takes the one that suits best. The
 * caller holds no lock. Waits for none: a shard that is busy is passed over.
 */
enum victim { VICTIM_ANY, VICTIM_IDLE, VICTIM_RARE, VICTIM_SOONEST };
struct eviction_wish {
    enum victim victim;
    bool only_volatile; /* only keys with a TTL */
    int samples;
};
enum evicted {
    EVICTED_KEY,
    EVICTED_NONE,  /* there is no key that may go */
    EVICTED_LATER, /* there seem to be some, where it couldn't look */
};
enum evicted keyspace_evict(struct keyspace *keyspace, const struct eviction_wish *wish, int64_t now_ms);

/*
 * Until that wall time (milliseconds) expired keys are invisible, but neither rounds nor reads delete them (CLIENT
 * PAUSE). Any thread.
 */
void keyspace_suspend_expiry_until(struct keyspace *keyspace, int64_t monotonic_ms);

struct keyspace_stats {
    uint64_t hits, misses;
    uint64_t expired;       /* keys that were deleted because they had expired */
    uint64_t parts_expired; /* the same of fields of hashes */
    uint64_t changes;       /* of keys, since start, as Redis counts them */
    uint64_t lazy_freed;    /* values freed in the background */
    uint64_t lazy_pending;
};
void keyspace_stats_read(struct keyspace *keyspace, struct keyspace_stats *stats_out);
void keyspace_stats_reset(struct keyspace *keyspace);

/* Bytes of a database's tables, without entries; of all with db < 0. Inside the gate, takes no lock. */
size_t keyspace_table_memory(struct keyspace *keyspace, int db);

/* Figures about a database's tables, for DEBUG. Takes locks: the caller holds none. */
struct keyspace_shape {
    size_t keys, expires, shards_used, segments, buckets, slots;
};
void keyspace_shape_read(struct keyspace *keyspace, int db, struct keyspace_shape *shape_out);

/* Walks all invariants of all tables; ends the process if one is broken. Tests and DEBUG. */
void keyspace_check(struct keyspace *keyspace);

#endif
