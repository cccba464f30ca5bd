/*
 * Changing the value of a command's first key: it is announced, changed by a function of its type, and told.
 */
#ifndef KVS_HANDLERS_VALUE_EDIT_H
#define KVS_HANDLERS_VALUE_EDIT_H

#include "command/call.h"
#include "command/errors.h"
#include "store/keyspace.h"

/* The entry of the first key, to be changed. */
static inline struct entry *value_edit(struct call *call, const struct entry *found)
{
    return keyspace_edit(&call->view, &call->keys[0], found);
}

/*
 * Completes a change of the first key, whose entry was old: changed is what a function of the type made from it (or,
 * with old NULL, a new entry), or NULL without memory. False, with the error, in that case.
 */
static inline bool value_finish(struct call *call, const struct entry *old, struct entry *changed,
                                const struct key_event *event)
{
    if (!changed)
        error_no_memory(call);
    else if (old)
        keyspace_edited(&call->view, &call->keys[0], old, changed, event);
    else
        keyspace_put(&call->view, &call->keys[0], changed, event);
    return changed;
}

#endif
