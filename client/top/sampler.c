/*
 * Requests that await an answer stand in a short queue, in the order in which they were sent, which is the order of the
 * answers. It is empty, or holds the greeting of a new connection, a round, or a probe, and what a person asked for.
 * That also bounds what is ever unsent: sending never blocks on a server that has stopped reading. AUTH stands alone in
 * it: what follows a login would be done as the default user where the login is refused.
 */
#include "top/sampler.h"

#include "connection/connection.h"
#include "core/memory.h"
#include "core/monotonic.h"
#include "output/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_SECONDS 0.1 /* that the server may take to accept */
#define RECONNECT_SECONDS 0.5
#define PROBE_SECONDS 0.1
#define FIRST_SECONDS 0.5 /* until the second round, which is the first that tells rates */
#define MANY_CLIENTS 1000 /* from here on they are listed less often */
#define MANY_SECONDS 5.0
#define QUEUE_SIZE 16

enum request {
    REQUEST_AUTH,
    REQUEST_HELLO,
    REQUEST_ID,
    REQUEST_INFO,
    REQUEST_CLIENTS,
    REQUEST_PING,
    REQUEST_KILL,
};

struct pending {
    enum request request;
    double sent;
    long long client; /* of REQUEST_KILL */
};

struct sampler {
    const struct options *options;
    struct model *model;
    double interval;
    bool is_paused, wants_clients;

    struct connection *connection; /* NULL: none */
    bool was_connected;
    bool is_logged_in; /* or no login is wanted: commands may be sent */
    char *refusal;     /* of the login, printable; NULL: none */
    long long own_id;
    char last_error[120]; /* the last answer, if it was an error; printable */
    struct pending queue[QUEUE_SIZE];
    size_t queued;
    int changes; /* since sampler_run() began */

    double next_connect, next_round, next_probe, next_clients;
    bool is_in_round, is_spoiled;
    bool has_base; /* the model's sample is one to compare the next with */

    /* This program's commands that the next INFO counts and the last one did not. */
    struct own_commands own;
    double own_others;
    uint64_t taken;                    /* bytes of the replies that were taken from this connection */
    struct connection_traffic counted; /* what the last INFO counted of this connection's bytes */
};

struct sampler *sampler_create(const struct options *options, struct model *model)
{
    struct sampler *sampler = memory_alloc_zeroed(sizeof *sampler);
    sampler->options = options;
    sampler->model = model;
    sampler->interval = 1;
    return sampler;
}

void sampler_destroy(struct sampler *sampler)
{
    connection_close(sampler->connection);
    free(sampler->refusal);
    free(sampler);
}

int sampler_fd(const struct sampler *sampler)
{
    return sampler->connection ? connection_fd(sampler->connection) : -1;
}

const char *sampler_refusal(const struct sampler *sampler)
{
    return sampler->refusal;
}

long long sampler_own_id(const struct sampler *sampler)
{
    return sampler->own_id;
}

void sampler_spoil(struct sampler *sampler)
{
    sampler->is_spoiled = true;
}

/* What comes next is not compared with what was before. */
static void forget_time(struct sampler *sampler)
{
    struct model *model = sampler->model;
    sampler->has_base = false;
    rates_forget(&model->rates);
    command_list_forget_time(&model->commands);
    workers_forget(&model->workers);
}

void sampler_set_interval(struct sampler *sampler, double seconds)
{
    sampler->interval = seconds;
    if (sampler->next_round > monotonic_seconds() + seconds)
        sampler->next_round = monotonic_seconds() + seconds;
}

void sampler_set_paused(struct sampler *sampler, bool is_paused)
{
    if (sampler->is_paused && !is_paused)
        forget_time(sampler);
    sampler->is_paused = is_paused;
}

void sampler_want_clients(struct sampler *sampler, bool is_wanted)
{
    if (is_wanted && !sampler->wants_clients) {
        sampler->next_clients = 0;
        sampler->next_round = 0;
    }
    sampler->wants_clients = is_wanted;
}

