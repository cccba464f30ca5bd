/*
 * A counter for each of a few threads, on a cache line of its own. Further threads share them, so counting is an atomic
 * addition, which costs little on a line that no other thread writes to. A thread may give back what another one took:
 * its counter then wraps around, and the sum comes out right.
 */
#include "base/connection_memory.h"

#include <stdatomic.h>

#define COUNTERS 16

static struct counter_line {
    _Alignas(64) atomic_size_t bytes;
} counters[COUNTERS];

static atomic_uint threads; /* that have counted */

static __thread struct counter_line *mine; /* NULL: this thread hasn't counted yet */

static inline void count(size_t bytes)
{
    if (__builtin_expect(!mine, 0))
        mine = &counters[atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) % COUNTERS];
    atomic_fetch_add_explicit(&mine->bytes, bytes, memory_order_relaxed);
}

void connection_memory_add(size_t bytes)
{
    count(bytes);
}

void connection_memory_subtract(size_t bytes)
{
    count(0 - bytes);
}

size_t connection_memory(void)
{
    size_t sum = 0;
    unsigned used = atomic_load_explicit(&threads, memory_order_relaxed);
    for (unsigned i = 0; i < COUNTERS && i < used; i++)
        sum += atomic_load_explicit(&counters[i].bytes, memory_order_relaxed);
    return (ptrdiff_t)sum > 0 ? sum : 0; /* below it where memory changes hands while this adds up */
}
