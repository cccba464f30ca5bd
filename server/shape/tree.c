#include "shape/tree.h"

#include "base/panic.h"
#include "shape/branch.h"
#include "shape/hash_leaf.h"
#include "shape/leaf.h"
#include "shape/tree_internal.h"

#include <errno.h>
#include <string.h>

void tree_init(struct tree *tree, enum tree_order order, struct record_form form)
{
    *tree = (struct tree){.order = (uint8_t)order, .form = form, .has_outside = form.owner != RECORD_OWNS_NOTHING};
}

void tree_free_below(void *node, unsigned level, struct record_form form)
{
    if (level == 0) {
        struct tree_leaf *leaf = node;
        record_release_all(leaf_begin(leaf), leaf_end(leaf), form);
        leaf_free(leaf);
        return;
    }
    struct tree_branch *branch = node;
    for (unsigned i = 0; i < branch->count; i++)
        tree_free_below(branch->children[i].node, level - 1, form);
    branch_free(branch);
}

/* What to retain and release elements with: that takes a look at each of them, unless none refers to anything. */
static struct record_form form_outside(const struct tree *tree)
{
    return tree->has_outside ? tree->form : (struct record_form){0};
}

void tree_deinit(struct tree *tree)
{
    if (tree->root)
        tree_free_below(tree->root, tree->height, form_outside(tree));
    tree->root = NULL;
    tree->count = tree->height = 0;
}

/* ---- copying ---- */

#define COPIED_AHEAD 3 /* leaves that are on their way into the cache while one is copied */

static struct tree_leaf *copy_leaf(const struct tree_leaf *leaf, struct record_form form)
{
    struct tree_leaf *copy = leaf_create_headed(leaf->used, leaf->head);
    if (!copy)
        return NULL;
    copy->count = leaf->count;
    copy->used = leaf->used;
    memcpy(copy->bytes, leaf->bytes, (size_t)leaf->head + leaf->used);
    record_retain_all(leaf_begin(copy), leaf_end(copy), form);
    return copy;
}

static void *copy_below(const void *node, unsigned level, struct record_form form)
{
    if (level == 0)
        return copy_leaf(node, form);
    const struct tree_branch *branch = node;
    struct tree_branch *copy = branch_create(branch->count);
    for (unsigned i = 0; copy && i < branch->count; i++) {
        struct tree_child child = branch->children[i];
        if (level == 1 && i + COPIED_AHEAD < branch->count)
            leaf_prefetch(branch->children[i + COPIED_AHEAD].node);
        child.node = copy_below(child.node, level - 1, form);
        if (!child.node) {
            tree_free_below(copy, level, form);
            return NULL;
        }
        branch_insert(copy, i, &child);
    }
    return copy;
}

int tree_copy(struct tree *copy, const struct tree *tree)
{
    tree_init(copy, tree->order, tree->form);
    if (!tree->root)
        return 0;
    copy->root = copy_below(tree->root, tree->height, form_outside(tree));
    if (!copy->root)
        return -ENOMEM;
    copy->count = tree->count;
    copy->height = tree->height;
    copy->has_outside = tree->has_outside;
    return 0;
}

/* ---- finding ---- */

static void put_at_index(const struct tree *tree, struct tree_place *place, unsigned index)
{
    const struct tree_leaf *leaf = place->leaf;
    place_put_at(place, record_skip(leaf_begin(leaf), leaf_end(leaf), tree->form, index), index);
}

static void put_at_end(struct tree_place *place)
{
    place_put_at(place, leaf_end(place->leaf), place->leaf->count);
}

void tree_end(const struct tree *tree, struct tree_place *place_out)
{
    void *node = tree->root;
    place_begin_leaf(place_out, NULL);
    if (!node)
        return;
    for (unsigned depth = 0; depth < tree->height; depth++)
        node = place_go_down(place_out, depth, node, ((struct tree_branch *)node)->count - 1u);
    place_begin_leaf(place_out, node);
    put_at_end(place_out);
}

/*
 * A leaf can only be read forwards, from the tail on if that is known. It is noted so many records before the end that
 * as many removals need few steps; those that were added behind it make them more.
 */
#define TAIL_RECORDS 16

