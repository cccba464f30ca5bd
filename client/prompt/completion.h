/*
 * What can stand where the cursor is: commands, subcommands, options and enumerated arguments, from the server's
 * documentation. Keys and values are the user's. Knows no terminal.
 */
#ifndef KVS_CLIENT_PROMPT_COMPLETION_H
#define KVS_CLIENT_PROMPT_COMPLETION_H

#include "prompt/documentation.h"

#include <stdbool.h>
#include <stddef.h>

struct completion {
    size_t start; /* byte of the line where the word at the cursor begins */
    char **words; /* that begin with what is typed of it, sorted; they take its place */
    size_t count;
    size_t common; /* bytes that all words have in common: no less than what is typed; 0 without words */
};

/*
 * `cursor` is a byte in the line; what is after it doesn't matter. The words are in upper case when what is typed of
 * the word is (nothing yet: of the command), otherwise in lower case. Each can be put into a line as it is, without
 * quotes. Release with completion_deinit(), whatever was found.
 */
void completion_find(const struct documentation *documentation, const char *line, size_t cursor,
                     struct completion *completion_out);
void completion_deinit(struct completion *completion);

/* Whether kvs-cli answers a word itself: help, quit ... */
bool completion_knows_own_word(const char *word);

#endif
