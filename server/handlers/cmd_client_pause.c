/* CLIENT PAUSE and CLIENT UNPAUSE. Both run with the world stopped. */
#include "base/number.h"
#include "command/call.h"
#include "command/client_arguments.h"
#include "command/handlers.h"
#include "engine/pause.h"
#include "engine/session.h"
#include "server.h"

/*
 * Reads the end of the pause: wall time in ms, or 0 for a timeout of 0, which by itself pauses nothing. False, with the
 * error, if the timeout is wrong.
 */
static bool parse_end(struct call *call, const struct arg *timeout, int64_t *end_out)
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
    *end_out = ms > 0 ? call->view.now_ms + ms : 0;
    return true;
}

/* CLIENT PAUSE milliseconds [WRITE | ALL] */
void cmd_client_pause(struct call *call)
{
    enum pause_kind kind = PAUSE_ALL;
    int64_t end_ms;
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
    if (!parse_end(call, &call->argv[2], &end_ms))
        return;
    pause_extend(call->server->keyspace, kind, end_ms, call->view.now_ms);
    reply_ok(call->reply);
}

void cmd_client_unpause(struct call *call)
{
    pause_end(call->server->keyspace);
    sessions_resume(HELD_PAUSE);
    reply_ok(call->reply);
}
