/*
 * Transactions: what a client has queued between MULTI and EXEC.
 *
 * Requests are copied into blocks of the transaction's own, their large arguments kept as the blobs that they are, and
 * their keys hashed. With each the transaction gathers what EXEC will need: the shards of all keys, whether it must stop
 * the world, whether it writes, and how much room in memory that takes. So EXEC takes all locks at once, like any other
 * command, and runs what was queued under them (run_queued()).
 *
 * A request that is refused while it is being queued spoils the transaction: EXEC then runs nothing. Watched keys are
 * in watch.h. By the client's worker, or in a stopped world.
 */
#ifndef KVS_CLIENTS_TRANSACTION_H
#define KVS_CLIENTS_TRANSACTION_H

#include "clients/client.h"
#include "command/command.h"
#include "resp/parser.h"
#include "store/key.h"
#include "store/shard.h"

#include <stdbool.h>
#include <stddef.h>

/* One request that was queued. */
struct queued {
    const struct command *command;
    struct request request;
    const struct key *keys; /* in the order of the key specifications */
    int key_count;
};

/* What EXEC needs. */
struct transaction_needs {
    struct shard_set shards;
    bool stopped_world; /* a command in it runs only so, or takes locks itself */
    bool runs_script;   /* all shards are locked, and the world is stopped only for such commands */
    bool writes;        /* it waits for the end of a pause of writes: one changes keys, publishes or runs a script */
    bool changes_keys;  /* by a command that is no script */
    bool may_silence;   /* CLIENT REPLY is in it: what it answers may be left out */
    size_t room;        /* bytes that its writes may add */
    size_t largest;     /* of the values among them */
};

/* MULTI: sets CLIENT_MULTI. */
void transaction_begin(struct client *client);

/* Queues a request that may run; room: bytes that it may add to the memory in use, 0 if it doesn't need to ask. */
void transaction_queue(struct client *client, const struct command *command, const struct request *request,
                       size_t room);

/* EXEC is to run nothing. */
void transaction_spoil(struct client *client);
bool transaction_is_spoilt(const struct client *client);

/* Of a client with CLIENT_MULTI. The requests are borrowed until the transaction ends. */
const struct queued *transaction_requests(const struct client *client, unsigned *count_out);
const struct transaction_needs *transaction_needs(const struct client *client);

/* What was queued is forgotten, and CLIENT_MULTI cleared; watches stay. Nothing happens without a transaction. */
void transaction_end(struct client *client);

/* How many requests are queued; -1 without a transaction. */
int transaction_length(const struct client *client);

/* Bytes that it occupies with all that is queued; 0 without one. */
size_t transaction_memory(const struct client *client);

#endif
