/*
 * The parser: turns the bytes of a connection into requests.
 *
 * It owns the buffer that is read into, so the arguments of a request can point into it and are never
 * copied. A large argument (BLOB_MIN bytes or more) that has not arrived whole is received straight into a
 * blob. The work is linear in the bytes that arrive, however they are split, and so is the memory: what is only
 * announced takes none. All of it counts as memory of connections (connection_memory.h).
 *
 * A round: parser_target() tells where to read to, parser_fed() takes the number of bytes that were read, and
 * parser_batch() hands out requests until it returns PARSE_MORE or PARSE_BAD. Requests and their arguments live until
 * the next call of parser_batch() or parser_target().
 *
 * A parser belongs to a worker or to one client; only that worker, or the client's, uses it.
 */
#ifndef KVS_RESP_PARSER_H
#define KVS_RESP_PARSER_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define PARSER_BATCH 64                    /* requests handed out at a time */
#define PARSER_LINE_MAX ((size_t)64 << 10) /* bytes of an inline request or a length line */
#define PARSER_READ_MAX ((size_t)1 << 20)  /* bytes that are read at once, however fast they come: others wait for it */

struct parser;

struct request {
    int argc; /* at least 1 */
    struct arg *argv;
    size_t bytes; /* on the wire, blobs included */
};

struct parser_limits {
    uint64_t max_bulk;     /* proto-max-bulk-len, bytes */
    int64_t max_arguments; /* elements of one request; PARSER_STRANGER_ARGUMENTS for a stranger */
    bool
        stranger; /* the client hasn't logged in: no large bulks, and one request at a time, as each may be the login */
};
#define PARSER_STRANGER_ARGUMENTS 10
#define PARSER_STRANGER_BULK 16384 /* bytes */

enum parse_result {
    PARSE_DONE, /* requests were handed out, and there may be more */
    PARSE_MORE, /* requests may have been handed out; the next one needs more bytes */
    PARSE_BAD,  /* requests may have been handed out; after them comes a protocol error */
};

/* capacity: bytes of the buffer at first; it grows as needed. destroy: NULL is allowed. */
struct parser *parser_create(size_t capacity);
void parser_destroy(struct parser *parser);

/*
 * Fills in where the next bytes go: one or two vectors, with room for PARSER_READ_MAX bytes each at most; returns their
 * number. The array has room for two.
 */
int parser_target(struct parser *parser, struct iovec *vectors);
void parser_fed(struct parser *parser, size_t len);

/*
 * Parses up to PARSER_BATCH requests. *requests_out and *count_out (0 or more) are set in every case. After PARSE_BAD
 * parser_error() is the message for the client ("ERR Protocol error: ..."), and the connection has to be closed.
 */
enum parse_result parser_batch(struct parser *parser, const struct parser_limits *limits, struct request **requests_out,
                               unsigned *count_out);
const char *parser_error(const struct parser *parser);

/* Forgets all input, but keeps the buffer. */
void parser_reset(struct parser *parser);

/* Whether it holds an unfinished request. For after the last batch's requests have been executed. */
bool parser_has_rest(const struct parser *parser);

/* Whether it occupies many times what its unfinished request needs, as after a long pipeline. */
bool parser_is_wasteful(const struct parser *parser);

/* Moves the unfinished request into a new parser of the size that it needs; the old one is then empty. */
struct parser *parser_split_rest(struct parser *parser);

/* Bytes that have not become requests. */
size_t parser_pending(const struct parser *parser);

/*
 * Bytes that it holds for what has been sent and isn't executed: client-query-buffer-limit limits them. Unlike the
 * pending ones these include the room in blobs and the vector of arguments. For between parser_fed() and
 * parser_batch().
 */
size_t parser_held(const struct parser *parser);

/* Bytes of memory that it occupies; and CLIENT LIST's qbuf-free and argv-mem. NULL has none. */
size_t parser_memory(const struct parser *parser);
size_t parser_free_space(const struct parser *parser);
size_t parser_argument_memory(const struct parser *parser);

#endif
