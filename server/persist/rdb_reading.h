/*
 * Reading a file, as far as the sources that do it share it: where it stands, and how it ends with a line. Private to
 * them.
 */
#ifndef KVS_PERSIST_RDB_READING_H
#define KVS_PERSIST_RDB_READING_H

#include "persist/rdb_load.h"
#include "persist/rdb_reader.h"
#include "persist/rdb_string.h"
#include "persist/rdb_visitor.h"

struct rdb_reading {
    struct rdb_reader *reader;
    struct rdb_source *source; /* the reader's */
    struct rdb_terms terms;
    const struct rdb_visitor *visitor;
    struct rdb_result *result;
    struct rdb_string name, value; /* of aux; keys are read into name */
    uint64_t record;               /* offset of the one that is being read */
    uint64_t database;
    int64_t expire_ms; /* what has been said of the next entry */
    struct rdb_use use;
    struct text why;
};

/* These three are false, always, and make the line. For the record that is being read: */
bool rdb_fail(struct rdb_reading *reading, enum rdb_ending ending, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What couldn't be read: because of the descriptor or of memory, because it isn't there, or because of what it is. */
bool rdb_fail_taking(struct rdb_reading *reading, enum rdb_outcome outcome, const char *what);

/* What the visitor refused. */
bool rdb_fail_visit(struct rdb_reading *reading, const char *what);

#endif
