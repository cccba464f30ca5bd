#include "types/collection.h"

#include "base/panic.h"
#include "shape/member_index.h"
#include "shape/search.h"
#include "types/collection_internal.h"

#include <errno.h>
#include <string.h>

/* ---- opening ---- */

struct entry *collection_create(const struct collection_kind *kind, struct bytes key, int64_t expire_ms)
{
    static const uint16_t none;
    struct value value = {.data = &none, .len = sizeof none, .type = kind->type};
    return entry_create(key, &value, expire_ms);
}

void collection_open(struct collection *collection, const struct collection_kind *kind, const struct entry *entry)
{
    collection->kind = kind;
    collection->entry = (struct entry *)entry;
    collection->is_tree = entry->encoding & COLLECTION_IS_TREE;
    collection->ages = entry->flags & ENTRY_AGES;
    if (collection->is_tree)
        memcpy(&collection->trees, entry_value(entry), trees_len(kind));
}

uint64_t collection_count(const struct collection *collection)
{
    return collection->is_tree ? collection->trees.tree.count : packed_count(collection->entry);
}

uint64_t collection_bytes(const struct collection *collection, uint64_t limit)
{
    if (collection->is_tree)
        return tree_bytes(&collection->trees.tree, limit);
    const struct entry *entry = collection->entry;
    const char *records = packed_records(entry), *end = packed_end(entry);
    bool has_outside = entry->flags & ENTRY_OWNS;
    return (uint64_t)(end - records) + (has_outside ? record_outside(records, end, collection->kind->form) : 0);
}

/* ---- finding ---- */

/* Brings the place's tree to what all of it says. */
static bool place_in_tree(struct collection_place *place, bool found)
{
    place->record = found ? tree_record(&place->tree) : NULL;
    return found;
}

bool collection_at(const struct collection *collection, uint64_t index, struct collection_place *place_out)
{
    if (collection->is_tree)
        return place_in_tree(place_out, tree_at(&collection->trees.tree, index, &place_out->tree));
    if (index >= packed_count(collection->entry))
        return false;
    place_out->record =
        record_skip(packed_records(collection->entry), packed_end(collection->entry), collection->kind->form, index);
    place_out->index = index;
    return true;
}

void collection_last(struct collection *collection, struct collection_place *place_out)
{
    if (!collection->is_tree) {
        collection_at(collection, packed_count(collection->entry) - 1, place_out);
        return;
    }
    tree_last(&collection->trees.tree, &place_out->tree);
    place_in_tree(place_out, true);
}

bool collection_find(const struct collection *collection, const struct element *element,
                     struct collection_place *place_out)
{
    const struct collection_trees *trees = &collection->trees;
    if (collection->is_tree && is_sorted(collection->kind))
        return place_in_tree(place_out, member_index_find(&trees->index, &trees->tree, element, &place_out->tree));
    if (collection->is_tree)
        return place_in_tree(place_out, tree_find(&trees->tree, element, &place_out->tree));
    const char *end = packed_end(collection->entry);
    place_out->record =
        record_find(packed_records(collection->entry), end, collection->kind->form, element, &place_out->index);
    return place_out->record < end;
}

static bool packed_seek(const struct collection *collection, const struct record_bound *bound,
                        struct collection_place *place)
{
    const char *record = packed_records(collection->entry), *end = packed_end(collection->entry);
    uint64_t index = 0;
    for (; record < end && record_is_before(record, bound); index++)
        record += record_len(record, collection->kind->form);
    place->record = record;
    place->index = index;
    return record < end;
}

bool collection_seek(const struct collection *collection, const struct record_bound *bound,
                     struct collection_place *place_out)
{
    return collection->is_tree ? place_in_tree(place_out, tree_seek(&collection->trees.tree, bound, &place_out->tree))
                               : packed_seek(collection, bound, place_out);
}

void collection_find_bound(const struct collection *collection, const struct record_bound *bound,
                           struct collection_place *place_out)
{
    if (collection->is_tree)
        tree_find_bound(&collection->trees.tree, bound, &place_out->tree);
    else
        packed_seek(collection, bound, place_out);
}

void collection_end(const struct collection *collection, struct collection_place *place_out)
{
    if (collection->is_tree) {
        tree_end(&collection->trees.tree, &place_out->tree);
        return;
    }
    place_out->record = packed_end(collection->entry);
    place_out->index = packed_count(collection->entry);
}

bool collection_next(const struct collection *collection, struct collection_place *place)
{
    if (collection->is_tree)
        return place_in_tree(place, tree_next(&collection->trees.tree, &place->tree));
    place->record += record_len(place->record, collection->kind->form);
    place->index++;
    return place->record < packed_end(collection->entry);
}

