/*
 * A request that runs alone: with all checks, with the locks of its keys or with the world stopped, as the command table
 * says. Private to the executor's files. A worker, inside the gate, with no lock held.
 */
#ifndef KVS_ENGINE_RUN_ALONE_H
#define KVS_ENGINE_RUN_ALONE_H

#include <stdbool.h>

struct execution;
struct request;
struct run;

/* Runs or refuses the request. False when it has to wait: execution->held says for what. */
bool run_alone(struct run *run, struct execution *execution, const struct request *request);

#endif
