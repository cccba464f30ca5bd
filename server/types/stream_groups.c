#include "types/stream_groups.h"

#include "base/memory.h"

#include <errno.h>

#define MANY 1000 /* pending entries and consumers */

struct stream_group *stream_groups_first(const struct stream_groups *groups, struct tree_place *place_out)
{
    return groups ? (struct stream_group *)name_table_first(&groups->by_name, place_out) : NULL;
}

struct stream_group *stream_groups_next(const struct stream_groups *groups, struct tree_place *place)
{
    return (struct stream_group *)name_table_next(&groups->by_name, place);
}

struct stream_group *stream_groups_find(const struct stream_groups *groups, struct bytes name)
{
    return groups ? (struct stream_group *)name_table_find(&groups->by_name, name) : NULL;
}

uint64_t stream_groups_count(const struct stream_groups *groups)
{
    return groups ? name_table_count(&groups->by_name) : 0;
}

/* ---- adding and removing ---- */

static struct stream_groups *make_groups(void)
{
    struct stream_groups *groups = mem_try_alloc(sizeof *groups);
    if (groups)
        name_table_init(&groups->by_name);
    return groups;
}

int stream_groups_add(struct stream_groups **groups, struct stream_group *group)
{
    struct stream_groups *there = *groups ? *groups : make_groups();
    if (!there)
        return -ENOMEM;
    int error = name_table_add(&there->by_name, &group->named);
    if (!error)
        *groups = there;
    else if (!*groups)
        stream_groups_free(there);
    return error;
}

void stream_groups_remove(struct stream_groups *groups, struct stream_group *group)
{
    name_table_remove(&groups->by_name, &group->named);
    stream_group_free(group, false);
}

/* ---- for the type ---- */

void stream_groups_free(struct stream_groups *groups)
{
    struct tree_place place;
    if (!groups)
        return;
    struct stream_group *group = stream_groups_first(groups, &place);
    for (; group; group = stream_groups_next(groups, &place))
        stream_group_free(group, true);
    name_table_deinit(&groups->by_name);
    mem_free(groups);
}

bool stream_groups_are_slow_to_free(const struct stream_groups *groups)
{
    struct tree_place place;
    uint64_t weight = 0;
    const struct stream_group *group = stream_groups_first(groups, &place);
    for (; group && weight < MANY; group = stream_groups_next(groups, &place))
        weight += 1 + pending_count(&group->pending) + name_table_count(&group->consumers);
    return weight >= MANY;
}

static struct named *copy_group(const struct named *group)
{
    struct stream_group *copy = stream_group_copy((const struct stream_group *)group);
    return copy ? &copy->named : NULL;
}

static void free_copied_group(struct named *group)
{
    stream_group_free((struct stream_group *)group, true);
}

struct stream_groups *stream_groups_copy(const struct stream_groups *groups)
{
    struct stream_groups *copy = mem_try_alloc(sizeof *copy);
    if (copy && name_table_copy(&copy->by_name, &groups->by_name, copy_group, free_copied_group) == 0)
        return copy;
    mem_free(copy);
    return NULL;
}

size_t stream_groups_memory(const struct stream_groups *groups, size_t samples)
{
    struct tree_place place;
    if (!groups)
        return 0;
    size_t bytes = mem_usable(groups) + name_table_memory(&groups->by_name);
    const struct stream_group *group = stream_groups_first(groups, &place);
    for (; group; group = stream_groups_next(groups, &place))
        bytes += stream_group_memory(group, samples);
    return bytes;
}

bool stream_groups_forget(struct stream_groups *groups, struct stream_id id)
{
    struct tree_place place;
    bool known = false;
    struct stream_group *group = stream_groups_first(groups, &place);
    for (; group; group = stream_groups_next(groups, &place))
        known = stream_group_acknowledge(group, id) || known;
    return known;
}

bool stream_groups_all_acked(const struct stream_groups *groups, struct stream_id id)
{
    struct tree_place place, at;
    struct pending_entry entry;
    const struct stream_group *group = stream_groups_first(groups, &place);
    bool all = group != NULL;
    for (; group && all; group = stream_groups_next(groups, &place))
        all = stream_id_compare(group->last_id, id) >= 0 && !pending_find(&group->pending, id, &entry, &at);
    return all;
}

void stream_groups_check(const struct stream_groups *groups)
{
    struct tree_place place;
    if (!groups)
        return;
    name_table_check(&groups->by_name);
    const struct stream_group *group = stream_groups_first(groups, &place);
    for (; group; group = stream_groups_next(groups, &place))
        stream_group_check(group);
}
