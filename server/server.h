/*
 * The server as commands see it: its configuration, keyspace, users and identity.
 *
 * There is one instance, made by main.c before threads start. Fields are constant afterwards unless a guard is named.
 * State that concerns a single module (monitors, a pause, statistics) stands in that module.
 */
#ifndef KVS_SERVER_H
#define KVS_SERVER_H

#include "config/settings.h"

#include <stdbool.h>
#include <stdint.h>

struct acl;
struct client;
struct gate;
struct keyspace;

struct server {
    struct config config; /* changed while the world is stopped */
    struct keyspace *keyspace;
    struct gate *gate;
    struct acl *acl; /* changed while the world is stopped */
    struct client
        *actor;         /* whose command runs in the stopped world; otherwise NULL. By the thread that has stopped it */
    char run_id[41];    /* 40 hexadecimal digits and a NUL */
    char *executable;   /* absolute path; NULL if /proc doesn't tell */
    int64_t started_ms; /* wall */
    int64_t started_ns; /* monotonic */

    /*
     * How commands end the server, from any thread; now: without giving clients time to read; saves: what isn't in the
     * snapshot is saved. main.c sets it.
     */
    void (*request_shutdown)(bool now, bool saves);
};

#endif
