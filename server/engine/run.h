/*
 * A run: commands that one thread runs one after the other, as one executor_run() does or one EXEC, at one command time.
 *
 * Here is what every command goes through, whether it is one of a group, runs alone, or inside another one: the locks
 * are taken, the call is filled in, its handler runs, and what it did is recorded. That is the hot path, so the rare
 * halves of it are out of line.
 *
 * Private to the executor's files (executor.c, run_alone.c, run_inside.c). A worker, inside the gate.
 */
#ifndef KVS_ENGINE_RUN_H
#define KVS_ENGINE_RUN_H

#include "clients/client.h"
#include "clients/wait_queue.h"
#include "command/call.h"
#include "resp/parser.h"
#include "server.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct thread_stats;
struct worker;

/* The state of a run. What a stopped world may change is taken again after each: run_look_again(). */
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

enum ran {
    RAN_NOT,  /* the call hasn't ended */
    RAN,      /* it has */
    RAN_LONG, /* it has, and the next one of a group is to wait for another turn */
};

/* Begins one for a client of the calling worker; or for what a call does inside, at the outer one's time. */
struct run run_begin(const struct client *client);
struct run run_begin_inside(const struct call *outer);

/* After the world was stopped, by this thread or another. */
void run_look_again(struct run *run);

/* The call's handler runs, and the statistics are updated. Under the locks of run->held. */
enum ran run_call(struct run *run, struct call *call);

/* Where more is to be told than is written meanwhile, the turn of these requests is over. */
void run_tell_monitors(struct run *run, const struct client *client, int argc, const struct arg *argv);

/* private: the rare halves of run_lock() */
bool run_lock_destinations(const struct run *run, struct shard_set *shards, const struct key *keys, size_t count);
void run_wait_is_over(struct run *run);

/*
 * Fills in all but the keys, which the caller adds, and member_hash. Field by field, because the struct is too large
 * to be cleared each time.
 */
static inline void run_call_init(struct call *call, const struct run *run, struct client *client,
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

/*
 * While this thread waits for locks, another one may stop the world and change it, or say that it stays for long. False:
 * that happened, and no lock is held. What the calls may make others do (run_lock_destinations()) is locked as well.
 */
static inline bool run_lock(struct run *run, struct shard_set *shards, const struct key *keys, size_t count)
{
    run->held = shards;
    bool same = keyspace_lock_unless_long(run->server->keyspace, shards);
    if (same && wait_queue_has_moves())
        same = run_lock_destinations(run, shards, keys, count);
    if (__builtin_expect(same, 1))
        return true;
    run_wait_is_over(run);
    return false;
}

#endif
