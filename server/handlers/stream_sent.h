/*
 * Messages that producers send to a stream with XADD, so that one which is sent again isn't added again.
 */
#ifndef KVS_HANDLERS_STREAM_SENT_H
#define KVS_HANDLERS_STREAM_SENT_H

#include "handlers/stream_change.h"
#include "handlers/stream_options.h"
#include "types/stream_producers.h"

/* The message that the call sends; its fields may stand in any order. */
struct producer_message stream_sent_message(const struct call *call, const struct stream_options *options);

/* Whether the stream that was found has got it already: then this is the answer. */
bool stream_sent_before(struct stream_change *change, struct producer_message message);

/* The message is about to become that entry of the stream. 0 or -ENOMEM. */
int stream_sent_now(struct stream_change *change, struct producer_message message, struct stream_id id);

/* Those of the stream's limits on what it keeps of producers that aren't 0 become these. 0 or -ENOMEM. */
int stream_sent_limit(struct stream_change *change, struct producer_limits given);

/* That is not to be: the entry couldn't be added. */
void stream_sent_not(struct stream_change *change, struct producer_message message);

#endif
