/*
 * Eviction: deleting keys by maxmemory-policy.
 *
 * When and how much is decided elsewhere (room.h).
 */
#ifndef KVS_ENGINE_EVICTION_H
#define KVS_ENGINE_EVICTION_H

#include <stdint.h>

struct server;

enum eviction {
    EVICTION_DONE,
    EVICTION_EXHAUSTED,   /* no key may be evicted (any more) */
    EVICTION_HANDED_OVER, /* enough is evicted, and the reaper frees it */
    EVICTION_UNDER_WAY,   /* the slice is over */
    EVICTION_BLOCKED,     /* shards are busy */
};

/*
 * Evicts keys until so many bytes are freed, for slice_ns at most. Waits for no lock. Any thread that has joined
 * (base/usage.h), inside the gate, without locks.
 */
enum eviction eviction_run(struct server *server, int64_t bytes, int64_t slice_ns);

/* Keys that were evicted since the start or the last eviction_reset_stats(). Any thread. */
uint64_t eviction_keys(void);
void eviction_reset_stats(void);

/* Makes the access clock and eviction follow maxmemory-policy. World stopped, or before threads start. */
void eviction_configure(struct server *server);

#endif
