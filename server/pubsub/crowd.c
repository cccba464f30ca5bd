#include "pubsub/crowd.h"

#include "base/connection_memory.h"
#include "base/memory.h"
#include "pubsub/channel.h"

#include <assert.h>

#define CAPACITY_MIN 2

struct crowd *crowd_create(struct channel *channel, unsigned worker)
{
    struct crowd *crowd = mem_calloc(sizeof *crowd);
    connection_memory_add(mem_usable(crowd));
    crowd->channel = channel_retain(channel);
    crowd->worker = worker;
    atomic_init(&crowd->references, 1);
    return crowd;
}

struct crowd *crowd_retain(struct crowd *crowd)
{
    atomic_fetch_add_explicit(&crowd->references, 1, memory_order_relaxed); /* under a reference, or a lock */
    return crowd;
}

static void members_resize(struct crowd *crowd, uint32_t capacity)
{
    connection_memory_subtract(crowd->capacity * sizeof(struct subscription *));
    connection_memory_add(capacity * sizeof(struct subscription *));
    crowd->capacity = capacity;
    if (capacity > 0) {
        crowd->members = mem_realloc(crowd->members, capacity * sizeof(struct subscription *));
        return;
    }
    mem_free(crowd->members);
    crowd->members = NULL;
}

void crowd_release(struct crowd *crowd)
{
    /* acq_rel: the thread that frees sees what all others did before they released */
    if (atomic_fetch_sub_explicit(&crowd->references, 1, memory_order_acq_rel) != 1)
        return;
    members_resize(crowd, 0);
    channel_release(crowd->channel);
    connection_memory_subtract(mem_usable(crowd));
    mem_free_sized(crowd, sizeof *crowd);
}

void crowd_add(struct crowd *crowd, struct subscription *subscription)
{
    if (crowd->count == crowd->capacity)
        members_resize(crowd, crowd->capacity ? 2 * crowd->capacity : CAPACITY_MIN);
    assert(crowd->members);
    subscription->index = crowd->count;
    crowd->members[crowd->count++] = subscription;
}

void crowd_remove(struct crowd *crowd, const struct subscription *subscription)
{
    struct subscription *last = crowd->members[--crowd->count];
    crowd->members[subscription->index] = last;
    last->index = subscription->index;
    if (crowd->count > CAPACITY_MIN && crowd->count <= crowd->capacity / 4)
        members_resize(crowd, crowd->capacity / 2);
}
