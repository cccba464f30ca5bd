/*
 * The moment of a read is that of its lock: a key is remembered under the lock under which it was read, so its next
 * change finds the client, and the notice comes behind the reply, which is written by then. A command that takes several
 * turns, or locks by itself, reads at a moment that isn't known here. Its keys are remembered before it begins; if one
 * of them isn't any more when it ends, it has changed meanwhile, and its notice may have come before the reply. So
 * another one goes behind.
 *
 * The follower is interested in a shard while keys of it are remembered, in all while there are prefixes, and in the
 * first one while anybody tracks, so that it learns of flushes.
 */
#include "clients/tracking.h"

#include "base/clock.h"
#include "base/memory.h"
#include "clients/client_extra.h"
#include "clients/tracking_delivery.h"
#include "clients/tracking_table.h"
#include "clients/turn.h"
#include "command/call.h"
#include "command/command_table.h"
#include "net/worker.h"
#include "resp/parser.h"
#include "server.h"
#include "store/keyspace.h"

#include <stdatomic.h>
#include <string.h>

#define TRIMMED_AT_ONCE 64 /* keys, under the lock of their shard */

static struct {
    const struct server *server;
    unsigned follower;
    struct message trim; /* under way while is_trimming */
    atomic_bool is_trimming;
} tracking;

/* ---- changes ---- */

/* Under the shard's lock. */
static void settle_interest(unsigned shard)
{
    bool interested = !tracking_table_is_empty(shard) || prefixes_count() > 0 || (shard == 0 && trackers_on() > 0);
    keyspace_set_interest(tracking.server->keyspace, tracking.follower, shard, interested);
}

/* Holding no lock, or in a stopped world. */
static void settle_interests(void)
{
    struct keyspace *keyspace = tracking.server->keyspace;
    for (unsigned shard = 0; shard < KEYSPACE_SHARDS; shard++) {
        struct shard_set set = {0};
        shard_set_add_shard(&set, shard);
        keyspace_lock(keyspace, &set);
        settle_interest(shard);
        keyspace_unlock(keyspace, &set);
    }
}

static void tell_everything(void *context, struct tracker *tracker)
{
    (void)context;
    if (tracker_mode(tracker) & TRACKER_ON)
        tracker_tell(tracker, NULL);
}

/* What the server does by itself while a client's command runs is nothing that the client knows of. */
static bool is_own_doing(const struct key_event *event)
{
    return event != &event_expired && event != &event_evicted && event != &event_part_expired;
}

static void after_change(void *context, const struct view *view, const struct key *key, const struct key_event *event)
{
    (void)context;
    if (!key) { /* the world is stopped */
        tracking_table_clear();
        trackers_each(tell_everything, NULL);
        return;
    }
    uint64_t actor = is_own_doing(event) ? view->actor : 0;
    if (prefixes_count() > 0)
        prefixes_gather(key->name, actor);
    tracking_table_tell(key, actor);
    settle_interest(key_shard(key->hash));
}

/* ---- the limit ---- */

static size_t key_limit(void)
{
    return (size_t)tracking.server->config.tracking_table_max_keys;
}

static void trim_shard(unsigned shard)
{
    struct shard_set set = {0};
    shard_set_add_shard(&set, shard);
    if (!keyspace_try_lock(tracking.server->keyspace, &set))
        return; /* it comes round */
    tracking_table_trim(shard, key_limit(), TRIMMED_AT_ONCE);
    settle_interest(shard);
    keyspace_unlock(tracking.server->keyspace, &set);
}

static void trim_for_a_turn(struct worker *worker, struct message *message)
{
    static unsigned shard; /* one message is under way at most */
    int64_t end_ns = clock_monotonic_ns() + TURN_NS;
    while (tracking_table_is_over(key_limit()) && !turn_is_over(end_ns))
        trim_shard(shard++ % KEYSPACE_SHARDS);
    tracking_after_batch();
    if (tracking_table_is_over(key_limit()))
        worker_post(worker, message);
    else
        atomic_store(&tracking.is_trimming, false);
}

void tracking_limit(void)
{
    if (!tracking_table_is_over(key_limit()) || atomic_exchange(&tracking.is_trimming, true))
        return;
    struct worker *self = worker_self();
    worker_post(self ? self : worker_at(0), &tracking.trim);
}

/* ---- reads ---- */

/* Whether the client is to be told of what this call reads. */
static bool tracks(const struct tracker *tracker, const struct call *call)
{
    uint32_t mode = tracker_mode(tracker), caching = mode & TRACKER_CACHING;
    if (!(call->command->flags & CMD_READONLY) || call->command->group == GROUP_SCRIPTING || call->key_count == 0)
        return false;
    if ((mode & (TRACKER_ON | TRACKER_BCAST)) != TRACKER_ON)
        return false;
    return mode & TRACKER_OPTIN ? caching != 0 : mode & TRACKER_OPTOUT ? caching == 0 : true;
}

/* Reads at a moment, or at several, before it ends. Inside another call there are no turns, and all is locked. */
static bool reads_earlier(const struct call *call)
{
    return !call->inside && (call->command->flags & (CMD_UNLOCKED | CMD_TURNS));
}

/* A command that locks by itself holds nothing before and after. */
static void lock_keys(const struct call *call, struct shard_set *locked)
{
    *locked = (struct shard_set){0};
    if (!(call->command->flags & CMD_UNLOCKED))
        return;
    for (int i = 0; i < call->key_count; i++)
        shard_set_add(locked, call->keys[i].hash);
    keyspace_lock(call->view.keyspace, locked);
}

