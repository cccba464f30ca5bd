#include "engine/run_inside.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/gate.h"
#include "clients/client.h"
#include "clients/monitor.h"
#include "clients/transaction.h"
#include "command/call.h"
#include "engine/call_keys.h"
#include "engine/effect.h"
#include "engine/guard.h"
#include "engine/refusal.h"
#include "engine/run.h"
#include "engine/run_check.h"
#include "engine/script_pause.h"
#include "engine/script_watch.h"
#include "record/stats.h"
#include "server.h"
#include "store/hold.h"
#include "store/keyspace.h"

#define PREFETCHED_KEYS 32 /* about twice what a core has cache misses in flight */

void run_inside(struct call *outer, struct arg *argv, int argc, struct reply *reply)
{
    struct run run = run_begin_inside(outer);
    uint32_t errors = reply->errors;
    const struct command *command = run_admit(&run, outer->client, argv, argc, reply);
    if (command && (command->flags & (CMD_EXCLUSIVE | CMD_UNLOCKED)) && !gate_is_mine()) {
        refuse_inside(command, reply);
    } else if (command) {
        struct call call;
        struct call_keys found;
        run_call_init(&call, &run, outer->client, command, &(struct request){.argc = argc, .argv = argv}, reply);
        call.inside = true;
        call.member_hash = 0;
        call_keys_find(&found, &call);
        if (run_call(&run, &call) == RAN_NOT)
            reply_error(reply, REFUSAL_NO_MEMORY); /* it is too late to make room */
        call_keys_deinit(&found);
        outer->view.events += call.view.events;
    }
    reply->errors = errors; /* they are the inner command's failures, not the outer one's */
}

/*
 * Until hold_end(). It waits as scripts do, with all shards, so it counts as one. False: a script that has changed
 * something waits for this call.
 */
static bool stop_world(struct call *exec, struct hold *hold)
{
    enum hold_outcome outcome = HOLD_BUSY;
    struct script_watch watch;
    script_watch_begin(&watch, exec, "EXEC", false, clock_monotonic_ns());
    script_watch_note_write(&watch, true);
    hold_begin_inside(hold, exec->server->keyspace);
    while (outcome == HOLD_BUSY && script_pause(&watch))
        outcome = hold_alone(hold, true);
    script_watch_end(&watch);
    return outcome == HOLD_HELD;
}

/* The world runs, and this command needs it to be stopped. */
static enum ran run_in_stopped_world(struct run *run, struct call *call)
{
    struct hold hold;
    enum ran ran = RAN;
    if (stop_world(call, &hold)) {
        call->server->actor = call->client;
        ran = run_call(run, call);
        call->server->actor = NULL;
    } else {
        reply_error(call->reply, "ERR a script is waiting for this transaction; this command was left out");
    }
    hold_end(&hold);
    return ran;
}

static void run_one_queued(struct run *run, struct call *exec, const struct queued *queued)
{
    struct client *client = exec->client;
    struct call call;
    run_call_init(&call, run, client, queued->command, &queued->request, exec->reply);
    call.inside = true;
    call.member_hash = 0;
    call.keys = queued->keys;
    call.key_count = queued->key_count;
    if ((client->flags & CLIENT_GUARDED) && !guard_admits_queued(&call)) {
        counter_add(&run->stats->per_command[queued->command->number].rejected, 1);
        return;
    }
    bool stops_world = (queued->command->flags & (CMD_EXCLUSIVE | CMD_UNLOCKED)) &&
                       !(queued->command->flags & CMD_SCRIPT) && !gate_is_mine();
    enum ran ran = stops_world ? run_in_stopped_world(run, &call) : run_call(run, &call);
    if (ran == RAN_NOT)
        reply_error(exec->reply, REFUSAL_NO_MEMORY); /* it is too late to make room */
    client->last_command = exec->command;
    if (monitor_wants(queued->command))
        run_tell_monitors(run, client, queued->request.argc, queued->request.argv);
    exec->view.events += call.view.events;
}

/* The keys of the first commands, as far as a core has cache misses in flight, are fetched together. */
static void queue_prefetch(const struct view *view, const struct queued *queued, unsigned count,
                           void (*prefetch)(const struct view *view, uint64_t hash))
{
    int keys = 0;
    for (unsigned i = 0; i < count && keys < PREFETCHED_KEYS; i++)
        for (int k = 0; k < queued[i].key_count && keys < PREFETCHED_KEYS; k++, keys++)
            prefetch(view, queued[i].keys[k].hash);
}

void run_queued(struct call *exec)
{
    unsigned count;
    const struct queued *queued = transaction_requests(exec->client, &count);
    struct run run = run_begin_inside(exec);
    uint32_t errors = exec->reply->errors;
    queue_prefetch(&exec->view, queued, count, keyspace_prefetch_bucket);
    queue_prefetch(&exec->view, queued, count, keyspace_prefetch_entry);
    reply_array(exec->reply, count);
    effect_group_begin();
    bool fell_silent = false;
    for (unsigned i = 0; i < count; i++) {
        run_one_queued(&run, exec, &queued[i]);
        fell_silent = fell_silent || (exec->client->flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP_NEXT));
    }
    if (fell_silent)
        exec->client->flags |= CLIENT_REPLY_SKIP; /* the reply isn't whole, and without it all others are */
    effect_group_end();
    exec->reply->errors = errors;
}
