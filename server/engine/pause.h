/*
 * CLIENT PAUSE: for a while commands wait, all of them or those that write.
 *
 * The state stands in struct server and changes while the world is stopped; it ends by the clock, without
 * anybody clearing it. While a pause lasts nothing else changes the data set either: no expiry, no eviction
 * of keys.
 */
#ifndef KVS_ENGINE_PAUSE_H
#define KVS_ENGINE_PAUSE_H

#include "command/call.h"
#include "engine/client.h"
#include "server.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether a pause of any kind is on: keys are neither expired nor evicted. now_ms is wall time. */
static inline bool pause_is_active(const struct server *server, int64_t now_ms)
{
    return __builtin_expect(server->pause != PAUSE_NONE, 0) && now_ms < server->pause_until_ms;
}

/* Whether this command of this client, which would run otherwise, has to wait. Monitors don't. */
static inline bool pause_holds(const struct server *server, const struct client *client, const struct command *command,
                               int64_t now_ms)
{
    return pause_is_active(server, now_ms) && !(client->flags & CLIENT_MONITOR) &&
           (server->pause == PAUSE_ALL || (command->flags & (CMD_WRITE | CMD_MAY_REPLICATE)));
}

#endif
