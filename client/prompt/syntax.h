/*
 * Arguments in the notation that people read:
 *
 *   key                    a value to give
 *   EX seconds             a token, to be typed as it stands, and its value
 *   [GET]                  may be left out
 *   LEFT|RIGHT             one of them; <...> around it where it would be unclear where they end
 *   key [key ...]          once or more
 *   <ID client-id|USER username> ...   the same, for what is too long to stand there twice
 */
#ifndef KVS_CLIENT_PROMPT_SYNTAX_H
#define KVS_CLIENT_PROMPT_SYNTAX_H

#include "prompt/documentation.h"

#include <stdio.h>

/* Writes a blank and then a whole argument: "[EX seconds|PX milliseconds]". */
void syntax_write_argument(FILE *out, const struct command_argument *argument);

/* The same of what follows its token: "seconds". Not for ARGUMENT_PURE_TOKEN. */
void syntax_write_body(FILE *out, const struct command_argument *argument);

/* The same of one that has been given and may be given again: "[key ...]". */
void syntax_write_repetition(FILE *out, const struct command_argument *argument);

/* The same of all that follows a command's name: " key value [NX|XX]"; of one with subcommands: " GET|SET". */
void syntax_write_arguments(FILE *out, const struct command_entry *entry);

/* A name in upper case. */
void syntax_write_name(FILE *out, const char *name);

#endif
