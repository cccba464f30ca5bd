/*
 * The monitors are one list behind one lock, held only to walk or change it. A line is posted once for each monitor,
 * with the client's address and number; between posting and delivery the client may have gone, or its memory may belong
 * to another one, so the worker looks for both in the list. Only a client's own worker takes it out of the list and
 * frees it, which is why a client that was found is safe to use after the lock has been let go.
 *
 * Lines on their way are limited as those in the output are: if the monitor's worker is busy for so long that they
 * become too much, further ones are left out, and the monitor is closed by the next that arrives.
 */
#include "engine/monitor.h"

#include "base/clock.h"
#include "base/connection_memory.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/client_limits.h"
#include "net/origin.h"
#include "net/worker.h"
#include "record/redact.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

struct monitor {
    struct monitor *next;
    struct client *client; /* only its own worker follows it */
    uint64_t id;
    struct worker *worker;
    size_t posted; /* bytes of lines on their way to it; guarded by the list's lock */
    bool overrun;  /* a line was left out, as there were too many; likewise */
};

static struct {
    pthread_mutex_t lock;  /* nothing else is taken under it; held while ATTENTION_MONITORS changes */
    struct monitor *first; /* guarded by lock */
} monitors = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* One line, shared by the deliveries that carry it. */
struct line {
    atomic_uint references;
    struct text text;
};

struct delivery {
    struct message message; /* first */
    struct client *client;  /* not to be followed before it is found in the list */
    uint64_t id;
    struct worker *worker;
    struct line *line; /* holds a reference */
};

static size_t line_memory(const struct line *line)
{
    return mem_usable(line) + (line->text.capacity > 0 ? mem_usable(line->text.data) : 0);
}

static void line_release(struct line *line)
{
    /* release: our reading is over; acquire: the last one frees after everybody's reading */
    if (atomic_fetch_sub_explicit(&line->references, 1, memory_order_acq_rel) != 1)
        return;
    connection_memory_subtract(line_memory(line));
    text_deinit(&line->text);
    mem_free_sized(line, sizeof *line);
}

static size_t delivery_size(const struct line *line)
{
    return sizeof(struct delivery) + sizeof *line + line->text.len;
}

/* ---- arriving ---- */

enum arrival { ARRIVAL_TOO_LATE, ARRIVAL_IN_TIME, ARRIVAL_INCOMPLETE };

/* A line has come for a client that was a monitor when it was posted. */
static enum arrival note_arrival(const struct client *client, uint64_t id, const struct line *line)
{
    enum arrival arrival = ARRIVAL_TOO_LATE;
    pthread_mutex_lock(&monitors.lock);
    struct monitor *monitor = monitors.first;
    while (monitor && (monitor->client != client || monitor->id != id))
        monitor = monitor->next;
    if (monitor) {
        size_t size = delivery_size(line); /* more than posted: it was posted before the client left and came again */
        monitor->posted -= size < monitor->posted ? size : monitor->posted;
        arrival = monitor->overrun ? ARRIVAL_INCOMPLETE : ARRIVAL_IN_TIME;
    }
    pthread_mutex_unlock(&monitors.lock);
    return arrival;
}

static void write_line(struct client *client, const struct line *line)
{
    struct reply reply;
    if (client->conn.state != CONN_OPEN || (client->flags & CLIENT_REPLY_OFF))
        return;
    reply_begin(&reply, &client->conn.output, client->resp);
    clients_limit_reply(client, &reply);
    reply_raw(&reply, line->text.data, line->text.len);
    reply_end(&reply);
    if (reply_is_over(&reply))
        clients_end_over_limit(client);
    if (clients_check_output(client) && clients_check_memory(client))
        conn_flush_later(&client->conn);
}

static void deliver(struct worker *worker, struct message *message)
{
    struct delivery *delivery = (struct delivery *)message;
    (void)worker;
    enum arrival arrival = note_arrival(delivery->client, delivery->id, delivery->line);
    if (arrival == ARRIVAL_IN_TIME)
        write_line(delivery->client, delivery->line);
    else if (arrival == ARRIVAL_INCOMPLETE && delivery->client->conn.state != CONN_CLOSED)
        clients_end_over_limit(delivery->client);
    line_release(delivery->line);
    mem_free(delivery);
}

