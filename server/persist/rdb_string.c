#include "persist/rdb_string.h"

#include "base/memory.h"

#include <lzf.h>
#include <string.h>

#define COMPRESSED_FROM 21   /* bytes of a string */
#define NUMBER_LEN_MAX 11    /* bytes of the text of a number of 32 bits */
#define EXPANSION_MAX 264    /* bytes of a string for each byte that it is compressed to: none of LZF's is worth more */
#define OWN_KEPT_MAX 1048576 /* bytes of memory that a string keeps for those that are read into it later */

enum { LENGTH_6 = 0x00, LENGTH_14 = 0x40, LENGTH_32 = 0x80, LENGTH_64 = 0x81, SPECIAL = 0xc0 };
enum { SPECIAL_INT8 = 0, SPECIAL_INT16 = 1, SPECIAL_INT32 = 2, SPECIAL_LZF = 3 };

/* The lowest so many bytes of a number, high byte first. */
static void add_big_endian(struct text *out, uint64_t number, unsigned bytes)
{
    char data[sizeof number];
    for (unsigned i = 0; i < bytes; i++)
        data[i] = (char)(number >> 8 * (bytes - 1 - i));
    text_add_bytes(out, data, bytes);
}

static void add_little_endian(struct text *out, uint64_t number, unsigned bytes)
{
    char data[sizeof number];
    for (unsigned i = 0; i < bytes; i++)
        data[i] = (char)(number >> 8 * i);
    text_add_bytes(out, data, bytes);
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

void rdb_add_fixed64(struct text *out, uint64_t number)
{
    add_little_endian(out, number, 8);
}

/* False: it has more than 32 bits. */
static bool add_special_number(struct text *out, int64_t number)
{
    unsigned kind = number == (int8_t)number ? SPECIAL_INT8 : number == (int16_t)number ? SPECIAL_INT16 : SPECIAL_INT32;
    if (number != (int32_t)number)
        return false;
    text_add_char(out, (char)(SPECIAL | kind));
    add_little_endian(out, (uint64_t)number, 1u << kind);
    return true;
}

/* False: it doesn't become shorter. */
static bool add_compressed(struct text *out, struct bytes string)
{
    char small[4096];
    size_t room = string.len - 4;
    if (string.len < COMPRESSED_FROM || string.len > UINT32_MAX)
        return false;
    char *compressed = room <= sizeof small ? small : mem_try_alloc(room);
    unsigned used = compressed ? lzf_compress(string.data, (unsigned)string.len, compressed, (unsigned)room) : 0;
    if (used > 0) {
        text_add_char(out, (char)(SPECIAL | SPECIAL_LZF));
        rdb_add_length(out, used);
        rdb_add_length(out, string.len);
        text_add_bytes(out, compressed, used);
    }
    if (compressed != small)
        mem_free(compressed);
    return used > 0;
}

void rdb_add_string(struct text *out, struct bytes string, bool compresses)
{
    int64_t number;
    if (string.len <= NUMBER_LEN_MAX && number_parse_i64(string.data, string.len, &number) &&
        add_special_number(out, number))
        return;
    if (compresses && add_compressed(out, string))
        return;
    rdb_add_length(out, string.len);
    text_add_bytes(out, string.data, string.len);
}

void rdb_add_i64(struct text *out, int64_t number)
{
    char digits[NUMBER_I64_MAX_LEN];
    if (add_special_number(out, number))
        return;
    size_t len = number_format_i64(digits, number);
    rdb_add_length(out, len);
    text_add_bytes(out, digits, len);
}

/* ---- reading ---- */

static bool take_big_endian(struct rdb_source *source, unsigned bytes, uint64_t *number_out)
{
    uint64_t number = 0;
    if (!rdb_source_has(source, bytes))
        return false;
    for (unsigned i = 0; i < bytes; i++)
        number = number << 8 | (unsigned char)*source->at++;
    *number_out = number;
    return true;
}

static bool take_little_endian(struct rdb_source *source, unsigned bytes, uint64_t *number_out)
{
    uint64_t number = 0;
    if (!rdb_source_has(source, bytes))
        return false;
    for (unsigned i = 0; i < bytes; i++)
        number |= (uint64_t)(unsigned char)*source->at++ << 8 * i;
    *number_out = number;
    return true;
}

bool rdb_take_fixed64(struct rdb_source *source, uint64_t *number_out)
{
    return take_little_endian(source, 8, number_out);
}

bool rdb_take_byte(struct rdb_source *source, unsigned char *byte_out)
{
    if (!rdb_source_has(source, 1))
        return false;
    *byte_out = (unsigned char)*source->at++;
    return true;
}

/* A length, or the kind of a special string. */
static bool take_length(struct rdb_source *source, uint64_t *length_out, bool *special_out)
{
    unsigned char first, second;
    *special_out = false;
    if (!rdb_take_byte(source, &first))
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
    if ((first & SPECIAL) != LENGTH_14 || !rdb_take_byte(source, &second))
        return false;
    *length_out = *length_out << 8 | second;
    return true;
}

bool rdb_take_length(struct rdb_source *source, uint64_t *length_out)
{
    uint64_t length;
    bool special;
    if (!take_length(source, &length, &special) || special)
        return false;
    *length_out = length;
    return true;
}

/* ---- strings ---- */

/* Room for len bytes of the string's own. What it had is lost. */
static enum rdb_outcome make_room(const struct rdb_source *source, struct rdb_string *string, size_t len)
{
    if (string->own && len <= string->room && string->room <= OWN_KEPT_MAX)
        return RDB_READ;
    mem_free(string->own);
    string->own = NULL;
    string->room = 0;
    if (!rdb_source_allows(source, len))
        return RDB_NO_ROOM;
    string->own = mem_try_alloc(len > 0 ? len : 1);
    string->room = string->own ? len : 0;
    return string->own ? RDB_READ : RDB_NO_MEMORY;
}

void rdb_string_deinit(struct rdb_string *string)
{
    mem_free(string->own);
    *string = (struct rdb_string){0};
}

static enum rdb_outcome take_number(struct rdb_source *source, unsigned bytes, struct rdb_string *string)
{
    uint64_t number;
    if (!take_little_endian(source, bytes, &number))
        return RDB_BAD;
    int64_t value = bytes == 1 ? (int8_t)number : bytes == 2 ? (int16_t)number : (int32_t)number;
    string->text = (struct bytes){string->digits, number_format_i64(string->digits, value)};
    return RDB_READ;
}

static enum rdb_outcome take_compressed(struct rdb_source *source, struct rdb_string *string)
{
    uint64_t used, len;
    if (!rdb_take_length(source, &used) || !rdb_take_length(source, &len) || used == 0 || len == 0 ||
        used > UINT32_MAX || len > UINT32_MAX || len / EXPANSION_MAX > used || !rdb_source_has(source, used))
        return RDB_BAD;
    enum rdb_outcome outcome = make_room(source, string, len);
    if (outcome != RDB_READ)
        return outcome;
    if (lzf_decompress(source->at, (unsigned)used, string->own, (unsigned)len) != len)
        return RDB_BAD;
    source->at += used;
    string->text = (struct bytes){string->own, len};
    return RDB_READ;
}

static enum rdb_outcome take_plain(struct rdb_source *source, uint64_t len, bool stays, struct rdb_string *string)
{
    if (!rdb_source_has(source, len))
        return RDB_BAD;
    const char *data = source->at;
    if (stays && source->refill) { /* its buffer may move while the string is in use */
        enum rdb_outcome outcome = make_room(source, string, len);
        if (outcome != RDB_READ)
            return outcome;
        data = memcpy(string->own, source->at, len);
    }
    string->text = (struct bytes){data, len};
    source->at += len;
    return RDB_READ;
}

/* stays: it is looked at when more has been asked of the source. */
static enum rdb_outcome take_string(struct rdb_source *source, bool stays, struct rdb_string *string)
{
    uint64_t len;
    bool special;
    if (!take_length(source, &len, &special))
        return RDB_BAD;
    if (!special)
        return take_plain(source, len, stays, string);
    if (len == SPECIAL_LZF)
        return take_compressed(source, string);
    return len <= SPECIAL_INT32 ? take_number(source, 1u << len, string) : RDB_BAD;
}

enum rdb_outcome rdb_take_string(struct rdb_source *source, struct rdb_string *string)
{
    return take_string(source, true, string);
}

enum rdb_outcome rdb_take_string_in_place(struct rdb_source *source, struct rdb_string *string)
{
    return take_string(source, false, string);
}
