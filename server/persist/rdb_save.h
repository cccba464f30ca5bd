/*
 * Saving values: type and content of an entry's value, as RDB has them.
 *
 * What is written loads in Redis 7.0. Only a hash with fields that expire bears a form that is younger: Redis 7.4's.
 *
 * A small collection lies in its entry and is written at once, packed as Redis would hold it. Any other begins with how
 * many records it has, which trees know, and goes on with one record behind the other; so a snapshot can write one run
 * of them after the other, and give its lock back in between:
 *
 *     rdb_save_begin()        a value that isn't in pieces is written by it as a whole
 *     rdb_save_records()      of a collection: each leaf's
 *     rdb_save_block()        of a stream: each block
 *     rdb_save_end()
 *
 * That is why a large list that is written in pieces has Redis's first form, a number of elements, where otherwise it is
 * packed as well: of listpacks the number would have to be known before the first.
 *
 * Times of hashes are written whether they are over or not, since the number of fields has been said. Under the lock of
 * the entry's shard, or on what belongs to nobody else.
 */
#ifndef KVS_PERSIST_RDB_SAVE_H
#define KVS_PERSIST_RDB_SAVE_H

#include "base/text.h"
#include "persist/rdb_type.h"
#include "store/entry.h"

#include <stdbool.h>
#include <stdint.h>

struct stream;
struct stream_block;

struct rdb_saver {
    struct text *out;
    bool compresses; /* strings, if that makes them shorter */
    bool has_key;    /* behind the type comes the key, as in files; payloads don't have it */
    struct bytes key;
    uint8_t type;    /* enum rdb_type of the value that was begun */
    int64_t base_ms; /* of a hash with times: what they are relative to */
};

/* All of the value: its type, and what it is. */
void rdb_save_value(struct rdb_saver *saver, const struct entry *entry);

/* The version of RDB that a value needs which was written by the saver last. */
static inline unsigned rdb_save_version(const struct rdb_saver *saver)
{
    return saver->type > RDB_STREAM_3 ? RDB_VERSION_TIMED : RDB_VERSION;
}

/* ---- in pieces ---- */

/* False: that was all of it. True: its records or blocks are to follow, and for a stream the end. */
bool rdb_save_begin(struct rdb_saver *saver, const struct entry *entry);

void rdb_save_records(struct rdb_saver *saver, const char *records, const char *end);
void rdb_save_block(struct rdb_saver *saver, const struct stream_block *block);
void rdb_save_end(struct rdb_saver *saver, const struct entry *entry);

#endif
