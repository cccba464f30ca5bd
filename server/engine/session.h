/*
 * Sessions: what happens on a connection between its bytes and its commands.
 *
 * A session reads and parses requests, has them executed, holds them while they have to wait, and ends the connection
 * if it breaks the protocol or exceeds its limits. main.c gives session_service() to net/.
 */
#ifndef KVS_ENGINE_SESSION_H
#define KVS_ENGINE_SESSION_H

#include "clients/held.h"
#include "net/service.h"

struct client;
struct server;

/* The callbacks for net/, with server as their context. */
struct net_service session_service(struct server *server);

/*
 * Makes all workers let go of the clients that are held for this reason; those for which it isn't over are held again.
 * Any thread.
 */
void sessions_resume(enum held_reason reason);

/*
 * In the middle of a request of this client, which runs long: serves the other clients of the calling worker once. What
 * they ask runs between two steps of that request, which holds locks: it must not wait for any.
 */
void sessions_serve_meanwhile(struct client *client);

/*
 * Makes every worker give back the memory that it keeps for later, and the allocator give back all unused pages. Any
 * thread.
 */
void sessions_purge(void);

#endif
