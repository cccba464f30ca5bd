/*
 * The excess over the limit is an atomic number of bytes: the measurement sets it, and every eviction lowers it by what
 * it frees. So evicting needs no measurement of its own (which costs tens of microseconds), and several workers share
 * the work.
 */
#include "engine/eviction.h"

#include "base/clock.h"
#include "base/memory.h"
#include "engine/attention.h"
#include "engine/client_limits.h"
#include "engine/pause.h"
#include "record/latency.h"
#include "record/memory_report.h"
#include "server.h"
#include "store/keyspace.h"
#include "store/recency.h"

#include <stdatomic.h>

#define MEASURE_MS 100
#define MEASURE_NEAR_MS 10
#define ROUND_MAX 64 /* keys that one command evicts at most before it goes on */

static _Atomic int64_t excess; /* bytes over maxmemory at the last measurement, less those freed since */
static _Atomic uint64_t evicted_keys;

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

bool eviction_make_room(struct server *server)
{
    const struct config *config = &server->config;
    if (!attention_has(ATTENTION_MEMORY) || pause_is_active(clock_wall_ms()))
        return true;
    if (config->maxmemory == 0 || atomic_load(&excess) <= 0) {
        attention_set(ATTENTION_MEMORY, false);
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
    atomic_fetch_add_explicit(&evicted_keys, evicted, memory_order_relaxed);
    latency_add_if_needed(config->latency_monitor_threshold, "eviction-cycle",
                          (clock_monotonic_ns() - began_ns) / 1000000);
    if (atomic_load(&excess) <= 0)
        attention_set(ATTENTION_MEMORY, false);
    return evicted > 0;
}

int eviction_measure(struct server *server)
{
    uint64_t limit = server->config.maxmemory;
    struct mem_stats stats;
    mem_stats_read(&stats);
    memory_note_allocated(stats.allocated);
    if (limit == 0) {
        attention_set(ATTENTION_MEMORY, false);
        return MEASURE_MS;
    }
    size_t clients = clients_counted_memory(); /* buffers aren't data, and evicting frees none of them */
    size_t used = stats.allocated > clients ? stats.allocated - clients : 0;
    atomic_store(&excess, (int64_t)used - (int64_t)limit);
    attention_set(ATTENTION_MEMORY, used > limit);
    return used > limit - limit / 8 ? MEASURE_NEAR_MS : MEASURE_MS;
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
    eviction_measure(server);
}
