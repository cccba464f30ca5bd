/*
 * Clocks over clock_gettime(2), which the vDSO answers without a system call. The fake time is an
 * atomic on which no other data depends, so relaxed order is enough.
 */
#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

/* The time that a test has set, in milliseconds since 1970; negative: real time. */
static _Atomic int64_t fake_ms = -1;

void clock_set_fake(int64_t at_ms)
{
    atomic_store_explicit(&fake_ms, at_ms, memory_order_relaxed);
}

int64_t clock_wall_us(void)
{
    int64_t fake = atomic_load_explicit(&fake_ms, memory_order_relaxed);
    if (__builtin_expect(fake >= 0, 0))
        return fake * 1000;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_wall_ms(void)
{
    return clock_wall_us() / 1000;
}

int64_t clock_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
