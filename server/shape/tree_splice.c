/*
 * How leaves change. A record that finds room is put in its leaf. Otherwise the leaf is parted: its records and the new
 * one are divided between two new leaves, and what the branches above need is allocated before any of them is changed.
 *
 *     by place, by score   at the record nearest to the middle; but what is added at an end of the whole tree begins a
 *                          leaf there, so that leaves of records that come in order are full
 *     by hash              at a hash, since equal hashes stay in one leaf
 *
 * Leaves of which little is left are joined with a neighbour, as branches are; a root with one child gives way to it.
 */
#include "base/memory.h"
#include "shape/branch.h"
#include "shape/leaf.h"
#include "shape/tree_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LEAF_SPARSE (LEAF_ROOM / 4) /* bytes below which a leaf is joined with a neighbour, if it may be: */
#define LEAF_JOINED (LEAF_ROOM * 3 / 4)
#define BRANCH_SPARSE (BRANCH_MAX / 4) /* children likewise */
#define BRANCH_JOINED (BRANCH_MAX * 3 / 4)

/* ---- the way up ---- */

static void set_node(struct tree *tree, const struct tree_place *place, unsigned depth, void *node)
{
    if (depth == 0)
        tree->root = node;
    else
        place->branches[depth - 1]->children[place->at[depth - 1]].node = node;
}

static void add_count(struct tree *tree, const struct tree_place *place, int64_t change)
{
    tree->count += (uint64_t)change;
    for (unsigned depth = 0; depth < tree->height; depth++)
        place->branches[depth]->children[place->at[depth]].count += (uint64_t)change;
}

static bool is_in_last_leaf(const struct tree *tree, const struct tree_place *place)
{
    bool last = true;
    for (unsigned depth = 0; depth < tree->height; depth++)
        last = last && place->at[depth] + 1u == place->branches[depth]->count;
    return last;
}

/* ---- joining ---- */

static struct tree_leaf *join_leaves(const struct tree_leaf *left, const struct tree_leaf *right)
{
    struct tree_leaf *joined = leaf_create((size_t)left->used + right->used);
    if (!joined)
        return NULL;
    joined->count = (uint16_t)(left->count + right->count);
    leaf_replace(joined, 0, 0, left->records, left->used);
    leaf_replace(joined, joined->used, 0, right->records, right->used);
    return joined;
}

/* key is that of the right branch in the one above. */
static struct tree_branch *join_branches(const struct tree_branch *left, const struct tree_branch *right, uint64_t key)
{
    struct tree_branch *joined = branch_create((unsigned)left->count + right->count);
    if (!joined)
        return NULL;
    memcpy(joined->children, left->children, left->count * sizeof left->children[0]);
    memcpy(joined->children + left->count, right->children, right->count * sizeof right->children[0]);
    joined->children[left->count].key = key;
    joined->count = joined->room;
    return joined;
}

static bool may_join(const struct tree_child *left, const struct tree_child *right, bool leaves)
{
    if (leaves) {
        const struct tree_leaf *a = left->node, *b = right->node;
        return a->used + b->used <= LEAF_JOINED;
    }
    const struct tree_branch *a = left->node, *b = right->node;
    return a->count + b->count <= BRANCH_JOINED;
}

/* Joins the child at and the one behind it if both together are small enough and there is memory. */
static void join_if_small(struct tree_branch *branch, unsigned at, bool leaves)
{
    struct tree_child *left = &branch->children[at], *right = left + 1;
    if (!may_join(left, right, leaves))
        return;
    void *joined = leaves ? (void *)join_leaves(left->node, right->node)
                          : (void *)join_branches(left->node, right->node, right->key);
    if (!joined)
        return;
    if (leaves) {
        leaf_free(left->node);
        leaf_free(right->node);
    } else {
        branch_free(left->node);
        branch_free(right->node);
    }
    left->node = joined;
    left->count += right->count;
    branch_remove(branch, at + 1);
}

static void join_with_neighbour(struct tree_branch *branch, unsigned at, bool leaves)
{
    if (branch->count < 2)
        return;
    join_if_small(branch, at + 1u < branch->count ? at : at - 1, leaves);
}

