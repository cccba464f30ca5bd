#include "output/format.h"

#include <string.h>

void format_reply(FILE *out, const struct reply *reply, const struct format_style *style)
{
    switch (style->format) {
    case FORMAT_TERMINAL:
    case FORMAT_HUMAN:
        format_human(out, reply);
        break;
    case FORMAT_VERBATIM:
        format_raw(out, reply, "");
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
    format_raw(out, reply, style->element_delimiter);
}

/* An invalidation of client-side caching: "invalidate" and an array of keys (null for "everything"). */
static bool is_invalidation(const struct reply *reply)
{
    return reply->type == REPLY_PUSH && reply->count == 2 && reply->elements[0].type == REPLY_STRING &&
           strcmp(reply->elements[0].text, "invalidate") == 0 && reply->elements[1].type == REPLY_ARRAY;
}

void format_push(FILE *out, const struct reply *reply, const struct format_style *style)
{
    if ((style->format != FORMAT_HUMAN && style->format != FORMAT_TERMINAL) || !is_invalidation(reply)) {
        format_reply(out, reply, style);
        return;
    }
    const struct reply *keys = &reply->elements[1];
    fputs("-> invalidate: ", out);
    for (size_t i = 0; i < keys->count; i++) {
        if (i > 0)
            fputs(", ", out);
        putc('\'', out);
        format_raw(out, &keys->elements[i], " ");
        putc('\'', out);
    }
    putc('\n', out);
}
