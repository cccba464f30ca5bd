/*
 * What the sources of trees share. Private to them.
 */
#ifndef KVS_SHAPE_TREE_INTERNAL_H
#define KVS_SHAPE_TREE_INTERNAL_H

#include "shape/branch.h"
#include "shape/hash_leaf.h"
#include "shape/leaf.h"
#include "shape/tree.h"

#include <stdint.h>

/* By what the record is sought in branches; 0 by place. */
static inline uint64_t tree_key_of(const struct tree *tree, const char *record)
{
    switch ((enum tree_order)tree->order) {
    case TREE_BY_HASH:
        return hash_of_record(record, tree->form);
    case TREE_BY_SCORE:
        return record_score_key(record_score(record));
    case TREE_BY_ID:
        return record_id(record).high;
    case TREE_BY_PLACE:
        break;
    }
    return 0;
}

/* ---- places on the way down ---- */

/* One step down: the place's branch at this depth, and the node below it. */
static inline void *place_go_down(struct tree_place *place, unsigned depth, struct tree_branch *branch, unsigned at)
{
    place->branches[depth] = branch;
    place->at[depth] = (uint16_t)at;
    return branch->children[at].node;
}

static inline void place_begin_leaf(struct tree_place *place, struct tree_leaf *leaf)
{
    place->leaf = leaf;
    place->offset = place->index = 0;
    place->section = PLACE_NO_SECTION;
}

static inline void place_put_at(struct tree_place *place, const char *record, unsigned index)
{
    place->offset = (uint16_t)(record - leaf_begin(place->leaf));
    place->index = (uint16_t)index;
}

/* The first record below a node of that level. */
static inline const char *tree_first_below(const void *node, unsigned level)
{
    while (level-- > 0)
        node = ((const struct tree_branch *)node)->children[0].node;
    return leaf_begin(node);
}

/* ---- changing ---- */

/* Frees a node of that level, of which 0 is that of leaves, with all below it and what the elements refer to. */
void tree_free_below(void *node, unsigned level, struct record_form form);

/* To the end of the leaf before that of the place; false if it is the first. */
bool tree_previous_leaf(const struct tree *tree, struct tree_place *place);

/* Removes roots that have only one child, or none. */
void tree_lower_root(struct tree *tree);

#endif
