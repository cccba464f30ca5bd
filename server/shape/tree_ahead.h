/*
 * Looking ahead: brings the memory that a search in a tree by hash will read into the cache, before the search.
 *
 * What is read next is only known when what was read before has come; so several searches take their steps in turns,
 * and their misses of the cache pass at the same time. Under the lock of whoever owns the trees, which may change
 * afterwards: a look ahead promises nothing.
 */
#ifndef KVS_SHAPE_TREE_AHEAD_H
#define KVS_SHAPE_TREE_AHEAD_H

#include "shape/tree.h"

#include <stdbool.h>
#include <stdint.h>

#define TREE_AHEAD_STEPS 3

struct tree_ahead {
    const void *node; /* the lowest branch on the way, then the leaf */
    uint64_t hash;
    uint64_t low, high; /* hashes that are below the branch */
};

/* False: the tree is so small that it may well be in the cache. */
bool tree_ahead_begin(struct tree_ahead *ahead, const struct tree *tree, uint64_t hash);

/* Step 0, 1 or 2. */
void tree_ahead_step(struct tree_ahead *ahead, unsigned step);

#endif
