/*
 * Members of a large collection that come in no order, and are to become a tree at once: they are put down as they
 * come, sorted, and built (shape/tree_build.h), which takes a part of the time of finding a place for each. None may be
 * there twice.
 *
 * While it lasts a gathering takes the records' bytes and 24 for each beside what it builds.
 */
#ifndef KVS_PERSIST_RDB_GATHER_H
#define KVS_PERSIST_RDB_GATHER_H

#include "persist/rdb_source.h"
#include "shape/record_sort.h"
#include "types/collection.h"

#include <stddef.h>

struct rdb_gather {
    /* private */
    const struct collection_kind *kind;
    struct record_ref *refs; /* keys are hashes of the records' first elements */
    size_t count, room;
    struct rdb_gather_chunk *chunks; /* the records */
};

void rdb_gather_init(struct rdb_gather *gather, const struct collection_kind *kind);

/* Adds a record of the kind, whose references it takes, whatever it returns. */
enum rdb_outcome rdb_gather_add(struct rdb_gather *gather, const char *record, size_t len);

/* The collection, which is empty and of that kind, gets them. RDB_BAD: some member is there twice. */
enum rdb_outcome rdb_gather_build(struct rdb_gather *gather, struct collection *collection);

void rdb_gather_deinit(struct rdb_gather *gather);

#endif
