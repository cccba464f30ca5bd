#include "engine/turn.h"

#include "command/call.h"
#include "engine/client_extra.h"

struct turn_work *turn_work(const struct call *call)
{
    const struct client_extra *extra = call->client->extra;
    return extra ? extra->work : NULL;
}

void turn_give_way(struct call *call, struct turn_work *work)
{
    client_extra(call->client)->work = work;
    call->outcome = CALL_NEEDS_TURN;
}

bool turn_is_unfinished(const struct client *client)
{
    return client->extra && client->extra->work;
}

size_t turn_memory(const struct client *client)
{
    return turn_is_unfinished(client) ? client->extra->work->memory(client->extra->work) : 0;
}

void turn_drop(struct client *client)
{
    if (!turn_is_unfinished(client))
        return;
    struct turn_work *work = client->extra->work;
    client->extra->work = NULL;
    work->destroy(work);
    client_extra_settle(client);
}
