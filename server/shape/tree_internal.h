/*
 * What the sources of trees share. Private to them.
 */
#ifndef KVS_SHAPE_TREE_INTERNAL_H
#define KVS_SHAPE_TREE_INTERNAL_H

#include "shape/tree.h"

#include <stdint.h>

#define HASH_PIECE_OFFSET sizeof(double) /* of an index's record */

/* By what the record is sought in branches; 0 by place. */
static inline uint64_t tree_key_of(const struct tree *tree, const char *record)
{
    uint32_t piece;
    switch ((enum tree_order)tree->order) {
    case TREE_BY_HASH:
        if (tree->form.elements > 0)
            return element_hash_stored(record_element(record, tree->form));
        memcpy(&piece, record + HASH_PIECE_OFFSET, sizeof piece);
        return (uint64_t)piece << 32;
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
