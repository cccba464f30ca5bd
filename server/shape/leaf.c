#include "shape/leaf.h"

#include "base/memory.h"

#include <string.h>

/*
 * Bytes to allocate for that many of head and records: the next size of the allocator's, so that some more have room.
 */
static size_t allocation_for(size_t bytes)
{
    size_t size = mem_good_size(LEAF_HEAD + bytes);
    return size <= LEAF_HEAD + UINT16_MAX ? size : LEAF_HEAD + UINT16_MAX;
}

struct tree_leaf *leaf_create_headed(size_t bytes, size_t head)
{
    size_t size = allocation_for(head + bytes);
    struct tree_leaf *leaf = mem_try_alloc(size);
    if (!leaf)
        return NULL;
    *leaf = (struct tree_leaf){.room = (uint16_t)(size - LEAF_HEAD - head), .head = (uint16_t)head};
    return leaf;
}

struct tree_leaf *leaf_create(size_t bytes)
{
    return leaf_create_headed(bytes, 0);
}

void leaf_free(struct tree_leaf *leaf)
{
    mem_free_sized(leaf, leaf_memory(leaf));
}

static struct tree_leaf *resize(struct tree_leaf *leaf, size_t bytes)
{
    size_t head = leaf->head, size = allocation_for(head + bytes);
    struct tree_leaf *moved = mem_try_realloc(leaf, size);
    if (moved)
        moved->room = (uint16_t)(size - LEAF_HEAD - head);
    return moved;
}

void leaf_replace(struct tree_leaf *leaf, size_t offset, size_t old_len, const char *data, size_t len)
{
    char *at = leaf_records(leaf) + offset;
    if (old_len != len)
        memmove(at + len, at + old_len, leaf->used - offset - old_len);
    if (len > 0)
        memcpy(at, data, len);
    leaf->used = (uint16_t)(leaf->used - old_len + len);
}

struct tree_leaf *leaf_change(struct tree_leaf *leaf, size_t offset, size_t old_len, const char *data, size_t len)
{
    size_t used = leaf->used - old_len + len;
    if (used > leaf->room)
        leaf = resize(leaf, used);
    if (!leaf)
        return NULL;
    leaf_replace(leaf, offset, old_len, data, len);
    if (used > 0 && used < leaf->room / 2u) {
        struct tree_leaf *moved = resize(leaf, used);
        leaf = moved ? moved : leaf;
    }
    return leaf;
}
