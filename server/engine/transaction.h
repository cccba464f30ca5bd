/*
 * Transactions. There are none yet, and a client that begins one must not find half of it done: many send MULTI, the
 * commands and EXEC in one go. Nor may it lose its place: libraries that were refused their MULTI never send the EXEC,
 * and keep the connection for whoever comes next.
 *
 * So MULTI begins a transaction that can only fail. What follows is answered as Redis answers what it queues, and isn't
 * run; EXEC answers for each of them that it wasn't, and why. DISCARD, RESET and QUIT leave it.
 *
 * By the client's worker.
 */
#ifndef KVS_ENGINE_TRANSACTION_H
#define KVS_ENGINE_TRANSACTION_H

#include <stdbool.h>

struct arg;
struct client;
struct command;
struct reply;

/* Whether the request, for which there is no command, is MULTI, or EXEC or DISCARD behind it; then it is answered. */
bool transaction_answers(struct client *client, const struct arg *argv, int argc, struct reply *reply);

/* Whether the client is in a transaction, which takes the request of this command; then it has been answered. */
bool transaction_takes(struct client *client, const struct command *command, struct reply *reply);

#endif
