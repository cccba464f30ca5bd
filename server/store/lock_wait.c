#include "store/lock_wait.h"

#include "base/clock.h"
#include "base/gate.h"

#include <stdint.h>
#include <time.h>

#define LOOK_UP_NS 1000000   /* who waits looks up so often */
#define STAND_BACK_NS 100000 /* between two looks at a claim */

/* ThreadSanitizer doesn't see what pthread_mutex_clocklock() locks; its builds wait by the wall clock. */
#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define LOCK_BY_WALL_CLOCK
#endif
#endif

static struct timespec look_up_time(int64_t now_ns)
{
    int64_t ns = now_ns + LOOK_UP_NS;
    return (struct timespec){ns / 1000000000, ns % 1000000000};
}

static bool lock_for_a_moment(pthread_mutex_t *lock)
{
#ifdef LOCK_BY_WALL_CLOCK
    struct timespec time = look_up_time(clock_wall_us() * 1000);
    return pthread_mutex_timedlock(lock, &time) == 0;
#else
    struct timespec time = look_up_time(clock_monotonic_ns());
    return pthread_mutex_clocklock(lock, CLOCK_MONOTONIC, &time) == 0;
#endif
}

bool lock_unless_long(pthread_mutex_t *lock, bool *same)
{
    bool locked = false, given_up = false;
    struct gate_absence absence = gate_step_out();
    while (!locked && !given_up) {
        given_up = absence.member && (gate_has_stays(absence.member) || gate_has_claim(absence.member));
        locked = !given_up && lock_for_a_moment(lock);
    }
    *same &= gate_step_in(absence);
    return locked;
}

void lock_wait_stand_back(void)
{
    if (!gate_current() || !gate_has_claim(gate_current()))
        return;
    struct gate_absence absence = gate_step_out();
    nanosleep(&(struct timespec){.tv_nsec = STAND_BACK_NS}, NULL);
    gate_step_in(absence);
}
