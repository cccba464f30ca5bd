/*
 * A group holds the locks of all its keys, so it is short: GROUP_CALLS requests. A core can have about that many cache
 * misses in flight, and other workers wait only briefly. A group runs when it is full, before a request that must run
 * alone, and at the end; so each client's requests run in their order.
 *
 * Before each request the executor asks whether it may run in a group: monitors, CLIENT REPLY, CLIENT PAUSE, a
 * transaction and a full memory require a look at every request, and then all run alone. So the common path contains
 * none of these tests. Room for what the writes of a group add is made at once, before it takes its locks.
 *
 * Requests that have taken more than a turn together (turn.h) end it: the rest of them waits until the worker has
 * served its other clients. Within a group only a command that takes a turn by itself is noticed, so that short ones
 * pay nothing for it; what is left of the group is gathered anew.
 */
#include "engine/executor.h"

#include "base/blob.h"
#include "base/clock.h"
#include "base/counter.h"
#include "base/gate.h"
#include "base/memory.h"
#include "command/call.h"
#include "command/command_table.h"
#include "engine/attention.h"
#include "engine/client.h"
#include "engine/client_limits.h"
#include "engine/client_names.h"
#include "engine/clients.h"
#include "engine/effect.h"
#include "engine/guard.h"
#include "engine/monitor.h"
#include "engine/pause.h"
#include "engine/refusal.h"
#include "engine/room.h"
#include "engine/subscriptions.h"
#include "engine/tracking.h"
#include "engine/transaction.h"
#include "engine/turn.h"
#include "engine/waiting.h"
#include "engine/watch.h"
#include "net/worker.h"
#include "record/latency.h"
#include "record/slowlog.h"
#include "record/stats.h"
#include "resp/parser.h"
#include "server.h"
#include "types/member_ahead.h"

#include <string.h>

#define GROUP_CALLS 16
#define GROUP_KEYS 32

/* The state of one executor_run(). What a stopped world may change is taken again after each: run_look_again(). */
struct run {
    struct server *server;
    struct worker *worker;
    struct thread_stats *stats;
    int64_t now_ms; /* wall time of its commands */
    uint32_t now_s; /* monotonic, when it began */
    int64_t
        note_ns; /* from which duration on a command is noted: by the slow log, the latency monitor, an effect's sink */
    int64_t mark_ns;              /* when the command that runs now began: the end of the one before */
    int64_t turn_ns;              /* when the turn of all these requests is over; monotonic as well */
    size_t room;                  /* bytes that the command has asked for beyond those of its request */
    const struct shard_set *held; /* the shards of the calls that run; NULL: the world is stopped */
    bool lone;                    /* the first request that is given back from the group must run alone */
    bool inside;                  /* a command inside another one, which has made room in memory for both */
};

/* Calls that run under one set of locks. */
struct group {
    unsigned call_count, key_count;
    int members;  /* not 0 if some of the commands looks for a member */
    unsigned ran; /* calls that have run when the group has */
    size_t bytes; /* of the requests that may add to the memory in use */
    struct shard_set shards;
    struct call calls[GROUP_CALLS];
    struct key keys[GROUP_KEYS];
};

/* ---- after a command ---- */

enum ran {
    RAN_NOT,  /* the call hasn't ended */
    RAN,      /* it has */
    RAN_LONG, /* it has, and the next one of a group is to wait for another turn */
};

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
static void run_look_again(struct run *run)
{
    run->now_ms = clock_wall_ms();
    run->note_ns = note_threshold_ns(&run->server->config);
}

/* Where more is to be told than is written meanwhile, the turn of these requests is over. */
static void run_tell_monitors(struct run *run, const struct client *client, int argc, const struct arg *argv)
{
    if (!monitor_feed(client, argc, argv))
        run->turn_ns = INT64_MIN;
}

/* It is recorded when it has ended; one that waits is counted now, as in Redis. */
static __attribute__((noinline)) enum ran run_note_unfinished(const struct run *run, const struct call *call,
                                                              int64_t took_ns)
{
    if (call->outcome == CALL_NEEDS_TURN)
        turn_work(call)->took_ns = took_ns;
    else if (call->outcome == CALL_WAITS)
        stats_record_begun(run->stats, call->command->number, (uint64_t)took_ns);
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
        waiting_serve(run->server, run->held);
        run->mark_ns = clock_monotonic_ns();
    }
    if (call->client->flags & CLIENT_TRACKER)
        tracking_after_call(call);
    return ran;
}

