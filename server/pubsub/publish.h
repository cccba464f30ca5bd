/*
 * Publishing: a message goes to the subscribers of its channel, and then to those of each pattern that matches.
 *
 * It is done when all have it in their inboxes (inbox.h). Where these are full the publisher is to wait, and matching
 * many or hostile patterns takes time: so it is done in pieces, between which the publisher gives way to others. Since
 * it publishes nothing else meanwhile, its messages keep their order.
 *
 * Any thread.
 */
#ifndef KVS_PUBSUB_PUBLISH_H
#define KVS_PUBSUB_PUBLISH_H

#include "pubsub/registry.h"
#include "pubsub/subscriber.h"

#include <stdbool.h>
#include <stdint.h>

struct reply;

struct publication {
    enum channel_kind kind; /* plain or shard */
    struct bytes channel;
    const struct arg *message;
    /*
     * It can't be interrupted: what too much waits for gets it nevertheless (inbox.h), and where there are more patterns
     * than a moment suffices for, the others get it later (matching.h) and aren't counted as receivers.
     */
    bool insists;
    const struct subscriber *self; /* of the publisher, which gets its own messages here; NULL: none */
    struct reply *reply;
};

/* How far it has come. Zeroed: it hasn't begun. */
struct publishing {
    bool channel_done; /* its subscribers have it */
    bool no_memory;    /* some couldn't get it */
    unsigned receivers;
    struct pattern_walk walk;
};

/*
 * Goes on until the message is published, or the time is over (monotonic; INT64_MAX: never). False: it isn't done, and
 * publish() is to be called again with the same publication.
 */
bool publish(struct publishing *publishing, const struct publication *publication, int64_t end_ns);

/* Gives up one that isn't done. */
void publishing_end(struct publishing *publishing);

#endif
