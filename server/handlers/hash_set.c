/*
 * One table at most half full, probed one slot after the other. A slot's index is the hash's high bits: the low ones
 * are the same for all keys of a shard.
 */
#include "handlers/hash_set.h"

#include "base/memory.h"

#include <string.h>

#define BITS_MIN 10

static size_t slot_count(const struct hash_set *set)
{
    return set->slots ? (size_t)1 << set->bits : 0;
}

/* The slot that holds the hash, or the empty one where it belongs. */
static uint64_t *slot_find(const struct hash_set *set, uint64_t hash)
{
    size_t mask = slot_count(set) - 1, at = (size_t)(hash >> (64 - set->bits));
    while (set->slots[at] != 0 && set->slots[at] != hash)
        at = (at + 1) & mask;
    return &set->slots[at];
}

/* False without memory: then nothing has changed. */
static bool set_grow(struct hash_set *set)
{
    struct hash_set grown = {.bits = set->slots ? set->bits + 1 : BITS_MIN, .count = set->count};
    size_t bytes = sizeof *grown.slots << grown.bits;
    grown.slots = mem_try_alloc(bytes);
    if (!grown.slots)
        return false;
    memset(grown.slots, 0, bytes);
    for (size_t i = 0; i < slot_count(set); i++)
        if (set->slots[i] != 0)
            *slot_find(&grown, set->slots[i]) = set->slots[i];
    mem_free(set->slots);
    *set = grown;
    return true;
}

bool hash_set_add(struct hash_set *set, uint64_t hash)
{
    if (2 * set->count >= slot_count(set) && !set_grow(set)) {
        set->failed = true;
        return false;
    }
    if (hash == 0)
        hash = 1; /* 0 means empty */
    uint64_t *slot = slot_find(set, hash);
    if (*slot == hash)
        return false;
    *slot = hash;
    set->count++;
    return true;
}

void hash_set_clear(struct hash_set *set)
{
    if (set->count > 0)
        memset(set->slots, 0, slot_count(set) * sizeof *set->slots);
    set->count = 0;
}

void hash_set_deinit(struct hash_set *set)
{
    mem_free(set->slots);
}

size_t hash_set_memory(const struct hash_set *set)
{
    return slot_count(set) * sizeof *set->slots;
}
