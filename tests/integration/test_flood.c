/*
 * Keys that someone has chosen so that they collide under well-known hashes don't slow the server: its hash has a
 * random key of its own. The chosen keys are compared with keys of chance: as fast, and as well spread in the tables.
 */
#include "kit/kit.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KEYS = 4000, KEY_LEN = 9, COLLIDING_BITS = 11, ROUNDS = 5 };

/* ---- hashes that are known to everybody ---- */

static uint64_t hash_fnv1a(const unsigned char *data, size_t len)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_djb2(const unsigned char *data, size_t len)
{
    uint32_t hash = 5381;
    for (size_t i = 0; i < len; i++)
        hash = hash * 33 + data[i];
    return hash;
}

/* MurmurHash2, 64 bits, seed 0 (Austin Appleby). */
static uint64_t hash_murmur2(const unsigned char *data, size_t len)
{
    const uint64_t m = UINT64_C(0xc6a4a7935bd1e995);
    uint64_t hash = len * m, word = 0;
    size_t at = 0;
    for (; at + 8 <= len; at += 8) {
        memcpy(&word, data + at, 8);
        word *= m;
        word ^= word >> 47;
        hash = (hash ^ word * m) * m;
    }
    for (word = 0; len > at; len--)
        word = word << 8 | data[len - 1];
    if (len != at || word)
        hash = (hash ^ word) * m;
    hash = (hash ^ hash >> 47) * m;
    return hash ^ hash >> 47;
}

