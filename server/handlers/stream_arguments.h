/*
 * Ranges of IDs of streams in requests. Each function returns true and writes the ID, or replies with Redis's error and returns
 * false.
 */
#ifndef KVS_HANDLERS_STREAM_ARGUMENTS_H
#define KVS_HANDLERS_STREAM_ARGUMENTS_H

#include "command/call.h"
#include "types/stream_id.h"

#include <stdbool.h>
#include <stdint.h>

/* An ID, whose number may be left out: then it is the default; or "-" or "+". */
bool argument_stream_bound(struct call *call, const struct arg *arg, uint64_t default_seq, struct stream_id *id_out);

/* A range's first and last ID; behind "(" the one next to it. */
bool argument_stream_start(struct call *call, const struct arg *arg, struct stream_id *id_out);
bool argument_stream_end(struct call *call, const struct arg *arg, struct stream_id *id_out);

#endif
