/*
 * Strings and lengths as RDB has them.
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
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void rdb_add_length(struct text *out, uint64_t length);

/* Compressed where that makes it shorter. */
void rdb_add_string(struct text *out, const char *data, size_t len);

/* What is read, from at on. */
struct rdb_source {
    const char *at, *end;
};

/*
 * Appends the string that the source begins with and moves it on; of at most max bytes. False: there is none, or it is
 * longer.
 */
bool rdb_take_string(struct rdb_source *source, size_t max, struct text *out);

#endif
