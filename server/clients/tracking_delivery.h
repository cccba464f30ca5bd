/*
 * Delivery: how what clients are told (tracker.h) comes to them.
 *
 * The client's worker writes notices at three moments. Before it runs the client's requests: so whoever has seen a change
 * acknowledged, and asks for something then, finds the notice before the reply. Behind the reply of a command, which may
 * have made changes of its own. And otherwise when it is called; it goes through its clients in turns (turn.h).
 *
 * To a RESP3 client a notice is a push; to a RESP2 client that another one redirects to, and that is subscribed to
 * something, a message of the channel __redis__:invalidate; other clients can't be told. CLIENT REPLY doesn't concern
 * notices. While a client leaves much unread its notices wait, and become one that says everything (tracker.h).
 *
 * By the client's worker.
 */
#ifndef KVS_CLIENTS_TRACKING_DELIVERY_H
#define KVS_CLIENTS_TRACKING_DELIVERY_H

#include "clients/tracker.h"

#include <stdbool.h>
#include <stddef.h>

struct message;
struct reply;
struct worker;

/* Writes what waits behind the replies of a client whose reply is open, and of one whose reply isn't. */
void tracker_write(struct tracker *tracker, struct reply *reply);
void tracker_catch_up(struct tracker *tracker);

/* For trackers_init(): it is answered at the end of the round, behind replies that other threads have made. */
void trackers_message(struct worker *worker, struct message *message);

/* Whether trackers_call() has something to do. */
extern __thread bool trackers_called; /* private */
static inline bool trackers_have_work(void)
{
    return trackers_wait() || trackers_called;
}

/* Writes what the calling worker's own clients have been told, and calls the others. Without locks, no reply open. */
void trackers_call(void);

/* From a worker's tick: tries those again that had left much unread. */
void trackers_tick(const struct worker *worker);

#endif
