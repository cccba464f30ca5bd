/*
 * The access clock: the 24 bits of an entry that say how recently or how often it was used.
 *
 * Under an LRU policy they are seconds modulo 2^24 (194 days); under an LFU policy 16 bits of minutes
 * and 8 bits of a logarithmic counter that decays (Morris 1978; the constants are Redis's). maxmemory-policy
 * decides which; it is set while the world is stopped. All other functions: under the shard's lock; now_s is monotonic.
 */
#ifndef KVS_STORE_RECENCY_H
#define KVS_STORE_RECENCY_H

#include "store/entry.h"

#include <stdbool.h>
#include <stdint.h>

struct recency_policy {
    bool frequency;    /* LFU instead of LRU */
    int log_factor;    /* lfu-log-factor */
    int decay_minutes; /* lfu-decay-time */
};

void recency_set_policy(struct recency_policy next);

/* Sets the clock of a new entry, and of one that is being used. */
void recency_init(struct entry *entry, uint32_t now_s);
void recency_touch(struct entry *entry, uint32_t now_s);

/* The clock of a new entry that takes the place of old: how often the key was used stays true of it (LFU). */
void recency_succeed(struct entry *entry, const struct entry *old, uint32_t now_s);

/*
 * Sets the clock of an entry that isn't under its key yet, as if it had been used so many seconds ago, or so often (0 to
 * 255); -1: that isn't known. What the policy has no use for is ignored.
 */
void recency_set(struct entry *entry, int64_t idle_s, int frequency, uint32_t now_s);

/* Seconds since the last use (LRU). */
uint32_t recency_idle_seconds(const struct entry *entry, uint32_t now_s);

/* The counter, decayed to now (LFU), 0 .. 255. */
unsigned recency_frequency(const struct entry *entry, uint32_t now_s);

#endif
