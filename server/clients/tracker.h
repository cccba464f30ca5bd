/*
 * Trackers: how any thread tells a client of keys that it should forget (client-side caching; see tracking.h).
 *
 * A tracker stands for a client that tracks keys, or to which another one redirects what it is told. It is made at first
 * use and lives as long as the connection, or as somebody has a reference. Any thread that has one may tell it
 * something; that becomes a *notice*, which waits until the client's worker writes it. Nobody but that worker looks at
 * the client, and a client that has gone is told nothing.
 *
 * How they are written is told by tracking_delivery.h. Notices that are very many give way to one that says everything,
 * so what waits for a client is bounded.
 */
#ifndef KVS_CLIENTS_TRACKER_H
#define KVS_CLIENTS_TRACKER_H

#include "base/bytes.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client;
struct message;
struct own_prefixes;
struct reply;
struct tracker;
struct worker;

/* What a client has asked for, and what has become of it. Written by its worker or in a stopped world, read by all. */
enum tracker_mode {
    TRACKER_ON = 1 << 0,
    TRACKER_BCAST = 1 << 1,
    TRACKER_OPTIN = 1 << 2,
    TRACKER_OPTOUT = 1 << 3,
    TRACKER_NOLOOP = 1 << 4,
    TRACKER_CACHING = 1 << 5, /* CLIENT CACHING was said: the next command or transaction is the exception */
    TRACKER_BROKEN = 1 << 6,  /* the client that it redirects to has gone; set by any thread */
    TRACKER_GONE = 1 << 7,    /* the client has gone */
};

/* ---- the client's side: by its worker, or in a stopped world ---- */

/* The client's tracker, made if need be; from then on it is CLIENT_TRACKER. */
struct tracker *tracker_of(struct client *client);

/* The client ends: what waits for it is dropped. */
void tracker_forget(struct client *client);

struct client *tracker_client(const struct tracker *tracker); /* NULL: it has gone */

/* Sets the bits of its mode, and takes all others away. */
void tracker_set_mode(struct tracker *tracker, uint32_t mode);
void tracker_set_caching(struct tracker *tracker, bool caching);

/* Where notices go from now on; NULL: to the client itself. Takes a reference of its own. */
void tracker_redirect(struct tracker *tracker, struct tracker *target);
uint64_t tracker_redirect_id(const struct tracker *tracker); /* 0: to itself; the other client may have gone */

/* The place for its client's prefixes (tracking_prefixes.h), which are none of this module's; NULL at first. */
struct own_prefixes **tracker_prefixes(struct tracker *tracker);

size_t tracker_memory(const struct tracker *tracker); /* bytes, without prefixes */

/* ---- any thread ---- */

struct tracker *tracker_retain(struct tracker *tracker);
void tracker_release(struct tracker *tracker);

uint32_t tracker_mode(const struct tracker *tracker);
uint64_t tracker_id(const struct tracker *tracker); /* of its client */

/* Names to be forgotten, shared by all that are told of them. */
struct names_told;
struct names_told *names_told_create(const struct bytes *names, size_t count);
void names_told_release(struct names_told *names);
void names_told_write(const struct names_told *names, struct reply *reply); /* an array */

/*
 * Tells the client, or the one that it redirects to, to forget these names; NULL: everything. Its worker is called by
 * trackers_call() (tracking_delivery.h), which is the calling worker's duty before it sends replies; a thread that is no
 * worker calls it at once.
 */
void tracker_tell(struct tracker *tracker, struct names_told *names);

size_t trackers_on(void); /* clients that have TRACKER_ON */

/* World stopped: visits the trackers of all clients that are there. */
void trackers_each(void (*visit)(void *context, struct tracker *tracker), void *context);

/* ---- for whoever writes notices ---- */

enum notice_kind {
    NOTICE_NAMES,
    NOTICE_EVERYTHING,
    NOTICE_BROKEN, /* the client that it redirects to has gone */
};

struct notice {
    uint8_t kind;
    bool redirected;          /* it is about what another client has asked for */
    struct names_told *names; /* NOTICE_NAMES: holds a reference */
};

/* Taken to be written, oldest first; zero: none. */
struct notices {
    struct notice *first;
    size_t count, capacity;
};

/* Whether some wait; and taking them, by the client's worker. */
bool tracker_has_notices(const struct tracker *tracker);
void tracker_take_notices(struct tracker *tracker, struct notices *notices_out);
void notices_release(struct notices *notices);

/* Before workers start: their number, and the message with which one is called. */
void trackers_init(unsigned workers, void (*call)(struct worker *worker, struct message *message));

/*
 * The calling worker's next tracker for which something may wait, which the caller releases; NULL: there is none, and
 * who has something for it calls.
 */
struct tracker *trackers_next(const struct worker *worker);
void trackers_put_off(const struct worker *worker); /* calls it again, for those that are left */

/* Posts the calls that the calling thread is to make. True: to its own worker, whom it doesn't call. */
bool trackers_post_calls(void);

/* Whether it has some to make. */
extern __thread struct inbox *trackers_to_call; /* private */
static inline bool trackers_wait(void)
{
    return __builtin_expect(!!trackers_to_call, 0);
}

#endif
