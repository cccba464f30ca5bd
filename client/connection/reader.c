/*
 * A stack of open aggregates stands where a recursive parser would have its calls, so that parsing can stop
 * at any byte. Each level knows how many values it still lacks and the slot into which the next one goes:
 *
 *      level 0  the root: lacks one value
 *      level 1  *3 ...          slot -> its second element, itself an aggregate
 *      level 2    %1 ...        slot -> the value of its first pair
 *
 * Invariants
 * - Elements lie in place in their parent's array, and that array is only moved when a new element is begun,
 *   which is when the one before it is complete. So no pointer on the stack ever dangles.
 * - An attribute (|) is an aggregate that hangs on a slot and does not fill it: the slot stays open for the
 *   value after it.
 * - `parsed` <= `scanned` <= `filled`: what is consumed, what is known to hold no line end, what has arrived.
 *   A bulk string moves straight from the buffer to its slot and is never scanned.
 */
#include "connection/reader.h"

#include "core/memory.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define READER_CHUNK (16 * 1024)              /* the least room that reader_space() gives */
#define READER_KEEP (256 * 1024)              /* a buffer larger than this is not kept once empty */
#define READER_MAX_ELEMENTS ((1LL << 32) - 1) /* announced; the memory for them comes as they do */
#define READER_MAX_BULK (1LL << 40)           /* bytes, announced; the same holds */
#define READER_MAX_NUMBER 326                 /* characters of a length, an integer or a double */
#define READER_MAX_LINE (64 * 1024 * 1024)    /* bytes; a line does not say how long it will be */

struct level {
    struct reply *aggregate; /* NULL at the root */
    struct reply *slot;      /* begun and not yet complete, or NULL */
    size_t capacity;         /* of aggregate->elements */
    unsigned long long missing;
    bool is_attribute;
};

struct reader {
    char *buffer;
    size_t capacity;
    size_t filled;
    size_t scanned;
    size_t parsed;

    struct reply *root;
    struct level levels[READER_MAX_DEPTH + 1];
    int depth;

    bool in_bulk; /* the slot's text is being filled; it wants bulk_length bytes and a line end */
    size_t bulk_length;
    size_t bulk_capacity;

    bool bad;
    char error[128];
};

/* ---- buffer ---- */

struct reader *reader_create(void)
{
    return memory_alloc_zeroed(sizeof(struct reader));
}

void reader_destroy(struct reader *reader)
{
    if (!reader)
        return;
    reply_destroy(reader->root);
    free(reader->buffer);
    free(reader);
}

char *reader_space(struct reader *reader, size_t *size_out)
{
    size_t unread = reader->filled - reader->parsed;
    if (unread == 0 && reader->capacity > READER_KEEP) {
        free(reader->buffer);
        reader->buffer = NULL;
        reader->capacity = 0;
    } else if (reader->parsed > 0 && unread > 0) {
        memmove(reader->buffer, reader->buffer + reader->parsed, unread);
    }
    reader->scanned -= reader->parsed;
    reader->filled = unread;
    reader->parsed = 0;
    if (reader->capacity - unread < READER_CHUNK) {
        reader->capacity = (unread + READER_CHUNK) * 2;
        reader->buffer = memory_resize(reader->buffer, reader->capacity);
    }
    *size_out = reader->capacity - unread;
    return reader->buffer + unread;
}

void reader_commit(struct reader *reader, size_t size)
{
    reader->filled += size;
}

size_t reader_left_over(const struct reader *reader)
{
    return reader->filled - reader->parsed;
}

const char *reader_error(const struct reader *reader)
{
    return reader->error;
}

static enum read_status reader_fail(struct reader *reader, const char *message)
{
    reader->bad = true;
    snprintf(reader->error, sizeof reader->error, "%s", message);
    return READ_BAD;
}

/* Takes one line off the buffer. The line is borrowed until the next reader_space(). */
static bool reader_take_line(struct reader *reader, char **line_out, size_t *length_out)
{
    while (reader->scanned < reader->filled) {
        char *from = reader->buffer + reader->scanned;
        char *end = memchr(from, '\n', reader->filled - reader->scanned);
        if (!end) {
            reader->scanned = reader->filled;
            return false;
        }
        reader->scanned = (size_t)(end - reader->buffer) + 1;
        char *line = reader->buffer + reader->parsed;
        if (end == line || end[-1] != '\r')
            continue;
        *line_out = line;
        *length_out = (size_t)(end - line) - 1;
        reader->parsed = reader->scanned;
        return true;
    }
    return false;
}

/* There is no whole line yet. */
static enum read_status reader_miss_line(struct reader *reader)
{
    return reader->filled - reader->parsed <= READER_MAX_LINE ? READ_MORE
                                                              : reader_fail(reader, "A line without an end");
}

/* ---- the tree ---- */

