/*
 * How collections change: packed ones by making the entry anew, and a tree through tree_splice(), with its index along.
 */
#include "base/panic.h"
#include "shape/expiry_index.h"
#include "shape/member_index.h"
#include "types/collection_internal.h"

#include <errno.h>
#include <string.h>

/* Puts record in the place of the old_len bytes at offset of the entry's value. 0 or -ENOMEM. */
static int packed_splice(struct collection *collection, size_t offset, size_t old_len, const char *record, size_t len)
{
    struct entry *entry = collection->entry;
    char value[PACKED_HEAD + COLLECTION_PACKED_MAX];
    size_t old_value_len = entry_value_len(entry), value_len = old_value_len - old_len + len;
    uint16_t count = (uint16_t)(packed_count(entry) + (len > 0) - (old_len > 0));
    unsigned flags = entry->flags & ENTRY_VALUE_FLAGS;
    if (len > 0 && record_has_outside(record, record + len, collection->kind->form))
        flags |= ENTRY_OWNS;
    memcpy(value, entry_value(entry), offset);
    memcpy(value, &count, sizeof count);
    if (len > 0)
        memcpy(value + offset, record, len);
    memcpy(value + offset + len, entry_value(entry) + offset + old_len, old_value_len - offset - old_len);
    entry = entry_set_value(entry, entry->encoding, flags, value, value_len);
    if (!entry)
        return -ENOMEM;
    collection->entry = entry;
    return 0;
}

/* The place at that offset of a tree of one leaf. */
static void find_offset(const struct tree *tree, size_t offset, struct tree_place *place)
{
    tree_at(tree, 0, place);
    while (place->offset < offset && tree_next(tree, place)) {
    }
    if (place->offset < offset)
        tree_end(tree, place);
}

/* Frees a tree whose elements belong to somebody else. */
static void fell(struct tree *tree)
{
    tree->form = (struct record_form){0};
    tree_deinit(tree);
}

/* What the index of times has of a record; without a time to live, nothing. */
struct indexed_time {
    int64_t expire_ms; /* or ELEMENT_NO_EXPIRY */
    uint64_t hash;
};

static struct indexed_time read_time(const char *record, struct record_form form)
{
    struct indexed_time time = {element_expiry(record_second(record, form)), 0};
    if (time.expire_ms != ELEMENT_NO_EXPIRY)
        time.hash = element_hash_stored(record_element(record, form));
    return time;
}

static int add_time(struct tree *index, struct indexed_time time)
{
    return time.expire_ms == ELEMENT_NO_EXPIRY ? 0 : expiry_index_add(index, time.expire_ms, time.hash);
}

static void remove_time(struct tree *index, struct indexed_time time)
{
    if (time.expire_ms != ELEMENT_NO_EXPIRY)
        expiry_index_remove(index, time.expire_ms, time.hash);
}

static int add_to_index(const struct collection *collection, struct tree *index, const char *record)
{
    return is_sorted(collection->kind) ? member_index_add(index, record)
                                       : add_time(index, read_time(record, collection->kind->form));
}

/* Makes the index of a tree, if it has one. 0 or -ENOMEM, then with nothing left of it. */
static int plant_index(const struct collection *collection, struct collection_trees *trees)
{
    struct tree_place place;
    if (!has_index(collection->kind))
        return 0;
    if (is_sorted(collection->kind))
        member_index_init(&trees->index);
    else
        expiry_index_init(&trees->index);
    for (bool more = tree_at(&trees->tree, 0, &place); more; more = tree_next(&trees->tree, &place)) {
        if (add_to_index(collection, &trees->index, tree_record(&place)) != 0) {
            tree_deinit(&trees->index);
            return -ENOMEM;
        }
    }
    return 0;
}

/*
 * From packed to tree, with the change at offset that makes it one. The entry's elements are the tree's then, but for
 * the one removed. 0 or -ENOMEM; then nothing has changed.
 */
static int become_tree(struct collection *collection, size_t offset, unsigned removed, const char *record, size_t len)
{
    const struct collection_kind *kind = collection->kind;
    struct entry *entry = collection->entry;
    const char *records = packed_records(entry);
    struct collection_trees trees;
    struct tree_place place;
    tree_init(&trees.tree, (enum tree_order)kind->order, kind->form);
    if (tree_plant(&trees.tree, records, (size_t)(packed_end(entry) - records), packed_count(entry)) != 0)
        return -ENOMEM;
    find_offset(&trees.tree, offset, &place);
    if (tree_splice(&trees.tree, &place, removed, record, len, true) != 0 || plant_index(collection, &trees) != 0) {
        fell(&trees.tree);
        return -ENOMEM;
    }
    entry = entry_set_value(entry, entry->encoding | COLLECTION_IS_TREE,
                            ENTRY_OWNS | (entry->flags & ENTRY_VALUE_FLAGS), &trees, trees_len(kind));
    if (!entry) {
        fell(&trees.tree);
        if (has_index(collection->kind))
            fell(&trees.index);
        return -ENOMEM;
    }
    collection->entry = entry;
    collection->is_tree = true;
    collection->trees = trees;
    return 0;
}

static int splice_packed(struct collection *collection, const struct collection_place *place, unsigned removed,
                         const char *record, size_t len, bool keep)
{
    struct record_form form = collection->kind->form;
    char old[RECORD_MAX];
    size_t offset = (size_t)(place->record - packed_records(collection->entry));
    size_t old_len = removed ? record_len(place->record, form) : 0;
    size_t all = entry_value_len(collection->entry) - PACKED_HEAD;
    memcpy(old, place->record, old_len);
    int error = all - old_len + len <= COLLECTION_PACKED_MAX
                    ? packed_splice(collection, PACKED_HEAD + offset, old_len, record, len)
                    : become_tree(collection, offset, removed, record, len);
    if (!error && !keep)
        record_release_all(old, old + old_len, form);
    return error;
}

