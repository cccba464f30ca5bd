/*
 * One line of input, typed at the prompt or read from standard input: commands of the server, and the few
 * words that kvs-cli answers itself (quit, exit, help, clear, and a leading number that repeats the rest).
 */
#ifndef KVS_CLIENT_SESSION_LINE_H
#define KVS_CLIENT_SESSION_LINE_H

#include "session/runner.h"

#include <stdbool.h>
#include <stddef.h>

enum line_result {
    LINE_DONE, /* whatever came of it has been printed */
    LINE_QUIT,
    LINE_LOST, /* no connection, and no way to a new one, or it went away in mid-command: `*code_out` says
                  which */
};

/* Runs a line that was cut into words, of which there is at least one. Takes some of them out. */
enum line_result line_run_words(struct runner *runner, struct arguments *arguments, enum exit_code *code_out);

/* ---- for the prompt, which has more words of its own ---- */

/* Takes a leading number off. False when it makes no sense. Without a number `*repeat_out` is 1. */
bool line_take_repeat(struct arguments *arguments, long *repeat_out);

/* Sends a command, and says how long it took when that was long. */
enum line_result line_run_command(struct runner *runner, const struct arguments *arguments, long repeat,
                                  enum exit_code *code_out);

#endif
