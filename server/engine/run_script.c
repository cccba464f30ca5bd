#include "engine/run_script.h"

#include "base/counter.h"
#include "base/memory.h"
#include "clients/attention.h"
#include "clients/client.h"
#include "clients/monitor.h"
#include "clients/waiting.h"
#include "command/call.h"
#include "command/command_table.h"
#include "engine/call_keys.h"
#include "engine/effect.h"
#include "engine/guard.h"
#include "engine/refusal.h"
#include "engine/room.h"
#include "engine/run.h"
#include "engine/saving.h"
#include "engine/script_pause.h"
#include "engine/script_watch.h"
#include "net/worker.h"
#include "record/stats.h"
#include "script/globals.h"
#include "script/interpreters.h"
#include "script/reply_from_lua.h"
#include "script/script_error.h"
#include "script/script_flags.h"
#include "server.h"
#include "store/hold.h"

#include <stddef.h>
#include <string.h>

#define RESTARTS_MAX 8 /* then it holds all */
#define OUT_OF_ROOM "OOM command not allowed when used memory > 'maxmemory'."
#define OUT_OF_REACH                                                                                                   \
    "ERR the script needs a key that it hasn't declared while another script needs the same; it has been ended. "      \
    "Declare the key, or try again"

/* Why a script was ended before its end. */
enum script_end { SCRIPT_GOES_ON, SCRIPT_RESTARTS, SCRIPT_OUT_OF_REACH, SCRIPT_KILLED };

/* A script that runs. */
struct script_execution {
    struct script_keeper keeper; /* first */
    const struct script_task *task;
    struct interpreter *interpreter;
    struct call *outer;
    int first; /* argument */
    struct run run;
    struct hold hold;
    struct shard_set wanted; /* by the next try */
    struct script_watch watch;
    enum script_end end;
    bool published; /* it has had an effect that no key shows */
    struct reply_mark mark;
};

static void end_early(struct script_execution *execution, enum script_end why)
{
    execution->end = why;
    interpreter_abort(execution->interpreter);
}

static bool has_written(const struct script_execution *execution)
{
    return execution->outer->view.events > 0 || execution->published;
}

/* Whether it can't begin again: inside EXEC others may have written before it. */
static bool has_changed(const struct script_execution *execution)
{
    return execution->outer->inside || has_written(execution);
}

/* ---- keys ---- */

static void keeper_pause(struct script_keeper *keeper)
{
    struct script_execution *execution = (struct script_execution *)keeper;
    if (!script_pause(&execution->watch))
        end_early(execution, SCRIPT_KILLED);
}

/* All workers that run the script read it, so it is written once. */
static void set_for_good(atomic_bool *flag)
{
    if (!atomic_load_explicit(flag, memory_order_relaxed))
        atomic_store_explicit(flag, true, memory_order_relaxed);
}

/* What it asks for isn't declared. */
static void note_reach(const struct script_execution *execution)
{
    if (execution->task->reaches_out)
        set_for_good(execution->task->reaches_out);
}

/* False: the script has been ended, or (HOLD_BUSY) is to ask again. */
static bool has_reached(struct script_execution *execution, enum hold_outcome outcome)
{
    if (outcome == HOLD_RESTART)
        end_early(execution, SCRIPT_RESTARTS);
    else if (outcome == HOLD_REFUSED)
        end_early(execution, SCRIPT_OUT_OF_REACH);
    else if (outcome == HOLD_BUSY)
        keeper_pause(&execution->keeper);
    return outcome == HOLD_HELD;
}

/* Asks for one more shard. False: the script has been ended. */
static bool reach(struct script_execution *execution, uint64_t hash)
{
    enum hold_outcome outcome = HOLD_BUSY;
    if (shard_set_has(&execution->hold.shards, hash))
        return true;
    note_reach(execution);
    while (outcome == HOLD_BUSY && execution->end == SCRIPT_GOES_ON) {
        outcome = hold_also(&execution->hold, hash, has_changed(execution));
        if (has_reached(execution, outcome))
            return true;
    }
    shard_set_add_all(&execution->wanted, &execution->hold.shards);
    shard_set_add(&execution->wanted, hash);
    return false;
}

/* The same for where those who wait for the keys will move something. */
static bool reach_destinations(struct script_execution *execution, const struct key *keys, int count)
{
    struct shard_set wanted;
    while (wait_queue_reach(keys, (size_t)count, &execution->hold.shards, &wanted))
        for (unsigned shard = 0; shard < KEYSPACE_SHARDS; shard++)
            if ((wanted.bits[shard / 64] >> (shard % 64) & 1) && !reach(execution, (uint64_t)shard << 15))
                return false;
    return true;
}

