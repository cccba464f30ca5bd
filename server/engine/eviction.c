/*
 * What is over the limit is an atomic number of bytes, set by the measurement and lowered by every eviction by
 * what it frees. So evicting needs no measurement of its own (which costs tens of microseconds), and several workers
 * share the work.
 */
#include "engine/eviction.h"

#include "base/clock.h"
#include "base/memory.h"
#include "engine/pause.h"
#include "record/latency.h"
#include "server.h"
#include "store/keyspace.h"
#include "store/recency.h"

#define MEASURE_MS 100
#define MEASURE_NEAR_MS 10
#define ROUND_MAX 64 /* keys one command evicts at most before it goes on */

static _Atomic int64_t excess; /* bytes over maxmemory, of the last measurement less what was freed since */

static enum keyspace_victim victim_of(int policy)
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

static void room_is_there(struct server *server)
{
    atomic_store_explicit(&server->memory_is_short, false, memory_order_relaxed);
}

bool eviction_make_room(struct server *server)
{
    const struct config *config = &server->config;
    if (!atomic_load_explicit(&server->memory_is_short, memory_order_relaxed))
        return true;
    if (pause_is_active(server, clock_wall_ms()))
        return true;
    if (config->maxmemory == 0 || atomic_load(&excess) <= 0) {
        room_is_there(server);
        return true;
    }
    if (config->maxmemory_policy == POLICY_NOEVICTION)
        return false;
    int64_t began_ns = clock_monotonic_ns();
    unsigned evicted = 0;
    while (evicted < ROUND_MAX && atomic_load(&excess) > 0) {
        size_t freed = keyspace_evict(server->keyspace, victim_of(config->maxmemory_policy),
                                      policy_is_volatile(config->maxmemory_policy), config->maxmemory_samples,
                                      config->lazyfree_lazy_eviction, clock_wall_ms());
        if (freed == 0)
            break;
        atomic_fetch_sub(&excess, (int64_t)freed);
        evicted++;
    }
    atomic_fetch_add(&server->evicted_keys, evicted);
    latency_add_if_needed(config->latency_monitor_threshold, "eviction-cycle",
                          (clock_monotonic_ns() - began_ns) / 1000000);
    if (atomic_load(&excess) <= 0)
        room_is_there(server);
    return evicted > 0;
}

int eviction_measure(struct server *server)
{
    uint64_t limit = server->config.maxmemory;
    struct mem_stats stats;
    mem_stats_read(&stats);
    if (stats.allocated > atomic_load(&server->peak_memory))
        atomic_store(&server->peak_memory, stats.allocated);
    if (limit == 0) {
        room_is_there(server);
        return MEASURE_MS;
    }
    size_t clients = atomic_load(&server->clients_memory); /* buffers aren't data, and evicting frees none of them */
    size_t used = stats.allocated > clients ? stats.allocated - clients : 0;
    atomic_store(&excess, (int64_t)used - (int64_t)limit);
    atomic_store_explicit(&server->memory_is_short, used > limit, memory_order_relaxed);
    return used > limit - limit / 8 ? MEASURE_NEAR_MS : MEASURE_MS;
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
    eviction_measure(server);
}
