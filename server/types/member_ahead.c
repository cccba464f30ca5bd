#include "types/member_ahead.h"

#include "types/collection_internal.h"
#include "types/type_number.h"

#include <stddef.h>

/* Where in the entry's value the tree is that has members by hash; -1: there is none. */
static ptrdiff_t offset_of_tree(const struct entry *entry)
{
    if (!(entry->encoding & COLLECTION_IS_TREE))
        return -1;
    switch (entry->type) {
    case TYPE_SET:
    case TYPE_HASH:
        return offsetof(struct collection_trees, tree);
    case TYPE_ZSET:
        return offsetof(struct collection_trees, index);
    default:
        return -1;
    }
}

bool member_ahead_begin(struct tree_ahead *ahead, const struct entry *entry, const struct arg *member)
{
    struct tree tree;
    struct element element;
    ptrdiff_t offset = offset_of_tree(entry);
    if (offset < 0)
        return false;
    memcpy(&tree, entry_value(entry) + offset, sizeof tree);
    if (tree.height < 2)
        return false;
    element_init(&element, member->data, member->len);
    return tree_ahead_begin(ahead, &tree, element_hash(&element));
}
