/*
 * Sources: what RDB is read from, a payload in memory or a file that comes in pieces.
 *
 * Whoever reads asks for the bytes that it is about to read, one behind the other, and moves on. A payload has them or
 * it hasn't. A file is read into a buffer by a function of its reader, which lets the buffer grow only as far as bytes
 * have really come: so a length that was made up takes no memory. Since such a buffer moves, what was read from it is
 * borrowed no longer than until more is asked for.
 *
 * A source also says how much memory may be taken by what is made of it: numbers and compressed strings become many
 * times as long as they are written. One thread at a time.
 */
#ifndef KVS_PERSIST_RDB_SOURCE_H
#define KVS_PERSIST_RDB_SOURCE_H

#include "base/bytes.h"
#include "base/usage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How reading something ends. */
enum rdb_outcome {
    RDB_READ,
    RDB_BAD,       /* it is malformed, or ends early */
    RDB_EMPTY,     /* a collection without members, which no key can have */
    RDB_EXPIRED,   /* a hash of whose fields all have expired */
    RDB_NO_MEMORY, /* there is none */
    RDB_NO_ROOM,   /* it would take more than was allowed */
};

struct rdb_source {
    const char *at, *end; /* what can be read at once */

    /*
     * Makes len bytes readable from at on; both pointers may change. False: they don't come. NULL: there is no more
     * than what lies there.
     */
    bool (*refill)(struct rdb_source *source, size_t len);

    int64_t usage_limit; /* of usage_own(); INT64_MAX: there is none */
};

static inline struct rdb_source rdb_source_of(struct bytes payload)
{
    return (struct rdb_source){.at = payload.data, .end = payload.data + payload.len, .usage_limit = INT64_MAX};
}

/* Whether len bytes can be read from at on, where they lie behind one another. */
static inline bool rdb_source_has(struct rdb_source *source, uint64_t len)
{
    if (len <= (uint64_t)(source->end - source->at))
        return true;
    return source->refill && len <= SIZE_MAX && source->refill(source, (size_t)len);
}

/* The calling thread allows itself so many bytes of memory more, from now on. */
static inline void rdb_source_allow(struct rdb_source *source, uint64_t bytes)
{
    bool is_limit = bytes < INT64_MAX / 2;
    source->usage_limit = is_limit ? usage_own() + (int64_t)bytes : INT64_MAX;
}

/* Whether the calling thread may allocate so many bytes for what it reads. */
static inline bool rdb_source_allows(const struct rdb_source *source, uint64_t bytes)
{
    return source->usage_limit == INT64_MAX ||
           (bytes < INT64_MAX / 2 && usage_own() + (int64_t)bytes <= source->usage_limit);
}

#endif
