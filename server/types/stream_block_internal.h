/*
 * How the entries of a block are coded: see stream_block.h. Private to blocks.
 */
#ifndef KVS_TYPES_STREAM_BLOCK_INTERNAL_H
#define KVS_TYPES_STREAM_BLOCK_INTERNAL_H

#include "types/stream_block.h"

#define SEVEN_BITS_MAX 10   /* bytes of the longest number */
#define STREAM_HEAD_MAX 44  /* of an entry before its names and values */
#define STREAM_LISTS_MAX 15 /* of a block: so a reference to one is a byte */
#define STREAM_LIST_OWN 0   /* the entry has its names itself */

/* Returns where the number ends. */
static inline char *seven_bits_put(char *out, uint64_t number)
{
    while (number >= 0x80) {
        *out++ = (char)(number | 0x80);
        number >>= 7;
    }
    *out++ = (char)number;
    return out;
}

static inline const char *seven_bits_get(const char *from, uint64_t *number_out)
{
    uint64_t number = (unsigned char)*from++;
    if (__builtin_expect(number >= 0x80, 0)) {
        number &= 0x7f;
        unsigned char byte;
        unsigned shift = 7;
        do {
            byte = (unsigned char)*from++;
            number |= (uint64_t)(byte & 0x7f) << shift;
            shift += 7;
        } while (byte >= 0x80);
    }
    *number_out = number;
    return from;
}

static inline size_t seven_bits_len(uint64_t number)
{
    return (70 - (size_t)__builtin_clzll(number | 1)) / 7;
}

/* An entry without its ID, and how that follows from the one before. */
struct stream_coded {
    const char *body, *end; /* number of names, names, if list is STREAM_LIST_OWN; values */
    unsigned list;
    bool is_numbered;
    uint64_t ms, number;
};

static inline void stream_coded_read(const char *entry, struct stream_coded *coded_out)
{
    uint64_t len, mark;
    const char *at = seven_bits_get(entry, &len);
    coded_out->end = at + len;
    at = seven_bits_get(at, &mark);
    coded_out->list = (unsigned)(mark >> 1);
    coded_out->is_numbered = mark & 1;
    at = seven_bits_get(at, &coded_out->ms);
    coded_out->number = 0;
    if (coded_out->is_numbered)
        at = seven_bits_get(at, &coded_out->number);
    coded_out->body = at;
}

static inline struct stream_id stream_coded_id(const struct stream_coded *coded, struct stream_id before)
{
    return coded->ms == 0 ? (struct stream_id){before.ms, before.seq + 1 + coded->number}
                          : (struct stream_id){before.ms + coded->ms, coded->number};
}

static inline const char *stream_block_entries(const struct stream_block *block)
{
    return block->bytes + block->lists_len;
}

static inline const char *stream_block_end(const struct stream_block *block)
{
    return block->bytes + block->used;
}

/* The first list is 1. Returns where its names begin, and how many they are. */
static inline const char *stream_block_list(const struct stream_block *block, unsigned list, uint32_t *count_out)
{
    uint64_t len, count;
    const char *at = seven_bits_get(block->bytes, &len);
    while (--list > 0)
        at = seven_bits_get(at + len, &len);
    at = seven_bits_get(at, &count);
    *count_out = (uint32_t)count;
    return at;
}

/* Names and values of an entry. */
static inline uint32_t stream_coded_texts(const struct stream_block *block, const struct stream_coded *coded,
                                          const char **names_out, const char **values_out)
{
    uint64_t count;
    uint32_t pairs;
    if (coded->list != STREAM_LIST_OWN) {
        *names_out = stream_block_list(block, coded->list, &pairs);
        *values_out = coded->body;
        return pairs;
    }
    *names_out = seven_bits_get(coded->body, &count);
    *values_out = stream_text_skip(*names_out, (uint32_t)count);
    return (uint32_t)count;
}

#endif
