/*
 * Loading streams: the nodes that entries are in, and the groups. Private to those that load values.
 */
#ifndef KVS_PERSIST_RDB_LOAD_STREAM_H
#define KVS_PERSIST_RDB_LOAD_STREAM_H

#include "persist/rdb_load_internal.h"
#include "types/stream.h"

#define RDB_RAW_ID_LEN 16 /* bytes of an ID, high ones first */

static inline struct stream_id rdb_raw_id(const char *raw)
{
    struct stream_id id = {0, 0};
    for (int i = 0; i < 8; i++) {
        id.ms = id.ms << 8 | (unsigned char)raw[i];
        id.seq = id.seq << 8 | (unsigned char)raw[8 + i];
    }
    return id;
}

static inline bool rdb_take_id(struct rdb_source *source, struct stream_id *id_out)
{
    return rdb_take_length(source, &id_out->ms) && rdb_take_length(source, &id_out->seq);
}

/* All groups of the stream, which has its entries. type tells which of Redis's forms it is. */
enum rdb_outcome rdb_load_groups(struct rdb_loader *loader, struct stream *stream, enum rdb_type type);

#endif
