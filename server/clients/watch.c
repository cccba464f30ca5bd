#include "clients/watch.h"

#include "base/connection_memory.h"
#include "base/memory.h"
#include "clients/client.h"
#include "clients/client_extra.h"
#include "server.h"
#include "store/key_map.h"

#include <stdatomic.h>

/* One key of one client. */
struct watch {
    struct watch *next; /* of the client; worker only */
    struct watches *owner;
    uint64_t hash;
    /* guarded, as all that follows, by the lock of its shard */
    struct watched_key *key; /* NULL: taken off after a change */
    struct watch *key_next, *key_previous;
    /* it had expired when it came to be watched, or came here so, and isn't deleted yet: its end changes nothing */
    bool was_due;
};

/* All of one client. */
struct watches {
    atomic_bool marked; /* relaxed: written and read under the lock of a key that has changed, or only to be shown */
    struct watch *first;
    size_t count;
    struct shard_set shards; /* of all */
    int64_t soonest_ms;   /* wall time: a key, or a part of its value, expires then, unless something changes before */
    uint64_t untold;      /* what watched.untold was */
    size_t memory;        /* bytes, as connection_memory_add() was told */
    struct watches *next; /* among those that were given up */
};

/*
 * Given up by clients of this worker, too many to be freed under locks at once. They still hang on keys, and are marked
 * like any other.
 */
__thread struct watches *watches_given_up;

#define FREED_UNDER_LOCKS 500 /* no more by the command that gives them up */
#define TOLD_AT_MOST 10000    /* watched keys are told of the change of a whole database: 4 ms */
#define FREED_AT_ONCE 64      /* few enough that most shards stay free meanwhile */

struct watched_key {
    struct key_node node; /* first */
    struct watch *first;
};

static struct {
    struct keyspace *keyspace;
    unsigned follower;
    atomic_uint clients; /* relaxed: a figure */
    uint64_t untold;     /* changes of whole databases that came to no key; written in a stopped world */
    struct key_map maps[KEYSPACE_SHARDS]; /* each guarded by its shard's lock */
} watched;

static struct key_map *map_of(uint64_t hash)
{
    return &watched.maps[key_shard(hash)];
}

static void set_interest(uint64_t hash)
{
    keyspace_set_interest(watched.keyspace, watched.follower, key_shard(hash), map_of(hash)->count > 0);
}

/* ---- under the shard's lock ---- */

static void hang_on(struct watch *watch, struct watched_key *key)
{
    watch->key = key;
    watch->key_previous = NULL;
    watch->key_next = key->first;
    if (key->first)
        key->first->key_previous = watch;
    key->first = watch;
}

static void take_off(struct watch *watch)
{
    struct watched_key *key = watch->key;
    if (!key)
        return;
    watch->key = NULL;
    if (watch->key_next)
        watch->key_next->key_previous = watch->key_previous;
    if (watch->key_previous)
        watch->key_previous->key_next = watch->key_next;
    else
        key->first = watch->key_next;
    if (key->first)
        return;
    key_map_remove(map_of(watch->hash), &key->node);
    set_interest(watch->hash);
}

/* The key has changed. Only those stay that knew of its end before. */
static void mark_all(struct watched_key *key, bool expired)
{
    struct watch *next;
    for (struct watch *watch = key->first; watch; watch = next) {
        next = watch->key_next; /* read before the last one takes the key with it */
        if (expired && watch->was_due) {
            watch->was_due = false;
            continue;
        }
        atomic_store_explicit(&watch->owner->marked, true, memory_order_relaxed);
        take_off(watch);
    }
}

/* ---- what is told of changes ---- */

/* In a stopped world: the keys of the view's database that exist are about to go. */
static void mark_if_there(void *context, struct key_node *node)
{
    const struct view *view = context;
    const struct entry *entry = node->db == view->db ? keyspace_peek(view, &node->key) : NULL;
    if (entry)
        mark_all((struct watched_key *)node, entry_is_due(entry, view->now_ms));
}

