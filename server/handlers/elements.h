/*
 * Elements of collections in requests and replies.
 */
#ifndef KVS_HANDLERS_ELEMENTS_H
#define KVS_HANDLERS_ELEMENTS_H

#include "base/blob.h"
#include "command/call.h"
#include "resp/reply.h"
#include "shape/element.h"

/* The element of an argument; of the one that was looked ahead for, the hash is known. */
static inline void element_init_arg(struct element *element, const struct call *call, int at)
{
    element_init(element, call->argv[at].data, call->argv[at].len);
    if (at == call->command->member)
        element->hash = call->member_hash;
}

/* Answers with a stored element; a large one isn't copied. */
static inline void reply_element(struct reply *reply, const char *stored)
{
    struct element_view view;
    int64_t number;
    if (element_to_i64(stored, &number)) {
        reply_bulk_int(reply, number);
        return;
    }
    element_view(stored, &view);
    if (view.blob && view.text.len >= BLOB_MIN)
        reply_blob(reply, view.blob, 0, view.blob->len);
    else
        reply_bulk(reply, view.text.data, view.text.len);
}

/* Answers with the elements of a run up to end, at most *count of them, which becomes how many are left. */
static inline void reply_element_run(struct reply *reply, const char *stored, const char *end, uint64_t *count)
{
    for (; *count > 0 && stored < end && !reply_is_over(reply); --*count) {
        size_t len = element_len(stored);
        unsigned tag = (unsigned char)*stored;
        if (tag >= ELEMENT_SHORT_TEXT && tag < ELEMENT_INT13)
            reply_bulk_readable(reply, stored + 1, len - 1, (size_t)(end - stored) - 1);
        else
            reply_element(reply, stored);
        stored += len;
    }
}

#endif
