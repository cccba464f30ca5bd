/*
 * Changing the collection under a key: it is found, opened, changed by functions of its type, and the change is told. A
 * collection that has become empty is deleted, so a key that is there has a member.
 *
 *     change_find()      the error, and false, if the key holds another type; found says whether there is one
 *     change_begin()     before the first change: announces it, and makes the collection if there is none
 *     ...                functions of the type, on .collection
 *     change_end()       if anything has changed; otherwise change_abandon()
 */
#ifndef KVS_HANDLERS_CHANGE_H
#define KVS_HANDLERS_CHANGE_H

#include "command/call.h"
#include "store/keyspace.h"
#include "types/collection.h"

struct change {
    struct call *call;
    const struct key *key;
    const struct collection_kind *kind;
    const struct entry *found;    /* NULL: there is none yet */
    struct collection collection; /* open if there is one, or change_begin() has made it */
    struct tree cut;              /* what was taken out of it at once; discarded at the end */
};

bool change_find(struct change *change, struct call *call, const struct key *key, const struct collection_kind *kind);

/* False, with the error, without memory. */
bool change_begin(struct change *change);

/* After the last of so many changes, at least one, as the event counts them. */
void change_end(struct change *change, const struct key_event *event, uint64_t changes);

/* Nothing was changed after all. */
void change_abandon(struct change *change);

#endif
