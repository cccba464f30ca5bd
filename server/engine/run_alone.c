#include "engine/run_alone.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/gate.h"
#include "clients/attention.h"
#include "clients/client.h"
#include "clients/client_limits.h"
#include "clients/clients.h"
#include "clients/monitor.h"
#include "clients/own_pushes.h"
#include "clients/pause.h"
#include "clients/tracking.h"
#include "clients/transaction.h"
#include "clients/turn.h"
#include "clients/watch.h"
#include "command/call.h"
#include "command/command_table.h"
#include "command/handlers.h"
#include "engine/call_keys.h"
#include "engine/execution.h"
#include "engine/refusal.h"
#include "engine/room.h"
#include "engine/run.h"
#include "engine/run_check.h"
#include "engine/saving.h"
#include "engine/script_request.h"
#include "engine/script_watch.h"
#include "net/worker.h"
#include "record/stats.h"
#include "server.h"

#include <string.h>

/* Whether the request is EXEC of a transaction. */
static bool executes_queue(const struct client *client, const struct command *command)
{
    return (command->flags & CMD_EXECUTES) && (client->flags & CLIENT_MULTI);
}

/* What became of a try. */
enum tried {
    TRIED_DONE, /* run, or answered with the reason why not */
    TRIED_HELD,
    TRIED_IN_VAIN, /* it must be asked anew whether the request may run: the world was stopped, or it needs room */
};

/*
 * Runs the call with the world stopped. It has to be asked again whether it may run when another thread had it stopped.
 * When one stays inside the gate for long, the worker serves its other clients before it tries again.
 */
static enum tried run_exclusively(struct run *run, struct execution *execution, struct call *call)
{
    struct gate_member *gate = worker_gate(run->worker);
    reply_end(&execution->reply); /* whoever has stopped the world may look at this client's output */
    enum gate_attempt attempt = gate_attempt_close(gate);
    if (attempt == GATE_TAKEN) {
        gate_leave(gate);
        gate_enter(gate);
    }
    reply_resume(&execution->reply);
    run->mark_ns = clock_monotonic_ns(); /* waiting isn't the command's time */
    if (attempt == GATE_CLOSED) {
        run->held = NULL;
        run->note_ns = 0; /* it may change what is noted, which then holds for itself */
        run->server->actor = call->client;
        run_call(run, call); /* it has no use for its keys, or it is EXEC */
        run->server->actor = NULL;
        if (call->outcome == CALL_DONE && monitor_wants(call->command)) /* before what others run afterwards */
            run_tell_monitors(run, call->client, call->argc, call->argv);
        gate_open(gate);
        keyspace_free_dropped();
    }
    if (attempt == GATE_BUSY)
        execution->held = HELD_RETRY;
    run_look_again(run);
    return attempt == GATE_CLOSED ? TRIED_DONE : attempt == GATE_TAKEN ? TRIED_IN_VAIN : TRIED_HELD;
}

static void add_shards_of_transaction(const struct call *call, struct shard_set *shards)
{
    if (executes_queue(call->client, call->command))
        *shards = transaction_needs(call->client)->shards;
    watches_add_shards(call->client, shards);
}

static enum tried run_locked(struct run *run, struct call *call)
{
    struct call_keys found;
    struct shard_set shards = {0};
    call_keys_find(&found, call);
    int to_lock = call->command->flags & CMD_UNLOCKED ? 0 : call->key_count;
    for (int i = 0; i < to_lock; i++)
        shard_set_add(&shards, call->keys[i].hash);
    if (call->command->flags & CMD_EXECUTES)
        add_shards_of_transaction(call, &shards);
    const struct key *keys = executes_queue(call->client, call->command) ? NULL : call->keys;
    bool same = run_lock(run, &shards, keys, (size_t)to_lock);
    if (same) {
        if (__builtin_expect(turn_is_unfinished(call->client), 0))
            run->mark_ns -= turn_work(call)->took_ns; /* one command, however many turns it has taken */
        if (call->client->flags & CLIENT_TRACKER)
            tracking_before_call(call);
        run_call(run, call);
        keyspace_unlock(run->server->keyspace, &shards);
    }
    call_keys_deinit(&found);
    return same ? TRIED_DONE : TRIED_IN_VAIN;
}

/* Whether the command is a script that may not even begin without room. */
static bool is_script_denied(const struct command *command, const struct request *request)
{
    return (command->flags & (CMD_SCRIPT | CMD_DENYOOM)) == CMD_SCRIPT &&
           script_request_denies_oom(command, request->argv, request->argc);
}

static bool is_refused_room(const struct server *server, const struct command *command, const struct request *request)
{
    return room_is_exceeded(server) && is_script_denied(command, request);
}

/* Refuses the command. A transaction that it belongs to is spoilt, or over. */
static void run_reject(const struct run *run, struct execution *execution, const struct command *command,
                       const char *refusal)
{
    struct client *client = execution->client;
    if (executes_queue(client, command))
        run_abort_transaction(client, refusal, strlen(refusal), &execution->reply);
    else
        reply_error(&execution->reply, refusal);
    if (client->flags & CLIENT_MULTI)
        transaction_spoil(client);
    counter_add(&run->stats->per_command[command->number].rejected, 1);
}