/* The place is in the last leaf. Returns the steps that it took. */
static unsigned from_tail_to_last(const struct tree *tree, struct tree_place *place)
{
    const char *last = leaf_begin(place->leaf) + tree->tail, *next = last + record_len(last, tree->form);
    unsigned steps = 0;
    for (; next < leaf_end(place->leaf); steps++) {
        last = next;
        next += record_len(next, tree->form);
    }
    place_put_at(place, last, place->leaf->count - 1u);
    return steps;
}

bool tree_at(const struct tree *tree, uint64_t index, struct tree_place *place_out)
{
    if (index >= tree->count)
        return false;
    if (tree->tail > 0 && index + 1 == tree->count) {
        tree_end(tree, place_out);
        from_tail_to_last(tree, place_out);
        return true;
    }
    void *node = tree->root;
    for (unsigned depth = 0; depth < tree->height; depth++)
        node = place_go_down(place_out, depth, node, branch_find_index(node, &index));
    place_begin_leaf(place_out, node);
    put_at_index(tree, place_out, (unsigned)index);
    return true;
}

void tree_last(struct tree *tree, struct tree_place *place_out)
{
    tree_end(tree, place_out);
    const struct tree_leaf *leaf = place_out->leaf;
    const char *records = leaf_begin(leaf), *end = leaf_end(leaf);
    if (tree->tail == 0 && leaf->count > TAIL_RECORDS)
        tree->tail = (uint16_t)(record_skip(records, end, tree->form, leaf->count - TAIL_RECORDS) - records);
    if (from_tail_to_last(tree, place_out) > 2 * TAIL_RECORDS)
        tree->tail = 0;
}

bool tree_find_hash(const struct tree *tree, uint64_t hash, struct tree_place *place_out)
{
    void *node = tree->root;
    struct hash_range range = hash_range_all();
    for (unsigned depth = 0; depth < tree->height; depth++)
        node = place_go_down(place_out, depth, node, branch_find_hash(node, hash, &range));
    place_begin_leaf(place_out, node);
    return node != NULL;
}

bool tree_find_section(const struct tree *tree, uint64_t hash, struct tree_place *place_out, const char **end_out)
{
    unsigned end;
    *end_out = NULL;
    if (!tree_find_hash(tree, hash, place_out))
        return false;
    place_out->section = (uint16_t)hash_section(hash);
    place_out->offset = (uint16_t)section_begin(place_out->leaf, place_out->section, &end);
    *end_out = leaf_begin(place_out->leaf) + end;
    return true;
}

bool tree_find(const struct tree *tree, const struct element *element, struct tree_place *place_out)
{
    const char *end;
    if (!tree_find_section(tree, element_hash(element), place_out, &end))
        return false;
    const char *record = tree_record(place_out);
    while (record < end && !element_equals(record_element(record, tree->form), element))
        record += record_len(record, tree->form);
    place_put_at(place_out, record, 0);
    return record < end;
}

/* ---- finding by score ---- */

/* The child in which the bound is: the last one that doesn't begin behind it. Keys tell, or else first records. */
static unsigned find_bound(const struct tree_branch *branch, unsigned level, const struct record_bound *bound)
{
    struct record_bound or_equal = {bound->key, bound->text, true};
    unsigned low = 0, high = branch->count;
    while (high - low > 1) {
        unsigned middle = (low + high) / 2;
        uint64_t key = branch->children[middle].key;
        bool before = key == bound->key
                          ? record_is_before(tree_first_below(branch->children[middle].node, level), &or_equal)
                          : key < bound->key;
        if (before)
            low = middle;
        else
            high = middle;
    }
    return low;
}

bool tree_find_bound(const struct tree *tree, const struct record_bound *bound, struct tree_place *place_out)
{
    void *node = tree->root;
    for (unsigned depth = 0; depth < tree->height; depth++)
        node = place_go_down(place_out, depth, node, find_bound(node, tree->height - depth - 1, bound));
    place_begin_leaf(place_out, node);
    if (!node)
        return false;
    const char *record = leaf_begin(place_out->leaf), *end = leaf_end(place_out->leaf);
    unsigned index = 0;
    while (record < end && record_is_before(record, bound)) {
        record += record_len(record, tree->form);
        index++;
    }
    place_put_at(place_out, record, index);
    return record < end;
}

