/*
 * Cutting: what lies wholly within the range leaves the tree as it is, node by node; only the leaves at the two ends of
 * the range are changed. The nodes, of all levels, are put together to a tree of their own from below.
 */
#include "shape/branch.h"
#include "shape/hash_leaf.h"
#include "shape/leaf.h"
#include "shape/tree_internal.h"

#include <string.h>

#define NODES_MAX (3 * BRANCH_MAX) /* of a level: those of two branches, and what those below were put together to */

struct cut {
    struct record_form form;
    unsigned counts[TREE_HEIGHT_MAX + 2];
    struct tree_child nodes[TREE_HEIGHT_MAX + 2][NODES_MAX]; /* by level, leaves first */
};

static void take_records(struct tree_leaf *leaf, struct record_form form, uint64_t from, uint64_t count)
{
    const char *first = record_skip(leaf_begin(leaf), leaf_end(leaf), form, from);
    const char *end = record_skip(first, leaf_end(leaf), form, count);
    size_t offset = (size_t)(first - leaf_begin(leaf)), len = (size_t)(end - first);
    record_release_all(first, end, form);
    leaf_replace(leaf, offset, len, NULL, 0);
    if (leaf->head > 0)
        hash_leaf_changed(leaf, offset, len, 0);
    leaf->count = (uint16_t)(leaf->count - count);
}

/* Takes the records of that range, which isn't all of them, from below the node. */
static void take_below(struct cut *cut, void *node, unsigned level, uint64_t from, uint64_t count)
{
    if (level == 0) {
        take_records(node, cut->form, from, count);
        return;
    }
    struct tree_branch *branch = node;
    for (unsigned i = 0; count > 0;) {
        struct tree_child *child = &branch->children[i];
        uint64_t before = from < child->count ? from : child->count, here = child->count - before;
        here = here < count ? here : count;
        count -= here;
        from -= before;
        if (here > 0 && here == child->count) {
            cut->nodes[level - 1][cut->counts[level - 1]++] = *child;
            branch_remove(branch, i);
            continue;
        }
        if (here > 0) {
            take_below(cut, child->node, level - 1, before, here);
            child->count -= here;
        }
        i++;
    }
}

/*
 * Puts the nodes of a level together below new branches of the next. Those for which there is no memory are freed here.
 */
static void gather(struct cut *cut, unsigned level)
{
    for (unsigned i = 0; i < cut->counts[level]; i += BRANCH_MAX) {
        unsigned count = cut->counts[level] - i < BRANCH_MAX ? cut->counts[level] - i : BRANCH_MAX;
        struct tree_branch *branch = branch_create(count);
        for (unsigned j = 0; !branch && j < count; j++)
            tree_free_below(cut->nodes[level][i + j].node, level, cut->form);
        if (!branch)
            continue;
        memcpy(branch->children, &cut->nodes[level][i], count * sizeof branch->children[0]);
        branch->count = (uint16_t)count;
        cut->nodes[level + 1][cut->counts[level + 1]++] = (struct tree_child){0, branch_total(branch), branch};
    }
    cut->counts[level] = 0;
}

static bool is_any_above(const struct cut *cut, unsigned level)
{
    while (++level < TREE_HEIGHT_MAX)
        if (cut->counts[level] > 0)
            return true;
    return false;
}

void tree_cut(struct tree *tree, uint64_t index, uint64_t count, struct tree *cut_out)
{
    struct cut cut;
    tree_init(cut_out, tree->order, tree->form);
    if (index >= tree->count || count == 0)
        return;
    if (count > tree->count - index)
        count = tree->count - index;
    if (count == tree->count) {
        *cut_out = *tree;
        tree_init(tree, tree->order, tree->form);
        return;
    }
    cut_out->has_outside = tree->has_outside;
    cut.form = tree->form;
    tree->tail = 0;
    memset(cut.counts, 0, sizeof cut.counts);
    for (unsigned i = 0; i < sizeof cut.nodes / sizeof cut.nodes[0]; i++)
        cut.nodes[i][0] = (struct tree_child){0}; /* the others are set when they count */
    take_below(&cut, tree->root, tree->height, index, count);
    tree->count -= count;
    tree_lower_root(tree);
    unsigned level = 0;
    while (cut.counts[level] > 1 || is_any_above(&cut, level))
        gather(&cut, level++);
    if (cut.counts[level] == 0)
        return;
    cut_out->root = cut.nodes[level][0].node;
    cut_out->count = cut.nodes[level][0].count;
    cut_out->height = (uint8_t)level;
}
