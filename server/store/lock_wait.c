#include "store/lock_wait.h"

#include "base/clock.h"
#include "base/gate.h"

#include <stdint.h>
#include <time.h>

#define LOOK_UP_NS 5000000 /* who waits looks so often whether a thread stays for long */

static struct timespec look_up_time(void)
{
    int64_t ns = clock_monotonic_ns() + LOOK_UP_NS;
    return (struct timespec){ns / 1000000000, ns % 1000000000};
}

bool lock_unless_long(pthread_mutex_t *lock, bool *same)
{
    bool locked = false, given_up = false;
    struct gate_absence absence = gate_step_out();
    while (!locked && !given_up) {
        struct timespec time = look_up_time();
        given_up = absence.member && gate_has_stays(absence.member);
        locked = !given_up && pthread_mutex_clocklock(lock, CLOCK_MONOTONIC, &time) == 0;
    }
    *same &= gate_step_in(absence);
    return locked;
}
