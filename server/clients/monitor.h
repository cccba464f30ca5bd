/*
 * MONITOR: clients that see every command that is run.
 *
 * The worker that runs a command formats its line once and queues it for the monitors' workers, which write it into the
 * monitors' outputs. So a monitor sees the commands of each client in their order, its own included, and those of
 * clients of different workers in about the order in which they ran. Output limits apply to monitors as to all clients.
 * No client is held up by the lines of others: they are written in turns (turn.h), for which pipelines wait.
 */
#ifndef KVS_CLIENTS_MONITOR_H
#define KVS_CLIENTS_MONITOR_H

#include "base/bytes.h"
#include "clients/attention.h"
#include "clients/client.h"
#include "command/command.h"

#include <stdbool.h>

/* Whether there are monitors that are to see this command. They don't see administrative ones. Any thread. */
static inline bool monitor_wants(const struct command *command)
{
    return attention_has(ATTENTION_MONITORS) && !(command->flags & (CMD_SKIP_MONITOR | CMD_ADMIN));
}

/*
 * Tells the monitors that client, or a script of its, ran this command: after its handler, so that its own reply comes
 * first. Secrets are replaced. By the client's worker. False: so much waits to be written that the client is to give way to the monitors'
 * workers before it runs more.
 */
bool monitor_feed(const struct client *client, bool by_script, int argc, const struct arg *argv);

/*
 * Whether a monitor, which Redis treats as a replica here, may not run this command: it may not touch keys.
 */
static inline bool monitor_refuses(const struct client *client, const struct command *command)
{
    return (client->flags & CLIENT_MONITOR) && (command->flags & (CMD_WRITE | CMD_READONLY | CMD_MAY_REPLICATE));
}
#define MONITOR_REFUSAL "ERR Replica can't interact with the keyspace"

/* Makes the client, which isn't one yet, a monitor (CLIENT_MONITOR). By its worker. */
void monitor_join(struct client *client);

/* The client stops being a monitor: on RESET, or when it ends. By its worker. */
void monitor_leave(struct client *client);

/* A worker's thread ends, and has no clients any more. */
void monitors_part(void);

#endif
