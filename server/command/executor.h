/*
 * The executor: requests in, replies out.
 *
 * Requests that only touch keys are run in groups: their keys are hashed, their shards locked together,
 * buckets and then entries fetched ahead, and then they run one after the other. All others run alone, with
 * the locks of their keys or with the world stopped, as the command table says.
 *
 * Runs on the client's worker, inside the gate, with no lock held.
 */
#ifndef KVS_COMMAND_EXECUTOR_H
#define KVS_COMMAND_EXECUTOR_H

struct client;
struct request;

/*
 * Executes requests in order, answering into the client's output. Returns how many were executed: fewer than
 * count when the client is being closed, or when CLIENT PAUSE holds the next one (CLIENT_PAUSED is then set).
 */
unsigned executor_run(struct client *client, struct request *requests, unsigned count);

#endif
