#include "engine/transaction.h"

#include "base/bytes.h"
#include "command/command.h"
#include "engine/client.h"
#include "engine/guard.h"
#include "resp/reply.h"

#include <stdint.h>
#include <string.h>

#define ERRORS_MAX 100000 /* elements of a reply to EXEC; they are larger than the requests they answer may be */

static void leave(struct client *client)
{
    client->flags &= ~(uint32_t)CLIENT_MULTI;
    client->queued = 0;
}

/* Each request fails by itself: phpredis waits for a minute for more where EXEC as a whole is an error. */
static void refuse_all(unsigned queued, struct reply *reply)
{
    if (queued > ERRORS_MAX) {
        reply_error(reply, "EXECABORT Transaction discarded: this server has no transactions yet");
        return;
    }
    reply_array(reply, queued);
    while (queued-- > 0)
        reply_error(reply, "ERR not run: this server has no transactions yet");
}

bool transaction_answers(struct client *client, const struct arg *argv, int argc, struct reply *reply)
{
    bool within = client->flags & CLIENT_MULTI;
    if (argc != 1 || guard_must_log_in(client))
        return false;
    if (arg_is(&argv[0], "multi") && within) {
        reply_error(reply, "ERR MULTI calls can not be nested");
    } else if (arg_is(&argv[0], "multi")) {
        client->flags |= CLIENT_MULTI;
        reply_ok(reply);
    } else if (arg_is(&argv[0], "exec") && within) {
        refuse_all(client->queued, reply);
        leave(client);
    } else if (arg_is(&argv[0], "discard") && within) {
        leave(client);
        reply_ok(reply);
    } else {
        return false;
    }
    return true;
}

bool transaction_takes(struct client *client, const struct command *command, struct reply *reply)
{
    if (!(client->flags & CLIENT_MULTI) || strcmp(command->name, "reset") == 0 || strcmp(command->name, "quit") == 0)
        return false;
    client->queued++;
    reply_simple(reply, "QUEUED");
    return true;
}
