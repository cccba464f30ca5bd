/*
 * CLIENT PAUSE and UNPAUSE. A pause can be made longer and stricter by another one, but only UNPAUSE and the
 * clock end it. Both commands run with the world stopped, so everybody sees both fields change at once.
 */
#include "engine/pause.h"

#include "base/number.h"
#include "command/client_arguments.h"
#include "command/handlers.h"
#include "engine/session.h"
#include "store/keyspace.h"

/* The end of the pause, wall time in ms; 0 for a timeout of 0, which pauses nothing by itself. */
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

static void pause_extend(struct server *server, enum pause_kind kind, int64_t end_ms, int64_t now_ms)
{
    if (!pause_is_active(server, now_ms)) {
        server->pause = PAUSE_NONE;
        server->pause_until_ms = 0;
    }
    if (kind > server->pause)
        server->pause = kind;
    if (end_ms > server->pause_until_ms)
        server->pause_until_ms = end_ms;
    keyspace_suspend_expiry(server->keyspace, pause_is_active(server, now_ms));
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
    pause_extend(call->server, kind, end_ms, call->view.now_ms);
    reply_ok(call->reply);
}

void cmd_client_unpause(struct call *call)
{
    call->server->pause = PAUSE_NONE;
    call->server->pause_until_ms = 0;
    keyspace_suspend_expiry(call->server->keyspace, false);
    sessions_resume();
    reply_ok(call->reply);
}
