/*
 * Two batches take turns: one is filled by the thread that reads, while another thread puts what is in the other one.
 */
#include "engine/load_batch.h"

#include "base/clock.h"
#include "base/gate.h"
#include "base/memory.h"
#include "store/entry.h"
#include "store/keyspace.h"

#include <pthread.h>
#include <stdbool.h>

#define BATCH 8192 /* entries: they stay in the cache until they are put */
#define AHEAD 24   /* whose places are fetched together: about what a core has cache misses in flight */

struct loaded {
    struct entry *entry;
    uint64_t hash;
    int db;
};

struct batch {
    unsigned count;
    unsigned of_shard[KEYSPACE_SHARDS]; /* how many there are */
    struct loaded loaded[BATCH];
};

struct load_batch {
    struct keyspace *keyspace;
    struct gate_member *member; /* of the thread that puts */
    int64_t now_ms;
    struct batch batches[2];
    struct batch *filled;        /* by the thread that reads */
    struct loaded sorted[BATCH]; /* by shard: of the one that is being put */
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* guarded by lock */
    struct batch *full; /* to be put, or NULL */
    bool is_over;
};

static const struct key_event event_load = {"load", EVENT_WHOLE, 0};

/* ---- putting ---- */

/* A run of one shard, which is locked. */
static void put_run(struct view *view, const struct loaded *run, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        view->db = run[i].db;
        keyspace_prefetch_bucket(view, run[i].hash);
        __builtin_prefetch(run[i].entry);
    }
    for (unsigned i = 0; i < count; i++) {
        struct key key = {.name = entry_key(run[i].entry), .hash = run[i].hash};
        view->db = run[i].db;
        keyspace_put(view, &key, run[i].entry, &event_load);
    }
}

static void put_in_shard(struct load_batch *load, unsigned shard, const struct loaded *loaded, unsigned count)
{
    struct view view = {.keyspace = load->keyspace, .now_s = clock_monotonic_s(), .now_ms = load->now_ms};
    struct shard_set set = {0};
    shard_set_add_shard(&set, shard);
    gate_enter(load->member);
    keyspace_lock(load->keyspace, &set);
    for (unsigned i = 0; i < count; i += AHEAD)
        put_run(&view, &loaded[i], count - i < AHEAD ? count - i : AHEAD);
    keyspace_unlock(load->keyspace, &set);
    gate_leave(load->member);
}

static void put(struct load_batch *load, struct batch *batch)
{
    struct loaded *next[KEYSPACE_SHARDS], *at = load->sorted;
    for (unsigned shard = 0; shard < KEYSPACE_SHARDS; shard++) {
        next[shard] = at;
        at += batch->of_shard[shard];
    }
    for (unsigned i = 0; i < batch->count; i++)
        *next[key_shard(batch->loaded[i].hash)]++ = batch->loaded[i];
    for (unsigned shard = 0; shard < KEYSPACE_SHARDS; shard++) {
        unsigned count = batch->of_shard[shard];
        batch->of_shard[shard] = 0;
        if (count > 0)
            put_in_shard(load, shard, next[shard] - count, count);
    }
    batch->count = 0;
}

/* The next full one, or NULL at the end. */
static struct batch *await_full(struct load_batch *load)
{
    pthread_mutex_lock(&load->lock);
    while (!load->full && !load->is_over)
        pthread_cond_wait(&load->changed, &load->lock);
    struct batch *batch = load->full;
    pthread_mutex_unlock(&load->lock);
    return batch;
}

static void *put_all(void *context)
{
    struct load_batch *load = context;
    struct batch *batch;
    while ((batch = await_full(load)) != NULL) {
        put(load, batch);
        pthread_mutex_lock(&load->lock);
        load->full = NULL;
        pthread_cond_broadcast(&load->changed);
        pthread_mutex_unlock(&load->lock);
    }
    return NULL;
}

/* ---- filling ---- */

struct load_batch *load_batch_create(struct keyspace *keyspace, struct gate *gate, int64_t now_ms)
{
    struct load_batch *load = mem_calloc(sizeof *load);
    load->keyspace = keyspace;
    load->member = gate_join(gate);
    load->now_ms = now_ms;
    load->filled = &load->batches[0];
    pthread_mutex_init(&load->lock, NULL);
    pthread_cond_init(&load->changed, NULL);
    return load;
}

/* Until the other one has been put. */
static void await_put(struct load_batch *load)
{
    pthread_mutex_lock(&load->lock);
    while (load->full)
        pthread_cond_wait(&load->changed, &load->lock);
    pthread_mutex_unlock(&load->lock);
}

static void hand_over(struct load_batch *load)
{
    if (!load->has_thread)
        load->has_thread = pthread_create(&load->thread, NULL, put_all, load) == 0;
    if (!load->has_thread) {
        put(load, load->filled);
        return;
    }
    await_put(load);
    pthread_mutex_lock(&load->lock);
    load->full = load->filled;
    pthread_cond_broadcast(&load->changed);
    pthread_mutex_unlock(&load->lock);
    load->filled = load->filled == &load->batches[0] ? &load->batches[1] : &load->batches[0];
}

void load_batch_add(struct load_batch *load, int db, struct entry *entry)
{
    struct bytes name = entry_key(entry);
    uint64_t hash = key_hash(name.data, name.len);
    struct batch *batch = load->filled;
    batch->loaded[batch->count++] = (struct loaded){entry, hash, db};
    batch->of_shard[key_shard(hash)]++;
    if (batch->count == BATCH)
        hand_over(load);
}

void load_batch_put(struct load_batch *load)
{
    await_put(load);
    put(load, load->filled);
}

void load_batch_destroy(struct load_batch *load)
{
    pthread_mutex_lock(&load->lock);
    load->is_over = true;
    pthread_cond_broadcast(&load->changed);
    pthread_mutex_unlock(&load->lock);
    if (load->has_thread)
        pthread_join(load->thread, NULL);
    for (unsigned i = 0; i < load->filled->count; i++)
        entry_free(load->filled->loaded[i].entry);
    gate_part(load->member);
    pthread_cond_destroy(&load->changed);
    pthread_mutex_destroy(&load->lock);
    mem_free(load);
}
