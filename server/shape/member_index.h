/*
 * Member indexes: from a member of a sorted set to its record in the tree that has them by score.
 *
 * An index is a tree by hash whose records are a member's score and 32 bits of its hash. The member itself stands in
 * the other tree alone, where score and text lead to it; so an index costs 12 bytes a member whatever its length.
 * Members that share those bits are told apart by looking for each.
 *
 * Under the lock of whoever owns the trees.
 */
#ifndef KVS_SHAPE_MEMBER_INDEX_H
#define KVS_SHAPE_MEMBER_INDEX_H

#include "shape/record_sort.h"
#include "shape/tree.h"

void member_index_init(struct tree *index);

/*
 * The index of members by their scores, all at once. Keys are their hashes, of which the upper halves count, and
 * sorted. 0 or -ENOMEM: then there is none.
 */
int member_index_build(struct tree *index, const struct record_ref *members, size_t count);

/* The record of a member in members, a tree by score. False: there is none; the place is then without meaning. */
bool member_index_find(const struct tree *index, const struct tree *members, const struct element *member,
                       struct tree_place *place_out);

/* Adds a record of the other tree. 0 or -ENOMEM. */
int member_index_add(struct tree *index, const char *record);

/* Removes the record of a member that had this score; it is there. */
void member_index_remove(struct tree *index, double score, uint64_t hash);

/* The member of that hash has another score. */
void member_index_rescore(struct tree *index, double old_score, double score, uint64_t hash);

/* What an index knows of the record at a place in it: the upper half of its member's hash, the other one being 0. */
uint64_t member_index_hash(const char *record);

#endif