/* Likewise: those that exist have come. One that had expired before it came is as good as none, now as then. */
static void mark_if_come(void *context, struct key_node *node)
{
    const struct view *view = context;
    const struct entry *entry = node->db == view->db ? keyspace_peek(view, &node->key) : NULL;
    if (entry && !entry_is_due(entry, view->now_ms))
        mark_all((struct watched_key *)node, false);
    else if (entry)
        for (struct watch *watch = ((struct watched_key *)node)->first; watch; watch = watch->key_next)
            watch->was_due = true;
}

/* Whether so many keys are watched that they would stop the world for long. */
static bool too_many_to_tell(void)
{
    size_t keys = 0;
    for (unsigned shard = 0; shard < KEYSPACE_SHARDS; shard++)
        keys += watched.maps[shard].count;
    return keys > TOLD_AT_MOST;
}

static void visit_database(const struct view *view, void (*visit)(void *context, struct key_node *node))
{
    for (unsigned shard = 0; shard < KEYSPACE_SHARDS; shard++)
        key_map_each(&watched.maps[shard], visit, (void *)view);
}

static void watch_before(void *context, const struct view *view, const struct key *key, const struct entry *entry)
{
    (void)context;
    (void)entry;
    if (!key && !too_many_to_tell())
        visit_database(view, mark_if_there);
}

static void watch_after(void *context, const struct view *view, const struct key *key, const struct key_event *event)
{
    (void)context;
    if (!key) {
        if (event == &event_swap_same)
            return;
        if (too_many_to_tell())
            watched.untold++;
        else
            visit_database(view, mark_if_come);
        return;
    }
    struct watched_key *node = key_map_find(map_of(key->hash), view->db, key);
    if (node && (event->event_class != EVENT_WHOLE || event->changes > 0))
        mark_all(node, event == &event_expired);
}

void watches_follow(struct keyspace *keyspace)
{
    static const struct follower follower = {.before = watch_before, .after = watch_after};
    watched.keyspace = keyspace;
    watched.follower = keyspace_follow(keyspace, &follower);
}

/* ---- a client's ---- */

static struct watches *watches_of(const struct client *client)
{
    return client->extra ? client->extra->watches : NULL;
}

static struct watches *watches_make(struct client *client)
{
    struct client_extra *extra = client_extra(client);
    if (!extra->watches) {
        extra->watches = mem_calloc(sizeof *extra->watches);
        extra->watches->soonest_ms = INT64_MAX;
        extra->watches->untold = watched.untold;
        extra->watches->memory = mem_usable(extra->watches);
        connection_memory_add(extra->watches->memory);
        atomic_fetch_add_explicit(&watched.clients, 1, memory_order_relaxed);
    }
    return extra->watches;
}

static bool is_watched_by(const struct watched_key *key, const struct watches *owner)
{
    for (const struct watch *watch = key->first; watch; watch = watch->key_next)
        if (watch->owner == owner)
            return true;
    return false;
}

void watch_key(struct client *client, const struct view *view, const struct key *key)
{
    struct watches *watches = watches_make(client);
    struct watched_key *node = key_map_find(map_of(key->hash), view->db, key);
    if (atomic_load_explicit(&watches->marked, memory_order_relaxed) || (node && is_watched_by(node, watches)))
        return; /* one more makes no difference */
    if (!node) {
        node = key_map_add(map_of(key->hash), view->db, key, sizeof *node);
        set_interest(key->hash);
    }
    struct watch *watch = mem_alloc(sizeof *watch);
    const struct entry *entry = keyspace_peek(view, key);
    *watch = (struct watch){.next = watches->first,
                            .owner = watches,
                            .hash = key->hash,
                            .was_due = entry && entry_is_due(entry, view->now_ms)};
    int64_t next_ms = entry ? entry_next_expiry(entry) : INT64_MAX;
    if (next_ms > view->now_ms && next_ms < watches->soonest_ms)
        watches->soonest_ms = next_ms;
    watches->first = watch;
    watches->count++;
    shard_set_add(&watches->shards, key->hash);
    size_t memory = mem_usable(watch) + sizeof *node + key->name.len;
    watches->memory += memory;
    connection_memory_add(memory);
    hang_on(watch, node);
}

