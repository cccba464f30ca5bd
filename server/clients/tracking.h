/*
 * Tracking: clients that keep values in caches of their own are told when these change (client-side caching).
 *
 * A client that tracks is remembered with every key that it reads (tracking_table.h), or has named prefixes of keys
 * (tracking_prefixes.h). Whatever changes a key, a command, expiry or eviction, passes the hooks (store/hooks.h), and
 * the clients that may have the key are told to forget it (tracker.h).
 *
 * What is promised: a client that has read a value either has the notice of each later change before it, or behind it.
 * So whoever drops what a notice names, and keeps nothing that was asked for before the notice and answered behind it,
 * never has a stale value once the notice is read. With one connection the order of the bytes says all of that.
 *
 * By the client's worker, unless a comment says otherwise.
 */
#ifndef KVS_CLIENTS_TRACKING_H
#define KVS_CLIENTS_TRACKING_H

#include "base/bytes.h"
#include "clients/client.h"
#include "clients/tracker.h"
#include "clients/tracking_delivery.h"
#include "clients/tracking_prefixes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;
struct keyspace;
struct reply;
struct request;
struct server;

/* Before workers start. */
void tracking_init(struct server *server, unsigned workers);

/* ---- what the executor says of clients that have a tracker (CLIENT_TRACKER) ---- */

/* Before its requests run, and no reply of its is open. */
void tracking_catch_up(struct client *client);

/* Before the handler, and after it when the call has ended; the shards of the call's keys are locked, if it locks. */
void tracking_before_call(const struct call *call);
void tracking_after_call(const struct call *call);

/* A request that didn't run in a group has been answered. */
void tracking_after_request(struct client *client, const struct request *request, struct reply *reply);

/* When requests have been run, and before their replies are sent: no reply is open. */
static inline void tracking_after_batch(void)
{
    if (prefixes_wait())
        prefixes_tell();
    if (trackers_have_work())
        trackers_call();
}

/* ---- what a client asks for ---- */

/* Its mode (tracker.h): 0 if it doesn't track. */
uint32_t tracking_mode(const struct client *client);

const struct own_prefixes *tracking_prefixes(const struct client *client); /* NULL: none */

/* Holding no lock. target may be NULL; the prefixes are added to those that it has. */
void tracking_start(struct client *client, uint32_t mode, struct tracker *target, const struct bytes *prefixes,
                    size_t count);
void tracking_stop(struct client *client);        /* world stopped as well */
void tracking_except_next(struct client *client); /* CLIENT CACHING */

/* It ends. */
void tracking_forget(struct client *client);

/* The limit may be lower than before: forgets what is too much, in turns. */
void tracking_limit(void);

#endif
