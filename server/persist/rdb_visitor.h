/*
 * What is called for each thing in a file of RDB that is read (rdb_read.h), and how reading ended.
 */
#ifndef KVS_PERSIST_RDB_VISITOR_H
#define KVS_PERSIST_RDB_VISITOR_H

#include "base/bytes.h"
#include "base/text.h"
#include "persist/rdb_records.h"
#include "store/entry.h"

#include <stdbool.h>
#include <stdint.h>

struct rdb_found {
    struct entry *entry; /* the visitor's from now on, whatever it returns; it may have expired */
    uint64_t database;
    struct rdb_use use;
};

/*
 * What is called for each thing in the file; NULL: it is passed over, and entries are freed. Bytes are borrowed until
 * the function returns. False: reading ends, and what the function has added to why says so; if it hasn't added
 * anything, there was no memory.
 */
struct rdb_visitor {
    void *context;
    bool (*aux)(void *context, struct bytes name, struct bytes value, struct text *why);
    bool (*library)(void *context, struct bytes code, struct text *why);
    bool (*database)(void *context, uint64_t database, struct text *why); /* entries of it may follow */
    bool (*sizes)(void *context, uint64_t database, uint64_t keys, uint64_t expiring,
                  struct text *why); /* as it says */
    bool (*entry)(void *context, const struct rdb_found *found, struct text *why);
};

enum rdb_ending {
    RDB_COMPLETE,
    RDB_NO_RDB,        /* it doesn't begin as RDB does */
    RDB_LATER_VERSION, /* than is known */
    RDB_ENDS_EARLY,
    RDB_DAMAGED,    /* something in it is malformed, or the checksum is another one */
    RDB_UNKNOWN,    /* something in it is what kvs doesn't have: a module's, say */
    RDB_UNREADABLE, /* the descriptor failed */
    RDB_OUT_OF_MEMORY,
    RDB_REFUSED, /* by the visitor */
};

struct rdb_result {
    enum rdb_ending ending;
    unsigned version;
    bool is_valkey, was_summed; /* it has a checksum, which is right */
    uint64_t entries;           /* that were given to the visitor */
    uint64_t empty;             /* values that had no members, which were left out */
    uint64_t expired;           /* hashes of which all fields had expired, likewise */
    uint64_t offset;            /* from where reading began: of the end, or else of the record at fault */
    char words[512];            /* "offset 1234: ..."; "" if it is complete */
};

#endif
