/*
 * MONITOR: clients that are told of every command that is run.
 *
 * Whoever runs a command formats its line once and posts it to the workers of the monitors, which write it
 * into their outputs. So a monitor sees the commands of each client in their order, its own included, and
 * those of clients of different workers in about the order in which they ran. Output limits apply to monitors
 * as to everybody.
 */
#ifndef KVS_ENGINE_MONITOR_H
#define KVS_ENGINE_MONITOR_H

#include "base/bytes.h"
#include "command/command.h"
#include "engine/attention.h"
#include "engine/client.h"

#include <stdbool.h>

/* Whether anybody wants to be told of this command. Administrative ones are nobody's business. Any thread. */
static inline bool monitor_wants(const struct command *command)
{
    return attention_has(ATTENTION_MONITORS) && !(command->flags & (CMD_SKIP_MONITOR | CMD_ADMIN));
}

/*
 * Tells the monitors that client ran this command: after its handler, so that its own reply comes first.
 * Secrets are left out. By the client's worker.
 */
void monitor_feed(const struct client *client, int argc, const struct arg *argv);

/*
 * Whether a monitor, which Redis treats as a replica here, may not run this command: it may not touch keys.
 */
static inline bool monitor_refuses(const struct client *client, const struct command *command)
{
    return (client->flags & CLIENT_MONITOR) && (command->flags & (CMD_WRITE | CMD_READONLY | CMD_MAY_REPLICATE));
}
#define MONITOR_REFUSAL "ERR Replica can't interact with the keyspace"

/* The client, which is none, becomes a monitor (CLIENT_MONITOR). By its worker. */
void monitor_join(struct client *client);

/* A monitor is one no more: RESET, or its end. By its worker. */
void monitor_leave(struct client *client);

#endif
