/*
 * Client-side caches, while many clients on several workers change what is cached. Values are versions, which only grow,
 * and writers note those that were acknowledged. A cache reads values through a connection that tracks, and drops those
 * that it is told of. Whenever it has asked for something and read the reply, no value that it has may be older than
 * what was acknowledged before it asked. In the end all caches have what the store has.
 */
#include "kit/served.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEYS = 40, WRITERS = 3, CACHES = 4 };

static _Atomic long long acknowledged[KEYS];
static atomic_int writing; /* writers that aren't done yet */

/* ---- a connection that speaks RESP3 ---- */

struct stream {
    int fd;
    char bytes[65536];
    size_t at, end;
};

static void stream_open(struct stream *stream)
{
    stream->fd = kit_raw_connect(server);
    stream->at = stream->end = 0;
}

static char stream_byte(struct stream *stream)
{
    if (stream->at == stream->end) {
        ssize_t n = read(stream->fd, stream->bytes, sizeof stream->bytes);
        ck_assert_msg(n > 0, "the server has closed, or is silent");
        stream->at = 0;
        stream->end = (size_t)n;
    }
    return stream->bytes[stream->at++];
}

/* Without CR LF. */
static void stream_line(struct stream *stream, char line[256])
{
    size_t len = 0;
    while ((line[len] = stream_byte(stream)) != '\n')
        ck_assert_uint_lt(++len, 255);
    line[len - 1] = '\0';
}

static void stream_bulk(struct stream *stream, char bulk[256])
{
    stream_line(stream, bulk);
    ck_assert_int_eq(bulk[0], '$');
    stream_line(stream, bulk); /* they are short and have no line breaks */
}

/* ---- a cache ---- */

enum mode { DEFAULT, BCAST, OPTIN, NOLOOP, REDIRECTED, MODES };

struct cache {
    struct stream data, notices; /* notices: only REDIRECTED */
    enum mode mode;
    bool asked[KEYS];                     /* the reply isn't there yet, nor a notice */
    long long values[KEYS], newest[KEYS]; /* -1: none */
    unsigned dropped;
};

static void drop(struct cache *cache, int key)
{
    cache->values[key] = -1;
    cache->asked[key] = false;
    cache->dropped++;
}

/* The rest of a push: invalidate, and the names, or nothing for all. */
static void take_notice(struct cache *cache, struct stream *stream)
{
    char line[256];
    stream_bulk(stream, line);
    ck_assert_str_eq(line, "invalidate");
    stream_line(stream, line);
    if (line[0] == '_')
        for (int key = 0; key < KEYS; key++)
            drop(cache, key);
    for (int left = line[0] == '*' ? atoi(line + 1) : 0; left > 0; left--) {
        stream_bulk(stream, line);
        ck_assert_int_eq(strncmp(line, "key:", 4), 0);
        drop(cache, atoi(line + 4));
    }
}

/* The first line of the next reply; notices before it are taken. */
static void next_reply(struct cache *cache, struct stream *stream, char line[256])
{
    for (;;) {
        stream_line(stream, line);
        if (line[0] != '>')
            return;
        take_notice(cache, stream);
    }
}

static void expect_line(struct cache *cache, struct stream *stream, const char *expected)
{
    char line[256];
    next_reply(cache, stream, line);
    ck_assert_str_eq(line, expected);
}

static void hello(struct cache *cache, struct stream *stream)
{
    char line[256];
    stream_open(stream);
    kit_raw_text(stream->fd, "HELLO 3\r\n");
    do
        next_reply(cache, stream, line);
    while (strcmp(line, "modules") != 0);
    stream_line(stream, line);
}

static void cache_open(struct cache *cache, enum mode mode)
{
    static const char *const options[MODES] = {"", "BCAST PREFIX key:", "OPTIN", "NOLOOP", ""};
    char line[256], command[256];
    memset(cache, 0, sizeof *cache);
    cache->mode = mode;
    for (int key = 0; key < KEYS; key++)
        cache->values[key] = -1;
    hello(cache, &cache->data);
    int len = snprintf(command, sizeof command, "CLIENT TRACKING ON %s", options[mode]);
    if (mode == REDIRECTED) {
        hello(cache, &cache->notices);
        kit_raw_text(cache->notices.fd, "CLIENT ID\r\n");
        next_reply(cache, &cache->notices, line);
        len += snprintf(command + len, sizeof command - (size_t)len, " REDIRECT %s", line + 1);
    }
    snprintf(command + len, sizeof command - (size_t)len, "\r\n");
    kit_raw_text(cache->data.fd, command);
    expect_line(cache, &cache->data, "+OK");
}

