/*
 * The format for pipes: the bytes of each value and nothing around them. An error has a line end of its own,
 * and a map's key and value stand on one line. Attributes are left out: a program did not ask for them.
 */
#include "output/format.h"

void format_raw(FILE *out, const struct reply *reply, const char *element_delimiter)
{
    size_t width = reply->type == REPLY_MAP ? 2 : 1;
    switch (reply->type) {
    case REPLY_NULL:
        break;
    case REPLY_ERROR:
        fwrite(reply->text, 1, reply->length, out);
        putc('\n', out);
        break;
    case REPLY_STATUS:
    case REPLY_STRING:
    case REPLY_VERBATIM:
    case REPLY_DOUBLE:
    case REPLY_BIG_NUMBER:
        fwrite(reply->text, 1, reply->length, out);
        break;
    case REPLY_INTEGER:
        fprintf(out, "%lld", reply->integer);
        break;
    case REPLY_BOOLEAN:
        fputs(reply->integer ? "(true)" : "(false)", out);
        break;
    case REPLY_ARRAY:
    case REPLY_SET:
    case REPLY_PUSH:
    case REPLY_MAP:
        for (size_t i = 0; i < reply->count; i++) {
            if (i > 0)
                fputs(i % width == 0 ? element_delimiter : " ", out);
            format_raw(out, &reply->elements[i], element_delimiter);
        }
        break;
    }
}
