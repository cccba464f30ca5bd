#include "pubsub/matching.h"

#include "base/blob.h"
#include "base/clock.h"
#include "base/connection_memory.h"
#include "base/memory.h"
#include "net/mailbox.h"
#include "net/worker.h"
#include "pubsub/registry.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define MATCHING_NS 1000000 /* a turn */

/* A message with its place, or (ends) the end of all subscribers of patterns. */
struct waiting_match {
    struct waiting_match *next;
    size_t size; /* bytes that count for it */
    bool ends;
    struct blob *blob; /* counted; of the message; NULL: it stands behind the channel */
    struct posting posting;
    struct arg message;
    struct pattern_walk walk;
    char text[]; /* channel, message */
};

static struct {
    pthread_mutex_t lock;
    /* guarded by the lock; the first is the matching worker's alone */
    struct waiting_match *first, *last;
    size_t bytes;
    bool ends; /* so much waits that the last one ends the subscribers: nothing comes behind it before its turn */
    /* atomic: written under the lock */
    atomic_size_t count;
} waiting = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void match_waiting(struct worker *worker, struct message *message);
static struct message call = {.run = match_waiting}; /* under way while any wait */

bool matching_waits(void)
{
    /* Whoever must come behind a message has a lock that its sender had before. */
    return atomic_load_explicit(&waiting.count, memory_order_relaxed) > 0;
}

/* ---- adding ---- */

static struct waiting_match *match_create(struct bytes channel, const struct arg *message, uint64_t next)
{
    size_t copied = message->blob ? 0 : message->len;
    struct waiting_match *match = mem_alloc(sizeof *match + channel.len + copied);
    *match = (struct waiting_match){.size = sizeof *match + channel.len + message->len, .walk = {.next = next}};
    memcpy(match->text, channel.data, channel.len);
    match->message = *message;
    if (message->blob) {
        match->blob = blob_retain(message->blob);
    } else {
        memcpy(match->text + channel.len, message->data, message->len);
        match->message.data = match->text + channel.len;
    }
    match->posting.channel = (struct bytes){match->text, channel.len};
    match->posting.message = &match->message;
    connection_memory_add(mem_usable(match));
    return match;
}

static struct waiting_match *match_create_end(void)
{
    struct waiting_match *match = match_create((struct bytes){"", 0}, &(struct arg){"", 0, NULL}, 0);
    match->ends = match->posting.ends = true;
    return match;
}

static void match_free(struct waiting_match *match)
{
    pattern_walk_end(&match->walk);
    blob_release(match->blob);
    connection_memory_subtract(mem_usable(match));
    mem_free(match);
}

/* Returns whether the worker is to be called. */
static bool add_locked(struct waiting_match *match)
{
    if (waiting.last)
        waiting.last->next = match;
    else
        waiting.first = match;
    waiting.last = match;
    waiting.bytes += match->size;
    /* the one that is being matched is first, so the worker has been called if there is any */
    return atomic_fetch_add_explicit(&waiting.count, 1, memory_order_relaxed) == 0;
}

void matching_add(struct bytes channel, const struct arg *message, uint64_t next)
{
    struct waiting_match *match = NULL;
    bool calls = false;
    pthread_mutex_lock(&waiting.lock);
    if (!waiting.ends) {
        waiting.ends = waiting.bytes >= MATCHING_WAITS_MAX;
        match = waiting.ends ? match_create_end() : match_create(channel, message, next);
        calls = add_locked(match);
    }
    pthread_mutex_unlock(&waiting.lock);
    const struct worker *self = worker_self();
    if (calls)
        worker_post(worker_at(self ? worker_index(self) : 0), &call);
}

/* ---- the worker ---- */

static struct waiting_match *first_waiting(void)
{
    pthread_mutex_lock(&waiting.lock);
    struct waiting_match *match = waiting.first;
    if (match && match->ends)
        waiting.ends = false; /* who subscribes behind its walk gets what comes from now on */
    pthread_mutex_unlock(&waiting.lock);
    return match;
}

/* Returns whether any is left. */
static bool take_first(struct waiting_match *match)
{
    pthread_mutex_lock(&waiting.lock);
    waiting.first = match->next;
    if (!waiting.first)
        waiting.last = NULL;
    waiting.bytes -= match->size;
    bool left = atomic_fetch_sub_explicit(&waiting.count, 1, memory_order_relaxed) > 1;
    pthread_mutex_unlock(&waiting.lock);
    match_free(match);
    return left;
}

/* False: the turn is over, or too much waits in an inbox. */
static bool match_until(struct waiting_match *match, int64_t end_ns)
{
    bool waits = false, done = false;
    while (!done && !waits && clock_monotonic_ns() < end_ns)
        done = registry_post_to_patterns(&match->posting, &match->walk, &waits);
    return done;
}

static void match_waiting(struct worker *worker, struct message *message)
{
    int64_t end_ns = clock_monotonic_ns() + MATCHING_NS;
    bool serves = worker_self() != NULL, left = true; /* else the server ends, and nobody is subscribed any more */
    while (left) {
        struct waiting_match *match = first_waiting();
        if (serves && !match_until(match, end_ns))
            break;
        left = take_first(match);
    }
    if (left)
        worker_post(worker, message);
}
