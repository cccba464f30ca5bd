/*
 * Items of Redis's packed forms (listpack.h, ziplist.h, intset.h, zipmap.h): strings, of which some are kept as
 * numbers.
 */
#ifndef KVS_PERSIST_PACKED_ITEM_H
#define KVS_PERSIST_PACKED_ITEM_H

#include "base/bytes.h"
#include "base/number.h"

#include <stdbool.h>
#include <stdint.h>

struct packed_item {
    struct bytes text; /* borrowed from the packed form, or lying here if it is a number */
    char digits[NUMBER_I64_MAX_LEN];
};

static inline void packed_item_set_number(struct packed_item *item, int64_t number)
{
    item->text = (struct bytes){item->digits, number_format_i64(item->digits, number)};
}

/* A signed number of that many bytes, one to eight, low byte first. */
static inline int64_t packed_signed(const unsigned char *at, unsigned bytes)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < bytes; i++)
        number |= (uint64_t)at[i] << 8 * i;
    unsigned unused = (64 - 8 * bytes) % 64;
    return (int64_t)(number << unused) >> unused;
}

static inline uint32_t packed_u32(const unsigned char *at)
{
    return (uint32_t)packed_signed(at, 4);
}

static inline uint16_t packed_u16(const unsigned char *at)
{
    return (uint16_t)packed_signed(at, 2);
}

#endif
