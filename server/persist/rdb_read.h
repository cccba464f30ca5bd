/*
 * Reading RDB files as a whole: everything in them goes to a visitor, in its order.
 *
 * A file may come from anybody, and may be cut or damaged in any place: then reading ends, with a line that says where
 * and what. What the visitor has been given by then is all right in itself, but is not what was saved: only the end's
 * checksum says so.
 *
 * Where the file is the front of an append-only file, rdb_reader_rest() and the descriptor go on behind its end. By one
 * thread; it blocks on the descriptor.
 */
#ifndef KVS_PERSIST_RDB_READ_H
#define KVS_PERSIST_RDB_READ_H

#include "persist/rdb_load.h"
#include "persist/rdb_reader.h"
#include "persist/rdb_visitor.h"

#include <stdbool.h>

/*
 * Reads one file from the reader, whose sums are compared if it has them. terms->version is found in the file. True:
 * RDB_COMPLETE.
 */
bool rdb_read(struct rdb_reader *reader, const struct rdb_terms *terms, const struct rdb_visitor *visitor,
              struct rdb_result *result_out);

#endif
