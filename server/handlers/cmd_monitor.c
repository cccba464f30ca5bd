#include "command/call.h"
#include "command/handlers.h"
#include "engine/client.h"
#include "engine/monitor.h"

/* A client that is a monitor already gets no reply, as in Redis. */
void cmd_monitor(struct call *call)
{
    if (call->client->flags & CLIENT_MONITOR)
        return;
    monitor_join(call->client);
    reply_ok(call->reply);
}
