/*
 * Bytes are written straight into the output's last chunk, between at and end; chunk->len and the output's
 * totals are updated when the chunk is left (reply_leave_chunk) and by reply_end(). After a blob or a hole
 * there is no chunk: at and end are NULL, and the next byte has one made.
 *
 * Whether the output is over its limit is asked where it grows: when a chunk is taken and when a blob is added. Once it
 * is over there is no chunk any more, and at and end delimit a few bytes that nobody reads. So the functions below go
 * on without asking; only what doesn't fit there is left out by reply_raw().
 *
 * The chunk of a hole begins at its own end until it is filled: whoever opens it as the last one finds no room in it.
 */
#include "resp/reply.h"

#include "base/blob.h"
#include "base/bytes.h"
#include "base/memory.h"
#include "base/number.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define HEADER_MAX (1 + NUMBER_I64_MAX_LEN + 2) /* "*123\r\n" */
#define CLOSED_MAX 1024                         /* bytes from a hole on that are moved to the chunk before it */
#define DROPPED 64                              /* bytes that are dropped at a time */
#define CHUNK_DATA (OUTPUT_CHUNK_SIZE - sizeof(struct output_chunk))
_Static_assert(HEADER_MAX <= DROPPED, "what is written without asking fits");

static void reply_open_chunk(struct reply *reply, struct output_chunk *chunk)
{
    reply->chunk = chunk;
    reply->at = (char *)chunk->start + chunk->len;
    reply->end = chunk->data + chunk->capacity;
}

static void reply_leave_chunk(struct reply *reply)
{
    struct output_chunk *chunk = reply->chunk;
    if (!chunk) /* after a blob or a hole, or over the limit */
        return;
    size_t len = (size_t)(reply->at - chunk->start);
    reply->output->bytes += len - chunk->len;
    chunk->len = len;
    reply->chunk = NULL;
    reply->at = reply->end = NULL;
}

static bool chunk_is_writable(const struct output_chunk *chunk)
{
    return chunk && !chunk->blob && chunk->capacity > 0;
}

void reply_begin(struct reply *reply, struct output *output, uint8_t resp)
{
    *reply = (struct reply){.output = output, .resp = resp, .copy_limit = REPLY_COPY_LIMIT};
    struct output_chunk *tail = output->tail;
    if (chunk_is_writable(tail))
        reply_open_chunk(reply, tail);
}

void reply_end(struct reply *reply)
{
    reply_leave_chunk(reply);
}

void reply_resume(struct reply *reply)
{
    struct output_chunk *tail = reply->output->tail;
    if (!reply->over && chunk_is_writable(tail))
        reply_open_chunk(reply, tail);
}

/* From here on what is written is dropped: DROPPED bytes at a time. */
static void reply_drop(struct reply *reply)
{
    static __thread char dropped[DROPPED];
    reply->at = dropped;
    reply->end = dropped + sizeof dropped;
}

static void reply_set_over(struct reply *reply)
{
    reply->over = true;
    if (reply->on_over)
        reply->on_over(reply);
}

/* Whether size more bytes would be too much, or were before. Between chunks. */
static bool reply_goes_over(struct reply *reply, size_t copied, size_t lent)
{
    const struct output *output = reply->output;
    if (reply->over)
        return true;
    size_t memory = output->memory + copied + lent, copies = output->memory - output->lent + copied;
    bool fits = (reply->limit == 0 || memory < reply->limit) && copies <= reply->copy_limit;
    if (fits || memory <= CHUNK_DATA) /* one common chunk doesn't count, as Redis's fixed buffer doesn't */
        return false;
    reply_set_over(reply);
    return true;
}

/* Makes room for size bytes, or, over the limit, for no more than DROPPED. */
static __attribute__((noinline)) void reply_next_chunk(struct reply *reply, size_t size)
{
    reply_leave_chunk(reply);
    bool may_go_over = reply->over || reply->output->memory + size > CHUNK_DATA;
    if (__builtin_expect(may_go_over, 0) && reply_goes_over(reply, size, 0))
        reply_drop(reply);
    else
        reply_open_chunk(reply, output_add_chunk(reply->output, size));
}

