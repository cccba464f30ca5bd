#include "store/hooks.h"

void hooks_tell_before(const struct hooks *hooks, unsigned interest, const struct view *view, const struct key *key,
                       const struct entry *entry)
{
    for (; interest; interest &= interest - 1) {
        const struct follower *follower = hooks->followers[__builtin_ctz(interest)];
        if (follower->before)
            follower->before(follower->context, view, key, entry);
    }
}

void hooks_tell_part(const struct hooks *hooks, unsigned interest, const struct view *view, const struct key *key,
                     struct bytes part)
{
    for (; interest; interest &= interest - 1) {
        const struct follower *follower = hooks->followers[__builtin_ctz(interest)];
        if (follower->part_expired)
            follower->part_expired(follower->context, view, key, part);
    }
}

void hooks_tell_after(const struct hooks *hooks, unsigned interest, const struct view *view, const struct key *key,
                      const struct key_event *event)
{
    for (; interest; interest &= interest - 1) {
        const struct follower *follower = hooks->followers[__builtin_ctz(interest)];
        if (follower->after)
            follower->after(follower->context, view, key, event);
    }
}

void hooks_tell_remark(const struct hooks *hooks, unsigned interest, const struct view *view, const struct key *key,
                       const struct key_event *event)
{
    for (; interest; interest &= interest - 1) {
        const struct follower *follower = hooks->followers[__builtin_ctz(interest)];
        if (follower->remark)
            follower->remark(follower->context, view, key, event);
    }
}
