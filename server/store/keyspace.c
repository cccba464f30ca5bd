/*
 * Shards are a fixed number, so that a key's shard never changes; it is several times larger than any
 * sensible number of threads. A table is made with the first key of its shard and database, so sixteen
 * databases cost nothing while they are empty.
 *
 * What a change leaves behind is freed when the locks are gone: large values wait in a list of the
 * thread's own (garbage) until keyspace_unlock().
 */
#include "store/keyspace.h"

#include "base/blob.h"
#include "base/memory.h"
#include "base/panic.h"
#include "store/keyspace_internal.h"
#include "store/reaper.h"
#include "store/recency.h"

#include <errno.h>
#include <stdlib.h>

#define GARBAGE_MAX 32
#define LAZY_BYTES ((size_t)256 << 10) /* a blob of that size is worth a trip to the reaper */

#ifdef KVS_DEBUG
__thread const struct shard *shard_last_locked;
__thread unsigned shards_locked;
#endif

static __thread struct blob *garbage[GARBAGE_MAX];
static __thread unsigned garbage_count;

struct keyspace *keyspace_create(int databases)
{
    struct keyspace *keyspace = mem_calloc(sizeof *keyspace);
    keyspace->databases = databases;
    keyspace->tables = mem_calloc((size_t)databases * KEYSPACE_SHARDS * sizeof *keyspace->tables);
    atomic_init(&keyspace->active_expiry, true);
    pthread_mutexattr_t adaptive; /* locks are held for well under a microsecond: spin before sleeping */
    pthread_mutexattr_init(&adaptive);
    pthread_mutexattr_settype(&adaptive, PTHREAD_MUTEX_ADAPTIVE_NP);
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        pthread_mutex_init(&keyspace->shards[i].lock, &adaptive);
        keyspace->shards[i].tables = keyspace->tables + (size_t)i * (size_t)databases;
    }
    pthread_mutexattr_destroy(&adaptive);
    return keyspace;
}

void keyspace_destroy(struct keyspace *keyspace)
{
    keyspace_flush(keyspace, -1, false);
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++)
        pthread_mutex_destroy(&keyspace->shards[i].lock);
    mem_free(keyspace->tables);
    mem_free(keyspace);
}

int keyspace_databases(const struct keyspace *keyspace)
{
    return keyspace->databases;
}

/* ---- freeing ---- */

void keyspace_drain_garbage(void)
{
    while (garbage_count > 0)
        blob_release(garbage[--garbage_count]);
}

struct blob_job {
    struct reaper_job job;
    struct blob *blob;
};

static void blob_job_run(struct reaper_job *job)
{
    blob_release(((struct blob_job *)job)->blob);
    mem_free_sized(job, sizeof(struct blob_job));
}

static void blob_reap(struct blob *blob)
{
    struct blob_job *job = mem_alloc(sizeof *job);
    job->job = (struct reaper_job){.run = blob_job_run, .units = 1};
    job->blob = blob;
    reaper_post(&job->job);
}

/* Frees an entry that is out of its table; a large value a little later. */
static void entry_dispose(struct entry *entry, bool lazily)
{
    struct blob *blob = NULL;
    if (entry->encoding == ENTRY_BLOB)
        blob = blob_retain(entry_blob(entry)); /* outlives its entry by a moment */
    entry_free(entry);
    if (!blob)
        return;
    if (lazily && blob->len >= LAZY_BYTES && blob_is_exclusive(blob)) {
        blob_reap(blob);
        return;
    }
    if (garbage_count == GARBAGE_MAX)
        keyspace_drain_garbage();
    garbage[garbage_count++] = blob;
}

/* ---- locks ---- */

void keyspace_lock(struct keyspace *keyspace, const struct shard_set *set)
{
    for (unsigned w = 0; w < KEYSPACE_SHARDS / 64; w++)
        for (uint64_t bits = set->bits[w]; bits; bits &= bits - 1)
            shard_lock(&keyspace->shards[w * 64 + (unsigned)__builtin_ctzll(bits)]);
}

void keyspace_unlock(struct keyspace *keyspace, const struct shard_set *set)
{
    for (unsigned w = 0; w < KEYSPACE_SHARDS / 64; w++)
        for (uint64_t bits = set->bits[w]; bits; bits &= bits - 1)
            shard_unlock(&keyspace->shards[w * 64 + (unsigned)__builtin_ctzll(bits)]);
    keyspace_drain_garbage();
}

/* ---- one key ---- */

static inline struct shard *shard_of(struct db db, uint64_t hash)
{
    return &db.keyspace->shards[key_shard(hash)];
}

void shard_drop(struct shard *shard, struct table *table, uint64_t hash, table_slot *slot, bool lazily)
{
    struct entry *entry = table_slot_entry(*slot);
    table_remove(table, hash, slot);
    entry_dispose(entry, lazily);
    counter_add(&shard->changes, 1);
}

static bool slot_is_due(table_slot slot, int64_t now_ms)
{
    return table_slot_expires(slot) && entry_expiry(table_slot_entry(slot)) <= now_ms;
}

/*
 * Reading deletes nothing while expiry is suspended. Writing does: nobody writes then but who has waited for the end.
 */
