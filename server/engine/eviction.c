#include "engine/eviction.h"

#include "base/clock.h"
#include "base/usage.h"
#include "record/latency.h"
#include "server.h"
#include "store/keyspace.h"
#include "store/reaper.h"
#include "store/recency.h"

#include <stdatomic.h>

#define CLOCK_KEYS 16 /* keys between two looks at the clock */

static _Atomic uint64_t evicted_keys;

static enum victim victim_of(int policy)
{
    switch (policy) {
    case POLICY_VOLATILE_LRU:
    case POLICY_ALLKEYS_LRU:
        return VICTIM_IDLE;
    case POLICY_VOLATILE_LFU:
    case POLICY_ALLKEYS_LFU:
        return VICTIM_RARE;
    case POLICY_VOLATILE_TTL:
        return VICTIM_SOONEST;
    default:
        return VICTIM_ANY;
    }
}

static bool policy_is_volatile(int policy)
{
    return policy == POLICY_VOLATILE_LRU || policy == POLICY_VOLATILE_LFU || policy == POLICY_VOLATILE_RANDOM ||
           policy == POLICY_VOLATILE_TTL;
}

static struct eviction_wish wish_of(const struct config *config)
{
    return (struct eviction_wish){
        .victim = victim_of(config->maxmemory_policy),
        .only_volatile = policy_is_volatile(config->maxmemory_policy),
        .samples = config->maxmemory_samples,
    };
}

/* Evicts until the thread has freed, or handed to the reaper, so many bytes. */
static enum eviction evict(struct server *server, int64_t bytes, int64_t end_ns)
{
    const struct eviction_wish wish = wish_of(&server->config);
    int64_t own = usage_own(), now_ms = clock_wall_ms();
    uint64_t handed = reaper_handed_bytes(), count = 0;
    enum evicted last = EVICTED_KEY;
    enum eviction result = EVICTION_UNDER_WAY;
    while (result == EVICTION_UNDER_WAY && last == EVICTED_KEY) {
        int64_t freed = own - usage_own(), later = (int64_t)(reaper_handed_bytes() - handed);
        if (freed + later >= bytes)
            result = later == 0 ? EVICTION_DONE : EVICTION_HANDED_OVER;
        else if (count > 0 && count % CLOCK_KEYS == 0 && clock_monotonic_ns() >= end_ns)
            break;
        else if ((last = keyspace_evict(server->keyspace, &wish, now_ms)) == EVICTED_KEY)
            count++;
    }
    atomic_fetch_add_explicit(&evicted_keys, count, memory_order_relaxed);
    return last == EVICTED_NONE ? EVICTION_EXHAUSTED : last == EVICTED_LATER ? EVICTION_BLOCKED : result;
}

enum eviction eviction_run(struct server *server, int64_t bytes, int64_t slice_ns)
{
    if (server->config.maxmemory_policy == POLICY_NOEVICTION)
        return EVICTION_EXHAUSTED;
    int64_t began_ns = clock_monotonic_ns();
    enum eviction result = evict(server, bytes, began_ns + slice_ns);
    latency_add_if_needed(server->config.latency_monitor_threshold, "eviction-cycle",
                          (clock_monotonic_ns() - began_ns) / 1000000);
    return result;
}

uint64_t eviction_keys(void)
{
    return atomic_load_explicit(&evicted_keys, memory_order_relaxed);
}

void eviction_reset_stats(void)
{
    atomic_store_explicit(&evicted_keys, 0, memory_order_relaxed);
}

void eviction_configure(struct server *server)
{
    const struct config *config = &server->config;
    int policy = config->maxmemory_policy;
    recency_set_policy((struct recency_policy){
        .frequency = policy == POLICY_ALLKEYS_LFU || policy == POLICY_VOLATILE_LFU,
        .log_factor = config->lfu_log_factor,
        .decay_minutes = config->lfu_decay_time,
    });
}
