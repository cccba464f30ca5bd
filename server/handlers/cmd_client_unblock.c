/*
 * CLIENT UNBLOCK: ends the wait of another client, with the world stopped. One that is held for another reason, such as
 * a pause, doesn't wait for anything that could be answered.
 */
#include "clients/client.h"
#include "clients/waiting.h"
#include "command/arguments.h"
#include "command/client_arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "net/worker.h"

/* The open client with that number, or NULL. */
static struct client *find_client(uint64_t id)
{
    for (unsigned i = 0; i < workers_count(); i++)
        for (struct conn *conn = worker_first_conn(worker_at(i)); conn; conn = conn->next)
            if (conn->id == id && conn->state == CONN_OPEN)
                return client_of(conn);
    return NULL;
}

static bool unblock_with_error(struct client *client)
{
    struct reply reply;
    if (!waiting_answer_begin(client, &reply))
        return false;
    reply_error(&reply, "UNBLOCKED client unblocked via CLIENT UNBLOCK");
    waiting_answer_end(client, &reply);
    return true;
}

/* CLIENT UNBLOCK id [TIMEOUT | ERROR] */
void cmd_client_unblock(struct call *call)
{
    int64_t id;
    bool error = call->argc == 4 && arg_is(&call->argv[3], "error");
    if (call->argc > 4) {
        error_client_usage(call);
    } else if (call->argc == 4 && !error && !arg_is(&call->argv[3], "timeout")) {
        reply_error(call->reply, "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    } else if (argument_i64(call, &call->argv[2], &id)) {
        struct client *client = find_client((uint64_t)id);
        reply_int(call->reply, client && (error ? unblock_with_error(client) : waiting_give_up(client)));
    }
}
