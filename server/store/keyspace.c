/*
 * Shards are a fixed number, so that a key's shard never changes; it is several times larger than any
 * sensible number of threads. A table is made with the first key of its shard and database, so sixteen
 * databases cost nothing while they are empty.
 *
 * What a change leaves behind is freed when the locks are gone: large values wait in a list of the
 * thread's own (garbage) until keyspace_unlock().
 */
#include "store/keyspace.h"

#include "core/blob.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/random.h"
#include "store/access.h"
#include "store/reaper.h"
#include "store/table.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define GARBAGE_MAX 32
#define LAZY_BYTES ((size_t)256 << 10) /* a blob of that size is worth a trip to the reaper */

typedef _Atomic uint64_t shard_counter; /* relaxed: written under the shard's lock, read by INFO */

struct shard {
    pthread_mutex_t lock;
    /* guarded by lock */
    struct table **tables; /* one a database, NULL while empty */
    shard_counter hits, misses, expired, changes;
};

struct keyspace {
    int databases;
    atomic_bool active_expiry;
    atomic_bool expiry_suspended; /* CLIENT PAUSE: nothing expires, neither now nor later */
    /* of the thread that runs the expiry rounds */
    unsigned round_shard;
    unsigned round_done; /* tables that this tour has seen */
    int round_db;
    uint64_t round_position;
    struct table **tables; /* all shards' pointers, in one piece */
    struct shard shards[KEYSPACE_SHARDS];
};

static __thread struct blob *garbage[GARBAGE_MAX];
static __thread unsigned garbage_count;

static void counter_add(shard_counter *counter, uint64_t n)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, value + n, memory_order_relaxed);
}

static inline size_t table_count(const struct table *table)
{
    return table ? atomic_load_explicit(&table->count, memory_order_relaxed) : 0;
}

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

static void garbage_drain(void)
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
        garbage_drain();
    garbage[garbage_count++] = blob;
}

/* ---- locks ---- */

void keyspace_lock(struct keyspace *keyspace, const struct shard_set *set)
{
    for (unsigned w = 0; w < KEYSPACE_SHARDS / 64; w++)
        for (uint64_t bits = set->bits[w]; bits; bits &= bits - 1)
            pthread_mutex_lock(&keyspace->shards[w * 64 + (unsigned)__builtin_ctzll(bits)].lock);
}

void keyspace_unlock(struct keyspace *keyspace, const struct shard_set *set)
{
    for (unsigned w = 0; w < KEYSPACE_SHARDS / 64; w++)
        for (uint64_t bits = set->bits[w]; bits; bits &= bits - 1)
            pthread_mutex_unlock(&keyspace->shards[w * 64 + (unsigned)__builtin_ctzll(bits)].lock);
    garbage_drain();
}

/* ---- one key ---- */

static inline struct shard *shard_of(struct db db, uint64_t hash)
{
    return &db.keyspace->shards[key_shard(hash)];
}

static void shard_drop(struct shard *shard, struct table *table, uint64_t hash, table_slot *slot, bool lazily)
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

/* Reading deletes nothing while expiry is suspended. Writing does: nobody writes then but who has waited for the end. */
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
        access_touch(entry, db.now_ms);
    return entry;
}

struct entry *keyspace_find_for_write(struct db db, const struct key *key)
{
    table_slot *slot = slot_find_live(db, shard_of(db, key->hash), key, FIND_TO_WRITE);
    if (!slot)
        return NULL;
    struct entry *entry = table_slot_entry(*slot);
    if (!db.no_touch)
        access_touch(entry, db.now_ms);
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
        log_warning("out of memory: a table of %zu keys can't grow; raise the machine's memory or set maxmemory",
                    table_count(*table));
        abort();
    }
}

void keyspace_put(struct db db, const struct key *key, struct entry *entry)
{
    struct shard *shard = shard_of(db, key->hash);
    struct table *table = shard->tables[db.index];
    /* whatever is there is replaced, expired or not */
    table_slot *slot = table ? table_find(table, key->hash, key->name.data, key->name.len) : NULL;
    if (entry->access == 0) /* a new one; what was renamed or moved keeps its clock */
        access_init(entry, db.now_ms);
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
    return slot != NULL;
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

/* ---- whole databases ---- */

static size_t keyspace_sum(struct keyspace *keyspace, int db, bool expires)
{
    size_t sum = 0;
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &keyspace->shards[i];
        pthread_mutex_lock(&shard->lock); /* the table's pointer is the lock's */
        struct table *table = shard->tables[db];
        if (table)
            sum += atomic_load_explicit(expires ? &table->expires : &table->count, memory_order_relaxed);
        pthread_mutex_unlock(&shard->lock);
    }
    return sum;
}

