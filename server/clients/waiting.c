/*
 * A wait is ended by one compare-and-swap on the waiter's state, by any thread. Whoever wins writes the answer and
 * brings the waiter home: into the list of those that have ended, if it is of this worker, otherwise by a message. What
 * is left is done there, at the end of the round: so a client that is served in the middle of a wave of requests, by
 * one of its neighbours, is answered after all of them.
 *
 * A waiter is freed by its worker alone, when it has come home and is in no queue any more. One whose wait was ended by
 * another thread may be on its way while its client goes: then it comes home to nobody. A script may have the locks of
 * its queues for long; then it is taken out of them later.
 *
 * Serving needs the shard of the key and, for a waiter that moves, that of its destination. Whoever takes locks for a
 * call takes both before it runs (wait_queue_reach()), so nobody sees what was pushed but not yet moved on.
 */
#include "clients/waiting.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/connection_memory.h"
#include "base/counter.h"
#include "base/gate.h"
#include "base/memory.h"
#include "clients/client.h"
#include "clients/client_extra.h"
#include "clients/client_limits.h"
#include "clients/client_names.h"
#include "clients/clients.h"
#include "clients/deadlines.h"
#include "command/arguments.h"
#include "command/call.h"
#include "command/command_table.h"
#include "net/worker.h"
#include "record/slowlog.h"
#include "record/stats.h"
#include "server.h"
#include "store/keyspace.h"

#include <assert.h>
#include <string.h>

/* A worker's own: waiters that have come home, oldest first, and those that have a deadline. */
__thread struct waiter *waiting_ended;
static __thread struct waiter *last_ended;
static __thread struct deadlines deadlines;
static __thread struct waiter *leaving;

static atomic_size_t deadline_total;

static struct waiter *waiter_of(const struct client *client)
{
    return client->extra ? client->extra->waiter : NULL;
}

/* ---- making and freeing ---- */

static void come_home(struct worker *worker, struct message *message);

/* Copies the request behind the links: its arguments, then their text. Keys' names are among it. */
static void copy_request(struct waiter *waiter, const struct call *call)
{
    waiter->argv = (struct arg *)&waiter->links[call->key_count];
    char *text = (char *)&waiter->argv[call->argc];
    int key = 0;
    for (int i = 0; i < call->argc; i++) {
        const struct arg *arg = &call->argv[i];
        memcpy(text, arg->data, arg->len);
        waiter->argv[i] = (struct arg){text, arg->len, NULL};
        if (key < call->key_count && call->keys[key].name.data == arg->data) {
            struct key copy = {{text, arg->len}, call->keys[key].hash};
            waiter->links[key] = (struct wait_link){.waiter = waiter, .key = copy};
            key++;
        }
        text += arg->len;
    }
    assert(key == call->key_count);
}

static struct waiter *waiter_create(const struct call *call, const struct wait_kind *kind)
{
    size_t size = sizeof(struct waiter) + (size_t)call->key_count * sizeof(struct wait_link) +
                  (size_t)call->argc * sizeof(struct arg);
    for (int i = 0; i < call->argc; i++)
        size += call->argv[i].len;
    struct waiter *waiter = mem_alloc(size);
    const struct client *client = call->client;
    *waiter = (struct waiter){
        .message = {.run = come_home},
        .kind = kind,
        .command = call->command,
        .argc = call->argc,
        .db = call->view.db,
        .actor = call->view.actor,
        .worker = client->conn.worker,
        .key_count = (unsigned)call->key_count,
        .resp = client->resp,
        .no_touch = call->view.no_touch,
        .silent = (client->flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP)) != 0,
        .client = call->client,
    };
    copy_request(waiter, call);
    connection_memory_add(mem_usable(waiter));
    return waiter;
}

static void forget_deadline(struct waiter *waiter)
{
    deadlines_remove(&deadlines, waiter);
    if (waiter->give_up_ns == 0)
        return;
    waiter->give_up_ns = 0;
    atomic_fetch_sub_explicit(&deadline_total, 1, memory_order_relaxed);
}

