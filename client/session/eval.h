/*
 * --eval FILE key ... , argument ...: the command EVAL with the text of a file as its script. A word that is just a
 * comma ends the keys; without one all words are keys. The words can be quoted or come from standard input, like those
 * of a command (command_words.h).
 */
#ifndef KVS_CLIENT_SESSION_EVAL_H
#define KVS_CLIENT_SESSION_EVAL_H

#include "core/exit_codes.h"
#include "options/options.h"

enum exit_code eval_run(const struct options *options);

#endif
