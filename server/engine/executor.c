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

#include "base/counter.h"
#include "clients/attention.h"
#include "clients/client.h"
#include "clients/client_limits.h"
#include "clients/clients.h"
#include "clients/tracking.h"
#include "command/call.h"
#include "command/command_table.h"
#include "engine/guard.h"
#include "engine/room.h"
#include "engine/run.h"
#include "engine/run_alone.h"
#include "record/stats.h"
#include "resp/parser.h"
#include "server.h"
#include "types/member_ahead.h"

#include <stddef.h>

#define GROUP_CALLS 16
#define GROUP_KEYS 32

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
    run_call_init(call, run, execution->client, command, request, &execution->reply);
    call->key_count = (int)(group->key_count - first_key);
    call->keys = &group->keys[first_key];
    group->members |= command->member;
    if (command->flags & CMD_DENYOOM)
        group->bytes += room_of_request(request);
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
 * Returns how many calls have run. If not all, the others must be asked again whether they may: the world was stopped,
 * the next one needs more room in memory than its request announced, or the last one took long.
 */
static unsigned group_run(struct group *group, struct run *run)
{
    if (group->bytes > 0 && !room_is_ample(group->bytes) && room_make(run->server, group->bytes, 0) != ROOM_MADE)
        return 0; /* ATTENTION_MEMORY is set */
    if (!run_lock(run, &group->shards, group->keys, group->key_count))
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
