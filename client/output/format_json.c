/*
 * One JSON value a reply. An error is error:"text" and doubles are as the server spells them (inf, nan too):
 * that is no JSON, but it is redis-cli's output, which scripts know.
 *
 * Two deliberate differences, because redis-cli's output there cannot be parsed by anything: a quote inside a
 * string of --quoted-json is \\\" (redis-cli: \\"), and a key that is an aggregate is a string of its values
 * in CSV. Attributes are left out.
 */
#include "core/memory.h"
#include "core/quoting.h"
#include "output/format.h"

#include <stdlib.h>

static void json_write_string(FILE *out, const char *bytes, size_t length)
{
    putc('"', out);
    for (size_t i = 0; i < length && !ferror_unlocked(out); i++) {
        unsigned char c = (unsigned char)bytes[i];
        switch (c) {
        case '\\':
            fputs("\\\\", out);
            break;
        case '"':
            fputs("\\\"", out);
            break;
        case '\n':
            fputs("\\n", out);
            break;
        case '\f':
            fputs("\\f", out);
            break;
        case '\r':
            fputs("\\r", out);
            break;
        case '\t':
            fputs("\\t", out);
            break;
        case '\b':
            fputs("\\b", out);
            break;
        default:
            if (c < ' ')
                fprintf(out, "\\u%04x", c);
            else
                putc_unlocked(c, out);
        }
    }
    putc('"', out);
}

/* The string as it would be typed, and that as a JSON string: what a parser gives back is printable ASCII. */
static void json_write_quoted(FILE *out, const struct reply *reply)
{
    char *typed;
    size_t length;
    FILE *stream = memory_stream_open(&typed, &length);
    quoting_write(stream, reply->text, reply->length);
    memory_stream_close(stream);
    json_write_string(out, typed + 1, length - 2);
    free(typed);
}

static void json_write_text(FILE *out, const struct reply *reply, bool quoted)
{
    if (quoted)
        json_write_quoted(out, reply);
    else
        json_write_string(out, reply->text, reply->length);
}

/* JSON's keys are strings. A number, a boolean or a null becomes the string of its JSON. An aggregate becomes
 * the string of its CSV: with JSON inside, each level of keys in keys would double the backslashes of the one
 * below. */
static void json_write_key(FILE *out, const struct reply *key, bool quoted)
{
    if (!reply_is_aggregate(key)) {
        bool is_text = key->type == REPLY_STATUS || key->type == REPLY_ERROR || key->type == REPLY_STRING ||
                       key->type == REPLY_VERBATIM;
        if (!is_text)
            putc('"', out);
        format_json(out, key, quoted);
        if (!is_text)
            putc('"', out);
        return;
    }
    char *csv;
    size_t length;
    FILE *stream = memory_stream_open(&csv, &length);
    format_csv(stream, key);
    memory_stream_close(stream);
    json_write_string(out, csv, length);
    free(csv);
}

static void json_write_map(FILE *out, const struct reply *map, bool quoted)
{
    putc('{', out);
    for (size_t i = 0; i < map->count && !ferror_unlocked(out); i += 2) {
        if (i > 0)
            putc(',', out);
        json_write_key(out, &map->elements[i], quoted);
        putc(':', out);
        format_json(out, &map->elements[i + 1], quoted);
    }
    putc('}', out);
}

void format_json(FILE *out, const struct reply *reply, bool quoted)
{
    switch (reply->type) {
    case REPLY_NULL:
        fputs("null", out);
        break;
    case REPLY_ERROR:
        fputs("error:", out);
        json_write_text(out, reply, quoted);
        break;
    case REPLY_STATUS:
    case REPLY_STRING:
    case REPLY_VERBATIM:
        json_write_text(out, reply, quoted);
        break;
    case REPLY_DOUBLE:
    case REPLY_BIG_NUMBER:
        fwrite(reply->text, 1, reply->length, out);
        break;
    case REPLY_INTEGER:
        fprintf(out, "%lld", reply->integer);
        break;
    case REPLY_BOOLEAN:
        fputs(reply->integer ? "true" : "false", out);
        break;
    case REPLY_ARRAY:
    case REPLY_SET:
    case REPLY_PUSH:
        putc('[', out);
        for (size_t i = 0; i < reply->count && !ferror_unlocked(out); i++) {
            if (i > 0)
                putc(',', out);
            format_json(out, &reply->elements[i], quoted);
        }
        putc(']', out);
        break;
    case REPLY_MAP:
        json_write_map(out, reply, quoted);
        break;
    }
}