/* Makes sure that size bytes fit from at on. */
static inline void reply_need(struct reply *reply, size_t size)
{
    if (__builtin_expect((size_t)(reply->end - reply->at) < size, 0))
        reply_next_chunk(reply, size);
}

void reply_raw(struct reply *reply, const char *data, size_t len)
{
    size_t room = (size_t)(reply->end - reply->at), part = len < room ? len : room;
    if (part) {
        memcpy(reply->at, data, part);
        reply->at += part;
    }
    if (part < len) {
        reply_next_chunk(reply, len - part);
        if (reply_is_over(reply))
            return;
        memcpy(reply->at, data + part, len - part);
        reply->at += len - part;
    }
}

void reply_raw_blob(struct reply *reply, struct blob *blob, size_t offset, size_t len)
{
    reply_leave_chunk(reply);
    if (reply_goes_over(reply, 0, len))
        reply_drop(reply);
    else
        output_add_blob(reply->output, blob, offset, len);
}

static inline void put_crlf(struct reply *reply)
{
    reply->at[0] = '\r';
    reply->at[1] = '\n';
    reply->at += 2;
}

/* Writes a type byte, a number and the end of the line. */
static inline void reply_header(struct reply *reply, char type, int64_t value)
{
    reply_need(reply, HEADER_MAX);
    *reply->at++ = type;
    if (value >= 0 && value < 10)
        *reply->at++ = (char)('0' + value);
    else
        reply->at += number_format_i64(reply->at, value);
    put_crlf(reply);
}

/* ---- one value ---- */

void reply_ok(struct reply *reply)
{
    reply_need(reply, 5);
    memcpy(reply->at, "+OK\r\n", 5);
    reply->at += 5;
}

void reply_simple(struct reply *reply, const char *text)
{
    reply_raw(reply, "+", 1);
    reply_raw(reply, text, strlen(text));
    reply_raw(reply, "\r\n", 2);
}

void reply_int(struct reply *reply, int64_t value)
{
    reply_header(reply, ':', value);
}

void reply_bulk(struct reply *reply, const char *data, size_t len)
{
    reply_header(reply, '$', (int64_t)len);
    if (__builtin_expect((size_t)(reply->end - reply->at) >= len + 2, 1)) {
        memcpy(reply->at, data, len);
        reply->at += len;
        put_crlf(reply);
        return;
    }
    reply_raw(reply, data, len);
    reply_raw(reply, "\r\n", 2);
}

void reply_bulk_text(struct reply *reply, const char *text)
{
    reply_bulk(reply, text, strlen(text));
}

void reply_bulk_int(struct reply *reply, int64_t value)
{
    char text[NUMBER_I64_MAX_LEN];
    reply_bulk(reply, text, number_format_i64(text, value));
}

/* Calls use with the formatted text, which may be of any length. */
static void with_formatted(struct reply *reply, const char *format, va_list args,
                           void (*use)(struct reply *, const char *, size_t))
{
    char small[512];
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(small, sizeof small, format, args);
    if (len >= 0 && (size_t)len < sizeof small) {
        use(reply, small, (size_t)len);
    } else if (len >= 0) {
        char *large = mem_alloc((size_t)len + 1);
        vsnprintf(large, (size_t)len + 1, format, again);
        use(reply, large, (size_t)len);
        mem_free(large);
    }
    va_end(again);
}

void reply_bulkf(struct reply *reply, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    with_formatted(reply, format, args, reply_bulk);
    va_end(args);
}

void reply_blob(struct reply *reply, struct blob *blob, size_t offset, size_t len)
{
    reply_header(reply, '$', (int64_t)len);
    reply_raw_blob(reply, blob, offset, len);
    reply_raw(reply, "\r\n", 2);
}

void reply_null(struct reply *reply)
{
    if (reply->resp == 3)
        reply_raw(reply, "_\r\n", 3);
    else
        reply_raw(reply, "$-1\r\n", 5);
}

