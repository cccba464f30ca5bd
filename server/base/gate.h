/*
 * The gate: stopping the world.
 *
 * Threads that touch shared state are inside the gate while they work and outside while they sleep.
 * Going in and out costs one uncontended atomic exchange each. A thread that needs everything at rest
 * (FLUSHALL, SWAPDB, CONFIG SET, CLIENT LIST, a snapshot's start) closes the gate: it waits until all
 * others are out, and until it opens again nobody comes in. So it may read and change all keys and all
 * connections without any lock.
 *
 * Rounds inside are short (one event loop round), and so is the wait. One gate a process would do, but
 * tests want their own.
 */
#ifndef KVS_BASE_GATE_H
#define KVS_BASE_GATE_H

#include <stdbool.h>

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

/*
 * Closes the gate for everybody else and waits until they are out. The caller is inside and remains so; between the
 * call and its return others may have run alone, so what it knew of shared state may have changed. gate_open() ends
 * it.
 */
void gate_close(struct gate_member *member);
void gate_open(struct gate_member *member);

#endif
