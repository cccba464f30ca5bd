/*
 * The keyed hash of the keyspace: SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input
 * PRF", 2012) under a random 128-bit key, so that only somebody who knows that key could choose
 * database keys that collide. It is set once, before threads start; tests set their own. Any thread may hash.
 */
#ifndef KVS_BASE_SIPHASH_H
#define KVS_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
    uint64_t k0, k1;
};

/* SipHash-1-3 of data under key. */
uint64_t siphash13(const void *data, size_t len, const struct siphash_key *key);

/* SipHash-2-4: the same code with the paper's rounds, so that its published vectors test both. */
uint64_t siphash24(const void *data, size_t len, const struct siphash_key *key);

/* The server's hash: SipHash-1-3 under the server's key. */
uint64_t siphash_bytes(const void *data, size_t len);

/* Sets the server's key, before threads start. siphash_init_random() takes one from the kernel. */
void siphash_set_key(const struct siphash_key *key);
void siphash_init_random(void);

#endif
