/*
 * The command of the command line (its words: command_words.h), or one that was made from it.
 */
#ifndef KVS_CLIENT_SESSION_ONE_SHOT_H
#define KVS_CLIENT_SESSION_ONE_SHOT_H

#include "core/exit_codes.h"
#include "core/quoting.h"
#include "options/options.h"

enum exit_code one_shot_run(const struct options *options);

/* The same for a command that is given: connects, and runs it as often as -r says. */
enum exit_code one_shot_run_command(const struct options *options, const struct arguments *command);

#endif
