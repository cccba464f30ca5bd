/*
 * Subscriptions: what pub/sub (server/pubsub/) is to clients.
 *
 * A client that is subscribed to anything is CLIENT_SUBSCRIBED: it has output limits of its own class, isn't closed for
 * being idle, and gets what has been published before its next request runs. If it speaks RESP2 as well, where messages
 * can't be told from replies, it is CLIENT_LISTENING, and may only send what subscriptions_refuse() lets through.
 *
 * By the client's worker, or while the world is stopped.
 */
#ifndef KVS_CLIENTS_SUBSCRIPTIONS_H
#define KVS_CLIENTS_SUBSCRIPTIONS_H

#include "base/bytes.h"
#include "clients/client.h"
#include "pubsub/channel.h"

#include <stdbool.h>

struct command;
struct reply;
struct subscriber;

/* Its subscriptions; NULL: none. */
const struct subscriber *client_subscriber(const struct client *client);
unsigned client_subscriptions(const struct client *client, enum channel_kind kind);

/* Clients that are CLIENT_SUBSCRIBED. Any thread. */
unsigned subscribed_clients(void);

/* Any one of a kind that it is subscribed to, retained for the caller; NULL: none. */
struct channel *client_any_channel(struct client *client, enum channel_kind kind);

/* False: it was subscribed before, or wasn't. What was published before it unsubscribes comes in the reply. */
bool client_subscribe(struct client *client, enum channel_kind kind, struct bytes name);
bool client_unsubscribe(struct client *client, enum channel_kind kind, struct bytes name, struct reply *reply);

/* What has been published for it and waits still comes in the reply to it. */
void client_take_messages(const struct client *client, struct reply *reply);

/* Ends all subscriptions, if there are any: on RESET, or when the client ends. */
void client_unsubscribe_all(struct client *client);

/* The client speaks another version of the protocol. */
void subscriptions_review(struct client *client);

/* If the client may not run this command while it listens, answers so. */
bool subscriptions_refuse(const struct client *client, const struct command *command, struct reply *reply);

#endif
