/*
 * The parser: bytes of a connection in, requests out.
 *
 * It owns the buffer that is read into, so that the arguments of a request can point into it and are never
 * copied. A large argument (BLOB_MIN or more) that has not arrived whole is received straight into a blob.
 * Work is linear in the bytes that arrive, however they are cut.
 *
 * The turn: parser_target() says where to read to; parser_fed() how much came; parser_batch() hands out requests until
 * it says PARSE_MORE or PARSE_BAD. Requests and their arguments live until the next call of parser_batch() or
 * parser_target().
 *
 * A parser belongs to a worker or to one client and is used by that worker alone.
 */
#ifndef KVS_RESP_PARSER_H
#define KVS_RESP_PARSER_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define PARSER_BATCH 64                    /* requests handed out at a time */
#define PARSER_LINE_MAX ((size_t)64 << 10) /* inline requests and length lines */

struct parser;

struct request {
    int argc; /* at least 1 */
    struct arg *argv;
    size_t bytes; /* what it took on the wire, blobs included */
};

struct parser_limits {
    uint64_t max_bulk;     /* proto-max-bulk-len, bytes */
    int64_t max_arguments; /* elements of one request; PARSER_STRANGER_ARGUMENTS for a stranger */
    bool stranger;         /* has not logged in: no large bulks, and one request at a time, for each may be the login */
};
#define PARSER_STRANGER_ARGUMENTS 10
#define PARSER_STRANGER_BULK 16384

enum parse_result {
    PARSE_DONE, /* requests were handed out; there may be more */
    PARSE_MORE, /* requests may have been handed out; the rest needs more bytes */
    PARSE_BAD,  /* requests may have been handed out; then comes a protocol error */
};

/* capacity: bytes of buffer to begin with, grown as needed. */
struct parser *parser_create(size_t capacity);
void parser_destroy(struct parser *parser);

/* Where the next bytes go: one or two vectors; returns their number (max is at least 2). */
int parser_target(struct parser *parser, struct iovec *vectors);
void parser_fed(struct parser *parser, size_t len);

/*
 * Parses up to PARSER_BATCH requests. *requests_out and *count_out (0 or more) are set in every case. After PARSE_BAD
 * parser_error() is the message for the client ("ERR Protocol error: ...") and the connection is to be closed.
 */
enum parse_result parser_batch(struct parser *parser, const struct parser_limits *limits, struct request **requests_out,
                               unsigned *count_out);
const char *parser_error(const struct parser *parser);

/* Forgets all input; the buffer stays. */
void parser_reset(struct parser *parser);

/* Whether bytes of an unfinished request are held. After all requests of the last batch have been executed. */
bool parser_has_rest(const struct parser *parser);

/* Moves the unfinished request into a new parser of just the size it needs; the old one is then empty. */
struct parser *parser_split_rest(struct parser *parser);

/* Bytes held that have not become requests: what client-query-buffer-limit limits. */
size_t parser_pending(const struct parser *parser);

/* Bytes of memory occupied; qbuf-free and argv-mem of CLIENT LIST. */
size_t parser_memory(const struct parser *parser);
size_t parser_free_space(const struct parser *parser);
size_t parser_argument_memory(const struct parser *parser);

#endif
