/*
 * The first byte is always in the head, so that RESP3 can have another one there. A long message that has come in a
 * blob of its own stays there. One that hasn't, and one with a long channel, is put together in a blob.
 */
#include "pubsub/payload.h"

#include "base/blob.h"
#include "base/connection_memory.h"
#include "base/memory.h"
#include "base/number.h"
#include "resp/reply.h"

#include <string.h>

#define HEADER_MAX (1 + NUMBER_I64_MAX_LEN + 2) /* "$123\r\n" */

/* "$3\r\nfoo\r\n", or only what stands before foo. Returns the next place. */
static char *put_header(char *at, char type, size_t number)
{
    *at++ = type;
    at += number_format_u64(at, number);
    *at++ = '\r';
    *at++ = '\n';
    return at;
}

static char *put_bytes(char *at, const char *data, size_t len)
{
    if (len > 0)
        memcpy(at, data, len);
    memcpy(at + len, "\r\n", 2);
    return at + len + 2;
}

static size_t bulk_max(size_t len)
{
    return HEADER_MAX + len + 2;
}

/* What stands before the message. */
struct frame {
    struct bytes words[3];
    unsigned count;
};

static size_t frame_max(const struct frame *frame)
{
    size_t max = 2 * HEADER_MAX;
    for (unsigned i = 0; i < frame->count; i++)
        max += bulk_max(frame->words[i].len);
    return max;
}

/* Up to and with the header of a message of message_len bytes. */
static char *frame_put(const struct frame *frame, char *at, size_t message_len)
{
    at = put_header(at, '*', frame->count + 1);
    for (unsigned i = 0; i < frame->count; i++) {
        at = put_header(at, '$', frame->words[i].len);
        at = put_bytes(at, frame->words[i].data, frame->words[i].len);
    }
    return put_header(at, '$', message_len);
}

/* head_max bytes for the head at most. */
static struct payload *payload_alloc(size_t head_max)
{
    struct payload *payload = mem_alloc(sizeof *payload + head_max);
    *payload = (struct payload){0};
    atomic_init(&payload->references, 1);
    connection_memory_add(mem_usable(payload));
    return payload;
}

/* The message stays in its blob. */
static struct payload *create_around(const struct frame *frame, const struct arg *message)
{
    struct payload *payload = payload_alloc(frame_max(frame));
    payload->head_len = (uint32_t)(frame_put(frame, payload->head, message->len) - payload->head);
    payload->blob = blob_lend(message->blob);
    payload->len = payload->head_len + message->len + 2;
    return payload;
}

/* All but the first byte becomes a blob. */
static struct payload *create_in_blob(const struct frame *frame, const struct arg *message)
{
    struct blob *blob = blob_create(frame_max(frame) + message->len + 2);
    if (!blob)
        return NULL;
    char *at = frame_put(frame, blob->data, message->len);
    at = put_bytes(at, message->data, message->len);
    blob->len = (size_t)(at - blob->data) - 2; /* the end of the line is written behind every blob */
    struct payload *payload = payload_alloc(1);
    payload->head[0] = '*';
    payload->head_len = 1;
    payload->blob = blob_lend(blob);
    payload->blob_offset = 1;
    payload->len = blob->len + 2;
    blob_release(blob); /* it is nobody's data */
    return payload;
}

static struct payload *create_small(const struct frame *frame, const struct arg *message)
{
    struct payload *payload = payload_alloc(frame_max(frame) + message->len + 2);
    char *at = frame_put(frame, payload->head, message->len);
    at = put_bytes(at, message->data, message->len);
    payload->head_len = (uint32_t)(at - payload->head);
    payload->len = payload->head_len;
    return payload;
}

struct payload *payload_create(const char *kind, const struct bytes *pattern, struct bytes channel,
                               const struct arg *message)
{
    struct frame frame = {.words = {{kind, strlen(kind)}}, .count = 1};
    if (pattern)
        frame.words[frame.count++] = *pattern;
    frame.words[frame.count++] = channel;
    size_t before = frame_max(&frame);
    if (before + message->len < BLOB_MIN)
        return create_small(&frame, message);
    if (message->blob && before < BLOB_MIN)
        return create_around(&frame, message);
    return create_in_blob(&frame, message);
}

struct payload *payload_retain(struct payload *payload)
{
    atomic_fetch_add_explicit(&payload->references, 1, memory_order_relaxed); /* under a reference of the caller's */
    return payload;
}

void payload_release(struct payload *payload)
{
    /* release: our reading is over; acquire: the last one frees after everybody's reading */
    if (atomic_fetch_sub_explicit(&payload->references, 1, memory_order_acq_rel) != 1)
        return;
    if (payload->blob)
        blob_return(payload->blob);
    connection_memory_subtract(mem_usable(payload));
    mem_free(payload);
}

void payload_write(const struct payload *payload, struct reply *reply)
{
    if (reply->resp == 3) {
        reply_raw(reply, ">", 1);
        reply_raw(reply, payload->head + 1, payload->head_len - 1);
    } else {
        reply_raw(reply, payload->head, payload->head_len);
    }
    if (!payload->blob)
        return;
    reply_raw_blob(reply, payload->blob, payload->blob_offset, payload->blob->len - payload->blob_offset);
    reply_raw(reply, "\r\n", 2);
}
