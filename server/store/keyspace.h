/*
 * The keyspace: databases, shards and their locks.
 *
 * A key's hash picks one of KEYSPACE_SHARDS shards; a shard has one lock and, for every database, one
 * table. Since the shard depends on the key alone, one lock serves a key in every database (MOVE, COPY).
 * Whoever touches a key holds its shard's lock; several are taken in ascending order, all at once, with
 * keyspace_lock(). While the world is stopped (gate.h) no lock is needed.
 *
 * An entry whose time has come is absent for everybody: looking it up deletes it.
 * All changes of entries go through the functions of this header: one choke point, where statistics
 * hang today and the log, snapshots, watchers and tracked clients will.
 */
#ifndef KVS_STORE_KEYSPACE_H
#define KVS_STORE_KEYSPACE_H

#include "base/bytes.h"
#include "store/entry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYSPACE_SHARDS 256

struct keyspace;

/* A key with its hash, computed once per command. */
struct key {
    struct bytes name;
    uint64_t hash;
};

/* A database in the keyspace, at the time the command runs at. Passed by value. */
struct db {
    struct keyspace *keyspace;
    int index;
    int64_t now_ms; /* wall time that decides expiry */
    bool no_touch;  /* lookups leave the access clock as it is (CLIENT NO-TOUCH) */
};

struct keyspace *keyspace_create(int databases);
void keyspace_destroy(struct keyspace *keyspace);
int keyspace_databases(const struct keyspace *keyspace);

/* ---- locks ---- */
struct shard_set { /* which shards, a bit each */
    uint64_t bits[KEYSPACE_SHARDS / 64];
};

static inline unsigned key_shard(uint64_t hash)
{
    return (unsigned)(hash >> 15) % KEYSPACE_SHARDS;
}

static inline void shard_set_add(struct shard_set *set, uint64_t hash)
{
    unsigned shard = key_shard(hash);
    set->bits[shard / 64] |= UINT64_C(1) << (shard % 64);
}

void keyspace_lock(struct keyspace *keyspace, const struct shard_set *set);
void keyspace_unlock(struct keyspace *keyspace, const struct shard_set *set);

/* ---- one key, under its shard's lock ---- */

enum lookup {
    LOOKUP_TOUCH = 0,    /* a use: counts as hit or miss, renews the access clock */
    LOOKUP_NO_TOUCH = 1, /* the access clock stays */
    LOOKUP_NO_STATS = 2, /* neither hit nor miss */
    LOOKUP_PEEK = 3,
};

/* For reading. NULL when absent. */
struct entry *keyspace_find(struct db db, const struct key *key, enum lookup how);

/* For changing what is there: the same without counting, announced to whoever must know before a change. */
struct entry *keyspace_find_for_write(struct db db, const struct key *key);

/* Puts entry, whose key is key, in place of what was there. Takes the entry. */
void keyspace_put(struct db db, const struct key *key, struct entry *entry);

/*
 * After entry_set_*() on an entry found for writing: tells the table where it is now (changed may be
 * the same address) and that it changed.
 */
void keyspace_changed(struct db db, const struct key *key, struct entry *old_address, struct entry *changed);

/* Sets, changes or (ENTRY_NO_EXPIRY) removes the TTL of an entry. 0 or -ENOMEM. */
int keyspace_set_expiry(struct db db, const struct key *key, struct entry *entry, int64_t expire_ms);

/* Whether there was one. A large value is freed in the background if lazily is set. */
bool keyspace_delete(struct db db, const struct key *key, bool lazily);

/* Takes the entry out without freeing it; NULL when absent. The caller owns it. */
struct entry *keyspace_take(struct db db, const struct key *key);

/* Steps of looking ahead for a batch whose shards are locked: first all buckets, then all entries. */
void keyspace_prefetch_bucket(struct db db, uint64_t hash);
void keyspace_prefetch_entry(struct db db, uint64_t hash);

/* ---- whole databases ---- */
size_t keyspace_size(struct keyspace *keyspace, int db);         /* keys; any time */
size_t keyspace_expires(struct keyspace *keyspace, int db);      /* keys with a TTL; any time */
int64_t keyspace_average_ttl(struct keyspace *keyspace, int db); /* ms, of a sample; 0 unknown; takes locks */

/* Only while the world is stopped. Empties one database, or all with db < 0; returns the number of keys. */
size_t keyspace_flush(struct keyspace *keyspace, int db, bool lazily);
void keyspace_swap(struct keyspace *keyspace, int a, int b);

/*
 * Walks the database in hash order from cursor (0 begins), at least count keys' worth of table or to
 * the end, taking one shard's lock at a time; returns the next cursor, 0 at the end. Every key that is
 * there throughout is seen at least once, however the table grows and shrinks in between. visit runs
 * under the shard's lock and may not change the keyspace. No lock may be held by the caller.
 */
typedef void keyspace_visit(void *context, struct entry *entry);
uint64_t keyspace_scan(struct db db, uint64_t cursor, size_t count, keyspace_visit *visit, void *context);

/*
 * Some key of the database, evenly chosen, copied to the heap (free with mem_free()); false when it is
 * empty. Takes locks as it needs them: the caller holds none.
 */
bool keyspace_random_key(struct db db, char **name_out, size_t *len_out);

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

/* While on, what is due is not seen, but not deleted either, by rounds or by reading (CLIENT PAUSE). Any thread. */
void keyspace_suspend_expiry(struct keyspace *keyspace, bool on);

struct keyspace_stats {
    uint64_t hits, misses;
    uint64_t expired;    /* deleted because their time had come */
    uint64_t changes;    /* entries changed since start or save */
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
