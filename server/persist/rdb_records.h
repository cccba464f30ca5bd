/*
 * Records of RDB files: what stands between a file's first bytes and its end (rdb_file.h), appended to a text.
 *
 *     about the file: name, value ...
 *     library of functions ...
 *     database, how many keys it has
 *         [when it expires] [how it was used] type, key, value ...
 *
 * A database may begin any number of times, so parts of it can be written in any order. Any thread; entries as
 * rdb_save.h says.
 */
#ifndef KVS_PERSIST_RDB_RECORDS_H
#define KVS_PERSIST_RDB_RECORDS_H

#include "base/bytes.h"
#include "base/text.h"
#include "persist/rdb_save.h"
#include "store/entry.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- about the file ---- */

void rdb_add_aux(struct text *out, const char *name, struct bytes value);

struct rdb_origin {
    const char *redis_version; /* that is claimed */
    int64_t made_s;            /* since 1970 */
    uint64_t memory;           /* bytes in use */
    bool is_base;              /* of an append-only file */
};

/* What Redis says of itself in each file. */
void rdb_add_origin(struct text *out, const struct rdb_origin *origin);

/* ---- its parts ---- */

void rdb_add_library(struct text *out, struct bytes code, bool compresses);

/* The entries that follow are in that database. */
void rdb_add_database(struct text *out, uint64_t number);

/* Of the database that has begun: for those who make room beforehand. They needn't be exact. */
void rdb_add_sizes(struct text *out, uint64_t keys, uint64_t expiring);

/* How an entry was used, as far as the policy of eviction asks; -1: it doesn't. */
struct rdb_use {
    int64_t idle_s;
    int frequency; /* 0 to 255 */
};
#define RDB_USE_UNKNOWN ((struct rdb_use){-1, -1})

/*
 * Adds what stands before an entry's value, and gives the saver the key: rdb_save_value() or rdb_save_begin(), which
 * come next, write it behind the type. The saver's text is the one that is added to.
 */
void rdb_add_entry_head(struct rdb_saver *saver, const struct entry *entry, struct rdb_use use);

/* All of an entry. rdb_save_version() tells the version that it needs. */
void rdb_add_entry(struct rdb_saver *saver, const struct entry *entry, struct rdb_use use);

#endif
