/*
 * Building trees from records that come in their order, which takes a small part of the time of inserting them.
 *
 *     tree_build_begin()
 *     tree_build_add()     each record, with its key: by place 0, by hash its hash, by score record_score_key(),
 *                           by ID its upper half
 *     tree_build_end()     or tree_build_drop()
 *
 * Leaves are filled to seven eighths, so that records which come later find room; branches are full. The builder takes
 * the references of what is added, and gives them to the tree, or up.
 */
#ifndef KVS_SHAPE_TREE_BUILD_H
#define KVS_SHAPE_TREE_BUILD_H

#include "shape/tree.h"

struct tree_builder {
    /* private */
    struct tree tree;                              /* all but its root */
    struct tree_branch *branches[TREE_HEIGHT_MAX]; /* the last of each level, lowest first, as far as it is known */
    uint64_t first_key, last_key;                  /* of the records that wait */
    uint16_t used, count;                          /* bytes and number of those */
    uint16_t before, before_count;                 /* the same of those that come before the last key's */
    char records[TREE_RUN_MAX];                    /* that wait to become a leaf */
};

void tree_build_begin(struct tree_builder *builder, enum tree_order order, struct record_form form);

/*
 * The next record, whose key isn't below that of the one before. By hash the key may be any number from which on the
 * tree can be divided there: not above the record's hash, and above those of all records with a lower key. 0 or
 * -ENOMEM; the builder is then to be dropped.
 */
int tree_build_add(struct tree_builder *builder, uint64_t key, const char *record, size_t len);

/*
 * 0 or -ENOMEM: then nothing is left of it. Afterwards the builder is as at its beginning, as after the next
 * function.
 */
int tree_build_end(struct tree_builder *builder, struct tree *tree_out);

void tree_build_drop(struct tree_builder *builder);

#endif