/* Runs the handler and updates the statistics. */
static __attribute__((noinline)) enum ran run_call(struct run *run, struct call *call)
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
 * Fills in all but the keys, which the caller adds, and member_hash. Field by field, because the struct is too large
 * to be cleared each time.
 */
static inline void call_init(struct call *call, const struct run *run, struct client *client,
                             const struct command *command, const struct request *request, struct reply *reply)
{
    call->server = run->server;
    call->client = client;
    call->command = command;
    call->argc = request->argc;
    call->argv = request->argv;
    call->view.keyspace = run->server->keyspace;
    call->view.db = client->db;
    call->view.no_touch = (client->flags & CLIENT_NO_TOUCH) && !(command->flags & CMD_TOUCHES);
    call->view.now_ms = run->now_ms;
    call->view.now_s = run->now_s;
    call->view.actor = client->conn.id;
    call->view.events = 0;
    call->reply = reply;
    call->room = 0;
    call->outcome = CALL_DONE;
    call->inside = false;
    call->effect_said = false;
}

/* ---- groups ---- */

static inline void group_add_key(struct group *group, const struct arg *arg)
{
    struct key *key = &group->keys[group->key_count++];
    *key = key_make(arg->data, arg->len);
    shard_set_add(&group->shards, key->hash);
}

/* Adds the keys of a request that has several or none. False when there is no room for them. */
static bool group_add_keys(struct group *group, const struct command *command, const struct request *request)
{
    struct key_ref refs[GROUP_KEYS];
    int room = GROUP_KEYS - (int)group->key_count;
    int count = command_keys(command, request->argv, request->argc, refs, room);
    if (count < 0 || count > room)
        return false;
    for (int i = 0; i < count; i++)
        group_add_key(group, &request->argv[refs[i].position]);
    return true;
}

/*
 * Whether the client may run the request, for groups; if it may not, the request runs alone, and that answers why not.
 */
static inline bool group_may_take(const struct execution *execution, const struct command *command,
                                  const struct request *request)
{
    return !(execution->client->flags & CLIENT_GUARDED) ||
           guard_allows(execution->client, command, request->argv, request->argc);
}

static __attribute__((noinline)) size_t large_request_adds(const struct request *request)
{
    size_t bytes = request->bytes;
    for (int i = 0; i < request->argc; i++)
        if (request->argv[i].len >= BLOB_MIN)
            bytes += blob_memory_for(request->argv[i].len) - request->argv[i].len;
    return bytes;
}

/* About the bytes that a request adds to the memory in use if all it says is kept: a large value is an allocation. */
static inline size_t request_adds(const struct request *request)
{
    return __builtin_expect(request->bytes < BLOB_MIN, 1) ? request->bytes : large_request_adds(request);
}

/* Takes the request into the group if it is of a kind that may run in groups and if there is room. */
static inline bool group_add(struct group *group, const struct run *run, struct execution *execution,
                             const struct request *request)
{
    const struct command *command = command_find(request->argv[0].data, request->argv[0].len);
    if (!command || !(command->flags & CMD_GROUPABLE) || !command_arity_ok(command, request->argc) ||
        !group_may_take(execution, command, request))
        return false;
    unsigned first_key = group->key_count;
    if (command->single_key && first_key < GROUP_KEYS)
        group_add_key(group, &request->argv[command->single_key]);
    else if (!group_add_keys(group, command, request))
        return false;
    struct call *call = &group->calls[group->call_count++];
    call_init(call, run, execution->client, command, request, &execution->reply);
    call->key_count = (int)(group->key_count - first_key);
    call->keys = &group->keys[first_key];
    group->members |= command->member;
    if (command->flags & CMD_DENYOOM)
        group->bytes += request_adds(request);
    return true;
}

/* One step of looking ahead for all keys: first all buckets, and when those have come, all entries. */
static void group_prefetch(const struct group *group, void (*prefetch)(const struct view *view, uint64_t hash))
{
    for (unsigned i = 0; i < group->call_count; i++)
        for (int k = 0; k < group->calls[i].key_count; k++)
            prefetch(&group->calls[i].view, group->calls[i].keys[k].hash);
}

