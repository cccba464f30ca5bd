/*
 * Each worker has a few parsers for all its clients. Only a client whose request has arrived in part gets one of its
 * own, until the rest has come; so an idle connection holds no buffer. A client that is held keeps the parser with the
 * requests that wait.
 *
 * A client that doesn't read its replies is held when it has so many of them that its socket takes no more. It may
 * go on sending, as many clients send a whole pipeline before they read: what it sends is kept as it came, within
 * client-query-buffer-limit. Requests that were parsed already can't wait while more is read, so a client that has such
 * ones is held only when its replies are very large, and then it isn't read from either.
 *
 * Clients that have sent a request or two wait for each other in a wave: their requests are executed together when all
 * connections of the round have been read, so that their cache misses overlap as those of a pipeline do.
 */
#include "engine/session.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/gate.h"
#include "base/memory.h"
#include "clients/client.h"
#include "clients/client_limits.h"
#include "clients/client_names.h"
#include "clients/held.h"
#include "clients/monitor.h"
#include "clients/own_pushes.h"
#include "clients/pause.h"
#include "clients/subscriptions.h"
#include "clients/tracking.h"
#include "clients/transaction.h"
#include "clients/turn.h"
#include "clients/wait_queue.h"
#include "clients/waiting.h"
#include "clients/watch.h"
#include "command/command_table.h"
#include "engine/effect.h"
#include "engine/executor.h"
#include "engine/guard.h"
#include "engine/room.h"
#include "host/log_flood.h"
#include "listen/admission.h"
#include "net/origin.h"
#include "net/peer.h"
#include "net/worker.h"
#include "pubsub/delivery.h"
#include "record/stats.h"
#include "resp/parser.h"
#include "script/interpreters.h"
#include "server.h"
#include "store/shard.h"

#include <errno.h>
#include <limits.h>

#define RETRY_MS 1
#define SCRATCH_SIZE ((size_t)16 << 10)
/* Bytes of replies that lie unread: */
#define UNREAD_FLUSH ((size_t)1 << 20)       /* they are sent before more requests are executed, */
#define UNREAD_MAX ((size_t)64 << 20)        /* then requests wait until they have been read */
#define UNREAD_RESUME ((size_t)32 << 20)     /* but for so many; */
#define UNREAD_BATCH_MAX ((size_t)256 << 20) /* and so do requests that have been parsed already */

#define WAVE_CLIENTS 16
#define WAVE_REQUESTS 4 /* a client with more requests is a pipeline, and makes up groups by itself */

/* One client of a wave; its parser holds the requests. */
struct waiting {
    struct parser *parser;
    enum parse_result result;
};

/* A worker's own. */
static __thread struct wave {
    unsigned count;
    struct waiting waiting[WAVE_CLIENTS];
    struct execution executions[WAVE_CLIENTS];
    struct parser *spare[WAVE_CLIENTS]; /* parsers not in use */
    unsigned spare_count;
    unsigned requests_max; /* that a client may have to join */
    bool meanwhile;        /* in the middle of a request, others are served: by themselves, not in the wave */
} wave = {.requests_max = WAVE_REQUESTS};

/* Tells a worker that a reason for holding clients is over. */
struct resume {
    struct message message; /* first */
    enum held_reason reason;
};
static void post_resume(struct worker *worker, enum held_reason reason);

static struct parser *client_parser(struct client *client)
{
    if (client->parser)
        return client->parser;
    if (wave.spare_count > 0)
        return wave.spare[--wave.spare_count];
    return parser_create(SCRATCH_SIZE);
}

/* Takes back a parser that is empty and of the common size. */
static void spare_parser(struct parser *parser)
{
    if (wave.spare_count < WAVE_CLIENTS)
        wave.spare[wave.spare_count++] = parser;
    else
        parser_destroy(parser);
}

static struct thread_stats *client_stats(const struct client *client)
{
    return stats_of(worker_index(client->conn.worker));
}

/* ---- ending a connection ---- */

