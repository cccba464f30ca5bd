/*
 * Commands from standard input, one a line, when that is no terminal. Every reply is printed as it comes. A
 * connection that is lost ends the run: what follows may depend on the command that was cut off.
 */
#ifndef KVS_CLIENT_SESSION_BATCH_H
#define KVS_CLIENT_SESSION_BATCH_H

#include "core/exit_codes.h"
#include "options.h"

enum exit_code batch_run(const struct options *options);

#endif
