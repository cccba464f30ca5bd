/*
 * IDs of stream entries: a time in milliseconds and a number within it, written MS-SEQ. IDs are ordered, and each one
 * but the highest has a next one.
 */
#ifndef KVS_TYPES_STREAM_ID_H
#define KVS_TYPES_STREAM_ID_H

#include "base/bytes.h"
#include "base/number.h"
#include "shape/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_ID_MAX_LEN (2 * NUMBER_I64_MAX_LEN + 1) /* bytes of its text, without NUL */

struct stream_id {
    uint64_t ms, seq;
};

#define STREAM_ID_MIN ((struct stream_id){0, 0})
#define STREAM_ID_MAX ((struct stream_id){UINT64_MAX, UINT64_MAX})

/* As trees have it. */
static inline struct record_id stream_id_record(struct stream_id id)
{
    return (struct record_id){id.ms, id.seq};
}

/* Below, equal to or above zero. */
static inline int stream_id_compare(struct stream_id a, struct stream_id b)
{
    return record_id_compare(stream_id_record(a), stream_id_record(b));
}

static inline bool stream_id_is_zero(struct stream_id id)
{
    return (id.ms | id.seq) == 0;
}

/* To the next ID, or the one before; false, and no change, if there is none. */
bool stream_id_increment(struct stream_id *id);
bool stream_id_decrement(struct stream_id *id);

/* "MS-SEQ", or "MS", which has the default number then. False if it is neither; id_out is left alone. */
bool stream_id_parse(struct bytes text, uint64_t default_seq, struct stream_id *id_out);

/* The same, and "-" and "+" for the lowest and highest. */
bool stream_id_parse_bound(struct bytes text, uint64_t default_seq, struct stream_id *id_out);

/* The same as the first, and "MS-*": then *any_seq_out is set, and the number is 0. */
bool stream_id_parse_new(struct bytes text, struct stream_id *id_out, bool *any_seq_out);

/* Writes the text, no NUL; returns its length. */
size_t stream_id_format(char out[STREAM_ID_MAX_LEN], struct stream_id id);

#endif
