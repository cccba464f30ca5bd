/*
 * Whether a client is guarded follows from its user, from whether it has logged in and from its socket's access. It is
 * worked out when one of these changes, for one client (guard_become()) or for all (guard_refresh()), so that the
 * executor only looks at one flag. A user's rights and a socket's access change only while the world is stopped.
 *
 * A client holds a reference to its user. Peers' and sockets' users count as authenticated: the kernel and the file
 * have vouched for them.
 *
 * Every change of a client's rights ends in set_guarded(). What the client was allowed once and still has, without
 * asking again, stands in a table (standings) and is asked for anew there.
 */
#include "engine/guard.h"

#include "acl/acl.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "clients/client_description.h"
#include "clients/clients.h"
#include "clients/subscriptions.h"
#include "clients/tracking.h"
#include "clients/waiting.h"
#include "command/call.h"
#include "command/command_table.h"
#include "engine/absent_remark.h"
#include "host/log_flood.h"
#include "net/origin.h"
#include "net/worker.h"
#include "pubsub/subscriber.h"
#include "record/acl_log.h"
#include "record/redact.h"
#include "server.h"

#include <string.h>

/* Calls visit for every connection that isn't closed. World stopped. */
static void each_client(void (*visit)(struct client *client, void *context), void *context)
{
    for (unsigned i = 0; i < workers_count(); i++)
        for (struct conn *conn = worker_first_conn(worker_at(i)); conn; conn = conn->next)
            if (conn->state != CONN_CLOSED)
                visit(client_of(conn), context);
}

/* ---- who a client is ---- */

static bool needs_no_password(const struct user *user)
{
    return (user_flags(user) & (USER_ENABLED | USER_NOPASS)) == (USER_ENABLED | USER_NOPASS);
}

bool guard_must_log_in(const struct client *client)
{
    if (client->flags & CLIENT_AUTHENTICATED)
        return false;
    return !client->user || !needs_no_password(acl_default(client->server->acl));
}

bool guard_is_admin(const struct client *client)
{
    return origin_access(client->conn.origin) == ACCESS_ADMIN;
}

/* ---- what goes on after its command ---- */

/*
 * At once, without what lies ready to be sent; or after its reply, if the client runs the command that is the cause.
 */
static void disconnect(struct client *client)
{
    const struct client *actor = client->server->actor;
    bool own_doing = actor ? actor == client : client->conn.worker == worker_self();
    if (own_doing)
        conn_close_after_output(&client->conn);
    else
        conn_close(&client->conn);
}

static void end_monitor(struct client *client)
{
    static struct log_flood flood = LOG_FLOOD("clients that may not run MONITOR any more", LOG_FLOOD_LINES);
    char who[CONN_PEER_TEXT_MAX];
    log_flooding(&flood, LOG_LEVEL_NOTICE, "client %llu (%s) may not run MONITOR any more: disconnected",
                 (unsigned long long)client->conn.id, conn_peer_text(&client->conn, who));
    disconnect(client);
}

static void end_no_evict(struct client *client)
{
    client->flags &= ~(uint32_t)CLIENT_NO_EVICT;
}

/* A stream, a wait or a privilege that goes on after the command that began it. */
struct standing {
    uint32_t flag; /* of clients that have it */
    const char *command;
    struct arg argv[3]; /* the request that began it, and would begin it again */
    int argc;
    void (*end)(struct client *client); /* its rights don't suffice any more */
};

#define WORD(text)                                                                                                     \
    {                                                                                                                  \
        text, sizeof(text) - 1, NULL                                                                                   \
    }
static const struct standing standings[] = {
    {CLIENT_MONITOR, "monitor", {WORD("monitor")}, 1, end_monitor},
    {CLIENT_NO_EVICT, "client|no-evict", {WORD("client"), WORD("no-evict"), WORD("on")}, 3, end_no_evict},
    {CLIENT_TRACKER, "client|tracking", {WORD("client"), WORD("tracking"), WORD("on")}, 3, tracking_stop},
};
#define STANDING_FLAGS (CLIENT_MONITOR | CLIENT_NO_EVICT | CLIENT_SUBSCRIBED | CLIENT_TRACKER)

