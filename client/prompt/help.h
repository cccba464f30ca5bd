/*
 * HELP at the prompt: of kvs-cli itself, of a command (HELP SET, HELP CONFIG GET), of a group (HELP @string). Wrapped
 * to the width of the terminal.
 */
#ifndef KVS_CLIENT_PROMPT_HELP_H
#define KVS_CLIENT_PROMPT_HELP_H

#include "core/exit_codes.h"
#include "core/quoting.h"
#include "options/options.h"
#include "prompt/documentation.h"

#include <stdbool.h>
#include <stdio.h>

/* `session` may be NULL, or not connected. `arguments` begins with the word help; those after a command that is found are ignored. For what is unknown: one
 * line, with the nearest name that there is, or that kvs-server doesn't have it yet. `color`: syntax in bold. */
void help_print(FILE *out, struct session *session, const struct documentation *documentation,
                const struct arguments *arguments, bool color);

/* kvs-cli help ... on the command line: asks the server what it says of its commands, unless kvs-cli itself is asked
 * about. */
enum exit_code help_run(const struct options *options);

#endif
