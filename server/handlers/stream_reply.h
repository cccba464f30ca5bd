/*
 * Stream entries in replies, and IDs in requests.
 */
#ifndef KVS_HANDLERS_STREAM_REPLY_H
#define KVS_HANDLERS_STREAM_REPLY_H

#include "command/call.h"
#include "types/stream.h"

void reply_stream_id(struct reply *reply, struct stream_id id);

/* Answers with the entry that the walk is at: its ID, and an array of its fields and values. */
void reply_stream_entry(struct reply *reply, struct stream_walk *walk);

/* The same two without their array, for whoever has more to tell of the entry. */
void reply_stream_entry_parts(struct reply *reply, struct stream_walk *walk);

/* Answers with an array of entries, as those of a walk; of count of them at most, if that isn't 0. */
void reply_stream_range(struct reply *reply, const struct stream *stream, struct stream_id from, struct stream_id to,
                        bool back, uint64_t count);

/* An ID without "-" and "+". False, with the error, if it is none. */
bool argument_stream_id(struct call *call, const struct arg *arg, uint64_t default_seq, struct stream_id *id_out);

#define STREAM_ID_ERROR "ERR Invalid stream ID specified as stream command argument"

#endif
