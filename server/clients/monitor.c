/*
 * The monitors of one worker are its *audience*. A line is queued once for each audience, behind one lock that is held
 * only to queue it or to take some, and the worker writes it into the outputs of its monitors. Nobody but the worker
 * knows its monitors, so none of them can go while it is written to. A monitor has seen the lines that were queued
 * before it joined: lines have numbers.
 *
 * Writing is done in turns (turn.h), as one line may be many bytes to many monitors and others queue lines meanwhile:
 * one message to the worker is under way as long as lines wait, and gets a turn in each round. Long lines are blobs,
 * to which all outputs refer.
 *
 * Whoever runs commands faster than their lines are written goes on more slowly: a pipeline's turn ends after each
 * request while LINES_AHEAD bytes wait. Many clients with a request each may still be faster together, so what waits is
 * limited as the output is: beyond that lines are left out, and the audience is closed.
 */
#include "clients/monitor.h"

#include "base/blob.h"
#include "base/clock.h"
#include "base/connection_memory.h"
#include "base/memory.h"
#include "base/text.h"
#include "clients/client_limits.h"
#include "clients/turn.h"
#include "net/origin.h"
#include "net/worker.h"
#include "record/redact.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#define LINES_AHEAD ((size_t)256 << 10) /* bytes of lines that may wait before pipelines wait for them */
#define BATCH_LINES 64                  /* that are taken at once, */
#define BATCH_WRITES 1024               /* or fewer, so that all monitors together are written to so often */
#define BATCH_BYTES ((size_t)16 << 10)  /* and with so many bytes to each */

/* One line, shared by the audiences that are to see it. */
struct line {
    atomic_uint references;
    size_t len;
    size_t memory;     /* bytes, as connection_memory_add() was told; a blob counts by itself */
    struct text text;  /* empty if there is a blob */
    struct blob *blob; /* lent; NULL: the bytes are in text */
};

/* A line that waits for one audience. */
struct waiting_line {
    struct waiting_line *next;
    struct line *line; /* holds a reference */
};

struct monitor {
    struct monitor *next;
    struct client *client;
    uint64_t seen; /* the number of the last line that it isn't to see any more */
};

struct audience {
    /* worker only */
    struct worker *worker;
    struct monitor *monitors;
    size_t monitor_count;
    /* guarded by the lock */
    struct audience *next; /* of those that have monitors */
    struct waiting_line *first, *last;
    uint64_t queued; /* the number of the last line */
    uint64_t taken;  /* the number of the last line that has been taken to be written */
    size_t bytes;    /* of what waits */
    bool overrun;    /* a line was left out */
    bool called;     /* its message is under way */
};

static __thread struct audience own;

static struct {
    pthread_mutex_t lock;   /* nothing else is taken under it; held while ATTENTION_MONITORS changes */
    struct audience *first; /* guarded by lock */
} audiences = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- lines ---- */

/* One that is as long as a blob becomes one, so that its bytes are there once however many monitors there are. */
static void line_settle(struct line *line)
{
    line->len = line->text.len;
    struct blob *blob = line->len >= BLOB_MIN ? blob_create(line->len) : NULL;
    if (!blob)
        return;
    memcpy(blob->data, line->text.data, line->len);
    blob->len = line->len;
    text_deinit(&line->text);
    line->blob = blob_lend(blob);
    blob_release(blob); /* it is nobody's data: it counts as memory of connections from now on */
}

/* +1339518083.107412 [0 unix:/path] "keys" "*", or [0 lua] */
static struct line *line_create(const struct client *client, bool by_script, int argc, const struct arg *argv)
{
    struct line *line = mem_alloc(sizeof *line);
    struct text *text = &line->text;
    *line = (struct line){.references = 1, .text = TEXT_EMPTY};
    int64_t now_us = clock_wall_us();
    text_addf(text, "+%lld.%06lld [%d %s%s]", (long long)(now_us / 1000000), (long long)(now_us % 1000000), client->db,
              by_script ? "lua" : "unix:", by_script ? "" : origin_path(client->conn.origin));
    struct redaction arguments = redact_begin(argc, argv);
    for (int i = 0; i < argc; i++) {
        struct bytes shown = redact_next(&arguments);
        text_add_char(text, ' ');
        text_add_quoted(text, shown.data, shown.len);
    }
    text_add(text, "\r\n");
    line_settle(line);
    return line;
}

