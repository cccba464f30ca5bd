/*
 * Answering with a string: an integer, bytes, or a blob that the output refers to.
 */
#ifndef KVS_HANDLERS_STRING_REPLY_H
#define KVS_HANDLERS_STRING_REPLY_H

#include "base/blob.h"
#include "handlers/lookup.h"
#include "types/string.h"

static inline void string_reply(struct call *call, const struct entry *entry)
{
    switch ((enum string_encoding)entry->encoding) {
    case STRING_BYTES:
        reply_bulk(call->reply, entry_value(entry), entry_value_len(entry));
        return;
    case STRING_INT:
        reply_bulk_int(call->reply, string_int(entry));
        return;
    case STRING_BLOB:
        break;
    }
    struct blob *blob = string_blob(entry);
    reply_blob(call->reply, blob, 0, blob->len);
}

/* Answers with the value or null. False, with the error, if the key holds another type. */
static inline bool string_reply_or_null(struct call *call, const struct entry *entry)
{
    if (!entry) {
        reply_null(call->reply);
        return true;
    }
    if (!lookup_is_string(call, entry))
        return false;
    string_reply(call, entry);
    return true;
}

#endif
