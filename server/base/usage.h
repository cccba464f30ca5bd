/*
 * Usage: the bytes in live allocations, known at any moment.
 *
 * The allocator counts for each thread what it has allocated and what it has freed, in any case and whoever allocated
 * it. So the sum over all threads is exact, costs no more than reading two words of each, and needs no measurement
 * (mem_stats_read() walks the arenas). Builds with the C library's allocator count behind the names of base/memory.h.
 *
 * Bytes are those of the allocator's size classes.
 */
#ifndef KVS_BASE_USAGE_H
#define KVS_BASE_USAGE_H

#include <stdint.h>

/* A thread's own figures, private to the functions below: the allocator writes them, any thread may read them. */
struct usage_counters {
    const uint64_t *allocated, *freed;
};
extern __thread struct usage_counters usage_counters;

/* Each thread joins before it allocates much, and parts before it ends: what it leaves allocated stays counted. */
void usage_join(void);
void usage_part(void);

/* What the calling thread has allocated minus what it has freed; may be negative. 0 unless it has joined. */
static inline int64_t usage_own(void)
{
    return (int64_t)(*usage_counters.allocated - *usage_counters.freed);
}

/*
 * Bytes that all threads together have allocated and not freed. Never negative: where threads free what one has
 * allocated that didn't join, it is 0. Any thread.
 */
int64_t usage_total(void);

#endif
