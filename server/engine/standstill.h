/*
 * Standstill: a call stops the world for a while.
 *
 * Stopping waits until all other threads are out of the gate (base/gate.h). Another worker may stop the world first,
 * and may close this very client, take its rights or look at the output it is being sent; so the call's reply is ended
 * before the wait and begun anew after it, and whether it may run is asked again. Nothing that was read before the wait
 * may be relied on.
 *
 * Where the thread has stopped the world already (an exclusive call that runs others inside, a hold of everything), it
 * stays stopped, also afterwards: whoever has stopped it lets it run again.
 *
 * On the client's worker, inside the gate. Only a thread that has stopped the world may hold locks.
 */
#ifndef KVS_ENGINE_STANDSTILL_H
#define KVS_ENGINE_STANDSTILL_H

#include <stdbool.h>

struct call;

struct standstill {
    bool may_run;       /* false: the client was closed meanwhile, or lost the right and has been answered so */
    bool stopped_world; /* private */
};

/* Stops the world in any case. */
struct standstill standstill_begin(const struct call *call);
void standstill_end(struct standstill standstill);

#endif
