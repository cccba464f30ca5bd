/*
 * One of the two servers of a copy, as far as both are treated alike: what it is called, which database its connection
 * is in, and how its loss and its lacks are told.
 *
 * Messages begin with "kvs-cli: --copy-from: " and go to standard error.
 */
#ifndef KVS_CLIENT_MODES_COPY_SIDE_H
#define KVS_CLIENT_MODES_COPY_SIDE_H

#include "core/exit_codes.h"
#include "session/session.h"

#include <stdbool.h>

struct copy_side {
    struct session *session; /* connected */
    const char *path;
    char product[64]; /* such as "Redis 7.0.15", for messages; may be empty */
    bool has_info;    /* it answers INFO, which restricted users may be refused */
    int database;     /* that the connection is in */
};

/* Asks as session_ask() does, but a loss is told in this header's way, and Ctrl-C, which says nothing, is
 * EXIT_CODE_INTERRUPTED. */
enum exit_code copy_side_ask(struct copy_side *side, const char *const *words, struct reply **reply_out);

/*
 * Goes to a database. NULL in `*refusal_out`: it is there; otherwise the server's error reply, which is the caller's.
 */
enum exit_code copy_side_select(struct copy_side *side, int database, struct reply **refusal_out);

/* Says why its connection is of no more use. */
void copy_side_tell_loss(const struct copy_side *side, enum connection_status status);

/* Says that it lacks a command: EXIT_CODE_ERROR_REPLY. */
enum exit_code copy_side_lacks(const struct copy_side *side, const char *command);

#endif
