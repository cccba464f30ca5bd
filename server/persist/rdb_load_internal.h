/*
 * What the sources that load values share. Private to them.
 */
#ifndef KVS_PERSIST_RDB_LOAD_INTERNAL_H
#define KVS_PERSIST_RDB_LOAD_INTERNAL_H

#include "persist/rdb_items.h"
#include "persist/rdb_load.h"
#include "types/collection.h"

#define RDB_LARGE 1000 /* members from which on a collection is built as a whole, if it can be */

struct rdb_loader {
    struct rdb_source *source;
    const struct rdb_terms *terms;
    struct bytes key;
    int64_t expire_ms;
    struct rdb_items items;
    struct collection collection; /* its entry is given up unless all is read */
    struct entry *entry;          /* the same of what is no collection */
};

/* By type. RDB_READ: the entry is in its place of the loader. */
enum rdb_outcome rdb_load_string(struct rdb_loader *loader);
enum rdb_outcome rdb_load_list(struct rdb_loader *loader, enum rdb_type type);
enum rdb_outcome rdb_load_set(struct rdb_loader *loader, enum rdb_type type);
enum rdb_outcome rdb_load_zset(struct rdb_loader *loader, enum rdb_type type);
enum rdb_outcome rdb_load_hash(struct rdb_loader *loader, enum rdb_type type);
enum rdb_outcome rdb_load_stream(struct rdb_loader *loader, enum rdb_type type);

/* An empty collection in an entry of its own, in the place of the one that is there, if any. */
enum rdb_outcome rdb_loader_create(struct rdb_loader *loader, const struct collection_kind *kind);

/* The items of a collection: count strings, which are read first, each for so many; or a packed form. */
enum rdb_outcome rdb_loader_begin(struct rdb_loader *loader, enum rdb_form form, uint64_t items_each);

/* Whether what has been made so far takes no more than is allowed. */
static inline enum rdb_outcome rdb_loader_check_room(const struct rdb_loader *loader)
{
    return rdb_source_allows(loader->source, 0) ? RDB_READ : RDB_NO_ROOM;
}

#endif