void tree_lower_root(struct tree *tree)
{
    while (tree->height > 0) {
        struct tree_branch *root = tree->root;
        if (root->count > 1)
            return;
        tree->root = root->count ? root->children[0].node : NULL;
        tree->height = root->count ? (uint8_t)(tree->height - 1) : 0;
        branch_free(root);
    }
}

/* After records have left the leaf of the place. */
static void tidy(struct tree *tree, const struct tree_place *place)
{
    struct tree_leaf *leaf = place->leaf;
    unsigned depth = tree->height;
    if (leaf->count > 0 && (depth == 0 || leaf->used >= LEAF_SPARSE))
        return;
    tree->tail = 0;         /* the last leaf may become another one */
    if (leaf->count == 0) { /* it goes, and all branches that it was the only child of */
        leaf_free(leaf);
        while (depth > 0 && place->branches[depth - 1]->count == 1)
            branch_free(place->branches[--depth]);
        if (depth == 0) {
            tree->root = NULL;
            tree->height = 0;
            return;
        }
        branch_remove(place->branches[depth - 1], place->at[depth - 1]);
    } else {
        join_with_neighbour(place->branches[depth - 1], place->at[depth - 1], true);
    }
    while (--depth > 0 && place->branches[depth]->count < BRANCH_SPARSE)
        join_with_neighbour(place->branches[depth - 1], place->at[depth - 1], false);
    tree_lower_root(tree);
}

/* ---- parting ---- */

/* The records of a leaf that is too full, with the new one among them. */
struct crowd {
    char records[LEAF_ROOM + RECORD_MAX + sizeof(struct tree_leaf)];
    size_t used, count;
    size_t cut, cut_count; /* bytes and records of the left part */
    uint64_t key;          /* from which on the right part is sought */
};

static void crowd_cut_at(struct crowd *crowd, const struct tree *tree, size_t offset, size_t count)
{
    crowd->cut = offset;
    crowd->cut_count = count;
    crowd->key = tree_key_of(tree, crowd->records + offset);
}

/* Where bytes are nearest to the middle; at least one record is on either side. */
static void crowd_cut_in_half(struct crowd *crowd, const struct tree *tree)
{
    size_t offset = 0, count = 0;
    for (;;) {
        size_t next = offset + record_len(crowd->records + offset, tree->form);
        if (count > 0 && (next >= crowd->used || next + offset > crowd->used))
            break;
        offset = next;
        count++;
    }
    crowd_cut_at(crowd, tree, offset, count);
}

struct hashed {
    uint64_t hash;
    uint16_t offset, len;
};

static int compare_hashed(const void *a, const void *b)
{
    uint64_t x = ((const struct hashed *)a)->hash, y = ((const struct hashed *)b)->hash;
    return (x > y) - (x < y);
}

/* Sorts the records by hash and cuts between two hashes, near the middle. False: all hashes are the same. */
static bool crowd_cut_by_hash(struct crowd *crowd, const struct tree *tree)
{
    struct hashed sorted[sizeof crowd->records];
    char records[sizeof crowd->records];
    size_t offset = 0, best = 0;
    if (crowd->count == 0)
        return false;
    for (size_t i = 0; i < crowd->count; i++) {
        const char *record = crowd->records + offset;
        size_t len = record_len(record, tree->form);
        sorted[i] = (struct hashed){tree_key_of(tree, record), (uint16_t)offset, (uint16_t)len};
        offset += len;
    }
    qsort(sorted, crowd->count, sizeof sorted[0], compare_hashed);
    memcpy(records, crowd->records, crowd->used);
    offset = 0;
    crowd->cut_count = 0;
    for (size_t i = 0; i < crowd->count; i++) {
        size_t smaller = offset < crowd->used - offset ? offset : crowd->used - offset;
        if (i > 0 && sorted[i].hash != sorted[i - 1].hash && smaller > best) {
            best = smaller;
            crowd->cut = offset;
            crowd->cut_count = i;
            crowd->key = sorted[i].hash;
        }
        memcpy(crowd->records + offset, records + sorted[i].offset, sorted[i].len);
        offset += sorted[i].len;
    }
    return crowd->cut_count > 0;
}

