/*
 * Crowds: the subscribers of one channel among one worker's clients.
 *
 * Who is in it is known to the worker alone. How many there are is known to its channel, so that publishers
 * can count receivers. A crowd has a reference count, held by its channel while somebody is in it, and by the messages
 * for it, so one that all have left goes with the last of these.
 */
#ifndef KVS_PUBSUB_CROWD_H
#define KVS_PUBSUB_CROWD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct channel;
struct subscriber;

/* One client's subscription to one channel. */
struct subscription {
    struct subscription *next; /* in the subscriber's bucket */
    struct crowd *crowd;
    struct subscriber *subscriber;
    uint64_t seen;  /* the number of the last message of its worker's inbox that isn't for it any more */
    uint32_t index; /* where it stands in the crowd */
};

struct crowd {
    /* const */
    struct channel *channel; /* counted */
    unsigned worker;
    atomic_uint references;
    /* guarded by the channel's lock */
    struct crowd *next; /* of the channel */
    uint32_t joined;
    /* guarded by the inbox's lock */
    bool ends; /* a message without a payload waits for it */
    /* worker only */
    uint32_t count, capacity;
    struct subscription **members;
};

/* With one reference; takes one to the channel. */
struct crowd *crowd_create(struct channel *channel, unsigned worker);
struct crowd *crowd_retain(struct crowd *crowd);
void crowd_release(struct crowd *crowd);

/* ---- the worker ---- */

/* The subscription, whose crowd this is, comes or goes. Another member may take the place of the one that goes. */
void crowd_add(struct crowd *crowd, struct subscription *subscription);
void crowd_remove(struct crowd *crowd, const struct subscription *subscription);

#endif
