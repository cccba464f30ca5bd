/*
 * What a server sent as text on a terminal: characters are shown as they are where that can do no harm, everything
 * else as escapes. No escape sequence passes.
 *
 * Shown: printable ASCII, and where the terminal speaks UTF-8 (terminal_is_utf8()) well-formed characters that have
 * a shape of their own, with the accents on them. Escaped, byte by byte, as \xHH: control characters (those of C1
 * too), all that is no UTF-8 (overlong, surrogates, cut off), characters without a shape (directions, joiners,
 * variations, tags, unusual blanks), private and unassigned ones, and accents that have nothing to stand on or are
 * heaped up.
 *
 * Whoever writes stops early when `out` has failed.
 */
#ifndef KVS_CLIENT_OUTPUT_TEXT_H
#define KVS_CLIENT_OUTPUT_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Between double quotes, so that it can be typed again: \" \\ \n \r \t \a \b \xHH. */
void text_write_quoted(FILE *out, const char *bytes, size_t length);

/* On one line, without quotes; line feeds are escaped. */
void text_write_line(FILE *out, const char *bytes, size_t length);

/* Lines and tabs stay. Each line but the first begins after `indent` blanks; CR LF is a line end too. */
void text_write_lines(FILE *out, const char *bytes, size_t length, int indent);

/* For a message on standard error: the same line as a text of its own, which the caller frees. Where standard error is
 * no terminal, the bytes that would be escaped become '?' instead. */
char *text_copy_message(const char *bytes, size_t length);

/* The columns that the same would take, or something larger than `limit` when it is more than that. */
int text_quoted_columns(const char *bytes, size_t length, int limit);
int text_line_columns(const char *bytes, size_t length, int limit);

#endif
