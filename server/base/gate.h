/*
 * The gate: stopping the world.
 *
 * Threads that touch shared state are inside the gate while they work and outside while they sleep.
 * Going in and out costs one uncontended atomic exchange each. A thread that needs everything at rest
 * (FLUSHALL, SWAPDB, CONFIG SET, CLIENT LIST, a snapshot's start) closes the gate: it waits until all
 * others are out, and until it opens again nobody comes in. So it may read and change all keys and all
 * connections without any lock.
 *
 * Rounds inside are short (one event loop round), and so is the wait. Inside, nobody waits for anything that somebody
 * who closes the gate may hold: for that, a thread steps out (gate_step_out).
 *
 * One gate a process would do, but tests want their own. A thread is inside one at a time.
 */
#ifndef KVS_BASE_GATE_H
#define KVS_BASE_GATE_H

#include <stdbool.h>
#include <stdint.h>

struct gate;
struct gate_member;

struct gate *gate_create(void);
void gate_destroy(struct gate *gate); /* all members have left */

/* Each thread that will enter has a membership of its own. */
struct gate_member *gate_join(struct gate *gate);
void gate_part(struct gate_member *member); /* from outside */

void gate_enter(struct gate_member *member);
void gate_leave(struct gate_member *member);
bool gate_is_inside(const struct gate_member *member);

/* The membership with which the calling thread is inside, NULL outside. */
struct gate_member *gate_current(void);

/*
 * Closes the gate for everybody else and waits until they are out. The caller is inside and remains so; between the
 * call and its return others may have run alone, so what it knew of shared state may have changed. gate_open() ends
 * it.
 */
void gate_close(struct gate_member *member);
void gate_open(struct gate_member *member);

/*
 * The same unless somebody else is closing the gate or has closed it: then false, at once. When it returns true, nobody
 * has run alone in between. For a caller that can't let others look at what it is in the middle of.
 */
bool gate_try_close(struct gate_member *member);

/* private: the calling thread has closed the gate */
extern __thread bool gate_closed_here;

/* Whether the calling thread has stopped the world. */
static inline bool gate_is_mine(void)
{
    return gate_closed_here;
}

/*
 * Outside for a wait in the middle of a round. Nothing happens where the calling thread isn't inside. gate_step_in()
 * says whether the world ran on all the time; if not, what the caller knew of shared state may have changed.
 */
struct gate_absence {
    struct gate_member *member;
    uint64_t closings;
};
struct gate_absence gate_step_out(void);
bool gate_step_in(struct gate_absence absence);

#endif