/*
 * Where members are looked for in large collections, brings what those searches will read into the cache: one step of
 * all searches after the other. Most requests of a group are about one key, so that is looked up once.
 */
static void group_look_ahead(struct group *group)
{
    struct tree_ahead ahead[GROUP_CALLS];
    unsigned count = 0;
    const struct call *before = NULL;
    const struct entry *entry = NULL;
    for (unsigned i = 0; i < group->call_count; i++) {
        struct call *call = &group->calls[i];
        call->member_hash = 0;
        if (group->call_count == 1 || call->command->member == 0 || call->command->member >= call->argc)
            continue;
        if (!before || before->keys[0].hash != call->keys[0].hash || before->view.db != call->view.db)
            entry = keyspace_peek(&call->view, &call->keys[0]);
        before = call;
        if (entry && member_ahead_begin(&ahead[count], entry, &call->argv[call->command->member]))
            call->member_hash = ahead[count++].hash;
    }
    for (unsigned step = 0; step < TREE_AHEAD_STEPS; step++)
        for (unsigned i = 0; i < count; i++)
            tree_ahead_step(&ahead[i], step);
}

/*
 * Clients wait to move on what some keys come to hold: if these (NULL: any in the shards) are among them, locks the
 * shards of where to as well. False: the world was stopped meanwhile.
 */
static __attribute__((noinline)) bool lock_destinations(const struct run *run, struct shard_set *shards,
                                                        const struct key *keys, size_t count)
{
    struct shard_set wanted;
    bool same = true;
    while (same && wait_queue_reach(keys, count, shards, &wanted)) {
        keyspace_unlock(run->server->keyspace, shards);
        *shards = wanted;
        same = keyspace_lock(run->server->keyspace, shards);
    }
    return same;
}

static __attribute__((noinline)) void leave_changed_world(struct run *run, const struct shard_set *shards)
{
    keyspace_unlock(run->server->keyspace, shards);
    run_look_again(run);
    run->mark_ns = clock_monotonic_ns(); /* what others did in the stopped world isn't the command's time */
}

/*
 * While this thread waits for locks, another one may stop the world and change it. False: that happened, and no lock is
 * held. What the calls may make others do (lock_destinations()) is locked as well.
 */
static inline bool lock_in_same_world(struct run *run, struct shard_set *shards, const struct key *keys, size_t count)
{
    run->held = shards;
    bool same = keyspace_lock(run->server->keyspace, shards);
    if (same && wait_queue_has_moves())
        same = lock_destinations(run, shards, keys, count);
    if (__builtin_expect(same, 1))
        return true;
    leave_changed_world(run, shards);
    return false;
}

/*
 * Returns how many calls have run. If not all, the others must be asked again whether they may: the world was stopped,
 * the next one needs more room in memory than its request announced, or the last one took long.
 */
static unsigned group_run(struct group *group, struct run *run)
{
    if (group->bytes > 0 && !room_is_ample(group->bytes) && room_make(run->server, group->bytes, 0) != ROOM_MADE)
        return 0; /* ATTENTION_MEMORY is set */
    if (!lock_in_same_world(run, &group->shards, group->keys, group->key_count))
        return 0;
    if (group->key_count > 1) {
        group_prefetch(group, keyspace_prefetch_bucket);
        group_prefetch(group, keyspace_prefetch_entry);
    }
    if (group->members)
        group_look_ahead(group);
    unsigned ran = 0;
    enum ran outcome = RAN;
    while (ran < group->call_count && (outcome = run_call(run, &group->calls[ran])) == RAN)
        ran++;
    if (__builtin_expect(outcome == RAN_LONG, 0))
        ran++;
    keyspace_unlock(run->server->keyspace, &group->shards);
    return ran;
}

/* ---- one request alone ---- */

