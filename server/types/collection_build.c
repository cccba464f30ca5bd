/*
 * Collections by score that are made as a whole: their trees are built from sorted members, leaf by leaf.
 *
 * One array of references serves both trees: sorted by hash it makes the index, and sorted by score the
 * other one. What it is sorted by already comes first.
 */
#include "shape/member_index.h"
#include "shape/tree_build.h"
#include "types/collection_internal.h"

#include <errno.h>
#include <string.h>

static size_t write_record(char *out, const struct record_ref *member)
{
    size_t len = element_len(member->stored);
    memcpy(out, &member->score, sizeof member->score);
    memcpy(out + sizeof member->score, member->stored, len);
    return sizeof member->score + len;
}

/* ---- packed ---- */

/* Bytes of all records; if they are too many, some number above COLLECTION_PACKED_MAX. */
static size_t bytes_of(const struct record_ref *members, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count && bytes <= COLLECTION_PACKED_MAX; i++)
        bytes += sizeof members[i].score + element_len(members[i].stored);
    return bytes;
}

static int build_packed(struct collection *collection, const struct record_ref *members, size_t count)
{
    struct record_form form = collection->kind->form;
    struct entry *entry = collection->entry;
    char value[PACKED_HEAD + COLLECTION_PACKED_MAX];
    uint16_t stored_count = (uint16_t)count;
    size_t len = PACKED_HEAD;
    memcpy(value, &stored_count, sizeof stored_count);
    for (size_t i = 0; i < count; i++)
        len += write_record(value + len, &members[i]);
    bool has_outside = record_has_outside(value + PACKED_HEAD, value + len, form);
    entry = entry_set_value(entry, entry->encoding, (entry->flags & ENTRY_MARK) | (has_outside ? ENTRY_OWNS : 0), value,
                            len);
    if (!entry)
        return -ENOMEM;
    record_retain_all(packed_records(entry), packed_end(entry), form);
    collection->entry = entry;
    return 0;
}

/* ---- trees ---- */

/* The members' keys become hashes, where that is wanted for the index. */
static int build_tree(const struct collection_kind *kind, struct record_ref *members, size_t count, bool hashes,
                      struct tree *tree_out)
{
    struct tree_builder builder;
    char record[RECORD_MAX];
    tree_build_begin(&builder, TREE_BY_SCORE, kind->form);
    for (size_t i = 0; i < count; i++) {
        struct record_ref *member = &members[i];
        record_ref_prefetch(members, count, i);
        size_t len = write_record(record, member);
        element_retain(member->stored);
        if (tree_build_add(&builder, record_score_key(member->score), record, len) != 0) {
            tree_build_drop(&builder);
            return -ENOMEM;
        }
        if (hashes)
            member->key = element_hash_stored(member->stored);
    }
    return tree_build_end(&builder, tree_out);
}

static int build_trees(const struct collection_kind *kind, struct record_ref *members, size_t count, bool are_hashed,
                       struct collection_trees *trees)
{
    if (are_hashed && member_index_build(&trees->index, members, count) != 0)
        return -ENOMEM;
    record_sort_by_score(members, count);
    if (build_tree(kind, members, count, !are_hashed, &trees->tree) != 0) {
        if (are_hashed)
            tree_deinit(&trees->index);
        return -ENOMEM;
    }
    if (are_hashed)
        return 0;
    record_sort_by_key(members, count);
    if (member_index_build(&trees->index, members, count) == 0)
        return 0;
    tree_deinit(&trees->tree);
    return -ENOMEM;
}

int collection_plant(struct collection *collection, const struct collection_trees *trees)
{
    struct entry *entry = collection->entry;
    entry = entry_set_value(entry, entry->encoding | COLLECTION_IS_TREE, ENTRY_OWNS | (entry->flags & ENTRY_MARK),
                            trees, trees_len(collection->kind));
    if (!entry)
        return -ENOMEM;
    collection->entry = entry;
    collection->is_tree = true;
    collection->trees = *trees;
    return 0;
}

int collection_build(struct collection *collection, struct record_ref *members, size_t count, bool are_hashed)
{
    struct collection_trees trees;
    if (bytes_of(members, count) <= COLLECTION_PACKED_MAX) {
        record_sort_by_score(members, count);
        return build_packed(collection, members, count);
    }
    if (build_trees(collection->kind, members, count, are_hashed, &trees) != 0)
        return -ENOMEM;
    int error = collection_plant(collection, &trees);
    if (error) {
        tree_deinit(&trees.tree);
        tree_deinit(&trees.index);
    }
    return error;
}