static void waiter_free(struct waiter *waiter)
{
    forget_deadline(waiter);
    output_clear(&waiter->answer);
    connection_memory_subtract(mem_usable(waiter));
    mem_free(waiter);
}

/* That many milliseconds from now, if that is before the end of centuries. */
static int64_t in_ms(int64_t ms)
{
    int64_t most_ms = INT64_MAX / 1000000 / 2;
    return clock_monotonic_ns() + (ms < most_ms ? ms : most_ms) * 1000000;
}

/* It isn't in the heap, and is if it gives up at some time or is asked again. */
static void set_deadline(struct waiter *waiter, int64_t ask_again_ms)
{
    int64_t ask_ns = ask_again_ms < INT64_MAX ? in_ms(ask_again_ms) : INT64_MAX;
    waiter->deadline_ns = waiter->give_up_ns > 0 && waiter->give_up_ns < ask_ns ? waiter->give_up_ns : ask_ns;
    if (waiter->deadline_ns < INT64_MAX)
        deadlines_add(&deadlines, waiter);
}

void waiting_begin(struct call *call, const struct wait_kind *kind, int64_t timeout_ms)
{
    struct waiter *waiter = waiter_create(call, kind);
    unsigned queues = kind->moves ? 1 : waiter->key_count;
    for (unsigned i = 0; i < queues; i++)
        wait_queue_add(waiter, i);
    client_extra(call->client)->waiter = waiter;
    if (timeout_ms > 0) {
        waiter->give_up_ns = in_ms(timeout_ms);
        atomic_fetch_add_explicit(&deadline_total, 1, memory_order_relaxed);
    }
    set_deadline(waiter, kind->ask_again_ms ? kind->ask_again_ms(call) : INT64_MAX);
    call->outcome = CALL_WAITS;
}

void waiting_try(struct call *call, const struct wait_kind *kind, const struct arg *timeout,
                 void (*in_vain)(struct reply *reply))
{
    int64_t timeout_ms;
    if (!argument_timeout_seconds(call, timeout, &timeout_ms) || kind->serve(call))
        return;
    if (call->inside)
        in_vain(call->reply);
    else
        waiting_begin(call, kind, timeout_ms);
}

/* ---- coming home ---- */

static void add_ended(struct waiter *waiter)
{
    waiter->message.next = NULL;
    if (waiting_ended)
        last_ended->message.next = &waiter->message;
    else
        waiting_ended = waiter;
    last_ended = waiter;
}

/* Nobody comes to it any more, but those of the queues that it is still in. */
static void be_home(struct waiter *waiter)
{
    waiter->is_home = true;
    if (!waiter->is_leaving)
        waiter_free(waiter);
}

/* The wait was ended by another thread. */
static void come_home(struct worker *worker, struct message *message)
{
    struct waiter *waiter = (struct waiter *)message;
    (void)worker;
    if (waiter->client)
        add_ended(waiter);
    else
        be_home(waiter);
}

static void send_home(struct waiter *waiter)
{
    if (waiter->worker == worker_self())
        add_ended(waiter);
    else
        worker_post(waiter->worker, &waiter->message);
}

static struct shard_set shards_of(const struct waiter *waiter)
{
    struct shard_set shards = {0};
    for (unsigned i = 0; i < waiter->key_count; i++)
        shard_set_add(&shards, waiter->links[i].key.hash);
    return shards;
}

/* Takes the waiter out of the queues that it is still in. False: a script may have their locks for long. */
static bool leave_queues(struct waiter *waiter, struct keyspace *keyspace)
{
    /* Pairs with the release in wait_queue_remove(): whoever has taken out a link doesn't touch the waiter any more. */
    if (atomic_load_explicit(&waiter->links_left, memory_order_acquire) == 0)
        return true;
    struct shard_set shards = shards_of(waiter);
    if (!keyspace_lock_or_put_off(keyspace, &shards))
        return false;
    for (unsigned i = 0; i < waiter->key_count; i++)
        wait_queue_remove(&waiter->links[i]);
    keyspace_unlock(keyspace, &shards);
    return true;
}

