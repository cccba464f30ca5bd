/*
 * What can stand where the cursor is: commands, subcommands, options and enumerated arguments, from the server's
 * documentation; directives, what they can be set to, and keys, for which the server is asked (server_names.h). Other
 * values are the user's. Knows no terminal.
 */
#ifndef KVS_CLIENT_PROMPT_COMPLETION_H
#define KVS_CLIENT_PROMPT_COMPLETION_H

#include "prompt/documentation.h"
#include "prompt/server_names.h"

#include <stdbool.h>
#include <stddef.h>

struct completion {
    size_t start; /* byte of the line where the word at the cursor begins */
    char **words; /* that begin with what is typed of it, sorted; they take its place */
    size_t count;
    size_t common;   /* bytes that all words have in common: no less than what is typed; 0 without words */
    bool extends;    /* that is more than what is typed */
    bool is_partial; /* there may be others, which nobody has looked for */
};

/*
 * `cursor` is a byte in the line; what is after it doesn't matter. The words are in upper case when what is typed of
 * the word is (nothing yet: of the command), otherwise in lower case; keys are as they are. Each can be put into a line
 * as it is: a key has quotes where it needs them, or what is typed has. `names` may be NULL: the server is asked
 * nothing. Release with completion_deinit(), whatever was found.
 */
void completion_find(const struct documentation *documentation, struct server_names *names, const char *line,
                     size_t cursor, struct completion *completion_out);
void completion_deinit(struct completion *completion);

/* Whether kvs-cli answers a word itself: help, quit ... */
bool completion_knows_own_word(const char *word);

#endif
