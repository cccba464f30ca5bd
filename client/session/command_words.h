/*
 * The words after the options of the command line as arguments of a command: quoted or not (--quoted-input), one of
 * them perhaps from standard input (-x, -X).
 */
#ifndef KVS_CLIENT_SESSION_COMMAND_WORDS_H
#define KVS_CLIENT_SESSION_COMMAND_WORDS_H

#include "core/exit_codes.h"
#include "core/quoting.h"
#include "options/options.h"

#include <stddef.h>

/* Appends them. After anything but EXIT_CODE_OK the reason was printed; `arguments` are to be released either way. */
enum exit_code command_words_append(const struct options *options, struct arguments *arguments);

/* All that can be read from `fd`, for the caller to free. `name` is for the message when it cannot be read. */
enum exit_code command_words_read_all(int fd, const char *name, char **bytes_out, size_t *length_out);

#endif
