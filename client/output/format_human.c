/*
 * The format for eyes: types in brackets, strings in quotes, numbered and indented elements.
 *
 *      1) "a"              array: )   set: ~   map: #
 *      2) 1# "x" => (integer) 1
 *         2# "y" =>
 *            1) "p"        a value of several lines begins on a line of its own
 *            2) "q"
 *
 * Not in redis-cli: big numbers, and attributes, which come as a map with | before the value they belong to.
 */
#include "core/quoting.h"
#include "output/format.h"

static void human_write(FILE *out, const struct reply *reply, int indent);

static void human_new_line(FILE *out, int indent)
{
    fprintf(out, "\n%*s", indent, "");
}

static bool human_is_multiline(const struct reply *reply)
{
    for (;;) {
        if (reply->attributes)
            return true;
        if (!reply_is_aggregate(reply) || reply->count == 0)
            return false;
        size_t only = reply->type == REPLY_MAP ? 2 : 1;
        if (reply->count > only)
            return true;
        reply = &reply->elements[only - 1];
    }
}

static const char *human_empty(const struct reply *reply)
{
    switch (reply->type) {
    case REPLY_MAP:
        return "(empty hash)";
    case REPLY_SET:
        return "(empty set)";
    case REPLY_PUSH:
        return "(empty push)";
    default:
        return "(empty array)";
    }
}

/* The cursor stands after `indent` columns, where the first element begins. */
static void human_write_elements(FILE *out, const struct reply *reply, char separator, int indent)
{
    size_t width = reply->type == REPLY_MAP ? 2 : 1;
    int digits = snprintf(NULL, 0, "%zu", reply->count / width);
    int inner = indent + digits + 2;
    for (size_t i = 0; i < reply->count && !ferror_unlocked(out); i += width) {
        if (i > 0)
            human_new_line(out, indent);
        fprintf(out, "%*zu%c ", digits, i / width + 1, separator);
        human_write(out, &reply->elements[i], inner);
        if (width == 1)
            continue;
        const struct reply *value = &reply->elements[i + 1];
        fputs(" => ", out);
        if (human_is_multiline(value))
            human_new_line(out, inner);
        human_write(out, value, inner);
    }
}

static void human_write_aggregate(FILE *out, const struct reply *reply, int indent)
{
    if (reply->count == 0) {
        fputs(human_empty(reply), out);
        return;
    }
    char separator = reply->type == REPLY_SET ? '~' : reply->type == REPLY_MAP ? '#' : ')';
    human_write_elements(out, reply, separator, indent);
}

static void human_write_text(FILE *out, const char *before, const struct reply *reply)
{
    fputs(before, out);
    fwrite(reply->text, 1, reply->length, out);
}

static void human_write(FILE *out, const struct reply *reply, int indent)
{
    if (reply->attributes && reply->attributes->count > 0) {
        human_write_elements(out, reply->attributes, '|', indent);
        human_new_line(out, indent);
    }
    switch (reply->type) {
    case REPLY_NULL:
        fputs("(nil)", out);
        break;
    case REPLY_STATUS:
        human_write_text(out, "", reply);
        break;
    case REPLY_ERROR:
        human_write_text(out, "(error) ", reply);
        break;
    case REPLY_INTEGER:
        fprintf(out, "(integer) %lld", reply->integer);
        break;
    case REPLY_STRING:
        quoting_write(out, reply->text, reply->length);
        break;
    case REPLY_VERBATIM:
        human_write_text(out, "", reply);
        break;
    case REPLY_DOUBLE:
        human_write_text(out, "(double) ", reply);
        break;
    case REPLY_BIG_NUMBER:
        human_write_text(out, "(big number) ", reply);
        break;
    case REPLY_BOOLEAN:
        fputs(reply->integer ? "(true)" : "(false)", out);
        break;
    case REPLY_ARRAY:
    case REPLY_SET:
    case REPLY_PUSH:
    case REPLY_MAP:
        human_write_aggregate(out, reply, indent);
        break;
    }
}

void format_human(FILE *out, const struct reply *reply)
{
    human_write(out, reply, 0);
}
