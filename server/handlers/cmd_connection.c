/*
 * Commands about the connection itself: whether the server answers, who the client is, which protocol, which database.
 */
#include "acl/acl.h"
#include "base/number.h"
#include "clients/client_names.h"
#include "clients/clients.h"
#include "clients/monitor.h"
#include "clients/subscriptions.h"
#include "clients/tracking.h"
#include "clients/transaction.h"
#include "clients/watch.h"
#include "command/arguments.h"
#include "command/call.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/guard.h"
#include "server.h"
#include "version.h"

#include <string.h>

/* To one that listens in RESP2 the answer looks like a message, as all that it gets. */
static void pong(struct call *call)
{
    reply_array(call->reply, 2);
    reply_bulk_text(call->reply, "pong");
    if (call->argc == 2)
        reply_bulk(call->reply, call->argv[1].data, call->argv[1].len);
    else
        reply_bulk_text(call->reply, "");
}

void cmd_ping(struct call *call)
{
    if (call->argc > 2)
        error_arity(call);
    else if (call->client->flags & CLIENT_LISTENING)
        pong(call);
    else if (call->argc == 2)
        reply_bulk(call->reply, call->argv[1].data, call->argv[1].len);
    else
        reply_simple(call->reply, "PONG");
}

void cmd_echo(struct call *call)
{
    reply_bulk(call->reply, call->argv[1].data, call->argv[1].len);
}

void cmd_select(struct call *call)
{
    int db;
    if (!argument_db(call, &call->argv[1], &db))
        return;
    call->client->db = db;
    reply_ok(call->reply);
}

void cmd_quit(struct call *call)
{
    reply_ok(call->reply);
    conn_close_after_output(&call->client->conn);
}

/* Makes the connection what it was when it was accepted. The library's name and version stay. */
void cmd_reset(struct call *call)
{
    struct client *client = call->client;
    if (client->flags & CLIENT_MONITOR)
        monitor_leave(client);
    client_take_messages(client, call->reply);
    client_unsubscribe_all(client);
    client->flags &= ~(uint32_t)(CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP_NEXT | CLIENT_NO_TOUCH | CLIENT_NO_EVICT);
    transaction_end(client);
    watches_end(client);
    tracking_stop(client);
    client->db = 0;
    client->resp = call->reply->resp = 2;
    guard_welcome(call->server, client);
    client_set_name(client, CLIENT_NAME, &(struct arg){0});
    reply_simple(call->reply, "RESET");
}

/* ---- logging in ---- */

static bool login(struct call *call, const struct arg *user, const struct arg *password)
{
    if (guard_login(call, user, password))
        return true;
    reply_error(call->reply, GUARD_WRONG_PASSWORD);
    return false;
}

/* AUTH [user] password. Without a name the password is the default user's, who must have one. */
void cmd_auth(struct call *call)
{
    static const struct arg default_user = {"default", sizeof "default" - 1, NULL};
    if (call->argc > 3) {
        error_syntax(call);
        return;
    }
    bool named = call->argc == 3;
    if (!named && (user_flags(acl_default(call->server->acl)) & USER_NOPASS)) {
        reply_error(call->reply, "ERR AUTH <password> called without any password configured for the default user. "
                                 "Are you sure your configuration is correct?");
        return;
    }
    if (login(call, named ? &call->argv[1] : &default_user, &call->argv[call->argc - 1]))
        reply_ok(call->reply);
}

/* ---- HELLO [version [AUTH user password] [SETNAME name]] ---- */

struct hello {
    int64_t version;        /* 0: unchanged */
    const struct arg *user; /* NULL: no AUTH; the password stands behind it */
    const struct arg *name; /* NULL: no SETNAME */
};

static bool hello_version(struct call *call, struct hello *hello)
{
    const struct arg *version = &call->argv[1];
    if (!number_parse_i64(version->data, version->len, &hello->version)) {
        reply_error(call->reply, "ERR Protocol version is not an integer or out of range");
        return false;
    }
    if (hello->version == 2 || hello->version == 3)
        return true;
    reply_error(call->reply, "NOPROTO unsupported protocol version");
    return false;
}

static bool hello_options(struct call *call, struct hello *hello)
{
    for (int i = 2; i < call->argc; i++) {
        const struct arg *option = &call->argv[i];
        int more = call->argc - 1 - i;
        if (arg_is(option, "auth") && more >= 2) {
            hello->user = &call->argv[i + 1];
            i += 2;
        } else if (arg_is(option, "setname") && more >= 1) {
            hello->name = &call->argv[++i];
            const char *fault = client_name_fault(hello->name);
            if (fault) {
                reply_errorf(call->reply, "ERR Client names %s", fault);
                return false;
            }
        } else {
            reply_errorf(call->reply, "ERR Syntax error in HELLO option '%.*s'", (int)option->len, option->data);
            return false;
        }
    }
    return true;
}

/*
 * Who was given a user by account or socket file, which can't be in Redis, learns its name, without the right to
 * ACL WHOAMI: who logged in knows it anyway, and NOPERM tells it.
 */
static void hello_reply(struct call *call)
{
    struct reply *reply = call->reply;
    bool is_given = call->client->flags & CLIENT_GIVEN_USER;
    reply_map(reply, is_given ? 8 : 7);
    reply_bulk_text(reply, "server");
    reply_bulk_text(reply, "redis");
    reply_bulk_text(reply, "version");
    reply_bulk_text(reply, KVS_REDIS_VERSION);
    reply_bulk_text(reply, "proto");
    reply_int(reply, call->client->resp);
    reply_bulk_text(reply, "id");
    reply_int(reply, (int64_t)call->client->conn.id);
    reply_bulk_text(reply, "mode");
    reply_bulk_text(reply, "standalone");
    reply_bulk_text(reply, "role");
    reply_bulk_text(reply, "master");
    reply_bulk_text(reply, "modules");
    reply_array(reply, 0);
    if (!is_given)
        return;
    struct bytes name = client_name_of_user(call->client->user);
    reply_bulk_text(reply, "kvs_user");
    reply_bulk(reply, name.data, name.len);
}

/* Nothing changes until every option is known to be right. */
void cmd_hello(struct call *call)
{
    struct hello hello = {0};
    struct client *client = call->client;
    if (call->argc > 1 && (!hello_version(call, &hello) || !hello_options(call, &hello)))
        return;
    if (hello.user && !login(call, hello.user, hello.user + 1))
        return;
    if (!(client->flags & CLIENT_AUTHENTICATED)) {
        reply_error(call->reply,
                    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> "
                    "AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol "
                    "version at the same time");
        return;
    }
    if (hello.name)
        client_set_name(client, CLIENT_NAME, hello.name);
    if (hello.version != 0)
        client->resp = call->reply->resp = (uint8_t)hello.version;
    subscriptions_review(client);
    hello_reply(call);
}
