#include "types/gathering.h"

#include "base/memory.h"

#include <errno.h>
#include <string.h>

int gathering_begin(struct gathering *gathering, size_t most)
{
    size_t room = most > 0 ? most : 1;
    *gathering = (struct gathering){.members = mem_try_alloc(room * sizeof *gathering->members), .room = room};
    return gathering->members ? 0 : -ENOMEM;
}

int gathering_begin_joined(struct gathering *gathering, size_t room, uint64_t sources, gathering_rule *rule,
                           void *context)
{
    if (gathering_begin(gathering, room) != 0)
        return -ENOMEM;
    gathering->rule = rule;
    gathering->context = context;
    gathering->source_mask = sources > 1 ? UINT64_MAX >> __builtin_clzll(sources - 1) : 0;
    return 0;
}

void gathering_deinit(struct gathering *gathering)
{
    if (gathering->members)
        mem_free_sized(gathering->members, gathering->room * sizeof *gathering->members);
    gathering->members = NULL;
}

static int grow(struct gathering *gathering, size_t room)
{
    struct record_ref *members = mem_try_realloc(gathering->members, room * sizeof *members);
    if (!members)
        return -ENOMEM;
    gathering->members = members;
    gathering->room = room;
    return 0;
}

int gathering_reserve(struct gathering *gathering, size_t count)
{
    if (gathering->count + count <= gathering->room)
        return 0;
    gathering_join(gathering);
    size_t needed = gathering->count + count;
    if (needed <= gathering->room / 2) /* otherwise it would soon be joined again */
        return 0;
    return grow(gathering, 2 * needed);
}

void gathering_add_of(struct gathering *gathering, uint64_t source, const char *stored, double score)
{
    uint64_t hash = element_hash_stored(stored);
    gathering->members[gathering->count++] =
        (struct record_ref){(hash & ~gathering->source_mask) | source, stored, score};
    gathering->is_joined = false;
}

/* ---- joining ---- */

static bool is_same_hash(const struct gathering *gathering, size_t a, size_t b)
{
    return ((gathering->members[a].key ^ gathering->members[b].key) & ~gathering->source_mask) == 0;
}

/* Brings those among the members up to end that are the same as the one at first behind it. Returns where they end. */
static size_t bring_together(struct record_ref *members, size_t first, size_t end)
{
    size_t same = first + 1;
    for (size_t at = same; at < end; at++) {
        struct record_ref member = members[at];
        if (!element_is_same(members[first].stored, member.stored))
            continue;
        memmove(&members[same + 1], &members[same], (at - same) * sizeof member);
        members[same++] = member;
    }
    return same;
}

void gathering_join(struct gathering *gathering)
{
    struct record_ref *members = gathering->members;
    size_t kept = 0, count = gathering->count;
    if (!gathering->rule || gathering->is_joined)
        return;
    record_sort_by_key(members, count);
    for (size_t at = 0, hash_end = 0, end; at < count; at = end) {
        record_ref_prefetch(members, count, at);
        if (at >= hash_end)
            for (hash_end = at + 1; hash_end < count && is_same_hash(gathering, at, hash_end);)
                hash_end++;
        end = bring_together(members, at, hash_end);
        if (gathering->rule(gathering->context, gathering, &members[at], end - at))
            members[kept++] = members[at];
    }
    gathering->count = kept;
    gathering->is_joined = true;
}

int gathering_build(struct gathering *gathering, struct collection *collection)
{
    gathering_join(gathering);
    for (size_t i = 0; gathering->rule && i < gathering->count; i++)
        gathering->members[i].key &= ~gathering->source_mask;
    return collection_build(collection, gathering->members, gathering->count, gathering->rule != NULL);
}
