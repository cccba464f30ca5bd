/*
 * The two hooks: before a key changes, and after it.
 *
 * Every change of the keyspace passes both, once: put, changed in place, expiry set or taken away, deleted, renamed,
 * moved, copied, flushed, swapped, expired, evicted. So whoever follows changes (snapshots, watchers, tracked clients,
 * waiters, events) registers a follower here, and no command has to know of it. Counters of changes hang on the second.
 *
 * A follower says which shards it cares about. Where none does, a change pays one branch on one word of its shard.
 *
 * Both run under the lock of the key's shard or in a stopped world, on any thread. They may not change the keyspace.
 */
#ifndef KVS_STORE_HOOKS_H
#define KVS_STORE_HOOKS_H

#include "store/key_event.h"
#include "store/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct entry;
struct key;
struct keyspace;

/*
 * key NULL is the whole database of the view, which is emptied or swapped while the world is stopped. Either function may
 * be NULL.
 */
struct follower {
    /* The key is about to change; entry is what is there, NULL nothing. It may be called where no change follows. */
    void (*before)(void *context, const struct view *view, const struct key *key, const struct entry *entry);
    void (*after)(void *context, const struct view *view, const struct key *key, const struct key_event *event);
    void *context;
};

#define FOLLOWERS_MAX 8

/* Before threads start, or in a stopped world. The number stands for the follower, which cares about no shard yet. */
unsigned hooks_follow(struct keyspace *keyspace, const struct follower *follower);
void hooks_unfollow(struct keyspace *keyspace, unsigned number);

/* Whether the follower cares about the shard of that index. Under its lock, or in a stopped world. */
void hooks_set_interest(struct keyspace *keyspace, unsigned number, unsigned shard, bool interested);

#endif
