/*
 * What the sources of trees share. Private to them.
 */
#ifndef KVS_SHAPE_TREE_INTERNAL_H
#define KVS_SHAPE_TREE_INTERNAL_H

#include "shape/hash_leaf.h"
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
    case TREE_BY_PLACE:
        break;
    }
    return 0;
}

/* Frees a node of that level, of which 0 is that of leaves, with all below it and what the elements refer to. */
void tree_free_below(void *node, unsigned level, struct record_form form);

/* To the end of the leaf before that of the place; false if it is the first. */
bool tree_previous_leaf(const struct tree *tree, struct tree_place *place);

/* Removes roots that have only one child, or none. */
void tree_lower_root(struct tree *tree);

#endif