bool tree_find_score(const struct tree *tree, double score, struct bytes text, struct tree_place *place_out)
{
    struct record_bound bound = record_bound_at(score, text);
    if (!tree_find_bound(tree, &bound, place_out))
        return false;
    const char *record = tree_record(place_out);
    return record_score_key(record_score(record)) == bound.key && element_compare(record + sizeof(double), text) == 0;
}

bool tree_seek(const struct tree *tree, const struct record_bound *bound, struct tree_place *place_out)
{
    return tree_find_bound(tree, bound, place_out) || (place_out->leaf && tree_next_leaf(tree, place_out));
}

/* ---- at a place ---- */

const char *tree_record(const struct tree_place *place)
{
    return leaf_begin(place->leaf) + place->offset;
}

uint64_t tree_index(const struct tree *tree, const struct tree_place *place)
{
    uint64_t index = place->index;
    for (unsigned depth = 0; depth < tree->height; depth++)
        for (unsigned i = 0; i < place->at[depth]; i++)
            index += place->branches[depth]->children[i].count;
    return index;
}

const char *tree_run(const struct tree_place *place, const char **end_out)
{
    *end_out = leaf_end(place->leaf);
    return tree_record(place);
}

/* The deepest branch of the place in which there is another child in that direction; height if there is none. */
static unsigned depth_to_turn(const struct tree *tree, const struct tree_place *place, bool forwards)
{
    for (unsigned depth = tree->height; depth-- > 0;)
        if (forwards ? place->at[depth] + 1u < place->branches[depth]->count : place->at[depth] > 0)
            return depth;
    return tree->height;
}

bool tree_next_leaf(const struct tree *tree, struct tree_place *place)
{
    unsigned depth = depth_to_turn(tree, place, true);
    if (depth == tree->height)
        return false;
    void *node = place_go_down(place, depth, place->branches[depth], place->at[depth] + 1u);
    while (++depth < tree->height)
        node = place_go_down(place, depth, node, 0);
    place_begin_leaf(place, node);
    return true;
}

bool tree_previous_leaf(const struct tree *tree, struct tree_place *place)
{
    unsigned depth = depth_to_turn(tree, place, false);
    if (depth == tree->height)
        return false;
    void *node = place_go_down(place, depth, place->branches[depth], place->at[depth] - 1u);
    while (++depth < tree->height)
        node = place_go_down(place, depth, node, ((struct tree_branch *)node)->count - 1u);
    place_begin_leaf(place, node);
    put_at_end(place);
    return true;
}

bool tree_next(const struct tree *tree, struct tree_place *place)
{
    const char *next = tree_record(place) + record_len(tree_record(place), tree->form);
    if (next >= leaf_end(place->leaf))
        return tree_next_leaf(tree, place);
    place_put_at(place, next, place->index + 1u);
    return true;
}

bool tree_previous(const struct tree *tree, struct tree_place *place)
{
    if (place->index == 0 && !tree_previous_leaf(tree, place))
        return false;
    put_at_index(tree, place, place->index - 1u);
    return true;
}

unsigned tree_leaf_count(const struct tree_place *place)
{
    return place->leaf->count;
}

void tree_go_in_leaf(const struct tree *tree, struct tree_place *place, const char *record)
{
    place_put_at(place, record, (unsigned)(record - leaf_begin(place->leaf)) / tree->form.fixed);
}

uint64_t tree_next_hash(const struct tree *tree, const struct tree_place *place)
{
    unsigned depth = depth_to_turn(tree, place, true);
    return depth < tree->height ? place->branches[depth]->children[place->at[depth] + 1u].key : 0;
}

uint64_t tree_leaf_hash(const struct tree *tree, const struct tree_place *place)
{
    unsigned depth = depth_to_turn(tree, place, false);
    return depth < tree->height ? place->branches[depth]->children[place->at[depth]].key : 0;
}

/* ---- memory ---- */

static size_t memory_below(const void *node, unsigned level, const struct record_form form)
{
    if (level == 0) {
        const struct tree_leaf *leaf = node;
        return leaf_memory(leaf) + record_outside(leaf_begin(leaf), leaf_end(leaf), form);
    }
    const struct tree_branch *branch = node;
    size_t bytes = branch_memory(branch);
    for (unsigned i = 0; i < branch->count; i++)
        bytes += memory_below(branch->children[i].node, level - 1, form);
    return bytes;
}

