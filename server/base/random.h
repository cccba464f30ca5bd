/*
 * Random numbers: from the kernel where an adversary must not guess them, and from a fast generator
 * (xoshiro256**, Blackman and Vigna 2018) for sampling. Tests can seed it. Any thread, each with a state of its own.
 */
#ifndef KVS_BASE_RANDOM_H
#define KVS_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random_state {
    uint64_t s[4];
};

/* Fills out with bytes from getrandom(2); ends the process if the kernel gives none. */
void random_secure(void *out, size_t len);

/* Writes len random lower-case hexadecimal digits (from random_secure()) and a NUL. */
void random_hex(char *out, size_t len);

void random_seed(struct random_state *state, uint64_t seed);
uint64_t random_next(struct random_state *state);

/* Evenly distributed in 0 .. bound-1; bound > 0. */
uint64_t random_below(struct random_state *state, uint64_t bound);

/* The calling thread's own generator, seeded from the kernel at first use. */
struct random_state *random_thread(void);

#endif
