#include "engine/standstill.h"

#include "base/gate.h"
#include "engine/client.h"
#include "resp/reply.h"

struct standstill standstill_begin(const struct client *client, struct reply *reply)
{
    struct standstill standstill = {0};
    if (!gate_is_mine()) {
        reply_end(reply);
        gate_close(gate_current());
        reply_resume(reply);
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
