#include "engine/run_check.h"

#include "base/counter.h"
#include "clients/client.h"
#include "clients/monitor.h"
#include "clients/subscriptions.h"
#include "clients/transaction.h"
#include "clients/watch.h"
#include "command/command_table.h"
#include "engine/guard.h"
#include "engine/refusal.h"
#include "engine/run.h"
#include "record/stats.h"
#include "server.h"

#include <string.h>

/* Whether a request may run, as far as that doesn't depend on others; otherwise answers why not. */
static bool run_allows(const struct run *run, struct client *client, const struct command *command, struct arg *argv,
                       int argc, struct reply *reply)
{
    if (!command_arity_ok(command, argc) || !command->run) {
        refuse_arity(command, reply);
        return false;
    }
    if ((command->flags & CMD_PROTECTED) && run->server->config.enable_debug_command == PERMISSION_NO) {
        reply_error(reply, REFUSAL_PROTECTED);
        return false;
    }
    if ((command->flags & CMD_NO_MULTI) && (client->flags & CLIENT_MULTI)) {
        reply_error(reply, REFUSAL_IN_TRANSACTION);
        return false;
    }
    if ((client->flags & CLIENT_GUARDED) && !guard_admits(run->server, client, command, argv, argc, reply))
        return false;
    if (monitor_refuses(client, command)) {
        reply_error(reply, MONITOR_REFUSAL);
        return false;
    }
    return run->inside || !subscriptions_refuse(client, command, reply);
}

/* EXEC of a transaction that may not run now: the transaction is over. message: why, as an error reply. */
void run_abort_transaction(struct client *client, const char *message, size_t len, struct reply *reply)
{
    size_t code = len > 4 && memcmp(message, "ERR ", 4) == 0 ? 4 : 0;
    message += code;
    len -= code;
    transaction_end(client);
    watches_end(client);
    reply_errorf(reply, "EXECABORT Transaction discarded because of: %.*s", (int)len, message);
}

/* As run_allows(), for EXEC. */
static bool run_allows_exec(const struct run *run, struct client *client, const struct command *command,
                            struct arg *argv, int argc, struct reply *reply)
{
    struct output aside = {0};
    struct reply refusal;
    reply_begin(&refusal, &aside, 2);
    bool allowed = run_allows(run, client, command, argv, argc, &refusal);
    reply_end(&refusal);
    if (!allowed) /* "-", "\r\n" */
        run_abort_transaction(client, aside.head->start + 1, aside.head->len - 3, reply);
    output_clear(&aside);
    return allowed;
}

/* The command of a request if it may run; otherwise answers why not and returns NULL. */
const struct command *run_admit(const struct run *run, struct client *client, struct arg *argv, int argc,
                                struct reply *reply)
{
    const struct command *command = command_find_call(argv, argc);
    bool in_transaction = client->flags & CLIENT_MULTI;
    if (!command || (command->subcommand_count > 0 && argc > 1)) {
        refuse_unknown(client, command, argv, argc, reply);
        if (in_transaction)
            transaction_spoil(client);
        return NULL;
    }
    client->last_command = command;
    bool executes = command->flags & CMD_EXECUTES; /* without a transaction it is refused in the same words */
    if ((executes ? run_allows_exec : run_allows)(run, client, command, argv, argc, reply))
        return command;
    if (in_transaction && !executes)
        transaction_spoil(client);
    counter_add(&run->stats->per_command[command->number].rejected, 1);
    return NULL;
}
