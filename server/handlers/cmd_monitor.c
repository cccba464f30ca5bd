#include "clients/client.h"
#include "clients/monitor.h"
#include "command/call.h"
#include "command/handlers.h"

/* A client that is a monitor already gets no reply, as in Redis. Lines would tear the reply of a transaction. */
void cmd_monitor(struct call *call)
{
    if (call->inside) {
        reply_error(call->reply, "ERR MONITOR isn't allowed for DENY BLOCKING client");
        return;
    }
    if (call->client->flags & CLIENT_MONITOR)
        return;
    if (call->inside) {
        reply_error(call->reply, "ERR MONITOR isn't allowed for DENY BLOCKING client");
        return;
    }
    monitor_join(call->client);
    reply_ok(call->reply);
}
