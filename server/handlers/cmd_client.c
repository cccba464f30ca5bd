/*
 * CLIENT: the subcommands that concern the connection itself. The others have files of their own (cmd_client_list.c,
 * cmd_client_kill.c, cmd_client_pause.c, cmd_client_unblock.c).
 */
#include "clients/client_names.h"
#include "command/arguments.h"
#include "command/call.h"
#include "command/client_arguments.h"
#include "command/errors.h"
#include "command/handlers.h"

void cmd_client_id(struct call *call)
{
    reply_int(call->reply, (int64_t)call->client->conn.id);
}

/* ---- names ---- */

void cmd_client_getname(struct call *call)
{
    const char *name = client_name(call->client, CLIENT_NAME);
    if (*name != '\0')
        reply_bulk_text(call->reply, name);
    else
        reply_null(call->reply);
}

void cmd_client_setname(struct call *call)
{
    const struct arg *name = &call->argv[2];
    const char *fault = client_name_fault(name);
    if (fault) {
        reply_errorf(call->reply, "ERR Client names %s", fault);
        return;
    }
    client_set_name(call->client, CLIENT_NAME, name);
    reply_ok(call->reply);
}

/* CLIENT SETINFO LIB-NAME name | LIB-VER version */
void cmd_client_setinfo(struct call *call)
{
    const struct arg *attribute = &call->argv[2], *value = &call->argv[3];
    enum client_name which;
    if (arg_is(attribute, "lib-name")) {
        which = CLIENT_LIBRARY;
    } else if (arg_is(attribute, "lib-ver")) {
        which = CLIENT_LIBRARY_VERSION;
    } else {
        reply_errorf(call->reply, "ERR Unrecognized option '%.*s'", (int)attribute->len, attribute->data);
        return;
    }
    const char *fault = client_name_fault(value);
    if (fault) {
        reply_errorf(call->reply, "ERR %.*s %s", (int)attribute->len, attribute->data, fault);
        return;
    }
    client_set_name(call->client, which, value);
    reply_ok(call->reply);
}

/* ---- modes ---- */

/* ON sets the flag, OFF clears it. */
static void set_flag(struct call *call, enum client_flag flag)
{
    const struct arg *word = &call->argv[2];
    if (arg_is(word, "on")) {
        call->client->flags |= flag;
    } else if (arg_is(word, "off")) {
        call->client->flags &= ~(uint32_t)flag;
    } else {
        error_syntax(call);
        return;
    }
    reply_ok(call->reply);
}

void cmd_client_no_evict(struct call *call)
{
    set_flag(call, CLIENT_NO_EVICT);
}

void cmd_client_no_touch(struct call *call)
{
    set_flag(call, CLIENT_NO_TOUCH);
}

/* ON answers; OFF and SKIP don't, and what the flags suppress is the executor's affair. */
void cmd_client_reply(struct call *call)
{
    struct client *client = call->client;
    const struct arg *word = &call->argv[2];
    if (arg_is(word, "on")) {
        client->flags &= ~(uint32_t)(CLIENT_REPLY_SKIP | CLIENT_REPLY_OFF);
        reply_ok(call->reply);
    } else if (arg_is(word, "off")) {
        client->flags |= CLIENT_REPLY_OFF;
    } else if (arg_is(word, "skip")) {
        if (!(client->flags & CLIENT_REPLY_OFF))
            client->flags |= CLIENT_REPLY_SKIP_NEXT;
    } else {
        error_syntax(call);
    }
}

void cmd_client_help(struct call *call)
{
    static const char *const lines[] = {
        "CACHING (YES|NO)",
        "    Track the keys of the next command (with OPTIN), or don't (with OPTOUT).",
        "GETNAME",
        "    Tell this connection's name.",
        "GETREDIR",
        "    Tell which connection is told of changes in the place of this one; 0: none.",
        "ID",
        "    Tell this connection's number.",
        "INFO",
        "    Show this connection's line of CLIENT LIST.",
        "KILL <address>",
        "    Close the connections with this address, which is a socket's path and :0.",
        "KILL <option> <value> [<option> <value> ...]",
        "    Close the connections to which all options apply, and tell how many there were:",
        "    * ADDR <address>, LADDR <address>",
        "    * ID <number>",
        "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
        "    * USER <name>",
        "    * SKIPME (YES|NO): whether this connection is left alone (YES by default).",
        "LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB) | ID <number> [<number> ...]]",
        "    Show one line for every connection, or for those of a type or with these numbers.",
        "NO-EVICT (ON|OFF)",
        "    Set whether this connection stays open when clients are over maxmemory-clients.",
        "NO-TOUCH (ON|OFF)",
        "    Set whether this connection's commands leave the access time of keys alone.",
        "PAUSE <milliseconds> [WRITE|ALL]",
        "    Make the commands of all clients wait, or only those that write.",
        "REPLY (ON|OFF|SKIP)",
        "    Set whether this connection gets replies; SKIP leaves out the next one.",
        "SETINFO (LIB-NAME|LIB-VER) <text>",
        "    Set the name or version of the client's library.",
        "SETNAME <name>",
        "    Name this connection; an empty name removes it.",
        "TRACKING (ON|OFF) [REDIRECT <number>] [BCAST] [PREFIX <prefix> [...]] [OPTIN] [OPTOUT] [NOLOOP]",
        "    Set whether this connection is told of changes of keys that it keeps in a cache:",
        "    those that it has read, or with BCAST all that begin with a prefix.",
        "TRACKINGINFO",
        "    Describe this connection's tracking.",
        "UNBLOCK <number> [TIMEOUT|ERROR]",
        "    Wake a client out of a blocking command.",
        "UNPAUSE",
        "    End a pause.",
    };
    reply_help(call->reply, "CLIENT", lines, sizeof lines / sizeof lines[0]);
}