bool watches_are_marked(const struct client *client)
{
    const struct watches *watches = watches_of(client);
    return watches &&
           (atomic_load_explicit(&watches->marked, memory_order_relaxed) || watches->untold != watched.untold);
}

/* If nothing is marked, every key is as it was when it came to be watched, with its expiry. */
bool watches_are_broken(const struct client *client, int64_t now_ms)
{
    return watches_are_marked(client) || (watches_of(client) && watches_of(client)->soonest_ms <= now_ms);
}

void watches_add_shards(const struct client *client, struct shard_set *shards)
{
    const struct watches *watches = watches_of(client);
    if (watches)
        shard_set_add_all(shards, &watches->shards);
}

/* With the shards of the first `most` locked. */
static void free_some(struct watches *watches, size_t most)
{
    while (watches->first && most-- > 0) {
        struct watch *watch = watches->first;
        watches->first = watch->next;
        take_off(watch);
        mem_free_sized(watch, sizeof *watch);
    }
}

static void free_emptied(struct watches *watches)
{
    connection_memory_subtract(watches->memory);
    mem_free_sized(watches, sizeof *watches);
}

/* The client has none any more. */
static struct watches *detach(struct client *client)
{
    struct watches *watches = watches_of(client);
    if (!watches)
        return NULL;
    atomic_fetch_sub_explicit(&watched.clients, 1, memory_order_relaxed);
    client->extra->watches = NULL;
    client_extra_settle(client);
    return watches;
}

static void give_up(struct watches *watches)
{
    watches->next = watches_given_up;
    watches_given_up = watches;
}

static void free_or_give_up(struct watches *watches)
{
    if (watches->count > FREED_UNDER_LOCKS) {
        give_up(watches);
        return;
    }
    free_some(watches, watches->count);
    free_emptied(watches);
}

void watches_drop(struct client *client)
{
    struct watches *watches = detach(client);
    if (watches)
        free_or_give_up(watches);
}

void watches_end(struct client *client)
{
    struct shard_set shards = {0};
    watches_add_shards(client, &shards);
    struct watches *watches = detach(client);
    if (!watches)
        return;
    if (keyspace_lock_or_put_off(watched.keyspace, &shards)) {
        free_or_give_up(watches);
        keyspace_unlock(watched.keyspace, &shards);
    } else {
        give_up(watches);
    }
}

/* Under its locks. */
static bool free_first(size_t count)
{
    struct watches *watches = watches_given_up;
    free_some(watches, count);
    if (!watches->first) {
        watches_given_up = watches->next;
        free_emptied(watches);
    }
    return watches_given_up != NULL;
}

static size_t shards_of_first(struct shard_set *shards)
{
    size_t count = 0;
    for (const struct watch *watch = watches_given_up->first; watch && count < FREED_AT_ONCE;
         watch = watch->next, count++)
        shard_set_add(shards, watch->hash);
    return count;
}

bool watches_free_first(void)
{
    struct shard_set shards = {0};
    size_t count = shards_of_first(&shards);
    if (!keyspace_lock_or_put_off(watched.keyspace, &shards))
        return false;
    bool more = free_first(count);
    keyspace_unlock(watched.keyspace, &shards);
    return more;
}

void watches_free_all(void)
{
    while (watches_given_up) {
        struct shard_set shards = {0};
        size_t count = shards_of_first(&shards);
        keyspace_lock(watched.keyspace, &shards);
        free_first(count);
        keyspace_unlock(watched.keyspace, &shards);
    }
}

unsigned watching_clients(void)
{
    return atomic_load_explicit(&watched.clients, memory_order_relaxed);
}

size_t watches_count(const struct client *client)
{
    const struct watches *watches = watches_of(client);
    return watches ? watches->count : 0;
}

size_t watches_memory(const struct client *client)
{
    const struct watches *watches = watches_of(client);
    return watches ? watches->memory : 0;
}
