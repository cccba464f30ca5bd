/*
 * Running scripts: EVAL and its relatives, and functions.
 *
 * The command takes its locks itself (CMD_UNLOCKED): those of the keys that it declares, and more on the way, when the
 * script calls commands with other keys (store/hold.h). So what has come from the script's beginning to its end is one
 * moment to everybody else. As long as it has changed nothing, it may begin again to get what somebody else holds. A
 * script that is known to touch only what it declares runs beside all others; until that is known, and where it isn't
 * so, only one of such runs at a time, since it may have to stop the world.
 *
 * Each command that it calls is asked for rights and counted like any other (run_inside.h).
 *
 * By the client's worker, inside the gate, holding no lock.
 */
#ifndef KVS_ENGINE_RUN_SCRIPT_H
#define KVS_ENGINE_RUN_SCRIPT_H

#include "script/interpreter.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct call;

/* What is to be run. */
struct script_task {
    const char *name;         /* in error messages: the SHA-1, or the function's name */
    uint32_t flags;           /* script_flag */
    bool read_only;           /* no writes, whatever the flags */
    bool is_function;         /* it gets keys and arguments as such; a script finds them in KEYS and ARGV */
    atomic_bool *reaches_out; /* it has touched keys that it hadn't declared: remembered with its text */
    atomic_bool *has_run;
    void (*push)(struct interpreter *interpreter, const void *context); /* pushes the function */
    const void *context;
};

/*
 * Runs it with call->keys and the arguments behind them, from argument number first on, and replies with what it
 * returns; or begins the call again.
 */
void run_script(struct call *call, struct interpreter *interpreter, const struct script_task *task, int first);

/* DEBUG SET-DISABLE-DENY-SCRIPTS: whether scripts may call DEBUG. Any worker. */
void run_script_allow_debug(bool allowed);

/* After a flush: every worker drops its interpreter of this kind, this one soon. Any worker. */
void run_script_forget(enum interpreter_kind kind);

#endif
