/*
 * --pipe: mass insertion from standard input, at the rate that the server takes.
 */
#ifndef KVS_CLIENT_MODES_PIPE_H
#define KVS_CLIENT_MODES_PIPE_H

#include "core/exit_codes.h"
#include "options.h"

enum exit_code pipe_run(const struct options *options);

#endif
