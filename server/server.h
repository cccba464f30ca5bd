/*
 * The server as commands see it: configuration, keyspace and what is shared by all clients.
 *
 * One instance, made by main.c before threads start. Fields are constant afterwards unless a guard is named.
 */
#ifndef KVS_SERVER_H
#define KVS_SERVER_H

#include "config/config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct acl;
struct client;
struct gate;
struct keyspace;

enum pause_kind { PAUSE_NONE, PAUSE_WRITE, PAUSE_ALL };

struct server {
    struct config config; /* changed while the world is stopped */
    struct keyspace *keyspace;
    struct gate *gate;
    struct acl *acl; /* changed while the world is stopped */
    char run_id[41];
    char *executable;   /* absolute path */
    int64_t started_ms; /* wall */
    int64_t started_ns; /* monotonic */

    /* changed while the world is stopped */
    enum pause_kind pause;
    int64_t pause_until_ms;
    int64_t stat_reset_ms;

    /* atomic */
    atomic_uint monitors; /* number of MONITOR clients: the executor looks before it formats anything */
    _Atomic uint64_t evicted_keys;
    _Atomic size_t peak_memory;
    _Atomic size_t clients_memory; /* sum over clients, of the last tick */

    atomic_bool memory_is_short; /* over maxmemory: writes ask eviction.h for room first */

    /* how commands end the server; main.c sets it */
    void (*request_shutdown)(bool now);
};

#endif
