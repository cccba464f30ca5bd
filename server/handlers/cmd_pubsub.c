/*
 * Messages: subscribing, publishing, and asking who is subscribed.
 *
 * What a subscriber is told, subscribing included, are pushes: they come even where CLIENT REPLY leaves replies out.
 */
#include "base/memory.h"
#include "command/call.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/subscriptions.h"
#include "engine/turn.h"
#include "pubsub/publish.h"
#include "pubsub/registry.h"

/* ---- subscribing ---- */

/* The words that a client is told, and the kind that they are about. */
struct subscribing {
    enum channel_kind kind;
    const char *word;
};

static const struct subscribing subscribes[] = {
    [CHANNEL_PLAIN] = {CHANNEL_PLAIN, "subscribe"},
    [CHANNEL_PATTERN] = {CHANNEL_PATTERN, "psubscribe"},
    [CHANNEL_SHARD] = {CHANNEL_SHARD, "ssubscribe"},
};
static const struct subscribing unsubscribes[] = {
    [CHANNEL_PLAIN] = {CHANNEL_PLAIN, "unsubscribe"},
    [CHANNEL_PATTERN] = {CHANNEL_PATTERN, "punsubscribe"},
    [CHANNEL_SHARD] = {CHANNEL_SHARD, "sunsubscribe"},
};

/* Shard channels are counted apart. */
static unsigned count_shown(const struct client *client, enum channel_kind kind)
{
    if (kind == CHANNEL_SHARD)
        return client_subscriptions(client, CHANNEL_SHARD);
    return client_subscriptions(client, CHANNEL_PLAIN) + client_subscriptions(client, CHANNEL_PATTERN);
}

/* name NULL: there was none. */
static void tell(const struct call *call, const struct subscribing *what, const struct bytes *name)
{
    struct reply *reply = call->reply;
    reply_push(reply, 3);
    reply_bulk_text(reply, what->word);
    if (name)
        reply_bulk(reply, name->data, name->len);
    else
        reply_null(reply);
    reply_int(reply, count_shown(call->client, what->kind));
    reply_keep(reply);
}

static void subscribe(const struct call *call, const struct subscribing *what)
{
    for (int i = 1; i < call->argc; i++) {
        struct bytes name = {call->argv[i].data, call->argv[i].len};
        client_subscribe(call->client, what->kind, name);
        tell(call, what, &name);
    }
}

static void unsubscribe_from_all(const struct call *call, const struct subscribing *what)
{
    if (client_subscriptions(call->client, what->kind) == 0)
        tell(call, what, NULL);
    while (client_subscriptions(call->client, what->kind) > 0) {
        struct channel *channel = subscriber_any(client_subscriber(call->client), what->kind);
        struct bytes name = channel_name(channel);
        client_unsubscribe(call->client, what->kind, name);
        tell(call, what, &name);
        channel_release(channel);
    }
}

static void unsubscribe(const struct call *call, const struct subscribing *what)
{
    if (call->argc == 1)
        unsubscribe_from_all(call, what);
    for (int i = 1; i < call->argc; i++) {
        struct bytes name = {call->argv[i].data, call->argv[i].len};
        client_unsubscribe(call->client, what->kind, name);
        tell(call, what, &name);
    }
}

void cmd_subscribe(struct call *call)
{
    subscribe(call, &subscribes[CHANNEL_PLAIN]);
}

void cmd_psubscribe(struct call *call)
{
    subscribe(call, &subscribes[CHANNEL_PATTERN]);
}

void cmd_ssubscribe(struct call *call)
{
    subscribe(call, &subscribes[CHANNEL_SHARD]);
}

void cmd_unsubscribe(struct call *call)
{
    unsubscribe(call, &unsubscribes[CHANNEL_PLAIN]);
}

void cmd_punsubscribe(struct call *call)
{
    unsubscribe(call, &unsubscribes[CHANNEL_PATTERN]);
}

void cmd_sunsubscribe(struct call *call)
{
    unsubscribe(call, &unsubscribes[CHANNEL_SHARD]);
}

/* ---- publishing ---- */

/* A message that isn't published yet; its arguments stay where they are. */
struct publish_work {
    struct turn_work work; /* first */
    struct publishing publishing;
};

static void publish_work_destroy(struct turn_work *work)
{
    struct publish_work *unfinished = (struct publish_work *)work;
    publishing_end(&unfinished->publishing);
    mem_free_sized(unfinished, sizeof *unfinished);
}

