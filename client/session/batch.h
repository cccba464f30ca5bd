/*
 * Commands, one on each line, from a file (-f) or from standard input when that is no terminal. Every reply is printed
 * as it comes. A connection that is lost ends the run: what follows may depend on the command that was cut off.
 *
 * Standard input is taken as redis-cli takes it: an odd line is reported on standard output, where its reply would be.
 * In a file # begins a comment, and an odd line is reported on standard error; -r runs the whole file that many times.
 * With -e, every line whose command failed is named on standard error, and the first of them decides the exit status.
 */
#ifndef KVS_CLIENT_SESSION_BATCH_H
#define KVS_CLIENT_SESSION_BATCH_H

#include "core/exit_codes.h"
#include "options/options.h"

enum exit_code batch_run(const struct options *options);

#endif
