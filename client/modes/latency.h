/*
 * --latency, --latency-history and --latency-dist: how long the server takes to answer PING.
 */
#ifndef KVS_CLIENT_MODES_LATENCY_H
#define KVS_CLIENT_MODES_LATENCY_H

#include "core/exit_codes.h"
#include "options.h"

enum exit_code latency_run(const struct options *options);

#endif
