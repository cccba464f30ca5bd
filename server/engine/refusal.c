#include "engine/refusal.h"

#include "base/bytes.h"
#include "base/text.h"
#include "clients/client.h"
#include "command/command_table.h"
#include "host/log_flood.h"
#include "resp/reply.h"

#include <stdbool.h>
#include <string.h>

#define SHOWN_MAX 128 /* bytes of a request that an error repeats at most */

/*
 * Bytes of an argument that are repeated: up to room, and none from a NUL on, since it may hold anything and be of any
 * length.
 */
static int shown_len(const struct arg *arg, size_t room)
{
    return (int)strnlen(arg->data, arg->len < room ? arg->len : room);
}

static void refuse_subcommand(const struct command *container, const struct arg *word, struct reply *reply)
{
    char name[64];
    size_t len = 0;
    for (const char *c = container->name; *c && len + 1 < sizeof name; c++)
        name[len++] = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    name[len] = '\0';
    reply_errorf(reply, "ERR unknown subcommand '%.*s'. Try %s HELP.", shown_len(word, SHOWN_MAX), word->data, name);
}

static void refuse_command(const struct arg *argv, int argc, struct reply *reply)
{
    struct text rest = TEXT_EMPTY;
    for (int i = 1; i < argc && rest.len < SHOWN_MAX; i++)
        text_addf(&rest, "'%.*s' ", shown_len(&argv[i], SHOWN_MAX - rest.len), argv[i].data);
    reply_errorf(reply, "ERR unknown command '%.*s', with args beginning with: %s", shown_len(&argv[0], SHOWN_MAX),
                 argv[0].data, rest.len ? rest.data : "");
    text_deinit(&rest);
}

/* Words that begin a line only when a web browser was tricked into connecting here. */
static bool is_http(const struct arg *name)
{
    return arg_is(name, "host:") || arg_is(name, "post");
}

static void expel_browser(struct client *client)
{
    char who[CONN_PEER_TEXT_MAX];
    static struct log_flood flood = LOG_FLOOD("HTTP requests", LOG_FLOOD_LINES);
    log_flooding(&flood, LOG_LEVEL_WARNING,
                 "possible cross-protocol attack: an HTTP request came in from %s; its connection was closed",
                 conn_peer_text(&client->conn, who));
    conn_close(&client->conn);
}

void refuse_unknown(struct client *client, const struct command *container, const struct arg *argv, int argc,
                    struct reply *reply)
{
    if (container)
        refuse_subcommand(container, &argv[1], reply);
    else if (is_http(&argv[0]))
        expel_browser(client);
    else
        refuse_command(argv, argc, reply);
}

void refuse_arity(const struct command *command, struct reply *reply)
{
    reply_errorf(reply, "ERR wrong number of arguments for '%s' command", command_full_name(command));
}

void refuse_inside(const struct command *command, struct reply *reply)
{
    reply_errorf(reply, "ERR '%s' can't run inside another command here", command_full_name(command));
}
