/*
 * The executor: requests in, replies out.
 *
 * Requests that only touch keys are run in groups: their keys are hashed, their shards locked together, buckets and
 * then entries fetched ahead, and then they run one after the other. A group takes requests of a pipeline, and as well
 * of different clients that have sent one each. All other requests run alone, with the locks of their keys or with the
 * world stopped, as the command table says.
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

/* What one client wants to have executed. */
struct execution {
    struct client *client;
    struct request *requests;
    unsigned count;
    /* set by executor_run(): fewer than count when the client is being closed, or when the next request has to wait */
    unsigned done;
    enum held_reason held; /* set by executor_run(): why it has to wait */
    struct reply reply;    /* private */
};

/*
 * Executes the requests of each in their order, answering into the clients' outputs. The clients differ, and are all of
 * the calling worker.
 */
void executor_run(struct execution *executions, unsigned count);

/*
 * Runs a command from inside another (EXEC, scripts), whose handler calls this: for the same client and at the same time,
 * with a reply of its own, and with all that is asked and kept of a command: arity, rights, room in memory, statistics,
 * slow log, latency. The outer call holds the shards of the inner command's keys, or has stopped the world. What it has
 * changed is added to the outer view.
 */
void executor_run_inside(struct call *outer, struct arg *argv, int argc, struct reply *reply);

#endif
