/*
 * Counters with one writer at a time: a thread that owns them, or the holder of a lock. Readers take no lock.
 *
 * They are relaxed atomics written with a plain load and store, so counting costs no locked instruction, and a reader
 * on another thread sees a value that is at most a moment old. Where several threads may write at once, this is the
 * wrong type: additions would get lost.
 */
#ifndef KVS_BASE_COUNTER_H
#define KVS_BASE_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic uint64_t relaxed_counter;

static inline uint64_t counter_get(const relaxed_counter *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static inline void counter_set(relaxed_counter *counter, uint64_t value)
{
    atomic_store_explicit(counter, value, memory_order_relaxed);
}

/* To subtract, pass (uint64_t)-n: sums wrap around. */
static inline void counter_add(relaxed_counter *counter, uint64_t n)
{
    counter_set(counter, counter_get(counter) + n);
}

#endif