static uint64_t rotate(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

/* SipHash-1-3 under a key of zeros: the right function without its secret. */
static uint64_t hash_siphash_unkeyed(const unsigned char *data, size_t len)
{
    uint64_t v[4] = {UINT64_C(0x736f6d6570736575), UINT64_C(0x646f72616e646f6d), UINT64_C(0x6c7967656e657261),
                     UINT64_C(0x7465646279746573)};
    uint64_t last = (uint64_t)len << 56, word;
    size_t at = 0;
    for (; at + 8 <= len; at += 8) {
        memcpy(&word, data + at, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    for (size_t i = 0; at + i < len; i++)
        last |= (uint64_t)data[at + i] << (8 * i);
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

typedef uint64_t known_hash(const unsigned char *data, size_t len);

static const struct {
    const char *name;
    known_hash *hash;
    unsigned shift; /* the lowest of the bits that collide */
} floods[] = {
    {"FNV-1a, low bits", hash_fnv1a, 0},
    {"FNV-1a, high bits", hash_fnv1a, 64 - COLLIDING_BITS},
    {"djb2, low bits", hash_djb2, 0},
    {"MurmurHash2, low bits", hash_murmur2, 0},
    {"MurmurHash2, high bits", hash_murmur2, 64 - COLLIDING_BITS},
    {"SipHash-1-3 without a key, low bits", hash_siphash_unkeyed, 0},
    {"SipHash-1-3 without a key, the bits that choose a shard", hash_siphash_unkeyed, 23 - COLLIDING_BITS},
    {"SipHash-1-3 without a key, high bits", hash_siphash_unkeyed, 64 - COLLIDING_BITS},
};
#define FLOODS ((int)(sizeof floods / sizeof floods[0]))

/* ---- keys ---- */

typedef char key_text[KEY_LEN + 1];

static void choose_keys(key_text *keys, int flood)
{
    unsigned found = 0;
    for (uint64_t number = 0; found < KEYS; number++) {
        char key[32];
        snprintf(key, sizeof key, "f%0*llx", KEY_LEN - 1, (unsigned long long)number);
        uint64_t hash = floods[flood].hash((const unsigned char *)key, KEY_LEN) >> floods[flood].shift;
        if ((hash & ((1u << COLLIDING_BITS) - 1)) == 0x155)
            memcpy(keys[found++], key, KEY_LEN + 1);
    }
}

static void chance_keys(key_text *keys)
{
    struct dice dice = dice_create(1);
    for (unsigned i = 0; i < KEYS; i++)
        snprintf(keys[i], KEY_LEN + 1, "r%0*llx", KEY_LEN - 1, (unsigned long long)(dice_next(&dice) >> 32));
}

/* Seconds for one command on each key, pipelined. */
static double time_commands(redisContext *context, const char *format, key_text *keys)
{
    struct timespec began, ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    for (unsigned i = 0; i < KEYS; i++)
        redisAppendCommand(context, format, keys[i]);
    for (unsigned i = 0; i < KEYS; i++) {
        redisReply *reply;
        ck_assert_int_eq(redisGetReply(context, (void **)&reply), REDIS_OK);
        ck_assert_int_ne(reply->type, REDIS_REPLY_ERROR);
        freeReplyObject(reply);
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    return (double)(ended.tv_sec - began.tv_sec) + (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
}

/* How well database 0 is spread. */
struct spread {
    unsigned shards, segments, buckets;
};

static unsigned number_after(const char *text, const char *label)
{
    const char *found = strstr(text, label);
    ck_assert_msg(found, "DEBUG HTSTATS has no \"%s\": %s", label, text);
    return (unsigned)strtoul(found + strlen(label), NULL, 10);
}

static struct spread read_spread(redisContext *context)
{
    redisReply *reply = kit_command(context, "DEBUG", "HTSTATS", "0");
    ck_assert_int_eq(reply->type, REDIS_REPLY_STRING);
    struct spread spread = {number_after(reply->str, "shards in use: "), number_after(reply->str, "segments: "),
                            number_after(reply->str, "buckets: ")};
    freeReplyObject(reply);
    return spread;
}

/* Fills database 0 with the keys and reads them back, several times: the best time, and how it was spread. */
static double load(redisContext *context, key_text *keys, struct spread *spread_out)
{
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        kit_expect(context, "+OK", "FLUSHALL");
        double seconds = time_commands(context, "SET %s value", keys) + time_commands(context, "GET %s", keys);
        best = seconds < best ? seconds : best;
    }
    *spread_out = read_spread(context);
    return best;
}

START_TEST(colliding_keys_are_as_fast_as_any)
{
    static key_text chosen[KEYS], chance[KEYS];
    struct spread flooded, fair;
    choose_keys(chosen, _i);
    chance_keys(chance);
    struct kit_server *server = kit_start();
    redisContext *context = kit_connect(server);
    double fair_seconds = load(context, chance, &fair), flooded_seconds = load(context, chosen, &flooded);
    kit_expect(context, ":4000", "DBSIZE");
    /* a chain of 4000 keys would take hundreds of times as long; the machine may be noisy, and what counts follows */
    ck_assert_msg(flooded_seconds < 50 * fair_seconds + 0.5, "%s: %.1f ms instead of %.1f", floods[_i].name,
                  flooded_seconds * 1e3, fair_seconds * 1e3);
    ck_assert_msg(flooded.shards == fair.shards, "%s: in %u shards instead of %u", floods[_i].name, flooded.shards,
                  fair.shards);
    ck_assert_msg(flooded.segments < fair.segments * 3 / 2 && flooded.buckets < fair.buckets * 3 / 2,
                  "%s: %u segments and %u buckets instead of %u and %u", floods[_i].name, flooded.segments,
                  flooded.buckets, fair.segments, fair.buckets);
    redisFree(context);
    kit_stop(server);
}
END_TEST

/* The order of a scan follows the hash: it would be the same if two servers had the same key. */
START_TEST(each_server_draws_a_key_of_its_own)
{
    char *orders[2];
    for (int i = 0; i < 2; i++) {
        struct kit_server *server = kit_start();
        redisContext *context = kit_connect(server);
        for (int k = 0; k < 100; k++)
            freeReplyObject(redisCommand(context, "SET key:%d v", k));
        redisReply *reply = kit_command(context, "KEYS", "*");
        orders[i] = kit_reply_text(reply);
        freeReplyObject(reply);
        redisFree(context);
        kit_stop(server);
    }
    ck_assert_str_ne(orders[0], orders[1]);
    free(orders[0]);
    free(orders[1]);
}
END_TEST

Suite *suite_flood(void);
Suite *suite_flood(void)
{
    Suite *suite = suite_create("flood");
    TCase *tcase = kit_tcase("flood");
    tcase_add_loop_test(tcase, colliding_keys_are_as_fast_as_any, 0, FLOODS);
    tcase_add_test(tcase, each_server_draws_a_key_of_its_own);
    suite_add_tcase(suite, tcase);
    return suite;
}