static void session_protocol_error(struct client *client, const struct parser *parser)
{
    struct reply reply;
    char who[CONN_PEER_TEXT_MAX];
    static struct log_flood flood = LOG_FLOOD("protocol errors", LOG_FLOOD_LINES);
    log_flooding(&flood, LOG_LEVEL_VERBOSE, "protocol error from client %llu (%s): %s",
                 (unsigned long long)client->conn.id, conn_peer_text(&client->conn, who), parser_error(parser));
    reply_begin(&reply, &client->conn.output, client->resp);
    reply_error(&reply, parser_error(parser));
    reply_end(&reply);
    counter_add(&client_stats(client)->errors, 1);
    stats_count_error("ERR", 3);
    conn_close_after_output(&client->conn);
}

/* False: the client was closed, because the input that it has sent and that isn't executed yet is too large. */
static bool session_check_input(struct client *client, const struct parser *parser)
{
    uint64_t limit = client->server->config.client_query_buffer_limit;
    if (__builtin_expect(parser_held(parser) <= limit, 1))
        return true;
    clients_end_over_query_limit(client, "its unfinished request");
    return false;
}

/* ---- the way of a request ---- */

/* Gives the parser back, or leaves the client one with just the unfinished request. */
static void session_settle_parser(struct client *client, struct parser *parser)
{
    bool own = client->parser == parser;
    struct parser *rest = NULL;
    if (client->conn.state == CONN_OPEN && parser_has_rest(parser)) {
        if (own && !parser_is_wasteful(parser))
            return;
        rest = parser_split_rest(parser);
    }
    client->parser = rest;
    if (own) {
        parser_destroy(parser);
    } else {
        parser_reset(parser);
        spare_parser(parser);
    }
}

/* A client that waits for a key, and has ended its side or does so, takes nothing any more, as in Redis. */
static void session_notice_end(struct client *client, bool reads)
{
    if (client->conn.peer_done)
        conn_close_after_output(&client->conn); /* it did before the request was executed */
    else if (!reads)
        conn_watch_end(&client->conn);
}

/*
 * Requests of the client have to wait: it keeps them, with their parser. One that waits for a key, with no request
 * behind, is read from, so that it needn't keep a parser.
 */
static __attribute__((noinline)) void session_hold(struct client *client, struct parser *parser,
                                                   enum held_reason reason, struct request *requests, unsigned count)
{
    bool reads = reason == HELD_WAITING && count == 0 && parser_error(parser)[0] == '\0';
    if (reads)
        session_settle_parser(client, parser);
    else
        client->parser = parser;
    client_hold(client, reason, requests, count);
    conn_set_reading(&client->conn, reads);
    if (reason == HELD_WAITING)
        session_notice_end(client, reads);
}

/* False when the rest of what was to be executed has to wait. */
static inline bool session_executed(const struct execution *execution, struct parser *parser)
{
    if (__builtin_expect(execution->held == HELD_NOT, 1))
        return true;
    session_hold(execution->client, parser, execution->held, execution->requests + execution->done,
                 execution->count - execution->done);
    return false;
}

static __attribute__((noinline)) bool request_may_last(const struct request *request)
{
    const struct command *command = command_find_call(request->argv, request->argc);
    return command && (command->flags & (CMD_SCRIPT | CMD_EXECUTES));
}

/*
 * Whether a request is, or may have queued, a script: others in the same wave would have no answer until it ended. Such
 * commands, EVAL, EXEC, FCALL and FUNCTION LOAD, begin with one of two letters; SCRIPT LOAD only compiles.
 */
static inline __attribute__((always_inline)) bool wave_may_last(const struct request *requests, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned letter = (unsigned)(requests[i].argv[0].data[0] | 32) - 'e';
        if (__builtin_expect(letter <= 'f' - 'e', 0) && request_may_last(&requests[i]))
            return true;
    }
    return false;
}

static void wave_run(void);