/* Whether a request may run, as far as that doesn't depend on others; otherwise answers why not. */
static bool run_allows(const struct run *run, struct client *client, const struct command *command, struct arg *argv,
                       int argc, struct reply *reply)
{
    if (!command_arity_ok(command, argc) || !command->run) {
        refuse_arity(command, reply);
        return false;
    }
    if ((command->flags & CMD_PROTECTED) && run->server->config.enable_debug_command == PERMISSION_NO) {
        reply_error(reply, REFUSAL_PROTECTED);
        return false;
    }
    if ((command->flags & CMD_NO_MULTI) && (client->flags & CLIENT_MULTI)) {
        reply_error(reply, REFUSAL_IN_TRANSACTION);
        return false;
    }
    if ((client->flags & CLIENT_GUARDED) && !guard_admits(run->server, client, command, argv, argc, reply))
        return false;
    if (monitor_refuses(client, command)) {
        reply_error(reply, MONITOR_REFUSAL);
        return false;
    }
    return run->inside || !subscriptions_refuse(client, command, reply);
}

/* EXEC of a transaction that may not run now: the transaction is over. message: why, as an error reply. */
static void abort_transaction(struct client *client, const char *message, size_t len, struct reply *reply)
{
    size_t code = len > 4 && memcmp(message, "ERR ", 4) == 0 ? 4 : 0;
    message += code;
    len -= code;
    transaction_end(client);
    watches_end(client);
    reply_errorf(reply, "EXECABORT Transaction discarded because of: %.*s", (int)len, message);
}

/* As run_allows(), for EXEC. */
static bool run_allows_exec(const struct run *run, struct client *client, const struct command *command,
                            struct arg *argv, int argc, struct reply *reply)
{
    struct output aside = {0};
    struct reply refusal;
    reply_begin(&refusal, &aside, 2);
    bool allowed = run_allows(run, client, command, argv, argc, &refusal);
    reply_end(&refusal);
    if (!allowed) /* "-", "\r\n" */
        abort_transaction(client, aside.head->start + 1, aside.head->len - 3, reply);
    output_clear(&aside);
    return allowed;
}

