#include "output/format.h"

#include "output/text.h"

#include <string.h>

void format_reply(FILE *out, const struct reply *reply, const struct format_style *style)
{
    switch (style->format) {
    case FORMAT_TERMINAL:
        format_terminal(out, reply, style->color);
        break;
    case FORMAT_HUMAN:
        format_human(out, reply);
        break;
    case FORMAT_VERBATIM:
        format_verbatim(out, reply);
        return;
    case FORMAT_RAW:
        format_raw(out, reply, style->element_delimiter);
        fputs(style->reply_delimiter, out);
        return;
    case FORMAT_CSV:
        format_csv(out, reply);
        break;
    case FORMAT_JSON:
        format_json(out, reply, false);
        break;
    case FORMAT_QUOTED_JSON:
        format_json(out, reply, true);
        break;
    }
    putc('\n', out);
}

void format_reply_as_text(FILE *out, const struct reply *reply, const struct format_style *style)
{
    if (style->format == FORMAT_VERBATIM) {
        format_verbatim(out, reply);
    } else if (style->format != FORMAT_TERMINAL) {
        format_raw(out, reply, style->element_delimiter);
    } else if (reply->type == REPLY_STRING || reply->type == REPLY_VERBATIM) {
        format_sections(out, reply->text, reply->length, style->columns, style->color);
    } else {
        format_reply(out, reply, style);
    }
}

/* An invalidation of client-side caching: "invalidate" and an array of keys (null for "everything"). */
static bool is_invalidation(const struct reply *reply)
{
    return reply->type == REPLY_PUSH && reply->count == 2 && reply->elements[0].type == REPLY_STRING &&
           strcmp(reply->elements[0].text, "invalidate") == 0 && reply->elements[1].type == REPLY_ARRAY;
}

static void write_invalidated_key(FILE *out, const struct reply *key, const struct format_style *style)
{
    if (style->format == FORMAT_TERMINAL) {
        format_terminal(out, key, style->color);
        return;
    }
    putc('\'', out);
    format_raw(out, key, " ");
    putc('\'', out);
}

void format_push(FILE *out, const struct reply *reply, const struct format_style *style)
{
    if ((style->format != FORMAT_HUMAN && style->format != FORMAT_TERMINAL) || !is_invalidation(reply)) {
        format_reply(out, reply, style);
        return;
    }
    const struct reply *keys = &reply->elements[1];
    fputs("-> invalidate: ", out);
    for (size_t i = 0; i < keys->count && !ferror(out); i++) {
        if (i > 0)
            fputs(", ", out);
        write_invalidated_key(out, &keys->elements[i], style);
    }
    putc('\n', out);
}