static struct tree_leaf *crowd_leaf(const struct crowd *crowd, bool left)
{
    size_t offset = left ? 0 : crowd->cut, end = left ? crowd->cut : crowd->used;
    struct tree_leaf *leaf = leaf_create(end - offset);
    if (!leaf)
        return NULL;
    leaf->count = (uint16_t)(left ? crowd->cut_count : crowd->count - crowd->cut_count);
    leaf_replace(leaf, 0, 0, crowd->records + offset, end - offset);
    return leaf;
}

/* What a parting allocates. */
struct growth {
    struct tree_leaf *left, *right;
    struct tree_branch *branches[TREE_HEIGHT_MAX]; /* by depth: the right half of a full one, or a roomier one */
    struct tree_branch *root;
};

static int growth_fail(struct growth *growth)
{
    if (growth->left)
        leaf_free(growth->left);
    if (growth->right)
        leaf_free(growth->right);
    for (unsigned i = 0; i < TREE_HEIGHT_MAX; i++)
        branch_free(growth->branches[i]);
    return -ENOMEM;
}

static int growth_reserve(struct growth *growth, const struct tree *tree, const struct tree_place *place)
{
    for (unsigned depth = tree->height; depth-- > 0;) {
        const struct tree_branch *branch = place->branches[depth];
        if (branch->count < branch->room)
            return 0;
        bool full = branch->count == BRANCH_MAX;
        growth->branches[depth] = branch_create(full ? BRANCH_MAX : branch_next_room(branch->room));
        if (!growth->branches[depth])
            return -ENOMEM;
        if (!full)
            return 0;
    }
    if (tree->height == TREE_HEIGHT_MAX)
        return -ENOMEM; /* it would take more records than any memory holds */
    growth->root = branch_create(branch_next_room(0));
    return growth->root ? 0 : -ENOMEM;
}

/* Moves the children from at on to the other branch, which is empty. */
static void move_children(struct tree_branch *from, unsigned at, struct tree_branch *to)
{
    to->count = (uint16_t)(from->count - at);
    memcpy(to->children, &from->children[at], to->count * sizeof to->children[0]);
    from->count = (uint16_t)at;
}

/*
 * Puts a child behind the one at the place's depth. True: that parted the branch, and child is then its right half, for
 * the branch above.
 */
static bool add_child(struct tree *tree, struct tree_place *place, struct growth *growth, unsigned depth,
                      struct tree_child *child)
{
    struct tree_branch *branch = place->branches[depth], *more = growth->branches[depth];
    unsigned at = place->at[depth] + 1u;
    if (!more) {
        branch_insert(branch, at, child);
        return false;
    }
    if (branch->count < BRANCH_MAX) {
        move_children(branch, 0, more);
        branch_insert(more, at, child);
        set_node(tree, place, depth, more);
        branch_free(branch);
        place->branches[depth] = more;
        return false;
    }
    bool at_end = at == branch->count;
    move_children(branch, at_end ? at - 1 : BRANCH_MAX / 2, more); /* what grows at its end leaves full branches */
    if (at > branch->count)
        branch_insert(more, at - branch->count, child);
    else
        branch_insert(branch, at, child);
    *child = (struct tree_child){more->children[0].key, branch_total(more), more};
    return true;
}

/* Puts the two new leaves in the place of the old one. */
static void grow(struct tree *tree, struct tree_place *place, struct growth *growth, uint64_t key)
{
    struct tree_child child = {key, growth->right->count, growth->right};
    unsigned depth = tree->height;
    set_node(tree, place, depth, growth->left);
    bool parted = true;
    while (parted && depth-- > 0) {
        struct tree_child *left = &place->branches[depth]->children[place->at[depth]];
        left->count -= child.count;
        parted = add_child(tree, place, growth, depth, &child);
    }
    if (!parted)
        return;
    struct tree_child left = {0, tree->count - child.count, tree->root};
    branch_insert(growth->root, 0, &left);
    branch_insert(growth->root, 1, &child);
    tree->root = growth->root;
    tree->height++;
}

