/*
 * Messages: subscribing, publishing, and asking who is subscribed.
 *
 * What a subscriber is told, subscribing included, are pushes: they come even where CLIENT REPLY leaves replies out.
 */
#include "base/glob.h"
#include "base/memory.h"
#include "clients/own_pushes.h"
#include "clients/subscriptions.h"
#include "clients/turn.h"
#include "command/call.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "pubsub/delivery.h"
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

/*
 * Inside EXEC what is told is an element of its reply, as it is the answer to a command. Where that reply is left out it
 * comes all the same, and alone.
 */
static struct reply *told_in(const struct call *call)
{
    bool left_out = call->client->flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP);
    return call->inside && left_out ? own_pushes(call->client) : call->reply;
}

/* Where messages come that wait for who unsubscribes: inside EXEC they come behind its reply, as they aren't elements. */
static struct reply *waiting_in(const struct call *call)
{
    return call->inside ? own_pushes(call->client) : call->reply;
}

/* name NULL: there was none. */
static void tell(const struct call *call, const struct subscribing *what, const struct bytes *name)
{
    struct reply *reply = told_in(call);
    reply_push(reply, 3);
    reply_bulk_text(reply, what->word);
    if (name)
        reply_bulk(reply, name->data, name->len);
    else
        reply_null(reply);
    reply_int(reply, count_shown(call->client, what->kind));
    if (!call->inside)
        reply_keep(reply);
}

/* How far a request with many names has come. Its pushes stay as they are told. */
struct subscribing_work {
    struct turn_work work; /* first */
    int next;              /* the argument to go on with */
    uint64_t awaited;      /* the message that the client gets before it unsubscribes */
};

#define NAMES_AT_ONCE 32  /* between two looks at the clock, */
#define MATCH_AT_ONCE 256 /* and comparisons */

static void subscribing_work_destroy(struct turn_work *work)
{
    mem_free_sized(work, sizeof(struct subscribing_work));
}

static size_t small_work_memory(const struct turn_work *work)
{
    return mem_usable(work);
}

static void subscribing_later(struct call *call, int next, uint64_t awaited)
{
    struct subscribing_work *work = (struct subscribing_work *)turn_work(call);
    if (!work) {
        work = mem_alloc(sizeof *work);
        *work = (struct subscribing_work){.work = {.destroy = subscribing_work_destroy, .memory = small_work_memory}};
    }
    work->next = next;
    work->awaited = awaited;
    turn_give_way(call, &work->work);
}

/* Whether the turn is over after so many names. */
static bool names_took_long(int done, int64_t end_ns)
{
    return done % NAMES_AT_ONCE == 0 && turn_is_over(end_ns);
}

static void subscribe(struct call *call, const struct subscribing *what)
{
    const struct subscribing_work *work = (const struct subscribing_work *)turn_work(call);
    int64_t end_ns = turn_end_ns(call);
    for (int i = work ? work->next : 1; i < call->argc; i++) {
        struct bytes name = {call->argv[i].data, call->argv[i].len};
        client_subscribe(call->client, what->kind, name);
        tell(call, what, &name);
        if (names_took_long(i, end_ns)) {
            subscribing_later(call, i + 1, 0);
            return;
        }
    }
}

static void unsubscribe_from_all(struct call *call, const struct subscribing *what, bool has_begun)
{
    int64_t end_ns = turn_end_ns(call);
    if (client_subscriptions(call->client, what->kind) == 0 && !has_begun)
        tell(call, what, NULL);
    struct channel *channel;
    for (int done = 1; (channel = client_any_channel(call->client, what->kind)); done++) {
        struct bytes name = channel_name(channel);
        client_unsubscribe(call->client, what->kind, name, waiting_in(call));
        tell(call, what, &name);
        channel_release(channel);
        if (names_took_long(done, end_ns)) {
            subscribing_later(call, 1, 0);
            return;
        }
    }
}

static void unsubscribe_from(struct call *call, const struct subscribing *what, int first)
{
    int64_t end_ns = turn_end_ns(call);
    for (int i = first; i < call->argc; i++) {
        struct bytes name = {call->argv[i].data, call->argv[i].len};
        client_unsubscribe(call->client, what->kind, name, waiting_in(call));
        tell(call, what, &name);
        if (names_took_long(i, end_ns)) {
            subscribing_later(call, i + 1, 0);
            return;
        }
    }
}

/*
 * What was published before comes before the answer: where much waits still, so does the request, and everybody gets it
 * in turn. What has come meanwhile this client gets at once. EXEC has asked for what waits before it began its reply.
 */
static void unsubscribe(struct call *call, const struct subscribing *what)
{
    const struct subscribing_work *work = (const struct subscribing_work *)turn_work(call);
    uint64_t awaited = work ? work->awaited : client_subscriber(call->client) ? delivery_last() : 0;
    if (!call->inside && !delivery_has_come_to(awaited))
        subscribing_later(call, 0, awaited);
    else if (call->argc == 1)
        unsubscribe_from_all(call, what, work && work->next > 0);
    else
        unsubscribe_from(call, what, work && work->next > 0 ? work->next : 1);
}

void cmd_subscribe(struct call *call)
{
    subscribe(call, &subscribes[CHANNEL_PLAIN]);
}

void cmd_psubscribe(struct call *call)
{
    subscribe(call, &subscribes[CHANNEL_PATTERN]);
}

