/*
 * A key map (store/key_map.h) for each shard, whose nodes are the queues. The follower is interested in a shard as long
 * as its map has nodes.
 */
#include "clients/wait_queue.h"

#include "base/connection_memory.h"
#include "base/memory.h"
#include "store/entry.h"
#include "store/keyspace.h"

#include <assert.h>

#define REACH_MAX 1024 /* waiters of a queue that are looked at: more of them reach everything */

static struct key_map maps[KEYSPACE_SHARDS]; /* guarded by the shards' locks */
static struct keyspace *followed;
static unsigned follower_number;
static atomic_size_t key_total, minded_total;

__thread struct wait_node *wait_queue_ready;
static __thread struct wait_node *last_ready;
atomic_uint wait_queue_moves;

/* ---- ready keys ---- */

static void make_ready(struct wait_node *node)
{
    node->ready = true;
    node->next_ready = NULL;
    if (wait_queue_ready)
        last_ready->next_ready = node;
    else
        wait_queue_ready = node;
    last_ready = node;
}

static void check_ready(const struct view *view, int db, struct wait_node *node)
{
    struct view there = *view;
    there.db = db;
    if (node->ready)
        return;
    const struct entry *entry = keyspace_peek(&there, &node->key_node.key);
    if ((entry && node->types >> entry->type & 1) || node->minders > 0)
        make_ready(node);
}

static void check_node(void *context, struct key_node *node)
{
    check_ready(context, node->db, (struct wait_node *)node);
}

/* A key, or with NULL a whole database, has changed. */
static void changed(void *context, const struct view *view, const struct key *key, const struct key_event *event)
{
    (void)context;
    if (event->event_class == EVENT_READERS)
        return;
    if (key) {
        struct wait_node *node = key_map_find(&maps[key_shard(key->hash)], view->db, key);
        if (node)
            check_ready(view, view->db, node);
        return;
    }
    for (unsigned shard = 0; shard < KEYSPACE_SHARDS; shard++)
        key_map_each(&maps[shard], check_node, (void *)view);
}

struct wait_node *wait_queue_next(void)
{
    struct wait_node *node = wait_queue_ready;
    if (node)
        wait_queue_ready = node->next_ready;
    return node;
}

struct wait_queue_aside wait_queue_set_aside(void)
{
    struct wait_queue_aside aside = {wait_queue_ready, last_ready};
    wait_queue_ready = NULL;
    return aside;
}

void wait_queue_bring_back(struct wait_queue_aside aside)
{
    assert(!wait_queue_ready);
    wait_queue_ready = aside.first;
    last_ready = aside.last;
}

/* ---- queues ---- */

void wait_queue_init(struct keyspace *keyspace)
{
    static const struct follower follower = {.after = changed};
    followed = keyspace;
    follower_number = keyspace_follow(keyspace, &follower);
}

static struct wait_node *node_of(int db, const struct key *key)
{
    unsigned shard = key_shard(key->hash);
    struct wait_node *node = key_map_find(&maps[shard], db, key);
    if (node)
        return node;
    node = key_map_add(&maps[shard], db, key, sizeof *node);
    connection_memory_add(mem_usable(node));
    if (maps[shard].count == 1)
        keyspace_set_interest(followed, follower_number, shard, true);
    atomic_fetch_add_explicit(&key_total, 1, memory_order_relaxed);
    return node;
}

/* Frees it if nobody is in the queue. */
static void node_settle(struct wait_node *node)
{
    unsigned shard = key_shard(node->key_node.key.hash);
    if (node->first || node->ready)
        return;
    connection_memory_subtract(mem_usable(node));
    key_map_remove(&maps[shard], &node->key_node);
    if (maps[shard].count == 0)
        keyspace_set_interest(followed, follower_number, shard, false);
    atomic_fetch_sub_explicit(&key_total, 1, memory_order_relaxed);
}

void wait_queue_done(struct wait_node *node)
{
    node->ready = false;
    node_settle(node);
}

/* Nobody else has come since the waiter's first link, so if it is in the queue it is the last. */
void wait_queue_add(struct waiter *waiter, unsigned i)
{
    struct wait_link *link = &waiter->links[i];
    struct wait_node *node = node_of(waiter->db, &link->key);
    if (node->last && node->last->waiter == waiter)
        return;
    link->node = node;
    link->next = NULL;
    link->previous = node->last;
    if (node->last)
        node->last->next = link;
    else
        node->first = link;
    node->last = link;
    node->types |= 1u << waiter->kind->type;
    if (waiter->kind->minds_loss && node->minders++ == 0)
        atomic_fetch_add_explicit(&minded_total, 1, memory_order_relaxed);
    if (waiter->kind->moves) {
        node->moves++;
        atomic_fetch_add_explicit(&wait_queue_moves, 1, memory_order_relaxed);
    }
    atomic_fetch_add_explicit(&waiter->links_left, 1, memory_order_relaxed);
}

