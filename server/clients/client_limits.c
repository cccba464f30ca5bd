/*
 * A worker looks at its clients once a second, and at every tick while maxmemory-clients is set. The hot path
 * sees two comparisons: whether normal clients have an output limit, and whether maxmemory-clients is set.
 *
 * Eviction stops the world because the largest clients may belong to any worker. When the clients that are left take
 * too much and none of them may be closed, stopping the world after each batch would only hurt; so it is then tried no
 * more than once a second.
 */
#include "clients/client_limits.h"

#include "base/clock.h"
#include "base/connection_memory.h"
#include "base/counter.h"
#include "base/gate.h"
#include "base/memory.h"
#include "base/text.h"
#include "clients/client_description.h"
#include "clients/clients.h"
#include "clients/held.h"
#include "clients/output_limit.h"
#include "clients/transaction.h"
#include "clients/watch.h"
#include "host/log_flood.h"
#include "net/worker.h"
#include "record/stats.h"
#include "resp/parser.h"

#include <stdatomic.h>
#include <stdlib.h>

#define LOOK_MS 1000
#define COUNTED_UNIT ((size_t)64)              /* bytes: of the size of a client, much less than any limit */
#define EVICTION_LIMIT_MIN ((size_t)128 << 10) /* with a lower limit nobody could speak with the server any more */

static atomic_bool nobody_to_evict;  /* changed while the world is stopped */
static atomic_size_t counted_memory; /* the sum of what clients were last counted with */

/* reason is a text of our own, such as "Evicting client". */
static void log_client(struct log_flood *flood, enum log_level level, const char *reason, const struct client *client)
{
    if (!log_flood_admits(flood, level))
        return;
    struct text line = TEXT_EMPTY;
    client_describe_briefly(&line, client, NULL, clock_monotonic_ms());
    log_line(level, "%s: %s", reason, line.data);
    text_deinit(&line);
}

/* ---- what waits to be executed ---- */

void clients_end_over_query_limit(struct client *client, const char *what)
{
    char who[CONN_PEER_TEXT_MAX];
    static struct log_flood flood = LOG_FLOOD("clients closed by client-query-buffer-limit", LOG_FLOOD_LINES);
    log_flooding(&flood, LOG_LEVEL_WARNING,
                 "closing client %llu (%s): %s is larger than client-query-buffer-limit (%llu bytes)",
                 (unsigned long long)client->conn.id, conn_peer_text(&client->conn, who), what,
                 (unsigned long long)client->server->config.client_query_buffer_limit);
    counter_add(&stats_of(worker_index(client->conn.worker))->query_limit_closed, 1);
    conn_close(&client->conn);
}

void clients_check_queued(struct client *client)
{
    if (transaction_memory(client) + watches_memory(client) > client->server->config.client_query_buffer_limit)
        clients_end_over_query_limit(client, "what it has queued and watches");
}

/* ---- output ---- */

void clients_end_over_limit(struct client *client)
{
    static struct log_flood flood = LOG_FLOOD("clients closed by client-output-buffer-limit", LOG_FLOOD_LINES);
    log_client(&flood, LOG_LEVEL_WARNING, "Closing client, as its output is over client-output-buffer-limit", client);
    counter_add(&stats_of(worker_index(client->conn.worker))->output_limit_closed, 1);
    conn_close(&client->conn);
}

static bool check_output_at(struct client *client, int64_t now_ms)
{
    const struct output_limit *limit = &client->server->config.output_limits[clients_class(client)];
    size_t used = client_output_memory(client);
    if (!output_limit_reached(limit, used, &client->conn.soft_limit_since_ms, now_ms))
        return true;
    clients_end_over_limit(client);
    return false;
}

bool clients_check_output(struct client *client)
{
    const struct output_limit *limit = &client->server->config.output_limits[clients_class(client)];
    if (__builtin_expect((limit->hard_bytes | limit->soft_bytes) == 0, 1))
        return client->conn.state != CONN_CLOSED;
    if (!client->conn.output.head || client->conn.state == CONN_CLOSED)
        return client->conn.state != CONN_CLOSED;
    return check_output_at(client, clock_monotonic_ms());
}

/* ---- memory of all clients ---- */

size_t clients_counted_memory(void)
{
    return connection_memory();
}

static void count_memory(struct client *client, size_t memory)
{
    size_t units = memory / COUNTED_UNIT, before = client->counted_units;
    units = units < UINT32_MAX ? units : UINT32_MAX;
    client->counted_units = (uint32_t)units;
    if (units != before) /* wraps around where it shrinks, and comes out right */
        atomic_fetch_add_explicit(&counted_memory, (units - before) * COUNTED_UNIT, memory_order_relaxed);
}

/* The largest of a worker's clients. */
struct buffers {
    size_t input, output;
};

static void note_buffers(const struct worker *worker, struct buffers largest)
{
    struct thread_stats *stats = stats_of(worker_index(worker));
    counter_set(&stats->max_input, largest.input);
    counter_set(&stats->max_output, largest.output);
}

void clients_forget(struct client *client)
{
    const struct worker *worker = client->conn.worker;
    count_memory(client, 0);
    if (worker_conn_count(worker) == 1) /* the last one; there is no tick without connections */
        note_buffers(worker, (struct buffers){0});
}

