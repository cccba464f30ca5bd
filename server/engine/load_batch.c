#include "engine/load_batch.h"

#include "base/clock.h"
#include "base/gate.h"
#include "base/memory.h"
#include "store/entry.h"
#include "store/keyspace.h"

#define BATCH 8192
#define AHEAD 24 /* entries whose places are fetched together: about what a core has cache misses in flight */

struct loaded {
    struct entry *entry;
    uint64_t hash;
    int db;
};

struct load_batch {
    struct keyspace *keyspace;
    struct gate_member *member;
    int64_t now_ms;
    unsigned count;
    unsigned of_shard[KEYSPACE_SHARDS];         /* how many there are */
    struct loaded loaded[BATCH], sorted[BATCH]; /* as they came; by shard */
};

static const struct key_event event_load = {"load", EVENT_WHOLE, 0};

struct load_batch *load_batch_create(struct keyspace *keyspace, struct gate_member *member, int64_t now_ms)
{
    struct load_batch *batch = mem_calloc(sizeof *batch);
    batch->keyspace = keyspace;
    batch->member = member;
    batch->now_ms = now_ms;
    return batch;
}

void load_batch_add(struct load_batch *batch, int db, struct entry *entry)
{
    struct bytes name = entry_key(entry);
    uint64_t hash = key_hash(name.data, name.len);
    batch->loaded[batch->count++] = (struct loaded){entry, hash, db};
    batch->of_shard[key_shard(hash)]++;
    if (batch->count == BATCH)
        load_batch_put(batch);
}

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

static void put_in_shard(struct load_batch *batch, unsigned shard, const struct loaded *loaded, unsigned count)
{
    struct view view = {.keyspace = batch->keyspace, .now_s = clock_monotonic_s(), .now_ms = batch->now_ms};
    struct shard_set set = {0};
    shard_set_add_shard(&set, shard);
    gate_enter(batch->member);
    keyspace_lock(batch->keyspace, &set);
    for (unsigned i = 0; i < count; i += AHEAD)
        put_run(&view, &loaded[i], count - i < AHEAD ? count - i : AHEAD);
    keyspace_unlock(batch->keyspace, &set);
    gate_leave(batch->member);
}

void load_batch_put(struct load_batch *batch)
{
    struct loaded *next[KEYSPACE_SHARDS], *at = batch->sorted;
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
            put_in_shard(batch, shard, next[shard] - count, count);
    }
    batch->count = 0;
}

void load_batch_destroy(struct load_batch *batch)
{
    for (unsigned i = 0; i < batch->count; i++)
        entry_free(batch->loaded[i].entry);
    mem_free(batch);
}
