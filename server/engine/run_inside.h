/*
 * Commands inside another one: what EXEC has queued, what a script calls. The outer command's handler runs them, under
 * the outer one's locks. A worker, inside the gate.
 */
#ifndef KVS_ENGINE_RUN_INSIDE_H
#define KVS_ENGINE_RUN_INSIDE_H

struct arg;
struct call;
struct reply;

/*
 * Runs a command inside another one (EXEC, scripts), whose handler calls this: for the same client, at the same command
 * time, with a reply of its own. Everything that is checked before a command and recorded after it applies: arity,
 * rights, room in memory, statistics, slow log, latency. The outer call holds the shards of the inner command's keys,
 * or has stopped the world. The changes that the inner command made are added to the outer call's view.
 */
void run_inside(struct call *outer, struct arg *argv, int argc, struct reply *reply);

/*
 * EXEC: runs what its client has queued, in that order, and answers with an array of the replies. The same checks apply
 * as above, and rights are asked for again, as they may have changed. The caller's shards are those of
 * transaction_needs(), or the world is stopped.
 */
void run_queued(struct call *exec);

#endif