/* ---- sending ---- */

/* +1339518083.107412 [0 unix:/path] "keys" "*" */
static struct line *line_create(const struct client *client, int argc, const struct arg *argv)
{
    struct line *line = mem_alloc(sizeof *line);
    struct text *text = &line->text;
    *line = (struct line){.references = 1, .text = TEXT_EMPTY};
    int64_t now_us = clock_wall_us();
    text_addf(text, "+%lld.%06lld [%d unix:%s]", (long long)(now_us / 1000000), (long long)(now_us % 1000000),
              client->db, origin_path(client->conn.origin));
    struct redaction arguments = redact_begin(argc, argv);
    for (int i = 0; i < argc; i++) {
        struct bytes shown = redact_next(&arguments);
        text_add_char(text, ' ');
        text_add_quoted(text, shown.data, shown.len);
    }
    text_add(text, "\r\n");
    connection_memory_add(line_memory(line));
    return line;
}

/* In place of a line that is longer than any monitor may have unread. */
static struct line *line_create_empty(void)
{
    struct line *line = mem_alloc(sizeof *line);
    *line = (struct line){.references = 1, .text = TEXT_EMPTY};
    connection_memory_add(line_memory(line));
    return line;
}

/* Bytes of a line at least. */
static size_t least_len(int argc, const struct arg *argv)
{
    size_t len = 0;
    for (int i = 0; i < argc; i++)
        len += argv[i].len;
    return len;
}

void monitor_feed(const struct client *client, int argc, const struct arg *argv)
{
    struct message *deliveries = NULL;
    uint64_t limit = client->server->config.output_limits[CLASS_NORMAL].hard_bytes;
    if (limit == 0 || limit > REPLY_COPY_LIMIT)
        limit = REPLY_COPY_LIMIT;
    bool too_long = least_len(argc, argv) > limit;
    struct line *line = too_long ? line_create_empty() : line_create(client, argc, argv);
    pthread_mutex_lock(&monitors.lock);
    for (struct monitor *monitor = monitors.first; monitor; monitor = monitor->next) {
        if (monitor->overrun)
            continue; /* what has been posted will end it */
        if (too_long || monitor->posted >= limit)
            monitor->overrun = true;
        monitor->posted += delivery_size(line);
        struct delivery *delivery = mem_alloc(sizeof *delivery);
        *delivery = (struct delivery){
            {.next = deliveries, .run = deliver}, monitor->client, monitor->id, monitor->worker, line};
        atomic_fetch_add_explicit(&line->references, 1, memory_order_relaxed); /* under our own reference */
        deliveries = &delivery->message;
    }
    pthread_mutex_unlock(&monitors.lock);
    while (deliveries) {
        struct delivery *delivery = (struct delivery *)deliveries;
        deliveries = deliveries->next;
        worker_post(delivery->worker, &delivery->message);
    }
    line_release(line);
}

/* ---- joining and leaving ---- */

void monitor_join(struct client *client)
{
    client->flags |= CLIENT_MONITOR;
    struct monitor *monitor = mem_alloc(sizeof *monitor);
    *monitor = (struct monitor){.client = client, .id = client->conn.id, .worker = client->conn.worker};
    pthread_mutex_lock(&monitors.lock);
    monitor->next = monitors.first;
    monitors.first = monitor;
    attention_set(ATTENTION_MONITORS, true);
    pthread_mutex_unlock(&monitors.lock);
}

void monitor_leave(struct client *client)
{
    client->flags &= ~(uint32_t)CLIENT_MONITOR;
    pthread_mutex_lock(&monitors.lock);
    struct monitor **link = &monitors.first;
    while ((*link)->client != client)
        link = &(*link)->next;
    struct monitor *monitor = *link;
    *link = monitor->next;
    attention_set(ATTENTION_MONITORS, monitors.first != NULL);
    pthread_mutex_unlock(&monitors.lock);
    mem_free_sized(monitor, sizeof *monitor);
}
