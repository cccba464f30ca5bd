/*
 * The arguments that are still to come, as a text after a line that is being typed: " value [NX|XX] [GET] ...". A
 * command, subcommand or option that can be only one from what is typed of it is completed first: "ig GET|SET ...".
 */
#ifndef KVS_CLIENT_PROMPT_HINT_H
#define KVS_CLIENT_PROMPT_HINT_H

#include "prompt/documentation.h"

#include <stddef.h>

/* Writes the hint of a line whose end the cursor is at, cut to `size` bytes with its zero byte; an empty text when
 * there is nothing to say, or what is typed doesn't fit the command. Printable ASCII. Begins with a blank unless the
 * line ends between two words, or the hint continues the last one. */
void hint_write(const struct documentation *documentation, const char *line, size_t length, char *text, size_t size);

#endif