enum find { FIND_TO_READ, FIND_TO_WRITE };

/* The slot of a key that has not expired; one that has is deleted, unless expiry is suspended. */
static table_slot *slot_find_live(struct db db, struct shard *shard, const struct key *key, enum find find)
{
    struct table *table = shard->tables[db.index];
    if (!table)
        return NULL;
    table_slot *slot = table_find(table, key->hash, key->name.data, key->name.len);
    if (slot && __builtin_expect(slot_is_due(*slot, db.now_ms), 0)) {
        if (find == FIND_TO_READ && atomic_load_explicit(&db.keyspace->expiry_suspended, memory_order_relaxed))
            return NULL;
        shard_drop(shard, table, key->hash, slot, true);
        counter_add(&shard->expired, 1);
        return NULL;
    }
    return slot;
}

struct entry *keyspace_find(struct db db, const struct key *key, enum lookup how)
{
    struct shard *shard = shard_of(db, key->hash);
    table_slot *slot = slot_find_live(db, shard, key, FIND_TO_READ);
    if (!(how & LOOKUP_NO_STATS))
        counter_add(slot ? &shard->hits : &shard->misses, 1);
    if (!slot)
        return NULL;
    struct entry *entry = table_slot_entry(*slot);
    if (!(how & LOOKUP_NO_TOUCH) && !db.no_touch)
        recency_touch(entry, db.now_ms);
    return entry;
}

struct entry *keyspace_find_for_write(struct db db, const struct key *key)
{
    table_slot *slot = slot_find_live(db, shard_of(db, key->hash), key, FIND_TO_WRITE);
    if (!slot)
        return NULL;
    struct entry *entry = table_slot_entry(*slot);
    if (!db.no_touch)
        recency_touch(entry, db.now_ms);
    return entry;
}

static void keyspace_insert(struct db db, struct shard *shard, const struct key *key, struct entry *entry)
{
    struct table **table = &shard->tables[db.index];
    if (!*table) {
        *table = mem_alloc(sizeof **table);
        table_init(*table);
    }
    if (table_insert(*table, key->hash, entry)) {
        panic("out of memory: a table of %zu keys can't grow; raise the machine's memory or set maxmemory",
              table_count(*table));
    }
}

void keyspace_put(struct db db, const struct key *key, struct entry *entry)
{
    struct shard *shard = shard_of(db, key->hash);
    struct table *table = shard->tables[db.index];
    /* whatever is there is replaced, expired or not */
    table_slot *slot = table ? table_find(table, key->hash, key->name.data, key->name.len) : NULL;
    if (entry->recency == 0) /* a new one; what was renamed or moved keeps its clock */
        recency_init(entry, db.now_ms);
    if (slot) {
        if (slot_is_due(*slot, db.now_ms))
            counter_add(&shard->expired, 1);
        struct entry *old = table_slot_entry(*slot);
        table_replace(table, key->hash, slot, entry);
        entry_dispose(old, false);
    } else {
        keyspace_insert(db, shard, key, entry);
    }
    counter_add(&shard->changes, 1);
}

void keyspace_changed(struct db db, const struct key *key, struct entry *old_address, struct entry *changed)
{
    struct shard *shard = shard_of(db, key->hash);
    if (changed != old_address) {
        struct table *table = shard->tables[db.index];
        table_replace(table, key->hash, table_find_address(table, key->hash, old_address), changed);
    }
    counter_add(&shard->changes, 1);
}

int keyspace_set_expiry(struct db db, const struct key *key, struct entry *entry, int64_t expire_ms)
{
    struct shard *shard = shard_of(db, key->hash);
    struct table *table = shard->tables[db.index];
    struct entry *changed = entry_set_expiry(entry, expire_ms);
    if (!changed)
        return -ENOMEM;
    table_replace(table, key->hash, table_find_address(table, key->hash, entry), changed);
    counter_add(&shard->changes, 1);
    return 0;
}

bool keyspace_delete(struct db db, const struct key *key, bool lazily)
{
    struct shard *shard = shard_of(db, key->hash);
    table_slot *slot = slot_find_live(db, shard, key, FIND_TO_WRITE);
    if (slot)
        shard_drop(shard, shard->tables[db.index], key->hash, slot, lazily);
    return slot;
}

struct entry *keyspace_take(struct db db, const struct key *key)
{
    struct shard *shard = shard_of(db, key->hash);
    table_slot *slot = slot_find_live(db, shard, key, FIND_TO_WRITE);
    if (!slot)
        return NULL;
    struct entry *entry = table_slot_entry(*slot);
    table_remove(shard->tables[db.index], key->hash, slot);
    counter_add(&shard->changes, 1);
    return entry;
}

void keyspace_prefetch_bucket(struct db db, uint64_t hash)
{
    struct table *table = shard_of(db, hash)->tables[db.index];
    if (table)
        table_prefetch_bucket(table, hash);
}

void keyspace_prefetch_entry(struct db db, uint64_t hash)
{
    struct table *table = shard_of(db, hash)->tables[db.index];
    if (table)
        table_prefetch_entry(table, hash);
}
