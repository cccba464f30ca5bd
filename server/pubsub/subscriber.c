#include "pubsub/subscriber.h"

#include "base/connection_memory.h"
#include "base/memory.h"
#include "net/conn.h"
#include "net/worker.h"
#include "pubsub/crowd.h"
#include "pubsub/registry.h"

#define BUCKETS_MIN 1
#define LEAVE_AT_ONCE 500 /* subscriptions that end in a turn */

struct subscriber *subscriber_create(struct conn *conn, uint8_t resp)
{
    struct subscriber *subscriber = mem_calloc(sizeof *subscriber);
    connection_memory_add(sizeof *subscriber);
    subscriber->conn = conn;
    subscriber->resp = resp;
    return subscriber;
}

/* ---- the table ---- */

static struct subscription **bucket_of(const struct subscriber *subscriber, uint64_t hash)
{
    return &subscriber->buckets[hash & (subscriber->bucket_count - 1)];
}

static void link_in(struct subscriber *subscriber, struct subscription *subscription)
{
    struct subscription **bucket = bucket_of(subscriber, subscription->crowd->channel->hash);
    subscription->next = *bucket;
    *bucket = subscription;
    uint32_t *none_below = &subscriber->none_below[subscription->crowd->channel->kind];
    if (bucket - subscriber->buckets < *none_below)
        *none_below = (uint32_t)(bucket - subscriber->buckets);
}

static void buckets_resize(struct subscriber *subscriber, uint32_t count)
{
    struct subscription **before = subscriber->buckets;
    uint32_t before_count = subscriber->bucket_count;
    connection_memory_add(((size_t)count - before_count) * sizeof *before); /* wraps around where it shrinks */
    subscriber->bucket_count = count;
    subscriber->buckets = count > 0 ? mem_calloc(count * sizeof *before) : NULL;
    for (unsigned kind = 0; kind < CHANNEL_KINDS; kind++)
        subscriber->none_below[kind] = count;
    for (uint32_t i = 0; i < before_count; i++) {
        for (struct subscription *subscription = before[i], *next; subscription; subscription = next) {
            next = subscription->next;
            link_in(subscriber, subscription);
        }
    }
    mem_free(before);
}

/* The link that leads to it. NULL: it isn't there. */
static struct subscription **find(const struct subscriber *subscriber, enum channel_kind kind, struct bytes name,
                                  uint64_t hash)
{
    if (subscriber->bucket_count == 0)
        return NULL;
    struct subscription **link = bucket_of(subscriber, hash);
    while (*link && !channel_is((*link)->crowd->channel, kind, name, hash))
        link = &(*link)->next;
    return *link ? link : NULL;
}

/* ---- coming and going ---- */

/* Of one subscription, with what there would be of crowd and channel if nobody else were subscribed. */
static size_t subscription_memory(const struct subscription *subscription)
{
    return sizeof *subscription + sizeof *subscription->crowd + sizeof(struct subscription *) +
           channel_memory(subscription->crowd->channel);
}

bool subscriber_add(struct subscriber *subscriber, enum channel_kind kind, struct bytes name)
{
    if (find(subscriber, kind, name, channel_hash(kind, name)))
        return false;
    uint32_t count = subscriber_count(subscriber);
    if (count == subscriber->bucket_count)
        buckets_resize(subscriber, count > 0 ? 2 * count : BUCKETS_MIN);
    struct subscription *subscription = mem_alloc(sizeof *subscription);
    connection_memory_add(sizeof *subscription);
    *subscription = (struct subscription){.subscriber = subscriber};
    subscription->crowd = registry_join(kind, name, worker_index(subscriber->conn->worker), &subscription->seen);
    crowd_add(subscription->crowd, subscription);
    link_in(subscriber, subscription);
    subscriber->counts[kind]++;
    subscriber->memory += subscription_memory(subscription);
    return true;
}

/* It stands in no bucket any more. The registry is another matter. */
static void subscription_end(struct subscriber *subscriber, struct subscription *subscription)
{
    struct crowd *crowd = subscription->crowd;
    subscriber->memory -= subscription_memory(subscription);
    subscriber->counts[crowd->channel->kind]--;
    crowd_remove(crowd, subscription);
    connection_memory_subtract(sizeof *subscription);
    mem_free_sized(subscription, sizeof *subscription);
}