/* The place of the value whose first line has just been read. */
static struct reply *reader_open_slot(struct reader *reader)
{
    struct level *level = &reader->levels[reader->depth];
    if (level->slot)
        return level->slot; /* an attribute was there before the value */
    if (!level->aggregate) {
        level->slot = reader->root = memory_alloc_zeroed(sizeof(struct reply));
        level->missing = 1;
        return level->slot;
    }
    struct reply *parent = level->aggregate;
    if (parent->count == level->capacity) {
        size_t grown = level->capacity ? level->capacity * 2 : 4;
        if (grown > parent->count + level->missing)
            grown = parent->count + level->missing;
        parent->elements = memory_resize(parent->elements, grown * sizeof(struct reply));
        level->capacity = grown;
    }
    level->slot = &parent->elements[parent->count++];
    memset(level->slot, 0, sizeof *level->slot);
    return level->slot;
}

/* The innermost slot has its value. Closes every aggregate that this completes; true when the root is whole.
 */
static bool reader_close_slot(struct reader *reader)
{
    for (;;) {
        struct level *level = &reader->levels[reader->depth];
        level->slot = NULL;
        if (--level->missing > 0)
            return false;
        if (reader->depth == 0)
            return true;
        reader->depth--;
        if (level->is_attribute)
            return false;
    }
}

static enum read_status reader_finish_value(struct reader *reader, struct reply **reply_out)
{
    if (!reader_close_slot(reader))
        return READ_MORE;
    *reply_out = reader->root;
    reader->root = NULL;
    return READ_DONE;
}

/* ---- values ---- */

/* The whole of `text` as a decimal number, strictly: no blanks, no plus sign except as RESP3 allows it. */
static bool parse_integer(const char *text, size_t length, long long *value_out)
{
    char number[READER_MAX_NUMBER], *end;
    if (length == 0 || length >= 24)
        return false;
    memcpy(number, text, length);
    number[length] = '\0';
    size_t sign = number[0] == '-' || number[0] == '+';
    if (number[sign] < '0' || number[sign] > '9')
        return false;
    long long value;
    int saved = errno;
    errno = 0;
    value = strtoll(number, &end, 10);
    bool fits = errno == 0;
    errno = saved;
    if (!fits || *end != '\0' || end != number + length)
        return false;
    *value_out = value;
    return true;
}

static bool is_double(const char *text, size_t length)
{
    char number[READER_MAX_NUMBER], *end;
    if (length == 0 || length >= sizeof number)
        return false;
    memcpy(number, text, length);
    number[length] = '\0';
    if (strcasecmp(number, "inf") == 0 || strcasecmp(number, "-inf") == 0)
        return true;
    if (strcasecmp(number, "nan") == 0 || strcasecmp(number, "-nan") == 0)
        return true;
    return isfinite(strtod(number, &end)) && end == number + length;
}

static bool is_big_number(const char *text, size_t length)
{
    size_t sign = length > 0 && (text[0] == '-' || text[0] == '+');
    if (length == sign)
        return false;
    for (size_t i = sign; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
    }
    return true;
}

static void reply_set_text(struct reply *reply, enum reply_type type, const char *text, size_t length)
{
    reply->type = type;
    reply->text = memory_copy_text(text, length);
    reply->length = length;
}

/* A value that its line holds entirely. NULL or what is wrong with it. */
static const char *reader_fill_line_value(struct reply *slot, char type, const char *text, size_t length)
{
    switch (type) {
    case '+':
        reply_set_text(slot, REPLY_STATUS, text, length);
        return NULL;
    case '-':
        reply_set_text(slot, REPLY_ERROR, text, length);
        return NULL;
    case ':':
        slot->type = REPLY_INTEGER;
        return parse_integer(text, length, &slot->integer) ? NULL : "Bad integer value";
    case ',':
        reply_set_text(slot, REPLY_DOUBLE, text, length);
        return is_double(text, length) ? NULL : "Bad double value";
    case '(':
        reply_set_text(slot, REPLY_BIG_NUMBER, text, length);
        return is_big_number(text, length) ? NULL : "Bad bignum value";
    case '#':
        slot->type = REPLY_BOOLEAN;
        slot->integer = length == 1 && (text[0] == 't' || text[0] == 'T');
        return length == 1 && memchr("tTfF", text[0], 4) ? NULL : "Bad bool value";
    default: /* '_' */
        slot->type = REPLY_NULL;
        return length == 0 ? NULL : "Bad nil value";
    }
}

static enum read_status reader_begin_bulk(struct reader *reader, struct reply *slot, char type, long long length,
                                          struct reply **reply_out)
{
    if (length < -1 || length > READER_MAX_BULK)
        return reader_fail(reader, "Bulk string length out of range");
    if (length == -1)
        return reader_finish_value(reader, reply_out);
    if (type == '=' && length < 4)
        return reader_fail(reader, "Verbatim string without its format");
    slot->type = type == '$' ? REPLY_STRING : type == '=' ? REPLY_VERBATIM : REPLY_ERROR;
    reader->in_bulk = true;
    reader->bulk_length = (size_t)length;
    reader->bulk_capacity = 0;
    return READ_MORE;
}

