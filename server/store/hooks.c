#include "store/hooks.h"

#include "store/keyspace_internal.h"

#include <assert.h>

const struct key_event event_del = {"del", EVENT_GENERIC, 1}, event_expire = {"expire", EVENT_GENERIC, 1},
                       event_persist = {"persist", EVENT_GENERIC, 1},
                       event_rename_from = {"rename_from", EVENT_GENERIC, 0},
                       event_rename_to = {"rename_to", EVENT_GENERIC, 1},
                       event_move_from = {"move_from", EVENT_GENERIC, 0}, event_move_to = {"move_to", EVENT_GENERIC, 1},
                       event_copy_to = {"copy_to", EVENT_GENERIC, 1}, event_expired = {"expired", EVENT_EXPIRED, 0},
                       event_evicted = {"evicted", EVENT_EVICTED, 0}, event_flush = {"flush", EVENT_WHOLE, 0},
                       event_swap = {"swap", EVENT_WHOLE, 0};

unsigned hooks_follow(struct keyspace *keyspace, const struct follower *follower)
{
    for (unsigned i = 0; i < FOLLOWERS_MAX; i++) {
        if (keyspace->followers[i])
            continue;
        keyspace->followers[i] = follower;
        return i;
    }
    assert(!"more followers than FOLLOWERS_MAX");
    return FOLLOWERS_MAX;
}

void hooks_unfollow(struct keyspace *keyspace, unsigned number)
{
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++)
        hooks_set_interest(keyspace, number, i, false);
    keyspace->followers[number] = NULL;
}

void hooks_set_interest(struct keyspace *keyspace, unsigned number, unsigned shard, bool interested)
{
    unsigned bit = 1u << number;
    unsigned *interest = &keyspace->shards[shard].interest;
    *interest = interested ? *interest | bit : *interest & ~bit;
}

void hook_tell_before(const struct view *view, unsigned interest, const struct key *key, const struct entry *entry)
{
    for (; interest; interest &= interest - 1) {
        const struct follower *follower = view->keyspace->followers[__builtin_ctz(interest)];
        if (follower->before)
            follower->before(follower->context, view, key, entry);
    }
}

void hook_tell_after(const struct view *view, unsigned interest, const struct key *key, const struct key_event *event)
{
    for (; interest; interest &= interest - 1) {
        const struct follower *follower = view->keyspace->followers[__builtin_ctz(interest)];
        if (follower->after)
            follower->after(follower->context, view, key, event);
    }
}
