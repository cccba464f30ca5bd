/*
 * Each worker has one parser for all its clients. Only a client whose request has not arrived whole gets
 * one of its own, until it has; so an idle connection holds no buffer. A client that is paused keeps the
 * parser with the requests that wait.
 */
#include "command/session.h"

#include "command/client.h"
#include "command/client_limits.h"
#include "command/executor.h"
#include "command/monitor.h"
#include "command/pause.h"
#include "command/server.h"
#include "command/stats.h"
#include "core/log.h"
#include "core/memory.h"
#include "net/worker.h"
#include "resp/parser.h"

#include <errno.h>
#include <limits.h>

#define SCRATCH_SIZE ((size_t)16 << 10)
#define UNREAD_MAX ((size_t)1 << 30) /* replies a client may leave unread before it isn't read from itself */

static __thread struct parser *scratch;

static struct parser *client_parser(struct client *client)
{
    if (client->parser)
        return client->parser;
    if (!scratch)
        scratch = parser_create(SCRATCH_SIZE);
    return scratch;
}

static struct thread_stats *client_stats(const struct client *client)
{
    return stats_of(worker_index(client->conn.worker));
}

/* ---- ends ---- */

static void session_protocol_error(struct client *client, const struct parser *parser)
{
    struct reply reply;
    log_verbose("protocol error from client %llu (pid %d, uid %u): %s", (unsigned long long)client->conn.id,
                (int)client->conn.peer.pid, (unsigned)client->conn.peer.uid, parser_error(parser));
    reply_begin(&reply, &client->conn.output, client->resp);
    reply_error(&reply, parser_error(parser));
    reply_end(&reply);
    stat_add(&client_stats(client)->errors, 1);
    stats_count_error("ERR", 3);
    conn_close_after_output(&client->conn);
}

static void session_check_input(struct client *client)
{
    uint64_t limit = client->server->config.client_query_buffer_limit;
    if (!client->parser || parser_pending(client->parser) <= limit)
        return;
    log_warning("closing client %llu (pid %d, uid %u): its unfinished request is larger than client-query-buffer-limit, %llu bytes",
                (unsigned long long)client->conn.id, (int)client->conn.peer.pid, (unsigned)client->conn.peer.uid,
                (unsigned long long)limit);
    stat_add(&client_stats(client)->query_limit_closed, 1);
    conn_close(&client->conn);
}

/* ---- the way of a request ---- */

/* Gives the parser back, or leaves the client one with just the unfinished request. */
static void session_settle_parser(struct client *client, struct parser *parser)
{
    bool open = client->conn.state == CONN_OPEN;
    if (open && parser_has_rest(parser)) {
        if (parser == scratch)
            client->parser = parser_split_rest(parser);
        return;
    }
    if (parser == scratch) {
        if (parser_has_rest(parser) || !open)
            parser_reset(parser);
        return;
    }
    parser_destroy(parser);
    client->parser = NULL;
}

/* Executes; false when CLIENT PAUSE holds the rest. */
static bool session_execute(struct client *client, struct parser *parser, struct request *requests, unsigned count)
{
    unsigned done = executor_run(client, requests, count);
    if (!(client->flags & CLIENT_PAUSED))
        return true;
    client->held = requests + done;
    client->held_count = count - done;
    client->parser = parser;
    if (parser == scratch)
        scratch = NULL;
    conn_set_reading(&client->conn, false);
    return false;
}

/* Parses and executes what the parser holds. */
static void session_run(struct client *client, struct parser *parser)
{
    const struct config *config = &client->server->config;
    struct parser_limits limits = {config->proto_max_bulk_len, INT_MAX};
    enum parse_result result;
    do {
        struct request *requests;
        unsigned count;
        result = parser_batch(parser, &limits, &requests, &count);
        if (count > 0 && !session_execute(client, parser, requests, count))
            return;
        if (result == PARSE_BAD && client->conn.state == CONN_OPEN)
            session_protocol_error(client, parser);
    } while (result == PARSE_DONE && client->conn.state == CONN_OPEN);
    session_settle_parser(client, parser);
    if (client->conn.peer_done)
        conn_close_after_output(&client->conn);
}