static bool may_stay_subscribed(void *client, const struct channel *channel)
{
    static const char *const commands[] = {
        [CHANNEL_PLAIN] = "subscribe", [CHANNEL_PATTERN] = "psubscribe", [CHANNEL_SHARD] = "ssubscribe"};
    const char *name = commands[channel->kind];
    struct arg argv[] = {{name, strlen(name), NULL}, {channel->name, channel->len, NULL}};
    return guard_allows(client, command_find_original(name, strlen(name)), argv, 2);
}

/* What it is subscribed to is as if it asked for each by itself. */
static void review_subscriptions(struct client *client)
{
    static struct log_flood flood = LOG_FLOOD("clients that may not listen to a channel any more", LOG_FLOOD_LINES);
    char who[CONN_PEER_TEXT_MAX];
    if (subscriber_all(client_subscriber(client), may_stay_subscribed, client))
        return;
    log_flooding(&flood, LOG_LEVEL_NOTICE, "client %llu (%s) may not listen to its channels any more: disconnected",
                 (unsigned long long)client->conn.id, conn_peer_text(&client->conn, who));
    disconnect(client);
}

static __attribute__((noinline)) void review_standings(struct client *client)
{
    if (client->flags & CLIENT_SUBSCRIBED)
        review_subscriptions(client);
    for (size_t i = 0; i < sizeof standings / sizeof standings[0]; i++) {
        const struct standing *standing = &standings[i];
        const struct command *command = command_find_original(standing->command, strlen(standing->command));
        if ((client->flags & standing->flag) && !guard_allows(client, command, standing->argv, standing->argc))
            standing->end(client);
    }
}

/* A request that waits is asked for anew; if it may not be made any more, that is its answer. */
static void review_wait(struct client *client)
{
    struct reply reply;
    const struct waiter *waiter = waiting_of(client);
    if (!waiter || guard_allows(client, waiter->command, waiter->argv, waiter->argc) ||
        !waiting_answer_begin(client, &reply))
        return;
    guard_admits(client->server, client, waiter->command, waiter->argv, waiter->argc, &reply);
    waiting_refusal_end(client, &reply);
}

static void set_guarded(struct client *client)
{
    bool free = !guard_must_log_in(client) && guard_is_admin(client) && user_is_unrestricted(client->user);
    client->flags = free ? client->flags & ~(uint32_t)CLIENT_GUARDED : client->flags | CLIENT_GUARDED;
    if (!free && (client->flags & STANDING_FLAGS))
        review_standings(client);
    if (!free && client->extra)
        review_wait(client);
}

void guard_become(struct client *client, struct user *user, bool authenticated)
{
    struct user *before = client->user;
    client->user = user ? user_retain(user) : NULL;
    if (before)
        user_release(before);
    client->flags &= ~(uint32_t)(CLIENT_AUTHENTICATED | CLIENT_GIVEN_USER);
    if (authenticated)
        client->flags |= CLIENT_AUTHENTICATED;
    set_guarded(client);
}

void guard_forget(struct client *client)
{
    if (client->user)
        user_release(client->user);
    client->user = NULL;
}

/* ---- coming in ---- */

static void warn_of_missing_user(const char *path, const char *name)
{
    static struct log_flood flood = LOG_FLOOD("clients without the user of their socket", 1);
    log_flooding(&flood, LOG_LEVEL_WARNING,
                 "socket %s: its user '%s' does not exist or is off, so its clients may do nothing but log in; "
                 "create it with ACL SETUSER %s on ...",
                 path, name, name);
}

/*
 * The user that the socket's clients start as: false if the socket names none, true with NULL if it names one that
 * isn't there.
 */
static bool user_of_socket(struct server *server, const struct origin *origin, struct user **user_out)
{
    const char *name = origin_user(origin);
    if (!name || *name == '\0')
        return false;
    struct user *user = acl_find(server->acl, name, strlen(name));
    if (user && !(user_flags(user) & USER_ENABLED))
        user = NULL;
    if (!user)
        warn_of_missing_user(origin_path(origin), name);
    *user_out = user;
    return true;
}

