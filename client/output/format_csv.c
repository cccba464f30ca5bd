/*
 * One line of comma-separated values a reply; nested aggregates and maps become one flat list. Strings are
 * quoted with backslashes, as redis-cli does, not with doubled quotes. Attributes are left out.
 */
#include "core/quoting.h"
#include "output/format.h"

void format_csv(FILE *out, const struct reply *reply)
{
    switch (reply->type) {
    case REPLY_NULL:
        fputs("NULL", out);
        break;
    case REPLY_ERROR:
        fputs("ERROR,", out);
        quoting_write(out, reply->text, reply->length);
        break;
    case REPLY_STATUS:
    case REPLY_STRING:
    case REPLY_VERBATIM:
        quoting_write(out, reply->text, reply->length);
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
    case REPLY_MAP:
        for (size_t i = 0; i < reply->count && !ferror_unlocked(out); i++) {
            if (i > 0)
                putc(',', out);
            format_csv(out, &reply->elements[i]);
        }
        break;
    }
}
