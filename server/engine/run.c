#include "engine/run.h"

#include "base/clock.h"
#include "base/gate.h"
#include "clients/client.h"
#include "clients/client_description.h"
#include "clients/client_names.h"
#include "clients/monitor.h"
#include "clients/tracking.h"
#include "clients/turn.h"
#include "clients/waiting.h"
#include "engine/effect.h"
#include "net/worker.h"
#include "record/latency.h"
#include "record/slowlog.h"
#include "record/stats.h"
#include "server.h"
#include "store/lock_wait.h"

static enum ran run_note(struct run *run, struct call *call, int64_t took_ns)
{
    const struct config *config = &run->server->config;
    if (effect_is_wanted())
        effect_of_call(call);
    int64_t took_us = took_ns / 1000;
    if (config->slowlog_log_slower_than >= 0 && took_us >= config->slowlog_log_slower_than &&
        !(call->command->flags & CMD_SKIP_SLOWLOG)) {
        const struct client *client = call->client;
        slowlog_add(&(struct slow_command){call->argc, call->argv, took_us, client_address(client),
                                           client_name(client, CLIENT_NAME), client->conn.peer},
                    config->slowlog_max_len);
    }
    latency_add_if_needed(config->latency_monitor_threshold,
                          (call->command->flags & CMD_FAST) ? "fast-command" : "command", took_us / 1000);
    return run->mark_ns < run->turn_ns ? RAN : RAN_LONG;
}

/* A command that takes a turn is looked at in any case, as it ends its group. */
static int64_t note_threshold_ns(const struct config *config)
{
    if (effect_is_wanted())
        return 0;
    int64_t slowlog = config->slowlog_log_slower_than, latency = config->latency_monitor_threshold;
    int64_t threshold = slowlog >= 0 && slowlog < TURN_NS / 1000 ? slowlog * 1000 : TURN_NS;
    if (latency > 0 && latency < threshold / 1000000)
        threshold = latency * 1000000;
    return threshold;
}

/* After the world was stopped, by this thread or another. */
void run_look_again(struct run *run)
{
    run->now_ms = clock_wall_ms();
    run->note_ns = note_threshold_ns(&run->server->config);
}

/* Where more is to be told than is written meanwhile, the turn of these requests is over. */
void run_tell_monitors(struct run *run, const struct client *client, int argc, const struct arg *argv)
{
    if (!monitor_feed(client, false, argc, argv))
        run->turn_ns = INT64_MIN;
}

/* It is recorded when it has ended, and so is one that waits; that one may have made itself known to a stream's group. */
static __attribute__((noinline)) enum ran run_note_unfinished(struct run *run, const struct call *call, int64_t took_ns)
{
    if (call->outcome == CALL_NEEDS_TURN)
        turn_work(call)->took_ns = took_ns;
    else if (call->outcome == CALL_WAITS)
        waiting_note_begun(call->client, took_ns);
    if (wait_queue_has_ready() && !call->inside)
        waiting_serve(run->server, run->held);
    return RAN_NOT;
}

/*
 * The call is to be noted, clients have waited for what it has done, or its own one keeps a cache. Those who wait for
 * what a call inside another does come after the outer one. What is done for them isn't the next command's time.
 */
static __attribute__((noinline)) enum ran run_tell(struct run *run, struct call *call, int64_t took_ns)
{
    enum ran ran = took_ns >= run->note_ns ? run_note(run, call, took_ns) : RAN;
    if (wait_queue_has_ready() && !call->inside) {
        waiting_serve(run->server, gate_is_mine() ? NULL : run->held);
        run->mark_ns = clock_monotonic_ns();
    }
    if (call->client->flags & CLIENT_TRACKER)
        tracking_after_call(call);
    return ran;
}

/* Runs the handler and updates the statistics. */
enum ran run_call(struct run *run, struct call *call)
{
    uint32_t errors = call->reply->errors;
    call->command->run(call);
    int64_t now_ns = clock_monotonic_ns(), took_ns = now_ns - run->mark_ns;
    run->mark_ns = now_ns;
    if (__builtin_expect(call->outcome != CALL_DONE, 0))
        return run_note_unfinished(run, call, took_ns);
    const struct config *config = &run->server->config;
    stats_record(run->stats, call->command->number, (uint64_t)took_ns, call->reply->errors != errors,
                 config->latency_tracking);
    call->client->last_command = call->command;
    if (__builtin_expect(took_ns >= run->note_ns, 0) || wait_queue_has_ready() ||
        __builtin_expect(call->client->flags & CLIENT_TRACKER, 0))
        return run_tell(run, call, took_ns);
    return RAN;
}

/*
 * Clients wait to move on what some keys come to hold: if these (NULL: any in the shards) are among them, locks the
 * shards of where to as well. False: nothing is locked, and the world was stopped meanwhile.
 */
bool run_lock_destinations(const struct run *run, struct shard_set *shards, const struct key *keys, size_t count)
{
    struct shard_set wanted;
    bool same = true;
    while (same && wait_queue_reach(keys, count, shards, &wanted)) {
        keyspace_unlock(run->server->keyspace, shards);
        *shards = wanted;
        same = keyspace_lock_unless_long(run->server->keyspace, shards);
    }
    return same;
}

void run_wait_is_over(struct run *run)
{
    lock_wait_stand_back();
    run_look_again(run);
    run->mark_ns = clock_monotonic_ns(); /* what others did in the stopped world isn't the command's time */
}

static struct run begin(const struct client *client, int64_t now_ms, int64_t now_ns)
{
    struct worker *worker = client->conn.worker;
    return (struct run){
        .server = client->server,
        .worker = worker,
        .stats = stats_of(worker_index(worker)),
        .now_ms = now_ms,
        .now_s = (uint32_t)(now_ns / 1000000000),
        .note_ns = note_threshold_ns(&client->server->config),
        .mark_ns = now_ns,
        .turn_ns = now_ns + TURN_NS,
    };
}

struct run run_begin(const struct client *client)
{
    return begin(client, clock_wall_ms(), clock_monotonic_ns());
}

struct run run_begin_inside(const struct call *outer)
{
    struct run run = begin(outer->client, outer->view.now_ms, clock_monotonic_ns());
    run.inside = true;
    return run;
}
