/*
 * Records wait until they are enough for a leaf, which becomes the last child of the last branch of the lowest level. A
 * branch that is full becomes the last child of the level above when the next node comes. So there is one open branch a
 * level, and at the end these are put together from below.
 *
 * By hash a leaf ends where the hash changes, since equal ones must stay in one leaf: what it was filled with of the
 * last hash goes on to wait.
 */
#include "shape/tree_build.h"

#include "shape/branch.h"
#include "shape/hash_leaf.h"
#include "shape/tree_internal.h"

#include <errno.h>
#include <string.h>

#define LEAF_FILLED (896 - LEAF_HEAD) /* bytes of records: a size of the allocator's */

_Static_assert(TREE_RUN_MAX <= LEAF_ROOM, "what waits fits in a leaf");
_Static_assert(TREE_RUN_MAX >= LEAF_FILLED && RECORD_MAX <= LEAF_FILLED, "there is room for what waits");

void tree_build_begin(struct tree_builder *builder, enum tree_order order, struct record_form form)
{
    tree_init(&builder->tree, order, form);
    for (unsigned level = 0; level < TREE_HEIGHT_MAX; level++)
        builder->branches[level] = NULL;
    builder->used = builder->count = builder->before = builder->before_count = 0;
    builder->first_key = builder->last_key = 0;
}

/* To release elements with. */
static struct record_form form_of(const struct tree_builder *builder)
{
    return builder->tree.has_outside ? builder->tree.form : (struct record_form){0};
}

/* ---- nodes ---- */

static struct tree_child as_child(struct tree_branch *branch)
{
    return (struct tree_child){branch->children[0].key, branch_total(branch), branch};
}

/* Puts a node behind those of its level, from leaves on, which is 0. Takes it; without memory it is freed. */
static int add_node(struct tree_builder *builder, unsigned level, struct tree_child child)
{
    struct tree_branch *branch = level < TREE_HEIGHT_MAX ? builder->branches[level] : NULL;
    int error = level < TREE_HEIGHT_MAX ? 0 : -ENOMEM; /* more records than any memory holds */
    if (branch && branch->count == BRANCH_MAX) {
        builder->branches[level] = NULL;
        error = add_node(builder, level + 1, as_child(branch));
        branch = NULL;
    }
    if (!error && !branch)
        builder->branches[level] = branch = branch_create(BRANCH_MAX);
    if (!branch) {
        tree_free_below(child.node, level, form_of(builder));
        return -ENOMEM;
    }
    branch_insert(branch, branch->count, &child);
    return 0;
}

/* Of the first len bytes of what waits, which are count records. NULL without memory. */
static struct tree_leaf *make_leaf(const struct tree_builder *builder, unsigned len, unsigned count)
{
    if (builder->tree.order == TREE_BY_HASH)
        return hash_leaf_of_run(builder->tree.form, builder->records, len);
    struct tree_leaf *leaf = leaf_create(len);
    if (leaf) {
        leaf->count = (uint16_t)count;
        leaf_replace(leaf, 0, 0, builder->records, len);
    }
    return leaf;
}

/* The same becomes a leaf. */
static int end_leaf(struct tree_builder *builder, unsigned len, unsigned count)
{
    struct tree_leaf *leaf = make_leaf(builder, len, count);
    if (!leaf)
        return -ENOMEM;
    memmove(builder->records, builder->records + len, builder->used - len);
    builder->used = (uint16_t)(builder->used - len);
    builder->count = (uint16_t)(builder->count - count);
    struct tree_child child = {builder->first_key, count, leaf};
    builder->first_key = builder->last_key;
    builder->before = builder->before_count = 0;
    return add_node(builder, 0, child);
}

/* ---- adding ---- */

/*
 * What waits, or all of it that may be parted from a record with that key, becomes a leaf, so that len bytes have
 * room.
 */
static int make_room(struct tree_builder *builder, uint64_t key, size_t len)
{
    int error = 0;
    if (builder->tree.order != TREE_BY_HASH || key != builder->last_key)
        return end_leaf(builder, builder->used, builder->count);
    if (builder->before > 0)
        error = end_leaf(builder, builder->before, builder->before_count);
    return error == 0 && builder->used + len > TREE_RUN_MAX ? -ENOMEM
                                                            : error; /* dozens of equal hashes: by no chance */
}

int tree_build_add(struct tree_builder *builder, uint64_t key, const char *record, size_t len)
{
    struct record_form form = builder->tree.form;
    builder->tree.has_outside = builder->tree.has_outside || record_has_outside(record, record + len, form);
    if (builder->used + len > LEAF_FILLED && make_room(builder, key, len) != 0) {
        record_release_all(record, record + len, form);
        return -ENOMEM;
    }
    if (builder->count == 0)
        builder->first_key = key;
    if (builder->count == 0 || key != builder->last_key) {
        builder->before = builder->used;
        builder->before_count = builder->count;
        builder->last_key = key;
    }
    memcpy(builder->records + builder->used, record, len);
    builder->used = (uint16_t)(builder->used + len);
    builder->count++;
    builder->tree.count++;
    return 0;
}

/* ---- the end ---- */

static bool is_any_from(const struct tree_builder *builder, unsigned level)
{
    for (; level < TREE_HEIGHT_MAX; level++)
        if (builder->branches[level])
            return true;
    return false;
}

/* The branch, or one with its children and no room for more, if there is memory. */
static struct tree_branch *fitting(struct tree_branch *branch)
{
    struct tree_branch *smaller = branch && branch->count < branch->room ? branch_create(branch->count) : NULL;
    if (!smaller)
        return branch;
    memcpy(smaller->children, branch->children, branch->count * sizeof branch->children[0]);
    smaller->count = branch->count;
    branch_free(branch);
    return smaller;
}

int tree_build_end(struct tree_builder *builder, struct tree *tree_out)
{
    struct tree *tree = &builder->tree;
    unsigned level = 0;
    if (builder->count > 0 && end_leaf(builder, builder->used, builder->count) != 0) {
        tree_build_drop(builder);
        return -ENOMEM;
    }
    for (; is_any_from(builder, level + 1); level++) {
        struct tree_branch *branch = fitting(builder->branches[level]);
        builder->branches[level] = NULL;
        if (add_node(builder, level + 1, as_child(branch)) != 0) {
            tree_build_drop(builder);
            return -ENOMEM;
        }
    }
    tree->root = fitting(builder->branches[level]);
    tree->height = tree->root ? (uint8_t)(level + 1) : 0;
    tree_lower_root(tree);
    *tree_out = *tree;
    tree_build_begin(builder, (enum tree_order)tree->order, tree->form);
    return 0;
}

void tree_build_drop(struct tree_builder *builder)
{
    record_release_all(builder->records, builder->records + builder->used, form_of(builder));
    for (unsigned level = 0; level < TREE_HEIGHT_MAX; level++)
        if (builder->branches[level])
            tree_free_below(builder->branches[level], level + 1, form_of(builder));
    tree_build_begin(builder, (enum tree_order)builder->tree.order, builder->tree.form);
}