void wait_queue_remove(struct wait_link *link)
{
    struct wait_node *node = link->node;
    if (!node)
        return;
    if (link->previous)
        link->previous->next = link->next;
    else
        node->first = link->next;
    if (link->next)
        link->next->previous = link->previous;
    else
        node->last = link->previous;
    link->node = NULL;
    if (link->waiter->kind->minds_loss && --node->minders == 0)
        atomic_fetch_sub_explicit(&minded_total, 1, memory_order_relaxed);
    if (link->waiter->kind->moves) {
        node->moves--;
        atomic_fetch_sub_explicit(&wait_queue_moves, 1, memory_order_relaxed);
    }
    node_settle(node);
    /* Pairs with the acquire of its worker, which frees the waiter without a lock once there is no link left. */
    atomic_fetch_sub_explicit(&link->waiter->links_left, 1, memory_order_release);
}

size_t waiter_memory(const struct waiter *waiter)
{
    if (!waiter)
        return 0;
    size_t bytes = mem_usable(waiter);
    for (unsigned i = 0; i < waiter->key_count; i++)
        bytes += sizeof(struct wait_node) + waiter->links[i].key.name.len;
    return bytes;
}

size_t wait_queue_keys(void)
{
    return atomic_load_explicit(&key_total, memory_order_relaxed);
}

size_t wait_queue_minded_keys(void)
{
    return atomic_load_explicit(&minded_total, memory_order_relaxed);
}

/* ---- what serving reaches ---- */

/* Nodes to go on from are linked by next_ready: no key is ready while a call takes its locks. */
struct reach {
    uint64_t number;
    const struct shard_set *held;
    struct shard_set *wanted;
    struct wait_node *open;
    bool grows;
};

static void reach_node(struct reach *reach, struct wait_node *node)
{
    if (node->moves == 0 || node->reached == reach->number)
        return;
    node->reached = reach->number;
    node->next_ready = reach->open;
    reach->open = node;
}

/* In all databases, as MOVE and COPY change another than their own. */
static void reach_key(struct reach *reach, uint64_t hash)
{
    if (!shard_set_has(reach->held, hash)) {
        shard_set_add(reach->wanted, hash);
        reach->grows = true;
        return;
    }
    const struct key_map *map = &maps[key_shard(hash)];
    struct key_node *at = map->count > 0 ? map->buckets[hash & (map->bucket_count - 1)] : NULL;
    for (; at; at = at->next)
        if (at->key.hash == hash)
            reach_node(reach, (struct wait_node *)at);
}

/* All keys of the shards that are held. */
static void reach_shards(struct reach *reach)
{
    for (unsigned shard = 0; shard < KEYSPACE_SHARDS; shard++) {
        if (!(reach->held->bits[shard / 64] >> (shard % 64) & 1))
            continue;
        for (size_t i = 0; i < maps[shard].bucket_count; i++)
            for (struct key_node *node = maps[shard].buckets[i]; node; node = node->next)
                reach_node(reach, (struct wait_node *)node);
    }
}

/* Nothing is left to be looked at. */
static void reach_everything(struct reach *reach)
{
    shard_set_fill(reach->wanted);
    reach->grows = true;
    reach->open = NULL;
}

/* So many would lead to nearly all shards anyway, and looking at each of them for every command would take long. */
static void reach_destinations(struct reach *reach, const struct wait_node *node)
{
    unsigned left = REACH_MAX;
    for (const struct wait_link *link = node->first; link; link = link->next) {
        if (left-- == 0) {
            reach_everything(reach);
            return;
        }
        if (link->waiter->kind->moves && waiter_waits(link->waiter))
            reach_key(reach, waiter_destination(link->waiter)->hash);
    }
}

bool wait_queue_reach(const struct key *keys, size_t count, const struct shard_set *held, struct shard_set *wanted_out)
{
    static atomic_uint_least64_t numbers;
    struct reach reach = {
        .number = atomic_fetch_add_explicit(&numbers, 1, memory_order_relaxed) + 1, .held = held, .wanted = wanted_out};
    *wanted_out = *held;
    if (shard_set_is_full(held))
        return false;
    for (size_t i = 0; i < count; i++)
        reach_key(&reach, keys[i].hash);
    if (!keys)
        reach_shards(&reach);
    while (reach.open) {
        const struct wait_node *node = reach.open;
        reach.open = node->next_ready;
        reach_destinations(&reach, node);
    }
    return reach.grows;
}
