/*
 * Each part is a hash table of chains, which doubles when it is full and halves when it is an eighth full.
 */
#include "pubsub/registry.h"

#include "base/connection_memory.h"
#include "base/memory.h"
#include "pubsub/crowd.h"
#include "pubsub/inbox.h"
#include "pubsub/pattern_list.h"
#include "pubsub/payload.h"

#include <pthread.h>
#include <stdatomic.h>

#define BUCKETS_MIN 8
#define MATCHING_MAX 4096  /* comparisons under the patterns' lock at a time, */
#define INSISTENT_MAX 1024 /* and of one that insists, which may hold other locks; */
#define PATTERN_STEP 256   /* of which so many at once with one of them, */
#define PATTERN_COST 16    /* and what one that is decided at once counts as */

struct part {
    _Alignas(64) pthread_rwlock_t lock;
    /* guarded by the lock */
    struct channel **buckets;
    size_t bucket_count; /* a power of two, or 0 */
    size_t channel_count;
};

static struct part parts[CHANNEL_KINDS][REGISTRY_PARTS]; /* of the patterns only the first is used */
static struct pattern_list patterns;                     /* guarded by its lock */
static atomic_size_t channel_counts[CHANNEL_KINDS];      /* a hint to publishers, and what INFO tells */

/* Whoever changes something isn't put off by those who read one after the other. */
static __attribute__((constructor)) void init_locks(void)
{
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    for (unsigned kind = 0; kind < CHANNEL_KINDS; kind++)
        for (unsigned i = 0; i < REGISTRY_PARTS; i++)
            pthread_rwlock_init(&parts[kind][i].lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
}

static struct part *part_of(enum channel_kind kind, uint64_t hash)
{
    return &parts[kind][kind == CHANNEL_PATTERN ? 0 : hash % REGISTRY_PARTS];
}

/* ---- the table of a part ---- */

static struct channel **bucket_of(const struct part *part, uint64_t hash)
{
    return &part->buckets[hash / REGISTRY_PARTS & (part->bucket_count - 1)];
}

static struct channel *part_find(const struct part *part, enum channel_kind kind, struct bytes name, uint64_t hash)
{
    struct channel *channel = part->bucket_count > 0 ? *bucket_of(part, hash) : NULL;
    while (channel && !channel_is(channel, kind, name, hash))
        channel = channel->next;
    return channel;
}

static void part_link(struct part *part, struct channel *channel)
{
    struct channel **bucket = bucket_of(part, channel->hash);
    channel->next = *bucket;
    *bucket = channel;
}

static void part_resize(struct part *part, size_t bucket_count)
{
    struct channel **before = part->buckets;
    size_t before_count = part->bucket_count;
    connection_memory_add((bucket_count - before_count) * sizeof *before); /* wraps around where it shrinks */
    part->bucket_count = bucket_count;
    part->buckets = bucket_count > 0 ? mem_calloc(bucket_count * sizeof *before) : NULL;
    for (size_t i = 0; i < before_count; i++) {
        for (struct channel *channel = before[i], *next; channel; channel = next) {
            next = channel->next;
            part_link(part, channel);
        }
    }
    mem_free(before);
}

static void part_add(struct part *part, struct channel *channel)
{
    if (part->channel_count++ == part->bucket_count)
        part_resize(part, part->bucket_count > 0 ? 2 * part->bucket_count : BUCKETS_MIN);
    part_link(part, channel);
    atomic_fetch_add_explicit(&channel_counts[channel->kind], 1, memory_order_relaxed);
    if (channel->kind == CHANNEL_PATTERN)
        channel->number = pattern_list_add(&patterns, channel);
}

/* Gives up the registry's reference. */
static void part_remove(struct part *part, struct channel *channel)
{
    struct channel **link = bucket_of(part, channel->hash);
    while (*link != channel)
        link = &(*link)->next;
    *link = channel->next;
    if (--part->channel_count == 0)
        part_resize(part, 0);
    else if (part->bucket_count > BUCKETS_MIN && part->channel_count < part->bucket_count / 8)
        part_resize(part, part->bucket_count / 2);
    atomic_fetch_sub_explicit(&channel_counts[channel->kind], 1, memory_order_relaxed);
    if (channel->kind == CHANNEL_PATTERN)
        pattern_list_remove(&patterns, channel->number);
    channel_release(channel);
}

/* ---- coming and going ---- */

static struct crowd *crowd_at(struct channel *channel, unsigned worker)
{
    struct crowd *crowd = channel->crowds;
    while (crowd && crowd->worker != worker)
        crowd = crowd->next;
    return crowd;
}

struct crowd *registry_join(enum channel_kind kind, struct bytes name, unsigned worker, uint64_t *seen_out)
{
    uint64_t hash = channel_hash(kind, name);
    struct part *part = part_of(kind, hash);
    pthread_rwlock_wrlock(&part->lock);
    struct channel *channel = part_find(part, kind, name, hash);
    if (!channel) {
        channel = channel_create(kind, name, hash);
        part_add(part, channel);
    }
    struct crowd *crowd = crowd_at(channel, worker);
    if (!crowd) {
        crowd = crowd_create(channel, worker);
        crowd->next = channel->crowds;
        channel->crowds = crowd;
    }
    crowd->joined++;
    channel->joined++;
    *seen_out = inbox_last(worker);
    pthread_rwlock_unlock(&part->lock);
    return crowd;
}

void registry_leave(struct crowd *crowd)
{
    struct channel *channel = crowd->channel;
    struct part *part = part_of(channel->kind, channel->hash);
    pthread_rwlock_wrlock(&part->lock);
    bool crowd_ends = --crowd->joined == 0, channel_ends = --channel->joined == 0;
    if (crowd_ends) {
        struct crowd **link = &channel->crowds;
        while (*link != crowd)
            link = &(*link)->next;
        *link = crowd->next;
    }
    if (channel_ends)
        part_remove(part, channel);
    pthread_rwlock_unlock(&part->lock);
    if (crowd_ends)
        crowd_release(crowd);
}

/* ---- posting ---- */

static bool is_full_locked(const struct channel *channel)
{
    for (const struct crowd *crowd = channel->crowds; crowd; crowd = crowd->next)
        if (inbox_is_full(crowd->worker))
            return true;
    return false;
}

static const char *word_for(const struct channel *channel)
{
    static const char *const words[] = {
        [CHANNEL_PLAIN] = "message", [CHANNEL_PATTERN] = "pmessage", [CHANNEL_SHARD] = "smessage"};
    return words[channel->kind];
}

/* False: too much waits, and nothing has been posted. */
static bool post_locked(struct posting *posting, struct channel *channel)
{
    if (!posting->insists && is_full_locked(channel))
        return false;
    struct bytes name = channel_name(channel);
    struct payload *payload = payload_create(word_for(channel), channel->kind == CHANNEL_PATTERN ? &name : NULL,
                                             posting->channel, posting->message);
    posting->receivers += channel->joined;
    if (!payload) {
        posting->no_memory = true;
        return true;
    }
    uint64_t skip = posting->give ? posting->give(posting->context, channel, payload) : 0;
    for (struct crowd *crowd = channel->crowds; crowd; crowd = crowd->next)
        inbox_add(crowd->worker, crowd_retain(crowd), payload_retain(payload), skip);
    payload_release(payload);
    return true;
}

bool registry_post(enum channel_kind kind, struct posting *posting)
{
    if (atomic_load_explicit(&channel_counts[kind], memory_order_relaxed) == 0)
        return true;
    uint64_t hash = channel_hash(kind, posting->channel);
    struct part *part = part_of(kind, hash);
    pthread_rwlock_wrlock(&part->lock);
    struct channel *channel = part_find(part, kind, posting->channel, hash);
    bool posted = !channel || post_locked(posting, channel);
    pthread_rwlock_unlock(&part->lock);
    return posted;
}

/* The pattern with which the walk goes on; begins to match it. NULL: none is left. */
static struct channel *walk_next_locked(struct pattern_walk *walk, struct bytes name)
{
    if (walk->matching)
        return walk->matching;
    size_t index = pattern_list_find(&patterns, walk->next);
    while (index < patterns.count && !patterns.slots[index].channel)
        index++;
    if (index == patterns.count)
        return NULL;
    struct channel *channel = patterns.slots[index].channel;
    walk->next = channel->number;
    walk->matching = channel_retain(channel);
    glob_begin(&walk->glob, channel->name, channel->len, name.data, name.len, false);
    return channel;
}

/* The walk has done with the pattern that it was at. */
static void walk_pass(struct pattern_walk *walk)
{
    walk->next++;
    pattern_walk_end(walk);
}

void pattern_walk_end(struct pattern_walk *walk)
{
    if (walk->matching)
        channel_release(walk->matching);
    walk->matching = NULL;
}

static void end_subscribers_locked(const struct channel *channel)
{
    for (struct crowd *crowd = channel->crowds; crowd; crowd = crowd->next)
        inbox_add(crowd->worker, crowd_retain(crowd), NULL, 0);
}

bool registry_post_to_patterns(struct posting *posting, struct pattern_walk *walk, bool *waits_out)
{
    *waits_out = false;
    if (!walk->matching && atomic_load_explicit(&channel_counts[CHANNEL_PATTERN], memory_order_relaxed) == 0)
        return true;
    struct part *part = part_of(CHANNEL_PATTERN, 0);
    struct channel *channel = NULL;
    pthread_rwlock_rdlock(&part->lock);
    int left = posting->insists ? INSISTENT_MAX : MATCHING_MAX;
    while (left > 0 && (channel = walk_next_locked(walk, posting->channel))) {
        enum glob_result result = posting->ends ? GLOB_NO : glob_step(&walk->glob, PATTERN_STEP);
        left -= result == GLOB_UNDECIDED ? PATTERN_STEP : PATTERN_COST;
        if (result == GLOB_UNDECIDED)
            continue;
        if (posting->ends)
            end_subscribers_locked(channel);
        if (result == GLOB_YES && channel->joined > 0 && !post_locked(posting, channel)) {
            pattern_walk_end(walk); /* it is matched anew */
            *waits_out = true;
            break;
        }
        walk_pass(walk);
    }
    pthread_rwlock_unlock(&part->lock);
    return !channel;
}

/* ---- asking ---- */

size_t registry_count(enum channel_kind kind)
{
    return atomic_load_explicit(&channel_counts[kind], memory_order_relaxed);
}

unsigned registry_subscribers(enum channel_kind kind, struct bytes name)
{
    uint64_t hash = channel_hash(kind, name);
    struct part *part = part_of(kind, hash);
    pthread_rwlock_rdlock(&part->lock);
    const struct channel *channel = part_find(part, kind, name, hash);
    unsigned count = channel ? channel->joined : 0;
    pthread_rwlock_unlock(&part->lock);
    return count;
}

size_t registry_list(enum channel_kind kind, unsigned index, struct channel ***channels_out)
{
    struct part *part = &parts[kind][index];
    size_t count = 0;
    pthread_rwlock_rdlock(&part->lock);
    struct channel **channels = mem_alloc((part->channel_count + 1) * sizeof(struct channel *));
    for (size_t i = 0; i < part->bucket_count; i++)
        for (struct channel *channel = part->buckets[i]; channel; channel = channel->next)
            channels[count++] = channel_retain(channel);
    pthread_rwlock_unlock(&part->lock);
    *channels_out = channels;
    return count;
}
