/*
 * Replies: RESP2 and RESP3, written into a connection's output.
 *
 * A command says what it replies (an integer, a map of three pairs); the bytes are made here and
 * nowhere else, in the version of the protocol that the client speaks. The executor begins and ends a
 * struct reply around each batch of commands. Only the worker of the output's connection uses it.
 *
 * Aggregates announce the number of elements first: reply_array(r, 2) and then two replies. Where
 * the number is known only afterwards, reply_defer() leaves a hole and reply_defer_*() fills it.
 *
 * A reply has a limit: with more than that the output goes *over*. What is written from then on is dropped, so that no
 * reply takes memory without end, and whoever began it ends the connection, since what was written is not whole.
 */
#ifndef KVS_RESP_REPLY_H
#define KVS_RESP_REPLY_H

#include "base/output.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct blob;
struct bytes;

/* A place in what is written, to which it can be taken back. */
struct reply_mark {
    struct output_chunk *chunk;
    size_t used;
    bool over;
};

struct reply {
    /* private to the functions below */
    char *at;  /* where the next byte goes, in chunk */
    char *end; /* of chunk */
    struct output_chunk *chunk;
    struct output *output;
    /* public */
    uint8_t resp;                                                     /* 2 or 3; set again by HELLO */
    uint32_t errors;                                                  /* error replies written since reply_begin() */
    bool over;                                                        /* private: see reply_is_over() */
    void (*on_error)(void *context, const char *message, size_t len); /* called for each error reply; NULL: none */
    void *on_error_context;
    struct reply_mark kept;               /* private: see reply_keep() */
    bool keeps;                           /* private: kept is set */
    size_t limit;                         /* bytes of output's memory from which on it is over; 0: none */
    size_t copy_limit;                    /* bytes of output's memory less what it refers to */
    void (*on_over)(struct reply *reply); /* called when it goes over; NULL: none */
};

#define REPLY_COPY_LIMIT ((size_t)1 << 30) /* copy_limit, unless set otherwise */

/* Starts writing at the end of output. Clears all other fields but copy_limit. */
void reply_begin(struct reply *reply, struct output *output, uint8_t resp);

/* Ends writing: output's totals then include all that was written. */
void reply_end(struct reply *reply);

/* Goes on after reply_end(), with the same fields: others may have looked at output meanwhile, or written to it. */
void reply_resume(struct reply *reply);

/* Whether what is written is dropped: a handler that writes much may stop then. */
static inline bool reply_is_over(const struct reply *reply)
{
    return __builtin_expect(reply->over, 0);
}

/* ---- one value ---- */
void reply_bulk(struct reply *reply, const char *data, size_t len);

#define REPLY_SHORT 16

/*
 * The same, quickly if it is short and at least REPLY_SHORT bytes may be read from data on, whatever its length: then
 * as many are copied, and what is too much is written over.
 */
static inline void reply_bulk_readable(struct reply *reply, const char *data, size_t len, size_t readable)
{
    char *at = reply->at;
    if (len > REPLY_SHORT || readable < REPLY_SHORT || reply->end - at < 2 * REPLY_SHORT) {
        reply_bulk(reply, data, len);
        return;
    }
    *at++ = '$';
    if (len >= 10)
        *at++ = '1'; /* REPLY_SHORT is below 20 */
    *at++ = (char)('0' + len % 10);
    memcpy(at, "\r\n", 2);
    memcpy(at + 2, data, REPLY_SHORT);
    memcpy(at + 2 + len, "\r\n", 2);
    reply->at = at + 2 + len + 2;
}

void reply_ok(struct reply *reply);
void reply_simple(struct reply *reply, const char *text);
void reply_int(struct reply *reply, int64_t value);
void reply_bulk_text(struct reply *reply, const char *text);
void reply_bulk_int(struct reply *reply, int64_t value);
void reply_bulkf(struct reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));
void reply_blob(struct reply *reply, struct blob *blob, size_t offset, size_t len); /* retains it, copies nothing */
void reply_null(struct reply *reply);                                               /* $-1, or _ */
void reply_null_array(struct reply *reply);                                         /* *-1, or _ */
void reply_double(struct reply *reply, double value);
void reply_long_double(struct reply *reply, long double value); /* INCRBYFLOAT's form; a bulk in RESP2 */
void reply_bool(struct reply *reply, bool value);               /* :1 and :0 in RESP2 */
void reply_verbatim(struct reply *reply, const char *format3, const char *data, size_t len); /* format3: "txt" */

/*
 * Error replies. message has no dash, and begins with an upper-case code ("ERR ..."). Line breaks in it are
 * turned into blanks; those at the end of a formatted one are left out.
 */
void reply_error_bytes(struct reply *reply, const char *message, size_t len);
void reply_error(struct reply *reply, const char *message);
void reply_errorf(struct reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- aggregates ---- */
void reply_array(struct reply *reply, size_t count);
void reply_map(struct reply *reply, size_t pairs); /* an array of 2 * pairs in RESP2 */
void reply_set(struct reply *reply, size_t count);
void reply_push(struct reply *reply, size_t count);      /* an array in RESP2 */
void reply_attribute(struct reply *reply, size_t pairs); /* RESP3 only */

/*
 * A hole for the header of an aggregate whose size isn't known yet. It has to be filled exactly once, and nothing of
 * the output may be sent before.
 */
struct reply_hole {
    struct output_chunk *chunk;  /* NULL: the reply is over */
    struct output_chunk *before; /* the one before it, or NULL */
};
struct reply_hole reply_defer(struct reply *reply);
void reply_defer_array(struct reply *reply, struct reply_hole hole, size_t count);
void reply_defer_map(struct reply *reply, struct reply_hole hole, size_t pairs);
void reply_defer_set(struct reply *reply, struct reply_hole hole, size_t count);

/* ---- raw bytes, already in RESP ---- */
void reply_raw(struct reply *reply, const char *data, size_t len);
void reply_raw_blob(struct reply *reply, struct blob *blob, size_t offset, size_t len); /* retains it, copies nothing */

/*
 * Moves what another reply, which has ended, has written into an output of its own. Copies nothing. If that one has
 * gone over its limit, this one is over as well.
 */
void reply_splice(struct reply *reply, const struct reply *written);

/* The reply of HELP subcommands, an array of lines: "CONTAINER <subcommand> ...", the given ones, and HELP's own. */
void reply_help(struct reply *reply, const char *container, const char *const *lines, size_t count);

/* ---- taking back what was written (CLIENT REPLY OFF and SKIP) ---- */
struct reply_mark reply_mark(struct reply *reply);
void reply_rollback(struct reply *reply, struct reply_mark mark);

/* What has been written so far stays, pushes that is, even if it is behind a mark to which the reply is rolled back. */
void reply_keep(struct reply *reply);

#endif
