#include "types/set_build.h"

#include "base/memory.h"
#include "types/set.h"

#include <errno.h>
#include <string.h>

#define WINDOW_AT_FIRST 4096 /* members: several leaves */

int set_build_begin(struct set_builder *builder)
{
    *builder = (struct set_builder){.room = WINDOW_AT_FIRST};
    tree_build_begin(&builder->tree, TREE_BY_HASH, set_kind.form);
    builder->window = mem_try_alloc(builder->room * sizeof *builder->window);
    return builder->window ? 0 : -ENOMEM;
}

/* ---- the window ---- */

/* Whether the member at that place is among those before it, of which the ones with its hash stand next to it. */
static bool is_there_before(const struct record_ref *window, size_t at)
{
    for (size_t before = at; before-- > 0 && window[before].key == window[at].key;)
        if (element_is_same(window[before].stored, window[at].stored))
            return true;
    return false;
}

static int add_to_tree(struct set_builder *builder, const struct record_ref *member)
{
    element_retain(member->stored);
    return tree_build_add(&builder->tree, member->key, member->stored, element_len(member->stored));
}

/* Moves members into the tree, up to what is passed or all. */
static int empty_window(struct set_builder *builder, bool all)
{
    struct record_ref *window = builder->window;
    size_t moved = 0;
    record_sort_by_key(window, builder->count);
    for (; moved < builder->count && (all || window[moved].key < builder->passed); moved++) {
        record_ref_prefetch(window, builder->count, moved);
        if (!is_there_before(window, moved) && add_to_tree(builder, &window[moved]) != 0)
            return -ENOMEM;
    }
    builder->count -= moved;
    memmove(window, window + moved, builder->count * sizeof *window);
    return 0;
}

static int make_room(struct set_builder *builder)
{
    if (empty_window(builder, false) != 0)
        return -ENOMEM;
    if (builder->count <= builder->room / 2) /* otherwise it would soon be sorted again */
        return 0;
    struct record_ref *window = mem_try_realloc(builder->window, 2 * builder->room * sizeof *window);
    if (!window)
        return -ENOMEM;
    builder->window = window;
    builder->room *= 2;
    return 0;
}

int set_build_add(struct set_builder *builder, const char *stored)
{
    if (set_build_is_full(builder) && make_room(builder) != 0)
        return -ENOMEM;
    builder->window[builder->count++] = (struct record_ref){element_hash_stored(stored), stored, 0};
    return 0;
}

/* ---- uniting ---- */

/* Where a set is walked. */
struct walk {
    const struct tree *tree;
    struct tree_place place;
    uint64_t hash; /* the lowest that may still come */
};

static unsigned begin_walks(struct walk *walks, const struct collection *sets, unsigned count)
{
    unsigned begun = 0;
    for (unsigned i = 0; i < count; i++) {
        if (!sets[i].entry || !sets[i].is_tree)
            continue;
        walks[begun].tree = &sets[i].trees.tree;
        walks[begun].hash = 0;
        begun += tree_at(walks[begun].tree, 0, &walks[begun].place);
    }
    return begun;
}

static struct walk *lowest_walk(struct walk *walks, unsigned count)
{
    struct walk *lowest = walks;
    for (unsigned i = 1; i < count; i++)
        if (walks[i].hash < lowest->hash)
            lowest = &walks[i];
    return lowest;
}

/* Adds the leaf that a walk has come to, and goes to the next one. False: there is none. */
static bool add_leaf(struct set_builder *builder, struct walk *walk, int *error_out)
{
    const char *end, *record = tree_run(&walk->place, &end);
    *error_out = 0;
    for (; record < end && *error_out == 0; record += element_len(record))
        *error_out = set_build_add(builder, record);
    walk->hash = tree_next_hash(walk->tree, &walk->place);
    return *error_out == 0 && tree_next_leaf(walk->tree, &walk->place);
}

/* Leaves are added in the order in which they begin. */
int set_build_unite(struct set_builder *builder, const struct collection *sets, unsigned count)
{
    int error = 0;
    struct walk *walks = mem_try_alloc(count * sizeof *walks);
    if (!walks)
        return -ENOMEM;
    unsigned left = begin_walks(walks, sets, count);
    while (left > 0 && error == 0) {
        struct walk *lowest = lowest_walk(walks, left);
        set_build_pass(builder, lowest->hash);
        if (!add_leaf(builder, lowest, &error))
            *lowest = walks[--left];
    }
    mem_free_sized(walks, count * sizeof *walks);
    return error;
}

/* ---- the end ---- */

int set_build_end(struct set_builder *builder, struct collection *set)
{
    struct collection_trees trees;
    if (empty_window(builder, true) != 0 || tree_build_end(&builder->tree, &trees.tree) != 0)
        return -ENOMEM;
    if (collection_plant(set, &trees) != 0) {
        tree_deinit(&trees.tree);
        return -ENOMEM;
    }
    set_build_drop(builder);
    return 0;
}

void set_build_drop(struct set_builder *builder)
{
    tree_build_drop(&builder->tree);
    if (builder->window)
        mem_free_sized(builder->window, builder->room * sizeof *builder->window);
    builder->window = NULL;
}
