#include "pubsub/channel.h"

#include "base/connection_memory.h"
#include "base/memory.h"
#include "base/siphash.h"

struct channel *channel_create(enum channel_kind kind, struct bytes name, uint64_t hash)
{
    struct channel *channel = mem_alloc(sizeof *channel + name.len);
    *channel = (struct channel){.hash = hash, .len = name.len, .kind = (uint8_t)kind};
    connection_memory_add(mem_usable(channel));
    atomic_init(&channel->references, 1);
    if (name.len > 0)
        memcpy(channel->name, name.data, name.len);
    return channel;
}

struct channel *channel_retain(struct channel *channel)
{
    atomic_fetch_add_explicit(&channel->references, 1, memory_order_relaxed); /* under a reference, or a lock */
    return channel;
}

void channel_release(struct channel *channel)
{
    /* acq_rel: the thread that frees sees what all others did before they released */
    if (atomic_fetch_sub_explicit(&channel->references, 1, memory_order_acq_rel) != 1)
        return;
    connection_memory_subtract(mem_usable(channel));
    mem_free(channel);
}

uint64_t channel_hash(enum channel_kind kind, struct bytes name)
{
    return siphash_bytes(name.data, name.len) + (uint64_t)kind;
}

bool channel_is(const struct channel *channel, enum channel_kind kind, struct bytes name, uint64_t hash)
{
    return channel->hash == hash && channel->kind == kind &&
           bytes_equal(channel->name, channel->len, name.data, name.len);
}

size_t channel_memory(const struct channel *channel)
{
    return mem_usable(channel);
}
