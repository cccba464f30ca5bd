/*
 * How leaves change. A record that finds room is put in its leaf. Otherwise the leaf is parted: its records and the new
 * one are divided between two new leaves, and what the branches above need is allocated before any of them is changed.
 *
 *     by hash           at a hash, since equal hashes stay in one leaf: hash_leaf.h
 *     in other orders   at the record nearest to the middle; but what is added at an end of the whole tree begins a
 *                       leaf there, so that leaves of records that come in order are full
 *
 * Leaves of which little is left are joined with a neighbour, as branches are; a root with one child gives way to it.
 */
#include "base/memory.h"
#include "shape/branch.h"
#include "shape/hash_leaf.h"
#include "shape/leaf.h"
#include "shape/tree_internal.h"

#include <errno.h>
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

static struct tree_leaf *join_leaves(const struct tree *tree, const struct tree_leaf *left,
                                     const struct tree_leaf *right)
{
    if (tree->order == TREE_BY_HASH)
        return hash_leaf_join(tree->form, left, right);
    struct tree_leaf *joined = leaf_create((size_t)left->used + right->used);
    if (!joined)
        return NULL;
    joined->count = (uint16_t)(left->count + right->count);
    leaf_replace(joined, 0, 0, leaf_begin(left), left->used);
    leaf_replace(joined, joined->used, 0, leaf_begin(right), right->used);
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
static void join_if_small(const struct tree *tree, struct tree_branch *branch, unsigned at, bool leaves)
{
    struct tree_child *left = &branch->children[at], *right = left + 1;
    if (!may_join(left, right, leaves))
        return;
    void *joined = leaves ? (void *)join_leaves(tree, left->node, right->node)
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

static void join_with_neighbour(const struct tree *tree, struct tree_branch *branch, unsigned at, bool leaves)
{
    if (branch->count < 2)
        return;
    join_if_small(tree, branch, at + 1u < branch->count ? at : at - 1, leaves);
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
        join_with_neighbour(tree, place->branches[depth - 1], place->at[depth - 1], true);
    }
    while (--depth > 0 && place->branches[depth]->count < BRANCH_SPARSE)
        join_with_neighbour(tree, place->branches[depth - 1], place->at[depth - 1], false);
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

static void crowd_cut(struct crowd *crowd, const struct tree *tree, const struct tree_place *place, bool added)
{
    if (added && is_last(tree, place))
        crowd_cut_at(crowd, tree, place->leaf->used, place->leaf->count);
    else if (added && is_first(tree, place))
        crowd_cut_at(crowd, tree, record_len(crowd->records, tree->form), 1);
    else
        crowd_cut_in_half(crowd, tree);
}

/* The two leaves and the key from which on the second is sought. */
static int part_leaf(const struct tree *tree, const struct tree_place *place, size_t old_len, const char *record,
                     size_t len, struct tree_leaf *halves_out[2], uint64_t *key_out)
{
    const struct tree_leaf *leaf = place->leaf;
    struct crowd crowd;
    if (tree->order == TREE_BY_HASH)
        return hash_leaf_part(tree->form, leaf, place->offset, old_len, record, len, halves_out, key_out);
    size_t behind = leaf->used - place->offset - old_len;
    bool added = old_len == 0;
    memcpy(crowd.records, leaf_begin(leaf), place->offset);
    memcpy(crowd.records + place->offset, record, len);
    memcpy(crowd.records + place->offset + len, leaf_begin(leaf) + place->offset + old_len, behind);
    crowd.used = place->offset + len + behind;
    crowd.count = leaf->count + (unsigned)added;
    crowd_cut(&crowd, tree, place, added);
    halves_out[0] = crowd_leaf(&crowd, true);
    halves_out[1] = crowd_leaf(&crowd, false);
    *key_out = crowd.key;
    return halves_out[0] && halves_out[1] ? 0 : -ENOMEM;
}

static int part(struct tree *tree, struct tree_place *place, size_t old_len, const char *record, size_t len)
{
    struct tree_leaf *leaf = place->leaf, *halves[2] = {NULL, NULL};
    struct growth growth = {0};
    uint64_t key = 0;
    bool added = old_len == 0;
    int error = part_leaf(tree, place, old_len, record, len, halves, &key);
    growth.left = halves[0];
    growth.right = halves[1];
    if (error || growth_reserve(&growth, tree, place) != 0)
        return growth_fail(&growth); /* or dozens of equal 64-bit hashes: nobody can choose them */
    add_count(tree, place, added);
    grow(tree, place, &growth, key);
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

/*
 * Of a leaf with sections: a record that is inserted goes to the end of its own, whatever place in the leaf was given.
 */
static void put_in_section(const struct tree *tree, struct tree_place *place, const char *record)
{
    unsigned end;
    if (place->section != PLACE_NO_SECTION)
        return;
    place->section = (uint16_t)hash_section(tree_key_of(tree, record));
    section_begin(place->leaf, place->section, &end);
    place->offset = (uint16_t)end;
}

/* A change for which the leaf has room. 0 or -ENOMEM. */
static int change_leaf(struct tree *tree, struct tree_place *place, size_t old_len, const char *record, size_t len)
{
    int change = (len > 0) - (old_len > 0);
    bool has_sections = place->leaf->head > 0;
    if (has_sections && old_len == 0)
        put_in_section(tree, place, record);
    struct tree_leaf *leaf = leaf_change(place->leaf, place->offset, old_len, record, len);
    if (!leaf)
        return -ENOMEM;
    if (has_sections && old_len == 0)
        hash_leaf_inserted(leaf, place->section, len);
    else if (has_sections && old_len != len)
        hash_leaf_changed(leaf, place->offset, old_len, len);
    leaf->count = (uint16_t)(leaf->count + change);
    place->leaf = leaf;
    set_node(tree, place, tree->height, leaf);
    if (change != 0)
        add_count(tree, place, change);
    if (change < 0)
        tidy(tree, place);
    return 0;
}

int tree_splice(struct tree *tree, struct tree_place *place, unsigned removed, const char *record, size_t len,
                bool keep)
{
    struct tree_leaf *leaf = place->leaf;
    char old[RECORD_MAX];
    if (!leaf)
        return tree_plant(tree, record, len, 1);
    const char *at = tree_record(place);
    size_t old_len = removed ? record_len(at, tree->form) : 0;
    if (tree->has_outside)
        memcpy(old, at, old_len);
    bool parts = leaf->head + leaf->used - old_len + len > LEAF_ROOM;
    if (tree->tail > 0 && (place->offset <= tree->tail || parts) && is_in_last_leaf(tree, place))
        tree->tail = 0;
    bool releases = tree->has_outside && !keep;
    int error = parts ? part(tree, place, old_len, record, len) : change_leaf(tree, place, old_len, record, len);
    if (error)
        return error;
    if (len > 0 && !tree->has_outside)
        tree->has_outside = record_has_outside(record, record + len, tree->form);
    if (releases)
        record_release_all(old, old + old_len, tree->form);
    return 0;
}
