/*
 * How replies look. One file a format: format_terminal.c and, for texts, format_sections.c; format_human.c,
 * format_raw.c, format_csv.c, format_json.c; format.c chooses. Every format but the terminal's prints what
 * redis-cli prints for the same reply; where that is not possible (types that redis-cli does not know, output that
 * no JSON parser takes) the file says so.
 *
 * Formatters only write to `out`; the caller flushes and checks it for errors. They stop soon after `out` has
 * failed, which is how a long reply can be given up.
 */
#ifndef KVS_CLIENT_OUTPUT_FORMAT_H
#define KVS_CLIENT_OUTPUT_FORMAT_H

#include "connection/reply.h"

#include <stdbool.h>
#include <stdio.h>

enum format {
    FORMAT_TERMINAL, /* for a person at a terminal: colours, text as text, each type in its own shape */
    FORMAT_HUMAN,    /* types and quotes, as redis-cli prints them on a terminal */
    FORMAT_RAW,      /* bytes as they came, for pipes */
    FORMAT_VERBATIM, /* the same, and nothing added: no line end after a reply, none between elements */
    FORMAT_CSV,
    FORMAT_JSON,        /* strings as they came, so usually UTF-8 */
    FORMAT_QUOTED_JSON, /* strings in printable ASCII */
};

enum color_choice {
    COLOR_AUTO, /* on a terminal, unless NO_COLOR is set or TERM is dumb */
    COLOR_ALWAYS,
    COLOR_NEVER,
};

struct format_style {
    enum format format;
    const char *element_delimiter; /* raw: between the elements of an aggregate */
    const char *reply_delimiter;   /* raw: after a reply */
    bool color;                    /* terminal: with colours */
    int columns;                   /* terminal: where a long line of fields may be broken; 0: nowhere */
};

/* Prints a reply and what ends it. */
void format_reply(FILE *out, const struct reply *reply, const struct format_style *style);

/* Prints a reply of a command whose text is made for reading (INFO, CLIENT LIST): as it is whatever the style,
 * except at a terminal. */
void format_reply_as_text(FILE *out, const struct reply *reply, const struct format_style *style);

/* Prints a push message that came while no subscription was asked for. */
void format_push(FILE *out, const struct reply *reply, const struct format_style *style);

/* One per format; none prints the end of the reply. */
void format_terminal(FILE *out, const struct reply *reply, bool color);
void format_human(FILE *out, const struct reply *reply);
void format_raw(FILE *out, const struct reply *reply, const char *element_delimiter);
void format_verbatim(FILE *out, const struct reply *reply);
void format_csv(FILE *out, const struct reply *reply);
void format_json(FILE *out, const struct reply *reply, bool quoted);

/* A text made for reading, with the ends of its lines. */
void format_sections(FILE *out, const char *text, size_t length, int columns, bool color);

#endif
