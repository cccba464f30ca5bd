/* What becomes of a value that is loaded, as the directives say. */
#ifndef KVS_ENGINE_VALUE_TERMS_H
#define KVS_ENGINE_VALUE_TERMS_H

#include "config/settings.h"
#include "persist/rdb_load.h"

#include <stdint.h>

/* version: of RDB; now_ms: wall. Inside the gate, or while nobody else changes the configuration. */
static inline struct rdb_terms value_terms(const struct config *config, unsigned version, int64_t now_ms)
{
    return (struct rdb_terms){
        .version = version,
        .now_ms = now_ms,
        .set = {(uint64_t)config->set_max_intset_entries, (uint64_t)config->set_max_listpack_entries,
                (uint64_t)config->set_max_listpack_value},
        .zset = {(uint64_t)config->zset_max_listpack_entries, config->zset_max_listpack_value},
        .hash_entries = (uint64_t)config->hash_max_listpack_entries,
        .hash_value = config->hash_max_listpack_value,
        .list_max_listpack_size = config->list_max_listpack_size,
        .stream = {config->stream_node_max_bytes, (uint64_t)config->stream_node_max_entries},
    };
}

#endif