static void unlock_keys(const struct call *call, const struct shard_set *locked)
{
    if (call->command->flags & CMD_UNLOCKED)
        keyspace_unlock(call->view.keyspace, locked);
}

static void remember(const struct call *call, struct tracker *tracker)
{
    for (int i = 0; i < call->key_count; i++) {
        unsigned shard = key_shard(call->keys[i].hash);
        tracking_table_add(&call->keys[i], tracker);
        if (tracking_table_is_over(key_limit()))
            tracking_table_trim(shard, key_limit(), 2);
        settle_interest(shard);
    }
    tracking_limit(); /* if the shards had too few others */
}

/* Those that aren't remembered any more have changed since the call began. */
static void tell_changed(const struct call *call, struct tracker *tracker)
{
    for (int i = 0; i < call->key_count; i++) {
        if (tracking_table_has(&call->keys[i], tracker))
            continue;
        struct names_told *name = names_told_create(&call->keys[i].name, 1);
        tracker_tell(tracker, name);
        names_told_release(name);
    }
}

void tracking_before_call(const struct call *call)
{
    struct shard_set locked;
    struct tracker *tracker = call->client->extra->tracker;
    if (!reads_earlier(call) || !tracks(tracker, call) || turn_is_unfinished(call->client))
        return;
    lock_keys(call, &locked);
    remember(call, tracker);
    unlock_keys(call, &locked);
}

static bool is_silent(const struct client *client)
{
    return client->flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP);
}

void tracking_after_call(const struct call *call)
{
    struct client *client = call->client;
    struct tracker *tracker = client->extra ? client->extra->tracker : NULL;
    struct shard_set locked;
    if (!tracker)
        return;
    if (tracks(tracker, call) && !reads_earlier(call)) {
        remember(call, tracker);
    } else if (tracks(tracker, call)) {
        lock_keys(call, &locked);
        tell_changed(call, tracker);
        unlock_keys(call, &locked);
    }
    if (call->inside || is_silent(client))
        return; /* behind the reply of the transaction; or behind the one that is dropped, tracking_after_request() */
    if (call->command->flags & CMD_GROUPABLE)
        tracker_set_caching(tracker, false);
    if (tracker_has_notices(tracker))
        tracker_write(tracker, call->reply);
}

/* CLIENT CACHING holds for the next command that isn't CLIENT, or for the next transaction. */
static bool ends_exception(const struct client *client, const struct request *request)
{
    const struct command *command = command_find(request->argv[0].data, request->argv[0].len);
    return !(client->flags & CLIENT_MULTI) && !(command && strcmp(command->name, "client") == 0);
}

void tracking_after_request(struct client *client, const struct request *request, struct reply *reply)
{
    struct tracker *tracker = client->extra->tracker;
    if ((tracker_mode(tracker) & TRACKER_CACHING) && ends_exception(client, request))
        tracker_set_caching(tracker, false);
    if (tracker_has_notices(tracker))
        tracker_write(tracker, reply);
}

void tracking_catch_up(struct client *client)
{
    if (tracker_has_notices(client->extra->tracker))
        tracker_catch_up(client->extra->tracker);
}

/* ---- what a client asks for ---- */

static struct tracker *tracker_on(const struct client *client)
{
    struct tracker *tracker = client->extra ? client->extra->tracker : NULL;
    return tracker && (tracker_mode(tracker) & TRACKER_ON) ? tracker : NULL;
}

uint32_t tracking_mode(const struct client *client)
{
    const struct tracker *tracker = tracker_on(client);
    return tracker ? tracker_mode(tracker) : 0;
}

const struct own_prefixes *tracking_prefixes(const struct client *client)
{
    struct tracker *tracker = client->extra ? client->extra->tracker : NULL;
    return tracker ? *tracker_prefixes(tracker) : NULL;
}

void tracking_start(struct client *client, uint32_t mode, struct tracker *target, const struct bytes *prefixes,
                    size_t count)
{
    struct tracker *tracker = tracker_of(client);
    bool is_first = !(tracker_mode(tracker) & TRACKER_ON);
    tracker_set_mode(tracker, mode | TRACKER_ON | (tracker_mode(tracker) & TRACKER_CACHING));
    tracker_redirect(tracker, target);
    if (mode & TRACKER_BCAST) {
        static const struct bytes all = {"", 0};
        struct own_prefixes **own = tracker_prefixes(tracker);
        if (!*own)
            *own = mem_calloc(sizeof **own);
        own_prefixes_add(*own, tracker, count > 0 ? prefixes : &all, count > 0 ? count : 1);
    }
    if (is_first)
        settle_interests();
}

static void drop_prefixes(struct tracker *tracker)
{
    struct own_prefixes **own = tracker_prefixes(tracker);
    if (!*own)
        return;
    own_prefixes_drop(*own, tracker);
    mem_free_sized(*own, sizeof **own);
    *own = NULL;
}

/* The tracker stays: what it has read is still remembered, in case that it goes on. */
void tracking_stop(struct client *client)
{
    struct tracker *tracker = tracker_on(client);
    if (!tracker)
        return;
    drop_prefixes(tracker);
    tracker_set_mode(tracker, 0);
    tracker_redirect(tracker, NULL);
}

void tracking_except_next(struct client *client)
{
    tracker_set_caching(client->extra->tracker, true);
}

void tracking_forget(struct client *client)
{
    drop_prefixes(client->extra->tracker);
    tracker_forget(client);
}

void tracking_init(struct server *server, unsigned workers)
{
    static const struct follower follower = {.after = after_change};
    tracking.server = server;
    tracking.trim.run = trim_for_a_turn;
    trackers_init(workers, trackers_message);
    tracking.follower = keyspace_follow(server->keyspace, &follower);
}
