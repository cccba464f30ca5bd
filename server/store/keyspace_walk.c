/*
 * Whole databases: their sizes, emptying and swapping them, walking over them, and figures.
 *
 * Walks take one shard's lock at a time, and release it often.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "base/panic.h"
#include "base/random.h"
#include "base/usage.h"
#include "store/keyspace_internal.h"
#include "store/reaper.h"

/* ---- whole databases ---- */

size_t keyspace_size(struct keyspace *keyspace, int db)
{
    size_t sum = 0;
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++)
        sum += table_count(table_peek(&keyspace->shards[i], db));
    return sum;
}

size_t keyspace_expires(struct keyspace *keyspace, int db)
{
    size_t sum = 0;
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        const struct table *table = table_peek(&keyspace->shards[i], db);
        sum += table ? atomic_load_explicit(&table->expires, memory_order_relaxed) : 0;
    }
    return sum;
}

/* Freeing so many keys and bytes takes a millisecond or two, if none of them is slow. */
#define FLUSHED_AT_ONCE 10000
#define FLUSHED_BYTES ((size_t)16 << 20)

struct flush_job {
    struct reaper_job job;
    bool purge;     /* the freed memory is given back to the kernel at once */
    void *reserved; /* what the pointers to them were in, if it is given back; or NULL */
    size_t reserved_size;
    struct keyspace *epoch_of; /* whose epoch keeps what is in them first; NULL: there is none */
    size_t count;
    struct flushed {
        struct table *table;
        int db; /* for the epoch */
    } tables[];
};

#define FEW_DATABASES 1024 /* where fewer have been in use, clearing their pointers is less work than making new ones */

static void flush_job_run(struct reaper_job *job)
{
    struct flush_job *flush = (struct flush_job *)job;
    for (size_t i = 0; i < flush->count; i++) {
        struct flushed *flushed = &flush->tables[i];
        if (flush->epoch_of)
            epoch_inherit(flush->epoch_of, flushed->db, flushed->table);
        int64_t before = usage_own();
        table_deinit(flushed->table, entry_free);
        mem_free_sized(flushed->table, sizeof *flushed->table);
        int64_t freed = before - usage_own();
        reaper_note_freed(freed > 0 ? (size_t)freed : 0);
    }
    if (flush->reserved)
        mem_unreserve(flush->reserved, flush->reserved_size);
    if (flush->purge)
        mem_purge();
    mem_free(flush);
}

static void flush_take(struct flush_job *flush, struct keyspace *keyspace, struct shard *shard, int db)
{
    flush->job.units += table_count(shard->tables[db]);
    flush->tables[flush->count++] = (struct flushed){shard->tables[db], epoch_number(keyspace, db)};
    shard->tables[db] = NULL;
}

static struct flush_job *flush_job_create(struct keyspace *keyspace, size_t most)
{
    struct flush_job *flush = mem_alloc(sizeof *flush + most * sizeof *flush->tables);
    *flush = (struct flush_job){.job.run = flush_job_run, .epoch_of = epoch_walks(&keyspace->epoch) ? keyspace : NULL};
    return flush;
}

static struct flush_job *flush_one(struct keyspace *keyspace, int db)
{
    struct flush_job *flush = flush_job_create(keyspace, KEYSPACE_SHARDS);
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &keyspace->shards[i];
        if (!shard->tables[db])
            continue;
        flush_take(flush, keyspace, shard, db);
        database_set_remove(&shard->used, db);
    }
    database_set_remove(&keyspace->used, db);
    return flush;
}

/* One shard after the other, as their pointers lie in memory. */
static struct flush_job *flush_all(struct keyspace *keyspace)
{
    size_t tables = 0;
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++)
        tables += database_set_count(&keyspace->shards[i].used);
    struct flush_job *flush = flush_job_create(keyspace, tables);
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &keyspace->shards[i];
        for (int db = database_set_next(&shard->used, 0); db >= 0; db = database_set_next(&shard->used, db + 1))
            flush_take(flush, keyspace, shard, db);
        database_set_clear(&shard->used);
    }
    if (keyspace->used.end > FEW_DATABASES) {
        flush->reserved = keyspace->reserved;
        flush->reserved_size = keyspace->reserved_size;
        keyspace_reserve(keyspace);
    } else {
        database_set_clear(&keyspace->used);
    }
    return flush;
}

/* A change of a whole database passes the hooks once, for followers that are interested in any shard. World stopped. */
static unsigned interest_anywhere(const struct keyspace *keyspace)
{
    unsigned interest = 0;
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++)
        interest |= keyspace->shards[i].interest;
    return interest;
}

