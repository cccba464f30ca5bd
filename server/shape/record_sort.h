/*
 * Sorting what is to become records, before any of it is stored: so that a tree can be built at once (tree_build.h).
 *
 * A reference stands for a record: the element that it will have lies elsewhere, and must stay there. Sorting takes no
 * memory. Whoever has an array of references counts it: 24 bytes for each, which are most of what a large result takes
 * while it is made.
 */
#ifndef KVS_SHAPE_RECORD_SORT_H
#define KVS_SHAPE_RECORD_SORT_H

#include <stddef.h>
#include <stdint.h>

struct record_ref {
    uint64_t key;       /* of the caller's: a hash; sorting by score uses it */
    const char *stored; /* the element, borrowed */
    double score;       /* of a record that has one */
};

/* Those with equal keys come in any order. */
void record_sort_by_key(struct record_ref *refs, size_t count);

/* By score and then by text, as records of a tree by score; none has both in common with another. The keys are lost. */
void record_sort_by_score(struct record_ref *refs, size_t count);

/* Asks for an element that will be looked at soon. */
static inline void record_ref_prefetch(const struct record_ref *refs, size_t count, size_t at)
{
    if (at + 16 < count)
        __builtin_prefetch(refs[at + 16].stored);
}

#endif
