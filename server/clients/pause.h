/*
 * CLIENT PAUSE: for a while commands have to wait, all of them or those that write.
 *
 * A pause begins, is extended and is ended while the world is stopped; otherwise it ends by the clock. While it lasts,
 * nothing else changes the data set either: keys are neither expired nor evicted.
 */
#ifndef KVS_CLIENTS_PAUSE_H
#define KVS_CLIENTS_PAUSE_H

#include "clients/attention.h"
#include "clients/client.h"
#include "command/command.h"

#include <stdbool.h>
#include <stdint.h>

struct keyspace;

enum pause_kind { PAUSE_NONE, PAUSE_WRITE, PAUSE_ALL };

/*
 * World stopped. Pauses for this many milliseconds; a pause that is on already becomes longer and stricter, never
 * shorter or milder.
 */
void pause_extend(struct keyspace *keyspace, enum pause_kind kind, int64_t milliseconds);

/* World stopped. The caller resumes the held clients with sessions_resume(). */
void pause_end(struct keyspace *keyspace);

/* ---- inside the gate ---- */

/* The kind of pause that is on. */
enum pause_kind pause_kind(void);

/* Whether a pause of any kind is on: keys are neither expired nor evicted. Without one the clock isn't asked. */
static inline bool pause_is_active(void)
{
    return attention_has(ATTENTION_PAUSE) && pause_kind() != PAUSE_NONE;
}

/* Whether a command with these flags of this client, which would run otherwise, has to wait. Monitors don't. */
static inline bool pause_holds(const struct client *client, uint32_t command_flags)
{
    if (!attention_has(ATTENTION_PAUSE) || (client->flags & CLIENT_MONITOR))
        return false;
    enum pause_kind kind = pause_kind();
    return kind == PAUSE_ALL || (kind == PAUSE_WRITE && (command_flags & (CMD_WRITE | CMD_MAY_REPLICATE)));
}

#endif