static void tell_before(const struct view *view, unsigned interest, int db)
{
    struct view whole = *view;
    whole.db = db;
    hook_before(&whole, interest, NULL, NULL);
}

static void tell_after(struct view *view, unsigned interest, int db, const struct key_event *event, size_t changes)
{
    int here = view->db;
    view->db = db;
    hook_after(view, &view->keyspace->shards[0], interest, NULL, event, changes);
    view->db = here;
}

/* Their numbers, or that of the view's if there are none, and -1 at the end; to be freed with mem_free(). */
static int *databases_to_tell(const struct view *view)
{
    const struct keyspace *keyspace = view->keyspace;
    size_t count = 0;
    int *list = mem_alloc((database_set_count(&keyspace->used) + 2) * sizeof *list);
    for (int db = keyspace_next_database(keyspace, 0); db >= 0; db = keyspace_next_database(keyspace, db + 1))
        list[count++] = db;
    if (count == 0) /* whoever is told of it is told even if there was nothing */
        list[count++] = view->db;
    list[count] = -1;
    return list;
}

/* The keys of all databases. */
static size_t count_keys(const struct keyspace *keyspace)
{
    size_t keys = 0;
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        const struct shard *shard = &keyspace->shards[i];
        for (int db = database_set_next(&shard->used, 0); db >= 0; db = database_set_next(&shard->used, db + 1))
            keys += table_count(table_peek(shard, db));
    }
    return keys;
}

static void note_slow(void *context, struct entry *entry)
{
    bool *slow = context;
    *slow = *slow || ((entry->flags & ENTRY_OWNS) && entry_value_type(entry)->is_slow_to_release(entry));
}

static bool is_quick_to_flush(const struct flush_job *flush, size_t keys)
{
    bool slow = keys > FLUSHED_AT_ONCE || flush->job.bytes > FLUSHED_BYTES;
    for (size_t i = 0; i < flush->count && !slow; i++) {
        uint64_t position = 0;
        do {
            position = table_scan(flush->tables[i].table, position, note_slow, &slow);
        } while (position != 0 && !slow);
    }
    return !slow;
}

size_t keyspace_flush(struct view *view, int db, bool lazily)
{
    struct keyspace *keyspace = view->keyspace;
    struct flush_job *flush = NULL;
    unsigned interest = interest_anywhere(keyspace);
    size_t all = count_keys(keyspace);
    if (db >= 0) {
        tell_before(view, interest, db);
        flush = flush_one(keyspace, db);
        tell_after(view, interest, db, &event_flush, flush->job.units);
    } else {
        int *told = databases_to_tell(view);
        for (int i = 0; told[i] >= 0; i++)
            tell_before(view, interest, told[i]);
        flush = flush_all(keyspace);
        size_t changes = flush->job.units; /* the first event counts them for all */
        for (int i = 0; told[i] >= 0; i++, changes = 0)
            tell_after(view, interest, told[i], &event_flush, changes);
        mem_free(told);
    }
    size_t keys = flush->job.units;
    flush->job.bytes = (size_t)((double)usage_total() * (double)keys / (double)(all > 0 ? all : 1));
    if (!lazily) {
        flush->job.units = 0; /* INFO counts what was to be freed in the background */
        flush->purge = true;
    }
    if (flush->epoch_of)
        epoch_note_flush(keyspace, (unsigned)flush->count);
    if (keys == 0 || (!flush->epoch_of && !lazily && is_quick_to_flush(flush, keys)))
        flush_job_run(&flush->job);
    else
        reaper_post(&flush->job);
    return keys;
}

void keyspace_swap(struct view *view, int a, int b)
{
    unsigned interest = interest_anywhere(view->keyspace);
    if (a == b) { /* it counts as a change, but nothing changes */
        tell_after(view, interest, a, &event_swap_same, 1);
        return;
    }
    tell_before(view, interest, a);
    tell_before(view, interest, b);
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &view->keyspace->shards[i];
        struct table *table = shard->tables[a];
        shard->tables[a] = shard->tables[b];
        shard->tables[b] = table;
        database_set_swap(&shard->used, a, b);
    }
    database_set_swap(&view->keyspace->used, a, b);
    epoch_note_swap(view->keyspace, a, b);
    tell_after(view, interest, a, &event_swap, 1);
    tell_after(view, interest, b, &event_swap, 0);
}

/* ---- walking ---- */

