/*
 * The guard: whether a client may run a command.
 *
 * Three things are asked, in this order: has it logged in (where the default user wants a password), does the socket
 * file it came through allow that much (its ceiling), and does its user. A client for which the answer can only be yes
 * is not CLIENT_GUARDED, and costs nothing.
 *
 * A client without a user (NULL: its socket names one that isn't there or is off) may only log in, RESET and QUIT.
 */
#ifndef KVS_ENGINE_GUARD_H
#define KVS_ENGINE_GUARD_H

#include "base/access_level.h"
#include "base/bytes.h"
#include "engine/client.h"

#include <stdbool.h>

struct call;
struct command;
struct reply;
struct server;
struct user;

/* ---- by the client's worker, inside the gate ---- */

/* A connection has come, or is RESET: decides which user it starts as (peer's, socket's, default). */
void guard_welcome(struct server *server, struct client *client);

/* The client is this user from now on (NULL: none); authenticated tells whether it has shown who it is, or need not. */
void guard_become(struct client *client, struct user *user, bool authenticated);

/* Before a client is freed. */
void guard_forget(struct client *client);

/* Whether it may, without saying why not: for groups. argc fits the arity. */
bool guard_allows(const struct client *client, const struct command *command, const struct arg *argv, int argc);

/* Whether it may; else answers with the reason, and notes it in the ACL log. */
bool guard_admits(struct server *server, struct client *client, const struct command *command, struct arg *argv,
                  int argc, struct reply *reply);

/* Whether the client must log in before anything else. */
bool guard_must_log_in(const struct client *client);

/* Whether the socket file lets this client do what an administrator does. */
bool guard_is_admin(const struct client *client);

/* Answers that the socket file doesn't allow what needs this level; counted, and noted in the ACL log. */
void guard_refuse(const struct call *call, enum access_level needed);

/*
 * Tries to log in. True: the client is that user now. False: nothing has changed but the ACL log; the caller answers
 * with GUARD_WRONG_PASSWORD.
 */
bool guard_login(struct call *call, const struct arg *name, const struct arg *password);
#define GUARD_WRONG_PASSWORD "WRONGPASS invalid username-password pair or user is disabled."

/* ---- world stopped ---- */

/* A user, the default password or a socket's access has changed: looks at all clients anew. */
void guard_refresh(struct server *server);

/* Disconnects the clients of a user that is no more: self, on whose behalf this is (or NULL), after its reply. */
void guard_expel(const struct user *user, struct client *self);

/*
 * acl_load(), and what follows from it for clients: those of users that are gone or have other rules now are
 * disconnected, except those of default. On failure nothing has changed.
 */
int guard_load_users(struct server *server, const char *path, struct client *self, char **error_out);

#endif
