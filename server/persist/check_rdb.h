/*
 * kvs-server --check-rdb: whether an RDB file is whole, and what is in it. All of it is read and made, and freed at
 * once.
 *
 * By a process of its own that serves nobody; it blocks on the disk.
 */
#ifndef KVS_PERSIST_CHECK_RDB_H
#define KVS_PERSIST_CHECK_RDB_H

#include "base/text.h"
#include "persist/rdb_load.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Adds what was found, in lines, to found. False: the file is not good, and trouble is the line that says why: "FILE:
 * offset 1234: ..."; what had been found until then is told nevertheless.
 */
bool check_rdb(const char *path, struct text *found, struct text *trouble);

/* What a value becomes in memory doesn't matter to a check: these are the limits of a configuration that sets none. */
struct rdb_terms check_rdb_terms(int64_t now_ms);

#endif
