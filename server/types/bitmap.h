/*
 * Bitmaps: the bits of a string of bytes.
 *
 * Bit 0 is the highest bit of the first byte, as in Redis. Offsets and ends are in bits where a comment doesn't say
 * bytes; an end is the first that doesn't belong any more. This module knows bytes alone: no entries, no replies.
 */
#ifndef KVS_TYPES_BITMAP_H
#define KVS_TYPES_BITMAP_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- single bits; beyond the len bytes of data they are 0 ---- */

static inline bool bitmap_get(const char *data, size_t len, uint64_t at)
{
    return at / 8 < len && ((unsigned char)data[at / 8] >> (7 - at % 8) & 1);
}

/* The bit lies within data. */
static inline void bitmap_set(char *data, uint64_t at, bool value)
{
    unsigned char bit = (unsigned char)(0x80 >> at % 8), *byte = (unsigned char *)data + at / 8;
    *byte = (unsigned char)(value ? *byte | bit : *byte & ~bit);
}

/* ---- bits from an offset to an end, all within data ---- */

/* How many are 1. */
uint64_t bitmap_count(const char *data, uint64_t from, uint64_t end);

/* The first that has this value; end if none has. */
uint64_t bitmap_find(const char *data, uint64_t from, uint64_t end, bool value);

/* ---- fields: integers of 1 to 64 bits (unsigned: to 63) that begin at any bit, the highest first ---- */

struct bitmap_field {
    uint64_t at;
    unsigned bits;
    bool is_signed; /* two's complement */
};

/* What becomes of a number that a field can't hold. */
enum bitmap_overflow {
    BITMAP_WRAP, /* its lowest bits stay */
    BITMAP_SAT,  /* the field's greatest or least number takes its place */
    BITMAP_FAIL,
};

/* The field in len bytes of data, and 0 bits beyond. */
int64_t bitmap_field_get(const char *data, size_t len, const struct bitmap_field *field);

/* Writes a number that the field can hold; the field lies within data. */
void bitmap_field_put(char *data, const struct bitmap_field *field, int64_t value);

/*
 * value + increment, as the field can hold it; false if that overflows and shall fail. For an unsigned field a negative
 * value stands for the number of 64 bits that looks the same.
 */
bool bitmap_field_add(const struct bitmap_field *field, int64_t value, int64_t increment, enum bitmap_overflow overflow,
                      int64_t *sum_out);

/* ---- combining, bit by bit ---- */

enum bitmap_operation {
    BITMAP_AND,
    BITMAP_OR,
    BITMAP_XOR,
    BITMAP_NOT,   /* of one source */
    BITMAP_DIFF,  /* in the first source and in none of the others */
    BITMAP_DIFF1, /* in one of the others and not in the first */
    BITMAP_ANDOR, /* in the first and in one of the others */
    BITMAP_ONE,   /* in just one */
};

/*
 * Writes bytes from to end of the result into data, which begins with the result's first byte. count > 0; a source that
 * is shorter has zeros behind its end. data lies outside all sources.
 */
void bitmap_combine(enum bitmap_operation operation, const struct bytes *sources, size_t count, char *data, size_t from,
                    size_t end);

#endif
