/*
 * Branches of trees: what is known of each child. Private to trees.
 */
#ifndef KVS_SHAPE_BRANCH_H
#define KVS_SHAPE_BRANCH_H

#include <stddef.h>
#include <stdint.h>

#define BRANCH_MAX 42 /* children: a kibibyte */

struct tree_child {
    uint64_t key;   /* none of its records has a lower one; of the first child, none that is looked for here */
    uint64_t count; /* records below it */
    void *node;     /* a leaf or a branch */
};

struct tree_branch {
    uint32_t epoch; /* of the last snapshot that has it */
    uint16_t count, room;
    struct tree_child children[];
};

/* An empty branch with room for that many children. NULL without memory. */
struct tree_branch *branch_create(unsigned room);
void branch_free(struct tree_branch *branch);

/* The room that a branch gets that has outgrown this one. */
unsigned branch_next_room(unsigned room);

/* Records below all children. */
uint64_t branch_total(const struct tree_branch *branch);

/* There is room. */
void branch_insert(struct tree_branch *branch, unsigned at, const struct tree_child *child);

/*
 * What was looked for in the child that goes is then looked for in the one before it, or the one behind if it is the
 * first.
 */
void branch_remove(struct tree_branch *branch, unsigned at);

/* The hashes that are below a node, which on the way down from the root follow from the branches above it. */
struct hash_range {
    uint64_t low, high;
};

static inline struct hash_range hash_range_all(void)
{
    return (struct hash_range){0, UINT64_MAX};
}

/*
 * The child in which a hash of the branch's range belongs: the last one that doesn't begin behind it. Range: the
 * child's.
 */
unsigned branch_find_hash(const struct tree_branch *branch, uint64_t hash, struct hash_range *range);

/* The child that is likely to be found. */
unsigned branch_guess_hash(const struct tree_branch *branch, uint64_t hash, const struct hash_range *range);

/* The child with the record of that index, from which those before are subtracted; the last child if there is none. */
unsigned branch_find_index(const struct tree_branch *branch, uint64_t *index);

size_t branch_memory(const struct tree_branch *branch);

#endif