static void line_release(struct line *line)
{
    /* release: our reading is over; acquire: the last one frees after everybody's reading */
    if (atomic_fetch_sub_explicit(&line->references, 1, memory_order_acq_rel) != 1)
        return;
    connection_memory_subtract(line->memory);
    if (line->blob)
        blob_return(line->blob);
    text_deinit(&line->text);
    mem_free_sized(line, sizeof *line);
}

static void line_write(const struct line *line, struct reply *reply)
{
    if (line->blob)
        reply_raw_blob(reply, line->blob, 0, line->len);
    else
        reply_raw(reply, line->text.data, line->len);
}

/* What a line that waits counts as. */
static size_t waiting_size(const struct line *line)
{
    return sizeof(struct waiting_line) + sizeof *line + line->len;
}

/* ---- what an audience is to see ---- */

/* Bytes that may wait for an audience, and lie unread in the output of a monitor. */
static size_t unread_limit(const struct server *server)
{
    uint64_t limit = server->config.output_limits[CLASS_NORMAL].hard_bytes;
    return limit == 0 || limit > REPLY_COPY_LIMIT ? REPLY_COPY_LIMIT : (size_t)limit;
}

/* Lines that have been taken, oldest first. */
struct batch {
    unsigned count;
    uint64_t number; /* of the first */
    struct line *lines[BATCH_LINES];
};

static struct line *audience_take_locked(struct audience *audience)
{
    struct waiting_line *waiting = audience->first;
    struct line *line = waiting->line;
    audience->first = waiting->next;
    if (!audience->first)
        audience->last = NULL;
    audience->bytes -= waiting_size(line);
    audience->taken++;
    mem_free_sized(waiting, sizeof *waiting);
    return line;
}

static void batch_take_locked(struct batch *batch, struct audience *audience)
{
    size_t bytes = 0, most = BATCH_WRITES / (audience->monitor_count + 1);
    batch->count = 0;
    batch->number = audience->taken + 1;
    while (audience->first && (batch->count == 0 || (batch->count < most && bytes < BATCH_BYTES)) &&
           batch->count < BATCH_LINES) {
        struct line *line = audience_take_locked(audience);
        batch->lines[batch->count++] = line;
        bytes += line->len;
    }
}

static void batch_release(const struct batch *batch)
{
    for (unsigned i = 0; i < batch->count; i++)
        line_release(batch->lines[i]);
}

/* ---- writing ---- */

static void monitor_write(struct monitor *monitor, const struct batch *batch)
{
    struct client *client = monitor->client;
    struct reply reply;
    if (client->conn.state != CONN_OPEN || (client->flags & CLIENT_REPLY_OFF))
        return;
    reply_begin(&reply, &client->conn.output, client->resp);
    reply.limit = unread_limit(client->server); /* of blobs, too: nothing else holds these */
    for (unsigned i = 0; i < batch->count && !reply_is_over(&reply); i++)
        if (batch->number + i > monitor->seen)
            line_write(batch->lines[i], &reply);
    reply_end(&reply);
    if (reply_is_over(&reply))
        clients_end_over_limit(client);
    if (clients_check_output(client) && clients_check_memory(client))
        conn_flush_later(&client->conn);
}

static void close_all_monitors(void)
{
    for (const struct monitor *monitor = own.monitors; monitor; monitor = monitor->next)
        if (monitor->client->conn.state != CONN_CLOSED)
            clients_end_over_limit(monitor->client);
}

/*
 * Writes some lines to the worker's monitors; those that nobody is there to see any more are freed in the same way, as
 * they may be many. False: none are waiting, and the next one calls the worker again.
 */
static bool write_some(void)
{
    struct batch batch;
    pthread_mutex_lock(&audiences.lock);
    bool overrun = own.overrun;
    own.overrun = false;
    batch_take_locked(&batch, &own);
    own.called = batch.count > 0;
    pthread_mutex_unlock(&audiences.lock);
    if (overrun)
        close_all_monitors();
    for (struct monitor *monitor = own.monitors; monitor && batch.count > 0; monitor = monitor->next)
        monitor_write(monitor, &batch);
    batch_release(&batch);
    return batch.count > 0;
}