static void cache_close(struct cache *cache)
{
    close(cache->data.fd);
    if (cache->mode == REDIRECTED)
        close(cache->notices.fd);
}

static void keep(struct cache *cache, int key, long long value)
{
    ck_assert_msg(value >= cache->newest[key], "key:%d was %lld, and now it is %lld", key, cache->newest[key], value);
    cache->newest[key] = value;
    if (cache->asked[key] || cache->mode != REDIRECTED) /* on one connection the order says enough */
        cache->values[key] = value;
    cache->asked[key] = false;
}

/* Reads these keys in one pipeline. */
static void fetch(struct cache *cache, const int *keys, int count)
{
    char sent[4096] = "", line[256];
    int len = 0;
    if (count == 0)
        return;
    for (int i = 0; i < count; i++) {
        const char *before = cache->mode == OPTIN ? "CLIENT CACHING YES\r\n" : "";
        len += snprintf(sent + len, sizeof sent - (size_t)len, "%sGET key:%d\r\n", before, keys[i]);
        cache->asked[keys[i]] = true;
    }
    kit_raw_text(cache->data.fd, sent);
    for (int i = 0; i < count; i++) {
        if (cache->mode == OPTIN)
            expect_line(cache, &cache->data, "+OK");
        next_reply(cache, &cache->data, line);
        long long value = 0;
        if (line[0] == '$') {
            stream_line(&cache->data, line);
            value = atoll(line);
        }
        keep(cache, keys[i], value);
    }
}

/* The cache of one that wants no notice of its own changes has what it has written. */
static void change(struct cache *cache, int key)
{
    char sent[64], line[256];
    snprintf(sent, sizeof sent, "INCR key:%d\r\n", key);
    kit_raw_text(cache->data.fd, sent);
    bool had = cache->values[key] >= 0;
    next_reply(cache, &cache->data, line);
    ck_assert_int_eq(line[0], ':');
    cache->newest[key] = atoll(line + 1);
    if (had && cache->values[key] >= 0) /* else a notice came meanwhile, of an earlier change */
        cache->values[key] = cache->newest[key];
}

/* What was acknowledged before is known now. */
static void check(struct cache *cache)
{
    long long before[KEYS];
    struct stream *stream = cache->mode == REDIRECTED ? &cache->notices : &cache->data;
    for (int key = 0; key < KEYS; key++)
        before[key] = atomic_load(&acknowledged[key]);
    kit_raw_text(stream->fd, "PING\r\n");
    expect_line(cache, stream, "+PONG");
    for (int key = 0; key < KEYS; key++)
        ck_assert_msg(cache->values[key] < 0 || cache->values[key] >= before[key],
                      "mode %d: the cache has version %lld of key:%d, and %lld was acknowledged", (int)cache->mode,
                      cache->values[key], key, before[key]);
}

/* ---- work ---- */

static void acknowledge(int key, long long version)
{
    long long known = atomic_load(&acknowledged[key]);
    while (known < version && !atomic_compare_exchange_weak(&acknowledged[key], &known, version))
        ;
}

static void write_versions(redisContext *context, unsigned index)
{
    struct dice dice = dice_create(index);
    for (unsigned i = 0; i < scratch_rounds(2000); i++) {
        unsigned batch = 1 + (unsigned)dice_below(&dice, 8);
        int keys[8];
        for (unsigned k = 0; k < batch; k++) {
            keys[k] = (int)dice_below(&dice, KEYS);
            redisAppendCommand(context, "INCR key:%d", keys[k]);
        }
        for (unsigned k = 0; k < batch; k++) {
            redisReply *reply;
            ck_assert_int_eq(redisGetReply(context, (void **)&reply), REDIS_OK);
            ck_assert_int_eq(reply->type, REDIS_REPLY_INTEGER);
            acknowledge(keys[k], reply->integer);
            freeReplyObject(reply);
        }
    }
    atomic_fetch_sub(&writing, 1);
}