/* ---- the connection ---- */

static void lose_connection(struct sampler *sampler, double now, const char *reason)
{
    struct model *model = sampler->model;
    connection_close(sampler->connection);
    sampler->connection = NULL;
    sampler->queued = 0;
    sampler->own_id = 0;
    sampler->is_logged_in = false;
    sampler->counted = (struct connection_traffic){0};
    sampler->taken = 0;
    sampler->is_in_round = false;
    sampler->next_connect = now + RECONNECT_SECONDS;
    sampler->changes |= CHANGED_NEWS;
    snprintf(model->trouble, sizeof model->trouble, "%s", reason);
    if (model->is_connected || model->changed == 0)
        model->changed = now;
    model->is_connected = false;
    model->waiting = 0;
    forget_time(sampler);
}

/* A server that refuses somebody often says why before it closes the connection. */
static void lose_by_status(struct sampler *sampler, double now, enum connection_status status)
{
    char reason[200];
    if (status == CONNECTION_BROKEN) {
        const char *error = connection_error(sampler->connection);
        char *printable = quoting_copy_printable(error, strlen(error));
        snprintf(reason, sizeof reason, "%s", printable);
        free(printable);
    } else {
        snprintf(reason, sizeof reason, "the server closed the connection%s%s",
                 sampler->last_error[0] != '\0' ? ": " : "", sampler->last_error);
    }
    lose_connection(sampler, now, reason);
}

/* Appends a command of `count` words; connection_flush() sends it. */
static void ask(struct sampler *sampler, double now, enum request request, size_t count, const char *const *words)
{
    struct arguments arguments = {0};
    for (size_t i = 0; i < count; i++)
        arguments_append(&arguments, words[i], strlen(words[i]));
    connection_append(sampler->connection, &arguments);
    arguments_deinit(&arguments);
    sampler->queue[sampler->queued++] = (struct pending){.request = request, .sent = now};
}

#define ASK(sampler, now, request, ...)                                                                                \
    ask(sampler, now, request, sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *),                           \
        (const char *[]){__VA_ARGS__})

static void send_all(struct sampler *sampler, double now)
{
    enum connection_status status = connection_flush(sampler->connection);
    if (status != CONNECTION_OK)
        lose_by_status(sampler, now, status);
}

static void begin_work(struct sampler *sampler, double now)
{
    sampler->is_logged_in = true;
    ASK(sampler, now, REQUEST_HELLO, "HELLO");
    send_all(sampler, now);
}

static void greet(struct sampler *sampler, double now)
{
    const struct options *options = sampler->options;
    if (!options->password) {
        begin_work(sampler, now);
        return;
    }
    if (options->user)
        ASK(sampler, now, REQUEST_AUTH, "AUTH", options->user, options->password);
    else
        ASK(sampler, now, REQUEST_AUTH, "AUTH", options->password);
    send_all(sampler, now);
}

static void note_peer(struct sampler *sampler)
{
    struct model *model = sampler->model;
    struct ucred peer;
    model->has_peer = connection_peer(sampler->connection, &peer);
    if (!model->has_peer)
        return;
    model->peer_pid = peer.pid;
    model->peer_uid = peer.uid;
    if (sampler->was_connected)
        model_tell(model, "connected again; pid %ld, uid %ld serves the socket now", model->peer_pid, model->peer_uid);
}

static void try_to_connect(struct sampler *sampler, double now)
{
    struct model *model = sampler->model;
    int error = connection_open(sampler->options->socket_path, CONNECT_SECONDS, &sampler->connection);
    if (error < 0) {
        lose_connection(sampler, now, error == -ETIMEDOUT ? "the server does not accept" : strerror(-error));
        return;
    }
    note_peer(sampler);
    sampler->last_error[0] = '\0';
    sampler->was_connected = true;
    model->is_connected = true;
    model->changed = now;
    model->info.retry = model->client_list.retry = model->ping.retry = 0;
    sampler->next_round = sampler->next_clients = 0;
    sampler->changes |= CHANGED_NEWS;
    greet(sampler, now);
}

