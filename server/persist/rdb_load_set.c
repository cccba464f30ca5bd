/*
 * Loading sets. A large one that is a hashtable by its number of members is gathered and built.
 */
#include "persist/rdb_gather.h"
#include "persist/rdb_load_internal.h"

static enum rdb_form form_of(enum rdb_type type)
{
    return type == RDB_SET_INTSET ? RDB_FORM_INTSET : type == RDB_SET_LISTPACK ? RDB_FORM_LISTPACK : RDB_FORM_STRINGS;
}

static enum rdb_outcome gather_members(struct rdb_loader *loader, struct rdb_gather *gather)
{
    struct bytes item;
    while (loader->items.count > 0) {
        struct element element;
        char record[ELEMENT_MAX];
        enum rdb_outcome outcome = rdb_items_next(&loader->items, &item);
        if (outcome != RDB_READ)
            return outcome;
        if (!rdb_source_allows(loader->source, item.len))
            return RDB_NO_ROOM;
        element_init(&element, item.data, item.len);
        size_t len = element_store(record, &element, NULL);
        outcome = len > 0 ? rdb_gather_add(gather, record, len) : RDB_NO_MEMORY;
        if (outcome != RDB_READ)
            return outcome;
    }
    return RDB_READ;
}

static enum rdb_outcome build(struct rdb_loader *loader)
{
    struct rdb_gather gather;
    rdb_gather_init(&gather, &set_kind);
    enum rdb_outcome outcome = gather_members(loader, &gather);
    set_name_large(&loader->collection);
    if (outcome == RDB_READ)
        outcome = rdb_gather_build(&gather, &loader->collection);
    rdb_gather_deinit(&gather);
    return outcome;
}

static enum rdb_outcome add_members(struct rdb_loader *loader)
{
    struct collection *set = &loader->collection;
    const struct set_limits *limits = &loader->terms->set;
    uint64_t count = loader->items.count;
    while (loader->items.count > 0) {
        struct bytes item;
        struct element element;
        enum rdb_outcome outcome = rdb_items_next(&loader->items, &item);
        if (outcome != RDB_READ)
            return outcome;
        if (!rdb_source_allows(loader->source, item.len))
            return RDB_NO_ROOM;
        element_init(&element, item.data, item.len);
        if (collection_count(set) == 0)
            set_name(set, &element, count, limits);
        int added = set_add(set, &element, NULL, limits);
        if (added != 1)
            return added == 0 ? RDB_BAD : RDB_NO_MEMORY;
    }
    return RDB_READ;
}

enum rdb_outcome rdb_load_set(struct rdb_loader *loader, enum rdb_type type)
{
    const struct set_limits *limits = &loader->terms->set;
    enum rdb_outcome outcome = rdb_loader_begin(loader, form_of(type), 1);
    if (outcome == RDB_READ)
        outcome = rdb_loader_create(loader, &set_kind);
    if (outcome != RDB_READ)
        return outcome;
    uint64_t count = loader->items.count;
    bool builds = count >= RDB_LARGE && count > limits->intset_entries && count > limits->listpack_entries;
    return builds ? build(loader) : add_members(loader);
}