/* Returns when the last request ended (monotonic, ns), or 0 when the rest has to wait. */
static int64_t session_execute(struct client *client, struct parser *parser, struct request *requests, unsigned count)
{
    struct execution execution = {.client = client, .requests = requests, .count = count};
    if (wave.count > 0 && !wave.meanwhile && wave_may_last(requests, count))
        wave_run(); /* they have come before */
    executor_run(&execution, 1);
    return session_executed(&execution, parser) ? execution.ended_ns : 0;
}

static enum parse_result session_parse(struct client *client, struct parser *parser, struct request **requests_out,
                                       unsigned *count_out)
{
    struct parser_limits limits = {.max_bulk = client->server->config.proto_max_bulk_len, .max_arguments = INT_MAX};
    if ((client->flags & CLIENT_GUARDED) && guard_must_log_in(client)) {
        limits.max_arguments = PARSER_STRANGER_ARGUMENTS;
        limits.stranger = true;
    }
    return parser_batch(parser, &limits, requests_out, count_out);
}

/* Bytes of replies that may lie unread before the client's requests wait. */
static size_t unread_max(const struct client *client)
{
    const struct output_limit *limit = &client->server->config.output_limits[clients_class(client)];
    return limit->hard_bytes > 0 || limit->soft_bytes > 0 ? REPLY_COPY_LIMIT
                                                          : UNREAD_MAX; /* that limit ends it first */
}

/*
 * Before more of its requests are executed. True: they have to wait until the client has read; it keeps them, and what
 * else has come.
 */
static __attribute__((noinline)) bool session_wait_for_reader(struct client *client, struct parser *parser)
{
    if (!wave.meanwhile)
        tracking_after_batch(); /* whom its changes concern is told before it is */
    conn_flush_now(&client->conn);
    if (client->conn.state != CONN_OPEN || client->conn.output.bytes <= unread_max(client))
        return false;
    session_settle_parser(client, parser);
    client_hold(client, HELD_OUTPUT, NULL, 0);
    return true;
}

/*
 * Parses and executes what the parser holds, or as much of it as can be done in a turn. result is the outcome of its
 * last batch.
 */
static void session_run(struct client *client, struct parser *parser, enum parse_result result)
{
    int64_t turn_ns = 0; /* when the turn is over; it is set after the first batch, since few have two */
    while (result != PARSE_BAD && client->conn.state == CONN_OPEN) {
        struct request *requests;
        unsigned count;
        if (__builtin_expect(client->conn.output.bytes >= UNREAD_FLUSH, 0) && session_wait_for_reader(client, parser))
            return;
        if (result == PARSE_MORE)
            break;
        result = session_parse(client, parser, &requests, &count);
        if (count == 0)
            continue;
        int64_t ended_ns = session_execute(client, parser, requests, count);
        if (ended_ns == 0)
            return;
        if (turn_ns == 0) {
            turn_ns = ended_ns + TURN_NS;
        } else if (ended_ns > turn_ns && result == PARSE_DONE && client->conn.state == CONN_OPEN) {
            session_hold(client, parser, HELD_TURN, NULL, 0);
            return;
        }
    }
    if (result == PARSE_BAD && client->conn.state == CONN_OPEN)
        session_protocol_error(client, parser);
    session_settle_parser(client, parser);
}

/*
 * After input was executed, all of it or the part before a request that has to wait: checks limits and sends the
 * replies.
 */
static void session_finish(struct client *client)
{
    if (clients_check_memory(client) && client->conn.output.bytes > 0 && clients_check_output(client))
        conn_flush_later(&client->conn);
}

/* Executes the requests of all clients in the wave. */
static void wave_run(void)
{
    unsigned count = wave.count;
    if (count == 0)
        return;
    executor_run(wave.executions, count);
    wave.count = 0;
    for (unsigned i = 0; i < count; i++) {
        struct client *client = wave.executions[i].client;
        if (session_executed(&wave.executions[i], wave.waiting[i].parser))
            session_run(client, wave.waiting[i].parser, wave.waiting[i].result);
        session_finish(client);
    }
}

