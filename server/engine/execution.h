/*
 * An execution: requests of one client that the executor is given, and how far it has come with them.
 */
#ifndef KVS_ENGINE_EXECUTION_H
#define KVS_ENGINE_EXECUTION_H

#include "clients/held.h"
#include "resp/reply.h"

#include <stdint.h>

struct client;
struct request;

/* The requests of one client that are to be executed. */
struct execution {
    struct client *client;
    struct request *requests;
    unsigned count;
    /* set by executor_run(); done is less than count when the client is being closed, or when the next has to wait */
    unsigned done;
    enum held_reason held; /* why it has to wait */
    int64_t ended_ns;      /* monotonic, when the last request ended */
    struct reply reply;    /* private */
};

#endif
