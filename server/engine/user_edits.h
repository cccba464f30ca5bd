/*
 * User edits: what an edit of the `user` lines and of requirepass means for the users of a running server (SIGHUP).
 *
 * Two readings of the sources are compared by the users that the start would make of them. Users that differ are set
 * anew, new ones are made, and those whose lines are gone are removed. Users that only clients have made or changed
 * stay as they are. Main thread.
 */
#ifndef KVS_ENGINE_USER_EDITS_H
#define KVS_ENGINE_USER_EDITS_H

#include <stdbool.h>

struct config;
struct server;
struct user_edits;

/* NULL: users are the same, or have a file of their own. The world need not stop. */
struct user_edits *user_edits_find(struct config *last, struct config *next);

/* Whether they change anything: those that are in effect already don't. World stopped. */
bool user_edits_change(const struct user_edits *edits, const struct server *server);

/*
 * Brings them into effect. Clients of users that are removed or have other rights are disconnected, those of default
 * excepted. Frees the edits. World stopped.
 */
void user_edits_apply(struct user_edits *edits, struct server *server);

void user_edits_free(struct user_edits *edits);

#endif