#define HOLD_KEYS 512                 /* so many are visited under one lock at most, */
#define HOLD_BYTES ((size_t)64 << 10) /* and about so many bytes of names, which visitors copy */
#define STEPS_PER_KEY 10              /* empty buckets cost time too: a tenth of what a key counts */

#define POSITION_MASK ((UINT64_C(1) << TABLE_CURSOR_BITS) - 1) /* of a cursor: the rest is the shard */

struct scan_visit {
    keyspace_visit *visit;
    void *context;
    size_t seen, bytes;
};

static void scan_visit_entry(void *context, struct entry *entry)
{
    struct scan_visit *scan = context;
    scan->seen++;
    scan->bytes += entry_key(entry).len;
    scan->visit(scan->context, entry);
}

/* Visits a piece of the shard where *cursor is, which is locked. */
static void scan_piece(const struct view *view, uint64_t *cursor, size_t *count, keyspace_visit *visit, void *context)
{
    struct scan_visit scan = {visit, context, 0, 0};
    uint64_t shard_index = *cursor >> TABLE_CURSOR_BITS, position = *cursor & POSITION_MASK;
    struct table *table = view->keyspace->shards[shard_index].tables[view->db];
    size_t most = *count < HOLD_KEYS ? *count : HOLD_KEYS, steps = 0;
    do
        position = table ? table_scan(table, position, scan_visit_entry, &scan) : 0;
    while (position && scan.seen < most && scan.bytes < HOLD_BYTES && ++steps < most * STEPS_PER_KEY);
    size_t done = scan.seen > steps / STEPS_PER_KEY ? scan.seen : steps / STEPS_PER_KEY;
    *count -= done < *count ? done : *count;
    if (!position)
        shard_index++;
    *cursor = shard_index < KEYSPACE_SHARDS ? shard_index << TABLE_CURSOR_BITS | position : 0;
}

bool keyspace_scan_some(const struct view *view, uint64_t *cursor, size_t *count, keyspace_visit *visit, void *context)
{
    uint64_t shard_index = *cursor >> TABLE_CURSOR_BITS;
    if (shard_index >= KEYSPACE_SHARDS) {
        *cursor = 0;
        return true;
    }
    struct shard *shard = &view->keyspace->shards[shard_index];
    if (!shard_try_lock_for_a_while(shard))
        return false;
    scan_piece(view, cursor, count, visit, context);
    shard_unlock(shard);
    return true;
}

uint64_t keyspace_scan(const struct view *view, uint64_t cursor, size_t count, keyspace_visit *visit, void *context)
{
    while (cursor >> TABLE_CURSOR_BITS < KEYSPACE_SHARDS) {
        struct shard *shard = &view->keyspace->shards[cursor >> TABLE_CURSOR_BITS];
        shard_lock(shard);
        scan_piece(view, &cursor, &count, visit, context);
        shard_unlock(shard);
        if (cursor == 0 || count == 0)
            return cursor;
    }
    return 0;
}

bool keyspace_cursor_is_in_shard(uint64_t cursor)
{
    return cursor & POSITION_MASK;
}

/* A shard, chosen by the number of its keys; NULL when the database is empty. Counts may change meanwhile. */
static struct shard *shard_choose(const struct view *view)
{
    size_t total = keyspace_size(view->keyspace, view->db);
    uint64_t dice = total ? random_below(random_thread(), total) : 0;
    struct shard *last = NULL; /* if counts shrink meanwhile, the last shard with keys is chosen */
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &view->keyspace->shards[i];
        size_t count = table_count(table_peek(shard, view->db));
        if (count > dice)
            return shard;
        dice -= count;
        if (count > 0)
            last = shard;
    }
    return last;
}

#define RANDOM_KEY_TRIES 100

/* A key of a shard that is locked; NULL if there is none, or an expired one, which is deleted. */
static const struct entry *shard_random_key(struct view *view, struct shard *shard, bool may_be_expired)
{
    struct table *table = shard->tables[view->db];
    if (table_count(table) == 0) /* it has lost its keys meanwhile */
        return NULL;
    struct entry *entry = table_random(table, random_thread());
    int64_t at = entry_expiry(entry);
    if (at == ENTRY_NO_EXPIRY || at > view->now_ms)
        return entry;
    if (keyspace_expiry_is_suspended(view->keyspace))
        return may_be_expired ? entry : NULL;
    shard_drop_entry(view, shard, entry, &event_expired);
    counter_add(&shard->expired, 1);
    return NULL;
}