void reply_null_array(struct reply *reply)
{
    if (reply->resp == 3)
        reply_raw(reply, "_\r\n", 3);
    else
        reply_raw(reply, "*-1\r\n", 5);
}

/* A number's text: a bulk string for RESP2, a double for RESP3. */
static void reply_number_text(struct reply *reply, const char *text, size_t len)
{
    if (reply->resp == 2) {
        reply_bulk(reply, text, len);
        return;
    }
    reply_raw(reply, ",", 1);
    reply_raw(reply, text, len);
    reply_raw(reply, "\r\n", 2);
}

void reply_double(struct reply *reply, double value)
{
    char text[NUMBER_DOUBLE_MAX_LEN];
    reply_number_text(reply, text, number_format_double(text, value));
}

void reply_long_double(struct reply *reply, long double value)
{
    char text[NUMBER_LONG_DOUBLE_MAX_LEN];
    reply_number_text(reply, text, number_format_long_double(text, value));
}

void reply_bool(struct reply *reply, bool value)
{
    if (reply->resp == 3)
        reply_raw(reply, value ? "#t\r\n" : "#f\r\n", 4);
    else
        reply_raw(reply, value ? ":1\r\n" : ":0\r\n", 4);
}

void reply_verbatim(struct reply *reply, const char *format3, const char *data, size_t len)
{
    if (reply->resp == 2) {
        reply_bulk(reply, data, len);
        return;
    }
    reply_header(reply, '=', (int64_t)len + 4);
    reply_raw(reply, format3, 3);
    reply_raw(reply, ":", 1);
    reply_raw(reply, data, len);
    reply_raw(reply, "\r\n", 2);
}

void reply_error_bytes(struct reply *reply, const char *message, size_t len)
{
    reply_need(reply, len + 3);
    if (!reply_is_over(reply)) {
        *reply->at++ = '-';
        for (size_t i = 0; i < len; i++) /* a line break would end the reply early */
            *reply->at++ = message[i] == '\r' || message[i] == '\n' ? ' ' : message[i];
        put_crlf(reply);
    }
    reply->errors++;
    if (reply->on_error)
        reply->on_error(reply->on_error_context, message, len);
}

void reply_error(struct reply *reply, const char *message)
{
    reply_error_bytes(reply, message, strlen(message));
}

static void reply_error_trimmed(struct reply *reply, const char *message, size_t len)
{
    while (len > 0 && (message[len - 1] == '\r' || message[len - 1] == '\n'))
        len--;
    reply_error_bytes(reply, message, len);
}

void reply_errorf(struct reply *reply, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    with_formatted(reply, format, args, reply_error_trimmed);
    va_end(args);
}

/* ---- aggregates ---- */

void reply_array(struct reply *reply, size_t count)
{
    reply_header(reply, '*', (int64_t)count);
}

void reply_map(struct reply *reply, size_t pairs)
{
    if (reply->resp == 3)
        reply_header(reply, '%', (int64_t)pairs);
    else
        reply_header(reply, '*', (int64_t)(2 * pairs));
}

void reply_set(struct reply *reply, size_t count)
{
    reply_header(reply, reply->resp == 3 ? '~' : '*', (int64_t)count);
}

void reply_push(struct reply *reply, size_t count)
{
    reply_header(reply, reply->resp == 3 ? '>' : '*', (int64_t)count);
}

void reply_attribute(struct reply *reply, size_t pairs)
{
    reply_header(reply, '|', (int64_t)pairs);
}

struct reply_hole reply_defer(struct reply *reply)
{
    reply_leave_chunk(reply);
    if (reply_goes_over(reply, HEADER_MAX, 0)) {
        reply_drop(reply);
        return (struct reply_hole){NULL, NULL};
    }
    struct output_chunk *before = reply->output->tail, *chunk = output_add_small_chunk(reply->output, HEADER_MAX);
    chunk->start = chunk->data + chunk->capacity;
    return (struct reply_hole){chunk, before};
}

/*
 * Moves what was written from a hole on to the chunk before it, if that is little: each hole would else begin another
 * chunk, and a pipeline of short replies would take one of its own for each of them.
 */
