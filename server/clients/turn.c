#include "clients/turn.h"

#include "clients/held.h"

struct turn_work *turn_work(const struct call *call)
{
    return client_work(call->client);
}

void turn_give_way(struct call *call, struct turn_work *work)
{
    client_set_work(call->client, work);
    call->outcome = CALL_NEEDS_TURN;
}

bool turn_is_unfinished(const struct client *client)
{
    return client_work(client);
}

size_t turn_memory(const struct client *client)
{
    const struct turn_work *work = client_work(client);
    return work ? work->memory(work) : 0;
}

void turn_drop(struct client *client)
{
    struct turn_work *work = client_work(client);
    if (!work)
        return;
    client_set_work(client, NULL);
    work->destroy(work);
}
