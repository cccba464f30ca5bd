/*
 * Time for measuring and waiting: it only goes forward.
 */
#ifndef KVS_CLIENT_CORE_MONOTONIC_H
#define KVS_CLIENT_CORE_MONOTONIC_H

#include <stdint.h>

/* Since some moment in the past, the same for both. */
double monotonic_seconds(void);
uint64_t monotonic_nanoseconds(void);

#endif
