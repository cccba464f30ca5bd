/*
 * Sets of hashes: which of many names have been seen.
 *
 * Names are told apart by the keyspace's keyed 64-bit hash alone, so a set takes about 12 bytes for a name of any
 * length. Among a million names two have the same hash with a probability of one in thirty million, and nobody who
 * doesn't know the key can choose such names.
 *
 * One owner, one thread. Begins as all zeros.
 */
#ifndef KVS_HANDLERS_HASH_SET_H
#define KVS_HANDLERS_HASH_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash_set {
    uint64_t *slots; /* 0: empty; NULL before the first hash */
    unsigned bits;   /* there are 2^bits slots */
    size_t count;
    bool failed; /* memory couldn't be had: hashes are missing */
};

/* Adds the hash; false if it was there. */
bool hash_set_add(struct hash_set *set, uint64_t hash);

/* Empties the set, which keeps its memory for as many again. */
void hash_set_clear(struct hash_set *set);

void hash_set_deinit(struct hash_set *set);
size_t hash_set_memory(const struct hash_set *set);

#endif
