/*
 * Standstill: a call stops the world for a while.
 *
 * Stopping waits until all other threads are out of the gate (base/gate.h). Another worker may stop the world first,
 * and may close this very client or look at the output it is being sent; so the call's reply is ended before the wait,
 * and begun anew after it. Nothing that was read before the wait may be relied on.
 *
 * Where the thread has stopped the world already (an exclusive call that runs others inside, a hold of everything), it
 * stays stopped, also afterwards: whoever has stopped it lets it run again.
 *
 * On the client's worker, inside the gate. Only a thread that has stopped the world may hold locks.
 */
#ifndef KVS_ENGINE_STANDSTILL_H
#define KVS_ENGINE_STANDSTILL_H

#include <stdbool.h>

struct client;
struct reply;

struct standstill {
    bool is_open;       /* false: the client was closed meanwhile, and nobody is to be answered */
    bool stopped_world; /* private */
};

/* Stops the world, whether the client is open or not. */
struct standstill standstill_begin(const struct client *client, struct reply *reply);
void standstill_end(struct standstill standstill);

#endif
