/*
 * Clocks. Wall time is what people read and what decides a key's expiry; it jumps when the machine's clock is set.
 * Monotonic time measures how long something takes or has lasted. Any thread may call.
 *
 * Tests may freeze the clocks, or set the wall clock as an administrator would.
 */
#ifndef KVS_BASE_CLOCK_H
#define KVS_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_wall_ms(void);      /* since 1970 */
int64_t clock_wall_us(void);      /* since 1970 */
int64_t clock_monotonic_ns(void); /* since some fixed point */
int64_t clock_monotonic_ms(void); /* since the same point */

/* Monotonic seconds for what is kept of a key's use: cheaper, and up to 10 ms behind. */
uint32_t clock_monotonic_s(void);

/* ---- for tests ---- */

/*
 * Freezes the clocks of milliseconds, wall and monotonic, at at_ms; a negative value returns to real time. The clock of
 * nanoseconds goes on.
 */
void clock_set_fake(int64_t at_ms);

/* The wall clock is so many milliseconds ahead of the machine's, or behind; 0: right. */
void clock_shift_wall(int64_t by_ms);

#endif
