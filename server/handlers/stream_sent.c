#include "handlers/stream_sent.h"

#include "base/siphash.h"
#include "handlers/stream_reply.h"
#include "server.h"

#include <errno.h>

static uint64_t hash_of(const struct arg *arg)
{
    return siphash_bytes(arg->data, arg->len);
}

/* A sum of hashes doesn't depend on their order. */
static uint64_t hash_of_fields(const struct arg *pairs, int count)
{
    uint64_t sum = 0;
    for (int i = 0; i < count; i += 2) {
        uint64_t pair[2] = {hash_of(&pairs[i]), hash_of(&pairs[i + 1])};
        sum += siphash_bytes(pair, sizeof pair);
    }
    return sum;
}

struct producer_message stream_sent_message(const struct call *call, const struct stream_options *options)
{
    const struct arg *producer = &call->argv[options->producer], *pairs = &call->argv[options->id_at + 1];
    int count = call->argc - options->id_at - 1;
    return (struct producer_message){hash_of(producer),
                                     options->has_message ? hash_of(producer + 1) : hash_of_fields(pairs, count)};
}

bool stream_sent_before(struct stream_change *change, struct producer_message message)
{
    struct stream_id id;
    struct stream_producers *producers = change->stream ? change->stream->producers : NULL;
    if (!producers || !stream_producers_find(producers, message, change->call->view.now_ms, &id))
        return false;
    reply_stream_id(change->call->reply, id);
    return true;
}

/* The stream's producers, made with the usual limits if there are none. NULL without memory. */
static struct stream_producers *producers_of(struct stream_change *change)
{
    const struct config *config = &change->call->server->config;
    struct producer_limits usual = {config->stream_idmp_duration, config->stream_idmp_maxsize};
    if (!change->stream->producers)
        change->stream->producers = stream_producers_create(usual);
    return change->stream->producers;
}

int stream_sent_now(struct stream_change *change, struct producer_message message, struct stream_id id)
{
    struct stream_producers *producers = producers_of(change);
    return producers ? stream_producers_add(producers, message, change->call->view.now_ms, id) : -ENOMEM;
}

int stream_sent_limit(struct stream_change *change, struct producer_limits given)
{
    struct producer_figures figures;
    struct stream_producers *producers = producers_of(change);
    if (!producers)
        return -ENOMEM;
    stream_producers_read(producers, &figures);
    if (given.duration_s == 0)
        given.duration_s = figures.limits.duration_s;
    if (given.maxsize == 0)
        given.maxsize = figures.limits.maxsize;
    stream_producers_limit(producers, given);
    return 0;
}

void stream_sent_not(struct stream_change *change, struct producer_message message)
{
    stream_producers_take_back(change->stream->producers, message);
}