/* Of the samples, whole leaves are taken; a leaf has its part of a branch, which are two thirds full. */
size_t tree_memory(const struct tree *tree, size_t samples)
{
    struct tree_place place;
    if (!tree->root)
        return 0;
    if (samples == 0)
        return memory_below(tree->root, tree->height, tree->form);
    uint64_t seen = 0;
    size_t bytes = 0;
    tree_at(tree, 0, &place);
    do {
        seen += place.leaf->count;
        bytes += memory_below(place.leaf, 0, tree->form) + (tree->height > 0 ? sizeof(struct tree_child) * 3 / 2 : 0);
    } while (seen < samples && tree_next_leaf(tree, &place));
    return (size_t)((double)bytes * (double)tree->count / (double)seen);
}

uint64_t tree_bytes(const struct tree *tree, uint64_t limit)
{
    struct tree_place place;
    uint64_t bytes = 0;
    if (!tree->root)
        return 0;
    for (bool more = tree_at(tree, 0, &place); more && bytes <= limit; more = tree_next_leaf(tree, &place)) {
        const struct tree_leaf *leaf = place.leaf;
        bytes += leaf->used + (tree->has_outside ? record_outside(leaf_begin(leaf), leaf_end(leaf), tree->form) : 0);
    }
    return bytes;
}

/* ---- checking ---- */

struct check {
    const struct tree *tree;
    bool begun;
    double score; /* of the record before */
    const char *element;
    struct record_id id;
};

static void check_order(struct check *check, const char *record)
{
    if (check->tree->order == TREE_BY_SCORE && check->begun) {
        struct element_view view;
        element_view(record + sizeof(double), &view);
        uint64_t before = record_score_key(check->score), key = record_score_key(record_score(record));
        panic_unless(before < key || (before == key && element_compare(check->element, view.text) <= 0));
    }
    if (check->tree->order == TREE_BY_SCORE) {
        check->score = record_score(record);
        check->element = record + sizeof(double);
    }
    if (check->tree->order == TREE_BY_ID) {
        struct record_id id = record_id(record);
        panic_unless(!check->begun || record_id_compare(check->id, id) < 0);
        check->id = id;
    }
    check->begun = true;
}

static uint64_t check_leaf(struct check *check, const struct tree_leaf *leaf, uint64_t low, uint64_t high)
{
    struct record_form form = check->tree->form;
    const char *record = leaf_begin(leaf);
    panic_unless(leaf->count > 0 && leaf->used <= leaf->room && hash_leaf_is_sound(form, leaf));
    for (unsigned i = 0; i < leaf->count; i++) {
        uint64_t key = tree_key_of(check->tree, record);
        panic_unless(record < leaf_end(leaf) && key >= low && key <= high);
        check_order(check, record);
        record += record_len(record, form);
    }
    panic_unless(record == leaf_end(leaf));
    return leaf->count;
}

/* Keys from low to high are sought below this node. By score and by ID both may be those of the neighbours. */
static uint64_t check_below(struct check *check, const void *node, unsigned level, uint64_t low, uint64_t high)
{
    if (level == 0)
        return check_leaf(check, node, low, high);
    const struct tree_branch *branch = node;
    bool by_hash = check->tree->order == TREE_BY_HASH;
    uint64_t total = 0;
    panic_unless(branch->count > 0 && branch->count <= branch->room && branch->room <= BRANCH_MAX);
    for (unsigned i = 0; i < branch->count; i++) {
        const struct tree_child *child = &branch->children[i];
        uint64_t from = i > 0 ? child->key : low, to = i + 1u < branch->count ? child[1].key - by_hash : high;
        panic_unless(child->key >= low || i == 0);
        uint64_t count = check_below(check, child->node, level - 1, from, to);
        panic_unless(count == child->count);
        total += count;
    }
    return total;
}

static void check_tail(const struct tree *tree)
{
    struct tree_place place;
    tree_end(tree, &place);
    const char *record = leaf_begin(place.leaf), *tail = record + tree->tail;
    while (record < tail)
        record += record_len(record, tree->form);
    panic_unless(record == tail && record < leaf_end(place.leaf));
}

void tree_check(const struct tree *tree)
{
    struct check check = {.tree = tree};
    panic_unless((tree->count == 0) == (tree->root == NULL));
    if (tree->root)
        panic_unless(check_below(&check, tree->root, tree->height, 0, UINT64_MAX) == tree->count);
    if (tree->root)
        check_tail(tree);
}
