/*
 * The two hooks: before a key changes, and after it.
 *
 * Every change of the keyspace passes both, once: put, changed in place, expiry set or taken away, deleted, renamed,
 * moved, copied, flushed, swapped, expired, evicted. So whoever follows changes (snapshots, watchers, tracked clients,
 * waiters, events) registers a follower (keyspace_follow()), and no command has to know of it. Counters of changes hang on the second.
 *
 * A follower says which shards it cares about. Where none does, a change pays one branch on one word of its shard.
 *
 * Both run under the lock of the key's shard or in a stopped world, on any thread. They may not change the keyspace.
 */
#ifndef KVS_STORE_HOOKS_H
#define KVS_STORE_HOOKS_H

#include "store/key_event.h"
#include "store/view.h"

struct entry;
struct key;

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

/* A keyspace's followers. Private to store/; others use keyspace_follow(). */
struct hooks {
    const struct follower *followers[FOLLOWERS_MAX]; /* changed while the world is stopped */
};

/* interest: a bit for each follower that is to be told; of one key that of its shard. */
void hooks_tell_before(const struct hooks *hooks, unsigned interest, const struct view *view, const struct key *key,
                       const struct entry *entry);
void hooks_tell_after(const struct hooks *hooks, unsigned interest, const struct view *view, const struct key *key,
                      const struct key_event *event);

#endif
