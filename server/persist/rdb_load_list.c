/*
 * Loading lists. A long one is built leaf by leaf, from where it no longer fits in its entry.
 */
#include "persist/rdb_load_internal.h"
#include "shape/tree_build.h"
#include "types/list.h"

struct builder {
    struct tree_builder tree;
    bool is_begun;
};

/* What the list has so far goes the same way as what is to come. */
static enum rdb_outcome begin_building(struct rdb_loader *loader, struct builder *builder)
{
    struct collection_place place;
    struct collection *list = &loader->collection;
    tree_build_begin(&builder->tree, TREE_BY_PLACE, list_kind.form);
    builder->is_begun = true;
    for (bool more = collection_at(list, 0, &place); more; more = collection_next(list, &place)) {
        element_retain(place.record);
        if (tree_build_add(&builder->tree, 0, place.record, element_len(place.record)) != 0)
            return RDB_NO_MEMORY;
    }
    return RDB_READ;
}

static enum rdb_outcome push(struct rdb_loader *loader, struct builder *builder, struct bytes text)
{
    struct element element;
    struct collection_place place;
    char record[RECORD_MAX];
    if (!rdb_source_allows(loader->source, text.len))
        return RDB_NO_ROOM;
    element_init(&element, text.data, text.len);
    size_t len = element_store(record, &element, NULL);
    if (len == 0)
        return RDB_NO_MEMORY;
    if (builder->is_begun)
        return tree_build_add(&builder->tree, 0, record, len) == 0 ? RDB_READ : RDB_NO_MEMORY;
    collection_end(&loader->collection, &place);
    if (collection_splice(&loader->collection, &place, 0, record, len, false) != 0) {
        element_release(record);
        return RDB_NO_MEMORY;
    }
    return loader->collection.is_tree ? begin_building(loader, builder) : RDB_READ;
}

static enum rdb_outcome push_items(struct rdb_loader *loader, struct builder *builder)
{
    struct bytes item;
    enum rdb_outcome outcome = RDB_READ;
    while (outcome == RDB_READ && loader->items.count > 0) {
        outcome = rdb_items_next(&loader->items, &item);
        if (outcome == RDB_READ)
            outcome = push(loader, builder, item);
    }
    return outcome;
}

/* One of the packed forms that a list consists of, or a single element. An empty one adds nothing. */
static enum rdb_outcome push_node(struct rdb_loader *loader, struct builder *builder, enum rdb_type type)
{
    uint64_t container = RDB_CONTAINER_PACKED;
    bool is_listpack = type == RDB_LIST_LISTPACKS;
    if (is_listpack && !rdb_take_length(loader->source, &container))
        return RDB_BAD;
    if (container != RDB_CONTAINER_PACKED && container != RDB_CONTAINER_PLAIN)
        return RDB_BAD;
    if (container == RDB_CONTAINER_PLAIN) {
        rdb_items_begin(&loader->items, 1);
        return push_items(loader, builder);
    }
    enum rdb_outcome outcome =
        rdb_items_begin_packed(&loader->items, is_listpack ? RDB_FORM_LISTPACK : RDB_FORM_ZIPLIST);
    return outcome == RDB_READ ? push_items(loader, builder) : outcome;
}

static enum rdb_outcome push_nodes(struct rdb_loader *loader, struct builder *builder, enum rdb_type type)
{
    uint64_t count;
    if (!rdb_take_length(loader->source, &count))
        return RDB_BAD;
    for (enum rdb_outcome outcome; count > 0; count--)
        if ((outcome = push_node(loader, builder, type)) != RDB_READ)
            return outcome;
    return RDB_READ;
}

/* The list gives way to what was built. */
static enum rdb_outcome end_building(struct rdb_loader *loader, struct builder *builder)
{
    struct collection_trees trees;
    if (tree_build_end(&builder->tree, &trees.tree) != 0)
        return RDB_NO_MEMORY;
    enum rdb_outcome outcome = rdb_loader_create(loader, &list_kind);
    if (outcome == RDB_READ && collection_plant(&loader->collection, &trees) != 0)
        outcome = RDB_NO_MEMORY;
    if (outcome != RDB_READ)
        tree_deinit(&trees.tree);
    return outcome;
}

static enum rdb_outcome load_elements(struct rdb_loader *loader, struct builder *builder, enum rdb_type type)
{
    if (type == RDB_LIST_ZIPLISTS || type == RDB_LIST_LISTPACKS)
        return push_nodes(loader, builder, type);
    enum rdb_form form = type == RDB_LIST ? RDB_FORM_STRINGS : RDB_FORM_ZIPLIST;
    enum rdb_outcome outcome = rdb_loader_begin(loader, form, 1);
    return outcome == RDB_READ ? push_items(loader, builder) : outcome;
}

enum rdb_outcome rdb_load_list(struct rdb_loader *loader, enum rdb_type type)
{
    struct builder builder = {.is_begun = false};
    enum rdb_outcome outcome = rdb_loader_create(loader, &list_kind);
    if (outcome == RDB_READ)
        outcome = load_elements(loader, &builder, type);
    if (outcome == RDB_READ && collection_count(&loader->collection) == 0)
        return RDB_EMPTY;
    if (outcome == RDB_READ && builder.is_begun)
        outcome = end_building(loader, &builder);
    if (builder.is_begun)
        tree_build_drop(&builder.tree);
    if (outcome == RDB_READ)
        list_settle(&loader->collection, loader->terms->list_max_listpack_size);
    return outcome;
}