void guard_welcome(struct server *server, struct client *client)
{
    const struct conn *conn = &client->conn;
    struct user *user = acl_user_of_peer(server->acl, conn->peer.uid, conn->peer.gid, conn->fd);
    if (user || user_of_socket(server, conn->origin, &user)) {
        guard_become(client, user, user != NULL);
        client->flags |= CLIENT_GIVEN_USER;
        return;
    }
    user = acl_default(server->acl);
    guard_become(client, user, needs_no_password(user));
}

/* Whether one of the user's peer: rules matches the process at the other end. */
static bool is_peer_of(const struct client *client, const struct user *user)
{
    const struct conn *conn = &client->conn;
    gid_t *groups = NULL;
    if (!user_has_peer_rules(user))
        return false;
    size_t count = user_has_peer_groups(user) ? peer_groups_of_socket(conn->fd, &groups) : 0;
    bool is_peer = user_has_peer(user, conn->peer.uid, conn->peer.gid, groups, count);
    mem_free(groups);
    return is_peer;
}

/* ---- refusals ---- */

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){text, strlen(text)};
}

static enum acl_log_context context_of(const struct client *client)
{
    if (client->flags & CLIENT_IN_SCRIPT)
        return ACL_LOG_LUA;
    return client->flags & CLIENT_MULTI ? ACL_LOG_MULTI : ACL_LOG_TOPLEVEL;
}

/* What a script calls isn't its client's command: that is EVAL. */
static void note_refusal(const struct call *call, enum acl_log_reason reason, struct bytes object, struct bytes user)
{
    struct text line = TEXT_EMPTY;
    enum acl_log_context context = context_of(call->client);
    client_describe_briefly(&line, call->client, context == ACL_LOG_LUA ? NULL : call, clock_monotonic_ms());
    acl_log_add(&(struct acl_refusal){reason, object, user, {line.data, line.len}, context},
                call->server->config.acllog_max_len);
    text_deinit(&line);
}

bool guard_login(struct call *call, const struct arg *name, const struct arg *password)
{
    struct client *client = call->client;
    struct user *user = acl_find(call->server->acl, name->data, name->len);
    if (user && (user_flags(user) & USER_ENABLED) &&
        (user_password_is_right(user, password->data, password->len) || is_peer_of(client, user))) {
        guard_become(client, user, true);
        return true;
    }
    note_refusal(call, ACL_LOG_AUTH, redact_argument(call->argc, call->argv, 0), (struct bytes){name->data, name->len});
    return false;
}

/* ---- before each command ---- */

bool guard_allows(const struct client *client, const struct command *command, const struct arg *argv, int argc)
{
    int index;
    if (guard_must_log_in(client))
        return false;
    return command->access <= origin_access(client->conn.origin) &&
           user_check(client->user, command, argv, argc, &index) == USER_ALLOWED;
}

void guard_refuse(const struct call *call, enum access_level needed)
{
    struct origin *origin = call->client->conn.origin;
    const char *name = command_full_name(call->command);
    atomic_fetch_add_explicit(&origin_counts(origin)->denied, 1, memory_order_relaxed);
    note_refusal(call, ACL_LOG_SOCKET, bytes_of(name), client_user_name(call->client));
    reply_errorf(call->reply, "NOPERM socket %s allows access=%s; '%s' needs access=%s", origin_path(origin),
                 access_level_name(origin_access(origin)), name, access_level_name(needed));
}

/* Answers that the user may not do this; argument number index is the one at fault. */
static void refuse_user(const struct call *call, enum user_verdict verdict, int index)
{
    const char *full_name = command_full_name(call->command);
    struct bytes name = user_name(call->client->user), object = redact_argument(call->argc, call->argv, index);
    if (verdict == USER_DENIED_COMMAND) {
        note_refusal(call, ACL_LOG_COMMAND, bytes_of(full_name), name);
        reply_errorf(call->reply, "NOPERM User %.*s has no permissions to run the '%s' command", (int)name.len,
                     name.data, full_name);
    } else if (verdict == USER_DENIED_KEY) {
        note_refusal(call, ACL_LOG_KEY, object, name);
        reply_error(call->reply, "NOPERM No permissions to access a key");
    } else {
        note_refusal(call, ACL_LOG_CHANNEL, object, name);
        reply_error(call->reply, "NOPERM No permissions to access a channel");
    }
}

