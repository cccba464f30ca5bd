/*
 * Building sets from other sets, which are in the order of hashes as well: what is built needs no sorting but within a
 * window, and no memory but that of the window.
 *
 *     set_build_begin()
 *     set_build_add()      members as other sets have them stored, also the same one more than once
 *     set_build_pass()     now and then: those that come later have at least this hash
 *     set_build_end()      or set_build_drop()
 *
 * The sets that members come from must not change before the end.
 */
#ifndef KVS_TYPES_SET_BUILD_H
#define KVS_TYPES_SET_BUILD_H

#include "shape/record_sort.h"
#include "shape/tree_build.h"
#include "types/collection.h"

struct set_builder {
    /* private */
    struct tree_builder tree;
    struct record_ref *window; /* members that aren't in the tree yet */
    size_t count, room;
    uint64_t passed; /* hashes below it don't come any more */
};

/* 0 or -ENOMEM, like those below, after which it is to be dropped. */
int set_build_begin(struct set_builder *builder);

int set_build_add(struct set_builder *builder, const char *stored);

static inline void set_build_pass(struct set_builder *builder, uint64_t hash)
{
    builder->passed = hash;
}

/* Whether the next member would make the window larger, unless something is passed before. */
static inline bool set_build_is_full(const struct set_builder *builder)
{
    return builder->count == builder->room;
}

/* Adds all members of the sets that are trees; entry NULL is none. */
int set_build_unite(struct set_builder *builder, const struct collection *sets, unsigned count);

/* An empty set, which gets a new entry, becomes what was built. */
int set_build_end(struct set_builder *builder, struct collection *set);

void set_build_drop(struct set_builder *builder);

#endif
