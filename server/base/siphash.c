/*
 * SipHash-c-d: c rounds for each 8-byte word, d at the end. The number of rounds is a constant where
 * the function is inlined, so one source yields two functions, 1-3 and 2-4.
 *
 * The last word holds the remaining 0 to 7 bytes, and the length in its top byte. If the data has 8 bytes
 * or more, it is cut out of their last 8, so the keys that matter need no byte loop.
 * Words are little-endian in the paper; so is every machine that kvs is built for.
 */
#include "base/siphash.h"

#include "base/random.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are loaded as they lie in memory");

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t load_u64(const unsigned char *data)
{
    uint64_t word;
    memcpy(&word, data, sizeof word);
    return word;
}

static inline uint32_t load_u32(const unsigned char *data)
{
    uint32_t word;
    memcpy(&word, data, sizeof word);
    return word;
}

static inline uint64_t rotate_left(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static inline void sip_round(struct sip *sip)
{
    sip->v0 += sip->v1;
    sip->v2 += sip->v3;
    sip->v1 = rotate_left(sip->v1, 13) ^ sip->v0;
    sip->v3 = rotate_left(sip->v3, 16) ^ sip->v2;
    sip->v0 = rotate_left(sip->v0, 32);
    sip->v2 += sip->v1;
    sip->v0 += sip->v3;
    sip->v1 = rotate_left(sip->v1, 17) ^ sip->v2;
    sip->v3 = rotate_left(sip->v3, 21) ^ sip->v0;
    sip->v2 = rotate_left(sip->v2, 32);
}

static inline void sip_rounds(struct sip *sip, int rounds)
{
    for (int i = 0; i < rounds; i++)
        sip_round(sip);
}

static inline void sip_word(struct sip *sip, uint64_t word, int rounds)
{
    sip->v3 ^= word;
    sip_rounds(sip, rounds);
    sip->v0 ^= word;
}

/* The fewer than 8 bytes at tail, little-endian. all_len bytes of data end where they end. */
static inline uint64_t load_tail(const unsigned char *tail, size_t tail_len, size_t all_len)
{
    if (all_len >= 8)
        /* Two shifts, because one by 64 would be undefined when nothing is left. */
        return load_u64(tail + tail_len - 8) >> (8 * (7 - tail_len)) >> 8;
    if (tail_len >= 4)
        return load_u32(tail) | (uint64_t)load_u32(tail + tail_len - 4) << (8 * (tail_len - 4));
    uint64_t word = 0;
    for (size_t i = 0; i < tail_len; i++)
        word |= (uint64_t)tail[i] << (8 * i);
    return word;
}

__attribute__((always_inline)) static inline uint64_t
siphash(const void *data, size_t len, const struct siphash_key *key, int word_rounds, int final_rounds)
{
    struct sip sip = {
        .v0 = key->k0 ^ 0x736f6d6570736575,
        .v1 = key->k1 ^ 0x646f72616e646f6d,
        .v2 = key->k0 ^ 0x6c7967656e657261,
        .v3 = key->k1 ^ 0x7465646279746573,
    };
    const unsigned char *at = data;
    const unsigned char *tail = at + (len & ~(size_t)7);
    for (; at != tail; at += 8)
        sip_word(&sip, load_u64(at), word_rounds);
    sip_word(&sip, load_tail(tail, len & 7, len) | (uint64_t)len << 56, word_rounds);
    sip.v2 ^= 0xff;
    sip_rounds(&sip, final_rounds);
    return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

uint64_t siphash13(const void *data, size_t len, const struct siphash_key *key)
{
    return siphash(data, len, key, 1, 3);
}

uint64_t siphash24(const void *data, size_t len, const struct siphash_key *key)
{
    return siphash(data, len, key, 2, 4);
}

/* Written before threads start, only read after. */
static struct siphash_key server_key;

uint64_t siphash_bytes(const void *data, size_t len)
{
    return siphash(data, len, &server_key, 1, 3);
}

void siphash_set_key(const struct siphash_key *key)
{
    server_key = *key;
}

void siphash_init_random(void)
{
    random_secure(&server_key, sizeof server_key);
}