/* Bytes at which eviction begins; SIZE_MAX when there is no limit. */
static size_t eviction_limit(const struct config *config)
{
    size_t limit = SIZE_MAX;
    if (config->maxmemory_clients > 0)
        limit = (size_t)config->maxmemory_clients;
    else if (config->maxmemory_clients < 0 && config->maxmemory > 0)
        limit = (size_t)((double)config->maxmemory * (double)-config->maxmemory_clients / 100);
    return limit < EVICTION_LIMIT_MIN ? EVICTION_LIMIT_MIN : limit;
}

static bool is_over_limit(const struct server *server)
{
    return atomic_load_explicit(&counted_memory, memory_order_relaxed) >= eviction_limit(&server->config);
}

static int compare_memory(const void *a, const void *b)
{
    size_t left = (*(struct client *const *)a)->counted_units, right = (*(struct client *const *)b)->counted_units;
    return left > right ? -1 : left < right;
}

void clients_evict(struct server *server)
{
    static struct log_flood evicted = LOG_FLOOD("clients evicted", LOG_FLOOD_LINES);
    static struct log_flood in_vain = LOG_FLOOD("times that clients stayed over maxmemory-clients", 1);
    size_t count, next = 0;
    struct client **clients = clients_all(&count);
    for (size_t i = 0; i < count; i++)
        count_memory(clients[i], client_memory(clients[i]));
    if (is_over_limit(server))
        qsort(clients, count, sizeof *clients, compare_memory);
    for (; next < count && is_over_limit(server); next++) {
        struct client *client = clients[next];
        if (client->flags & CLIENT_NO_EVICT)
            continue;
        log_client(&evicted, LOG_LEVEL_NOTICE, "Evicting client, as all clients together are over maxmemory-clients",
                   client);
        counter_add(&stats_of(worker_index(client->conn.worker))->evicted_clients, 1);
        conn_close(&client->conn);
        count_memory(client, 0);
    }
    bool over = is_over_limit(server);
    if (over && !atomic_load_explicit(&nobody_to_evict, memory_order_relaxed))
        log_flooding(&in_vain, LOG_LEVEL_WARNING,
                     "Clients are over maxmemory-clients, and those that are left may not be evicted");
    atomic_store_explicit(&nobody_to_evict, over, memory_order_relaxed);
    mem_free(clients);
}

static void evict_if_over(struct server *server, struct worker *worker, bool insist)
{
    if (!is_over_limit(server))
        return;
    if (!insist && atomic_load_explicit(&nobody_to_evict, memory_order_relaxed))
        return;
    if (gate_attempt_close(worker_gate(worker)) != GATE_CLOSED)
        return; /* the next tick tries again */
    clients_evict(server);
    gate_open(worker_gate(worker));
}

bool clients_check_memory_now(struct client *client)
{
    if (client->conn.state != CONN_CLOSED) {
        count_memory(client, client_memory(client));
        evict_if_over(client->server, client->conn.worker, false);
    }
    return client->conn.state != CONN_CLOSED;
}

/* ---- messages ---- */

void clients_got_messages(struct conn *conn)
{
    struct client *client = client_of(conn);
    if (clients_check_output(client))
        clients_check_memory(client);
}

void clients_got_too_many_messages(struct conn *conn)
{
    clients_end_over_limit(client_of(conn));
}

/* ---- the tick ---- */

static bool is_idle_too_long(const struct client *client, int64_t now_ms)
{
    int64_t timeout = client->server->config.timeout;
    if (timeout == 0 || (client->flags & (CLIENT_MONITOR | CLIENT_SUBSCRIBED)) ||
        ((client->flags & CLIENT_HELD) && !client_is_held_for(client, HELD_OUTPUT)))
        return false;
    return now_ms - client->conn.last_active_ms > timeout * 1000;
}

void clients_tick(struct server *server, struct worker *worker, int64_t now_ms)
{
    static __thread int64_t next_look_ms;
    static struct log_flood idle = LOG_FLOOD("clients closed by timeout", LOG_FLOOD_LINES);
    bool is_due = now_ms >= next_look_ms;
    if (!is_due && server->config.maxmemory_clients == 0)
        return;
    if (is_due)
        next_look_ms = now_ms + LOOK_MS;
    struct buffers largest = {0};
    for (struct conn *conn = worker_first_conn(worker); conn; conn = conn->next) {
        struct client *client = client_of(conn);
        if (conn->state == CONN_CLOSED)
            continue;
        count_memory(client, client_memory(client));
        size_t input = parser_memory(client->parser), output = conn->output.memory;
        largest.input = input > largest.input ? input : largest.input;
        largest.output = output > largest.output ? output : largest.output;
        if (is_idle_too_long(client, now_ms)) {
            log_flooding(&idle, LOG_LEVEL_VERBOSE, "closing client %llu: idle for longer than timeout",
                         (unsigned long long)conn->id);
            conn_close(conn);
        } else if (conn->output.head) {
            check_output_at(client, now_ms);
        }
    }
    note_buffers(worker, largest);
    if (server->config.maxmemory_clients != 0)
        evict_if_over(server, worker, is_due);
}
