/*
 * A view: the keyspace as one call sees it.
 *
 * Whoever looks at keys or changes them does so through a view, and hands it down by pointer: it says which database,
 * at what time and on whose behalf, and gathers what the call has changed. Lives on the stack of whoever runs the call.
 */
#ifndef KVS_STORE_VIEW_H
#define KVS_STORE_VIEW_H

#include <stdbool.h>
#include <stdint.h>

struct keyspace;

struct view {
    struct keyspace *keyspace;
    int db;          /* index */
    bool no_touch;   /* lookups leave recency as it is (CLIENT NO-TOUCH) */
    bool lazy;       /* values that are replaced may be freed by the reaper (lazyfree-lazy-server-del) */
    int64_t now_ms;  /* wall time: decides what has expired */
    uint64_t actor;  /* the number of the client that acts, 0: the server itself */
    uint64_t events; /* changes that this call has made so far: one a key and change, or one for a whole database */
};

#endif
