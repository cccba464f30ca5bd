/*
 * Clients that are held: their requests, parsed already, have to wait, for one of the reasons below.
 *
 * Nothing is read from a client that is held with requests, and it keeps its parser, which they lie in. A worker knows
 * its held clients by reason, in the order in which they came to wait, and lets go of them in that order (session.h). A
 * client that waits for something to happen is shown as blocked meanwhile: flag b in CLIENT LIST, blocked_clients in
 * INFO. One that only gives way to others is not, nor is one that the server waits for. The last is idle, and may be
 * closed for its timeout; the others are not closed.
 *
 * A new reason needs a new value here, and a module that calls sessions_resume() when it is over.
 *
 * By the client's worker, unless a comment says otherwise.
 */
#ifndef KVS_CLIENTS_HELD_H
#define KVS_CLIENTS_HELD_H

#include "clients/client.h"

struct request;
struct turn_work;

enum held_reason {
    HELD_NOT,
    HELD_PAUSE, /* CLIENT PAUSE */
    HELD_TURN,  /* its work takes long, and others have their turn: see turn.h */
    HELD_RETRY, /* other threads do what it waits for, in a moment: it tries again a millisecond later */
    /* its replies lie unread; if it is held without requests, reading goes on, so that it may send before it reads */
    HELD_OUTPUT,
    HELD_WAITING, /* for a key or a time: see waiting.h. It is held with the requests behind the one that waits */
    HELD_DRAINED, /* and they were read: it goes on in the next round */
    HELD_REASONS,
};

/* The requests of a client that was let go, still to be executed; they lie in its parser. */
struct held_requests {
    struct request *first;
    unsigned count;
};

/* Holds a client that isn't held: these requests of client->parser wait. */
void client_hold(struct client *client, enum held_reason reason, struct request *requests, unsigned count);

/* What the client's request has done so far (turn.h), while it is held and when it goes on; NULL: nothing. */
struct turn_work *client_work(const struct client *client);
void client_set_work(struct client *client, struct turn_work *work);

/* Lets go of a client that is held: the requests are the caller's again. */
struct held_requests client_let_go(struct client *client);

/* Whether a client that is held is so for this reason. */
bool client_is_held_for(const struct client *client, enum held_reason reason);

/* Whether a client is held for a reason with which it is shown as blocked. */
bool client_is_blocked(const struct client *client);

/* Clients of this worker that are held for a reason, and for any. */
unsigned held_count(enum held_reason reason);
extern __thread unsigned held_clients;              /* read-only */
struct client *held_first(enum held_reason reason); /* the one that has waited longest; NULL: none */

#endif