/* Its client has none any more. */
static void part(struct client *client, struct waiter *waiter)
{
    client->extra->waiter = NULL;
    client_extra_settle(client);
    waiter->client = NULL;
    if (!leave_queues(waiter, client->server->keyspace)) {
        waiter->is_leaving = true;
        waiter->leaving_next = leaving;
        leaving = waiter;
    }
}

void waiting_leave(struct keyspace *keyspace)
{
    for (struct waiter **link = &leaving; *link;) {
        struct waiter *waiter = *link;
        if (leave_queues(waiter, keyspace)) {
            *link = waiter->leaving_next;
            waiter->is_leaving = false;
            if (waiter->is_home)
                waiter_free(waiter);
        } else {
            link = &waiter->leaving_next;
        }
    }
}

bool waiting_has_left(void)
{
    return !leaving;
}

static void record_end(struct client *client, const struct waiter *waiter)
{
    const struct config *config = &client->server->config;
    struct thread_stats *stats = stats_of(worker_index(waiter->worker));
    int64_t took_ns = waiter->began_ns + waiter->took_ns, took_us = took_ns / 1000;
    if (waiter->refused) {
        counter_add(&stats->per_command[waiter->command->number].rejected, 1);
        return;
    }
    stats_record(stats, waiter->command->number, (uint64_t)took_ns, waiter->failed, config->latency_tracking);
    if (config->slowlog_log_slower_than >= 0 && took_us >= config->slowlog_log_slower_than &&
        !(waiter->command->flags & CMD_SKIP_SLOWLOG))
        slowlog_add(&(struct slow_command){waiter->argc, waiter->argv, took_us, client_address(client),
                                           client_name(client, CLIENT_NAME), client->conn.peer},
                    config->slowlog_max_len);
}

/* The client is open. */
static void deliver(struct client *client, struct waiter *waiter)
{
    record_end(client, waiter);
    if (waiter->silent)
        return;
    output_splice(&client->conn.output, &waiter->answer);
    if (waiter->over)
        clients_end_over_limit(client);
}

struct client *waiting_take_ended(void)
{
    while (waiting_ended) {
        struct waiter *waiter = waiting_ended;
        waiting_ended = (struct waiter *)waiter->message.next;
        struct client *client = waiter->client;
        if (client) {
            part(client, waiter);
            if (client->conn.state == CONN_OPEN)
                deliver(client, waiter);
        }
        forget_deadline(waiter);
        be_home(waiter);
        if (client)
            return client;
    }
    return NULL;
}

void waiting_note_begun(struct client *client, int64_t took_ns)
{
    struct waiter *waiter = waiter_of(client);
    if (waiter)
        waiter->began_ns = took_ns;
}

void waiting_forget(struct client *client)
{
    struct waiter *waiter = waiter_of(client);
    if (!waiter)
        return;
    waiting_drop(client);
    part(client, waiter);
    forget_deadline(waiter);
    if (atomic_load_explicit(&waiter->state, memory_order_relaxed) == WAIT_DROPPED)
        be_home(waiter);
}

/* ---- answers ---- */

static void count_error(void *context, const char *message, size_t len)
{
    counter_add(&((struct thread_stats *)context)->errors, 1);
    stats_count_error(message, len);
}

/* A thread that is no worker answers only in a stopped world. */
static void answer_begin(struct waiter *waiter, struct reply *reply)
{
    const struct worker *self = worker_self();
    reply_begin(reply, &waiter->answer, waiter->resp);
    reply->on_error = count_error;
    reply->on_error_context = stats_of(worker_index(self ? self : waiter->worker));
}

static void answer_end(struct waiter *waiter, struct reply *reply)
{
    reply_end(reply);
    output_compact(&waiter->answer);
    waiter->over = reply_is_over(reply);
    waiter->failed = reply->errors > 0;
    send_home(waiter);
}