/* Parses what has been read; its requests are executed at once, or with those of others. */
static void session_take(struct client *client, struct parser *parser)
{
    struct request *requests;
    unsigned count;
    enum parse_result result = session_parse(client, parser, &requests, &count);
    bool may_join = count > 0 && count <= wave.requests_max && parser != client->parser;
    if (may_join && !wave_may_last(requests, count)) {
        wave.executions[wave.count] = (struct execution){.client = client, .requests = requests, .count = count};
        wave.waiting[wave.count++] = (struct waiting){parser, result};
        if (wave.count == WAVE_CLIENTS)
            wave_run();
        return;
    }
    if (count == 0 || session_execute(client, parser, requests, count) != 0)
        session_run(client, parser, result);
    session_finish(client);
}

/* Gives back a parser that was taken for a read that brought nothing. */
static void session_return_parser(struct client *client, struct parser *parser)
{
    if (parser != client->parser)
        spare_parser(parser);
}

/* What has come isn't executed, or not yet. */
static void session_keep_input(struct client *client, struct parser *parser)
{
    session_settle_parser(client, parser);
    if ((client->flags & CLIENT_HELD) && parser_memory(client->parser) > UNREAD_BATCH_MAX)
        conn_set_reading(&client->conn, false); /* until it is let go */
    clients_check_memory(client);
}

static void session_readable(void *context, struct conn *conn)
{
    (void)context;
    struct client *client = client_of(conn);
    struct parser *parser = client_parser(client);
    struct iovec vectors[2];
    int count = parser_target(parser, vectors);
    ssize_t n = conn_read(conn, vectors, count);
    if (n <= 0) {
        session_return_parser(client, parser);
        if (n == 0 && (client->flags & CLIENT_HELD) && !client_is_held_for(client, HELD_WAITING))
            return; /* what it has sent before is still to be executed */
        if (n == 0 && !(client->flags & CLIENT_HELD))
            conn_close_after_output(conn); /* complete requests are answered, half a request is forgotten */
        else if (n != -EAGAIN)
            conn_close(conn); /* one that waits takes nothing any more, as in Redis */
        return;
    }
    struct thread_stats *stats = client_stats(client);
    counter_add(&stats->reads, 1);
    counter_add(&stats->bytes_in, (uint64_t)n);
    parser_fed(parser, (size_t)n);
    if (__builtin_expect(client->flags & CLIENT_SUBSCRIBED, 0) && !wave.meanwhile)
        delivery_catch_up(); /* what has been published by now comes before the replies */
    if (!session_check_input(client, parser) || __builtin_expect(client->flags & CLIENT_HELD, 0))
        session_keep_input(client, parser);
    else
        session_take(client, parser);
}

/* Most of the held client's output was sent: if it was held for that, it goes on in the next round. */
static void session_drained(struct client *client)
{
    if (!client_is_held_for(client, HELD_OUTPUT))
        return;
    struct held_requests held = client_let_go(client);
    client_hold(client, HELD_DRAINED, held.first, held.count);
    if (held_count(HELD_DRAINED) == 1)
        post_resume(client->conn.worker, HELD_DRAINED);
}

static void session_sent(void *context, struct conn *conn, size_t bytes)
{
    (void)context;
    struct client *client = client_of(conn);
    struct thread_stats *stats = client_stats(client);
    counter_add(&stats->writes, 1);
    counter_add(&stats->bytes_out, bytes);
    if (__builtin_expect(client->flags & CLIENT_HELD, 0) && conn->output.bytes <= UNREAD_RESUME)
        session_drained(client);
}

/* ---- held clients ---- */

