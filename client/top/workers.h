/*
 * How busy the server's threads that execute commands are, from /proc: those of kvs-server, and the main and I/O
 * threads of Redis and Valkey. None where /proc does not show the process.
 */
#ifndef KVS_CLIENT_TOP_WORKERS_H
#define KVS_CLIENT_TOP_WORKERS_H

#include "top/timeline.h"

#include <stddef.h>

struct worker {
    long thread;
    char name[16];
    double seconds; /* of processor time so far */
    double percent; /* of one processor, since the update before; NAN: unknown */
};

struct workers {
    size_t count;
    struct worker all[TIMELINE_WORKERS];
    long pid;
    double time; /* of the last update */
};

/* The next update has nothing to compare with. */
void workers_forget(struct workers *workers);

/* Reads the process anew. `time` is in seconds of any steady clock. */
void workers_update(struct workers *workers, long pid, double time);

#endif