/*
 * Makes room for what the request adds; one that goes on after a turn has had its room. TRIED_IN_VAIN: there is room;
 * otherwise it was refused, or has to wait.
 */
static enum tried run_make_room(const struct run *run, struct execution *execution, const struct command *command,
                                const struct request *request)
{
    size_t bytes = room_of_request(request) + run->room, largest = run->room;
    bool executes = executes_queue(execution->client, command);
    if (executes)
        bytes = transaction_needs(execution->client)->room;
    bool is_script = (command->flags & (CMD_SCRIPT | CMD_DENYOOM)) == CMD_SCRIPT;
    if (is_script) /* it asks for more, and is refused what it can't have, by itself */
        bytes += SCRIPT_REQUEST_ROOM;
    if (!(executes ? bytes > 0 : is_script || (command->flags & CMD_DENYOOM)) || room_is_ample(bytes) ||
        (run->room == 0 && turn_is_unfinished(execution->client)))
        return TRIED_IN_VAIN;
    if (executes)
        largest = transaction_needs(execution->client)->largest;
    for (int i = 0; i < request->argc; i++)
        largest = request->argv[i].len > largest ? request->argv[i].len : largest;
    enum room room = room_make(run->server, bytes, largest);
    if (room == ROOM_MADE || (is_script && room == ROOM_NONE && !is_refused_room(run->server, command, request)))
        return TRIED_IN_VAIN;
    if (room != ROOM_NONE) {
        execution->held = room == ROOM_LATER ? HELD_RETRY : HELD_TURN;
        return TRIED_HELD;
    }
    run_reject(run, execution, command, REFUSAL_NO_MEMORY);
    return TRIED_DONE;
}

/* Whether the request is to wait for the end of a pause. */
static bool run_pauses(struct client *client, const struct command *command, const struct request *request)
{
    uint32_t flags = command->flags;
    if (executes_queue(client, command) && transaction_needs(client)->writes)
        flags |= CMD_WRITE;
    if ((flags & CMD_SCRIPT) && script_request_reads(command, request->argv, request->argc))
        flags &= ~(uint32_t)CMD_MAY_REPLICATE;
    return pause_holds(client, flags);
}

static void run_queue(struct execution *execution, const struct command *command, const struct request *request)
{
    struct client *client = execution->client;
    bool denies = (command->flags & CMD_DENYOOM) || is_script_denied(command, request);
    transaction_queue(client, command, request, denies ? room_of_request(request) : 0);
    reply_simple(&execution->reply, "QUEUED");
    clients_check_queued(client);
}

/* What becomes of the request while a script runs long. A transaction that is refused its EXEC is over. */
static enum script_verdict run_judge(const struct run *run, struct execution *execution, const struct command *command,
                                     const struct request *request)
{
    if (!(command->flags & CMD_EXECUTES))
        return script_watch_judge(run->server, command, request->argv, request->argc, &execution->reply);
    struct output aside = {0};
    struct reply refusal;
    reply_begin(&refusal, &aside, 2);
    enum script_verdict verdict = script_watch_judge(run->server, command, request->argv, request->argc, &refusal);
    reply_end(&refusal);
    if (verdict == SCRIPT_VERDICT_REFUSE) { /* "-", "\r\n" */
        transaction_end(execution->client);
        watches_end(execution->client);
        reply_errorf(&execution->reply, "EXECABORT Transaction discarded because of: %.*s", (int)aside.head->len - 3,
                     aside.head->start + 1);
    }
    output_clear(&aside);
    return verdict;
}

/* A script runs long: the request is tried again later, or has been refused. */
static enum tried run_leave(const struct run *run, struct execution *execution, const struct command *command,
                            bool waits)
{
    if (waits) {
        execution->held = HELD_RETRY;
        return TRIED_HELD;
    }
    if (execution->client->flags & CLIENT_MULTI)
        transaction_spoil(execution->client);
    counter_add(&run->stats->per_command[command->number].rejected, 1);
    return TRIED_DONE;
}

/* Whether the request would change keys. A script is asked at each of its calls, and before it if it says that it may. */
static bool run_writes(struct client *client, const struct command *command, const struct request *request)
{
    if (executes_queue(client, command))
        return transaction_needs(client)->changes_keys;
    bool is_script = (command->flags & CMD_SCRIPT) && !(client->flags & CLIENT_MULTI);
    return (command->flags & CMD_WRITE) ||
           (is_script && script_request_announces_writes(command, request->argv, request->argc));
}

/* The last snapshot has failed: what changes something is answered so. PING tells as well, as in Redis. */
static bool run_refuses_writes(const struct run *run, struct execution *execution, const struct command *command,
                               const struct request *request)
{
    struct client *client = execution->client;
    if (!(command->run == cmd_ping || run_writes(client, command, request)) || !saving_stops_writes(run->server))
        return false;
    run_reject(run, execution, command, REFUSAL_UNSAVED);
    return true;
}

