/*
 * What can stand where the cursor is: commands, subcommands, options and enumerated arguments, from the server's
 * documentation. Knows no terminal.
 */
#ifndef KVS_CLIENT_PROMPT_COMPLETION_H
#define KVS_CLIENT_PROMPT_COMPLETION_H

#include "prompt/documentation.h"

#include <stddef.h>

struct completion {
    size_t start; /* byte of the line where the word at the cursor begins */
    char **words; /* that fit what is typed of it, sorted, in the case that is typed */
    size_t count;
    size_t common; /* bytes that all words have in common; no less than what is typed */
};

/* `cursor` is a byte in the line. Release with completion_deinit(), whatever was found. */
void completion_find(const struct documentation *documentation, const char *line, size_t cursor,
                     struct completion *completion_out);
void completion_deinit(struct completion *completion);

#endif
