/*
 * Deadlines: a worker's waiters by the time at which they give up, the soonest first.
 *
 * A binary heap, whose members know their place (waiter->heap_at), so that any of them can be taken out. Its worker
 * only.
 */
#ifndef KVS_CLIENTS_DEADLINES_H
#define KVS_CLIENTS_DEADLINES_H

#include "clients/waiter.h"

#include <stddef.h>

struct deadlines {
    struct waiter **heap; /* from index 1 on */
    size_t count, capacity;
};

/* The waiter has a deadline and isn't in the heap. */
void deadlines_add(struct deadlines *deadlines, struct waiter *waiter);

/* Nothing, if it isn't in the heap. */
void deadlines_remove(struct deadlines *deadlines, struct waiter *waiter);

/* NULL: none. */
struct waiter *deadlines_soonest(const struct deadlines *deadlines);

#endif
