/*
 * The two hooks: before a key changes, and after it.
 *
 * Every change of the keyspace passes both, once: a key is put, changed in place, gets or loses a TTL, is deleted,
 * renamed, moved, copied, expired or evicted; a part of its value expires; a database is flushed or swapped. So a
 * module that follows changes (snapshots, watchers, tracked clients, waiters, events) registers a follower
 * (keyspace_follow()), and no command has to know about it. The second hook also counts changes.
 *
 * A follower says which shards it is interested in. Where none is, a change costs one branch on one word of its shard.
 *
 * Both run under the lock of the key's shard or in a stopped world, on any thread. They may not change the keyspace.
 */
#ifndef KVS_STORE_HOOKS_H
#define KVS_STORE_HOOKS_H

#include "base/bytes.h"
#include "store/key_event.h"
#include "store/view.h"

struct entry;
struct key;

/*
 * With key NULL the whole database of the view is emptied or swapped, while the world is stopped. Either function may
 * be NULL.
 */
struct follower {
    /* The key is about to change; entry is its present one, or NULL. It may be called even if no change follows. */
    void (*before)(void *context, const struct view *view, const struct key *key, const struct entry *entry);
    void (*after)(void *context, const struct view *view, const struct key *key, const struct key_event *event);

    /* Between the two, for each part of the value that has expired: its name. May be NULL. */
    void (*part_expired)(void *context, const struct view *view, const struct key *key, struct bytes part);

    /* What is to be told of the key and isn't a change, or is part of one that was told. May be NULL. */
    void (*remark)(void *context, const struct view *view, const struct key *key, const struct key_event *event);
    void *context;
};

#define FOLLOWERS_MAX 8

/* A keyspace's followers. Private to store/; others use keyspace_follow(). */
struct hooks {
    const struct follower *followers[FOLLOWERS_MAX]; /* changed while the world is stopped */
};

/* interest has a bit for each follower to be called; for a key it is its shard's. */
void hooks_tell_before(const struct hooks *hooks, unsigned interest, const struct view *view, const struct key *key,
                       const struct entry *entry);
void hooks_tell_part(const struct hooks *hooks, unsigned interest, const struct view *view, const struct key *key,
                     struct bytes part);
void hooks_tell_remark(const struct hooks *hooks, unsigned interest, const struct view *view, const struct key *key,
                       const struct key_event *event);
void hooks_tell_after(const struct hooks *hooks, unsigned interest, const struct view *view, const struct key *key,
                      const struct key_event *event);

#endif
