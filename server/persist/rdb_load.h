/*
 * Loading values: an entry from the content that RDB has of a value, in any form that a version of Redis up to 7.4
 * writes, or Valkey up to 9. Modules' values are refused.
 *
 * Content may come from anybody. Every length in it is checked before it is used; members that are there twice, scores
 * that are no numbers and whatever else no server writes are refused. What it takes is never more than the source
 * allows.
 */
#ifndef KVS_PERSIST_RDB_LOAD_H
#define KVS_PERSIST_RDB_LOAD_H

#include "persist/rdb_source.h"
#include "persist/rdb_type.h"
#include "store/entry.h"
#include "types/set.h"
#include "types/stream_block.h"
#include "types/zset.h"

#include <stdint.h>

/* What a value depends on beside its content. */
struct rdb_terms {
    unsigned version; /* of RDB */
    int64_t now_ms;   /* wall: fields that have expired are left out */
    struct set_limits set;
    struct zset_limits zset;
    uint64_t hash_entries, hash_value; /* as struct hash_terms has them */
    int list_max_listpack_size;
    struct stream_limits stream;
};

/*
 * Reads the content of a value whose type has been read (enum rdb_type, or any other number). RDB_READ: *entry_out is
 * the caller's, under that key, with that time to live (wall, milliseconds, or ENTRY_NO_EXPIRY). Otherwise nothing is
 * left, and where the source stands has no meaning, unless it is RDB_EMPTY or RDB_EXPIRED: then it stands behind the
 * value.
 */
enum rdb_outcome rdb_load_value(struct rdb_source *source, unsigned type, struct bytes key, int64_t expire_ms,
                                const struct rdb_terms *terms, struct entry **entry_out);

#endif
