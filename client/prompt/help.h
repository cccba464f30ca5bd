/*
 * HELP at the prompt: of kvs-cli itself, of a command (HELP SET, HELP CONFIG GET), of a group (HELP @string). Wrapped
 * to the width of the terminal.
 */
#ifndef KVS_CLIENT_PROMPT_HELP_H
#define KVS_CLIENT_PROMPT_HELP_H

#include "core/quoting.h"
#include "prompt/documentation.h"

#include <stdbool.h>
#include <stdio.h>

/* `arguments` begins with the word help; those behind a command that is found are ignored. For what is unknown one
 * line, with the nearest that there is. `color`: syntax in bold. */
void help_print(FILE *out, const struct documentation *documentation, const struct arguments *arguments, bool color);

#endif
