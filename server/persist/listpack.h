/*
 * Listpacks: Redis's form of small collections since 7.0, and of streams.
 *
 *     bytes 4 | items 2 | item ... | ff        lengths low byte first; 65535 items: they have to be counted
 *
 *     0xxxxxxx              a number from 0 to 127
 *     10nnnnnn text         up to 63 bytes
 *     110xxxxx x            a number of 13 bits, signed, high byte first
 *     1110nnnn n text       up to 4095 bytes, likewise
 *     11110000 nnnn text    longer, low byte first like all that follow
 *     11110001 ... 11110100 a number of 2, 3, 4 or 8 bytes
 *
 * Behind each item stands how long it is, in pieces of seven bits, the last of which comes first to whoever reads
 * backwards: all pieces but the first in memory have their highest bit set.
 */
#ifndef KVS_PERSIST_LISTPACK_H
#define KVS_PERSIST_LISTPACK_H

#include "base/text.h"
#include "persist/packed_item.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- reading ---- */

struct listpack {
    uint64_t count; /* items that are still to come */
    /* private */
    const unsigned char *at;
};

/* Walks all of it once: every length has to be right. False: it is no listpack. It must stay where it is. */
bool listpack_open(struct listpack *listpack, struct bytes bytes);

/* The next item; false at the end. */
bool listpack_next(struct listpack *listpack, struct packed_item *item_out);

/* ---- writing ---- */

#define LISTPACK_BYTES_MAX UINT32_MAX
#define LISTPACK_ITEM_OVERHEAD_MAX 10 /* bytes of an item beyond its text */

struct listpack_writer {
    struct text *out;
    size_t begin;   /* where in out it stands */
    uint64_t count; /* items so far */
};

void listpack_begin(struct listpack_writer *writer, struct text *out);

/* As a number where the text is one. All together they have at most LISTPACK_BYTES_MAX bytes. */
void listpack_add(struct listpack_writer *writer, struct bytes text);
void listpack_add_i64(struct listpack_writer *writer, int64_t number);

/* Bytes that it would have if it ended now. */
static inline size_t listpack_bytes(const struct listpack_writer *writer)
{
    return writer->out->len - writer->begin + 1;
}

void listpack_end(struct listpack_writer *writer);

#endif
