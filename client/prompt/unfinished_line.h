/*
 * A line that is still being typed: the words of its command up to the cursor. The last one may be unfinished.
 */
#ifndef KVS_CLIENT_PROMPT_UNFINISHED_LINE_H
#define KVS_CLIENT_PROMPT_UNFINISHED_LINE_H

#include "core/quoting.h"

#include <stdbool.h>
#include <stddef.h>

#define UNFINISHED_LINE_MAX 4096 /* bytes; a longer one is not looked at: it was not typed */

struct unfinished_line {
    struct arguments words; /* without a leading repeat number; never none, the last one is at the cursor */
    size_t start;           /* byte of the line at which that one begins; the cursor, if it has not begun */
    bool has_begun;         /* that one has, if only with a quote */
    bool is_quoted;         /* that one has a quote, so it is a value */
};

/* Reads the line up to `cursor`. False, and nothing to release, where no word of a command can stand: after a | or >
 * of its own, after quotes that make no word, in a line that is too long. */
bool unfinished_line_read(const char *line, size_t cursor, struct unfinished_line *line_out);
void unfinished_line_deinit(struct unfinished_line *typed);

/* The word at the cursor, as far as it is typed, and its length. */
const char *unfinished_line_last(const struct unfinished_line *typed);
size_t unfinished_line_last_length(const struct unfinished_line *typed);

#endif
