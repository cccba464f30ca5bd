/*
 * The formats for pipes: the bytes of each value. Raw puts a delimiter between elements; an error has a line end of
 * its own, and a map's key and value stand on one line. Verbatim adds nothing at all. Attributes are left out: a
 * program did not ask for them.
 */
#include "output/format.h"

static void raw_write_scalar(FILE *out, const struct reply *reply)
{
    if (reply->type == REPLY_INTEGER)
        fprintf(out, "%lld", reply->integer);
    else if (reply->type == REPLY_BOOLEAN)
        fputs_unlocked(reply->integer ? "(true)" : "(false)", out);
    else if (reply->text)
        fwrite_unlocked(reply->text, 1, reply->length, out);
}

void format_raw(FILE *out, const struct reply *reply, const char *element_delimiter)
{
    if (!reply_is_aggregate(reply)) {
        raw_write_scalar(out, reply);
        if (reply->type == REPLY_ERROR)
            putc_unlocked('\n', out);
        return;
    }
    size_t width = reply->type == REPLY_MAP ? 2 : 1;
    for (size_t i = 0; i < reply->count && !ferror_unlocked(out); i++) {
        if (i > 0)
            fputs_unlocked(i % width == 0 ? element_delimiter : " ", out);
        format_raw(out, &reply->elements[i], element_delimiter);
    }
}

void format_verbatim(FILE *out, const struct reply *reply)
{
    if (!reply_is_aggregate(reply))
        raw_write_scalar(out, reply);
    for (size_t i = 0; i < reply->count && !ferror_unlocked(out); i++)
        format_verbatim(out, &reply->elements[i]);
}
