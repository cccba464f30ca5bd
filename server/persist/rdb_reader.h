/*
 * A source of RDB that is a file, a pipe or whatever else a descriptor is read from.
 *
 * It is read into a buffer of 256 KiB, which grows for a longer string as far as bytes have come, and shrinks again.
 * One thread reads; any thread may ask how far it is.
 */
#ifndef KVS_PERSIST_RDB_READER_H
#define KVS_PERSIST_RDB_READER_H

#include "base/bytes.h"
#include "persist/rdb_source.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rdb_reader {
    struct rdb_source source; /* first */
    uint64_t total;           /* bytes that there are from where reading began, as far as that is known; or 0 */
    int error;                /* errno of a read that failed, or 0 */
    bool has_ended;           /* something was asked for, and nothing more came */
    bool is_out_of_memory;    /* the buffer couldn't grow */
    /* private */
    int fd;
    char *buffer;
    size_t room;
    uint64_t base; /* offset of the buffer's first byte */
    bool sums;
    uint64_t sum;
    const char *summed; /* up to where */
    atomic_uint_least64_t received;
};

/*
 * Reads from where the descriptor stands, which stays the caller's; sums: with a checksum. False without memory: then
 * there is nothing to deinit.
 */
bool rdb_reader_init(struct rdb_reader *reader, int fd, bool sums);
void rdb_reader_deinit(struct rdb_reader *reader);

/* Bytes that have been taken from the source. */
static inline uint64_t rdb_reader_offset(const struct rdb_reader *reader)
{
    return reader->base + (uint64_t)(reader->source.at - reader->buffer);
}

/* The CRC-64 of these; 0 without sums. */
uint64_t rdb_reader_sum(struct rdb_reader *reader);

/* Bytes that have come from the descriptor. Any thread. */
static inline uint64_t rdb_reader_received(const struct rdb_reader *reader)
{
    return atomic_load_explicit(&reader->received, memory_order_relaxed);
}

/* What has come and wasn't taken, which whatever comes from the descriptor follows. Borrowed until more is taken. */
static inline struct bytes rdb_reader_rest(const struct rdb_reader *reader)
{
    return (struct bytes){reader->source.at, (size_t)(reader->source.end - reader->source.at)};
}

#endif
