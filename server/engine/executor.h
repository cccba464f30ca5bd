/*
 * The executor: requests in, replies out.
 *
 * Requests that only touch keys are run in groups: their keys are hashed, their shards locked together, buckets and
 * then entries fetched ahead, and then they run one after the other. A group takes the requests of a pipeline, and also
 * those of different clients that have sent one each. All other requests run alone, with the locks of their keys or
 * with the world stopped, as the command table says.
 *
 * Runs on the clients' worker, inside the gate, with no lock held.
 */
#ifndef KVS_ENGINE_EXECUTOR_H
#define KVS_ENGINE_EXECUTOR_H

#include "engine/held.h"
#include "resp/reply.h"

struct arg;
struct call;
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

/*
 * Executes the requests of each execution in their order, and answers into the clients' outputs. The clients are
 * different ones, and all belong to the calling worker.
 */
void executor_run(struct execution *executions, unsigned count);

/*
 * Runs a command inside another one (EXEC, scripts), whose handler calls this: for the same client, at the same command
 * time, with a reply of its own. Everything that is checked before a command and recorded after it applies: arity,
 * rights, room in memory, statistics, slow log, latency. The outer call holds the shards of the inner command's keys,
 * or has stopped the world. The changes that the inner command made are added to the outer call's view.
 */
void executor_run_inside(struct call *outer, struct arg *argv, int argc, struct reply *reply);

/*
 * EXEC: runs what its client has queued, in that order, and answers with an array of the replies. The same checks apply
 * as above, and rights are asked for again, as they may have changed. The caller's shards are those of
 * transaction_needs(), or the world is stopped.
 */
void executor_run_queued(struct call *exec);

#endif