size_t keyspace_size(struct keyspace *keyspace, int db)
{
    return keyspace_sum(keyspace, db, false);
}

size_t keyspace_expires(struct keyspace *keyspace, int db)
{
    return keyspace_sum(keyspace, db, true);
}

struct flush_job {
    struct reaper_job job;
    size_t count;
    struct table *tables[];
};

static void flush_job_run(struct reaper_job *job)
{
    struct flush_job *flush = (struct flush_job *)job;
    for (size_t i = 0; i < flush->count; i++) {
        table_deinit(flush->tables[i], entry_free);
        mem_free_sized(flush->tables[i], sizeof **flush->tables);
    }
    mem_free(flush);
}

static void keyspace_flush_db(struct keyspace *keyspace, int db, struct flush_job *flush)
{
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct table **table = &keyspace->shards[i].tables[db];
        if (!*table)
            continue;
        flush->job.units += table_count(*table);
        flush->tables[flush->count++] = *table;
        *table = NULL;
    }
}

size_t keyspace_flush(struct keyspace *keyspace, int db, bool lazily)
{
    int first = db < 0 ? 0 : db, end = db < 0 ? keyspace->databases : db + 1;
    size_t most = (size_t)(end - first) * KEYSPACE_SHARDS;
    struct flush_job *flush = mem_calloc(sizeof *flush + most * sizeof *flush->tables);
    flush->job.run = flush_job_run;
    for (int i = first; i < end; i++)
        keyspace_flush_db(keyspace, i, flush);
    size_t keys = flush->job.units;
    counter_add(&keyspace->shards[0].changes, keys);
    if (lazily && keys > 0)
        reaper_post(&flush->job);
    else
        flush_job_run(&flush->job);
    return keys;
}

void keyspace_swap(struct keyspace *keyspace, int a, int b)
{
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct table **tables = keyspace->shards[i].tables, *table = tables[a];
        tables[a] = tables[b];
        tables[b] = table;
    }
    counter_add(&keyspace->shards[0].changes, 1);
}

/* ---- walking ---- */

struct scan_visit {
    keyspace_visit *visit;
    void *context;
    size_t seen;
};

static void scan_visit_entry(void *context, struct entry *entry)
{
    struct scan_visit *scan = context;
    scan->seen++;
    scan->visit(scan->context, entry);
}

uint64_t keyspace_scan(struct db db, uint64_t cursor, size_t count, keyspace_visit *visit, void *context)
{
    struct scan_visit scan = {visit, context, 0};
    uint64_t shard_index = cursor >> TABLE_CURSOR_BITS, position = cursor & ((UINT64_C(1) << TABLE_CURSOR_BITS) - 1);
    /* empty buckets cost time as well: stop after ten times as many as keys were asked for */
    size_t steps = count > SIZE_MAX / 10 ? SIZE_MAX : count * 10;
    while (shard_index < KEYSPACE_SHARDS && scan.seen < count && steps > 0) {
        struct shard *shard = &db.keyspace->shards[shard_index];
        pthread_mutex_lock(&shard->lock);
        struct table *table = shard->tables[db.index];
        /* a lock is held for some hundred entries at most */
        size_t until = scan.seen + 512 < count ? scan.seen + 512 : count;
        do
            position = table ? table_scan(table, position, scan_visit_entry, &scan) : 0;
        while (position && scan.seen < until && --steps > 0);
        pthread_mutex_unlock(&shard->lock);
        if (!position)
            shard_index++;
    }
    return shard_index < KEYSPACE_SHARDS ? shard_index << TABLE_CURSOR_BITS | position : 0;
}

/* A shard, chosen by the number of its keys, with its lock held; NULL when the database is empty. */
static struct shard *shard_choose(struct db db)
{
    size_t total = keyspace_size(db.keyspace, db.index);
    uint64_t dice = total ? random_below(random_thread(), total) : 0;
    struct shard *chosen = NULL;
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &db.keyspace->shards[i];
        pthread_mutex_lock(&shard->lock);
        size_t count = table_count(shard->tables[db.index]);
        if (count > dice) {
            if (chosen)
                pthread_mutex_unlock(&chosen->lock);
            return shard;
        }
        dice -= count;
        if (count > 0) { /* counts may shrink while we look: then the last shard with keys serves */
            if (chosen)
                pthread_mutex_unlock(&chosen->lock);
            chosen = shard;
        } else {
            pthread_mutex_unlock(&shard->lock);
        }
    }
    return chosen;
}

