/*
 * Reading arguments: what subcommands of CLIENT share.
 */
#ifndef KVS_COMMAND_CLIENT_ARGUMENTS_H
#define KVS_COMMAND_CLIENT_ARGUMENTS_H

#include "command/call.h"

#include <stdbool.h>

/* By which CLIENT LIST and CLIENT KILL choose. All clients are normal ones today, monitors too. */
enum client_type { CLIENT_TYPE_NORMAL, CLIENT_TYPE_REPLICA, CLIENT_TYPE_MASTER, CLIENT_TYPE_PUBSUB };

/* Whether arg names a type; answers with the error if not. */
static inline bool argument_client_type(struct call *call, const struct arg *arg, enum client_type *type_out)
{
    if (arg_is(arg, "normal"))
        *type_out = CLIENT_TYPE_NORMAL;
    else if (arg_is(arg, "replica") || arg_is(arg, "slave"))
        *type_out = CLIENT_TYPE_REPLICA;
    else if (arg_is(arg, "master"))
        *type_out = CLIENT_TYPE_MASTER;
    else if (arg_is(arg, "pubsub"))
        *type_out = CLIENT_TYPE_PUBSUB;
    else {
        reply_errorf(call->reply, "ERR Unknown client type '%.*s'", (int)arg->len, arg->data);
        return false;
    }
    return true;
}

/* The error reply for a subcommand with too many arguments. */
static inline void error_client_usage(struct call *call)
{
    const struct arg *word = &call->argv[1];
    reply_errorf(call->reply, "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try CLIENT HELP.",
                 (int)word->len, word->data);
}

#endif
