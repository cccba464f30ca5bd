/*
 * A view: the keyspace as one call sees it.
 *
 * Keys are read and changed through a view, which is passed down by pointer: it says in which database, at what time
 * and on whose behalf, and counts what the call has changed. It lives on the stack of the function that runs the call,
 * and only that thread uses it.
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
    uint32_t now_s;  /* monotonic: says when keys were used (recency.h) */
    int64_t now_ms;  /* wall time: decides what has expired */
    uint64_t actor;  /* the id of the acting client; 0: the server itself */
    uint64_t events; /* changes made so far by this call: one for each change of a key or of a whole database */
};

#endif
