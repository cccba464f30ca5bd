/*
 * Standstill: a call stops the world for a while.
 *
 * Stopping waits until all other threads are out of the gate (base/gate.h). Another worker may have its turn before, and may
 * close this very client or look at what it is being sent; so the call's reply is ended before, and begun anew
 * afterwards. Nothing else that was read before may be relied on.
 *
 * A call that runs inside another, which has stopped the world, finds it standing.
 *
 * On the client's worker, inside the gate, holding no lock.
 */
#ifndef KVS_ENGINE_STANDSTILL_H
#define KVS_ENGINE_STANDSTILL_H

#include <stdbool.h>

struct client;
struct reply;

/* Stops the world. False: the client was closed meanwhile, and nobody is to be answered. The world stands all the same. */
bool standstill_begin(struct client *client, struct reply *reply);
void standstill_end(const struct client *client);

#endif
