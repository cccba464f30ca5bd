/*
 * The gate: stopping the world.
 *
 * Threads that touch shared state are inside the gate while they work and outside while they sleep.
 * Going in and out costs one uncontended atomic exchange each. A thread that needs everything at rest
 * (FLUSHALL, SWAPDB, CONFIG SET, CLIENT LIST, a snapshot's start) closes the gate: it waits until all
 * others are out, and nobody comes in until it opens the gate again. Meanwhile it may read and change all keys and
 * all connections without any lock.
 *
 * A stay inside is short (one event loop round), and so is the wait; where it isn't (one very large value), a closer
 * makes several attempts, so that the others wait for it no more than some milliseconds at a time. Inside, no thread
 * may wait for anything that the thread closing the gate may hold: it steps out first (gate_step_out).
 *
 * One gate per process would do, but tests want their own. A thread is inside at most one at a time.
 */
#ifndef KVS_BASE_GATE_H
#define KVS_BASE_GATE_H

#include <stdbool.h>
#include <stdint.h>

struct gate;
struct gate_member;

struct gate *gate_create(void);
void gate_destroy(struct gate *gate); /* after gate_part() of all members */

/* Each thread that will enter needs a membership of its own. Any thread may make one for it. */
struct gate_member *gate_join(struct gate *gate);
void gate_part(struct gate_member *member); /* ends the membership; its thread is outside */

void gate_enter(struct gate_member *member);
bool gate_try_enter(struct gate_member *member); /* false, at once: the gate is closed, and the thread is outside */
void gate_leave(struct gate_member *member);
bool gate_is_inside(const struct gate_member *member);

/* The membership with which the calling thread is inside, NULL outside. */
struct gate_member *gate_current(void);

/*
 * Closes the gate for all other threads and waits until they are out. The caller is inside and remains so; between the
 * call and its return another thread may have run alone, so what the caller knew of shared state may have changed.
 * gate_open() undoes it.
 */
void gate_close(struct gate_member *member);
void gate_open(struct gate_member *member);

/*
 * The same, but if others stay inside for longer than some milliseconds, it opens the gate again: they all get on, and
 * the caller tries again later. Soon after an attempt that has failed the next one fails at once; after several it
 * waits as long as it takes. If it fails, nobody has run alone.
 */
enum gate_attempt {
    GATE_CLOSED,
    GATE_TAKEN, /* by another thread */
    GATE_BUSY,
};
enum gate_attempt gate_attempt_close(struct gate_member *member);

/*
 * A claim: the member is in the middle of work that others must not see half done, so it can't step out, and needs what
 * others hold. From then on whoever else is closing the gate gives way, and whoever waits for a lock while holding
 * others is to give those back (store/lock_wait.h). gate_claim_close() is one attempt to close it, which fails if others
 * stay inside; if it succeeds, nobody else has run alone since the claim. Of several members with claims at most one may
 * try that. By the member's thread, inside.
 */
void gate_claim(struct gate_member *member);
void gate_claim_end(struct gate_member *member);
bool gate_claim_close(struct gate_member *member);
bool gate_has_claim(const struct gate_member *member); /* anybody's; any thread; relaxed */

/*
 * Long stays: a member that will be inside for long (a script that runs on) says so, and says when that is over. Until
 * then attempts of others to close the gate fail at once, and who calls gate_close() sleeps outside, so that nobody waits at a
 * gate that can't be closed. By the member's thread, inside.
 */
void gate_stay_begin(struct gate_member *member);
void gate_stay_end(struct gate_member *member);
bool gate_has_stays(const struct gate_member *member); /* any thread; relaxed */

/* Whether the gate is open at the moment. Any thread. */
bool gate_is_open(const struct gate_member *member);

/* private: the calling thread has closed the gate */
extern __thread bool gate_closed_here;

/* Whether the calling thread has stopped the world. */
static inline bool gate_is_mine(void)
{
    return gate_closed_here;
}

/* How often the gate was closed. Inside: as long as it is the same number, nobody else has run alone. */
uint64_t gate_closings(const struct gate_member *member);

/*
 * Leaves the gate for a wait in the middle of a round, and comes back. Does nothing if the calling thread isn't inside.
 * gate_step_in() returns false if the world was stopped meanwhile: then what the caller knew of shared state may have
 * changed.
 */
struct gate_absence {
    struct gate_member *member;
    uint64_t closings;
};
struct gate_absence gate_step_out(void);
bool gate_step_in(struct gate_absence absence);

#endif