struct subscription *subscriber_withdraw(struct subscriber *subscriber, enum channel_kind kind, struct bytes name)
{
    struct subscription **link = find(subscriber, kind, name, channel_hash(kind, name));
    if (!link)
        return NULL;
    registry_leave(crowd_retain((*link)->crowd));
    return *link;
}

void subscriber_remove(struct subscriber *subscriber, struct subscription *subscription)
{
    struct crowd *crowd = subscription->crowd;
    struct subscription **link = bucket_of(subscriber, crowd->channel->hash);
    while (*link != subscription)
        link = &(*link)->next;
    *link = subscription->next;
    subscription_end(subscriber, subscription);
    crowd_release(crowd);
    uint32_t count = subscriber_count(subscriber);
    if (subscriber->bucket_count > BUCKETS_MIN && count < subscriber->bucket_count / 4)
        buckets_resize(subscriber, subscriber->bucket_count / 2);
}

static void subscriber_destroy(struct subscriber *subscriber)
{
    buckets_resize(subscriber, 0);
    connection_memory_subtract(sizeof *subscriber);
    mem_free_sized(subscriber, sizeof *subscriber);
}

/* Ends so many of its subscriptions at most. True: there are no more. */
static bool end_some(struct subscriber *subscriber, uint32_t left)
{
    for (uint32_t i = subscriber->none_below[CHANNEL_PLAIN]; i < subscriber->bucket_count; i++) {
        struct subscription *subscription;
        while ((subscription = subscriber->buckets[i])) {
            if (left-- == 0) {
                subscriber->none_below[CHANNEL_PLAIN] = i;
                return false;
            }
            struct crowd *crowd = subscription->crowd;
            subscriber->buckets[i] = subscription->next;
            subscription_end(subscriber, subscription);
            registry_leave(crowd);
        }
    }
    return true;
}

static void leave_on(struct worker *worker, struct message *message)
{
    struct subscriber *subscriber = (struct subscriber *)message;
    if (end_some(subscriber, worker_self() ? LEAVE_AT_ONCE : UINT32_MAX))
        subscriber_destroy(subscriber);
    else
        worker_post(worker, message);
}

void subscriber_leave(struct subscriber *subscriber)
{
    struct worker *worker = subscriber->conn->worker;
    subscriber->conn = NULL;
    subscriber->message.run = leave_on;
    for (unsigned kind = 0; kind < CHANNEL_KINDS; kind++)
        subscriber->none_below[kind] = 0; /* from here on the first one is for all kinds */
    leave_on(worker, &subscriber->message);
}

/* ---- asking ---- */

struct subscription *subscriber_find(const struct subscriber *subscriber, const struct channel *channel)
{
    struct subscription **link = find(subscriber, channel->kind, channel_name(channel), channel->hash);
    return link ? *link : NULL;
}

struct channel *subscriber_any(struct subscriber *subscriber, enum channel_kind kind)
{
    for (uint32_t *at = &subscriber->none_below[kind]; subscriber->counts[kind] > 0 && *at < subscriber->bucket_count;
         ++*at)
        for (struct subscription *subscription = subscriber->buckets[*at]; subscription;
             subscription = subscription->next)
            if (subscription->crowd->channel->kind == kind)
                return channel_retain(subscription->crowd->channel);
    return NULL;
}

bool subscriber_all(const struct subscriber *subscriber, bool (*visit)(void *context, const struct channel *channel),
                    void *context)
{
    for (uint32_t i = 0; i < subscriber->bucket_count; i++)
        for (struct subscription *subscription = subscriber->buckets[i]; subscription;
             subscription = subscription->next)
            if (!visit(context, subscription->crowd->channel))
                return false;
    return true;
}

size_t subscriber_memory(const struct subscriber *subscriber)
{
    return mem_usable(subscriber) + subscriber->bucket_count * sizeof(struct subscription *) + subscriber->memory;
}
