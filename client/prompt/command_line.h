/*
 * What a line typed at the prompt consists of:
 *
 *   [COUNT] COMMAND [ARGUMENT ...]                   the reply goes to the screen
 *   [COUNT] COMMAND [ARGUMENT ...] | SHELL COMMAND   into a program, which takes the rest of the line as it is
 *   [COUNT] COMMAND [ARGUMENT ...] > FILE            into a file, from its beginning
 *   [COUNT] COMMAND [ARGUMENT ...] >> FILE           after what the file holds
 *
 * Commands of the server have arguments called | and > too (XREADGROUP ... STREAMS s >), so these signs count only
 *   - as words of their own, between blanks, without quotes, after a command;
 *   - |   when something is after it; the first that has counts;
 *   - >   as the last word but one, when the last isn't > itself; not in XREADGROUP when the last is an ID.
 * Everything else stays an argument, and so does what stands in quotes.
 */
#ifndef KVS_CLIENT_PROMPT_COMMAND_LINE_H
#define KVS_CLIENT_PROMPT_COMMAND_LINE_H

#include "core/quoting.h"

#include <stdbool.h>
#include <stddef.h>

enum target { TARGET_SCREEN, TARGET_PROGRAM, TARGET_FILE, TARGET_FILE_END };

struct command_line {
    struct arguments arguments; /* with COUNT; none: an empty line */
    enum target target;
    char *target_text; /* the shell command, or the file's name; NULL for the screen */
};

/* False, and nothing to release, when quotes are not balanced: `error` says so. */
bool command_line_parse(const char *line, size_t length, struct command_line *parts_out, char *error,
                        size_t error_size);
void command_line_deinit(struct command_line *parts);

/* Whether a line may be remembered: it has words, and no password. Its quotes may be unbalanced. */
bool command_line_may_be_kept(const char *line, size_t length);

#endif
