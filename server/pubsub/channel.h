/*
 * A channel as an object: its kind, its name, and who is subscribed at each worker. Channels, patterns and shard
 * channels are alike and don't know of each other.
 *
 * They are found, made and changed through the registry alone (registry.h). A channel has a reference count, held by the
 * registry while somebody is subscribed, by its crowds, and by whoever matches it.
 */
#ifndef KVS_PUBSUB_CHANNEL_H
#define KVS_PUBSUB_CHANNEL_H

#include "base/bytes.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct crowd;

enum channel_kind { CHANNEL_PLAIN, CHANNEL_PATTERN, CHANNEL_SHARD, CHANNEL_KINDS };

struct channel {
    /* const */
    uint64_t hash;
    uint64_t number; /* of a pattern: grows with each */
    size_t len;
    uint8_t kind; /* channel_kind */
    atomic_uint references;
    /* guarded by its lock in the registry */
    struct channel *next;
    struct crowd *crowds;
    uint32_t joined; /* of all crowds */
    char name[];     /* const */
};

struct channel *channel_create(enum channel_kind kind, struct bytes name, uint64_t hash);
struct channel *channel_retain(struct channel *channel);
void channel_release(struct channel *channel);

uint64_t channel_hash(enum channel_kind kind, struct bytes name);
bool channel_is(const struct channel *channel, enum channel_kind kind, struct bytes name, uint64_t hash);

static inline struct bytes channel_name(const struct channel *channel)
{
    return (struct bytes){channel->name, channel->len};
}

/* Bytes that it occupies. */
size_t channel_memory(const struct channel *channel);

#endif
