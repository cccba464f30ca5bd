/*
 * A waiter: a client that waits, for one of some keys to hold what it wants or only for a time to pass, with its
 * request. One allocation, which wait_queue.h links into the queues of its keys; waiting.h says how a wait begins and
 * ends.
 *
 * It belongs to its client's worker, which makes and frees it. Others know it by the queues, and touch what the
 * comments below allow them.
 */
#ifndef KVS_CLIENTS_WAITER_H
#define KVS_CLIENTS_WAITER_H

#include "base/output.h"
#include "net/mailbox.h"
#include "store/key.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arg;
struct client;
struct command;
struct call;
struct reply;
struct wait_node;

/* What a command waits for, and how it is answered. Constant; defined by its handlers. */
struct wait_kind {
    uint8_t type; /* enum type_number of the values that it takes something from */
    bool moves;   /* it waits for its first key, and puts what it takes under its second one */

    /*
     * The wait is also over when a key is gone or holds another type: then is_ready() and serve() are called with what
     * there is, as if it were the type.
     */
    bool minds_loss;

    /*
     * Whether serve() has something for the client, which waits: asked before its wait is ended, with the same call, but
     * without a reply. For kinds that take nothing, or not whatever there is, and so are asked at each change of the
     * key. NULL: a key that holds the type has something for everybody.
     */
    bool (*is_ready)(struct call *call);

    /*
     * Tries to answer the request from what the call's keys hold; false: there is nothing, and nothing was done. For a
     * client that waits, the call has only one key (with `moves` the two), which holds the type, and no client.
     */
    bool (*serve)(struct call *call);

    /*
     * After how many milliseconds is_ready() may say something else because time has passed: it is asked again then.
     * With the call as it waits, or for one of its keys. NULL: never.
     */
    int64_t (*ask_again_ms)(struct call *call);

    /* Answers that it got nothing in time. */
    void (*give_up)(struct reply *reply);
};

/* Whoever takes the state from WAIT_ON to another has ended the wait, and nobody else has. */
enum wait_state {
    WAIT_ON,
    WAIT_ANSWERED, /* the answer is on its way to the client's worker */
    WAIT_DROPPED,  /* there is nobody to answer any more */
};

/* A place in the queue of a key; guarded by the lock of the key's shard. */
struct wait_link {
    struct wait_link *previous, *next;
    struct wait_node *node; /* NULL: it is in no queue */
    struct waiter *waiter;
    struct key key; /* const; the name is the waiter's own */
};

struct waiter {
    struct message message; /* first; brings it home; its next also links the worker's list of those that have ended */

    /* ---- const ---- */
    const struct wait_kind *kind;
    const struct command *command;
    struct arg *argv; /* its own copy of the request */
    int argc;
    int db;
    uint64_t actor; /* the client's id */
    struct worker *worker;
    unsigned key_count;
    uint8_t resp;  /* version of the protocol that it is answered in */
    bool no_touch; /* as of a view */
    bool silent;   /* its reply is left out: CLIENT REPLY */

    /* ---- atomic ---- */
    _Atomic uint8_t state;  /* wait_state. Released by whoever has ended the wait */
    atomic_uint links_left; /* links that are in a queue. Released under a shard's lock, acquired by the worker */

    /* ---- whoever has ended the wait; then its worker ---- */
    bool over;    /* the answer is incomplete, as it was too large */
    bool failed;  /* the answer is an error */
    bool refused; /* the request may not run any more, and doesn't count as one that has */
    struct output answer;
    int64_t took_ns; /* what serving it took */

    /* ---- its worker ---- */
    struct client *client; /* NULL: it is gone */
    int64_t began_ns;      /* what it took until it waited */
    int64_t give_up_ns;    /* monotonic; 0: never */
    int64_t deadline_ns;   /* the same, or when it is asked again if that is sooner */
    size_t heap_at;        /* place in the worker's heap of deadlines, from 1 on; 0: it isn't there */
    bool is_leaving;       /* it has no client any more, and is still in queues whose locks others have */
    bool is_home;          /* and nobody else is on the way to it */
    struct waiter *leaving_next;

    struct wait_link links[]; /* one for each key; behind them the arguments and their text */
};

/* The key that a waiter moves to. */
static inline const struct key *waiter_destination(const struct waiter *waiter)
{
    return &waiter->links[1].key;
}

static inline bool waiter_waits(struct waiter *waiter)
{
    return atomic_load_explicit(&waiter->state, memory_order_relaxed) == WAIT_ON;
}

/* True: the caller has ended the wait. */
static inline bool waiter_claim(struct waiter *waiter, enum wait_state state)
{
    uint8_t on = WAIT_ON;
    return atomic_compare_exchange_strong_explicit(&waiter->state, &on, (uint8_t)state, memory_order_acq_rel,
                                                   memory_order_relaxed);
}

#endif
