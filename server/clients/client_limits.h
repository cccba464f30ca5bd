/*
 * What clients may not do forever: stay idle (timeout), leave replies unread (client-output-buffer-limit),
 * and occupy memory (maxmemory-clients).
 *
 * The first two concern each client by itself. The hard limit of output is asked while a reply is written as well
 * (resp/reply.h). The third concerns their sum: every client remembers how many bytes it was counted with, the sum is
 * kept here, and when it reaches the limit, the world is stopped and the largest clients are closed until the rest
 * fits. Without maxmemory-clients nothing asks for that sum, and it is brought up to date once a second, as are the
 * largest buffers that INFO shows (record/stats.h).
 */
#ifndef KVS_CLIENTS_CLIENT_LIMITS_H
#define KVS_CLIENTS_CLIENT_LIMITS_H

#include "clients/client.h"
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

/* Which of the limits of client-output-buffer-limit hold for the client. */
static inline enum client_class clients_class(const struct client *client)
{
    return __builtin_expect(client->flags & CLIENT_SUBSCRIBED, 0) ? CLASS_PUBSUB : CLASS_NORMAL;
}

/* Sets the limits of a reply that is to be written into the client's output. */
static inline void clients_limit_reply(const struct client *client, struct reply *reply)
{
    reply->limit = client->server->config.output_limits[clients_class(client)].hard_bytes;
}

/* After a reply has gone over its limit: closes the client. Holding no lock, since it is logged. */
void clients_end_over_limit(struct client *client);

/*
 * Closes a client that has sent more than client-query-buffer-limit allows to wait; what: "its unfinished request".
 * Holding no lock, since it is logged.
 */
void clients_end_over_query_limit(struct client *client, const char *what);

/* The same if the client has queued and watches too much. */
void clients_check_queued(struct client *client);
/* For pubsub/delivery.h: messages have been written to the connection, or were more than any output may hold. */
void clients_got_messages(struct conn *conn);
void clients_got_too_many_messages(struct conn *conn);

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

/*
 * Bytes that are held for clients at this moment: what each of them occupies, values that only their unread replies
 * refer to any more, and what the workers keep for later. See base/connection_memory.h.
 */
size_t clients_counted_memory(void);

/* ---- while the world is stopped ---- */

/*
 * Closes the largest clients, except those with NO-EVICT, until the others fit. After CONFIG SET maxmemory-clients.
 */
void clients_evict(struct server *server);

#endif
