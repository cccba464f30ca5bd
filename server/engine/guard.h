/*
 * The guard: whether a client may run a command.
 *
 * Three questions are asked, in this order: whether it has logged in (where the default user needs a password), whether
 * the socket file that it came through allows that much (its ceiling), and whether its user may. A client for which the
 * answer can only be yes is not CLIENT_GUARDED, and costs nothing.
 *
 * Whatever a client was allowed once and goes on with (MONITOR, CLIENT NO-EVICT) is asked for again whenever its rights
 * change, as if it sent the request just then; what it may not begin any more ends. So is the request with which it
 * waits for a key (waiting.h). Other requests that wait (held.h) are asked for when they run. Whoever adds something that streams or lasts adds a row to guard.c's table.
 *
 * A client without a user (NULL, when its socket names one that isn't there or is off) may only log in, RESET and QUIT.
 */
#ifndef KVS_ENGINE_GUARD_H
#define KVS_ENGINE_GUARD_H

#include "base/access_level.h"
#include "base/bytes.h"
#include "clients/client.h"

#include <stdbool.h>

struct call;
struct command;
struct reply;
struct server;
struct user;

/* ---- by the client's worker, inside the gate ---- */

/* A connection has come, or is RESET: decides which user it starts as (peer's, socket's, default). */
void guard_welcome(struct server *server, struct client *client);

/* The client is this user from now on (NULL: none); authenticated says whether it has shown who it is, or need not. */
void guard_become(struct client *client, struct user *user, bool authenticated);

/* Gives up the client's user before the client is freed. */
void guard_forget(struct client *client);

/* Whether the client may run the command, without answering why not: for groups. argc fits the arity. */
bool guard_allows(const struct client *client, const struct command *command, const struct arg *argv, int argc);

/* Whether the client may run the command; if not, answers with the reason and notes it in the ACL log. */
bool guard_admits(struct server *server, struct client *client, const struct command *command, struct arg *argv,
                  int argc, struct reply *reply);

/* The same for a request that the client had queued, when EXEC comes to it: its rights may have changed meanwhile. */
bool guard_admits_queued(const struct call *call);

/* Whether the client must log in before anything else. */
bool guard_must_log_in(const struct client *client);

/* Whether the socket file has the ceiling admin, so that this client may do what an administrator does. */
bool guard_is_admin(const struct client *client);

/*
 * Answers that the command needs this level, which the socket file doesn't allow; counts that, and notes it in the ACL
 * log.
 */
void guard_refuse(const struct call *call, enum access_level needed);

/*
 * Tries to log in. True: the client is that user now. False: nothing but the ACL log has changed; the caller answers
 * with GUARD_WRONG_PASSWORD.
 */
bool guard_login(struct call *call, const struct arg *name, const struct arg *password);
#define GUARD_WRONG_PASSWORD "WRONGPASS invalid username-password pair or user is disabled."

/* ---- world stopped ---- */

/*
 * A user, the default password or a socket's access has changed: works out all clients' rights again, and ends what
 * they don't suffice for any more. A monitor is disconnected: nothing more is sent to it, except a reply to itself.
 */
void guard_refresh(struct server *server);

/*
 * Disconnects the clients of a user that has been removed: at once, or the one that runs this command (server->actor)
 * after its reply.
 */
void guard_expel(struct user *user);

/*
 * acl_load() and its consequences for clients: those of users that are gone or have other rules than before are
 * disconnected as by guard_expel(), except those of default. Returns acl_load()'s result; on failure nothing has
 * changed.
 */
int guard_load_users(struct server *server, const char *path, char **error_out);

#endif
