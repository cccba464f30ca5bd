#include "store/recency.h"

#include "base/random.h"

#define CLOCK_MASK 0xffffffu
/* A use by a thread whose command began later can be ahead of the time by which an entry is judged. */
#define AHEAD_MAX_S 60
#define AHEAD_MAX_MINUTES 1
#define LFU_START 5 /* so that new entries aren't the first to be evicted */

static struct recency_policy policy = {.log_factor = 10, .decay_minutes = 1};

void recency_set_policy(struct recency_policy next)
{
    policy = next;
}

static uint32_t lru_clock(uint32_t now_s)
{
    return now_s & CLOCK_MASK;
}

static uint32_t lfu_minutes(uint32_t now_s)
{
    return now_s / 60 & 0xffff;
}

unsigned recency_frequency(const struct entry *entry, uint32_t now_s)
{
    uint32_t counter = entry->recency & 0xff;
    uint32_t minutes = (lfu_minutes(now_s) - (entry->recency >> 8)) & 0xffff;
    if (minutes > 0xffff - AHEAD_MAX_MINUTES)
        minutes = 0;
    uint32_t periods = policy.decay_minutes > 0 ? minutes / (uint32_t)policy.decay_minutes : 0;
    return periods > counter ? 0 : counter - periods;
}

/* Counts one more use with a probability that falls as the counter grows. */
static unsigned lfu_increment(unsigned counter)
{
    if (counter == 255)
        return 255;
    double above = counter > LFU_START ? counter - LFU_START : 0;
    double chance = 1.0 / (above * policy.log_factor + 1);
    double dice = (double)(random_next(random_thread()) >> 11) / (double)(UINT64_C(1) << 53);
    return dice < chance ? counter + 1 : counter;
}

void recency_init(struct entry *entry, uint32_t now_s)
{
    entry->recency = policy.frequency ? lfu_minutes(now_s) << 8 | LFU_START : lru_clock(now_s);
}

void recency_succeed(struct entry *entry, const struct entry *old, uint32_t now_s)
{
    if (policy.frequency)
        entry->recency = old->recency;
    else
        recency_init(entry, now_s);
}

void recency_touch(struct entry *entry, uint32_t now_s)
{
    uint32_t clock;
    if (policy.frequency)
        clock = lfu_minutes(now_s) << 8 | lfu_increment(recency_frequency(entry, now_s));
    else
        clock = lru_clock(now_s);
    if (entry->recency != clock) /* most uses are in the same second: leave the cache line clean */
        entry->recency = clock & CLOCK_MASK;
}

/* A clock of 0 would be taken for one that was never set: the one before is as good. */
void recency_set(struct entry *entry, int64_t idle_s, int frequency, uint32_t now_s)
{
    recency_init(entry, now_s);
    if (policy.frequency && frequency >= 0)
        entry->recency = (lfu_minutes(now_s) << 8 | (uint32_t)frequency) & CLOCK_MASK;
    else if (!policy.frequency && idle_s >= 0)
        entry->recency = lru_clock(now_s - (uint32_t)(idle_s > CLOCK_MASK ? CLOCK_MASK : idle_s));
    if (entry->recency == 0)
        entry->recency = policy.frequency ? CLOCK_MASK & ~0xffu : CLOCK_MASK;
}

uint32_t recency_idle_seconds(const struct entry *entry, uint32_t now_s)
{
    uint32_t idle_s = (lru_clock(now_s) - entry->recency) & CLOCK_MASK;
    return idle_s <= CLOCK_MASK - AHEAD_MAX_S ? idle_s : 0;
}
