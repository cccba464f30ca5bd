#include "core/monotonic.h"

#include <time.h>

uint64_t monotonic_nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

double monotonic_seconds(void)
{
    return (double)monotonic_nanoseconds() / 1e9;
}
