#include "pubsub/publish.h"

#include "base/clock.h"
#include "net/conn.h"
#include "pubsub/delivery.h"
#include "pubsub/matching.h"
#include "pubsub/payload.h"
#include "resp/reply.h"

/* The publisher's own subscription: its message doesn't wait in an inbox, and comes behind those posted before. */
static uint64_t give_to_self(void *context, const struct channel *channel, const struct payload *payload)
{
    const struct publication *publication = context;
    if (!subscriber_find(publication->self, channel))
        return 0;
    delivery_catch_up_one(publication->self, publication->reply);
    payload_write(payload, publication->reply);
    return publication->self->conn->id;
}

/* For a moment; the rest is another's. */
static void match_insisting(struct publishing *publishing, struct posting *posting)
{
    struct pattern_walk *walk = &publishing->walk;
    bool waits = false;
    if (registry_count(CHANNEL_PATTERN) == 0 || (!matching_waits() && registry_post_to_patterns(posting, walk, &waits)))
        return;
    pattern_walk_end(walk); /* the one that it was at is matched anew */
    matching_add(posting->channel, posting->message, walk->next);
}

bool publish(struct publishing *publishing, const struct publication *publication, int64_t end_ns)
{
    struct posting posting = {
        .channel = publication->channel,
        .message = publication->message,
        .insists = publication->insists,
        .give = publication->self ? give_to_self : NULL,
        .context = (void *)publication,
    };
    if (publication->self)
        delivery_catch_up_one(publication->self, publication->reply); /* the most of it without a lock */
    if (!publishing->channel_done && !registry_post(publication->kind, &posting))
        return false;
    publishing->channel_done = true;
    bool done = publication->kind == CHANNEL_SHARD, waits = false;
    if (publication->insists && !done) {
        match_insisting(publishing, &posting);
        done = true;
    }
    while (!done && !waits && (!publishing->walk.next || clock_monotonic_ns() < end_ns))
        done = registry_post_to_patterns(&posting, &publishing->walk, &waits);
    publishing->receivers += posting.receivers;
    publishing->no_memory = publishing->no_memory || posting.no_memory;
    return done;
}

void publishing_end(struct publishing *publishing)
{
    pattern_walk_end(&publishing->walk);
}
