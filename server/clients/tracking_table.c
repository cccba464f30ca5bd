/*
 * Most keys are known to one client, so a node has room for one; more are a list sorted by address, where a client that
 * reads a key again finds itself quickly. Names count as the memory of connections.
 */
#include "clients/tracking_table.h"

#include "base/connection_memory.h"
#include "base/memory.h"
#include "base/random.h"
#include "clients/tracker.h"
#include "store/key_map.h"
#include "store/reaper.h"
#include "store/shard.h"

#include <stdatomic.h>
#include <string.h>

struct tracked {
    struct key_node node; /* first */
    unsigned count, capacity;
    union {
        struct tracker *one;   /* capacity is 1 */
        struct tracker **many; /* sorted */
    };
};

static struct key_map maps[KEYSPACE_SHARDS];

/* Relaxed: figures, and a limit that is exceeded for a moment only. */
static atomic_size_t total_keys, total_items, total_weight;

static void count(atomic_size_t *total, size_t by)
{
    atomic_fetch_add_explicit(total, by, memory_order_relaxed);
}

static size_t read_total(const atomic_size_t *total)
{
    return atomic_load_explicit(total, memory_order_relaxed);
}

static size_t weight_of(const struct tracked *tracked)
{
    return 1 + tracked->node.key.name.len / TRACKING_NAME_BYTES;
}

static struct key_map *map_of(const struct key *key)
{
    return &maps[key_shard(key->hash)];
}

/* ---- the clients of a key ---- */

static struct tracker **list_of(struct tracked *tracked)
{
    return tracked->capacity > 1 ? tracked->many : &tracked->one;
}

