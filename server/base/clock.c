/*
 * Clocks over clock_gettime(2), which the vDSO answers without a system call. What a test has set are atomics on which
 * no other data depends, so relaxed order is enough.
 */
#include "base/clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

static atomic_bool altered;           /* whether one of these is in use */
static _Atomic int64_t fake_ms = -1;  /* negative: real time */
static _Atomic int64_t wall_shift_ms; /* of real time */

static void note_altered(void)
{
    atomic_store_explicit(&altered, fake_ms >= 0 || wall_shift_ms != 0, memory_order_relaxed);
}

void clock_set_fake(int64_t at_ms)
{
    atomic_store_explicit(&fake_ms, at_ms, memory_order_relaxed);
    note_altered();
}

void clock_shift_wall(int64_t by_ms)
{
    atomic_store_explicit(&wall_shift_ms, by_ms, memory_order_relaxed);
    note_altered();
}

static inline bool is_altered(void)
{
    return __builtin_expect(atomic_load_explicit(&altered, memory_order_relaxed), 0);
}

int64_t clock_wall_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t real_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    if (!is_altered())
        return real_us;
    int64_t fake = atomic_load_explicit(&fake_ms, memory_order_relaxed);
    return fake >= 0 ? fake * 1000 : real_us + atomic_load_explicit(&wall_shift_ms, memory_order_relaxed) * 1000;
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

int64_t clock_monotonic_ms(void)
{
    int64_t fake = is_altered() ? atomic_load_explicit(&fake_ms, memory_order_relaxed) : -1;
    return fake >= 0 ? fake : clock_monotonic_ns() / 1000000;
}

uint32_t clock_monotonic_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint32_t)now.tv_sec;
}
