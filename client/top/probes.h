/*
 * How long PING took, the last PROBES_KEPT times and since the last round, in microseconds.
 */
#ifndef KVS_CLIENT_TOP_PROBES_H
#define KVS_CLIENT_TOP_PROBES_H

#include "core/histogram.h"

#include <stddef.h>

#define PROBES_KEPT 600 /* a minute, at ten a second */

struct probes {
    size_t total;
    double values[PROBES_KEPT];
    struct histogram *round; /* in nanoseconds, since the last round */
};

struct probe_summary {
    size_t count; /* 0: the rest is unknown (NAN) */
    double p50, p99, p999, greatest;
};

void probes_init(struct probes *probes);
void probes_deinit(struct probes *probes);
void probes_add(struct probes *probes, double microseconds);

/* Of those kept, exactly. */
struct probe_summary probes_summarize(const struct probes *probes);

/* The 99th percentile since this was last asked; NAN when there were none. */
double probes_end_round(struct probes *probes);

#endif