static void use_cache(struct cache *cache, unsigned index)
{
    struct dice dice = dice_create(index);
    while (atomic_load(&writing) > 0) {
        int keys[8], count = 0;
        for (unsigned k = 1 + (unsigned)dice_below(&dice, 8); k > 0; k--) {
            int key = (int)dice_below(&dice, KEYS);
            if (cache->values[key] < 0 && !cache->asked[key]) {
                cache->asked[key] = true;
                keys[count++] = key;
            }
        }
        fetch(cache, keys, count);
        if (cache->mode == NOLOOP && dice_chance(&dice, 30))
            change(cache, (int)dice_below(&dice, KEYS));
        check(cache);
    }
}

static void write_or_cache(redisContext *context, unsigned index, void *data)
{
    struct cache *caches = data;
    if (index < WRITERS)
        write_versions(context, index);
    else
        use_cache(&caches[index - WRITERS], index);
}

static void run_caches(enum mode mode, const char *threads)
{
    struct cache *caches = calloc(CACHES, sizeof *caches);
    served_begin(kit_start("--threads", threads));
    memset(acknowledged, 0, sizeof acknowledged);
    atomic_store(&writing, WRITERS);
    for (int i = 0; i < CACHES; i++)
        cache_open(&caches[i], mode);
    kit_parallel(server, WRITERS + CACHES, write_or_cache, caches);
    for (int i = 0; i < CACHES; i++) {
        check(&caches[i]);
        ck_assert_uint_gt(caches[i].dropped, 0);
        for (int key = 0; key < KEYS; key++) {
            char name[16];
            snprintf(name, sizeof name, "key:%d", key);
            redisReply *reply = kit_command(c, "GET", name);
            long long value = reply->str ? atoll(reply->str) : 0;
            ck_assert(caches[i].values[key] < 0 || caches[i].values[key] == value);
            freeReplyObject(reply);
        }
        cache_close(&caches[i]);
    }
    free(caches);
    kit_expect(c, "+OK", "DEBUG", "CHECK");
    served_end();
}

START_TEST(no_cache_is_ever_stale)
{
    static const char *const threads[] = {"1", "2", "4"};
    run_caches((enum mode)(_i % MODES), threads[_i / MODES]);
}
END_TEST

/* ---- a command that takes several turns ---- */

enum { BITS = 32 << 23 }; /* so that BITCOUNT does */

static void set_bits(redisContext *context)
{
    char offset[16];
    for (unsigned i = 0; i < scratch_rounds(60); i++) {
        snprintf(offset, sizeof offset, "%u", i);
        kit_expect(context, ":0", "SETBIT", "key:0", offset, "1");
        acknowledge(0, i + 1);
    }
    atomic_fetch_sub(&writing, 1);
}

static void count_bits(struct cache *cache)
{
    char line[256];
    while (atomic_load(&writing) > 0) {
        if (cache->values[0] < 0) {
            kit_raw_text(cache->data.fd, "BITCOUNT key:0\r\n");
            next_reply(cache, &cache->data, line);
            ck_assert_int_eq(line[0], ':');
            keep(cache, 0, atoll(line + 1));
        }
        check(cache);
    }
}

static void set_or_count(redisContext *context, unsigned index, void *data)
{
    if (index == 0)
        set_bits(context);
    else
        count_bits(data);
}

START_TEST(what_takes_several_turns_is_not_stale)
{
    struct cache *cache = malloc(sizeof *cache);
    char last[16];
    served_begin(kit_start("--threads", _i ? "2" : "1"));
    snprintf(last, sizeof last, "%d", BITS - 1);
    kit_expect(c, ":0", "SETBIT", "key:0", last, "0");
    memset(acknowledged, 0, sizeof acknowledged);
    atomic_store(&writing, 1);
    cache_open(cache, DEFAULT);
    kit_parallel(server, 2, set_or_count, cache);
    check(cache);
    cache_close(cache);
    free(cache);
    served_end();
}
END_TEST

Suite *suite_caching(void)
{
    Suite *suite = suite_create("caching");
    TCase *tcase = kit_tcase("caching");
    tcase_add_loop_test(tcase, no_cache_is_ever_stale, 0, 3 * MODES);
    tcase_add_loop_test(tcase, what_takes_several_turns_is_not_stale, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
