/*
 * The branches above the lowest are few, and so they stay in the cache. Of the lowest its head is needed first, as it
 * tells how many children there are to guess among; then the children near the guess, then the leaf's head with its
 * table of sections, and then the section.
 */
#include "shape/tree_ahead.h"

#include "shape/branch.h"
#include "shape/hash_leaf.h"

#include <stddef.h>

#define CACHE_LINE 64
#define SECTION_LINES 3 /* that are fetched; the processor itself fetches on when they are read */

bool tree_ahead_begin(struct tree_ahead *ahead, const struct tree *tree, uint64_t hash)
{
    const void *node = tree->root;
    struct hash_range range = hash_range_all();
    if (tree->height < 2)
        return false;
    for (unsigned level = tree->height; level > 1; level--)
        node = ((const struct tree_branch *)node)->children[branch_find_hash(node, hash, &range)].node;
    __builtin_prefetch(node);
    *ahead = (struct tree_ahead){.node = node, .hash = hash, .low = range.low, .high = range.high};
    return true;
}

static void look_at_children(const struct tree_ahead *ahead)
{
    const struct tree_branch *branch = ahead->node;
    struct hash_range range = {ahead->low, ahead->high};
    const struct tree_child *guess = &branch->children[branch_guess_hash(branch, ahead->hash, &range)];
    __builtin_prefetch((const char *)guess - CACHE_LINE / 2);
    __builtin_prefetch((const char *)guess + CACHE_LINE / 2);
}

static void look_at_leaf(struct tree_ahead *ahead)
{
    const struct tree_branch *branch = ahead->node;
    struct hash_range range = {ahead->low, ahead->high};
    ahead->node = branch->children[branch_find_hash(branch, ahead->hash, &range)].node;
    __builtin_prefetch(ahead->node);
}

static void look_at_section(const struct tree_ahead *ahead)
{
    const struct tree_leaf *leaf = ahead->node;
    unsigned end, begin = section_begin(leaf, hash_section(ahead->hash), &end);
    const char *line = leaf_begin(leaf) + begin, *last = leaf_begin(leaf) + end;
    for (unsigned i = 0; i < SECTION_LINES && line <= last; i++, line += CACHE_LINE)
        __builtin_prefetch(line);
    __builtin_prefetch(last);
}

void tree_ahead_step(struct tree_ahead *ahead, unsigned step)
{
    if (step == 0)
        look_at_children(ahead);
    else if (step == 1)
        look_at_leaf(ahead);
    else
        look_at_section(ahead);
}
