/*
 * Whole databases: their sizes, emptying and swapping them, walking over them, and figures.
 *
 * Walks take one shard's lock at a time, and release it often.
 */
#include "base/clock.h"
#include "base/memory.h"
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

struct flush_job {
    struct reaper_job job;
    size_t count;
    struct table *tables[];
};

static void flush_job_run(struct reaper_job *job)
{
    struct flush_job *flush = (struct flush_job *)job;
    for (size_t i = 0; i < flush->count; i++) {
        int64_t before = usage_own();
        table_deinit(flush->tables[i], entry_free);
        mem_free_sized(flush->tables[i], sizeof **flush->tables);
        int64_t freed = before - usage_own();
        reaper_note_freed(freed > 0 ? (size_t)freed : 0);
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

size_t keyspace_flush(struct view *view, int db, bool lazily)
{
    struct keyspace *keyspace = view->keyspace;
    int first = db < 0 ? 0 : db, end = db < 0 ? keyspace->databases : db + 1;
    size_t most = (size_t)(end - first) * KEYSPACE_SHARDS;
    struct flush_job *flush = mem_calloc(sizeof *flush + most * sizeof *flush->tables);
    unsigned interest = interest_anywhere(keyspace);
    size_t all = 0;
    for (int i = 0; i < keyspace->databases; i++)
        all += keyspace_size(keyspace, i);
    flush->job.run = flush_job_run;
    for (int i = first; i < end; i++) {
        size_t before = flush->job.units;
        tell_before(view, interest, i);
        keyspace_flush_db(keyspace, i, flush);
        tell_after(view, interest, i, &event_flush, flush->job.units - before);
    }
    size_t keys = flush->job.units;
    flush->job.bytes = (size_t)((double)usage_total() * (double)keys / (double)(all > 0 ? all : 1));
    if (lazily && keys > 0)
        reaper_post(&flush->job);
    else
        flush_job_run(&flush->job);
    return keys;
}

void keyspace_swap(struct view *view, int a, int b)
{
    unsigned interest = interest_anywhere(view->keyspace);
    tell_before(view, interest, a);
    if (a != b)
        tell_before(view, interest, b);
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct table **tables = view->keyspace->shards[i].tables, *table = tables[a];
        tables[a] = tables[b];
        tables[b] = table;
    }
    tell_after(view, interest, a, &event_swap, 1);
    if (a != b)
        tell_after(view, interest, b, &event_swap, 0);
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

uint64_t keyspace_scan(const struct view *view, uint64_t cursor, size_t count, keyspace_visit *visit, void *context)
{
    struct scan_visit scan = {visit, context, 0};
    uint64_t shard_index = cursor >> TABLE_CURSOR_BITS, position = cursor & ((UINT64_C(1) << TABLE_CURSOR_BITS) - 1);
    /* empty buckets cost time too: stop after ten times as many buckets as keys are wanted */
    size_t steps = count > SIZE_MAX / 10 ? SIZE_MAX : count * 10;
    while (shard_index < KEYSPACE_SHARDS && scan.seen < count && steps > 0) {
        struct shard *shard = &view->keyspace->shards[shard_index];
        shard_lock(shard);
        struct table *table = shard->tables[view->db];
        /* a lock is held for a few hundred entries at most */
        size_t until = scan.seen + 512 < count ? scan.seen + 512 : count;
        do
            position = table ? table_scan(table, position, scan_visit_entry, &scan) : 0;
        while (position && scan.seen < until && --steps > 0);
        shard_unlock(shard);
        if (!position)
            shard_index++;
    }
    return shard_index < KEYSPACE_SHARDS ? shard_index << TABLE_CURSOR_BITS | position : 0;
}

/* A shard, chosen by the number of its keys, with its lock held; NULL when the database is empty. */
static struct shard *shard_choose(const struct view *view)
{
    size_t total = keyspace_size(view->keyspace, view->db);
    uint64_t dice = total ? random_below(random_thread(), total) : 0;
    struct shard *last = NULL; /* if counts shrink meanwhile, the last shard with keys is chosen */
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &view->keyspace->shards[i];
        shard_lock(shard);
        size_t count = table_count(shard->tables[view->db]);
        if (count > dice)
            return shard;
        shard_unlock(shard); /* no lock is held while waiting for another: the world may be stopped meanwhile */
        dice -= count;
        if (count > 0)
            last = shard;
    }
    if (!last)
        return NULL;
    shard_lock(last);
    return last;
}

bool keyspace_random_key(const struct view *view, char **name_out, size_t *len_out)
{
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        struct shard *shard = shard_choose(view);
        if (!shard)
            return false;
        if (table_count(shard->tables[view->db]) == 0) { /* the last shard with keys has lost them meanwhile */
            shard_unlock(shard);
            continue;
        }
        const struct entry *entry = table_random(shard->tables[view->db], random_thread());
        int64_t at = entry_expiry(entry);
        bool live = at == ENTRY_NO_EXPIRY || at > view->now_ms;
        if (live || attempt == 99) { /* if all keys of the database have expired, it is one of those, as in Redis */
            struct bytes name = entry_key(entry);
            *name_out = mem_dup(name.data, name.len);
            *len_out = name.len;
        }
        shard_unlock(shard);
        if (live || attempt == 99)
            return true;
    }
    return false;
}

/* ---- figures ---- */

/* One key a shard is enough, and its lock is held for one cache miss or two. */
int64_t keyspace_average_ttl(struct keyspace *keyspace, int db)
{
    int64_t now_ms = clock_wall_ms(), sum = 0;
    unsigned samples = 0;
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &keyspace->shards[i];
        const struct table *counted = table_peek(shard, db);
        if (!counted || atomic_load_explicit(&counted->expires, memory_order_relaxed) == 0)
            continue;
        shard_lock(shard);
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
        shard_unlock(shard);
    }
    reaper_reset_freed();
}

size_t keyspace_table_memory(struct keyspace *keyspace, int db)
{
    size_t sum = 0;
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        struct shard *shard = &keyspace->shards[i];
        shard_lock(shard);
        for (int d = db < 0 ? 0 : db; d < (db < 0 ? keyspace->databases : db + 1); d++)
            if (shard->tables[d])
                sum += sizeof **shard->tables + table_memory(shard->tables[d]);
        shard_unlock(shard);
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
        for (int d = 0; d < keyspace->databases; d++)
            if (shard->tables[d])
                table_check(shard->tables[d]);
        shard_unlock(shard);
    }
}
