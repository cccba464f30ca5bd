/*
 * Zipmaps: Redis's form of small hashes before 2.6. They are only read.
 *
 *     fields 1 | length, field, length, free 1, value, free bytes ... | ff     254 fields: they have to be counted
 *
 * Lengths are one byte, or four behind fe, low byte first.
 */
#ifndef KVS_PERSIST_ZIPMAP_H
#define KVS_PERSIST_ZIPMAP_H

#include "persist/packed_item.h"

#include <stdbool.h>
#include <stdint.h>

struct zipmap {
    uint64_t count; /* items that are still to come: fields and values */
    /* private */
    const unsigned char *at;
    bool is_value; /* the next one */
};

/* Walks all of it once: every length has to be right. False: it is no zipmap. It must stay where it is. */
bool zipmap_open(struct zipmap *zipmap, struct bytes bytes);

/* The next field or value; false at the end. */
bool zipmap_next(struct zipmap *zipmap, struct packed_item *item_out);

#endif