/* After input was executed: limits, and what was answered goes out. */
static void session_finish(struct client *client)
{
    session_check_input(client);
    if (!clients_check_memory(client) || client->conn.output.bytes == 0 || !clients_check_output(client))
        return;
    if (client->conn.output.bytes > UNREAD_MAX)
        conn_set_reading(&client->conn, false);
    conn_flush_later(&client->conn);
}

static void session_readable(void *context, struct conn *conn)
{
    (void)context;
    struct client *client = client_of(conn);
    struct parser *parser = client_parser(client);
    struct iovec vectors[2];
    int count = parser_target(parser, vectors);
    ssize_t n = conn_read(conn, vectors, count);
    if (n == -EAGAIN)
        return;
    if (n < 0) {
        conn_close(conn);
        return;
    }
    if (n == 0) { /* what was asked before is answered, half a request is forgotten */
        conn_close_after_output(conn);
        return;
    }
    struct thread_stats *stats = client_stats(client);
    stat_add(&stats->reads, 1);
    stat_add(&stats->bytes_in, (uint64_t)n);
    parser_fed(parser, (size_t)n);
    session_run(client, parser);
    session_finish(client);
}

static void session_sent(void *context, struct conn *conn, size_t bytes)
{
    (void)context;
    struct client *client = client_of(conn);
    struct thread_stats *stats = client_stats(client);
    stat_add(&stats->writes, 1);
    stat_add(&stats->bytes_out, bytes);
    if (!conn->reading && !(client->flags & CLIENT_PAUSED) && conn->output.bytes < UNREAD_MAX / 2)
        conn_set_reading(conn, true);
}

/* ---- CLIENT PAUSE ---- */

/* The pause is over for this client, or over for some of what it has asked. */
static void session_resume(struct client *client)
{
    struct request *held = client->held;
    unsigned count = client->held_count;
    struct parser *parser = client->parser;
    client->flags &= ~(uint32_t)CLIENT_PAUSED;
    client->held = NULL;
    client->held_count = 0;
    if (!session_execute(client, parser, held, count))
        return;
    conn_set_reading(&client->conn, true);
    session_run(client, parser);
    session_finish(client);
}

static void worker_resume_paused(struct worker *worker)
{
    for (struct conn *conn = worker_first_conn(worker); conn; conn = conn->next) {
        struct client *client = client_of(conn);
        if ((client->flags & CLIENT_PAUSED) && conn->state == CONN_OPEN)
            session_resume(client);
    }
}

static void resume_message(struct worker *worker, struct message *message)
{
    mem_free(message);
    worker_resume_paused(worker);
}

void sessions_resume(void)
{
    for (unsigned i = 0; i < workers_count(); i++) {
        struct message *message = mem_alloc(sizeof *message);
        *message = (struct message){.run = resume_message};
        worker_post(worker_at(i), message);
    }
}

/* ---- birth, death and ten times a second ---- */

static void session_opened(void *context, struct conn *conn)
{
    struct client *client = client_of(conn);
    client->server = context;
    client->resp = 2;
    stat_add(&client_stats(client)->connections, 1);
}

static void session_closed(void *context, struct conn *conn)
{
    struct client *client = client_of(conn);
    if (client->flags & CLIENT_MONITOR)
        monitor_leave(context, client);
    parser_destroy(client->parser);
    client->parser = NULL;
    clients_forget(client);
}

static void session_tick(void *context, struct worker *worker, int64_t now_ms)
{
    struct server *server = context;
    clients_tick(server, worker, now_ms);
    if (!pause_is_active(server, now_ms))
        worker_resume_paused(worker);
}

struct net_service session_service(struct server *server)
{
    return (struct net_service){
        .context = server,
        .conn_size = sizeof(struct client),
        .opened = session_opened,
        .readable = session_readable,
        .sent = session_sent,
        .closed = session_closed,
        .tick = session_tick,
    };
}
