/*
 * --latency, --latency-history and --latency-dist: how long the server takes to answer PING, asked every ten
 * milliseconds.
 *
 * A person sees a line that is written anew, or one kept for each interval (-i), with percentiles. Everybody else gets
 * redis-cli's "least greatest average samples", in milliseconds: one line after one interval for --latency; for
 * --latency-history a line for each interval, to which the median and the 99th percentile are added. -r limits the
 * lines.
 */
#ifndef KVS_CLIENT_MODES_LATENCY_H
#define KVS_CLIENT_MODES_LATENCY_H

#include "core/exit_codes.h"
#include "options/options.h"

enum exit_code latency_run(const struct options *options);

#endif
