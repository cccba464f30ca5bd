/*
 * What a person at a terminal is told about a command that the server doesn't know: that Redis has it and kvs-server
 * doesn't yet, or which name was probably meant.
 */
#ifndef KVS_CLIENT_SESSION_UNKNOWN_COMMAND_H
#define KVS_CLIENT_SESSION_UNKNOWN_COMMAND_H

#include "connection/reply.h"
#include "core/quoting.h"
#include "session/session.h"

#include <stdio.h>

/* What was said already. Begins as zero; release with unknown_command_deinit(). */
struct unknown_command {
    char *last;                  /* the name that was explained last, or NULL: not twice in a row */
    unsigned refused_generation; /* of the session, whose user may not ask for the names (1 up) */
};

void unknown_command_deinit(struct unknown_command *unknown);

/* Prints a line, or nothing when the reply is another error, nothing is known, or it was said just now. May ask the
 * server which commands there are, but not for a user who may be forbidden to ask. */
void unknown_command_explain(struct unknown_command *unknown, FILE *out, struct session *session,
                             const struct arguments *arguments, const struct reply *reply);

#endif