/* ---- answers ---- */

/* Whose processor time is looked at: who answers, or, where a service manager opened the socket, who it says it is. */
static long server_pid(const struct model *model)
{
    bool says = model->sample.pid > 0 && model->sample.pid < 1e9;
    if (model->has_peer && (model->peer_pid > 1 || !says))
        return model->peer_pid;
    return says ? (long)model->sample.pid : 0;
}

/* What INFO counts of this program: all that was sent, and of the answers those before its own, up to `taken`. */
static struct own_share count_own(struct sampler *sampler, uint64_t taken)
{
    struct connection_traffic before = sampler->counted;
    sampler->counted = (struct connection_traffic){connection_traffic(sampler->connection).sent, taken};
    return (struct own_share){
        .commands = sampler->own.ping + sampler->own.info + sampler->own.client_list + sampler->own_others,
        .bytes_in = (double)(sampler->counted.sent - before.sent),
        .bytes_out = (double)(sampler->counted.taken - before.taken),
    };
}

static void take_info(struct sampler *sampler, const struct reply *reply, double now, uint64_t taken)
{
    struct model *model = sampler->model;
    struct info *info = part_note(&model->info, reply, now) ? info_parse_reply(reply) : NULL;
    if (!info) {
        forget_time(sampler);
        return;
    }
    struct sample older = model->sample;
    struct own_share own = count_own(sampler, taken);
    sample_read(&model->sample, info, now);
    if (sampler->has_base)
        rates_compute(&model->rates, &older, &model->sample, &own);
    sampler->has_base = model->has_sample = true;
    command_list_update(&model->commands, info, now, &sampler->own);
    socket_list_update(&model->sockets, info);
    info_destroy(info);
    workers_update(&model->workers, server_pid(model), now);
    sampler->own = (struct own_commands){.info = 1};
    sampler->own_others = 0;
}

static void take_clients(struct sampler *sampler, const struct reply *reply, double now)
{
    struct model *model = sampler->model;
    sampler->own.client_list++;
    if (part_note(&model->client_list, reply, now) && (reply->type == REPLY_STRING || reply->type == REPLY_VERBATIM))
        client_list_update(&model->clients, reply->text, reply->length);
    double pause = model->clients.count >= MANY_CLIENTS ? MANY_SECONDS : 0;
    sampler->next_clients = now + pause;
    sampler->changes |= CHANGED_CLIENTS;
}

static void take_ping(struct sampler *sampler, const struct pending *pending, const struct reply *reply, double now)
{
    sampler->own.ping++;
    if (part_note(&sampler->model->ping, reply, now) && !sampler->is_spoiled)
        probes_add(&sampler->model->probes, (now - pending->sent) * 1e6);
}

static void take_kill(struct sampler *sampler, const struct pending *pending, const struct reply *reply)
{
    struct model *model = sampler->model;
    sampler->own_others++;
    if (reply->type == REPLY_ERROR)
        model_tell(model, "client %lld is not killed: %s", pending->client, reply->text);
    else if (reply->type == REPLY_INTEGER && reply->integer == 0)
        model_tell(model, "client %lld was gone already", pending->client);
    else
        model_tell(model, "client %lld is killed", pending->client);
    sampler->changes |= CHANGED_NEWS;
    sampler->next_clients = sampler->next_round = 0;
}

/* A server that is full never gets here: first_words.h knows what it says in the place of an answer. */
static void take_login(struct sampler *sampler, const struct reply *reply, double now)
{
    sampler->own_others++;
    if (reply->type != REPLY_ERROR) {
        begin_work(sampler, now);
        return;
    }
    if (!part_error_passes(reply))
        sampler->refusal = text_copy_message(reply->text, reply->length);
    char reason[200];
    snprintf(reason, sizeof reason, "AUTH failed: %s", sampler->last_error);
    lose_connection(sampler, now, reason);
}

