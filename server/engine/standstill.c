#include "engine/standstill.h"

#include "base/gate.h"
#include "engine/client.h"
#include "resp/reply.h"

struct standstill standstill_begin(const struct client *client, struct reply *reply)
{
    struct standstill standstill = {0};
    if (!gate_is_mine()) {
        struct reply before = *reply;
        reply_end(reply);
        gate_close(gate_current());
        reply_begin(reply, before.output, before.resp);
        reply->errors = before.errors;
        reply->on_error = before.on_error;
        reply->on_error_context = before.on_error_context;
        standstill.stopped_world = true;
    }
    standstill.is_open = client->conn.state == CONN_OPEN;
    return standstill;
}

void standstill_end(struct standstill standstill)
{
    if (standstill.stopped_world)
        gate_open(gate_current());
}
