#include "clients/subscriptions.h"

#include "clients/client_extra.h"
#include "command/command.h"
#include "command/command_table.h"
#include "pubsub/delivery.h"
#include "pubsub/subscriber.h"
#include "resp/reply.h"

#include <stdatomic.h>
#include <string.h>

static atomic_uint subscribed; /* clients that are */

const struct subscriber *client_subscriber(const struct client *client)
{
    return client->extra ? client->extra->subscriber : NULL;
}

unsigned subscribed_clients(void)
{
    return atomic_load_explicit(&subscribed, memory_order_relaxed);
}

unsigned client_subscriptions(const struct client *client, enum channel_kind kind)
{
    const struct subscriber *subscriber = client_subscriber(client);
    return subscriber ? subscriber->counts[kind] : 0;
}

void subscriptions_review(struct client *client)
{
    client->flags &= ~(uint32_t)(CLIENT_SUBSCRIBED | CLIENT_LISTENING);
    if (!client_subscriber(client))
        return;
    struct subscriber *subscriber = client->extra->subscriber;
    subscriber->resp = client->resp;
    client->flags |= CLIENT_SUBSCRIBED | (client->resp == 2 ? CLIENT_LISTENING : 0);
}

bool client_subscribe(struct client *client, enum channel_kind kind, struct bytes name)
{
    struct client_extra *extra = client_extra(client);
    if (extra->subscriber)
        return subscriber_add(extra->subscriber, kind, name);
    extra->subscriber = subscriber_create(&client->conn, client->resp);
    atomic_fetch_add_explicit(&subscribed, 1, memory_order_relaxed);
    subscriptions_review(client);
    return subscriber_add(extra->subscriber, kind, name);
}

void client_unsubscribe_all(struct client *client)
{
    if (!client_subscriber(client))
        return;
    subscriber_leave(client->extra->subscriber);
    atomic_fetch_sub_explicit(&subscribed, 1, memory_order_relaxed);
    client->extra->subscriber = NULL;
    client_extra_settle(client);
    subscriptions_review(client);
}

struct channel *client_any_channel(struct client *client, enum channel_kind kind)
{
    return client_subscriber(client) ? subscriber_any(client->extra->subscriber, kind) : NULL;
}

void client_take_messages(const struct client *client, struct reply *reply)
{
    if (!client_subscriber(client))
        return;
    delivery_catch_up_one(client_subscriber(client), reply);
    reply_keep(reply);
}

bool client_unsubscribe(struct client *client, enum channel_kind kind, struct bytes name, struct reply *reply)
{
    if (!client_subscriber(client))
        return false;
    struct subscriber *subscriber = client->extra->subscriber;
    struct subscription *subscription = subscriber_withdraw(subscriber, kind, name);
    if (subscription) {
        delivery_catch_up_one(subscriber, reply);
        subscriber_remove(subscriber, subscription);
    }
    if (subscriber_count(subscriber) == 0)
        client_unsubscribe_all(client);
    return subscription;
}

bool subscriptions_refuse(const struct client *client, const struct command *command, struct reply *reply)
{
    static const char *const allowed[] = {"ping",       "subscribe",    "unsubscribe", "psubscribe", "punsubscribe",
                                          "ssubscribe", "sunsubscribe", "quit",        "reset"};
    if (!(client->flags & CLIENT_LISTENING))
        return false;
    const char *name = command_full_name(command);
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (strcmp(name, allowed[i]) == 0)
            return false;
    reply_errorf(reply,
                 "ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in "
                 "this context",
                 name);
    return true;
}
