/* MULTI EXEC DISCARD WATCH UNWATCH. What lies between is clients/transaction.h's and the executor's. */
#include "clients/client.h"
#include "clients/subscriptions.h"
#include "clients/transaction.h"
#include "clients/watch.h"
#include "command/call.h"
#include "command/handlers.h"
#include "engine/run_inside.h"

void cmd_multi(struct call *call)
{
    if (call->client->flags & CLIENT_MULTI) {
        reply_error(call->reply, "ERR MULTI calls can not be nested");
        return;
    }
    transaction_begin(call->client);
    reply_ok(call->reply);
}

void cmd_discard(struct call *call)
{
    if (!(call->client->flags & CLIENT_MULTI)) {
        reply_error(call->reply, "ERR DISCARD without MULTI");
        return;
    }
    transaction_end(call->client);
    watches_end(call->client);
    reply_ok(call->reply);
}

/* The shards of what was queued and of what is watched are locked, or the world is stopped. */
void cmd_exec(struct call *call)
{
    struct client *client = call->client;
    if (!(client->flags & CLIENT_MULTI)) {
        reply_error(call->reply, "ERR EXEC without MULTI");
        return;
    }
    bool broken = watches_are_broken(client, call->view.now_ms);
    watches_drop(client); /* its own changes concern nobody here any more */
    if (transaction_is_spoilt(client))
        reply_error(call->reply, "EXECABORT Transaction discarded because of previous errors.");
    else if (broken)
        reply_null_array(call->reply);
    else {
        client_take_messages(client, call->reply); /* one that it may unsubscribe from: they can't stand in the array */
        run_queued(call);
    }
    transaction_end(client);
}

void cmd_watch(struct call *call)
{
    if (call->client->flags & CLIENT_MULTI) {
        reply_error(call->reply, "ERR WATCH inside MULTI is not allowed");
        return;
    }
    for (int i = 0; i < call->key_count; i++) {
        keyspace_find(&call->view, &call->keys[i], LOOKUP_PEEK); /* one that is due goes first */
        watch_key(call->client, &call->view, &call->keys[i]);
    }
    reply_ok(call->reply);
}

void cmd_unwatch(struct call *call)
{
    watches_end(call->client);
    reply_ok(call->reply);
}