enum random_key keyspace_random_key(struct view *view, char **name_out, size_t *len_out)
{
    for (unsigned tries = 1; tries <= RANDOM_KEY_TRIES; tries++) {
        bool last = tries == RANDOM_KEY_TRIES;
        struct shard *shard = shard_choose(view);
        if (!shard)
            return RANDOM_KEY_NONE;
        if (!shard_try_lock_for_a_while(shard))
            continue; /* another one may be free */
        const struct entry *entry = shard_random_key(view, shard, last);
        if (entry) {
            struct bytes name = entry_key(entry);
            *name_out = mem_dup(name.data, name.len);
            *len_out = name.len;
        }
        shard_unlock(shard);
        if (entry)
            return RANDOM_KEY_FOUND;
    }
    return RANDOM_KEY_AGAIN;
}

/* ---- figures ---- */

/* One key a shard is enough, and its lock is held for one cache miss or two. A busy shard gives no sample. */
int64_t keyspace_average_ttl(struct keyspace *keyspace, int db)
{
    int64_t now_ms = clock_wall_ms(), sum = 0;
    unsigned samples = 0;
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &keyspace->shards[i];
        const struct table *counted = table_peek(shard, db);
        if (!counted || atomic_load_explicit(&counted->expires, memory_order_relaxed) == 0 || !shard_try_lock(shard))
            continue;
        struct table *table = shard->tables[db];
        if (table_count(table) > 0) {
            int64_t at = entry_expiry(table_random(table, random_thread()));
            if (at > now_ms) {
                sum += at - now_ms;
                samples++;
            }
        }
        shard_unlock(shard);
    }
    return samples ? sum / samples : 0;
}

void keyspace_stats_read(struct keyspace *keyspace, struct keyspace_stats *stats_out)
{
    *stats_out = (struct keyspace_stats){.lazy_freed = reaper_freed(), .lazy_pending = reaper_pending()};
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &keyspace->shards[i];
        stats_out->hits += atomic_load_explicit(&shard->hits, memory_order_relaxed);
        stats_out->misses += atomic_load_explicit(&shard->misses, memory_order_relaxed);
        stats_out->expired += atomic_load_explicit(&shard->expired, memory_order_relaxed);
        stats_out->parts_expired += atomic_load_explicit(&shard->parts_expired, memory_order_relaxed);
        stats_out->changes += atomic_load_explicit(&shard->changes, memory_order_relaxed);
    }
}

void keyspace_stats_reset(struct keyspace *keyspace)
{
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &keyspace->shards[i];
        shard_lock(shard);
        atomic_store(&shard->hits, 0);
        atomic_store(&shard->misses, 0);
        atomic_store(&shard->expired, 0);
        atomic_store(&shard->parts_expired, 0);
        shard_unlock(shard);
    }
    reaper_reset_freed();
}

size_t keyspace_table_memory(struct keyspace *keyspace, int db)
{
    size_t sum = 0;
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        const struct shard *shard = &keyspace->shards[i];
        int d = database_set_next(&shard->used, db < 0 ? 0 : db);
        for (; d >= 0 && (db < 0 || d == db); d = database_set_next(&shard->used, d + 1)) {
            const struct table *table = table_peek(shard, d);
            sum += table ? sizeof *table + table_memory(table) : 0;
        }
    }
    return sum;
}

void keyspace_shape_read(struct keyspace *keyspace, int db, struct keyspace_shape *shape_out)
{
    *shape_out = (struct keyspace_shape){0};
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &keyspace->shards[i];
        shard_lock(shard);
        const struct table *table = shard->tables[db];
        if (table_count(table) > 0) {
            struct table_shape shape;
            table_shape_read(table, &shape);
            shape_out->keys += table_count(table);
            shape_out->expires += atomic_load_explicit(&table->expires, memory_order_relaxed);
            shape_out->shards_used++;
            shape_out->segments += shape.segments;
            shape_out->buckets += shape.buckets;
            shape_out->slots += shape.buckets * BUCKET_SLOTS;
        }
        shard_unlock(shard);
    }
}

void keyspace_check(struct keyspace *keyspace)
{
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &keyspace->shards[i];
        shard_lock(shard);
        int next = database_set_next(&shard->used, 0);
        for (int db = 0; db < keyspace->databases; db++) {
            panic_unless((db == next) == (shard->tables[db] != NULL));
            if (db != next)
                continue;
            panic_unless(database_set_next(&keyspace->used, db) == db);
            table_check(shard->tables[db]);
            next = database_set_next(&shard->used, db + 1);
        }
        shard_unlock(shard);
    }
}
