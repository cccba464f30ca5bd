/*
 * Own pushes: what a client is pushed by its own request, as a message that it publishes and is subscribed to.
 *
 * It comes behind the reply, and behind that of EXEC if the request was queued: pushes aren't elements of other replies,
 * and a client that reads an array can't tell them apart. It comes as well where CLIENT REPLY leaves the reply out.
 *
 * Gathered for the request that the calling worker is running, and written when that has ended or gives way, so nothing
 * lasts longer. By workers.
 */
#ifndef KVS_CLIENTS_OWN_PUSHES_H
#define KVS_CLIENTS_OWN_PUSHES_H

#include "clients/client.h"
#include "resp/reply.h"

#include <stdbool.h>

extern __thread bool own_pushes_wait; /* private */

/* Where to write them. Has the limits of the client's output. */
struct reply *own_pushes(const struct client *client);

void own_pushes_write_waiting(struct reply *reply);

/* Writes those that there are. */
static inline void own_pushes_write(struct reply *reply)
{
    if (__builtin_expect(own_pushes_wait, 0))
        own_pushes_write_waiting(reply);
}

/*
 * Other requests run in the middle of one (sessions_serve_meanwhile()): sets aside what that has gathered, and brings
 * it back.
 */
struct own_pushes_aside {
    bool wait;
    struct output gathered;
    struct reply gathering;
};
void own_pushes_set_aside(struct own_pushes_aside *aside);
void own_pushes_bring_back(const struct own_pushes_aside *aside);

#endif
