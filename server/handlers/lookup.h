/*
 * Finding the entries of a command's keys, and checking their types. An entry that was found is borrowed until it is
 * changed or the handler returns.
 */
#ifndef KVS_HANDLERS_LOOKUP_H
#define KVS_HANDLERS_LOOKUP_H

#include "clients/client.h"
#include "command/call.h"
#include "command/errors.h"
#include "store/keyspace.h"
#include "types/type_number.h"

/* Finds an entry for reading, which counts as a use of the key. NULL when it is absent. */
static inline const struct entry *lookup_read(struct call *call, const struct key *key)
{
    return keyspace_find(&call->view, key, LOOKUP_TOUCH);
}

/* Whether entry, which may be NULL, is of that type or absent; answers with the error if not. */
static inline bool lookup_is(struct call *call, const struct entry *entry, enum type_number type)
{
    if (!entry || entry->type == type)
        return true;
    error_wrong_type(call);
    return false;
}

/* Whether entry is a string; answers with the error if not. */
static inline bool lookup_is_string(struct call *call, const struct entry *entry)
{
    if (__builtin_expect(entry->type == TYPE_STRING, 1))
        return true;
    error_wrong_type(call);
    return false;
}

#endif
