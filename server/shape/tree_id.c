/*
 * Finding by ID. Branches know the upper half of IDs; of children with the same half, first records tell.
 */
#include "shape/tree_internal.h"

/* Whether the child begins at or before the ID. */
static bool begins_before(const struct tree_child *child, unsigned level, struct record_id id)
{
    if (child->key != id.high)
        return child->key < id.high;
    return record_id_compare(record_id(tree_first_below(child->node, level)), id) <= 0;
}

/* The child in which the ID is: the last one that doesn't begin behind it. Most look for the newest IDs. */
static unsigned find_child(const struct tree_branch *branch, unsigned level, struct record_id id)
{
    unsigned low = 0, high = branch->count;
    if (begins_before(&branch->children[high - 1], level, id))
        return high - 1;
    while (high - low > 1) {
        unsigned middle = (low + high) / 2;
        if (begins_before(&branch->children[middle], level, id))
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The first record of the leaf whose ID isn't lower; the count of records if there is none. */
static unsigned find_in_leaf(const struct tree_leaf *leaf, size_t record_len, struct record_id id)
{
    const char *records = leaf_begin(leaf);
    unsigned low = 0, high = leaf->count;
    if (record_id_compare(record_id(records + (high - 1) * record_len), id) < 0)
        return high;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (record_id_compare(record_id(records + middle * record_len), id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The place of the first record in its leaf that isn't before the ID; false: that is the end of the leaf. */
static bool find_place(const struct tree *tree, struct record_id id, struct tree_place *place_out)
{
    void *node = tree->root;
    for (unsigned depth = 0; node && depth < tree->height; depth++)
        node = place_go_down(place_out, depth, node, find_child(node, tree->height - depth - 1, id));
    place_begin_leaf(place_out, node);
    if (!node)
        return false;
    unsigned index = find_in_leaf(node, tree->form.fixed, id);
    place_put_at(place_out, leaf_begin(node) + (size_t)index * tree->form.fixed, index);
    return index < place_out->leaf->count;
}

bool tree_find_id(const struct tree *tree, struct record_id id, struct tree_place *place_out)
{
    return find_place(tree, id, place_out) && record_id_compare(record_id(tree_record(place_out)), id) == 0;
}

bool tree_seek_id(const struct tree *tree, struct record_id id, struct tree_place *place_out)
{
    return find_place(tree, id, place_out) || (place_out->leaf && tree_next_leaf(tree, place_out));
}

bool tree_seek_id_back(const struct tree *tree, struct record_id id, struct tree_place *place_out)
{
    return tree_find_id(tree, id, place_out) || (place_out->leaf && tree_previous(tree, place_out));
}
