/*
 * Buckets of histograms of latency: four per doubling, so a percentile is at most a quarter too high.
 *
 * A duration d is measured in quarters of the smallest doubling, s = d / 258 ns. Below four, s is the bucket; above, the
 * position of the highest bit gives the doubling and the two bits below it the quarter, as in log-linear histograms. With
 * 4 * 258 = 1032 every fourth bucket ends at 1032 ns << k, where Redis's histogram (two significant digits over
 * 1024 ns << k) has its bounds, which are those in replies of LATENCY HISTOGRAM. Durations beyond the last bucket count
 * in it.
 */
#ifndef KVS_RECORD_LATENCY_BUCKET_H
#define KVS_RECORD_LATENCY_BUCKET_H

#include <stdint.h>

#define LATENCY_BUCKETS 84
#define LATENCY_BUCKETS_PER_DOUBLING 4
#define LATENCY_QUARTER_NS 258
#define LATENCY_MAX_NS UINT64_C(1000000000)

static inline unsigned latency_bucket(uint64_t nanoseconds)
{
    if (nanoseconds > LATENCY_MAX_NS)
        nanoseconds = LATENCY_MAX_NS;
    uint64_t quarters = nanoseconds / LATENCY_QUARTER_NS;
    if (quarters < LATENCY_BUCKETS_PER_DOUBLING)
        return (unsigned)quarters;
    unsigned doubling = 61 - (unsigned)__builtin_clzll(quarters);
    return LATENCY_BUCKETS_PER_DOUBLING * (doubling + 1) + ((quarters >> doubling) & 3);
}

#endif
