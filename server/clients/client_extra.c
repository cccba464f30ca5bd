#include "clients/client_extra.h"

#include "base/memory.h"

struct client_extra *client_extra(struct client *client)
{
    if (!client->extra)
        client->extra = mem_calloc(sizeof *client->extra);
    return client->extra;
}

void client_extra_settle(struct client *client)
{
    struct client_extra *extra = client->extra;
    if (!extra || extra->held || extra->transaction || extra->watches || extra->subscriber || extra->waiter ||
        extra->tracker)
        return;
    mem_free_sized(extra, sizeof *extra);
    client->extra = NULL;
}

static size_t part_memory(const void *part)
{
    return part ? mem_usable(part) : 0;
}

size_t client_extra_memory(const struct client *client)
{
    const struct client_extra *extra = client->extra;
    if (!extra)
        return 0;
    return mem_usable(extra) + part_memory(extra->held);
}
