/*
 * The arguments that are still to come, as a text behind a line that is being typed: " value [NX|XX] [GET] ...".
 */
#ifndef KVS_CLIENT_PROMPT_HINT_H
#define KVS_CLIENT_PROMPT_HINT_H

#include "prompt/documentation.h"

#include <stddef.h>

/* Writes the hint of a line whose end the cursor is at, cut to `size` bytes with its zero byte; an empty text when
 * there is nothing to say. Printable ASCII. Begins with a blank unless the line ends in one. */
void hint_write(const struct documentation *documentation, const char *line, size_t length, char *text, size_t size);

#endif
