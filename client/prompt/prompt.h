/*
 * The prompt: lines edited with libedit, with a history, on a terminal. It survives a server that goes away
 * and reconnects for the next command. Ctrl-C ends what a command waits for; while a line is edited it drops
 * the line, or leaves when there is none, as Ctrl-D does.
 */
#ifndef KVS_CLIENT_PROMPT_PROMPT_H
#define KVS_CLIENT_PROMPT_PROMPT_H

#include "core/exit_codes.h"
#include "options.h"

enum exit_code prompt_run(const struct options *options);

#endif