bool waiting_answer_begin(struct client *client, struct reply *reply)
{
    struct waiter *waiter = waiter_of(client);
    if (!waiter || !waiter_claim(waiter, WAIT_ANSWERED))
        return false;
    answer_begin(waiter, reply);
    return true;
}

void waiting_answer_end(struct client *client, struct reply *reply)
{
    answer_end(waiter_of(client), reply);
}

void waiting_refusal_end(struct client *client, struct reply *reply)
{
    struct waiter *waiter = waiter_of(client);
    waiter->refused = true;
    answer_end(waiter, reply);
}

static bool give_up(struct waiter *waiter)
{
    struct reply reply;
    if (!waiter_claim(waiter, WAIT_ANSWERED))
        return false;
    answer_begin(waiter, &reply);
    waiter->kind->give_up(&reply);
    answer_end(waiter, &reply);
    return true;
}

bool waiting_give_up(struct client *client)
{
    struct waiter *waiter = waiter_of(client);
    return waiter && give_up(waiter);
}

/* ---- clients ---- */

bool waiting_is(const struct client *client)
{
    return waiting_of(client) != NULL;
}

const struct waiter *waiting_of(const struct client *client)
{
    struct waiter *waiter = waiter_of(client);
    return waiter && waiter_waits(waiter) ? waiter : NULL;
}

void waiting_drop(struct client *client)
{
    struct waiter *waiter = waiter_of(client);
    if (waiter)
        waiter_claim(waiter, WAIT_DROPPED);
}

/* ---- serving ---- */

/* A call under whose locks clients are served. */
struct scene {
    struct server *server;
    const struct shard_set *held; /* NULL: everything */
    int64_t now_ms;               /* wall */
    uint32_t now_s;               /* monotonic */
};

static struct view view_of(const struct scene *scene, int db)
{
    return (struct view){.keyspace = scene->server->keyspace, .db = db, .now_s = scene->now_s, .now_ms = scene->now_ms};
}

/* The waiter's request, about one key of those that it waits for. */
static void make_call(const struct scene *scene, const struct wait_node *node, const struct waiter *waiter,
                      struct key keys[2], struct call *call_out)
{
    bool moves = waiter->kind->moves;
    keys[0] = node->key_node.key;
    if (moves)
        keys[1] = *waiter_destination(waiter);
    *call_out = (struct call){
        .server = scene->server,
        .command = waiter->command,
        .argc = waiter->argc,
        .argv = waiter->argv,
        .key_count = moves ? 2 : 1,
        .keys = keys,
        .view = view_of(scene, waiter->db),
    };
    call_out->view.no_touch = waiter->no_touch;
    call_out->view.actor = waiter->actor;
}

/* The wait has been claimed, and the call has room for the reply. */
static void serve_waiter(struct waiter *waiter, struct call *call)
{
    int64_t began_ns = clock_monotonic_ns();
    answer_begin(waiter, call->reply);
    bool served = waiter->kind->serve(call);
    assert(served);
    (void)served;
    waiter->took_ns = clock_monotonic_ns() - began_ns;
    answer_end(waiter, call->reply);
}

/* What the key holds now: its type, or -1 for nothing. */
static int type_of(const struct scene *scene, const struct wait_node *node)
{
    struct view view = view_of(scene, node->key_node.db);
    const struct entry *entry = keyspace_find(&view, &node->key_node.key, LOOKUP_PEEK);
    return entry ? entry->type : -1;
}

/* A waiter in the queue of a key that holds that type; -1: nothing. */
static void serve_link(const struct scene *scene, struct wait_node *node, struct wait_link *link, int type)
{
    struct waiter *waiter = link->waiter;
    struct key keys[2];
    struct reply reply;
    struct call call;
    if ((type != waiter->kind->type && !waiter->kind->minds_loss) || !waiter_waits(waiter))
        return;
    make_call(scene, node, waiter, keys, &call);
    assert(!scene->held || shard_set_has(scene->held, keys[call.key_count - 1].hash));
    if ((waiter->kind->is_ready && !waiter->kind->is_ready(&call)) || !waiter_claim(waiter, WAIT_ANSWERED))
        return;
    wait_queue_remove(link);
    call.reply = &reply;
    serve_waiter(waiter, &call);
}