bool keyspace_random_key(struct db db, char **name_out, size_t *len_out)
{
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        struct shard *shard = shard_choose(db);
        if (!shard)
            return false;
        const struct entry *entry = table_random(shard->tables[db.index], random_thread());
        int64_t at = entry_expiry(entry);
        bool live = at == ENTRY_NO_EXPIRY || at > db.now_ms;
        if (live || attempt == 99) { /* a database of nothing but expired keys gives one of them, as Redis does */
            struct bytes name = entry_key(entry);
            *name_out = mem_dup(name.data, name.len);
            *len_out = name.len;
        }
        pthread_mutex_unlock(&shard->lock);
        if (live || attempt == 99)
            return true;
    }
    return false;
}

/* ---- time ---- */

#define EXPIRED_AT_ONCE 64

/* One table's walk goes on at *position. Deletes at most EXPIRED_AT_ONCE entries; true at the end of the table. */
static bool table_expire_some(struct shard *shard, struct table *table, uint64_t *position, int64_t now_ms, size_t *deleted)
{
    struct entry *expired[EXPIRED_AT_ONCE];
    size_t count = 0, looked = 0;
    do
        *position = table_find_expired(table, *position, now_ms, expired, EXPIRED_AT_ONCE, &count, &looked);
    while (*position && count == 0 && looked < 1024);
    for (size_t i = 0; i < count; i++) {
        struct bytes key = entry_key(expired[i]);
        uint64_t hash = table_hash_key(key.data, key.len);
        shard_drop(shard, table, hash, table_find_address(table, hash, expired[i]), true);
    }
    counter_add(&shard->expired, count);
    *deleted += count;
    return *position == 0;
}

size_t keyspace_expire_round(struct keyspace *keyspace, int64_t now_ms, int64_t budget_us, bool *again_out)
{
    size_t deleted = 0;
    int64_t end_ns = clock_monotonic_ns() + budget_us * 1000;
    *again_out = false;
    if (!atomic_load(&keyspace->active_expiry) || atomic_load(&keyspace->expiry_suspended))
        return 0;
    unsigned tables = KEYSPACE_SHARDS * (unsigned)keyspace->databases;
    while (keyspace->round_done < tables) {
        struct shard *shard = &keyspace->shards[keyspace->round_shard];
        pthread_mutex_lock(&shard->lock);
        struct table *table = shard->tables[keyspace->round_db];
        bool finished = true, had_work = false;
        if (table && atomic_load_explicit(&table->expires, memory_order_relaxed) > 0) {
            had_work = true;
            finished = table_expire_some(shard, table, &keyspace->round_position, now_ms, &deleted);
        }
        pthread_mutex_unlock(&shard->lock);
        garbage_drain();
        if (finished) {
            keyspace->round_done++;
            keyspace->round_position = 0;
            if (++keyspace->round_db == keyspace->databases) {
                keyspace->round_db = 0;
                keyspace->round_shard = (keyspace->round_shard + 1) % KEYSPACE_SHARDS;
            }
        }
        if (had_work && clock_monotonic_ns() > end_ns) {
            *again_out = keyspace->round_done < tables;
            break;
        }
    }
    if (keyspace->round_done >= tables)
        keyspace->round_done = 0;
    return deleted;
}

/* How well an entry fits as a victim: the larger the better. */
static int64_t victim_score(enum keyspace_victim victim, const struct entry *entry, int64_t now_ms)
{
    switch (victim) {
    case VICTIM_IDLE:
        return access_idle_seconds(entry, now_ms);
    case VICTIM_RARE:
        return 255 - (int64_t)access_frequency(entry, now_ms);
    case VICTIM_SOONEST:
        return INT64_MAX - entry_expiry(entry);
    default:
        return 0;
    }
}

/* The best victim of a table by sampling, or NULL. */
static struct entry *table_choose_victim(const struct table *table, enum keyspace_victim victim, bool only_volatile,
                                         int samples, int64_t now_ms)
{
    struct entry *best = NULL;
    int64_t best_score = -1;
    int tries = only_volatile ? 8 * samples : samples; /* keys without a TTL are passed over */
    for (int i = 0, seen = 0; i < tries && seen < samples; i++) {
        struct entry *entry = table_random(table, random_thread());
        if (only_volatile && entry_expiry(entry) == ENTRY_NO_EXPIRY)
            continue;
        seen++;
        int64_t score = victim_score(victim, entry, now_ms);
        if (score > best_score) {
            best = entry;
            best_score = score;
        }
    }
    return best;
}

