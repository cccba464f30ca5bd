/*
 * The group of a stream that a command is about: it is found, changed by functions of its type, and the change is told.
 *
 *     group_find()       the stream and the group, as far as they are there
 *     group_begin()      before the first change: announces it
 *     ...                functions of types/stream_group.h
 *     group_end()        if anything has changed
 *
 * What consumers do is told to nobody who waits for the stream, since it feeds none of them (EVENT_READERS).
 */
#ifndef KVS_HANDLERS_GROUP_CHANGE_H
#define KVS_HANDLERS_GROUP_CHANGE_H

#include "command/call.h"
#include "types/stream.h"
#include "types/stream_group.h"

#include <stdbool.h>
#include <stdint.h>

struct group_change {
    struct call *call;
    const struct key *key;
    const struct arg *name;
    const struct entry *found;  /* NULL: there is no such key */
    struct stream *stream;      /* NULL likewise */
    struct stream_group *group; /* NULL: there is none of that name */
};

/* False, with the error, if the key holds another type. Reading counts as a use of the key. */
bool group_find(struct group_change *change, struct call *call, const struct key *key, const struct arg *name,
                bool reads);

/* The same, and the error that there is no such group if there isn't. */
bool group_find_known(struct group_change *change, struct call *call, const struct key *key, const struct arg *name,
                      bool reads);

void group_begin(struct group_change *change);

/* After so many changes, as they are counted. */
void group_end(struct group_change *change, const struct key_event *event, uint64_t changes);

/* Who has got, claimed or acknowledged what. */
extern const struct key_event event_group_read;

/* The consumer, which has been seen now; it is made if there is none. NULL without memory. */
struct stream_consumer *group_consumer(struct group_change *change, struct bytes name);

/* ---- effects ---- */

/* The entry is pending as it says: it has an owner. */
void group_say_pending(struct group_change *change, const struct pending_entry *entry);

/* It isn't any more. */
void group_say_acknowledged(struct group_change *change, struct stream_id id);

/* How far the group has read. */
void group_say_progress(struct group_change *change);

#endif
