/*
 * The format for a person at a terminal: the layout of format_human.c with colours by type, UTF-8 as text, nothing
 * raw that could do harm (text.h), and a sign for each kind of aggregate:
 *
 *      1) "a"               array: )   set: ~   push: >   map: #   attributes, before their value: |
 *      2) 1# "b"    => 1    values of a map stand below each other, unless their keys are long
 *         2# "cdef" =>
 *            1) "p"         a value of several lines begins on a line of its own
 *            2) "q"
 *
 * Nesting indents up to INDENT_MAX columns and no further, however deep it goes.
 */
#include "output/colors.h"
#include "output/format.h"
#include "output/text.h"

#include <string.h>

#define INDENT_MAX 64
#define KEY_MAX 32 /* columns; longer keys are not waited for */

struct printer {
    FILE *out;
    bool color;
};

static void print_value(const struct printer *printer, const struct reply *reply, enum color_role text_role,
                        int indent);

static void print_word(const struct printer *printer, enum color_role role, const char *word)
{
    color_begin(printer->out, role, printer->color);
    fputs_unlocked(word, printer->out);
    color_end(printer->out, role, printer->color);
}

static void new_line(const struct printer *printer, int indent)
{
    fprintf(printer->out, "\n%*s", indent, "");
}

static bool is_multiline(const struct reply *reply)
{
    for (;;) {
        if (reply->attributes && reply->attributes->count > 0)
            return true;
        if (!reply_is_aggregate(reply) || reply->count == 0)
            return reply->type == REPLY_VERBATIM && memchr(reply->text, '\n', reply->length);
        size_t only = reply->type == REPLY_MAP ? 2 : 1;
        if (reply->count > only)
            return true;
        reply = &reply->elements[only - 1];
    }
}

/* ---- aggregates ---- */

/* The columns of a key, as print_value() writes it; more than KEY_MAX for one that is not to be aligned. */
static int key_columns(const struct reply *key)
{
    if (key->attributes)
        return KEY_MAX + 1;
    switch (key->type) {
    case REPLY_STRING:
        return text_quoted_columns(key->text, key->length, KEY_MAX);
    case REPLY_STATUS:
        return text_line_columns(key->text, key->length, KEY_MAX);
    case REPLY_INTEGER:
        return snprintf(NULL, 0, "(integer) %lld", key->integer);
    default:
        return KEY_MAX + 1;
    }
}

static int longest_key(const struct printer *printer, const struct reply *map)
{
    int longest = 0;
    for (size_t i = 0; i < map->count && !ferror_unlocked(printer->out); i += 2) {
        int columns = key_columns(&map->elements[i]);
        if (columns <= KEY_MAX && columns > longest)
            longest = columns;
    }
    return longest;
}

static void print_pair(const struct printer *printer, const struct reply *pair, int longest, int indent)
{
    const struct reply *value = &pair[1];
    print_value(printer, &pair[0], ROLE_KEY, indent);
    int missing = longest - key_columns(&pair[0]);
    if (is_multiline(value)) {
        print_word(printer, ROLE_FAINT, " =>");
        new_line(printer, indent);
    } else {
        fprintf(printer->out, "%*s", missing > 0 ? missing : 0, "");
        print_word(printer, ROLE_FAINT, " => ");
    }
    print_value(printer, value, ROLE_STRING, indent);
}

/* The cursor stands after `indent` columns, where the first element begins. */
static void print_elements(const struct printer *printer, const struct reply *reply, char sign, int indent)
{
    bool is_map = reply->type == REPLY_MAP;
    size_t width = is_map ? 2 : 1;
    int digits = snprintf(NULL, 0, "%zu", reply->count / width), inner = indent + digits + 2;
    int longest = is_map ? longest_key(printer, reply) : 0;
    if (inner > INDENT_MAX)
        inner = INDENT_MAX;
    for (size_t i = 0; i < reply->count && !ferror_unlocked(printer->out); i += width) {
        if (i > 0)
            new_line(printer, indent);
        color_begin(printer->out, ROLE_FAINT, printer->color);
        fprintf(printer->out, "%*zu%c", digits, i / width + 1, sign);
        color_end(printer->out, ROLE_FAINT, printer->color);
        putc_unlocked(' ', printer->out);
        if (is_map)
            print_pair(printer, &reply->elements[i], longest, inner);
        else
            print_value(printer, &reply->elements[i], ROLE_STRING, inner);
    }
}