static bool reach_keys(struct script_execution *execution, const struct call *call)
{
    for (int i = 0; i < call->key_count; i++)
        if (!reach(execution, call->keys[i].hash))
            return false;
    return !wait_queue_has_moves() || !(call->command->flags & CMD_WRITE) ||
           reach_destinations(execution, call->keys, call->key_count);
}

/* For a command that runs only in a stopped world, or takes locks itself; until hold_beside(). */
static bool reach_everything(struct script_execution *execution)
{
    enum hold_outcome outcome = HOLD_BUSY;
    note_reach(execution);
    while (outcome == HOLD_BUSY && execution->end == SCRIPT_GOES_ON) {
        outcome = hold_alone(&execution->hold, has_changed(execution));
        if (has_reached(execution, outcome))
            return true;
    }
    shard_set_fill(&execution->wanted);
    return false;
}

/* ---- commands ---- */

/* For tests: DEBUG alone, which stops the world and touches neither its client nor the interpreter. */
static atomic_bool debug_allowed;

void run_script_allow_debug(bool allowed)
{
    atomic_store_explicit(&debug_allowed, allowed, memory_order_relaxed);
}

static bool is_barred(const struct command *command)
{
    if (!(command->flags & CMD_NOSCRIPT))
        return false;
    return !(command->flags & CMD_PROTECTED) || !atomic_load_explicit(&debug_allowed, memory_order_relaxed);
}

static bool may_write(const struct script_execution *execution)
{
    return !execution->task->read_only && !(execution->task->flags & SCRIPT_NO_WRITES);
}

/* Where no room is left, what may be evicted is: no key is in use between two commands. */
static bool has_room(const struct script_execution *execution, const struct command *command,
                     const struct request *request)
{
    size_t bytes = room_of_request(request);
    if (!(command->flags & CMD_DENYOOM) || (execution->task->flags & SCRIPT_ALLOW_OOM) || room_is_ample(bytes))
        return true;
    return room_make(execution->run.server, bytes, 0) == ROOM_MADE;
}

/* As the answer to the guard's refusal inside a script. */
static void refuse_rights(struct script_execution *execution, const struct command *command, struct arg *argv, int argc,
                          struct reply *reply)
{
    struct output aside = {0};
    struct reply refusal;
    struct client *client = execution->outer->client;
    reply_begin(&refusal, &aside, 2);
    guard_admits(execution->run.server, client, command, argv, argc, &refusal);
    reply_end(&refusal);
    const char *text = aside.head->start + 1, *words = memchr(text, ' ', aside.head->len - 1);
    reply_errorf(reply, "ERR ACL failure in script: %.*s", (int)(aside.head->start + aside.head->len - 2 - words - 1),
                 words + 1);
    output_clear(&aside);
}

/* The command if the script may call it; otherwise answers why not. */
static const struct command *admit(struct script_execution *execution, struct arg *argv, int argc, struct reply *reply)
{
    struct client *client = execution->outer->client;
    const struct command *command = command_find_call(argv, argc);
    if (!command || (command->subcommand_count > 0 && argc > 1)) {
        reply_error(reply, "ERR Unknown Redis command called from script");
    } else if (!command_arity_ok(command, argc) || !command->run) {
        reply_error(reply, "ERR Wrong number of args calling Redis command from script");
    } else if (is_barred(command)) {
        reply_error(reply, "ERR This Redis command is not allowed from script");
    } else if ((command->flags & CMD_WRITE) && !may_write(execution)) {
        reply_error(reply, "ERR Write commands are not allowed from read-only scripts.");
    } else if ((command->flags & CMD_WRITE) && attention_has(ATTENTION_SAVING) &&
               saving_stops_writes(execution->run.server)) {
        reply_error(reply, REFUSAL_UNSAVED);
    } else if ((client->flags & CLIENT_GUARDED) && !guard_allows(client, command, argv, argc)) {
        refuse_rights(execution, command, argv, argc, reply);
    } else if (!has_room(execution, command, &(struct request){.argc = argc, .argv = argv})) {
        reply_error(reply, OUT_OF_ROOM);
    } else {
        return command;
    }
    if (command)
        counter_add(&execution->run.stats->per_command[command->number].rejected, 1);
    return NULL;
}