static size_t publish_work_memory(const struct turn_work *work)
{
    return mem_usable(work);
}

/* The next turn goes on with what has been done in this one. */
static void publish_later(struct call *call, const struct publishing *publishing)
{
    struct publish_work *work = (struct publish_work *)turn_work(call);
    if (!work) {
        work = mem_alloc(sizeof *work);
        *work = (struct publish_work){.work = {.destroy = publish_work_destroy, .memory = publish_work_memory}};
    }
    work->publishing = *publishing;
    turn_give_way(call, &work->work);
}

static void publish_message(struct call *call, enum channel_kind kind)
{
    struct publish_work *work = (struct publish_work *)turn_work(call);
    struct publishing publishing = work ? work->publishing : (struct publishing){0};
    struct publication publication = {
        .kind = kind,
        .channel = {call->argv[1].data, call->argv[1].len},
        .message = &call->argv[2],
        .insists = call->inside,
        .self = client_subscriber(call->client),
        .reply = call->reply,
    };
    if (!publish(&publishing, &publication, turn_end_ns(call))) {
        publish_later(call, &publishing);
        return;
    }
    if (work)
        work->publishing = (struct publishing){0}; /* has come to its end */
    if (publication.self)
        reply_keep(call->reply);
    if (publishing.no_memory)
        error_no_memory(call);
    else
        reply_int(call->reply, publishing.receivers);
}

void cmd_publish(struct call *call)
{
    publish_message(call, CHANNEL_PLAIN);
}

void cmd_spublish(struct call *call)
{
    publish_message(call, CHANNEL_SHARD);
}

/* ---- PUBSUB ---- */

static void reply_matching(const struct call *call, enum channel_kind kind)
{
    size_t count = 0;
    struct reply_hole hole = reply_defer(call->reply);
    for (unsigned part = 0; part < REGISTRY_PARTS; part++) {
        struct channel **channels;
        size_t listed = registry_list(kind, part, &channels);
        for (size_t i = 0; i < listed; i++) {
            struct bytes name = channel_name(channels[i]);
            if (call->argc == 2 || glob_match(call->argv[2].data, call->argv[2].len, name.data, name.len, false)) {
                reply_bulk(call->reply, name.data, name.len);
                count++;
            }
            channel_release(channels[i]);
        }
        mem_free(channels);
    }
    reply_defer_array(call->reply, hole, count);
}

static void list_channels(struct call *call, enum channel_kind kind)
{
    if (call->argc <= 3)
        reply_matching(call, kind);
    else
        reply_errorf(call->reply, "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try PUBSUB HELP.",
                     (int)call->argv[1].len, call->argv[1].data);
}

void cmd_pubsub_channels(struct call *call)
{
    list_channels(call, CHANNEL_PLAIN);
}

void cmd_pubsub_shardchannels(struct call *call)
{
    list_channels(call, CHANNEL_SHARD);
}

static void count_subscribers(const struct call *call, enum channel_kind kind)
{
    reply_array(call->reply, 2 * (size_t)(call->argc - 2));
    for (int i = 2; i < call->argc; i++) {
        struct bytes name = {call->argv[i].data, call->argv[i].len};
        reply_bulk(call->reply, name.data, name.len);
        reply_int(call->reply, registry_subscribers(kind, name));
    }
}

void cmd_pubsub_numsub(struct call *call)
{
    count_subscribers(call, CHANNEL_PLAIN);
}

void cmd_pubsub_shardnumsub(struct call *call)
{
    count_subscribers(call, CHANNEL_SHARD);
}

void cmd_pubsub_numpat(struct call *call)
{
    reply_int(call->reply, (int64_t)registry_count(CHANNEL_PATTERN));
}

void cmd_pubsub_help(struct call *call)
{
    static const char *const lines[] = {
        "CHANNELS [<pattern>]",
        "    List the channels that have subscribers, or those that match a pattern.",
        "NUMPAT",
        "    Tell how many patterns have subscribers.",
        "NUMSUB [<channel> ...]",
        "    Tell how many subscribers each of these channels has; those of patterns don't count.",
        "SHARDCHANNELS [<pattern>]",
        "    List the shard channels that have subscribers, or those that match a pattern.",
        "SHARDNUMSUB [<shardchannel> ...]",
        "    Tell how many subscribers each of these shard channels has.",
    };
    reply_help(call->reply, "PUBSUB", lines, sizeof lines / sizeof lines[0]);
}