/* The node stays: it is being served. */
static void serve_key(const struct scene *scene, struct wait_node *node)
{
    for (struct wait_link *link = node->first, *next; link; link = next) {
        int type = type_of(scene, node);
        next = link->next;
        if (type < 0 && node->minders == 0)
            return;
        serve_link(scene, node, link, type);
    }
}

static struct scene scene_of(struct server *server, const struct shard_set *held)
{
    return (struct scene){.server = server,
                          .held = gate_is_mine() ? NULL : held,
                          .now_ms = clock_wall_ms(),
                          .now_s = (uint32_t)(clock_monotonic_ns() / 1000000000)};
}

void waiting_serve(struct server *server, const struct shard_set *held)
{
    struct scene scene = scene_of(server, held);
    for (struct wait_node *node = wait_queue_next(); node; node = wait_queue_next()) {
        serve_key(&scene, node);
        wait_queue_done(node);
    }
}

/* ---- time ---- */

/* Under the locks of its keys. Returns after how many milliseconds it is to be asked again. */
static int64_t ask_under_locks(struct scene *scene, struct waiter *waiter)
{
    int64_t next_ms = INT64_MAX;
    for (unsigned i = 0; i < waiter->key_count && waiter_waits(waiter); i++) {
        struct wait_link *link = &waiter->links[i];
        struct wait_node *node = link->node;
        if (!node)
            continue;
        struct key keys[2];
        struct call call;
        wait_queue_begin(node);
        make_call(scene, node, waiter, keys, &call);
        int64_t ms = waiter->kind->ask_again_ms(&call);
        next_ms = ms < next_ms ? ms : next_ms;
        serve_link(scene, node, link, type_of(scene, node));
        wait_queue_done(node);
    }
    return next_ms;
}

/* A waiter whose time may have come: it is in no heap. */
static void ask_again(struct waiter *waiter)
{
    struct server *server = waiter->client->server;
    struct shard_set shards = shards_of(waiter);
    if (!waiter_waits(waiter))
        return;
    if (!keyspace_try_lock(server->keyspace, &shards)) {
        set_deadline(waiter, 1);
        return;
    }
    struct scene scene = scene_of(server, &shards);
    int64_t next_ms = ask_under_locks(&scene, waiter);
    waiting_serve(server, &shards);
    keyspace_unlock(server->keyspace, &shards);
    if (waiter_waits(waiter))
        set_deadline(waiter, next_ms);
}

void waiting_expire(void)
{
    struct waiter *waiter = deadlines_soonest(&deadlines);
    if (!waiter)
        return;
    int64_t now_ns = clock_monotonic_ns();
    for (; waiter && waiter->deadline_ns <= now_ns; waiter = deadlines_soonest(&deadlines)) {
        bool is_over = waiter->give_up_ns > 0 && waiter->give_up_ns <= now_ns;
        deadlines_remove(&deadlines, waiter);
        if (is_over) {
            forget_deadline(waiter);
            give_up(waiter);
        } else {
            ask_again(waiter);
        }
    }
}

int waiting_next_ms(void)
{
    const struct waiter *waiter = deadlines_soonest(&deadlines);
    if (!waiter)
        return -1;
    int64_t left_ns = waiter->deadline_ns - clock_monotonic_ns();
    int64_t left_ms = left_ns <= 0 ? 0 : (left_ns + 999999) / 1000000;
    return left_ms < INT32_MAX ? (int)left_ms : INT32_MAX;
}

size_t waiting_with_timeout(void)
{
    return atomic_load_explicit(&deadline_total, memory_order_relaxed);
}
