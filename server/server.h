/*
 * The server as commands see it: its configuration, its keyspace and what it is called.
 *
 * One instance, made by main.c before threads start. Fields are constant afterwards unless a guard is named. What a
 * module alone keeps (monitors, a pause, what is recorded) stands in that module.
 */
#ifndef KVS_SERVER_H
#define KVS_SERVER_H

#include "config/settings.h"

#include <stdbool.h>
#include <stdint.h>

struct acl;
struct gate;
struct keyspace;

struct server {
    struct config config; /* changed while the world is stopped */
    struct keyspace *keyspace;
    struct gate *gate;
    struct acl *acl; /* changed while the world is stopped */
    char run_id[41];
    char *executable;   /* absolute path */
    int64_t started_ms; /* wall */
    int64_t started_ns; /* monotonic */

    /* how commands end the server; main.c sets it */
    void (*request_shutdown)(bool now);
};

#endif