static void print_aggregate(const struct printer *printer, const struct reply *reply, int indent)
{
    static const char signs[] = {[REPLY_ARRAY] = ')', [REPLY_SET] = '~', [REPLY_PUSH] = '>', [REPLY_MAP] = '#'};
    static const char *const empty[] = {
        [REPLY_ARRAY] = "(empty array)",
        [REPLY_SET] = "(empty set)",
        [REPLY_PUSH] = "(empty push)",
        [REPLY_MAP] = "(empty hash)",
    };
    if (reply->count == 0)
        print_word(printer, ROLE_FAINT, empty[reply->type]);
    else
        print_elements(printer, reply, signs[reply->type], indent);
}

/* ---- values ---- */

static void print_text(const struct printer *printer, enum color_role role, const struct reply *reply,
                       void (*write)(FILE *, const char *, size_t))
{
    color_begin(printer->out, role, printer->color);
    write(printer->out, reply->text, reply->length);
    color_end(printer->out, role, printer->color);
}

static void print_verbatim(const struct printer *printer, enum color_role role, const struct reply *reply, int indent)
{
    color_begin(printer->out, role, printer->color);
    text_write_lines(printer->out, reply->text, reply->length, indent);
    color_end(printer->out, role, printer->color);
}

static void print_number(const struct printer *printer, const char *kind, const struct reply *reply)
{
    print_word(printer, ROLE_FAINT, kind);
    color_begin(printer->out, ROLE_NUMBER, printer->color);
    if (reply->type == REPLY_INTEGER)
        fprintf(printer->out, "%lld", reply->integer);
    else
        text_write_line(printer->out, reply->text, reply->length);
    color_end(printer->out, ROLE_NUMBER, printer->color);
}

/* `text_role` is for strings and the like: a key's or a value's. */
static void print_value(const struct printer *printer, const struct reply *reply, enum color_role text_role, int indent)
{
    if (reply->attributes && reply->attributes->count > 0) {
        print_elements(printer, reply->attributes, '|', indent);
        new_line(printer, indent);
    }
    switch (reply->type) {
    case REPLY_NULL:
        print_word(printer, ROLE_FAINT, "(nil)");
        break;
    case REPLY_STATUS:
        print_text(printer, text_role == ROLE_KEY ? ROLE_KEY : ROLE_PLAIN, reply, text_write_line);
        break;
    case REPLY_ERROR:
        color_begin(printer->out, ROLE_ERROR, printer->color);
        fputs_unlocked("(error) ", printer->out);
        print_text(printer, ROLE_PLAIN, reply, text_write_line);
        color_end(printer->out, ROLE_ERROR, printer->color);
        break;
    case REPLY_STRING:
        print_text(printer, text_role, reply, text_write_quoted);
        break;
    case REPLY_VERBATIM:
        print_verbatim(printer, text_role, reply, indent);
        break;
    case REPLY_INTEGER:
        print_number(printer, "(integer) ", reply);
        break;
    case REPLY_DOUBLE:
        print_number(printer, "(double) ", reply);
        break;
    case REPLY_BIG_NUMBER:
        print_number(printer, "(big number) ", reply);
        break;
    case REPLY_BOOLEAN:
        print_word(printer, ROLE_NUMBER, reply->integer ? "(true)" : "(false)");
        break;
    case REPLY_ARRAY:
    case REPLY_SET:
    case REPLY_PUSH:
    case REPLY_MAP:
        print_aggregate(printer, reply, indent);
        break;
    }
}

void format_terminal(FILE *out, const struct reply *reply, bool color)
{
    const struct printer printer = {.out = out, .color = color};
    print_value(&printer, reply, ROLE_STRING, 0);
}