/* The message that comes after its worker's end finds nothing: monitors_part() was there before. */
static void write_for_a_turn(struct worker *worker, struct message *message)
{
    int64_t end_ns = clock_monotonic_ns() + TURN_NS;
    bool more;
    do
        more = write_some();
    while (more && !turn_is_over(end_ns));
    if (more)
        worker_post(worker, message);
    else
        mem_free_sized(message, sizeof *message);
}

/* ---- sending ---- */

/* Bytes of a line at least. */
static size_t least_len(int argc, const struct arg *argv)
{
    size_t len = 0;
    for (int i = 0; i < argc; i++)
        len += argv[i].len;
    return len;
}

static void audience_queue_locked(struct audience *audience, struct line *line)
{
    struct waiting_line *waiting = mem_alloc(sizeof *waiting);
    *waiting = (struct waiting_line){.line = line};
    atomic_fetch_add_explicit(&line->references, 1, memory_order_relaxed); /* under our own reference */
    if (audience->last)
        audience->last->next = waiting;
    else
        audience->first = waiting;
    audience->last = waiting;
    audience->queued++;
    audience->bytes += waiting_size(line);
    line->memory += mem_usable(waiting);
}

/* So that the worker comes to write. */
static void audience_call_locked(struct audience *audience)
{
    if (audience->called)
        return;
    audience->called = true;
    struct message *message = mem_alloc(sizeof *message);
    message->run = write_for_a_turn;
    worker_post(audience->worker, message);
}

/* line is NULL if it would be longer than any monitor may have unread. False: what waits is a lot. */
static bool audience_feed_locked(struct audience *audience, struct line *line, size_t limit)
{
    if (!line || audience->bytes >= limit)
        audience->overrun = true;
    if (!audience->overrun)
        audience_queue_locked(audience, line);
    audience_call_locked(audience);
    return audience->bytes < LINES_AHEAD;
}

bool monitor_feed(const struct client *client, bool by_script, int argc, const struct arg *argv)
{
    size_t limit = unread_limit(client->server);
    struct line *line = least_len(argc, argv) > limit ? NULL : line_create(client, by_script, argc, argv);
    bool keep_up = true;
    pthread_mutex_lock(&audiences.lock);
    if (line)
        line->memory = mem_usable(line) + (line->blob ? 0 : mem_usable(line->text.data));
    for (struct audience *audience = audiences.first; audience; audience = audience->next)
        keep_up = audience_feed_locked(audience, line, limit) && keep_up;
    pthread_mutex_unlock(&audiences.lock);
    if (line) {
        connection_memory_add(line->memory);
        line_release(line);
    }
    return keep_up;
}

/* ---- joining and leaving ---- */

void monitor_join(struct client *client)
{
    client->flags |= CLIENT_MONITOR;
    struct monitor *monitor = mem_alloc(sizeof *monitor);
    own.worker = client->conn.worker;
    pthread_mutex_lock(&audiences.lock);
    *monitor = (struct monitor){.next = own.monitors, .client = client, .seen = own.queued};
    if (!own.monitors) {
        own.next = audiences.first;
        audiences.first = &own;
    }
    attention_set(ATTENTION_MONITORS, true);
    pthread_mutex_unlock(&audiences.lock);
    own.monitors = monitor;
    own.monitor_count++;
}

/* The last monitor of the worker has gone. */
static void audience_leave(void)
{
    pthread_mutex_lock(&audiences.lock);
    struct audience **link = &audiences.first;
    while (*link != &own)
        link = &(*link)->next;
    *link = own.next;
    own.overrun = false;
    attention_set(ATTENTION_MONITORS, audiences.first != NULL);
    pthread_mutex_unlock(&audiences.lock);
}

void monitor_leave(struct client *client)
{
    client->flags &= ~(uint32_t)CLIENT_MONITOR;
    struct monitor **link = &own.monitors;
    while ((*link)->client != client)
        link = &(*link)->next;
    struct monitor *monitor = *link;
    *link = monitor->next;
    own.monitor_count--;
    if (!own.monitors)
        audience_leave();
    mem_free_sized(monitor, sizeof *monitor);
}

void monitors_part(void)
{
    struct batch batch;
    do {
        pthread_mutex_lock(&audiences.lock);
        batch_take_locked(&batch, &own);
        pthread_mutex_unlock(&audiences.lock);
        batch_release(&batch);
    } while (batch.count > 0);
}