/* HELLO, which everybody may ask, tells the connection's number. Redis before 6.2 wants more words, or has none: there are
 * no rules then, or few, that could refuse CLIENT ID. */
static void take_hello(struct sampler *sampler, const struct reply *reply, double now)
{
    sampler->own_others++;
    const struct reply *id = reply_find(reply, "id");
    if (id && id->type == REPLY_INTEGER) {
        sampler->own_id = id->integer;
    } else if (reply_has_prefix(reply, "ERR")) {
        ASK(sampler, now, REQUEST_ID, "CLIENT", "ID");
        send_all(sampler, now);
    }
}

static void note_error(struct sampler *sampler, const struct reply *reply)
{
    sampler->last_error[0] = '\0';
    if (reply->type != REPLY_ERROR)
        return;
    char *text = quoting_copy_printable(reply->text, reply->length);
    snprintf(sampler->last_error, sizeof sampler->last_error, "%s", text);
    free(text);
}

/* `taken`: bytes of the answers before it. */
static void take_reply(struct sampler *sampler, const struct pending *pending, const struct reply *reply, double now,
                       uint64_t taken)
{
    note_error(sampler, reply);
    switch (pending->request) {
    case REQUEST_AUTH:
        take_login(sampler, reply, now);
        break;
    case REQUEST_HELLO:
        take_hello(sampler, reply, now);
        break;
    case REQUEST_ID:
        sampler->own_others++;
        sampler->own_id = reply->type == REPLY_INTEGER ? reply->integer : 0;
        break;
    case REQUEST_INFO:
        take_info(sampler, reply, now, taken);
        break;
    case REQUEST_CLIENTS:
        take_clients(sampler, reply, now);
        break;
    case REQUEST_PING:
        take_ping(sampler, pending, reply, now);
        break;
    case REQUEST_KILL:
        take_kill(sampler, pending, reply);
        break;
    }
}

static void take_replies(struct sampler *sampler)
{
    enum connection_status status = connection_read(sampler->connection);
    struct reply *reply = NULL;
    double now = monotonic_seconds();
    while (sampler->connection && connection_take(sampler->connection, &reply) == CONNECTION_OK && reply) {
        uint64_t before = sampler->taken;
        sampler->taken = connection_traffic(sampler->connection).taken;
        if (reply->type != REPLY_PUSH && sampler->queued > 0) {
            struct pending pending = sampler->queue[0];
            sampler->queued--;
            memmove(sampler->queue, sampler->queue + 1, sampler->queued * sizeof sampler->queue[0]);
            take_reply(sampler, &pending, reply, now, before);
        }
        reply_destroy(reply);
    }
    if (!sampler->connection)
        return;
    if (status == CONNECTION_OK && connection_error(sampler->connection)[0] != '\0')
        status = CONNECTION_BROKEN;
    if (status != CONNECTION_OK)
        lose_by_status(sampler, now, status);
}

/* ---- rounds ---- */

static void end_round(struct sampler *sampler)
{
    struct model *model = sampler->model;
    struct timeline *timeline = model->timeline;
    sampler->is_in_round = false;
    sampler->changes |= CHANGED_ROUND;
    timeline_begin(timeline);
    timeline_set(timeline, FIGURE_LATENCY, probes_end_round(&model->probes));
    if (!sampler->has_base)
        return;
    timeline_set(timeline, FIGURE_REQUESTS, model->rates.requests);
    timeline_set(timeline, FIGURE_HIT_RATE, model->rates.hit_rate);
    timeline_set(timeline, FIGURE_MEMORY, model->sample.memory);
    timeline_set(timeline, FIGURE_CLIENTS, model->sample.clients);
    timeline_set(timeline, FIGURE_CPU, model->rates.cpu);
    for (size_t i = 0; i < model->workers.count; i++)
        timeline_set(timeline, FIGURE_WORKER + (int)i, model->workers.all[i].percent);
}

