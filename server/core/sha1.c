/*
 * SHA-1 after FIPS 180-4, sections 5 and 6: 512-bit blocks, 80 rounds each, the message padded with a one
 * bit, zeros and its length in bits. Names of variables are the standard's.
 */
#include "core/sha1.h"

#include <stdint.h>
#include <string.h>

#define BLOCK_LEN 64

static inline uint32_t rotl(uint32_t x, unsigned n)
{
    return (x << n) | (x >> (32 - n));
}

static inline uint32_t read_be32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline void write_be32(unsigned char *at, uint32_t x)
{
    at[0] = (unsigned char)(x >> 24);
    at[1] = (unsigned char)(x >> 16);
    at[2] = (unsigned char)(x >> 8);
    at[3] = (unsigned char)x;
}

/* The round's function of three words, with its constant added. */
static inline uint32_t mix(int t, uint32_t x, uint32_t y, uint32_t z)
{
    if (t < 20)
        return ((x & y) ^ (~x & z)) + 0x5a827999;
    if (t < 40)
        return (x ^ y ^ z) + 0x6ed9eba1;
    if (t < 60)
        return ((x & y) ^ (x & z) ^ (y & z)) + 0x8f1bbcdc;
    return (x ^ y ^ z) + 0xca62c1d6;
}

static void hash_block(uint32_t h[5], const unsigned char *block)
{
    uint32_t w[80];
    for (int t = 0; t < 16; t++)
        w[t] = read_be32(block + 4 * t);
    for (int t = 16; t < 80; t++)
        w[t] = rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);

    uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int t = 0; t < 80; t++) {
        uint32_t next = rotl(a, 5) + mix(t, b, c, d) + e + w[t];
        e = d;
        d = c;
        c = rotl(b, 30);
        b = a;
        a = next;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
    h[4] += e;
}

void sha1(const void *data, size_t len, unsigned char digest_out[SHA1_LEN])
{
    uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    const unsigned char *at = data;
    size_t left = len;
    for (; left >= BLOCK_LEN; at += BLOCK_LEN, left -= BLOCK_LEN)
        hash_block(h, at);

    unsigned char tail[2 * BLOCK_LEN] = {0};
    if (left > 0)
        memcpy(tail, at, left);
    tail[left] = 0x80;
    size_t tail_len = left + 1 + 8 <= BLOCK_LEN ? BLOCK_LEN : 2 * BLOCK_LEN;
    uint64_t bits = (uint64_t)len * 8;
    write_be32(tail + tail_len - 8, (uint32_t)(bits >> 32));
    write_be32(tail + tail_len - 4, (uint32_t)bits);
    for (size_t i = 0; i < tail_len; i += BLOCK_LEN)
        hash_block(h, tail + i);

    for (int i = 0; i < 5; i++)
        write_be32(digest_out + 4 * i, h[i]);
}