/* The reason for holding the client is over, at least for some of its requests. */
static void session_resume(struct client *client)
{
    struct held_requests held = client_let_go(client);
    if (client->conn.state != CONN_OPEN)
        return;
    struct parser *parser = client_parser(client);
    if (held.count > 0 && client->conn.output.bytes > UNREAD_BATCH_MAX) {
        session_hold(client, parser, HELD_OUTPUT, held.first, held.count);
    } else if (held.count == 0 || session_execute(client, parser, held.first, held.count) != 0) {
        conn_set_reading(&client->conn, true);
        session_run(client, parser, PARSE_DONE);
    }
    session_finish(client);
    if (client->conn.peer_done && !(client->flags & CLIENT_HELD))
        conn_close_after_output(&client->conn);
}

/* Clients that are held once more wait behind the others, and aren't seen twice. */
static void worker_resume(enum held_reason reason)
{
    for (unsigned left = held_count(reason); left > 0 && held_first(reason); left--)
        session_resume(held_first(reason));
}

/* Those that wait for a turn go on, each once at most, until together they have had one. */
static void worker_take_turns(enum held_reason reason)
{
    int64_t end_ns = clock_monotonic_ns() + TURN_NS;
    for (unsigned left = held_count(reason); left > 0 && held_first(reason); left--) {
        session_resume(held_first(reason));
        if (turn_is_over(end_ns))
            break;
    }
}

/* Those whose wait is over go on, until together they have had a turn. What they do may end the waits of others. */
static void worker_end_waits(void)
{
    int64_t end_ns = clock_monotonic_ns() + TURN_NS;
    waiting_expire();
    for (struct client *client; (client = waiting_take_ended());) {
        session_resume(client);
        if (turn_is_over(end_ns))
            break;
    }
}

/* There are held clients. Returns as session_served(); more: something else is to be done at once. */
static __attribute__((noinline)) int serve_held(bool more)
{
    worker_take_turns(HELD_RETRY);
    worker_take_turns(HELD_TURN);
    worker_end_waits();
    tracking_after_batch();
    if (held_count(HELD_TURN) > 0 || waiting_has_ended() || more)
        return 0;
    int next_ms = waiting_next_ms();
    return held_count(HELD_RETRY) > 0 && (next_ms < 0 || next_ms > RETRY_MS) ? RETRY_MS : next_ms;
}

static int session_served(void *context)
{
    (void)context;
    wave_run();
    bool more = watches_free_some();
    if (__builtin_expect(held_clients > 0, 0) || waiting_has_ended())
        return serve_held(more);
    tracking_after_batch();
    return more ? 0 : -1;
}

/* ---- in the middle of a request ---- */

static void session_meanwhile(void *context)
{
    (void)context;
    worker_take_turns(HELD_RETRY);
    worker_take_turns(HELD_TURN);
}

static void mark_in_use(struct client *client, bool in_use)
{
    client->conn.in_use = in_use;
    for (unsigned i = 0; i < wave.count; i++)
        wave.executions[i].client->conn.in_use = in_use;
}

void sessions_serve_meanwhile(struct client *client)
{
    struct own_pushes_aside pushes;
    struct wait_queue_aside ready = wait_queue_set_aside();
    struct effect_group effects = effect_group_set_aside();
    struct shard_order order = shard_order_set_aside();
    own_pushes_set_aside(&pushes);
    mark_in_use(client, true);
    wave.meanwhile = true;
    wave.requests_max = 0;
    worker_serve_meanwhile(client->conn.worker);
    wave.meanwhile = false;
    wave.requests_max = WAVE_REQUESTS;
    mark_in_use(client, false);
    own_pushes_bring_back(&pushes);
    shard_order_bring_back(order);
    effect_group_bring_back(effects);
    wait_queue_bring_back(ready);
}

/* ---- reasons that are over ---- */

static void resume_message(struct worker *worker, struct message *message)
{
    enum held_reason reason = ((struct resume *)message)->reason;
    (void)worker;
    mem_free(message);
    worker_resume(reason);
}

static void post_resume(struct worker *worker, enum held_reason reason)
{
    struct resume *resume = mem_alloc(sizeof *resume);
    *resume = (struct resume){{.run = resume_message}, reason};
    worker_post(worker, &resume->message);
}

