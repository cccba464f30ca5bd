/*
 * Subscribers: the subscriptions of one client.
 *
 * A subscriber exists while its client is subscribed to anything. It belongs to the client's worker, and only that
 * worker, or the thread that has stopped the world, touches it. It knows the client as a connection: what else a client
 * is, the layer above knows (clients/subscriptions.h).
 */
#ifndef KVS_PUBSUB_SUBSCRIBER_H
#define KVS_PUBSUB_SUBSCRIBER_H

#include "base/bytes.h"
#include "net/mailbox.h"
#include "pubsub/channel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn;
struct subscription;

struct subscriber {
    struct message message; /* first; private: its turns when it leaves */
    /* the owner's */
    struct conn *conn; /* NULL: it leaves */
    uint8_t resp;      /* 2 or 3: in which it gets messages */
    /* read by others, written by the functions below */
    uint32_t counts[CHANNEL_KINDS];
    /* private: a hash table of chains */
    uint32_t bucket_count; /* a power of two */
    struct subscription **buckets;
    uint32_t none_below[CHANNEL_KINDS]; /* bucket with this index there is any of the kind */
    size_t memory;                      /* bytes of the subscriptions and what stands for them in the registry */
};

struct subscriber *subscriber_create(struct conn *conn, uint8_t resp);

/*
 * Ends all subscriptions. Its connection gets nothing from now on; where there are many subscriptions it takes turns
 * until they are gone, and so long they are still counted.
 */
void subscriber_leave(struct subscriber *subscriber);

/* False: it was subscribed before. */
bool subscriber_add(struct subscriber *subscriber, enum channel_kind kind, struct bytes name);

/*
 * A subscription ends in two steps, for whoever was counted as a receiver is to be one. When it has been withdrawn
 * nothing more is posted to it, and what has been is still delivered, until it is removed. NULL: there is none.
 */
struct subscription *subscriber_withdraw(struct subscriber *subscriber, enum channel_kind kind, struct bytes name);
void subscriber_remove(struct subscriber *subscriber, struct subscription *subscription);

/* Its subscription to a channel; NULL: there is none. */
struct subscription *subscriber_find(const struct subscriber *subscriber, const struct channel *channel);

static inline uint32_t subscriber_count(const struct subscriber *subscriber)
{
    return subscriber->counts[CHANNEL_PLAIN] + subscriber->counts[CHANNEL_PATTERN] + subscriber->counts[CHANNEL_SHARD];
}

/* Any one of a kind, retained for the caller; NULL: none. */
struct channel *subscriber_any(struct subscriber *subscriber, enum channel_kind kind);

/* Calls visit with each until one is refused; returns whether all were taken. */
bool subscriber_all(const struct subscriber *subscriber, bool (*visit)(void *context, const struct channel *channel),
                    void *context);

/* Bytes that it occupies, and its subscriptions with it. A channel counts with each of its subscribers. */
size_t subscriber_memory(const struct subscriber *subscriber);

#endif