/* The command of a request if it may run; otherwise answers why not and returns NULL. */
static const struct command *run_admit(const struct run *run, struct client *client, struct arg *argv, int argc,
                                       struct reply *reply)
{
    const struct command *command = command_find_call(argv, argc);
    bool in_transaction = client->flags & CLIENT_MULTI;
    if (!command || (command->subcommand_count > 0 && argc > 1)) {
        refuse_unknown(client, command, argv, argc, reply);
        if (in_transaction)
            transaction_spoil(client);
        return NULL;
    }
    client->last_command = command;
    bool executes = command->flags & CMD_EXECUTES; /* without a transaction it is refused in the same words */
    if ((executes ? run_allows_exec : run_allows)(run, client, command, argv, argc, reply))
        return command;
    if (in_transaction && !executes)
        transaction_spoil(client);
    counter_add(&run->stats->per_command[command->number].rejected, 1);
    return NULL;
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
        run_call(run, call);
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

/* The keys of a call that runs by itself: a few fit on the stack. */
struct call_keys {
    struct key *keys;
    struct key few[8];
};

static void call_keys_find(struct call_keys *found, struct call *call)
{
    struct key_ref few_refs[8], *refs = few_refs;
    int count = command_keys(call->command, call->argv, call->argc, refs, 8);
    found->keys = found->few;
    if (count > 8) {
        refs = mem_alloc((size_t)count * sizeof *refs);
        found->keys = mem_alloc((size_t)count * sizeof *found->keys);
        command_keys(call->command, call->argv, call->argc, refs, count);
    }
    for (int i = 0; i < count; i++) {
        const struct arg *arg = &call->argv[refs[i].position];
        found->keys[i] = key_make(arg->data, arg->len);
    }
    if (refs != few_refs)
        mem_free(refs);
    call->keys = found->keys;
    call->key_count = count < 0 ? 0 : count;
}

static void call_keys_deinit(struct call_keys *found)
{
    if (found->keys != found->few)
        mem_free(found->keys);
}

/* Whether the request is EXEC of a transaction. */
static bool executes_queue(const struct client *client, const struct command *command)
{
    return (command->flags & CMD_EXECUTES) && (client->flags & CLIENT_MULTI);
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
    if (call->command->flags & (CMD_UNWATCHES | CMD_EXECUTES))
        add_shards_of_transaction(call, &shards);
    const struct key *keys = executes_queue(call->client, call->command) ? NULL : call->keys;
    bool same = lock_in_same_world(run, &shards, keys, (size_t)to_lock);
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

/*
 * Makes room for what the request adds; one that goes on after a turn has had its room. TRIED_IN_VAIN: there is room;
 * otherwise it was refused, or has to wait.
 */
static enum tried run_make_room(const struct run *run, struct execution *execution, const struct command *command,
                                const struct request *request)
{
    size_t bytes = request_adds(request) + run->room, largest = run->room;
    bool executes = executes_queue(execution->client, command);
    if (executes)
        bytes = transaction_needs(execution->client)->room;
    if (!(executes ? bytes > 0 : command->flags & CMD_DENYOOM) || room_is_ample(bytes) ||
        (run->room == 0 && turn_is_unfinished(execution->client)))
        return TRIED_IN_VAIN;
    if (executes)
        largest = transaction_needs(execution->client)->largest;
    for (int i = 0; i < request->argc; i++)
        largest = request->argv[i].len > largest ? request->argv[i].len : largest;
    enum room room = room_make(run->server, bytes, largest);
    if (room == ROOM_MADE)
        return TRIED_IN_VAIN;
    if (room != ROOM_NONE) {
        execution->held = room == ROOM_LATER ? HELD_RETRY : HELD_TURN;
        return TRIED_HELD;
    }
    if (executes)
        abort_transaction(execution->client, REFUSAL_NO_MEMORY, strlen(REFUSAL_NO_MEMORY), &execution->reply);
    else
        reply_error(&execution->reply, REFUSAL_NO_MEMORY);
    if (execution->client->flags & CLIENT_MULTI)
        transaction_spoil(execution->client);
    counter_add(&run->stats->per_command[command->number].rejected, 1);
    return TRIED_DONE;
}

/* What is to wait for the end of a pause. */
static uint32_t flags_for_pause(const struct client *client, const struct command *command)
{
    return command->flags | (executes_queue(client, command) && transaction_needs(client)->writes ? CMD_WRITE : 0);
}

static void run_queue(struct execution *execution, const struct command *command, const struct request *request)
{
    struct client *client = execution->client;
    transaction_queue(client, command, request, command->flags & CMD_DENYOOM ? request_adds(request) : 0);
    reply_simple(&execution->reply, "QUEUED");
    clients_check_queued(client);
}

static enum tried run_try(struct run *run, struct execution *execution, const struct request *request)
{
    struct client *client = execution->client;
    const struct command *command = run_admit(run, client, request->argv, request->argc, &execution->reply);
    if (!command)
        return TRIED_DONE;
    if (pause_holds(client, flags_for_pause(client, command))) {
        execution->held = HELD_PAUSE;
        return TRIED_HELD;
    }
    enum tried room = run_make_room(run, execution, command, request);
    if (room != TRIED_IN_VAIN)
        return room;
    if ((client->flags & CLIENT_MULTI) && !(command->flags & CMD_NOT_QUEUED)) {
        run_queue(execution, command, request);
        return TRIED_DONE;
    }
    struct call call;
    call_init(&call, run, client, command, request, &execution->reply);
    call.room = run->room;
    call.member_hash = 0;
    call.key_count = 0;
    call.keys = NULL;
    bool exclusive = (command->flags & CMD_EXCLUSIVE) ||
                     (executes_queue(client, command) && transaction_needs(client)->stopped_world);
    enum tried tried = exclusive ? run_exclusively(run, execution, &call) : run_locked(run, &call);
    if (tried != TRIED_DONE)
        return tried;
    if (call.outcome == CALL_NEEDS_TURN) {
        execution->held = HELD_TURN;
        return TRIED_HELD;
    }
    if (call.outcome == CALL_WAITS)
        execution->held = HELD_WAITING; /* with what comes behind the request, which is done */
    if (call.outcome == CALL_NEEDS_ROOM) {
        run->room = call.room;
        return TRIED_IN_VAIN;
    }
    if (call.outcome == CALL_BEGINS_AGAIN) {
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
static bool run_alone(struct run *run, struct execution *execution, const struct request *request)
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
    if (ran && (client->flags & CLIENT_TRACKER))
        tracking_after_request(client, request, &execution->reply);
    if (!ran && (client->flags & CLIENT_REPLY_SKIP))
        client->flags |= CLIENT_REPLY_SKIP_NEXT; /* it is still the next one */
    client->flags &= ~(uint32_t)CLIENT_REPLY_SKIP;
    return ran;
}

/* ---- all requests that have come ---- */

static inline bool run_may_group(const struct client *client)
{
    return !(client->flags &
             (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP_NEXT | CLIENT_MONITOR | CLIENT_MULTI | CLIENT_LISTENING)) &&
           client->conn.state == CONN_OPEN && !attention_is_called_for();
}

static inline void group_clear(struct group *group)
{
    group->call_count = group->key_count = 0;
    group->members = 0;
    group->bytes = 0;
    group->shards = (struct shard_set){0};
}

/* Runs what has gathered, so that what follows comes after it. False: it must be gathered again (group_rewind). */
static inline bool group_finish(struct group *group, struct run *run)
{
    if (group->call_count == 0)
        return true;
    group->ran = group_run(group, run);
    if (__builtin_expect(group->ran < group->call_count, 0)) {
        run->lone = group->calls[group->ran].outcome == CALL_NEEDS_ROOM;
        return false;
    }
    group_clear(group);
    return true;
}

/*
 * Gives back to the executions what was gathered from them and hasn't run. Returns the index of the execution to go on
 * with; those behind it have run nothing yet, since a request that can't be gathered runs after the group before it.
 */
static unsigned group_rewind(struct group *group, struct execution *executions, unsigned at)
{
    const struct call *first = &group->calls[group->ran];
    executions[at].done = 0;
    while (executions[at].client != first->client)
        executions[--at].done = 0;
    while (executions[at].requests[executions[at].done].argv != first->argv)
        executions[at].done++;
    group_clear(group);
    return at;
}

/* Ends the turn if it is over and something has been done in it, so that everybody gets on. True if it ends. */
static inline bool run_ends_turn(const struct run *run, struct execution *execution)
{
    if (__builtin_expect(run->mark_ns < run->turn_ns, 1) || execution->done == 0 ||
        execution->done == execution->count || execution->client->conn.state != CONN_OPEN)
        return false;
    execution->held = HELD_TURN;
    return true;
}

/* Gathers the requests of one client into groups and runs those that can't be gathered. False as group_finish(). */
static bool run_requests(struct run *run, struct group *group, struct execution *execution)
{
    struct client *client = execution->client;
    while (execution->done < execution->count) {
        const struct request *request = &execution->requests[execution->done];
        if (run_may_group(client)) {
            if (group->call_count < GROUP_CALLS && group_add(group, run, execution, request)) {
                execution->done++;
                continue;
            }
            if (group->call_count > 0) { /* it is full, or there was no room for the request's keys */
                if (!group_finish(group, run))
                    return false;
                if (run_ends_turn(run, execution))
                    return true;
                continue;
            }
        }
        if (!group_finish(group, run))
            return false;
        if (client->conn.state != CONN_OPEN || !run_alone(run, execution, request))
            return true;
        execution->done++;
        if (execution->held == HELD_WAITING || run_ends_turn(run, execution))
            return true;
    }
    return true;
}

static struct run run_begin(struct client *client)
{
    struct worker *worker = client->conn.worker;
    int64_t now_ns = clock_monotonic_ns();
    return (struct run){
        .server = client->server,
        .worker = worker,
        .stats = stats_of(worker_index(worker)),
        .now_ms = clock_wall_ms(),
        .now_s = (uint32_t)(now_ns / 1000000000),
        .note_ns = note_threshold_ns(&client->server->config),
        .mark_ns = now_ns,
        .turn_ns = now_ns + TURN_NS,
    };
}

static void count_error(void *context, const char *message, size_t len)
{
    counter_add(&((struct thread_stats *)context)->errors, 1);
    stats_count_error(message, len);
}

/* So no more of its requests are run. What is to be left out doesn't count. */
static void execution_over(struct reply *reply)
{
    struct client *client = ((struct execution *)((char *)reply - offsetof(struct execution, reply)))->client;
    if (!(client->flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP)))
        conn_close(&client->conn);
}

static void execution_begin(struct execution *execution, const struct run *run)
{
    if (__builtin_expect(execution->client->flags & CLIENT_TRACKER, 0))
        tracking_catch_up(execution->client);
    reply_begin(&execution->reply, &execution->client->conn.output, execution->client->resp);
    execution->reply.on_error = count_error;
    execution->reply.on_error_context = run->stats;
    execution->reply.on_over = execution_over;
    clients_limit_reply(execution->client, &execution->reply);
    execution->done = 0;
    execution->held = HELD_NOT;
}

/* A request that can't run in a group though it can be gathered. */
static void run_lone(struct run *run, struct execution *execution)
{
    run->lone = false;
    if (execution->client->conn.state == CONN_OPEN && run_alone(run, execution, &execution->requests[execution->done]))
        execution->done++;
}

void executor_run(struct execution *executions, unsigned count)
{
    struct run run = run_begin(executions[0].client);
    struct group group;
    group_clear(&group);
    unsigned begun = 0;
    for (unsigned i = 0; i < count;) {
        if (i == begun) {
            execution_begin(&executions[i], &run);
            begun++;
        }
        bool last = i + 1 == count;
        bool held = executions[i].held != HELD_NOT;
        if ((held || run_requests(&run, &group, &executions[i])) && (!last || group_finish(&group, &run))) {
            i++;
            continue;
        }
        i = group_rewind(&group, executions, i);
        if (run.lone)
            run_lone(&run, &executions[i]);
        if (executions[i].held == HELD_NOT)
            run_ends_turn(&run, &executions[i]);
    }
    for (unsigned i = 0; i < count; i++) {
        reply_end(&executions[i].reply);
        executions[i].ended_ns = run.mark_ns;
        if (reply_is_over(&executions[i].reply))
            clients_end_over_limit(executions[i].client);
    }
}

/* ---- a call inside another ---- */

void executor_run_inside(struct call *outer, struct arg *argv, int argc, struct reply *reply)
{
    struct run run = run_begin(outer->client);
    uint32_t errors = reply->errors;
    run.now_ms = outer->view.now_ms;
    run.inside = true;
    const struct command *command = run_admit(&run, outer->client, argv, argc, reply);
    if (command && (command->flags & (CMD_EXCLUSIVE | CMD_UNLOCKED)) && !gate_is_mine()) {
        refuse_inside(command, reply);
    } else if (command) {
        struct call call;
        struct call_keys found;
        call_init(&call, &run, outer->client, command, &(struct request){.argc = argc, .argv = argv}, reply);
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

/* ---- EXEC ---- */

static void queued_run(struct run *run, struct call *exec, const struct queued *queued)
{
    struct client *client = exec->client;
    struct call call;
    call_init(&call, run, client, queued->command, &queued->request, exec->reply);
    call.inside = true;
    call.member_hash = 0;
    call.keys = queued->keys;
    call.key_count = queued->key_count;
    if ((client->flags & CLIENT_GUARDED) && !guard_admits_queued(&call)) {
        counter_add(&run->stats->per_command[queued->command->number].rejected, 1);
        return;
    }
    if (run_call(run, &call) == RAN_NOT)
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
    for (unsigned i = 0; i < count && keys < GROUP_KEYS; i++)
        for (int k = 0; k < queued[i].key_count && keys < GROUP_KEYS; k++, keys++)
            prefetch(view, queued[i].keys[k].hash);
}

void executor_run_queued(struct call *exec)
{
    unsigned count;
    const struct queued *queued = transaction_requests(exec->client, &count);
    struct run run = run_begin(exec->client);
    uint32_t errors = exec->reply->errors;
    run.now_ms = exec->view.now_ms;
    run.inside = true;
    queue_prefetch(&exec->view, queued, count, keyspace_prefetch_bucket);
    queue_prefetch(&exec->view, queued, count, keyspace_prefetch_entry);
    reply_array(exec->reply, count);
    effect_group_begin();
    bool fell_silent = false;
    for (unsigned i = 0; i < count; i++) {
        queued_run(&run, exec, &queued[i]);
        fell_silent = fell_silent || (exec->client->flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP_NEXT));
    }
    if (fell_silent)
        exec->client->flags |= CLIENT_REPLY_SKIP; /* the reply isn't whole, and without it all others are */
    effect_group_end();
    exec->reply->errors = errors;
}
