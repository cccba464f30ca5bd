#include "clients/own_pushes.h"

#include "base/output.h"
#include "clients/client_limits.h"

__thread bool own_pushes_wait;

/* Begun while any wait; otherwise the output is empty. */
static __thread struct output gathered;
static __thread struct reply gathering;

struct reply *own_pushes(const struct client *client)
{
    if (!own_pushes_wait) {
        reply_begin(&gathering, &gathered, client->resp);
        clients_limit_reply(client, &gathering);
        own_pushes_wait = true;
    }
    return &gathering;
}

void own_pushes_write_waiting(struct reply *reply)
{
    reply_end(&gathering);
    if (gathered.head || reply_is_over(&gathering))
        reply_splice(reply, &gathering);
    own_pushes_wait = false;
}

void own_pushes_set_aside(struct own_pushes_aside *aside)
{
    *aside = (struct own_pushes_aside){own_pushes_wait, gathered, gathering};
    gathered = (struct output){0};
    own_pushes_wait = false;
}

void own_pushes_bring_back(const struct own_pushes_aside *aside)
{
    own_pushes_wait = aside->wait;
    gathered = aside->gathered;
    gathering = aside->gathering;
}