/* The index is changed along; without memory neither is. */
static int splice_sorted(struct collection_trees *trees, struct tree_place *place, unsigned removed, const char *record,
                         size_t len, bool keep)
{
    struct record_form form = trees->tree.form;
    uint64_t old_hash = 0;
    double old_score = 0;
    if (removed) {
        old_score = record_score(tree_record(place));
        old_hash = element_hash_stored(record_element(tree_record(place), form));
    }
    if (len > 0 && member_index_add(&trees->index, record) != 0)
        return -ENOMEM;
    int error = tree_splice(&trees->tree, place, removed, record, len, keep);
    if (error && len > 0)
        member_index_remove(&trees->index, record_score(record), element_hash_stored(record_element(record, form)));
    if (!error && removed)
        member_index_remove(&trees->index, old_score, old_hash);
    return error;
}

/* The same of the index of times. */
static int splice_timed(struct collection_trees *trees, struct tree_place *place, unsigned removed, const char *record,
                        size_t len, bool keep)
{
    struct record_form form = trees->tree.form;
    struct indexed_time none = {ELEMENT_NO_EXPIRY, 0};
    struct indexed_time before = removed ? read_time(tree_record(place), form) : none;
    struct indexed_time after = len > 0 ? read_time(record, form) : none;
    if (add_time(&trees->index, after) != 0)
        return -ENOMEM;
    int error = tree_splice(&trees->tree, place, removed, record, len, keep);
    remove_time(&trees->index, error ? after : before);
    return error;
}

static int splice_trees(struct collection *collection, struct tree_place *place, unsigned removed, const char *record,
                        size_t len, bool keep)
{
    struct collection_trees *trees = &collection->trees;
    if (is_sorted(collection->kind))
        return splice_sorted(trees, place, removed, record, len, keep);
    if (collection->ages)
        return splice_timed(trees, place, removed, record, len, keep);
    return tree_splice(&trees->tree, place, removed, record, len, keep);
}

int collection_splice(struct collection *collection, struct collection_place *place, unsigned removed,
                      const char *record, size_t len, bool keep)
{
    if (!collection->is_tree)
        return splice_packed(collection, place, removed, record, len, keep);
    int error = splice_trees(collection, &place->tree, removed, record, len, keep);
    store_trees(collection);
    return error;
}

/* ---- changing scores ---- */

/* The moved record's place among the others is found, and those between the two places make room. */
static void packed_rescore(struct collection *collection, const struct collection_place *place, double score)
{
    char moved[RECORD_MAX], *old = (char *)place->record;
    struct record_form form = collection->kind->form;
    struct element_view view;
    size_t len = record_len(old, form);
    memcpy(moved, old, len);
    memcpy(moved, &score, sizeof score);
    element_view(record_element(moved, form), &view);
    struct record_bound bound = record_bound_at(score, view.text);
    char *at = packed_records(collection->entry), *end = packed_end(collection->entry);
    while (at < end && (at == old || record_is_before(at, &bound)))
        at += record_len(at, form);
    if (at > old) {
        memmove(old, old + len, (size_t)(at - old) - len);
        at -= len;
    } else {
        memmove(at + len, at, (size_t)(old - at));
    }
    memcpy(at, moved, len);
}

/* Whether a record inside a leaf could have that score and keep its place. */
static bool stays(const struct tree_place *place, struct record_form form, const struct record_bound *bound)
{
    const char *end, *record = tree_run(place, &end), *next = record + record_len(record, form);
    if (place->index == 0 || next >= end)
        return false;
    const char *previous = record_skip(record - place->offset, end, form, place->index - 1u);
    return record_is_before(previous, bound) && !record_is_before(next, bound);
}

static int tree_rescore(struct collection_trees *trees, struct tree_place *place, double score)
{
    struct record_form form = trees->tree.form;
    char moved[RECORD_MAX];
    struct element_view view;
    size_t len = record_len(tree_record(place), form);
    double old_score = record_score(tree_record(place));
    memcpy(moved, tree_record(place), len);
    memcpy(moved, &score, sizeof score);
    element_view(record_element(moved, form), &view);
    uint64_t hash = element_hash_stored(record_element(moved, form));
    struct record_bound bound = record_bound_at(score, view.text);
    if (record_score_key(old_score) == record_score_key(score) || stays(place, form, &bound)) {
        tree_splice(&trees->tree, place, 1, moved, len, true); /* of the same length: it can't fail */
    } else {
        tree_find_bound(&trees->tree, &bound, place);
        if (tree_splice(&trees->tree, place, 0, moved, len, true) != 0)
            return -ENOMEM;
        panic_unless(tree_find_score(&trees->tree, old_score, view.text, place));
        tree_splice(&trees->tree, place, 1, NULL, 0, true); /* its references are the new record's */
    }
    member_index_rescore(&trees->index, old_score, score, hash);
    return 0;
}

int collection_rescore(struct collection *collection, struct collection_place *place, double score)
{
    if (!collection->is_tree) {
        packed_rescore(collection, place, score);
        return 0;
    }
    int error = tree_rescore(&collection->trees, &place->tree, score);
    store_trees(collection);
    return error;
}
