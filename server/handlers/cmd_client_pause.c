/* CLIENT PAUSE and CLIENT UNPAUSE. Both run with the world stopped. */
#include "base/number.h"
#include "clients/pause.h"
#include "command/call.h"
#include "command/client_arguments.h"
#include "command/handlers.h"
#include "engine/session.h"
#include "server.h"

/*
 * Reads the length of the pause in milliseconds; 0 pauses nothing by itself. False, with the error, if it is wrong.
 * What is out of range is decided by wall time, as in Redis, although monotonic time ends the pause.
 */
static bool parse_timeout(struct call *call, const struct arg *timeout, int64_t *milliseconds_out)
{
    int64_t ms;
    const char *mistake = NULL;
    if (!number_parse_i64(timeout->data, timeout->len, &ms))
        mistake = "ERR timeout is not an integer or out of range";
    else if (ms < 0)
        mistake = "ERR timeout is negative";
    else if (ms > INT64_MAX - call->view.now_ms)
        mistake = "ERR timeout is out of range";
    if (mistake) {
        reply_error(call->reply, mistake);
        return false;
    }
    *milliseconds_out = ms;
    return true;
}

/* CLIENT PAUSE milliseconds [WRITE | ALL] */
void cmd_client_pause(struct call *call)
{
    enum pause_kind kind = PAUSE_ALL;
    int64_t milliseconds;
    if (call->argc > 4) {
        error_client_usage(call);
        return;
    }
    if (call->argc == 4 && arg_is(&call->argv[3], "write")) {
        kind = PAUSE_WRITE;
    } else if (call->argc == 4 && !arg_is(&call->argv[3], "all")) {
        reply_error(call->reply, "ERR CLIENT PAUSE mode must be WRITE or ALL");
        return;
    }
    if (!parse_timeout(call, &call->argv[2], &milliseconds))
        return;
    pause_extend(call->server->keyspace, kind, milliseconds);
    reply_ok(call->reply);
}

void cmd_client_unpause(struct call *call)
{
    pause_end(call->server->keyspace);
    sessions_resume(HELD_PAUSE);
    reply_ok(call->reply);
}