/* Where the tracker is, or belongs. */
static unsigned position_of(struct tracked *tracked, const struct tracker *tracker)
{
    struct tracker **list = list_of(tracked);
    unsigned low = 0, high = tracked->count;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if ((uintptr_t)list[middle] < (uintptr_t)tracker)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(struct tracked *tracked, unsigned position, const struct tracker *tracker)
{
    return position < tracked->count && list_of(tracked)[position] == tracker;
}

/* Takes those out whose clients have gone. */
static void weed(struct tracked *tracked)
{
    struct tracker **list = list_of(tracked);
    unsigned kept = 0;
    for (unsigned i = 0; i < tracked->count; i++) {
        if (tracker_mode(list[i]) & TRACKER_GONE)
            tracker_release(list[i]);
        else
            list[kept++] = list[i];
    }
    count(&total_items, (size_t)kept - tracked->count);
    tracked->count = kept;
}

static void make_room(struct tracked *tracked)
{
    if (tracked->count < tracked->capacity)
        return;
    weed(tracked);
    if (tracked->count <= tracked->capacity / 2) /* else it would be full again soon */
        return;
    unsigned capacity = tracked->capacity > 1 ? tracked->capacity * 2 : 4;
    struct tracker *one = tracked->one, **many = tracked->capacity > 1 ? tracked->many : NULL;
    if (many)
        connection_memory_subtract(mem_usable(many));
    tracked->many = mem_realloc(many, capacity * sizeof *tracked->many);
    connection_memory_add(mem_usable(tracked->many));
    if (!many && tracked->count > 0)
        tracked->many[0] = one;
    tracked->capacity = capacity;
}

static void add_client(struct tracked *tracked, struct tracker *tracker)
{
    if (is_at(tracked, position_of(tracked, tracker), tracker))
        return;
    make_room(tracked);
    struct tracker **list = list_of(tracked);
    unsigned position = position_of(tracked, tracker);
    memmove(&list[position + 1], &list[position], (tracked->count - position) * sizeof(struct tracker *));
    list[position] = tracker_retain(tracker);
    tracked->count++;
    count(&total_items, 1);
}

/* ---- keys ---- */

static void free_list(struct tracked *tracked)
{
    struct tracker **list = list_of(tracked);
    for (unsigned i = 0; i < tracked->count; i++)
        tracker_release(list[i]);
    if (tracked->capacity > 1) {
        connection_memory_subtract(mem_usable(tracked->many));
        mem_free(tracked->many);
    }
}

static void forget(struct key_map *map, struct tracked *tracked)
{
    count(&total_items, -(size_t)tracked->count);
    count(&total_weight, -weight_of(tracked));
    count(&total_keys, (size_t)-1);
    free_list(tracked);
    connection_memory_subtract(mem_usable(tracked));
    key_map_remove(map, &tracked->node);
}

void tracking_table_add(const struct key *key, struct tracker *tracker)
{
    struct key_map *map = map_of(key);
    struct tracked *tracked = key_map_find(map, 0, key);
    if (!tracked) {
        tracked = key_map_add(map, 0, key, sizeof *tracked);
        tracked->capacity = 1;
        connection_memory_add(mem_usable(tracked));
        count(&total_keys, 1);
        count(&total_weight, weight_of(tracked));
    }
    add_client(tracked, tracker);
}

bool tracking_table_has(const struct key *key, const struct tracker *tracker)
{
    struct tracked *tracked = key_map_find(map_of(key), 0, key);
    return tracked && is_at(tracked, position_of(tracked, tracker), tracker);
}

/* Whether a client that may have the key wants to know of its change. */
static bool wants_notice(const struct tracker *tracker)
{
    return (tracker_mode(tracker) & (TRACKER_ON | TRACKER_BCAST | TRACKER_GONE)) == TRACKER_ON;
}

static void tell_and_forget(struct key_map *map, struct tracked *tracked, uint64_t actor)
{
    struct tracker **list = list_of(tracked), *kept = NULL;
    struct names_told *names = NULL;
    for (unsigned i = 0; i < tracked->count; i++) {
        if (!wants_notice(list[i]))
            continue;
        if (actor == tracker_id(list[i]) && (tracker_mode(list[i]) & TRACKER_NOLOOP)) {
            kept = list[i];
            continue;
        }
        if (!names)
            names = names_told_create(&tracked->node.key.name, 1);
        tracker_tell(list[i], names);
    }
    if (names)
        names_told_release(names);
    if (!kept) {
        forget(map, tracked);
        return;
    }
    tracker_retain(kept);
    count(&total_items, 1 - (size_t)tracked->count);
    free_list(tracked);
    tracked->capacity = tracked->count = 1;
    tracked->one = kept;
}

void tracking_table_tell(const struct key *key, uint64_t actor)
{
    struct key_map *map = map_of(key);
    struct tracked *tracked = key_map_find(map, 0, key);
    if (tracked)
        tell_and_forget(map, tracked, actor);
}

bool tracking_table_is_empty(unsigned shard)
{
    return maps[shard].count == 0;
}

/* ---- less ---- */

bool tracking_table_is_over(size_t limit)
{
    return limit > 0 && read_total(&total_weight) > limit;
}

size_t tracking_table_keys(void)
{
    return read_total(&total_keys);
}

size_t tracking_table_items(void)
{
    return read_total(&total_items);
}

/* The first key behind a bucket chosen at random; the map isn't empty. */
static struct tracked *any_key(const struct key_map *map)
{
    size_t bucket = (size_t)random_below(random_thread(), map->bucket_count);
    while (!map->buckets[bucket])
        bucket = (bucket + 1) & (map->bucket_count - 1);
    return (struct tracked *)map->buckets[bucket];
}

void tracking_table_trim(unsigned shard, size_t limit, unsigned most)
{
    struct key_map *map = &maps[shard];
    for (; most > 0 && map->count > 0 && tracking_table_is_over(limit); most--)
        tell_and_forget(map, any_key(map), 0);
}

/* Maps that were emptied, with their nodes. */
struct cleared {
    struct reaper_job job; /* first */
    struct key_map maps[KEYSPACE_SHARDS];
};

static void free_cleared(struct reaper_job *job)
{
    struct cleared *cleared = (struct cleared *)job;
    for (unsigned shard = 0; shard < KEYSPACE_SHARDS; shard++) {
        struct key_map *map = &cleared->maps[shard];
        for (size_t i = 0; i < map->bucket_count; i++) {
            for (struct key_node *node = map->buckets[i], *next; node; node = next) {
                next = node->next;
                free_list((struct tracked *)node);
                connection_memory_subtract(mem_usable(node));
                mem_free(node);
            }
        }
        mem_free(map->buckets);
    }
    mem_free_sized(cleared, sizeof *cleared);
}

void tracking_table_clear(void)
{
    if (read_total(&total_keys) == 0)
        return;
    struct cleared *cleared = mem_calloc(sizeof *cleared);
    memcpy(cleared->maps, maps, sizeof maps);
    memset(maps, 0, sizeof maps);
    atomic_store_explicit(&total_keys, 0, memory_order_relaxed);
    atomic_store_explicit(&total_items, 0, memory_order_relaxed);
    atomic_store_explicit(&total_weight, 0, memory_order_relaxed);
    cleared->job.run = free_cleared;
    reaper_post(&cleared->job);
}
