/*
 * Reading an entry of a file. Private to rdb_read.c.
 */
#ifndef KVS_PERSIST_RDB_READ_ENTRY_H
#define KVS_PERSIST_RDB_READ_ENTRY_H

#include "persist/rdb_reading.h"

/* What begins with that type, which has been read. False: reading ends, with a line. */
bool rdb_read_entry(struct rdb_reading *reading, unsigned type);

#endif