void sessions_resume(enum held_reason reason)
{
    for (unsigned i = 0; i < workers_count(); i++)
        post_resume(worker_at(i), reason);
}

/* ---- MEMORY PURGE ---- */

static void give_back_parsers(void)
{
    while (wave.spare_count > 0)
        parser_destroy(wave.spare[--wave.spare_count]);
}

/*
 * Every thread has caches of its own; when the last worker has emptied its caches, all unused memory has been given
 * back.
 */
static void purge_message(struct worker *worker, struct message *message)
{
    (void)worker;
    mem_free(message);
    give_back_parsers();
    output_pool_drain();
    mem_purge();
}

void sessions_purge(void)
{
    for (unsigned i = 0; i < workers_count(); i++) {
        struct message *message = mem_alloc(sizeof *message);
        *message = (struct message){.run = purge_message};
        worker_post(worker_at(i), message);
    }
}

/* ---- birth, death and ten times a second ---- */

static void note_verbosely(const struct client *client, struct log_flood *flood, const char *event)
{
    char who[CONN_PEER_TEXT_MAX];
    log_flooding(flood, LOG_LEVEL_VERBOSE, "client %llu %s: %s", (unsigned long long)client->conn.id, event,
                 conn_peer_text(&client->conn, who));
}

static void session_opened(void *context, struct conn *conn)
{
    static struct log_flood flood = LOG_FLOOD("clients connected", LOG_FLOOD_LINES);
    struct client *client = client_of(conn);
    note_verbosely(client, &flood, "connected");
    client->server = context;
    client->resp = 2;
    guard_welcome(context, client);
    counter_add(&client_stats(client)->connections, 1);
}

static void session_ending(void *context, struct conn *conn)
{
    (void)context;
    waiting_drop(client_of(conn));
}

static void session_closed(void *context, struct conn *conn)
{
    (void)context;
    static struct log_flood flood = LOG_FLOOD("clients disconnected", LOG_FLOOD_LINES);
    struct client *client = client_of(conn);
    note_verbosely(client, &flood, "disconnected");
    if (client->flags & CLIENT_MONITOR)
        monitor_leave(client);
    client_unsubscribe_all(client);
    if (client->flags & CLIENT_TRACKER)
        tracking_forget(client);
    if (client->flags & CLIENT_HELD)
        client_let_go(client);
    turn_drop(client);
    transaction_end(client);
    watches_end(client);
    waiting_forget(client);
    client_clear_names(client);
    parser_destroy(client->parser);
    client->parser = NULL;
    clients_forget(client);
    guard_forget(client);
    admission_release(&conn->peer);
    if (origin_kind(conn->origin) == ORIGIN_INHERITED)
        client->server->request_shutdown(false, client->server->config.save[0] != '\0');
}

static void session_tick(void *context, struct worker *worker, int64_t now_ms)
{
    struct server *server = context;
    clients_tick(server, worker, now_ms);
    waiting_leave(server->keyspace);
    trackers_tick(worker);
    if (held_count(HELD_PAUSE) > 0 && !pause_is_active())
        worker_resume(HELD_PAUSE);
}

static void session_ended(void *context)
{
    const struct server *server = context;
    gate_enter(worker_gate(worker_self()));
    watches_free_all();
    while (!waiting_has_left())
        waiting_leave(server->keyspace);
    gate_leave(worker_gate(worker_self()));
    give_back_parsers();
    monitors_part();
    delivery_part();
    interpreter_drop(INTERPRETER_SCRIPTS);
    interpreter_drop(INTERPRETER_FUNCTIONS);
    room_part();
}

struct net_service session_service(struct server *server)
{
    return (struct net_service){
        .context = server,
        .conn_size = sizeof(struct client),
        .opened = session_opened,
        .readable = session_readable,
        .served = session_served,
        .meanwhile = session_meanwhile,
        .sent = session_sent,
        .ending = session_ending,
        .closed = session_closed,
        .ended = session_ended,
        .tick = session_tick,
    };
}
