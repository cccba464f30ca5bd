/*
 * Changing the stream under a key: it is found, changed by functions of its type, and the change is told. A stream that
 * has become empty stays.
 *
 *     stream_change_find()      the error, and false, if the key holds another type; found says whether there is one
 *     stream_change_begin()     before the first change: announces it, and makes the stream if there is none
 *     ...                       functions of the type, on .stream
 *     stream_change_end()       if anything has changed; otherwise stream_change_abandon()
 */
#ifndef KVS_HANDLERS_STREAM_CHANGE_H
#define KVS_HANDLERS_STREAM_CHANGE_H

#include "command/call.h"
#include "store/keyspace.h"
#include "types/stream.h"

struct stream_change {
    struct call *call;
    const struct key *key;
    const struct entry *found; /* NULL: there is none yet */
    struct entry *entry;
    struct stream *stream; /* NULL: there is none, and stream_change_begin() hasn't made it */
};

bool stream_change_find(struct stream_change *change, struct call *call, const struct key *key);

/* False, with the error, without memory. */
bool stream_change_begin(struct stream_change *change);

/* After the last of so many changes, as the event counts them. */
void stream_change_end(struct stream_change *change, const struct key_event *event, uint64_t changes);

/* Nothing was changed after all. */
void stream_change_abandon(struct stream_change *change);

#endif
