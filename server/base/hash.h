/*
 * The keyed hash of the keyspace: SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input
 * PRF", 2012) under a random 128-bit key, so that only somebody who knows that key could choose
 * database keys that collide. It is set once, before threads start; tests set their own. Any thread may hash.
 */
#ifndef KVS_BASE_HASH_H
#define KVS_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
    uint64_t k0, k1;
};

/* SipHash-1-3 of data under key. */
uint64_t hash_siphash13(const void *data, size_t len, const struct hash_key *key);

/* SipHash-2-4: the same code with the paper's rounds, so that its published vectors test both. */
uint64_t hash_siphash24(const void *data, size_t len, const struct hash_key *key);

/* The server's hash: SipHash-1-3 under the server's key. */
uint64_t hash_bytes(const void *data, size_t len);

/* Sets the server's key, before threads start. hash_init_random() takes one from the kernel. */
void hash_set_key(const struct hash_key *key);
void hash_init_random(void);

#endif
