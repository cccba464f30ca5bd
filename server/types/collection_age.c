/*
 * Records with a time to live: which are due. A packed collection is looked through, a tree has an index.
 */
#include "base/panic.h"
#include "shape/expiry_index.h"
#include "types/collection_internal.h"

int collection_splice_timed(struct collection *collection, struct collection_place *place, unsigned removed,
                            const char *record, size_t len, bool keep)
{
    bool aged = collection->ages;
    collection->ages = true; /* its index gets the time */
    int error = collection_splice(collection, place, removed, record, len, keep);
    if (error)
        collection->ages = aged;
    else
        collection->entry->flags |= ENTRY_AGES;
    return error;
}

static int64_t packed_next_expiry(const struct collection *collection)
{
    struct collection_place place;
    int64_t earliest = INT64_MAX;
    for (bool more = collection_at(collection, 0, &place); more; more = collection_next(collection, &place)) {
        int64_t at = record_expiry(collection, place.record);
        if (at != ELEMENT_NO_EXPIRY && at < earliest)
            earliest = at;
    }
    return earliest;
}

int64_t collection_next_expiry(const struct collection *collection)
{
    int64_t at;
    uint64_t hash;
    if (!collection->ages)
        return INT64_MAX;
    if (!collection->is_tree)
        return packed_next_expiry(collection);
    return expiry_index_first(&collection->trees.index, &at, &hash) ? at : INT64_MAX;
}

uint64_t collection_due(const struct collection *collection, int64_t now_ms)
{
    struct collection_place place;
    uint64_t due = 0;
    if (!collection->ages)
        return 0;
    if (collection->is_tree)
        return expiry_index_due(&collection->trees.index, now_ms);
    for (bool more = collection_at(collection, 0, &place); more; more = collection_next(collection, &place))
        due += !collection_is_live(collection, place.record, now_ms);
    return due;
}

/* The record with that time whose hash has that upper half; there is one. */
static void find_timed(const struct collection *collection, int64_t expire_ms, uint64_t hash,
                       struct collection_place *place_out)
{
    const struct tree *tree = &collection->trees.tree;
    tree_find_hash(tree, hash, &place_out->tree);
    for (;;) {
        place_out->record = tree_record(&place_out->tree);
        if (record_expiry(collection, place_out->record) == expire_ms &&
            element_hash_stored(record_element(place_out->record, tree->form)) >> 32 == hash >> 32)
            return;
        tree_next(tree, &place_out->tree);
    }
}

bool collection_find_due(const struct collection *collection, int64_t now_ms, struct collection_place *place_out)
{
    int64_t at;
    uint64_t hash;
    if (!collection->ages)
        return false;
    if (!collection->is_tree) {
        bool more = collection_at(collection, 0, place_out);
        while (more && collection_is_live(collection, place_out->record, now_ms))
            more = collection_next(collection, place_out);
        return more;
    }
    if (!expiry_index_first(&collection->trees.index, &at, &hash) || at > now_ms)
        return false;
    find_timed(collection, at, hash, place_out);
    return true;
}

void collection_check_times(const struct collection *collection)
{
    struct collection_place place, found;
    uint64_t times = 0;
    if (!collection->is_tree)
        return;
    tree_check(&collection->trees.index);
    for (bool more = collection_at(collection, 0, &place); more; more = collection_next(collection, &place)) {
        int64_t at = record_expiry(collection, place.record);
        if (at == ELEMENT_NO_EXPIRY)
            continue;
        times++;
        panic_unless(at >= collection_next_expiry(collection));
    }
    panic_unless(times == collection->trees.index.count);
    panic_unless(times == 0 || collection_find_due(collection, INT64_MAX, &found));
}
