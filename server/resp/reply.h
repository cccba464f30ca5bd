/*
 * Replies: RESP2 and RESP3 written into a connection's output.
 *
 * A command says what it answers (an integer, a map of three pairs); the bytes are made here and
 * nowhere else, in the version of the protocol that the client speaks. A reply is begun and ended by
 * the executor around each batch of commands.
 *
 * Aggregates announce the number of elements first: reply_array(r, 2) and then two replies. Where
 * the number is known only afterwards, reply_defer() leaves a hole and reply_defer_*() fills it.
 */
#ifndef KVS_RESP_REPLY_H
#define KVS_RESP_REPLY_H

#include "base/output.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blob;
struct bytes;

struct reply {
    /* private: read and written by the functions below alone */
    char *at;  /* where the next byte goes, in chunk */
    char *end; /* end of chunk */
    struct output_chunk *chunk;
    struct output *output;
    /* public */
    uint8_t resp;                                                     /* 2 or 3; set again by HELLO */
    uint32_t errors;                                                  /* error replies written since reply_begin() */
    void (*on_error)(void *context, const char *message, size_t len); /* told of each error reply, for statistics */
    void *on_error_context;
};

/* Starts writing behind whatever output holds. */
void reply_begin(struct reply *reply, struct output *output, uint8_t resp);

/* Ends it: output then accounts for all that was written. */
void reply_end(struct reply *reply);

/* ---- one value ---- */
void reply_ok(struct reply *reply);
void reply_simple(struct reply *reply, const char *text);
void reply_int(struct reply *reply, int64_t value);
void reply_bulk(struct reply *reply, const char *data, size_t len);
void reply_bulk_text(struct reply *reply, const char *text);
void reply_bulk_int(struct reply *reply, int64_t value);
void reply_bulkf(struct reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));
void reply_blob(struct reply *reply, struct blob *blob, size_t offset, size_t len); /* sent from where it lies */
void reply_null(struct reply *reply);                                               /* $-1, or _ */
void reply_null_array(struct reply *reply);                                         /* *-1, or _ */
void reply_double(struct reply *reply, double value);
void reply_long_double(struct reply *reply, long double value); /* human form, a bulk in RESP2, a double in RESP3 */
void reply_bool(struct reply *reply, bool value);               /* :1 and :0 in RESP2 */
void reply_verbatim(struct reply *reply, const char *format3, const char *data, size_t len); /* format3: "txt" */

/*
 * Error replies. message is without the dash; one without an upper-case code of its own in front must
 * bring it ("ERR ..."). Line breaks inside are turned into blanks.
 */
void reply_error(struct reply *reply, const char *message);
void reply_errorf(struct reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- aggregates ---- */
void reply_array(struct reply *reply, size_t count);
void reply_map(struct reply *reply, size_t pairs); /* an array of 2 * pairs in RESP2 */
void reply_set(struct reply *reply, size_t count);
void reply_push(struct reply *reply, size_t count);      /* an array in RESP2 */
void reply_attribute(struct reply *reply, size_t pairs); /* RESP3 only */

/* A hole for the header of an aggregate whose size isn't known yet; fill it exactly once. */
struct reply_hole {
    struct output_chunk *chunk;
};
struct reply_hole reply_defer(struct reply *reply);
void reply_defer_array(struct reply *reply, struct reply_hole hole, size_t count);
void reply_defer_map(struct reply *reply, struct reply_hole hole, size_t pairs);
void reply_defer_set(struct reply *reply, struct reply_hole hole, size_t count);

/* ---- raw bytes, already in RESP ---- */
void reply_raw(struct reply *reply, const char *data, size_t len);

/* A +/-line array as HELP subcommands answer: "CONTAINER <subcommand> ...", the given lines, and HELP's own. */
void reply_help(struct reply *reply, const char *container, const char *const *lines, size_t count);

/* ---- taking back what was written (CLIENT REPLY OFF and SKIP) ---- */
struct reply_mark {
    struct output_chunk *chunk;
    size_t used;
};
struct reply_mark reply_mark(struct reply *reply);
void reply_rollback(struct reply *reply, struct reply_mark mark);

#endif
