/*
 * --eval: runs a script from a file with keys and arguments.
 */
#ifndef KVS_CLIENT_SESSION_EVAL_H
#define KVS_CLIENT_SESSION_EVAL_H

#include "core/exit_codes.h"
#include "options.h"

enum exit_code eval_run(const struct options *options);

#endif
