/*
 * CLIENT KILL, by an address or by filters that all have to match. The world is stopped, so any worker's clients can be
 * closed; the caller itself is closed once it has its reply. Through a socket with a ceiling below admin, the caller
 * can kill only itself, by its own number, and can learn nothing about other clients.
 */
#include "acl/acl.h"
#include "base/number.h"
#include "clients/clients.h"
#include "command/call.h"
#include "command/client_arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/guard.h"
#include "net/worker.h"
#include "server.h"

#include <string.h>

struct filter {
    const struct arg *address; /* NULL: any */
    const struct arg *local_address;
    bool by_type;
    enum client_type type;
    int64_t id;              /* 0: any */
    const struct user *user; /* NULL: any */
    bool skip_me;
};

static bool parse_user(struct call *call, const struct arg *name, const struct user **user_out)
{
    *user_out = acl_find(call->server->acl, name->data, name->len);
    if (*user_out)
        return true;
    reply_errorf(call->reply, "ERR No such user '%.*s'", (int)name->len, name->data);
    return false;
}

static bool parse_id(struct call *call, const struct arg *value, int64_t *id_out)
{
    if (number_parse_i64(value->data, value->len, id_out) && *id_out > 0)
        return true;
    reply_error(call->reply, "ERR client-id should be greater than 0");
    return false;
}

/* Reads one filter, a name and a value. False, with the error, if it is wrong. */
static bool parse_filter(struct call *call, const struct arg *name, const struct arg *value, struct filter *filter)
{
    if (arg_is(name, "id"))
        return parse_id(call, value, &filter->id);
    if (arg_is(name, "type")) {
        filter->by_type = true;
        return argument_client_type(call, value, &filter->type);
    }
    if (arg_is(name, "user"))
        return parse_user(call, value, &filter->user);
    if (arg_is(name, "addr")) {
        filter->address = value;
        return true;
    }
    if (arg_is(name, "laddr")) {
        filter->local_address = value;
        return true;
    }
    if (arg_is(name, "skipme") && (arg_is(value, "yes") || arg_is(value, "no"))) {
        filter->skip_me = arg_is(value, "yes");
        return true;
    }
    error_syntax(call);
    return false;
}

static bool parse_filters(struct call *call, struct filter *filter)
{
    for (int i = 2; i < call->argc; i += 2) {
        if (i + 1 == call->argc) {
            error_syntax(call);
            return false;
        }
        if (!parse_filter(call, &call->argv[i], &call->argv[i + 1], filter))
            return false;
    }
    return true;
}

static bool address_fits(const struct client *client, const struct arg *wanted)
{
    const char *address = client_address(client);
    return !wanted || bytes_equal(address, strlen(address), wanted->data, wanted->len);
}

static bool filter_fits(const struct filter *filter, const struct client *client, const struct client *me)
{
    if (filter->id != 0 && client->conn.id != (uint64_t)filter->id)
        return false;
    if (filter->by_type &&
        filter->type != (client->flags & CLIENT_SUBSCRIBED ? CLIENT_TYPE_PUBSUB : CLIENT_TYPE_NORMAL))
        return false;
    if (client == me && filter->skip_me)
        return false;
    if (filter->user && client->user != filter->user)
        return false;
    return address_fits(client, filter->address) && address_fits(client, filter->local_address);
}

static int64_t kill_clients(const struct filter *filter, struct client *me)
{
    int64_t killed = 0;
    for (unsigned i = 0; i < workers_count(); i++) {
        for (struct conn *conn = worker_first_conn(worker_at(i)); conn; conn = conn->next) {
            struct client *client = client_of(conn);
            if (conn->state == CONN_CLOSED || !filter_fits(filter, client, me))
                continue;
            if (client == me)
                conn_close_after_output(conn);
            else
                conn_close(conn);
            killed++;
        }
    }
    return killed;
}

/* Whether the filters can match nobody but the caller: there is an ID, and it is the caller's. */
static bool means_only_me(const struct call *call)
{
    bool is_me = false;
    for (int i = 2; i + 1 < call->argc; i += 2) {
        const struct arg *value = &call->argv[i + 1];
        int64_t id;
        if (!arg_is(&call->argv[i], "id"))
            continue;
        if (!number_parse_i64(value->data, value->len, &id) || (uint64_t)id != call->client->conn.id)
            return false;
        is_me = true;
    }
    return is_me;
}

void cmd_client_kill(struct call *call)
{
    if (!guard_is_admin(call->client) && !means_only_me(call)) {
        guard_refuse(call, ACCESS_ADMIN);
        return;
    }
    if (call->argc == 3) { /* the old form, which may hit the caller too */
        struct filter filter = {.address = &call->argv[2]};
        if (kill_clients(&filter, call->client) > 0)
            reply_ok(call->reply);
        else
            reply_error(call->reply, "ERR No such client");
        return;
    }
    struct filter filter = {.skip_me = true};
    if (parse_filters(call, &filter))
        reply_int(call->reply, kill_clients(&filter, call->client));
}
