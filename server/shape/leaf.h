/*
 * Leaves of trees: runs of records in an allocation that grows and shrinks with them. In front of the records may stand
 * a head, which tells where those of some hashes are: see hash_leaf.h. Private to trees.
 */
#ifndef KVS_SHAPE_LEAF_H
#define KVS_SHAPE_LEAF_H

#include "shape/record.h"

#include <stddef.h>
#include <stdint.h>

struct tree_leaf {
    uint32_t epoch; /* of the last snapshot that has it */
    uint16_t count; /* records */
    uint16_t used;  /* bytes of them */
    uint16_t room;  /* bytes for them */
    uint16_t head;  /* bytes of the head, or 0 */
    char bytes[];   /* head and records */
};

#define LEAF_HEAD offsetof(struct tree_leaf, bytes)
#define LEAF_ROOM (1024 - LEAF_HEAD) /* bytes of head and records from which on a leaf is split */

/* An empty leaf with room for that many bytes of records. NULL without memory. */
struct tree_leaf *leaf_create(size_t bytes);

/* The same with a head of that many bytes, which the caller fills. */
struct tree_leaf *leaf_create_headed(size_t bytes, size_t head);
void leaf_free(struct tree_leaf *leaf); /* what elements refer to stays */

/* Puts len bytes in the place of the old_len at offset; there is room. The caller counts the records. */
void leaf_replace(struct tree_leaf *leaf, size_t offset, size_t old_len, const char *data, size_t len);

/*
 * The same, and the leaf gets room for it, or gives up what it needs no more. Returns where the leaf is then; NULL
 * without memory, which only happens if it grows.
 */
struct tree_leaf *leaf_change(struct tree_leaf *leaf, size_t offset, size_t old_len, const char *data, size_t len);

/* Asks for a leaf that will be read as a whole. */
static inline void leaf_prefetch(const struct tree_leaf *leaf)
{
    for (size_t line = 0; line < LEAF_HEAD + LEAF_ROOM; line += 64)
        __builtin_prefetch((const char *)leaf + line);
}

static inline char *leaf_records(struct tree_leaf *leaf)
{
    return leaf->bytes + leaf->head;
}

static inline const char *leaf_begin(const struct tree_leaf *leaf)
{
    return leaf->bytes + leaf->head;
}

static inline const char *leaf_end(const struct tree_leaf *leaf)
{
    return leaf->bytes + leaf->head + leaf->used;
}

static inline size_t leaf_memory(const struct tree_leaf *leaf)
{
    return LEAF_HEAD + leaf->head + leaf->room;
}

#endif
