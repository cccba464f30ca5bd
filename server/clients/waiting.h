/*
 * Waiting: commands that block until a key holds something, or for a time.
 *
 * The handler of such a command first does what it can at once. If that is nothing, it ends with waiting_begin(): the
 * request is copied into a waiter (waiter.h), which takes its place in the queues of its keys (wait_queue.h), and the
 * executor holds the client (HELD_WAITING). The wait ends in exactly one of these ways, decided by one
 * compare-and-swap:
 *
 *   served        a call has made one of its keys ready. Before that call gives its locks back, it takes for the waiter
 *                 what this would have taken, and writes the waiter's answer (waiting_serve())
 *   out of time   by the worker's heap of deadlines; by which a kind may also be asked again after some time
 *   answered      CLIENT UNBLOCK, or rights that don't suffice any more
 *   dropped       its connection is about to end: nobody takes anything for it from that moment on
 *
 * The answer goes to the client's worker, which sends it, takes the waiter out of other queues, and goes on with what
 * the client has sent meanwhile.
 *
 * A call inside another (MULTI, scripts) never waits, and clients are served after the outer one.
 */
#ifndef KVS_CLIENTS_WAITING_H
#define KVS_CLIENTS_WAITING_H

#include "clients/wait_queue.h"
#include "clients/waiter.h"
#include "resp/reply.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;
struct client;
struct keyspace;
struct server;

/* ---- handlers, on the client's worker and under the locks of the call's keys ---- */

/* As the handler's last act: the client waits. Nothing has been replied. timeout_ms: 0 is for ever. */
void waiting_begin(struct call *call, const struct wait_kind *kind, int64_t timeout_ms);

/*
 * All of it, for a command that waits for its keys: reads the timeout (seconds), tries to serve the call, and if there
 * is nothing, lets the client wait; inside another call it answers with in_vain instead.
 */
void waiting_try(struct call *call, const struct wait_kind *kind, const struct arg *timeout,
                 void (*in_vain)(struct reply *reply));

/* ---- after a call, under its locks ---- */

/*
 * Serves all whose keys the thread has made ready, while wait_queue_has_ready(). held: what the call has locked; NULL:
 * the world is stopped. A key that has expired during the call serves nobody.
 */
void waiting_serve(struct server *server, const struct shard_set *held);

/* ---- the worker's round ---- */

/* Ends the waits of this worker that are out of time. */
void waiting_expire(void);

/* Milliseconds until the next of its waits is out of time, rounded up; -1: none will be. */
int waiting_next_ms(void);

/*
 * The next of this worker's clients whose wait is over: the answer is in its output, unless it was closed meanwhile. It
 * is to be let go. NULL: none. Holding no lock.
 */
struct client *waiting_take_ended(void);
extern __thread struct waiter *waiting_ended; /* private */
static inline bool waiting_has_ended(void)
{
    return __builtin_expect(!!waiting_ended, 0);
}

/* ---- the client's worker, or a stopped world ---- */

bool waiting_is(const struct client *client);

/* The request with which a client waits; NULL if it doesn't. */
const struct waiter *waiting_of(const struct client *client);

/*
 * Ends the wait with an answer, which the caller writes between the two. False: it isn't waiting, or has been served
 * already.
 */
bool waiting_answer_begin(struct client *client, struct reply *reply);
void waiting_answer_end(struct client *client, struct reply *reply);

/* Ends the answer as the other does, if it is that the request may not run any more. */
void waiting_refusal_end(struct client *client, struct reply *reply);

/* The same with the answer that nothing came in time. */
bool waiting_give_up(struct client *client);

/* The client's connection is about to end. */
void waiting_drop(struct client *client);

/* ---- any thread ---- */

/* Clients that wait with a timeout. */
size_t waiting_with_timeout(void);

/* ---- its worker ---- */

/* A call that waits now has taken so long until then: it is recorded with the rest when the wait is over. */
void waiting_note_begun(struct client *client, int64_t took_ns);

/* The client goes. */
void waiting_forget(struct client *client);

/* Takes those of this worker out of their queues that couldn't leave at once, as far as locks are free. Holding none. */
void waiting_leave(struct keyspace *keyspace);
bool waiting_has_left(void); /* all of them */

#endif
