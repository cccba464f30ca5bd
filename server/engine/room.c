/*
 * A thread's allowance is its share of half the room that is left, so the number of times a thread asks grows with the
 * logarithm of the limit. When others have used up so much that half of what there was is gone, all allowances end:
 * they add up to half of the former room at most, which is still there. So all threads together never exceed the limit,
 * even if one of them keeps its allowance for long. What a thread frees isn't added to its allowance: another thread
 * may have been given it.
 */
#include "engine/room.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/panic.h"
#include "clients/attention.h"
#include "clients/client_limits.h"
#include "clients/pause.h"
#include "clients/turn.h"
#include "command/call.h"
#include "engine/eviction.h"
#include "net/worker.h"
#include "record/memory_report.h"
#include "server.h"
#include "store/reaper.h"

#include <pthread.h>

#define THREADS_MAX 300
#define BACKGROUND_SLICE_NS 500000    /* of the main thread: who closes the gate may have to wait for it */
#define SLACK_MAX ((int64_t)64 << 10) /* bytes evicted beyond the need, so that not every group has to evict */

static const struct allowance nothing = {.from = INT64_MAX, .span = 0};
__thread struct allowance room_allowance = {.from = INT64_MAX, .span = 0};
static __thread bool joined;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* guarded by lock; of the allowances, too, what other threads change */
static struct allowance *allowances[THREADS_MAX];
static unsigned allowance_count;
static int64_t shared_room; /* the most that was left when any of the allowances was given */

/* ---- allowances ---- */

static void join(void)
{
    pthread_mutex_lock(&lock);
    if (allowance_count == THREADS_MAX)
        panic("more than %d threads", THREADS_MAX);
    allowances[allowance_count++] = &room_allowance;
    pthread_mutex_unlock(&lock);
    joined = true;
}

void room_part(void)
{
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < allowance_count; i++)
        if (allowances[i] == &room_allowance)
            allowances[i] = allowances[--allowance_count];
    pthread_mutex_unlock(&lock);
    joined = false;
}

void room_reconsider(void)
{
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < allowance_count; i++)
        *allowances[i] = nothing;
    shared_room = 0;
    pthread_mutex_unlock(&lock);
}

/* The threads may be using their allowances: they see it when they ask for more. Under the lock. */
static void end_allowances(void)
{
    for (unsigned i = 0; i < allowance_count; i++)
        __atomic_store_n(&allowances[i]->span, 0, __ATOMIC_RELAXED);
    shared_room = 0;
}

/* There is room for bytes, and for so many more. */
static void allow(size_t bytes, int64_t more)
{
    if (!joined)
        join();
    int64_t share = more / 2 / (int64_t)workers_count();
    pthread_mutex_lock(&lock);
    if (more < shared_room / 2)
        end_allowances();
    if (more > shared_room)
        shared_room = more;
    room_allowance.from = usage_own() - share;
    __atomic_store_n(&room_allowance.span, (uint64_t)share * 2 + bytes, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&lock);
}

static void allow_everything(void)
{
    if (!joined)
        join();
    room_allowance = (struct allowance){.from = INT64_MIN, .span = UINT64_MAX};
}

/* ---- asking ---- */

static int64_t signed_used(void)
{
    return usage_total() - (int64_t)clients_counted_memory();
}

size_t room_used(void)
{
    int64_t used = signed_used();
    return used > 0 ? (size_t)used : 0;
}

bool room_is_exceeded(const struct server *server)
{
    return server->config.maxmemory > 0 && room_used() > server->config.maxmemory;
}

/* Near the limit the bit stays, so that it isn't set and cleared with every write. */
static void note_room(int64_t limit, int64_t left)
{
    if (attention_has(ATTENTION_MEMORY) && left >= limit / 64)
        attention_set(ATTENTION_MEMORY, false);
}

static enum room refuse(enum room why)
{
    attention_set(ATTENTION_MEMORY, true); /* from here on each request is looked at by itself */
    return why;
}

/* Evicts until there is room for bytes; *used is brought up to date. */
static enum room evict_for(struct server *server, int64_t limit, int64_t bytes, int64_t *used)
{
    int64_t slack = limit / 128 < SLACK_MAX ? limit / 128 : SLACK_MAX;
    enum eviction eviction = eviction_run(server, *used + bytes + slack - limit, TURN_NS);
    *used = signed_used();
    if (*used + bytes <= limit)
        return ROOM_MADE;
    return eviction == EVICTION_EXHAUSTED ? ROOM_NONE : eviction == EVICTION_UNDER_WAY ? ROOM_IN_TURNS : ROOM_LATER;
}

enum room room_make(struct server *server, size_t bytes, size_t largest)
{
    int64_t limit = (int64_t)server->config.maxmemory, adds = (int64_t)bytes;
    if (limit == 0) {
        allow_everything();
        return ROOM_MADE;
    }
    if (pause_is_active())
        return ROOM_MADE; /* nothing is evicted then, and whatever writes now must not fail */
    if (adds > limit)
        return refuse(ROOM_NONE);
    int64_t used = signed_used();
    memory_note_allocated((size_t)usage_total());
    if (used + adds > limit) {
        if (used + adds - (int64_t)reaper_pending_bytes() <= limit)
            return refuse(ROOM_LATER);
        enum room room = evict_for(server, limit, adds, &used);
        bool last_value = used + adds - (int64_t)largest <= limit;
        if (room != ROOM_MADE && (room != ROOM_NONE || !last_value))
            return refuse(room);
    }
    int64_t left = limit - used - adds;
    allow(bytes, left > 0 ? left : 0);
    note_room(limit, left);
    return ROOM_MADE;
}

size_t room_of_large_request(const struct request *request)
{
    size_t bytes = request->bytes;
    for (int i = 0; i < request->argc; i++)
        if (request->argv[i].len >= BLOB_MIN)
            bytes += blob_memory_for(request->argv[i].len) - request->argv[i].len;
    return bytes;
}

bool room_for(struct call *call, size_t bytes)
{
    uint64_t limit = call->server->config.maxmemory;
    if (bytes <= call->room || room_is_ample(bytes) || limit == 0 || room_used() + bytes <= limit)
        return true;
    call->outcome = CALL_NEEDS_ROOM;
    call->room = bytes;
    return false;
}

bool room_restore(struct server *server)
{
    int64_t limit = (int64_t)server->config.maxmemory;
    int64_t excess = limit > 0 ? (int64_t)room_used() - limit : 0;
    if (excess <= 0) {
        if (limit == 0 || excess < -limit / 64)
            attention_set(ATTENTION_MEMORY, false);
        return false;
    }
    if (pause_is_active() || excess <= (int64_t)reaper_pending_bytes())
        return false;
    bool more = eviction_run(server, excess, BACKGROUND_SLICE_NS) == EVICTION_UNDER_WAY;
    mem_flush_thread(); /* other threads can use the freed memory */
    return more;
}
