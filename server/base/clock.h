/*
 * Clocks. Wall time in milliseconds decides expiry; monotonic time in nanoseconds measures.
 * Tests may shift or freeze the wall clock with clock_set_fake(). Any thread may call.
 */
#ifndef KVS_BASE_CLOCK_H
#define KVS_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_wall_ms(void);      /* since 1970 */
int64_t clock_wall_us(void);      /* since 1970 */
int64_t clock_monotonic_ns(void); /* since some fixed point */

/* Freezes the wall clock at at_ms (milliseconds since 1970); a negative value returns to real time. */
void clock_set_fake(int64_t at_ms);

#endif