static void run_command(struct script_execution *execution, const struct command *command, struct arg *argv, int argc,
                        struct reply *reply)
{
    struct call call;
    struct call_keys found;
    struct call *outer = execution->outer;
    run_call_init(&call, &execution->run, outer->client, command, &(struct request){.argc = argc, .argv = argv}, reply);
    call.inside = true;
    call.member_hash = 0;
    call_keys_find(&found, &call);
    bool reached =
        command->flags & (CMD_EXCLUSIVE | CMD_UNLOCKED) ? reach_everything(execution) : reach_keys(execution, &call);
    if (reached) {
        if (run_call(&execution->run, &call) == RAN_NOT)
            reply_error(reply, REFUSAL_NO_MEMORY);
        execution->keeper.now_ns = execution->run.mark_ns;
        if (monitor_wants(command))
            monitor_feed(outer->client, true, argc, argv);
        outer->view.events += call.view.events;
        execution->published = execution->published || (command->flags & CMD_PUBSUB);
    }
    hold_beside(&execution->hold);
    call_keys_deinit(&found);
}

static void keeper_command(struct script_keeper *keeper, struct arg *argv, int argc, struct reply *reply)
{
    struct script_execution *execution = (struct script_execution *)keeper;
    reply->on_error = execution->outer->reply->on_error;
    reply->on_error_context = execution->outer->reply->on_error_context;
    const struct command *command = admit(execution, argv, argc, reply);
    if (command)
        run_command(execution, command, argv, argc, reply);
    script_watch_note_write(&execution->watch, has_written(execution));
}

static int keeper_may_run(struct script_keeper *keeper, struct arg *argv, int argc)
{
    const struct client *client = ((struct script_execution *)keeper)->outer->client;
    const struct command *command = command_find_call(argv, argc);
    if (!command || (command->subcommand_count > 0 && argc > 1))
        return -1;
    return !(client->flags & CLIENT_GUARDED) || guard_allows(client, command, argv, argc);
}

/* ---- one try, protected ---- */

static void push_arguments(lua_State *lua, const struct arg *argv, int count)
{
    lua_createtable(lua, count, 0);
    for (int i = 0; i < count; i++) {
        lua_pushlstring(lua, argv[i].data, argv[i].len);
        lua_rawseti(lua, -2, i + 1);
    }
}

static int run_protected(lua_State *lua)
{
    struct script_execution *execution = lua_touserdata(lua, 1);
    struct call *outer = execution->outer;
    int first_argument = execution->first + outer->key_count;
    lua_settop(lua, 0);
    script_globals_reset(lua);
    execution->task->push(execution->interpreter, execution->task->context);
    push_arguments(lua, outer->argv + execution->first, outer->key_count);
    push_arguments(lua, outer->argv + first_argument, outer->argc - first_argument);
    int count = 2;
    if (!execution->task->is_function) {
        script_globals_set_arguments(lua);
        count = 0;
    }
    if (interpreter_call(execution->interpreter, &execution->keeper, count)) {
        interpreter_go_on(execution->interpreter, &execution->keeper);
        reply_from_lua(lua, execution->keeper.resp, outer->reply);
    } else if (execution->end == SCRIPT_GOES_ON) {
        script_error_reply(lua, execution->task->name, outer->reply);
    }
    return 0;
}

static void reply_to_end(struct script_execution *execution)
{
    struct reply *reply = execution->outer->reply;
    if (execution->end == SCRIPT_KILLED)
        reply_errorf(reply, "ERR Script killed by user with SCRIPT KILL... script: %s, on %s.", execution->task->name,
                     execution->interpreter->abort_place);
    else if (execution->end == SCRIPT_OUT_OF_REACH)
        reply_error(reply, OUT_OF_REACH);
}

static void try(struct script_execution *execution)
{
    struct client *client = execution->outer->client;
    int db = client->db;
    execution->end = SCRIPT_GOES_ON;
    execution->keeper.resp = 2;
    execution->keeper.now_ns = execution->run.mark_ns;
    client->flags |= CLIENT_IN_SCRIPT;
    if (!interpreter_protect(execution->interpreter, run_protected, execution)) {
        reply_rollback(execution->outer->reply, execution->mark);
        if (execution->end == SCRIPT_GOES_ON)
            reply_error(execution->outer->reply, "ERR not enough memory");
    }
    interpreter_is_done(execution->interpreter);
    client->flags &= ~(uint32_t)CLIENT_IN_SCRIPT;
    client->db = db;
    reply_to_end(execution);
}

