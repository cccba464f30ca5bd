#include "handlers/set_result.h"

#include "base/memory.h"
#include "store/disposal.h"

#include <errno.h>

#define LARGE 1000 /* members from which on it is built */

static struct entry *create(struct collection *set_out, struct bytes key, int64_t expire_ms)
{
    struct entry *entry = collection_create(&set_kind, key, expire_ms);
    if (entry)
        collection_open(set_out, &set_kind, entry);
    return entry;
}

int set_result_begin(struct set_result *result, struct bytes key, int64_t expire_ms, const struct set_limits *limits)
{
    *result = (struct set_result){.limits = *limits};
    return create(&result->set, key, expire_ms) ? 0 : -ENOMEM;
}

void set_result_follow(struct set_result *result, const struct collection *walked, const struct collection_place *place)
{
    result->walked = walked->is_tree ? walked : NULL;
    result->place = place;
}

static int begin_building(struct set_result *result)
{
    struct set_builder *builder = mem_try_alloc(sizeof *builder);
    if (!builder)
        return -ENOMEM;
    if (set_build_begin(builder) != 0) {
        mem_free_sized(builder, sizeof *builder);
        return -ENOMEM;
    }
    result->builder = builder;
    return 0;
}

/* The members that are there go the same way as those to come, and the set gives way to another one in the end. */
static int go_on_building(struct set_result *result)
{
    struct collection_place place;
    if (begin_building(result) != 0)
        return -ENOMEM;
    for (bool more = collection_at(&result->set, 0, &place); more; more = collection_next(&result->set, &place))
        if (set_build_add(result->builder, place.record) != 0)
            return -ENOMEM;
    return 0;
}

int set_result_add(struct set_result *result, const char *stored)
{
    if (!result->builder) {
        bool builds = result->walked && collection_count(&result->set) >= LARGE && !set_is_compact(result->set.entry);
        if (!builds)
            return set_add_stored(&result->set, stored, &result->limits) < 0 ? -ENOMEM : 0;
        if (go_on_building(result) != 0)
            return -ENOMEM;
    }
    if (set_build_is_full(result->builder))
        set_build_pass(result->builder, tree_leaf_hash(&result->walked->trees.tree, &result->place->tree));
    return set_build_add(result->builder, stored);
}

/* ---- unions ---- */

/* Whether any of the sets is so large that the union is a hashtable, and a large one, in whatever way it grows. */
static bool is_any_large(const struct set_result *result, const struct collection *sets, unsigned count)
{
    const struct set_limits *limits = &result->limits;
    for (unsigned i = 0; i < count; i++) {
        uint64_t members = sets[i].entry && sets[i].is_tree ? collection_count(&sets[i]) : 0;
        if (members >= LARGE && members > limits->intset_entries && members > limits->listpack_entries)
            return true;
    }
    return false;
}

static int add_all(struct set_result *result, const struct collection *set)
{
    struct collection_place place;
    for (bool more = collection_at(set, 0, &place); more; more = collection_next(set, &place))
        if (set_result_add(result, place.record) != 0)
            return -ENOMEM;
    return 0;
}

int set_result_unite(struct set_result *result, const struct collection *sets, unsigned count)
{
    bool builds = is_any_large(result, sets, count);
    if (builds && (begin_building(result) != 0 || set_build_unite(result->builder, sets, count) != 0))
        return -ENOMEM;
    if (builds) {
        set_name_large(&result->set);
        if (set_result_finish(result) != 0)
            return -ENOMEM;
    }
    for (unsigned i = 0; i < count; i++)
        if (sets[i].entry && !(builds && sets[i].is_tree) && add_all(result, &sets[i]) != 0)
            return -ENOMEM;
    return 0;
}

/* ---- the end ---- */

static void drop_builder(struct set_result *result)
{
    set_build_drop(result->builder);
    mem_free_sized(result->builder, sizeof *result->builder);
    result->builder = NULL;
}

int set_result_finish(struct set_result *result)
{
    struct collection built;
    const struct entry *entry = result->set.entry;
    if (!result->builder)
        return 0;
    if (!create(&built, entry_key(entry), entry_expiry(entry)))
        return -ENOMEM;
    set_name_like(&built, &result->set);
    if (set_build_end(result->builder, &built) != 0) {
        entry_free(built.entry);
        return -ENOMEM;
    }
    drop_builder(result);
    dispose_entry(result->set.entry);
    result->set = built;
    result->walked = NULL;
    return 0;
}

void set_result_drop(struct set_result *result)
{
    if (result->builder)
        drop_builder(result);
    dispose_entry(result->set.entry);
}
