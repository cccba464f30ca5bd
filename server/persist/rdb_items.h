/*
 * Items: the strings that a collection consists of in RDB, in whatever form they are there.
 */
#ifndef KVS_PERSIST_RDB_ITEMS_H
#define KVS_PERSIST_RDB_ITEMS_H

#include "persist/intset.h"
#include "persist/listpack.h"
#include "persist/rdb_string.h"
#include "persist/ziplist.h"
#include "persist/zipmap.h"

#include <stdint.h>

enum rdb_form {
    RDB_FORM_STRINGS, /* one behind the other */
    RDB_FORM_LISTPACK,
    RDB_FORM_ZIPLIST,
    RDB_FORM_ZIPMAP,
    RDB_FORM_INTSET,
};

#define RDB_ITEMS_AT_ONCE 3 /* that can be looked at together */

struct rdb_items {
    uint64_t count; /* that are still to come, if the source has them all */
    /* private */
    struct rdb_source *source;
    enum rdb_form form;
    unsigned next;            /* of the places below */
    struct rdb_string packed; /* all of them, in one string */
    union {
        struct listpack listpack;
        struct ziplist ziplist;
        struct zipmap zipmap;
        struct intset intset;
    };
    struct rdb_string strings[RDB_ITEMS_AT_ONCE];
    struct packed_item items[RDB_ITEMS_AT_ONCE];
};

/* Nothing is read: to be ended, or begun, any number of times. */
void rdb_items_init(struct rdb_items *items, struct rdb_source *source);

/* The next count strings of the source, one behind the other. */
void rdb_items_begin(struct rdb_items *items, uint64_t count);

/*
 * Reads and checks a packed form, which is a string of the source. Nothing else is asked of the source until all of its
 * items have been looked at. RDB_READ, or why not.
 */
enum rdb_outcome rdb_items_begin_packed(struct rdb_items *items, enum rdb_form form);

/*
 * The next of the items, of which there is one; it can be looked at until RDB_ITEMS_AT_ONCE more have been read. RDB_READ,
 * or why not.
 */
enum rdb_outcome rdb_items_next(struct rdb_items *items, struct bytes *item_out);

void rdb_items_deinit(struct rdb_items *items);

#endif
