/*
 * The kernel's randomness comes through getrandom(2). xoshiro256** is seeded by splitmix64 (Vigna; Steele,
 * Lea and Flood), which turns any seed into a state that is never all zero.
 */
#include "base/random.h"

#include "base/panic.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void random_secure(void *out, size_t len)
{
    unsigned char *at = out;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            panic("the kernel gives no random bytes (getrandom: %s); allow getrandom(2)", strerror(errno));
        }
        at += got;
        len -= (size_t)got;
    }
}

void random_hex(char *out, size_t len)
{
    unsigned char bytes[64];
    for (size_t i = 0; i < len; i++) {
        size_t nibble = i % (2 * sizeof bytes);
        if (nibble == 0)
            random_secure(bytes, sizeof bytes);
        unsigned value = bytes[nibble / 2] >> (nibble % 2 == 0 ? 4 : 0) & 15;
        out[i] = "0123456789abcdef"[value];
    }
    out[len] = '\0';
}

static uint64_t splitmix64(uint64_t *counter)
{
    uint64_t z = *counter += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

void random_seed(struct random_state *state, uint64_t seed)
{
    for (size_t i = 0; i < 4; i++)
        state->s[i] = splitmix64(&seed);
}

static inline uint64_t rotate_left(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

uint64_t random_next(struct random_state *state)
{
    uint64_t *s = state->s;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t random_below(struct random_state *state, uint64_t bound)
{
    /* Lemire, "Fast random integer generation in an interval", 2019: the high half of the product is
     * the answer; the few products whose low half would make some answers likelier are drawn again. */
    unsigned __int128 product = (unsigned __int128)random_next(state) * bound;
    if ((uint64_t)product < bound) {
        uint64_t unfair = -bound % bound;
        while ((uint64_t)product < unfair)
            product = (unsigned __int128)random_next(state) * bound;
    }
    return (uint64_t)(product >> 64);
}

struct random_state *random_thread(void)
{
    static _Thread_local struct random_state state;
    static _Thread_local bool is_seeded;
    if (!is_seeded) {
        uint64_t seed;
        random_secure(&seed, sizeof seed);
        random_seed(&state, seed);
        is_seeded = true;
    }
    return &state;
}
