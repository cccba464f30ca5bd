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

#include "engine/execution.h"

/*
 * Executes the requests of each execution in their order, and answers into the clients' outputs. The clients are
 * different ones, and all belong to the calling worker.
 */
void executor_run(struct execution *executions, unsigned count);

#endif