static enum read_status reader_begin_aggregate(struct reader *reader, struct reply *slot, char type, long long count,
                                               struct reply **reply_out)
{
    bool is_attribute = type == '|';
    if (count < -1 || count > READER_MAX_ELEMENTS || (count == -1 && is_attribute)) {
        return reader_fail(reader, "Multi-bulk length out of range");
    }
    if (count == -1)
        return reader_finish_value(reader, reply_out);
    if (reader->depth == READER_MAX_DEPTH)
        return reader_fail(reader, "Replies are nested too deeply");

    struct reply *aggregate = slot;
    if (is_attribute) {
        reply_destroy(slot->attributes);
        aggregate = slot->attributes = memory_alloc_zeroed(sizeof *aggregate);
    }
    aggregate->type = type == '*' ? REPLY_ARRAY : type == '~' ? REPLY_SET : type == '>' ? REPLY_PUSH : REPLY_MAP;
    if (count == 0)
        return is_attribute ? READ_MORE : reader_finish_value(reader, reply_out);
    reader->levels[++reader->depth] = (struct level){
        .aggregate = aggregate,
        .missing = (unsigned long long)count * (aggregate->type == REPLY_MAP ? 2 : 1),
        .is_attribute = is_attribute,
    };
    return READ_MORE;
}

static enum read_status reader_bad_type(struct reader *reader, char type)
{
    char message[64];
    if (type >= ' ' && type <= '~') {
        snprintf(message, sizeof message, "Protocol error, got \"%c\" as reply type byte", type);
    } else {
        snprintf(message, sizeof message, "Protocol error, got \"\\x%02x\" as reply type byte", (unsigned char)type);
    }
    return reader_fail(reader, message);
}

/* READ_MORE here means: a step was made, the reply is not whole yet. */
static enum read_status reader_parse_line(struct reader *reader, const char *line, size_t length,
                                          struct reply **reply_out)
{
    char type = length > 0 ? line[0] : '\r';
    if (!memchr("+-:,(#_$=!*~>%|", type, 15))
        return reader_bad_type(reader, type);
    line++;
    length--;
    struct reply *slot = reader_open_slot(reader);
    if (memchr("+-:,(#_", type, 7)) {
        const char *complaint = reader_fill_line_value(slot, type, line, length);
        if (complaint)
            return reader_fail(reader, complaint);
        return reader_finish_value(reader, reply_out);
    }
    bool is_bulk = memchr("$=!", type, 3);
    long long size;
    if (!parse_integer(line, length, &size)) {
        return reader_fail(reader, is_bulk ? "Bad bulk string length" : "Bad multi-bulk length");
    }
    if (is_bulk)
        return reader_begin_bulk(reader, slot, type, size, reply_out);
    return reader_begin_aggregate(reader, slot, type, size, reply_out);
}

static void bulk_reserve(struct reader *reader, struct reply *slot, size_t wanted)
{
    if (wanted < reader->bulk_capacity)
        return;
    size_t grown = reader->bulk_capacity ? reader->bulk_capacity * 2 : 64;
    if (grown > reader->bulk_length + 1)
        grown = reader->bulk_length + 1;
    if (grown < wanted + 1)
        grown = wanted + 1;
    slot->text = memory_resize(slot->text, grown);
    reader->bulk_capacity = grown;
}

static enum read_status reader_continue_bulk(struct reader *reader, struct reply **reply_out)
{
    struct reply *slot = reader->levels[reader->depth].slot;
    assert(slot); /* a bulk has one from its first line on */
    size_t arrived = reader->filled - reader->parsed;
    size_t take = reader->bulk_length - slot->length;
    if (take > arrived)
        take = arrived;
    bulk_reserve(reader, slot, slot->length + take);
    if (take > 0)
        memcpy(slot->text + slot->length, reader->buffer + reader->parsed, take);
    slot->length += take;
    slot->text[slot->length] = '\0';
    reader->parsed += take;
    reader->scanned = reader->parsed;
    if (slot->length < reader->bulk_length || arrived - take < 2)
        return READ_MORE;

    if (memcmp(reader->buffer + reader->parsed, "\r\n", 2) != 0) {
        return reader_fail(reader, "Bulk string without its line end");
    }
    reader->parsed += 2;
    reader->scanned = reader->parsed;
    reader->in_bulk = false;
    if (slot->type == REPLY_VERBATIM) {
        if (slot->text[3] != ':')
            return reader_fail(reader, "Verbatim string without its format");
        slot->length -= 4;
        memmove(slot->text, slot->text + 4, slot->length + 1);
    }
    return reader_finish_value(reader, reply_out);
}

enum read_status reader_next(struct reader *reader, struct reply **reply_out)
{
    for (;;) {
        enum read_status status;
        if (reader->bad)
            return READ_BAD;
        if (reader->in_bulk) {
            status = reader_continue_bulk(reader, reply_out);
            if (status == READ_MORE && reader->in_bulk)
                return READ_MORE;
        } else {
            char *line;
            size_t length;
            if (!reader_take_line(reader, &line, &length))
                return reader_miss_line(reader);
            status = reader_parse_line(reader, line, length, reply_out);
        }
        if (status != READ_MORE)
            return status;
    }
}
