/*
 * Scripts that run long: others learn of them, are told BUSY, and may end them.
 *
 * A script that has run for some milliseconds says so: from then on requests are looked at one by one
 * (ATTENTION_SCRIPTS), nobody waits for a lock or the gate because of it (gate_stay_begin()), and its worker serves its
 * other clients in between. Requests that need what it holds wait in turns. When it has run for busy-reply-threshold,
 * all commands but a few are refused, as in Redis, until it ends or is killed.
 */
#ifndef KVS_ENGINE_SCRIPT_WATCH_H
#define KVS_ENGINE_SCRIPT_WATCH_H

#include "command/call.h"
#include "command/command.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct arg;
struct reply;
struct server;

/* One script that runs, on the stack of its worker. */
struct script_watch {
    /* constant while it runs */
    struct call *call;
    const char *name;
    bool is_function;
    int64_t began_ns; /* monotonic */
    atomic_bool has_written, is_killed;
    bool is_long;              /* only its worker looks: it is in the list */
    struct script_watch *next; /* of those that run long; guarded by a lock */
};

/* ---- by the script's worker ---- */

/* Monotonic time. */
void script_watch_begin(struct script_watch *watch, struct call *call, const char *name, bool is_function,
                        int64_t now_ns);
void script_watch_end(struct script_watch *watch);

/* Whether it has run for so long that others are looked after; from the first time on they know of it. */
bool script_watch_is_long(struct script_watch *watch);

/* False: it has been killed. */
bool script_watch_goes_on(const struct script_watch *watch);

static inline void script_watch_note_write(struct script_watch *watch, bool has_written)
{
    atomic_store_explicit(&watch->has_written, has_written, memory_order_relaxed);
}

/* ---- any worker, while ATTENTION_SCRIPTS ---- */

/* What becomes of a request meanwhile. */
enum script_verdict {
    SCRIPT_VERDICT_RUN,
    SCRIPT_VERDICT_WAIT,   /* it is tried again later */
    SCRIPT_VERDICT_REFUSE, /* BUSY, which has been replied */
};
enum script_verdict script_watch_judge(const struct server *server, const struct command *command,
                                       const struct arg *argv, int argc, struct reply *reply);

/* ---- any worker ---- */

/* SCRIPT KILL and FUNCTION KILL: ends the scripts that run long and have written nothing. Replies. */
void script_watch_kill(struct call *call, bool functions);

/* For FUNCTION STATS: the function or script that has run longest, if any runs long: a map, or null. */
void script_watch_describe(struct reply *reply);

#endif
