/*
 * Sessions: what happens on a connection between its bytes and its commands.
 *
 * It reads, parses and has requests executed, holds them while they have to wait, and ends connections that break
 * the protocol or its limits. main.c gives session_service() to net/.
 */
#ifndef KVS_ENGINE_SESSION_H
#define KVS_ENGINE_SESSION_H

#include "engine/held.h"
#include "net/service.h"

struct server;

/* The callbacks for net/, with server as their context. */
struct net_service session_service(struct server *server);

/* Has all workers let go of the clients that are held for a reason; those for whom it isn't over are held again. Any thread. */
void sessions_resume(enum held_reason reason);

/* Has every worker give back the memory that it keeps for later, and the allocator all unused pages. Any thread. */
void sessions_purge(void);

#endif
