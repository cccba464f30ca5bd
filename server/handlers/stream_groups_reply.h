/*
 * The consumer groups of a stream in replies.
 */
#ifndef KVS_HANDLERS_STREAM_GROUPS_REPLY_H
#define KVS_HANDLERS_STREAM_GROUPS_REPLY_H

#include "command/call.h"
#include "types/stream.h"

/*
 * Answers with what XINFO STREAM FULL tells of groups: an array of maps, with at most count pending entries of each
 * group and of each consumer; 0: all.
 */
void stream_groups_reply_full(struct call *call, const struct stream *stream, uint64_t count);

#endif
