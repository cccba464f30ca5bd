/*
 * Prefixes: clients that want to know of all changes of keys whose names begin so (CLIENT TRACKING BCAST).
 *
 * A thread gathers the names that it changes, and tells them together, when it has run a batch of requests and before
 * it sends the replies: each client gets one notice for each of its prefixes, with the names in their order, and each
 * name once. A name that the client itself was the last to change is left out if it wants that (NOLOOP).
 *
 * All prefixes are one list with a lock, in order, so that those of a name are found by one search.
 *
 * Any thread, unless a comment says otherwise.
 */
#ifndef KVS_CLIENTS_TRACKING_PREFIXES_H
#define KVS_CLIENTS_TRACKING_PREFIXES_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tracker;

/* The prefixes of one client, in order. By its worker, or in a stopped world. Zero: none. */
struct own_prefixes {
    struct bytes *names; /* the bytes are its own */
    size_t count;
};

#define OWN_PREFIXES_MAX 65536 /* of one client */

/* Two prefixes of which one begins with the other. */
struct prefix_overlap {
    const struct bytes *given; /* the first of the new ones that overlaps; NULL: none does */
    struct bytes with;
    bool with_own; /* with one that the client has; false: with another new one */
};

struct prefix_overlap own_prefixes_overlap(const struct own_prefixes *own, const struct bytes *names, size_t count);

/* Adds prefixes to a client's; it may have some of them. */
void own_prefixes_add(struct own_prefixes *own, struct tracker *tracker, const struct bytes *names, size_t count);

/* Takes all away. */
void own_prefixes_drop(struct own_prefixes *own, struct tracker *tracker);

size_t own_prefixes_memory(const struct own_prefixes *own); /* bytes */

size_t prefixes_count(void); /* different ones */

/* ---- changes ---- */

/* A key has changed; actor is the id of the client that did it, or 0. Under its shard's lock. */
void prefixes_gather(struct bytes name, uint64_t actor);

/* Whether the calling thread has gathered something, and telling it. Without locks. */
extern __thread struct gathered *prefixes_gathered; /* private */
static inline bool prefixes_wait(void)
{
    return __builtin_expect(prefixes_gathered != NULL, 0);
}
void prefixes_tell(void);

#endif
