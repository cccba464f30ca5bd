#include "persist/rdb_string.h"

#include "base/memory.h"

#include <lzf.h>
#include <string.h>

#define COMPRESSED_FROM 21 /* bytes of a string */

enum { LENGTH_6 = 0x00, LENGTH_14 = 0x40, LENGTH_32 = 0x80, LENGTH_64 = 0x81, SPECIAL = 0xc0 };
enum { SPECIAL_INT8 = 0, SPECIAL_INT16 = 1, SPECIAL_INT32 = 2, SPECIAL_LZF = 3 };

/* The lowest so many bytes of a number, high byte first. */
static void add_big_endian(struct text *out, uint64_t number, unsigned bytes)
{
    while (bytes-- > 0)
        text_add_char(out, (char)(number >> 8 * bytes));
}

void rdb_add_length(struct text *out, uint64_t length)
{
    if (length < 1 << 6) {
        text_add_char(out, (char)length);
    } else if (length < 1 << 14) {
        add_big_endian(out, LENGTH_14 << 8 | length, 2);
    } else if (length <= UINT32_MAX) {
        text_add_char(out, (char)LENGTH_32);
        add_big_endian(out, length, 4);
    } else {
        text_add_char(out, (char)LENGTH_64);
        add_big_endian(out, length, 8);
    }
}

/* False: it doesn't become shorter. */
static bool add_compressed(struct text *out, const char *data, size_t len)
{
    size_t room = len - 4;
    if (len < COMPRESSED_FROM || len > UINT32_MAX)
        return false;
    char *compressed = mem_try_alloc(room);
    unsigned used = compressed ? lzf_compress(data, (unsigned)len, compressed, (unsigned)room) : 0;
    if (used > 0) {
        text_add_char(out, (char)(SPECIAL | SPECIAL_LZF));
        rdb_add_length(out, used);
        rdb_add_length(out, len);
        text_add_bytes(out, compressed, used);
    }
    mem_free(compressed);
    return used > 0;
}

void rdb_add_string(struct text *out, const char *data, size_t len)
{
    if (add_compressed(out, data, len))
        return;
    rdb_add_length(out, len);
    text_add_bytes(out, data, len);
}

/* ---- reading ---- */

static bool take_big_endian(struct rdb_source *source, unsigned bytes, uint64_t *number_out)
{
    uint64_t number = 0;
    if ((size_t)(source->end - source->at) < bytes)
        return false;
    for (unsigned i = 0; i < bytes; i++)
        number = number << 8 | (unsigned char)*source->at++;
    *number_out = number;
    return true;
}

/* A length, or the kind of a special string. */
static bool take_length(struct rdb_source *source, uint64_t *length_out, bool *special_out)
{
    uint64_t first, second;
    *special_out = false;
    if (!take_big_endian(source, 1, &first))
        return false;
    if (first == LENGTH_32)
        return take_big_endian(source, 4, length_out);
    if (first == LENGTH_64)
        return take_big_endian(source, 8, length_out);
    *length_out = first & 0x3f;
    if ((first & SPECIAL) == LENGTH_6)
        return true;
    *special_out = (first & SPECIAL) == SPECIAL;
    if (*special_out)
        return true;
    if ((first & SPECIAL) != LENGTH_14 || !take_big_endian(source, 1, &second))
        return false;
    *length_out = *length_out << 8 | second;
    return true;
}

static bool take_number(struct rdb_source *source, unsigned bytes, struct text *out)
{
    uint64_t number = 0;
    if ((size_t)(source->end - source->at) < bytes)
        return false;
    for (unsigned i = 0; i < bytes; i++)
        number |= (uint64_t)(unsigned char)*source->at++ << 8 * i;
    int64_t value = bytes == 1 ? (int8_t)number : bytes == 2 ? (int16_t)number : (int32_t)number;
    text_addf(out, "%lld", (long long)value);
    return true;
}

static bool take_compressed(struct rdb_source *source, size_t max, struct text *out)
{
    uint64_t used, len;
    bool special;
    if (!take_length(source, &used, &special) || special || !take_length(source, &len, &special) || special ||
        used > (uint64_t)(source->end - source->at) || used == 0 || len == 0 || len > max || len > UINT32_MAX)
        return false;
    char *plain = mem_try_alloc(len);
    bool whole = plain && lzf_decompress(source->at, (unsigned)used, plain, (unsigned)len) == len;
    if (whole)
        text_add_bytes(out, plain, len);
    mem_free(plain);
    source->at += used;
    return whole;
}

bool rdb_take_string(struct rdb_source *source, size_t max, struct text *out)
{
    uint64_t len;
    bool special;
    if (!take_length(source, &len, &special))
        return false;
    if (special)
        return len == SPECIAL_LZF ? take_compressed(source, max, out)
                                  : len <= SPECIAL_INT32 && take_number(source, 1u << len, out);
    if (len > (uint64_t)(source->end - source->at) || len > max)
        return false;
    text_add_bytes(out, source->at, len);
    source->at += len;
    return true;
}
