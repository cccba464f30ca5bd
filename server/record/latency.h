/*
 * The latency monitor: what took at least latency-monitor-threshold, by kind of event.
 *
 * Every event keeps its last LATENCY_SAMPLES spikes, at most one a second, and the worst of all time.
 * There are few events, and each is created when it first happens: "command", "fast-command",
 * "expire-cycle", "eviction-cycle" ... Any thread may call; the module's own lock guards the samples, and no
 * other lock is taken under it. Readers get copies.
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
    int64_t at_s;   /* monotonic, for ages */
    int64_t ms;
};

struct latency_event {
    const char *name; /* lives forever */
    int64_t worst_ms;
    unsigned count;                                 /* of samples: at least one */
    struct latency_sample samples[LATENCY_SAMPLES]; /* from the oldest to the newest */
};

/* Records that name, a string that lives forever, took ms milliseconds. */
void latency_add(const char *name, int64_t ms);

/* The same, if ms reaches the threshold; with a threshold of 0 nothing is recorded. */
static inline void latency_add_if_needed(int64_t threshold_ms, const char *event, int64_t ms)
{
    if (__builtin_expect(threshold_ms > 0 && ms >= threshold_ms, 0))
        latency_add(event, ms);
}

/* A copy of the event with exactly that name; false if there is none. */
bool latency_find(const char *name, size_t len, struct latency_event *event_out);

/* Copies of all events, in the order in which they first happened. Returns their number; the caller frees the array. */
unsigned latency_events(struct latency_event **events_out);

/* The bytes that the events occupy. */
size_t latency_bytes(void);

/* Forgets the event with that name, in any case of letters, or all events if name is NULL. Returns how many. */
int64_t latency_forget(const struct arg *name);

#endif