static bool is_first(const struct tree *tree, const struct tree_place *place)
{
    unsigned sum = place->offset;
    for (unsigned depth = 0; depth < tree->height; depth++)
        sum += place->at[depth];
    return sum == 0;
}

static bool is_last(const struct tree *tree, const struct tree_place *place)
{
    return place->offset == place->leaf->used && is_in_last_leaf(tree, place);
}

/* False: it can't be parted. */
static bool crowd_cut(struct crowd *crowd, const struct tree *tree, const struct tree_place *place, bool added)
{
    if (tree->order == TREE_BY_HASH)
        return crowd_cut_by_hash(crowd, tree);
    if (added && is_last(tree, place))
        crowd_cut_at(crowd, tree, place->leaf->used, place->leaf->count);
    else if (added && is_first(tree, place))
        crowd_cut_at(crowd, tree, record_len(crowd->records, tree->form), 1);
    else
        crowd_cut_in_half(crowd, tree);
    return true;
}

static int part(struct tree *tree, struct tree_place *place, size_t old_len, const char *record, size_t len)
{
    struct tree_leaf *leaf = place->leaf;
    struct growth growth = {0};
    struct crowd crowd;
    size_t behind = leaf->used - place->offset - old_len;
    bool added = old_len == 0;
    memcpy(crowd.records, leaf->records, place->offset);
    memcpy(crowd.records + place->offset, record, len);
    memcpy(crowd.records + place->offset + len, leaf->records + place->offset + old_len, behind);
    crowd.used = place->offset + len + behind;
    crowd.count = leaf->count + (unsigned)added;
    if (!crowd_cut(&crowd, tree, place, added))
        return -ENOMEM; /* dozens of equal 64-bit hashes: nobody can choose them */
    growth.left = crowd_leaf(&crowd, true);
    growth.right = crowd_leaf(&crowd, false);
    if (!growth.left || !growth.right || growth_reserve(&growth, tree, place) != 0)
        return growth_fail(&growth);
    add_count(tree, place, added);
    grow(tree, place, &growth, crowd.key);
    leaf_free(leaf);
    return 0;
}

/* ---- the change ---- */

int tree_plant(struct tree *tree, const char *records, size_t len, unsigned count)
{
    struct tree_leaf *leaf = leaf_create(len);
    if (!leaf)
        return -ENOMEM;
    leaf->count = (uint16_t)count;
    leaf_replace(leaf, 0, 0, records, len);
    tree->root = leaf;
    tree->height = 0;
    tree->tail = 0;
    tree->count = count;
    tree->has_outside = tree->has_outside || record_has_outside(records, records + len, tree->form);
    return 0;
}

int tree_splice(struct tree *tree, struct tree_place *place, unsigned removed, const char *record, size_t len,
                bool keep)
{
    struct tree_leaf *leaf = place->leaf;
    char old[RECORD_MAX];
    if (!leaf)
        return tree_plant(tree, record, len, 1);
    size_t old_len = removed ? record_len(leaf->records + place->offset, tree->form) : 0;
    memcpy(old, leaf->records + place->offset, old_len);
    size_t used = leaf->used - old_len + len;
    if (tree->tail > 0 && (place->offset <= tree->tail || used > LEAF_ROOM) && is_in_last_leaf(tree, place))
        tree->tail = 0;
    if (used > LEAF_ROOM) {
        int error = part(tree, place, old_len, record, len);
        if (error)
            return error;
    } else {
        int change = (len > 0) - (int)removed;
        leaf = leaf_change(leaf, place->offset, old_len, record, len);
        if (!leaf)
            return -ENOMEM;
        leaf->count = (uint16_t)(leaf->count + change);
        place->leaf = leaf;
        set_node(tree, place, tree->height, leaf);
        add_count(tree, place, change);
        if (change < 0)
            tidy(tree, place);
    }
    if (len > 0 && !tree->has_outside)
        tree->has_outside = record_has_outside(record, record + len, tree->form);
    if (!keep)
        record_release_all(old, old + old_len, tree->form);
    return 0;
}
