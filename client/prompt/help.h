/*
 * HELP at the prompt: of kvs-cli itself, of a command (HELP SET, HELP CONFIG GET), of a group (HELP @string).
 */
#ifndef KVS_CLIENT_PROMPT_HELP_H
#define KVS_CLIENT_PROMPT_HELP_H

#include "core/quoting.h"
#include "prompt/documentation.h"

#include <stdbool.h>
#include <stdio.h>

/* `arguments` begins with the word help. */
void help_print(FILE *out, const struct documentation *documentation, const struct arguments *arguments, bool color);

#endif
