/*
 * Turns the bytes of a connection into replies, RESP2 and RESP3 alike, however the bytes are cut.
 *
 * Use: get room with reader_space(), read(2) into it, reader_commit() what arrived, then call reader_next()
 * until it asks for more. Cost is linear in the bytes that arrive.
 *
 * Why not hiredis's reader: the one of 0.14 knows only RESP2. Those of 1.x refuse bulk errors and, before 1.3,
 * attributes; since then they count attributes as elements, so that what follows answers the wrong command. They don't
 * check the line end after a string, and with each piece that comes they search a line for its end from the beginning
 * again.
 *
 * A server is not trusted: memory grows with the bytes received, never with a length that was merely
 * announced; nesting deeper than READER_MAX_DEPTH, lengths out of range and malformed values are errors,
 * after which the reader gives nothing more (the connection has to be dropped). Not read: RESP3's streamed
 * strings and aggregates of unknown length, which no server sends.
 */
#ifndef KVS_CLIENT_CONNECTION_READER_H
#define KVS_CLIENT_CONNECTION_READER_H

#include "connection/reply.h"

#include <stddef.h>

#define READER_MAX_DEPTH 1024

struct reader;

enum read_status {
    READ_DONE, /* a whole reply */
    READ_MORE, /* bytes are missing */
    READ_BAD,  /* the bytes are not RESP: see reader_error() */
};

struct reader *reader_create(void);
void reader_destroy(struct reader *reader);

/* Room for `*size_out` bytes, valid until the next call on this reader. */
char *reader_space(struct reader *reader, size_t *size_out);

/* Says that `size` bytes were written to the room. */
void reader_commit(struct reader *reader, size_t size);

/* On READ_DONE `*reply_out` is the caller's to destroy. */
enum read_status reader_next(struct reader *reader, struct reply **reply_out);

/* Bytes that arrived behind the last whole reply, once it was given. */
size_t reader_left_over(const struct reader *reader);

/* After READ_BAD: one line of text, which lives as long as the reader. */
const char *reader_error(const struct reader *reader);

#endif
