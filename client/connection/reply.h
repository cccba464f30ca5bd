/*
 * One reply of the server as a tree: what reader.h builds and the format_*.c files print.
 *
 * kvs-cli has its own tree, not hiredis's redisReply: the one of hiredis 0.14 knows no RESP3, and those of 1.x have no
 * place for the attributes of a value (reader.h says more). So both protocols are read, kept and printed by the same
 * code, whichever hiredis is installed.
 *
 * Ownership: a tree has one owner, who calls reply_destroy() on its root. Elements and attributes belong to
 * their parent. Depth is bounded by the reader (READER_MAX_DEPTH), so recursion over a tree is safe.
 */
#ifndef KVS_CLIENT_CONNECTION_REPLY_H
#define KVS_CLIENT_CONNECTION_REPLY_H

#include <stdbool.h>
#include <stddef.h>

enum reply_type {
    REPLY_NULL,       /* the three nulls of RESP2 and RESP3 */
    REPLY_STATUS,     /* text */
    REPLY_ERROR,      /* text: simple and bulk errors */
    REPLY_INTEGER,    /* integer */
    REPLY_STRING,     /* text, any bytes */
    REPLY_VERBATIM,   /* text, without the three-letter format before it */
    REPLY_DOUBLE,     /* text, as the server spelled it */
    REPLY_BIG_NUMBER, /* text: digits */
    REPLY_BOOLEAN,    /* integer: 0 or 1 */
    REPLY_ARRAY,      /* elements */
    REPLY_SET,        /* elements */
    REPLY_PUSH,       /* elements; out of band, or a message of a subscription */
    REPLY_MAP,        /* elements: key, value, key, value ... */
};

struct reply {
    enum reply_type type;
    long long integer;
    char *text;               /* `length` bytes and a zero byte; NULL for types without text */
    size_t length;            /* bytes */
    struct reply *elements;   /* `count` of them, in place */
    size_t count;             /* of a map: keys and values together */
    struct reply *attributes; /* a REPLY_MAP that came before this value, or NULL */
};

/* Releases a tree and the root itself. NULL is allowed. */
void reply_destroy(struct reply *reply);

bool reply_is_aggregate(const struct reply *reply);

/* True for a string, status or error whose text begins with `prefix`. */
bool reply_has_prefix(const struct reply *reply, const char *prefix);

/*
 * The value of a name in a map, or in the flat array that RESP2 has for one. NULL: not there, or the reply is neither.
 */
const struct reply *reply_find(const struct reply *reply, const char *name);

#endif
