/*
 * Intsets: Redis's form of small sets of numbers.
 *
 *     bytes of a number 4: 2, 4 or 8 | numbers 4 | number ...      all low byte first; numbers in ascending order
 */
#ifndef KVS_PERSIST_INTSET_H
#define KVS_PERSIST_INTSET_H

#include "base/text.h"
#include "persist/packed_item.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct intset {
    uint64_t count; /* numbers that are still to come */
    /* private */
    const unsigned char *at;
    unsigned bytes; /* of a number */
};

/* Walks all of it once. False: it is no intset, or has no numbers. It must stay where it is. */
bool intset_open(struct intset *intset, struct bytes bytes);

/* The next number; false at the end. */
bool intset_next(struct intset *intset, struct packed_item *item_out);

/* Appends an intset of these numbers, of which none is there twice; they are sorted. */
void intset_add(struct text *out, int64_t *numbers, uint32_t count);

#endif