static bool admits(const struct call *call)
{
    const struct client *client = call->client;
    int index = 0;
    if (guard_must_log_in(client)) {
        if (call->command->flags & CMD_NO_AUTH)
            return true;
        reply_error(call->reply, "NOAUTH Authentication required.");
        return false;
    }
    if (call->command->access > origin_access(client->conn.origin)) {
        guard_refuse(call, call->command->access);
        return false;
    }
    enum user_verdict verdict = user_check(client->user, call->command, call->argv, call->argc, &index);
    if (verdict == USER_ALLOWED)
        return true;
    refuse_user(call, verdict, index);
    return false;
}

bool guard_admits(struct server *server, struct client *client, const struct command *command, struct arg *argv,
                  int argc, struct reply *reply)
{
    return admits(&(struct call){
        .server = server, .client = client, .command = command, .argc = argc, .argv = argv, .reply = reply});
}

bool guard_admits_queued(const struct call *call)
{
    static const char *const reasons[] = {
        [USER_DENIED_COMMAND] = "no permission to execute the command or subcommand",
        [USER_DENIED_KEY] = "no permission to touch the specified keys",
        [USER_DENIED_CHANNEL] = "no permission to access one of the channels used as arguments to the command",
    };
    struct output aside = {0}; /* what it would have been answered when it was queued */
    struct reply refusal;
    int index = 0;
    enum user_verdict verdict = USER_DENIED_COMMAND;
    reply_begin(&refusal, &aside, 2);
    struct call asked = *call;
    asked.reply = &refusal;
    bool admitted = admits(&asked);
    reply_end(&refusal);
    output_clear(&aside);
    if (admitted)
        return true;
    if (!guard_must_log_in(call->client) && call->command->access <= origin_access(call->client->conn.origin))
        verdict = user_check(call->client->user, call->command, call->argv, call->argc, &index);
    reply_errorf(call->reply,
                 "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This "
                 "command is no longer allowed for the following reason: %s",
                 reasons[verdict]);
    return false;
}

/* ---- when users change ---- */

static void refresh_client(struct client *client, void *context)
{
    if (!client->user)
        guard_welcome(context, client); /* its user may be there by now */
    else
        set_guarded(client);
}

void guard_refresh(struct server *server)
{
    each_client(refresh_client, server);
}

static void expel_client(struct client *client, void *context)
{
    if (client->user != context)
        return;
    guard_become(client, NULL, false); /* whatever it may still have asked for, it has no rights */
    disconnect(client);
}

void guard_expel(struct user *user)
{
    each_client(expel_client, user);
}

/* A user as it was before the list was loaded. */
struct former_user {
    struct user *user; /* counted */
    struct text rules;
};

/* Whether its name is gone or stands for something else. */
static bool has_changed(const struct acl *acl, const struct former_user *former)
{
    struct bytes name = user_name(former->user);
    if (acl_find(acl, name.data, name.len) != former->user)
        return true;
    struct text rules = TEXT_EMPTY;
    acl_describe_user(former->user, &rules);
    bool changed = !bytes_equal(rules.data, rules.len, former->rules.data, former->rules.len);
    text_deinit(&rules);
    return changed;
}

int guard_load_users(struct server *server, const char *path, char **error_out)
{
    size_t count = acl_count(server->acl);
    struct former_user *former = mem_calloc(count * sizeof *former);
    for (size_t i = 0; i < count; i++) {
        former[i].user = user_retain(acl_at(server->acl, i));
        acl_describe_user(former[i].user, &former[i].rules);
    }
    int result = acl_load(server->acl, path, error_out);
    for (size_t i = 0; i < count; i++) {
        if (result == 0 && former[i].user != acl_default(server->acl) && has_changed(server->acl, &former[i]))
            guard_expel(former[i].user);
        user_release(former[i].user);
        text_deinit(&former[i].rules);
    }
    mem_free(former);
    guard_refresh(server);
    if (result == 0)
        absent_remark_log(server->acl, path);
    return result;
}
