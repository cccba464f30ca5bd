/*
 * WAIT and WAITAOF, on a server that has neither replicas nor an append-only file: who asks for either gets none, when
 * the timeout is over.
 */
#include "clients/waiting.h"
#include "command/arguments.h"
#include "command/handlers.h"

static void answer_wait(struct reply *reply)
{
    reply_int(reply, 0);
}

static void answer_waitaof(struct reply *reply)
{
    reply_array(reply, 2);
    reply_int(reply, 0);
    reply_int(reply, 0);
}

static const struct wait_kind wait_replicas = {.give_up = answer_wait}, wait_files = {.give_up = answer_waitaof};

/* Nothing will come: waits for the time alone, if there is something to wait for. */
static void wait_in_vain(struct call *call, const struct wait_kind *kind, int64_t wanted, int64_t timeout_ms)
{
    if (wanted <= 0 || call->inside)
        kind->give_up(call->reply);
    else
        waiting_begin(call, kind, timeout_ms);
}

/* WAIT numreplicas timeout */
void cmd_wait(struct call *call)
{
    int64_t replicas, timeout_ms;
    if (argument_i64(call, &call->argv[1], &replicas) && argument_timeout_ms(call, &call->argv[2], &timeout_ms))
        wait_in_vain(call, &wait_replicas, replicas, timeout_ms);
}

/* WAITAOF numlocal numreplicas timeout */
void cmd_waitaof(struct call *call)
{
    int64_t local, replicas, timeout_ms;
    if (!argument_i64(call, &call->argv[1], &local))
        return;
    if (local < 0 || local > 1) {
        reply_error(call->reply, "ERR value is out of range, value must between 0 and 1");
        return;
    }
    if (!argument_at_least(call, &call->argv[2], 0, "ERR value is out of range, must be positive", &replicas) ||
        !argument_timeout_ms(call, &call->argv[3], &timeout_ms))
        return;
    if (local > 0)
        reply_error(call->reply, "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
    else
        wait_in_vain(call, &wait_files, replicas, timeout_ms);
}
