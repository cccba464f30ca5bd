#include "engine/script_watch.h"

#include "base/clock.h"
#include "base/gate.h"
#include "clients/attention.h"
#include "clients/client.h"
#include "host/log_flood.h"
#include "record/redact.h"
#include "server.h"

#include <pthread.h>

#define LONG_NS 5000000 /* from then on others are looked after */

/* Those that run long. */
static struct {
    pthread_mutex_t lock;
    struct script_watch *first; /* guarded by lock */
} list = {.lock = PTHREAD_MUTEX_INITIALIZER};

static __thread bool runs_here; /* a script of the calling worker does */

/* ---- by the script's worker ---- */

void script_watch_begin(struct script_watch *watch, struct call *call, const char *name, bool is_function,
                        int64_t now_ns)
{
    watch->call = call;
    watch->name = name;
    watch->is_function = is_function;
    watch->began_ns = now_ns;
    runs_here = true;
    watch->is_long = false;
    watch->next = NULL;
    atomic_init(&watch->has_written, false);
    atomic_init(&watch->is_killed, false);
}

static void enlist(struct script_watch *watch)
{
    watch->is_long = true;
    pthread_mutex_lock(&list.lock);
    watch->next = list.first;
    list.first = watch;
    attention_set(ATTENTION_SCRIPTS, true);
    pthread_mutex_unlock(&list.lock);
    gate_stay_begin(gate_current());
}

static void strike_out(struct script_watch *watch)
{
    gate_stay_end(gate_current());
    pthread_mutex_lock(&list.lock);
    struct script_watch **link = &list.first;
    while (*link != watch)
        link = &(*link)->next;
    *link = watch->next;
    if (!list.first)
        attention_set(ATTENTION_SCRIPTS, false);
    pthread_mutex_unlock(&list.lock);
}

void script_watch_end(struct script_watch *watch)
{
    runs_here = false;
    if (watch->is_long)
        strike_out(watch);
}

bool script_watch_is_long(struct script_watch *watch)
{
    if (!watch->is_long && clock_monotonic_ns() - watch->began_ns >= LONG_NS)
        enlist(watch);
    return watch->is_long;
}

bool script_watch_goes_on(const struct script_watch *watch)
{
    static struct log_flood flood = LOG_FLOOD("scripts that were killed", LOG_FLOOD_LINES);
    if (!atomic_load_explicit(&watch->is_killed, memory_order_relaxed))
        return true;
    log_flooding(&flood, LOG_LEVEL_NOTICE, "script killed by user with %s KILL: %s",
                 watch->is_function ? "FUNCTION" : "SCRIPT", watch->name);
    return false;
}

/* ---- any worker ---- */

/* Under the lock: the one that has run longest, or NULL. */
static const struct script_watch *oldest(void)
{
    const struct script_watch *oldest = list.first;
    for (const struct script_watch *watch = list.first; watch; watch = watch->next)
        if (watch->began_ns < oldest->began_ns)
            oldest = watch;
    return oldest;
}

/* Whether SHUTDOWN would save: it says neither NOSAVE nor ABORT, nor anything that is wrong. */
static bool shutdown_saves(const struct arg *argv, int argc)
{
    for (int i = 1; i < argc; i++)
        if (!arg_is(&argv[i], "save") && !arg_is(&argv[i], "now") && !arg_is(&argv[i], "force"))
            return false;
    return true;
}

/* What may be called even then. */
static bool may_always_run(const struct command *command, const struct arg *argv, int argc)
{
    if (!(command->flags & CMD_ALLOW_BUSY))
        return false;
    return !arg_is(&argv[0], "shutdown") || !shutdown_saves(argv, argc);
}

enum script_verdict script_watch_judge(const struct server *server, const struct command *command,
                                       const struct arg *argv, int argc, struct reply *reply)
{
    int64_t limit_ns = server->config.busy_reply_threshold * 1000000;
    bool is_busy = false, is_function = false, any;
    pthread_mutex_lock(&list.lock);
    const struct script_watch *watch = oldest();
    any = watch != NULL;
    if (watch) {
        is_busy = clock_monotonic_ns() - watch->began_ns >= limit_ns;
        is_function = watch->is_function;
    }
    pthread_mutex_unlock(&list.lock);
    if (!any || may_always_run(command, argv, argc))
        return SCRIPT_VERDICT_RUN;
    if (is_busy) {
        reply_errorf(reply, "BUSY Redis is busy running a script. You can only call %s KILL or SHUTDOWN NOSAVE.",
                     is_function ? "FUNCTION" : "SCRIPT");
        return SCRIPT_VERDICT_REFUSE;
    }
    if (command->flags & CMD_SCRIPT)
        return runs_here ? SCRIPT_VERDICT_WAIT : SCRIPT_VERDICT_RUN;
    return command->flags & (CMD_EXCLUSIVE | CMD_UNLOCKED) ? SCRIPT_VERDICT_WAIT : SCRIPT_VERDICT_RUN;
}

void script_watch_kill(struct call *call, bool functions)
{
    unsigned found = 0, killed = 0;
    bool other = false;
    pthread_mutex_lock(&list.lock);
    for (struct script_watch *watch = list.first; watch; watch = watch->next) {
        other = other || watch->is_function != functions;
        if (watch->is_function != functions)
            continue;
        found++;
        if (atomic_load_explicit(&watch->has_written, memory_order_relaxed))
            continue;
        atomic_store_explicit(&watch->is_killed, true, memory_order_relaxed);
        killed++;
    }
    pthread_mutex_unlock(&list.lock);
    if (killed > 0)
        reply_ok(call->reply);
    else if (found > 0)
        reply_error(call->reply,
                    "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either "
                    "wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.");
    else if (other && functions)
        reply_error(call->reply, "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN "
                                 "NOSAVE.");
    else if (other)
        reply_error(call->reply, "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN "
                                 "NOSAVE.");
    else
        reply_error(call->reply, "NOTBUSY No scripts in execution right now.");
}

void script_watch_describe(struct reply *reply)
{
    pthread_mutex_lock(&list.lock);
    const struct script_watch *watch = oldest();
    if (watch) {
        const struct call *call = watch->call;
        reply_map(reply, 3);
        reply_bulk_text(reply, "name");
        reply_bulk_text(reply, watch->name);
        reply_bulk_text(reply, "command");
        reply_array(reply, (size_t)call->argc);
        struct redaction arguments = redact_begin(call->argc, call->argv);
        for (int i = 0; i < call->argc; i++) {
            struct bytes shown = redact_next(&arguments);
            reply_bulk(reply, shown.data, shown.len);
        }
        reply_bulk_text(reply, "duration_ms");
        reply_int(reply, (clock_monotonic_ns() - watch->began_ns) / 1000000);
    } else {
        reply_null(reply);
    }
    pthread_mutex_unlock(&list.lock);
}
