/*
 * Ziplists: Redis's form of small collections before 7.0. They are only read.
 *
 *     bytes 4 | offset of the last item 4 | items 2 | item ... | ff      65535 items: they have to be counted
 *
 * Each item begins with the length of the one before it, in one byte, or in four behind fe; then comes
 *
 *     00nnnnnn text         up to 63 bytes
 *     01nnnnnn n text       up to 16383 bytes, high byte first
 *     10...... nnnn text    longer, likewise
 *     11000000 11010000 11100000 11110000 11111110    a number of 2, 4, 8, 3 or 1 bytes, low byte first
 *     1111xxxx              a number from 0 to 12, for 1 to 13
 *
 * All other lengths have their low byte first.
 */
#ifndef KVS_PERSIST_ZIPLIST_H
#define KVS_PERSIST_ZIPLIST_H

#include "persist/packed_item.h"

#include <stdbool.h>
#include <stdint.h>

struct ziplist {
    uint64_t count; /* items that are still to come */
    /* private */
    const unsigned char *at;
};

/* Walks all of it once: every length has to be right. False: it is no ziplist. It must stay where it is. */
bool ziplist_open(struct ziplist *ziplist, struct bytes bytes);

/* The next item; false at the end. */
bool ziplist_next(struct ziplist *ziplist, struct packed_item *item_out);

#endif