static void begin_round(struct sampler *sampler, double now)
{
    struct model *model = sampler->model;
    sampler->is_in_round = true;
    double interval = sampler->has_base ? sampler->interval : fmin(sampler->interval, FIRST_SECONDS);
    sampler->next_round = fmax(sampler->next_round + interval, now + interval / 2);
    if (!sampler->connection)
        return;
    if (now >= model->info.retry)
        ASK(sampler, now, REQUEST_INFO, "INFO", "everything");
    if (sampler->wants_clients && now >= sampler->next_clients && now >= model->client_list.retry)
        ASK(sampler, now, REQUEST_CLIENTS, "CLIENT", "LIST");
    send_all(sampler, now);
}

static void send_probe(struct sampler *sampler, double now)
{
    sampler->next_probe = fmax(sampler->next_probe + PROBE_SECONDS, now + PROBE_SECONDS / 2);
    sampler->is_spoiled = false;
    ASK(sampler, monotonic_seconds(), REQUEST_PING, "PING");
    send_all(sampler, now);
}

static bool probe_is_wanted(const struct sampler *sampler)
{
    const struct part *ping = &sampler->model->ping;
    return sampler->connection && !sampler->is_paused && sampler->queued == 0 &&
           !(ping->is_refused && ping->retry > sampler->next_probe);
}

/* Starts what is due, one thing at a time. A round that ends is drawn before anything else is timed. */
static void start_due(struct sampler *sampler, double now)
{
    if (sampler->queued > 0)
        return;
    if (sampler->is_in_round)
        end_round(sampler);
    else if (!sampler->is_paused && now >= sampler->next_round)
        begin_round(sampler, now);
    else if (probe_is_wanted(sampler) && now >= sampler->next_probe)
        send_probe(sampler, now);
}

static bool is_out_of_patience(const struct sampler *sampler, double now)
{
    double timeout = sampler->options->timeout;
    return timeout > 0 && sampler->queued > 0 && now - sampler->queue[0].sent > timeout;
}

int sampler_run(struct sampler *sampler, double now)
{
    sampler->changes = 0;
    if (!sampler->connection && !sampler->refusal && now >= sampler->next_connect)
        try_to_connect(sampler, now);
    if (sampler->connection)
        take_replies(sampler);
    if (sampler->connection && is_out_of_patience(sampler, now))
        lose_connection(sampler, now, "no answer within the time that -t gives");
    start_due(sampler, now);
    sampler->model->waiting = sampler->queued > 0 ? sampler->queue[0].sent : 0;
    return sampler->changes;
}

double sampler_wait(const struct sampler *sampler, double now)
{
    double until = now + 1;
    if (!sampler->connection)
        until = fmin(until, sampler->next_connect);
    if (sampler->is_in_round && sampler->queued == 0)
        return 0;
    if (!sampler->is_paused && sampler->queued == 0)
        until = fmin(until, sampler->next_round);
    if (probe_is_wanted(sampler))
        until = fmin(until, sampler->next_probe);
    return fmax(0, until - now);
}

void sampler_kill(struct sampler *sampler, long long id)
{
    char number[32];
    double now = monotonic_seconds();
    if (!sampler->is_logged_in || sampler->queued == QUEUE_SIZE) {
        model_tell(sampler->model, "client %lld is not killed: the server does not answer", id);
        return;
    }
    snprintf(number, sizeof number, "%lld", id);
    ASK(sampler, now, REQUEST_KILL, "CLIENT", "KILL", "ID", number);
    sampler->queue[sampler->queued - 1].client = id;
    send_all(sampler, now);
}
