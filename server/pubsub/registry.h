/*
 * The registry: which channels, patterns and shard channels have subscribers, at which workers, and how many.
 *
 * Its locks are leaves but for that of an inbox, which is taken under one: whoever subscribes notes the number of the
 * worker's last message under the lock under which a publisher adds the next. So a subscription begins between two
 * messages. Channels lie in parts with a lock each, under which one publisher at a time posts; hence all subscribers of
 * a channel see all its messages in the same order. Patterns have one lock, which publishers share, as each goes
 * through all of them; it is held for a moment's matching at a time. No message is delivered under any of them.
 *
 * Any thread.
 */
#ifndef KVS_PUBSUB_REGISTRY_H
#define KVS_PUBSUB_REGISTRY_H

#include "base/bytes.h"
#include "base/glob.h"
#include "pubsub/channel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crowd;
struct payload;

/* ---- coming and going ---- */

/*
 * One more of the worker's clients is subscribed: returns the crowd that it joins, which stays until registry_leave().
 * What is published from now on has higher numbers than *seen_out.
 */
struct crowd *registry_join(enum channel_kind kind, struct bytes name, unsigned worker, uint64_t *seen_out);

/* One less. The crowd may be gone afterwards. */
void registry_leave(struct crowd *crowd);

/* ---- posting ---- */

/* One message on its way to its subscribers. */
struct posting {
    struct bytes channel;
    const struct arg *message;
    bool insists;       /* is posted even where too much waits, and a moment's matching is a shorter one */
    bool ends;          /* is no message: the subscribers of all patterns are to be disconnected */
    unsigned receivers; /* so far */
    bool no_memory;     /* some didn't get it for that reason */
    /*
     * Called before it is posted to a channel that has subscribers: returns the number of a connection that has been
     * given it by the caller and is to be left out; 0: none. NULL is allowed.
     */
    uint64_t (*give)(void *context, const struct channel *channel, const struct payload *payload);
    void *context;
};

/* To those of the channel, plain or shard. False: too much waits, and nothing has been posted. */
bool registry_post(enum channel_kind kind, struct posting *posting);

/* How far a message has been matched with all patterns. Zeroed: not at all. */
struct pattern_walk {
    uint64_t next;            /* the number of the first pattern that is still to be matched */
    struct channel *matching; /* counted; the one that is being matched, with glob; NULL: none */
    struct glob glob;
};

/*
 * To those of the patterns that match, as far as a moment's matching goes. False: some are left, so it is to be called
 * again; *waits_out says whether that is because too much waits.
 */
bool registry_post_to_patterns(struct posting *posting, struct pattern_walk *walk, bool *waits_out);

/* Gives up a walk that hasn't come to its end. */
void pattern_walk_end(struct pattern_walk *walk);

/* ---- asking ---- */

/* How many channels of a kind there are, and how many clients are subscribed to one. */
size_t registry_count(enum channel_kind kind);
unsigned registry_subscribers(enum channel_kind kind, struct bytes name);

/*
 * Channels, part by part: retains those of part number `index` and returns how many. The array is the caller's to free
 * with mem_free(). There are REGISTRY_PARTS of a kind.
 */
#define REGISTRY_PARTS 64
size_t registry_list(enum channel_kind kind, unsigned index, struct channel ***channels_out);

#endif
