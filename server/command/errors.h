/*
 * Error replies that many commands share. Clients match these texts, so they are Redis's.
 */
#ifndef KVS_COMMAND_ERRORS_H
#define KVS_COMMAND_ERRORS_H

#include "command/call.h"
#include "command/command_table.h"
#include "resp/reply.h"

static inline void error_syntax(struct call *call)
{
    reply_error(call->reply, "ERR syntax error");
}

static inline void error_wrong_type(struct call *call)
{
    reply_error(call->reply, "WRONGTYPE Operation against a key holding the wrong kind of value");
}

static inline void error_no_such_key(struct call *call)
{
    reply_error(call->reply, "ERR no such key");
}

static inline void error_same_object(struct call *call)
{
    reply_error(call->reply, "ERR source and destination objects are the same");
}

static inline void error_arity(struct call *call)
{
    const char *name = command_full_name(call->command);
    reply_errorf(call->reply, "ERR wrong number of arguments for '%s' command", name);
}

static inline void error_expire_time(struct call *call)
{
    reply_errorf(call->reply, "ERR invalid expire time in '%s' command", command_full_name(call->command));
}

/* There is no memory for what this command needs. It has changed nothing. */
static inline void error_no_memory(struct call *call)
{
    reply_errorf(call->reply, "OOM not enough memory to run '%s'", command_full_name(call->command));
}

#endif