/* One with scripts stops the world only for the commands that need it (run_queued()). */
static bool transaction_runs_alone(const struct client *client)
{
    const struct transaction_needs *needs = transaction_needs(client);
    return needs->stopped_world && !needs->runs_script;
}

static enum tried run_try(struct run *run, struct execution *execution, const struct request *request)
{
    struct client *client = execution->client;
    const struct command *command = run_admit(run, client, request->argv, request->argc, &execution->reply);
    if (!command)
        return TRIED_DONE;
    if (attention_has(ATTENTION_LOADING) && !(command->flags & CMD_LOADING)) {
        run_reject(run, execution, command, REFUSAL_LOADING);
        return TRIED_DONE;
    }
    if (attention_has(ATTENTION_PAUSE) && run_pauses(client, command, request)) {
        execution->held = HELD_PAUSE;
        return TRIED_HELD;
    }
    if (attention_has(ATTENTION_SCRIPTS)) {
        enum script_verdict verdict = run_judge(run, execution, command, request);
        if (verdict != SCRIPT_VERDICT_RUN)
            return run_leave(run, execution, command, verdict == SCRIPT_VERDICT_WAIT);
    }
    if (attention_has(ATTENTION_SAVING) && run_refuses_writes(run, execution, command, request))
        return TRIED_DONE;
    enum tried room = run_make_room(run, execution, command, request);
    if (room != TRIED_IN_VAIN)
        return room;
    if ((client->flags & CLIENT_MULTI) && !(command->flags & CMD_NOT_QUEUED)) {
        run_queue(execution, command, request);
        return TRIED_DONE;
    }
    struct call call;
    run_call_init(&call, run, client, command, request, &execution->reply);
    call.room = run->room;
    call.member_hash = 0;
    call.key_count = 0;
    call.keys = NULL;
    bool exclusive =
        (command->flags & CMD_EXCLUSIVE) || (executes_queue(client, command) && transaction_runs_alone(client));
    enum tried tried = exclusive ? run_exclusively(run, execution, &call) : run_locked(run, &call);
    if (tried == TRIED_IN_VAIN && attention_has(ATTENTION_SCRIPTS))
        return run_leave(run, execution, command, true);
    if (tried != TRIED_DONE)
        return tried;
    if (call.outcome == CALL_NEEDS_TURN) {
        execution->held = turn_work(&call)->waits ? HELD_RETRY : HELD_TURN;
        return TRIED_HELD;
    }
    if (call.outcome == CALL_WAITS)
        execution->held = HELD_WAITING; /* with what comes behind the request, which is done */
    if (call.outcome == CALL_NEEDS_ROOM) {
        run->room = call.room;
        return TRIED_IN_VAIN;
    }
    if (call.outcome == CALL_BEGINS_AGAIN) {
        if (attention_has(ATTENTION_SCRIPTS))
            return run_leave(run, execution, command, true);
        run_look_again(run);
        return TRIED_IN_VAIN;
    }
    if (!exclusive && monitor_wants(command))
        run_tell_monitors(run, client, request->argc, request->argv);
    if (client->extra)
        clients_check_queued(client);
    return TRIED_DONE;
}

/* False when the request is held. One whose client was closed meanwhile is done. */
static bool run_dispatch(struct run *run, struct execution *execution, const struct request *request)
{
    enum tried tried;
    run->room = 0;
    do
        tried = run_try(run, execution, request);
    while (tried == TRIED_IN_VAIN && execution->client->conn.state == CONN_OPEN);
    return tried != TRIED_HELD;
}

/* Runs a request with all checks; false when the request has to wait. */
bool run_alone(struct run *run, struct execution *execution, const struct request *request)
{
    struct client *client = execution->client;
    struct reply_mark mark = {0};
    bool may_be_silent = !(client->flags & CLIENT_MULTI) ||
                         (client->flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP_NEXT)) ||
                         transaction_needs(client)->may_silence; /* what is queued is always answered */
    if (may_be_silent)
        mark = reply_mark(&execution->reply);
    if (client->flags & CLIENT_REPLY_SKIP_NEXT) {
        client->flags &= ~(uint32_t)CLIENT_REPLY_SKIP_NEXT;
        client->flags |= CLIENT_REPLY_SKIP;
    }
    bool ran = run_dispatch(run, execution, request);
    if (ran)
        turn_drop(client); /* it has ended, or may not go on */
    if (may_be_silent && (client->flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP)))
        reply_rollback(&execution->reply, mark);
    own_pushes_write(&execution->reply);
    if (ran && (client->flags & CLIENT_TRACKER))
        tracking_after_request(client, request, &execution->reply);
    if (!ran && (client->flags & CLIENT_REPLY_SKIP))
        client->flags |= CLIENT_REPLY_SKIP_NEXT; /* it is still the next one */
    client->flags &= ~(uint32_t)CLIENT_REPLY_SKIP;
    return ran;
}
