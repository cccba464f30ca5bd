#include "persist/rdb_load.h"

#include "persist/rdb_load_internal.h"
#include "types/string.h"

enum rdb_outcome rdb_loader_create(struct rdb_loader *loader, const struct collection_kind *kind)
{
    struct entry *entry = collection_create(kind, loader->key, loader->expire_ms);
    if (!entry)
        return RDB_NO_MEMORY;
    if (loader->collection.entry)
        entry_free(loader->collection.entry);
    collection_open(&loader->collection, kind, entry);
    return RDB_READ;
}

enum rdb_outcome rdb_loader_begin(struct rdb_loader *loader, enum rdb_form form, uint64_t items_each)
{
    uint64_t count;
    if (form != RDB_FORM_STRINGS) {
        enum rdb_outcome outcome = rdb_items_begin_packed(&loader->items, form);
        if (outcome == RDB_READ && loader->items.count % items_each != 0)
            return RDB_BAD;
        return outcome == RDB_READ && loader->items.count == 0 ? RDB_EMPTY : outcome;
    }
    if (!rdb_take_length(loader->source, &count) || count > UINT64_MAX / items_each)
        return RDB_BAD;
    rdb_items_begin(&loader->items, count * items_each);
    return count == 0 ? RDB_EMPTY : RDB_READ;
}

enum rdb_outcome rdb_load_string(struct rdb_loader *loader)
{
    struct rdb_string string = {0};
    enum rdb_outcome outcome = rdb_take_string_in_place(loader->source, &string);
    if (outcome == RDB_READ && !rdb_source_allows(loader->source, string.text.len))
        outcome = RDB_NO_ROOM;
    if (outcome == RDB_READ) {
        struct arg arg = {.data = string.text.data, .len = string.text.len};
        loader->entry = string_create(loader->key, &arg, loader->expire_ms);
        outcome = loader->entry ? RDB_READ : RDB_NO_MEMORY;
    }
    rdb_string_deinit(&string);
    return outcome;
}

static enum rdb_outcome load(struct rdb_loader *loader, unsigned type)
{
    enum rdb_type known = (enum rdb_type)type;
    switch (type) {
    case RDB_STRING:
        return rdb_load_string(loader);
    case RDB_LIST:
    case RDB_LIST_ZIPLIST:
    case RDB_LIST_ZIPLISTS:
    case RDB_LIST_LISTPACKS:
        return rdb_load_list(loader, known);
    case RDB_SET:
    case RDB_SET_INTSET:
    case RDB_SET_LISTPACK:
        return rdb_load_set(loader, known);
    case RDB_ZSET_TEXT:
    case RDB_ZSET:
    case RDB_ZSET_ZIPLIST:
    case RDB_ZSET_LISTPACK:
        return rdb_load_zset(loader, known);
    case RDB_HASH:
    case RDB_HASH_ZIPMAP:
    case RDB_HASH_ZIPLIST:
    case RDB_HASH_LISTPACK:
    case RDB_HASH_TIMED_EARLY:
    case RDB_HASH_LISTPACK_EARLY:
    case RDB_HASH_TIMED:
    case RDB_HASH_LISTPACK_TIMED:
        return rdb_load_hash(loader, known);
    case RDB_STREAM_1:
    case RDB_STREAM_2:
    case RDB_STREAM_3:
        return rdb_load_stream(loader, known);
    default:
        return RDB_BAD;
    }
}

enum rdb_outcome rdb_load_value(struct rdb_source *source, unsigned type, struct bytes key, int64_t expire_ms,
                                const struct rdb_terms *terms, struct entry **entry_out)
{
    struct rdb_loader loader = {.source = source, .terms = terms, .key = key, .expire_ms = expire_ms};
    rdb_items_init(&loader.items, source);
    enum rdb_outcome outcome = load(&loader, type);
    rdb_items_deinit(&loader.items);
    struct entry *entry = loader.entry ? loader.entry : loader.collection.entry;
    /* freeing takes a small part of the time that making it took */
    if (outcome == RDB_READ)
        *entry_out = entry;
    else if (entry)
        entry_free(entry);
    return outcome;
}
