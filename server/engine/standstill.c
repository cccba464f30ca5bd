#include "engine/standstill.h"

#include "base/gate.h"
#include "clients/client.h"
#include "command/call.h"
#include "engine/guard.h"
#include "resp/reply.h"

/* Whether the client is still there and may run the call; if it may not, answers with the reason. */
static bool is_admitted(const struct call *call)
{
    struct client *client = call->client;
    return client->conn.state == CONN_OPEN &&
           (!(client->flags & CLIENT_GUARDED) ||
            guard_admits(call->server, client, call->command, call->argv, call->argc, call->reply));
}

struct standstill standstill_begin(const struct call *call)
{
    struct standstill standstill = {0};
    if (!gate_is_mine()) {
        reply_end(call->reply);
        gate_close(gate_current());
        reply_resume(call->reply);
        standstill.stopped_world = true;
    }
    standstill.may_run = is_admitted(call);
    return standstill;
}

void standstill_end(struct standstill standstill)
{
    if (standstill.stopped_world)
        gate_open(gate_current());
}
