#include "engine/standstill.h"

#include "base/gate.h"
#include "engine/client.h"
#include "net/worker.h"
#include "resp/reply.h"

/* Standstills of this thread that haven't ended: an exclusive call may run others inside. */
static __thread unsigned depth;

bool standstill_begin(struct client *client, struct reply *reply)
{
    struct reply before = *reply;
    if (depth++ > 0)
        return client->conn.state == CONN_OPEN;
    reply_end(reply);
    gate_close(worker_gate(client->conn.worker));
    reply_begin(reply, &client->conn.output, client->resp);
    reply->errors = before.errors;
    reply->on_error = before.on_error;
    reply->on_error_context = before.on_error_context;
    return client->conn.state == CONN_OPEN;
}

void standstill_end(const struct client *client)
{
    if (--depth == 0)
        gate_open(worker_gate(client->conn.worker));
}
