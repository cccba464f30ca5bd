#include "upkeep/cron.h"

#include "base/clock.h"
#include "base/gate.h"
#include "base/memory.h"
#include "base/usage.h"
#include "engine/loading.h"
#include "engine/room.h"
#include "host/log_flood.h"
#include "record/latency.h"
#include "record/memory_report.h"
#include "record/stats.h"
#include "server.h"
#include "store/keyspace.h"

#include <stdbool.h>

#define TICK_MS 100
#define DECAY_MS 1000
#define EXPIRY_SLICE_US 1000 /* inside the gate at a time: a thread that stops the world waits no longer for us */

/* Takes at most a quarter of the tick at effort 1, up to 70 % at effort 10, while there are expired keys. */
static void cron_expire(struct server *server, struct gate_member *gate)
{
    int64_t began_ns = clock_monotonic_ns();
    bool again;
    do {
        if (!gate_try_enter(gate))
            break;
        int64_t budget_ns = (int64_t)TICK_MS * 1000000 * (20 + 5 * server->config.active_expire_effort) / 100;
        int64_t threshold_ms = server->config.latency_monitor_threshold;
        keyspace_expire_round(server->keyspace, clock_wall_ms(), EXPIRY_SLICE_US, &again);
        gate_leave(gate);
        int64_t took_ns = clock_monotonic_ns() - began_ns;
        if (!again || took_ns > budget_ns) {
            latency_add_if_needed(threshold_ms, "expire-cycle", took_ns / 1000000);
            break;
        }
    } while (again);
}

static bool cron_evict(struct server *server, struct gate_member *gate)
{
    if (loading_runs() || !gate_try_enter(gate))
        return false;
    bool more = room_restore(server);
    gate_leave(gate);
    return more;
}

int cron_run(struct server *server, struct gate_member *gate)
{
    static int64_t next_tick_ms, next_decay_ms;
    int64_t now_ms = clock_monotonic_ms();
    bool more = cron_evict(server, gate);
    if (now_ms >= next_tick_ms) {
        next_tick_ms = now_ms + TICK_MS;
        stats_sample(now_ms);
        memory_note_allocated((size_t)usage_total());
        if (!loading_runs())
            cron_expire(server, gate);
    }
    log_flood_settle();
    if (now_ms >= next_decay_ms) {
        next_decay_ms = now_ms + DECAY_MS;
        mem_decay();
    }
    int64_t wait_ms = next_tick_ms - clock_monotonic_ms();
    return more || wait_ms < 0 ? 0 : (int)wait_ms;
}
