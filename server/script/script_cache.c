#include "script/script_cache.h"

#include "base/memory.h"

#include <pthread.h>
#include <string.h>

#define CHAINS 1024

bool script_sha_read(const char *text, size_t len, char sha_out[SHA1_HEX_LEN])
{
    for (size_t i = 0; i < len && i < SHA1_HEX_LEN; i++) {
        char c = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] - 'A' + 'a') : text[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        sha_out[i] = c;
    }
    return len == SHA1_HEX_LEN;
}

static struct {
    pthread_mutex_t lock;
    /* guarded by lock */
    struct script *chains[CHAINS]; /* by the first digits */
    struct script *oldest, *youngest;
    size_t evaluated, evaluated_bytes;
    /* written under lock */
    atomic_size_t count, memory;
    atomic_uint_least64_t generation;
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct script **find(const char sha[SHA1_HEX_LEN])
{
    unsigned hash = 0;
    for (int i = 0; i < 8; i++)
        hash = hash * 16 + (unsigned)(sha[i] <= '9' ? sha[i] - '0' : sha[i] - 'a' + 10);
    struct script **link = &cache.chains[hash % CHAINS];
    while (*link && memcmp((*link)->sha, sha, SHA1_HEX_LEN) != 0)
        link = &(*link)->next;
    return link;
}

static size_t script_memory(const struct script *script)
{
    return sizeof *script + script->len + 1;
}

struct script *script_create(const char sha[SHA1_HEX_LEN], const char *text, size_t len)
{
    struct script *script = mem_try_calloc(sizeof *script + len + 1);
    if (!script)
        return NULL;
    memcpy(script->sha, sha, SHA1_HEX_LEN);
    memcpy(script->text, text, len);
    script->len = len;
    atomic_init(&script->references, 1);
    return script;
}

struct script *script_retain(struct script *script)
{
    atomic_fetch_add_explicit(&script->references, 1, memory_order_relaxed);
    return script;
}

void script_release(struct script *script)
{
    if (atomic_fetch_sub_explicit(&script->references, 1, memory_order_acq_rel) == 1)
        mem_free(script);
}

struct script *script_cache_find(const char sha[SHA1_HEX_LEN])
{
    pthread_mutex_lock(&cache.lock);
    struct script *script = *find(sha);
    if (script)
        script_retain(script);
    pthread_mutex_unlock(&cache.lock);
    return script;
}

struct script *script_cache_find_any_case(const char sha[SHA1_HEX_LEN])
{
    char lower[SHA1_HEX_LEN];
    return script_sha_read(sha, SHA1_HEX_LEN, lower) ? script_cache_find(lower) : NULL;
}

/* ---- under the lock ---- */

static void unlink_evaluated(struct script *script)
{
    if (script->loaded)
        return;
    *(script->older ? &script->older->younger : &cache.oldest) = script->younger;
    *(script->younger ? &script->younger->older : &cache.youngest) = script->older;
    script->older = script->younger = NULL;
    cache.evaluated--;
    cache.evaluated_bytes -= script_memory(script);
}

static void link_evaluated(struct script *script)
{
    script->older = cache.youngest;
    *(cache.youngest ? &cache.youngest->younger : &cache.oldest) = script;
    cache.youngest = script;
    cache.evaluated++;
    cache.evaluated_bytes += script_memory(script);
}

static void forget(struct script **link)
{
    struct script *script = *link;
    unlink_evaluated(script);
    *link = script->next;
    atomic_store_explicit(&script->cached, false, memory_order_relaxed);
    atomic_fetch_sub_explicit(&cache.count, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&cache.memory, script_memory(script), memory_order_relaxed);
    script_release(script);
}

static void insert(struct script **link, struct script *script, bool loaded)
{
    script->next = NULL;
    *link = script_retain(script);
    script->loaded = loaded;
    if (!loaded)
        link_evaluated(script);
    atomic_store_explicit(&script->cached, true, memory_order_relaxed);
    atomic_fetch_add_explicit(&cache.count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&cache.memory, script_memory(script), memory_order_relaxed);
    while (cache.evaluated > SCRIPT_CACHE_EVALUATED || cache.evaluated_bytes > SCRIPT_CACHE_EVALUATED_BYTES)
        forget(find(cache.oldest->sha));
}

struct script *script_cache_add(struct script *script, bool loaded)
{
    pthread_mutex_lock(&cache.lock);
    struct script **link = find(script->sha);
    struct script *known = *link;
    if (!known) {
        insert(link, script, loaded);
    } else {
        script_retain(known);
        if (loaded && !known->loaded) {
            unlink_evaluated(known);
            known->loaded = true;
        }
    }
    pthread_mutex_unlock(&cache.lock);
    if (!known)
        return script;
    script_release(script);
    return known;
}

void script_cache_flush(void)
{
    pthread_mutex_lock(&cache.lock);
    for (size_t i = 0; i < CHAINS; i++)
        while (cache.chains[i])
            forget(&cache.chains[i]);
    atomic_fetch_add_explicit(&cache.generation, 1, memory_order_release);
    pthread_mutex_unlock(&cache.lock);
}

uint64_t script_cache_generation(void)
{
    return atomic_load_explicit(&cache.generation, memory_order_acquire);
}

size_t script_cache_count(void)
{
    return atomic_load_explicit(&cache.count, memory_order_relaxed);
}

size_t script_cache_memory(void)
{
    return atomic_load_explicit(&cache.memory, memory_order_relaxed);
}
