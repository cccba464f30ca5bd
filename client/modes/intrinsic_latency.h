/*
 * --intrinsic-latency: how long this machine keeps a program from running. Asks no server.
 */
#ifndef KVS_CLIENT_MODES_INTRINSIC_LATENCY_H
#define KVS_CLIENT_MODES_INTRINSIC_LATENCY_H

#include "core/exit_codes.h"
#include "options/options.h"

enum exit_code intrinsic_latency_run(const struct options *options);

#endif
