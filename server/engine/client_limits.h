/*
 * What clients may not do forever: stay idle (timeout), leave replies unread (client-output-buffer-limit),
 * and occupy memory (maxmemory-clients).
 *
 * The first two concern each client by itself. The third concerns their sum: every client remembers how many bytes it
 * was counted with, the sum is kept here, and when it reaches the limit, the world is stopped and the largest clients
 * are closed until the rest fits. Without maxmemory-clients the sum is brought up to date once a second, and so are the
 * largest buffers that INFO shows (record/stats.h).
 */
#ifndef KVS_ENGINE_CLIENT_LIMITS_H
#define KVS_ENGINE_CLIENT_LIMITS_H

#include "engine/client.h"
#include "server.h"

#include <stdbool.h>
#include <stdint.h>

struct worker;

/* ---- by the client's worker, inside the gate and without a lock of the keyspace ---- */

/* From the worker's tick: checks all clients of the worker when it is time. now_ms is monotonic. */
void clients_tick(struct server *server, struct worker *worker, int64_t now_ms);

/*
 * After replies have been written, before they are sent. Returns false if the client was over its limit; it is closed
 * then.
 */
bool clients_check_output(struct client *client);

/* After input was received or requests were run: see clients_check_memory(). */
bool clients_check_memory_now(struct client *client);

/* Returns false if the client was closed, because all clients together took too much and it was among the largest. */
static inline bool clients_check_memory(struct client *client)
{
    return client->server->config.maxmemory_clients == 0 || clients_check_memory_now(client);
}

/* The client is about to end: its memory no longer counts. */
void clients_forget(struct client *client);

/* ---- any thread ---- */

/* Bytes that all clients together were last counted with. */
size_t clients_counted_memory(void);

/* ---- while the world is stopped ---- */

/*
 * Closes the largest clients, except those with NO-EVICT, until the others fit. After CONFIG SET maxmemory-clients.
 */
void clients_evict(struct server *server);

#endif