static void hole_close(struct reply *reply, struct reply_hole hole)
{
    struct output_chunk *before = hole.before, *hole_chunk = hole.chunk, *body = hole_chunk->next;
    if (reply->over || !chunk_is_writable(before) || (body && (body->next || body->blob)))
        return;
    reply_leave_chunk(reply);
    char *at = (char *)before->start + before->len;
    size_t len = hole_chunk->len + (body ? body->len : 0);
    if (len <= CLOSED_MAX && len <= (size_t)(before->data + before->capacity - at)) {
        memcpy(at, hole_chunk->start, hole_chunk->len);
        if (body)
            memcpy(at + hole_chunk->len, body->start, body->len);
        before->len += len;
        reply->output->bytes += len;
        output_truncate_after(reply->output, before);
    }
    reply_resume(reply);
}

static void hole_fill(struct reply *reply, struct reply_hole hole, char type, size_t count)
{
    if (!hole.chunk)
        return;
    if (reply->chunk == hole.chunk)
        reply_leave_chunk(reply);
    char *at = hole.chunk->data;
    hole.chunk->start = at;
    *at++ = type;
    at += number_format_i64(at, (int64_t)count);
    *at++ = '\r';
    *at++ = '\n';
    hole.chunk->len = (size_t)(at - hole.chunk->data);
    reply->output->bytes += hole.chunk->len;
    hole_close(reply, hole);
}

void reply_defer_array(struct reply *reply, struct reply_hole hole, size_t count)
{
    hole_fill(reply, hole, '*', count);
}

void reply_defer_map(struct reply *reply, struct reply_hole hole, size_t pairs)
{
    if (reply->resp == 3)
        hole_fill(reply, hole, '%', pairs);
    else
        hole_fill(reply, hole, '*', 2 * pairs);
}

void reply_defer_set(struct reply *reply, struct reply_hole hole, size_t count)
{
    hole_fill(reply, hole, reply->resp == 3 ? '~' : '*', count);
}

void reply_splice(struct reply *reply, const struct reply *written)
{
    struct output *output = written->output;
    reply_leave_chunk(reply);
    if (!reply->over && written->over)
        reply_set_over(reply);
    if (reply->over || reply_goes_over(reply, output->memory - output->lent, output->lent)) {
        output_clear(output);
        reply_drop(reply);
    } else {
        output_splice(reply->output, output);
    }
}

void reply_help(struct reply *reply, const char *container, const char *const *lines, size_t count)
{
    static const char usage[] = " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n";
    reply_array(reply, count + 3);
    reply_raw(reply, "+", 1);
    reply_raw(reply, container, strlen(container));
    reply_raw(reply, usage, sizeof usage - 1);
    for (size_t i = 0; i < count; i++)
        reply_simple(reply, lines[i]);
    reply_simple(reply, "HELP");
    reply_simple(reply, "    Prints this help.");
}

/* ---- taking back ---- */

struct reply_mark reply_mark(struct reply *reply)
{
    reply->keeps = false;
    reply_leave_chunk(reply);
    struct output_chunk *tail = reply->output->tail;
    struct reply_mark mark = {tail, tail ? tail->len : 0, reply->over};
    if (!reply->over && chunk_is_writable(tail))
        reply_open_chunk(reply, tail);
    return mark;
}

void reply_keep(struct reply *reply)
{
    reply->kept = reply_mark(reply);
    reply->keeps = true;
}

void reply_rollback(struct reply *reply, struct reply_mark mark)
{
    if (reply->keeps)
        mark = reply->kept;
    reply_leave_chunk(reply);
    output_truncate_after(reply->output, mark.chunk);
    if (mark.chunk) {
        reply->output->bytes -= mark.chunk->len - mark.used;
        mark.chunk->len = mark.used;
    }
    if (mark.over)
        return;
    reply->over = false;
    reply->at = reply->end = NULL;
    if (chunk_is_writable(mark.chunk))
        reply_open_chunk(reply, mark.chunk);
}
