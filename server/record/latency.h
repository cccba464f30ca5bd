/*
 * The latency monitor: what took longer than latency-monitor-threshold, by kind of event.
 *
 * Every event keeps its last LATENCY_SAMPLES spikes, at most one a second, and the worst of all time.
 * Events are few and come into being when they first happen: "command", "fast-command", "expire-cycle",
 * "eviction-cycle" ... All functions may be called by any thread; a lock of the module's own guards the
 * samples, and nothing is taken under it. Readers get copies.
 */
#ifndef KVS_RECORD_LATENCY_H
#define KVS_RECORD_LATENCY_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LATENCY_SAMPLES 160

struct latency_sample {
    int64_t time_s; /* wall */
    int64_t ms;
};

struct latency_event {
    const char *name; /* lives forever */
    int64_t worst_ms;
    unsigned count;                                 /* of samples: at least one */
    struct latency_sample samples[LATENCY_SAMPLES]; /* from the oldest to the newest */
};

/* Notes that event, a string that lives forever, took ms milliseconds. */
void latency_add(const char *name, int64_t ms);

/* The same if ms reaches the threshold; a threshold of 0 means that nothing is watched. */
static inline void latency_add_if_needed(int64_t threshold_ms, const char *event, int64_t ms)
{
    if (__builtin_expect(threshold_ms > 0 && ms >= threshold_ms, 0))
        latency_add(event, ms);
}

/* The event of exactly that name; false if there is none. */
bool latency_find(const char *name, size_t len, struct latency_event *event_out);

/* All events, in the order in which they first happened. Returns their number; the array is the caller's (mem_free()). */
unsigned latency_events(struct latency_event **events_out);

/* Forgets the event of that name in any case, or all with name NULL. Returns how many. */
int64_t latency_forget(const struct arg *name);

#endif
