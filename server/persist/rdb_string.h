/*
 * Strings, lengths and numbers as RDB has them.
 *
 *     00nnnnnn              a length of 6 bits
 *     01nnnnnn n            of 14 bits, high byte first, like all that follow
 *     10000000 nnnn         of 32 bits
 *     10000001 nnnnnnnn     of 64 bits
 *     11000000 to 11000010  a string that is a number of 1, 2 or 4 bytes, low byte first
 *     11000011 len len      a string compressed by LZF: lengths of what follows and of the string
 *
 * Any thread.
 */
#ifndef KVS_PERSIST_RDB_STRING_H
#define KVS_PERSIST_RDB_STRING_H

#include "base/bytes.h"
#include "base/number.h"
#include "base/text.h"
#include "persist/rdb_source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- writing ---- */

void rdb_add_length(struct text *out, uint64_t length);

/* As a number where it is one, and compressed where that is wanted and makes it shorter. */
void rdb_add_string(struct text *out, struct bytes string, bool compresses);
void rdb_add_i64(struct text *out, int64_t number); /* as a string */

/* Eight bytes, low one first: a time, or the bits of a double. */
void rdb_add_fixed64(struct text *out, uint64_t number);

/* ---- reading; false: it isn't there, or is malformed ---- */

bool rdb_take_length(struct rdb_source *source, uint64_t *length_out);
bool rdb_take_fixed64(struct rdb_source *source, uint64_t *number_out);

/* One byte. */
bool rdb_take_byte(struct rdb_source *source, unsigned char *byte_out);

/*
 * A string that was read. Its text is borrowed from the source as long as nothing more is read, or, of a payload, for
 * as long as that lies there; or it lies here until another one is read into it.
 */
struct rdb_string {
    struct bytes text;
    /* private */
    char *own;
    size_t room;
    char digits[NUMBER_I64_MAX_LEN];
};

/*
 * Reads the next string of the source, which moves on. RDB_READ, RDB_BAD, RDB_NO_MEMORY or RDB_NO_ROOM. The string
 * begins with all zeros and may be read into again.
 */
enum rdb_outcome rdb_take_string(struct rdb_source *source, struct rdb_string *string);

/*
 * The same for what is looked at before anything more is asked of the source: a plain string is never copied, so its
 * text is borrowed from a file's buffer as well.
 */
enum rdb_outcome rdb_take_string_in_place(struct rdb_source *source, struct rdb_string *string);

void rdb_string_deinit(struct rdb_string *string);

#endif
