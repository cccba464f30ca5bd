/*
 * The prompt: a person's conversation with a server. Lines are edited with hints and completion (editor.h), may send
 * their replies to files and programs (command_line.h), and are sent only after a question when they destroy
 * (question.h). Several lines that were pasted wait for Enter and are run one by one (paste.h).
 *
 * It survives a server that goes away, which it says as soon as it happens, and reconnects for the next command. Ctrl-C
 * ends what a command waits for; while a line is edited it drops the line, or leaves when there is none, as Ctrl-D
 * does.
 */
#ifndef KVS_CLIENT_PROMPT_PROMPT_H
#define KVS_CLIENT_PROMPT_PROMPT_H

#include "core/exit_codes.h"
#include "options/options.h"

enum exit_code prompt_run(const struct options *options);

#endif
