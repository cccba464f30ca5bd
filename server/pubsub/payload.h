/*
 * Payloads: one published message as its receivers get it, made once and shared by all of them.
 *
 * The bytes are those of RESP2; RESP3 differs in the first one alone. What is short stands in the payload itself; a
 * long message is a blob, to which all outputs refer. A payload never changes, has a reference count, and may be read
 * and released on any thread. Its memory is that of connections.
 */
#ifndef KVS_PUBSUB_PAYLOAD_H
#define KVS_PUBSUB_PAYLOAD_H

#include "base/bytes.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct blob;
struct reply;

struct payload {
    atomic_uint references;
    uint32_t head_len;  /* bytes of head */
    size_t len;         /* bytes of the whole */
    struct blob *blob;  /* lent; what comes behind the head, but for the end of the line. NULL: head is everything */
    size_t blob_offset; /* where it begins */
    char head[];        /* begins with the type of RESP2 */
};

/*
 * A message for the subscribers of a channel: its kind ("message", "smessage"), and behind the pattern, if there is
 * one, channel and message. Has one reference. NULL if there is no memory for it.
 */
struct payload *payload_create(const char *kind, const struct bytes *pattern, struct bytes channel,
                               const struct arg *message);

struct payload *payload_retain(struct payload *payload);
void payload_release(struct payload *payload);

/* Writes it in the version of the protocol that the reply has. */
void payload_write(const struct payload *payload, struct reply *reply);

#endif