/* Unlike the others it isn't for transactions, as in Redis, which tells so in these words. */
void cmd_ssubscribe(struct call *call)
{
    if (call->inside)
        reply_error(call->reply, "ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
    else
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

/* The next turn goes on with what has been done in this one. */
static void publish_later(struct call *call, const struct publishing *publishing)
{
    struct publish_work *work = (struct publish_work *)turn_work(call);
    if (!work) {
        work = mem_alloc(sizeof *work);
        *work = (struct publish_work){.work = {.destroy = publish_work_destroy, .memory = small_work_memory}};
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
    };
    if (publication.self)
        publication.reply = own_pushes(call->client);
    if (!publish(&publishing, &publication, turn_end_ns(call))) {
        publish_later(call, &publishing);
        return;
    }
    if (work)
        work->publishing = (struct publishing){0}; /* has come to its end */
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

/* The channels that match so far, and where the search goes on. */
struct listing {
    struct turn_work work;  /* first */
    struct channel **found; /* counted */
    size_t found_count, found_capacity;
    unsigned part;           /* the next to be listed */
    struct channel **listed; /* counted from `next` on; of the part before */
    size_t listed_count, next;
    struct glob glob; /* of the next one, */
    bool is_matching; /* if this is so */
};

static void listing_destroy(struct turn_work *work)
{
    struct listing *listing = (struct listing *)work;
    for (size_t i = 0; i < listing->found_count; i++)
        channel_release(listing->found[i]);
    for (size_t i = listing->next; i < listing->listed_count; i++)
        channel_release(listing->listed[i]);
    mem_free(listing->found);
    mem_free(listing->listed);
    mem_free_sized(listing, sizeof *listing);
}

static size_t listing_memory(const struct turn_work *work)
{
    const struct listing *listing = (const struct listing *)work;
    return mem_usable(listing) + (listing->found_capacity + listing->listed_count) * sizeof *listing->found;
}

static struct listing *listing_of(const struct call *call)
{
    struct listing *listing = (struct listing *)turn_work(call);
    if (listing)
        return listing;
    listing = mem_calloc(sizeof *listing);
    listing->work = (struct turn_work){.destroy = listing_destroy, .memory = listing_memory};
    return listing;
}

static void listing_keep(struct listing *listing, struct channel *channel)
{
    if (listing->found_count == listing->found_capacity) {
        listing->found_capacity = listing->found_capacity ? 2 * listing->found_capacity : 16;
        listing->found = mem_realloc(listing->found, listing->found_capacity * sizeof(struct channel *));
    }
    listing->found[listing->found_count++] = channel;
}

/* Matches the next one of those listed, for a moment. */
static void listing_match(struct listing *listing, const struct arg *pattern)
{
    struct channel *channel = listing->listed[listing->next];
    enum glob_result result = GLOB_YES;
    if (pattern) {
        if (!listing->is_matching)
            glob_begin(&listing->glob, pattern->data, pattern->len, channel->name, channel->len, false);
        result = glob_step(&listing->glob, MATCH_AT_ONCE);
    }
    listing->is_matching = result == GLOB_UNDECIDED;
    if (result == GLOB_UNDECIDED)
        return;
    listing->next++;
    if (result == GLOB_YES)
        listing_keep(listing, channel);
    else
        channel_release(channel);
}

/* False: the turn is over. */
static bool listing_go_on(struct listing *listing, enum channel_kind kind, const struct arg *pattern, int64_t end_ns)
{
    for (unsigned done = 1; listing->next < listing->listed_count || listing->part < REGISTRY_PARTS; done++) {
        if (done % NAMES_AT_ONCE == 0 && turn_is_over(end_ns))
            return false;
        if (listing->next < listing->listed_count) {
            listing_match(listing, pattern);
            continue;
        }
        mem_free(listing->listed);
        listing->next = 0;
        listing->listed_count = registry_list(kind, listing->part++, &listing->listed);
    }
    return true;
}

static void reply_matching(struct call *call, enum channel_kind kind)
{
    struct listing *listing = listing_of(call);
    const struct arg *pattern = call->argc > 2 ? &call->argv[2] : NULL;
    if (!listing_go_on(listing, kind, pattern, turn_end_ns(call))) {
        turn_give_way(call, &listing->work);
        return;
    }
    reply_array(call->reply, listing->found_count);
    for (size_t i = 0; i < listing->found_count; i++)
        reply_bulk(call->reply, listing->found[i]->name, listing->found[i]->len);
    if (!turn_work(call))
        listing_destroy(&listing->work);
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

/* What has been counted so far. */
struct counting {
    struct turn_work work; /* first */
    int next;              /* argument */
    unsigned counts[];     /* of the arguments from 2 on */
};

static void counting_destroy(struct turn_work *work)
{
    mem_free(work);
}

static void reply_counts(const struct call *call, const struct counting *counting)
{
    reply_array(call->reply, 2 * (size_t)(call->argc - 2));
    for (int i = 2; i < call->argc; i++) {
        reply_bulk(call->reply, call->argv[i].data, call->argv[i].len);
        reply_int(call->reply, counting->counts[i - 2]);
    }
}

static void count_subscribers(struct call *call, enum channel_kind kind)
{
    bool has_begun = turn_work(call) != NULL;
    struct counting *counting = (struct counting *)turn_work(call);
    int64_t end_ns = turn_end_ns(call);
    if (!has_begun) {
        counting = mem_alloc(sizeof *counting + (size_t)(call->argc - 2) * sizeof counting->counts[0]);
        counting->work = (struct turn_work){.destroy = counting_destroy, .memory = small_work_memory};
        counting->next = 2;
    }
    while (counting->next < call->argc) {
        int i = counting->next++;
        counting->counts[i - 2] = registry_subscribers(kind, (struct bytes){call->argv[i].data, call->argv[i].len});
        if (names_took_long(i, end_ns)) {
            turn_give_way(call, &counting->work);
            return;
        }
    }
    reply_counts(call, counting);
    if (!has_begun)
        counting_destroy(&counting->work);
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
