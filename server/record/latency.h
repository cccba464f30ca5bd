/*
 * The latency monitor: what took longer than latency-monitor-threshold, by kind of event.
 *
 * Every event keeps its last LATENCY_SAMPLES spikes, at most one a second, and the worst of all time.
 * Events are few and come into being when they first happen: "command", "fast-command", "expire-cycle",
 * "eviction-cycle" ... All functions may be called by any thread; a lock of the module's own guards the
 * samples, and nothing is taken under it.
 */
#ifndef KVS_RECORD_LATENCY_H
#define KVS_RECORD_LATENCY_H

#include <stdint.h>

#define LATENCY_SAMPLES 160

/* Notes that event, a string that lives forever, took ms milliseconds. */
void latency_add(const char *name, int64_t ms);

/* The same if ms reaches the threshold; a threshold of 0 means that nothing is watched. */
static inline void latency_add_if_needed(int64_t threshold_ms, const char *event, int64_t ms)
{
    if (__builtin_expect(threshold_ms > 0 && ms >= threshold_ms, 0))
        latency_add(event, ms);
}

#endif
