/*
 * Room: maxmemory as a limit, kept by making room for a write before it runs.
 *
 * What counts is all that the process has allocated (base/usage.h), without what clients make it keep
 * (client_limits.h): that has limits of its own, and is never paid for with keys. A write announces its request's
 * length, which is about what it adds; one that adds more (SETRANGE, APPEND) asks before its first change.
 *
 * A thread has an allowance, by which it may allocate before it asks again. So the hot path compares two numbers of its
 * own thread, and only near the limit, where allowances are small, are all threads' figures added up.
 */
#ifndef KVS_ENGINE_ROOM_H
#define KVS_ENGINE_ROOM_H

#include "base/blob.h"
#include "base/usage.h"
#include "resp/parser.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;
struct server;

/*
 * private: usage_own() may go from here up to so many bytes more; where it has fallen below, others may have the room
 */
struct allowance {
    int64_t from;
    uint64_t span; /* atomic: another thread may end it */
};
extern __thread struct allowance room_allowance;

/* Whether so many bytes may be added without asking further. Workers. */
static inline bool room_is_ample(size_t bytes)
{
    uint64_t above = (uint64_t)usage_own() + bytes - (uint64_t)room_allowance.from;
    return __builtin_expect(above <= __atomic_load_n(&room_allowance.span, __ATOMIC_RELAXED), 1);
}

enum room {
    ROOM_MADE,
    ROOM_NONE,     /* the limit leaves no room, and no key may be evicted for it */
    ROOM_IN_TURNS, /* evicting takes longer than a turn, and goes on in the next */
    ROOM_LATER,    /* the reaper is still freeing what was evicted, or shards that have keys to evict are busy */
};

/*
 * Makes room for a write that adds so many bytes, the largest of them in one value. If no key may go, one value may
 * still exceed the limit, unless it could never fit. A worker, inside the gate, without locks; takes a turn at most.
 */
enum room room_make(struct server *server, size_t bytes, size_t largest);

/*
 * For handlers, under their locks, before the first change: whether the call may add so many bytes that its request
 * didn't announce. If not, the handler returns at once; the call is refused, or begins again when there is room.
 */
bool room_for(struct call *call, size_t bytes);

/* private: of a request with large arguments */
size_t room_of_large_request(const struct request *request);

/* About the bytes that a request adds to the memory in use if all it says is kept: a large value is an allocation. */
static inline size_t room_of_request(const struct request *request)
{
    return __builtin_expect(request->bytes < BLOB_MIN, 1) ? request->bytes : room_of_large_request(request);
}

/*
 * Main thread, inside the gate: where memory is over the limit, as after the limit was lowered, evicts for a moment.
 * Returns whether more is to be evicted.
 */
bool room_restore(struct server *server);

/* Bytes that count towards maxmemory. Any thread. */
size_t room_used(void);

/* Whether that is more than maxmemory. Any thread, inside the gate. */
bool room_is_exceeded(const struct server *server);

/* All allowances end, as after a change of maxmemory. World stopped, or before threads start. */
void room_reconsider(void);

/* The calling thread ends. */
void room_part(void);

#endif
