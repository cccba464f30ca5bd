/*
 * What few clients have, in an allocation of its own.
 *
 * Most connections never have any of it, and an idle one pays only for the pointer to it. It is made at first use and
 * freed when its last part is given up. Each part is a pointer to what its own module makes, so that a client that
 * waits doesn't pay for the state of subscribers. Names, which nearly all have, aren't among it.
 *
 * Owned like its client: only the client's worker touches it, or the thread that has stopped the world.
 */
#ifndef KVS_CLIENTS_CLIENT_EXTRA_H
#define KVS_CLIENTS_CLIENT_EXTRA_H

#include "clients/client.h"

#include <stddef.h>

struct held;
struct tracker;
struct transaction;
struct waiter;
struct watches;
struct subscriber;

struct client_extra {
    struct held *held;               /* held.h; NULL while it isn't held and has no unfinished work */
    struct transaction *transaction; /* transaction.h; NULL outside of one */
    struct watches *watches;         /* watch.h; NULL: none */
    struct subscriber *subscriber;   /* subscriptions.h; NULL while it is subscribed to nothing */
    struct waiter *waiter;           /* waiting.h; NULL while it doesn't wait */
    struct tracker *tracker;         /* tracker.h; NULL while it has neither tracked keys nor been redirected to */
};

/* The client's extra, made if need be. Whoever sets a part of it to NULL calls client_extra_settle(). */
struct client_extra *client_extra(struct client *client);

/* Frees it when it holds nothing. */
void client_extra_settle(struct client *client);

/* Bytes of the client's extra and its being held; what else it has is known to its modules. */
size_t client_extra_memory(const struct client *client);

#endif