bool collection_previous(const struct collection *collection, struct collection_place *place)
{
    if (collection->is_tree)
        return place_in_tree(place, tree_previous(&collection->trees.tree, &place->tree));
    return place->index > 0 && collection_at(collection, place->index - 1, place);
}

const char *collection_run(const struct collection *collection, const struct collection_place *place,
                           const char **end_out)
{
    if (collection->is_tree)
        return tree_run(&place->tree, end_out);
    *end_out = packed_end(collection->entry);
    return place->record;
}

bool collection_next_run(const struct collection *collection, struct collection_place *place)
{
    return collection->is_tree && place_in_tree(place, tree_next_leaf(&collection->trees.tree, &place->tree));
}

static bool packed_search(const struct collection *collection, const struct element *element, bool back, uint64_t most,
                          struct collection_place *place, uint64_t *passed_out)
{
    const char *from = back ? packed_records(collection->entry) : place->record;
    const char *end = back ? place->record + element_len(place->record) : packed_end(collection->entry);
    uint64_t before;
    const char *found = search_run(from, end, element, back, &before);
    if (!found)
        return false;
    *passed_out = back ? place->index - before : before;
    place->index = back ? before : place->index + before;
    place->record = found;
    return *passed_out < most;
}

bool collection_search(const struct collection *collection, const struct element *element, bool back, uint64_t most,
                       struct collection_place *place, uint64_t *passed_out)
{
    if (!collection->is_tree)
        return packed_search(collection, element, back, most, place, passed_out);
    return place_in_tree(place, tree_search(&collection->trees.tree, element, back, most, &place->tree, passed_out));
}

uint64_t collection_index(const struct collection *collection, const struct collection_place *place)
{
    return collection->is_tree ? tree_index(&collection->trees.tree, &place->tree) : place->index;
}

/* ---- operations for the store ---- */

static const struct collection_kind *kind_of(const struct entry *entry)
{
    return entry_value_type(entry)->shape;
}

void collection_release(struct entry *entry)
{
    const struct collection_kind *kind = kind_of(entry);
    struct collection collection;
    collection_open(&collection, kind, entry);
    if (!collection.is_tree) {
        record_release_all(packed_records(entry), packed_end(entry), kind->form);
        return;
    }
    tree_deinit(&collection.trees.tree);
    if (has_index(kind))
        tree_deinit(&collection.trees.index);
}

bool collection_is_slow_to_release(const struct entry *entry)
{
    const struct collection_kind *kind = kind_of(entry);
    struct collection collection;
    collection_open(&collection, kind, entry);
    return collection.is_tree && collection.trees.tree.count >= SLOW_RECORDS;
}

int collection_copy(struct entry *copy)
{
    const struct collection_kind *kind = kind_of(copy);
    struct collection collection;
    struct collection_trees trees;
    collection_open(&collection, kind, copy);
    if (!collection.is_tree) {
        record_retain_all(packed_records(copy), packed_end(copy), kind->form);
        return 0;
    }
    if (tree_copy(&trees.tree, &collection.trees.tree) != 0)
        return -ENOMEM;
    if (has_index(kind) && tree_copy(&trees.index, &collection.trees.index) != 0) {
        tree_deinit(&trees.tree);
        return -ENOMEM;
    }
    memcpy(entry_value(copy), &trees, trees_len(kind));
    return 0;
}

size_t collection_memory(const struct entry *entry, size_t samples)
{
    const struct collection_kind *kind = kind_of(entry);
    struct collection collection;
    collection_open(&collection, kind, entry);
    if (!collection.is_tree)
        return record_outside(packed_records(entry), packed_end(entry), kind->form);
    return tree_memory(&collection.trees.tree, samples) +
           (has_index(kind) ? tree_memory(&collection.trees.index, samples) : 0);
}

void collection_check(const struct collection *collection)
{
    struct element element;
    struct element_view view;
    struct collection_place place, found;
    struct record_form form = collection->kind->form;
    uint64_t count = 0;
    if (collection->is_tree)
        tree_check(&collection->trees.tree);
    if (collection->is_tree && is_sorted(collection->kind)) {
        tree_check(&collection->trees.index);
        panic_unless(collection->trees.index.count == collection->trees.tree.count);
    }
    if (collection->ages)
        collection_check_times(collection);
    for (bool more = collection_at(collection, 0, &place); more; more = collection_next(collection, &place), count++) {
        if (collection->kind->order == TREE_BY_PLACE)
            continue;
        element_view(record_element(place.record, form), &view);
        element_init(&element, view.text.data, view.text.len);
        panic_unless(collection_find(collection, &element, &found) && found.record == place.record);
    }
    panic_unless(count == collection_count(collection));
}
