/*
 * What is different after a connection took the place of an earlier one, in one line: another process serves, a
 * transaction is lost, the user or the database is another.
 */
#ifndef KVS_CLIENT_SESSION_RECONNECTION_H
#define KVS_CLIENT_SESSION_RECONNECTION_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* What a connection was, or is. */
struct connection_state {
    pid_t pid; /* of the server; 0: unknown */
    int database;
    bool in_multi;
    char user[64]; /* empty: default, or unknown */
};

/* `is_loss`: the earlier connection was lost, which is worth a line even when nothing changed; one that was replaced on
 * purpose (to end a wait) is not. */
void reconnection_tell(FILE *out, const char *path, const struct connection_state *before,
                       const struct connection_state *now, bool is_loss);

#endif
