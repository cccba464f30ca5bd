/*
 * What clients may not do forever: stay idle (timeout), leave replies unread (client-output-buffer-limit),
 * and occupy memory (maxmemory-clients).
 *
 * The first two are each client's own affair. The third is about their sum: every client remembers what it
 * was counted with, the sum of that is kept here, and when it reaches the limit the world is
 * stopped and the largest clients are closed until the rest fits. Without maxmemory-clients the sum is
 * brought up to date once a second, and so are the largest buffers that INFO shows (stats.h).
 */
#ifndef KVS_ENGINE_CLIENT_LIMITS_H
#define KVS_ENGINE_CLIENT_LIMITS_H

#include "engine/client.h"
#include "server.h"

#include <stdbool.h>
#include <stdint.h>

struct worker;

/* ---- by the client's worker, inside the gate and without a lock of the keyspace ---- */

/* From the worker's tick: looks after all clients of the worker when it is time. */
void clients_tick(struct server *server, struct worker *worker, int64_t now_ms);

/*
 * After replies have been written, before they are sent. False: the client was over its limit and is closed.
 */
bool clients_check_output(struct client *client);

/* After input was received or requests were run: see clients_check_memory(). */
bool clients_check_memory_now(struct client *client);

/* False: the client is closed, because all of them took too much and it was among the largest. */
static inline bool clients_check_memory(struct client *client)
{
    return client->server->config.maxmemory_clients == 0 || clients_check_memory_now(client);
}

/* The client goes: its memory counts no more. */
void clients_forget(struct client *client);

/* ---- any thread ---- */

/* The sum of what all clients were counted with. */
size_t clients_counted_memory(void);

/* ---- while the world is stopped ---- */

/*
 * Closes the largest clients, those with NO-EVICT excepted, until the others fit. After CONFIG SET
 * maxmemory-clients.
 */
void clients_evict(struct server *server);

#endif
