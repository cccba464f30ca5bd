/*
 * Expiry indexes: which of a hash's fields expires next.
 *
 * An index is a tree by score whose records are a time and 32 bits of a field's hash, by which the field is found in
 * the tree that has it. So the earliest time is at its beginning, and how many fields are due at a time is a place in
 * it. Two fields that share both are the same to the index: it has their record twice.
 *
 * Times are wall, in milliseconds, below 2^53. Under the lock of whoever owns the tree.
 */
#ifndef KVS_SHAPE_EXPIRY_INDEX_H
#define KVS_SHAPE_EXPIRY_INDEX_H

#include "shape/tree.h"

void expiry_index_init(struct tree *index);

/* 0 or -ENOMEM. */
int expiry_index_add(struct tree *index, int64_t expire_ms, uint64_t hash);

/* There is such a record. */
void expiry_index_remove(struct tree *index, int64_t expire_ms, uint64_t hash);

/* The time of the first record, and the upper half of its field's hash, the other one being 0. False: there is none. */
bool expiry_index_first(const struct tree *index, int64_t *expire_ms_out, uint64_t *hash_out);

/* How many records have that time or an earlier one. */
uint64_t expiry_index_due(const struct tree *index, int64_t now_ms);

#endif
