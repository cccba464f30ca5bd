/*
 * Whether a request may run, as far as that doesn't depend on what other clients do: its arity, where it stands, who
 * sends it. Private to the executor's files. A worker, inside the gate.
 */
#ifndef KVS_ENGINE_RUN_CHECK_H
#define KVS_ENGINE_RUN_CHECK_H

#include <stddef.h>

struct arg;
struct client;
struct command;
struct reply;
struct run;

/*
 * The command of a request if it may run; otherwise answers why not and returns NULL. A transaction that the request
 * was to be queued in is spoilt; one that it was to execute has ended.
 */
const struct command *run_admit(const struct run *run, struct client *client, struct arg *argv, int argc,
                                struct reply *reply);

/* EXEC of a transaction that may not run now: the transaction is over. message: why, as an error reply. */
void run_abort_transaction(struct client *client, const char *message, size_t len, struct reply *reply);

#endif
