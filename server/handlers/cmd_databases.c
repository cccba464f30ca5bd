/*
 * Commands on whole databases: DBSIZE, SWAPDB, FLUSHDB, FLUSHALL. The last three run while the world is
 * stopped.
 */
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "server.h"
#include "store/keyspace.h"

void cmd_dbsize(struct call *call)
{
    reply_int(call->reply, (int64_t)keyspace_size(call->view.keyspace, call->view.db));
}

void cmd_swapdb(struct call *call)
{
    int a, b;
    if (!argument_int(call, &call->argv[1], "ERR invalid first DB index", &a) ||
        !argument_int(call, &call->argv[2], "ERR invalid second DB index", &b))
        return;
    int databases = keyspace_databases(call->view.keyspace);
    if (a < 0 || a >= databases || b < 0 || b >= databases) {
        reply_error(call->reply, "ERR DB index is out of range");
        return;
    }
    keyspace_swap(&call->view, a, b);
    reply_ok(call->reply);
}

/*
 * Empties a database, or all with db < 0. SYNC, ASYNC and lazyfree-lazy-user-flush make little difference: the keys are
 * gone when it answers, and what takes long is freed in the background in any case. After SYNC their memory goes to
 * the kernel.
 */
static void flush(struct call *call, int db)
{
    bool lazily = call->server->config.lazyfree_lazy_user_flush;
    if (call->argc == 2 && arg_is(&call->argv[1], "sync")) {
        lazily = false;
    } else if (call->argc == 2 && arg_is(&call->argv[1], "async")) {
        lazily = true;
    } else if (call->argc != 1) {
        error_syntax(call);
        return;
    }
    keyspace_flush(&call->view, db, lazily);
    reply_ok(call->reply);
}

void cmd_flushdb(struct call *call)
{
    flush(call, call->view.db);
}

void cmd_flushall(struct call *call)
{
    flush(call, -1);
}
