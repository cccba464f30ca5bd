/* FUNCTION on a server that has no scripts, and so never holds a function. */
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"

void cmd_function_flush(struct call *call)
{
    bool plain = call->argc == 2;
    bool known = call->argc == 3 && (arg_is(&call->argv[2], "sync") || arg_is(&call->argv[2], "async"));
    if (plain || known)
        reply_ok(call->reply);
    else
        reply_error(call->reply, "ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
}

void cmd_function_list(struct call *call)
{
    reply_array(call->reply, 0);
}

void cmd_function_help(struct call *call)
{
    static const char *const lines[] = {
        "FLUSH [ASYNC|SYNC]",
        "    Remove all functions.",
        "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
        "    List libraries with their functions.",
    };
    reply_help(call->reply, "FUNCTION", lines, sizeof lines / sizeof lines[0]);
}
