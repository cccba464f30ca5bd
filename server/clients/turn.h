/*
 * Turns: work that takes long is done in pieces, and the worker serves its other clients between them.
 *
 * A command whose work can be interrupted does it until its turn is over. Then the handler leaves what it has so far
 * with its client and ends with turn_give_way(). The executor holds the client (HELD_TURN), and in one of the worker's
 * next rounds the request is admitted anew, so that what has changed meanwhile (rights, a pause) holds for it, and the
 * handler is called again: turn_work() returns what it left. The work is dropped when the call ends or may not go on,
 * or when the client goes.
 *
 * Between two turns no lock is held, and the keyspace may have changed. By the client's worker.
 */
#ifndef KVS_CLIENTS_TURN_H
#define KVS_CLIENTS_TURN_H

#include "base/clock.h"
#include "command/call.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client;

#define TURN_NS 1000000 /* how long a client's work may keep the others of its worker waiting */

/* Embedded first in what a handler keeps between turns. The handler sets the functions. */
struct turn_work {
    void (*destroy)(struct turn_work *work);
    size_t (*memory)(const struct turn_work *work); /* bytes, itself included; they count as the client's */
    int64_t took_ns;                                /* by earlier turns; kept by the executor */
    bool waits; /* others do what it waits for: its next turn is a millisecond later */
};

/* When a turn that begins now is over (monotonic, ns; never for a call inside another), and whether it is. */
static inline int64_t turn_end_ns(const struct call *call)
{
    return call->inside ? INT64_MAX : clock_monotonic_ns() + TURN_NS;
}

static inline bool turn_is_over(int64_t end_ns)
{
    return clock_monotonic_ns() >= end_ns;
}

/* What the call left at the end of its last turn; NULL in its first. */
struct turn_work *turn_work(const struct call *call);

/*
 * For handlers, as their last act: the call goes on in another turn. Takes the work, which may be the one that
 * turn_work() returned. Nothing has been replied yet.
 */
void turn_give_way(struct call *call, struct turn_work *work);

/* Whether a client has unfinished work, and dropping it. */
bool turn_is_unfinished(const struct client *client);
void turn_drop(struct client *client);

/* Bytes of a client's unfinished work. */
size_t turn_memory(const struct client *client);

#endif