/* ---- all of it ---- */

static bool begins_alone(const struct script_task *task)
{
    return task->reaches_out && (!atomic_load_explicit(task->has_run, memory_order_relaxed) ||
                                 atomic_load_explicit(task->reaches_out, memory_order_relaxed));
}

/* Takes the locks, with those of where waiters move what is under the keys. False: the call begins again. */
static bool take_hold(struct script_execution *execution)
{
    struct call *outer = execution->outer;
    if (outer->inside) {
        hold_begin_inside(&execution->hold, execution->run.server->keyspace);
        return true;
    }
    for (;;) {
        struct shard_set more;
        if (!hold_begin(&execution->hold, execution->run.server->keyspace, &execution->wanted,
                        begins_alone(execution->task) || shard_set_is_full(&execution->wanted))) {
            outer->outcome = CALL_BEGINS_AGAIN;
            return false;
        }
        if (!wait_queue_has_moves() ||
            !wait_queue_reach(outer->keys, (size_t)outer->key_count, &execution->hold.shards, &more))
            return true;
        hold_end(&execution->hold);
        shard_set_add_all(&execution->wanted, &more);
    }
}

/* While all is held: what the script did becomes known, and those who waited for it are served. */
static void settle(struct script_execution *execution)
{
    struct call *outer = execution->outer;
    outer->effect_said = true;
    if (!outer->inside)
        effect_group_end();
    if (wait_queue_has_ready() && !outer->inside)
        waiting_serve(outer->server, &execution->hold.shards);
    if (execution->end == SCRIPT_GOES_ON && execution->task->has_run)
        set_for_good(execution->task->has_run);
}

static bool refuse(const struct call *call, const struct script_task *task)
{
    if (task->flags & SCRIPT_HAS_NO_FLAGS)
        return false;
    if (task->read_only && !(task->flags & SCRIPT_NO_WRITES)) {
        reply_error(call->reply, "ERR Can not execute a script with write flag using *_ro command.");
        return true;
    }
    if (!(task->flags & (SCRIPT_NO_WRITES | SCRIPT_ALLOW_OOM)) && !room_is_ample(0) && room_is_exceeded(call->server)) {
        reply_error(call->reply,
                    "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'");
        return true;
    }
    return false;
}

void run_script(struct call *call, struct interpreter *interpreter, const struct script_task *task, int first)
{
    struct script_execution execution = {
        .keeper = {.command = keeper_command, .pause = keeper_pause, .may_run = keeper_may_run},
        .task = task,
        .interpreter = interpreter,
        .outer = call,
        .first = first,
        .end = SCRIPT_RESTARTS,
    };
    if (refuse(call, task))
        return;
    execution.run = run_begin_inside(call);
    execution.run.held = &execution.hold.shards;
    execution.mark = reply_mark(call->reply);
    for (int i = 0; i < call->key_count; i++)
        shard_set_add(&execution.wanted, call->keys[i].hash);
    if (attention_has(ATTENTION_MONITORS)) /* before what it calls */
        run_tell_monitors(&execution.run, call->client, call->argc, call->argv);
    script_watch_begin(&execution.watch, call, task->name, task->is_function, execution.run.mark_ns);
    for (int tries = 0; execution.end == SCRIPT_RESTARTS && take_hold(&execution); tries++) {
        if (!call->inside)
            effect_group_begin();
        try(&execution);
        settle(&execution);
        hold_end(&execution.hold);
        if (tries == RESTARTS_MAX)
            shard_set_fill(&execution.wanted);
    }
    if (call->outcome != CALL_BEGINS_AGAIN)
        interpreter_tidy(interpreter, &execution.keeper);
    script_watch_end(&execution.watch);
}

/* ---- forgetting ---- */

struct forget_message {
    struct message message; /* first */
    enum interpreter_kind kind;
};

/* A message, so no script runs. */
static void forget(struct worker *worker, struct message *message)
{
    (void)worker;
    interpreter_drop(((struct forget_message *)message)->kind);
    mem_free(message);
}

void run_script_forget(enum interpreter_kind kind)
{
    for (unsigned i = 0; i < workers_count(); i++) {
        struct forget_message *forgets = mem_alloc(sizeof *forgets);
        *forgets = (struct forget_message){{.run = forget}, kind};
        worker_post(worker_at(i), &forgets->message);
    }
}