size_t keyspace_evict(struct keyspace *keyspace, enum keyspace_victim victim, bool only_volatile, int samples,
                      bool lazily, int64_t now_ms)
{
    unsigned tables = KEYSPACE_SHARDS * (unsigned)keyspace->databases;
    unsigned start = (unsigned)random_below(random_thread(), tables);
    size_t freed = 0;
    for (unsigned i = 0; i < tables && freed == 0; i++) {
        unsigned n = (start + i) % tables;
        struct shard *shard = &keyspace->shards[n % KEYSPACE_SHARDS];
        pthread_mutex_lock(&shard->lock);
        struct table *table = shard->tables[n / KEYSPACE_SHARDS];
        bool candidates = table_count(table) > 0 &&
                          (!only_volatile || atomic_load_explicit(&table->expires, memory_order_relaxed) > 0);
        struct entry *entry =
            candidates ? table_choose_victim(table, victim, only_volatile, samples, now_ms) : NULL;
        if (entry) {
            struct bytes key = entry_key(entry);
            uint64_t hash = table_hash_key(key.data, key.len);
            freed = entry_memory(entry);
            shard_drop(shard, table, hash, table_find_address(table, hash, entry), lazily);
        }
        pthread_mutex_unlock(&shard->lock);
    }
    garbage_drain();
    return freed;
}

void keyspace_set_active_expiry(struct keyspace *keyspace, bool on)
{
    atomic_store(&keyspace->active_expiry, on);
}

void keyspace_suspend_expiry(struct keyspace *keyspace, bool on)
{
    atomic_store(&keyspace->expiry_suspended, on);
}

int64_t keyspace_average_ttl(struct keyspace *keyspace, int db)
{
    int64_t now_ms = clock_wall_ms(), sum = 0;
    unsigned samples = 0;
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &keyspace->shards[i];
        pthread_mutex_lock(&shard->lock);
        struct table *table = shard->tables[db];
        if (table && atomic_load_explicit(&table->expires, memory_order_relaxed) > 0) {
            for (unsigned k = 0; k < 4; k++) {
                int64_t at = entry_expiry(table_random(table, random_thread()));
                if (at > now_ms) {
                    sum += at - now_ms;
                    samples++;
                }
            }
        }
        pthread_mutex_unlock(&shard->lock);
    }
    return samples ? sum / samples : 0;
}

/* ---- figures ---- */

void keyspace_stats_read(struct keyspace *keyspace, struct keyspace_stats *stats_out)
{
    *stats_out = (struct keyspace_stats){.lazy_freed = reaper_freed(), .lazy_pending = reaper_pending()};
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &keyspace->shards[i];
        stats_out->hits += atomic_load_explicit(&shard->hits, memory_order_relaxed);
        stats_out->misses += atomic_load_explicit(&shard->misses, memory_order_relaxed);
        stats_out->expired += atomic_load_explicit(&shard->expired, memory_order_relaxed);
        stats_out->changes += atomic_load_explicit(&shard->changes, memory_order_relaxed);
    }
}

void keyspace_stats_reset(struct keyspace *keyspace)
{
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &keyspace->shards[i];
        pthread_mutex_lock(&shard->lock);
        atomic_store(&shard->hits, 0);
        atomic_store(&shard->misses, 0);
        atomic_store(&shard->expired, 0);
        pthread_mutex_unlock(&shard->lock);
    }
    reaper_reset_freed();
}

size_t keyspace_table_memory(struct keyspace *keyspace, int db)
{
    size_t sum = 0;
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &keyspace->shards[i];
        pthread_mutex_lock(&shard->lock);
        for (int d = db < 0 ? 0 : db; d < (db < 0 ? keyspace->databases : db + 1); d++)
            if (shard->tables[d])
                sum += sizeof **shard->tables + table_memory(shard->tables[d]);
        pthread_mutex_unlock(&shard->lock);
    }
    return sum;
}

void keyspace_shape_read(struct keyspace *keyspace, int db, struct keyspace_shape *shape_out)
{
    *shape_out = (struct keyspace_shape){0};
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &keyspace->shards[i];
        pthread_mutex_lock(&shard->lock);
        const struct table *table = shard->tables[db];
        if (table_count(table) > 0) {
            struct table_shape shape;
            table_shape_read(table, &shape);
            shape_out->keys += table_count(table);
            shape_out->expires += atomic_load_explicit(&table->expires, memory_order_relaxed);
            shape_out->shards_used++;
            shape_out->segments += shape.segments;
            shape_out->buckets += shape.buckets;
            shape_out->slots += shape.buckets * TABLE_BUCKET_SLOTS;
        }
        pthread_mutex_unlock(&shard->lock);
    }
}

void keyspace_check(struct keyspace *keyspace)
{
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &keyspace->shards[i];
        pthread_mutex_lock(&shard->lock);
        for (int d = 0; d < keyspace->databases; d++)
            if (shard->tables[d])
                table_check(shard->tables[d]);
        pthread_mutex_unlock(&shard->lock);
    }
}
