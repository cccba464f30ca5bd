/*
 * A request's arguments as others may see them: whatever shows arguments (slow log, MONITOR, ACL log) takes them from
 * here. The command table says which are secret (struct secret_spec), and the table of directives which values are; of
 * a command inside another (ACL DRYRUN user AUTH password) the same holds. Of what the table doesn't know only the name
 * is shown. Nothing is assumed about the request's shape, since it may not be well-formed. Any thread.
 */
#ifndef KVS_RECORD_REDACT_H
#define KVS_RECORD_REDACT_H

#include "base/bytes.h"

#include <stdbool.h>

#define REDACTED "(redacted)"

struct secret_spec;

/* A walk over the arguments, from the first on, each of which is looked at once. */
struct redaction {
    /* private to the functions below */
    const struct arg *argv;
    int argc;
    int at;                           /* the next argument */
    int command_at;                   /* where the innermost command so far begins */
    const struct secret_spec *secret; /* of that command, NULL: none */
    int hidden_to;                    /* arguments before this one are hidden */
    const char *hidden_until;         /* then those before this word; NULL: none */
    bool well_formed;                 /* SECRET_DIRECTIVES: every name is one, and has a value */
};

/* argc is at least 1. argv is borrowed until the walk is over. */
struct redaction redact_begin(int argc, const struct arg *argv);

/* The next argument, REDACTED if it is secret. Called up to argc times. The bytes are argv's. */
struct bytes redact_next(struct redaction *redaction);

/* One argument by its number, found by such a walk. */
struct bytes redact_argument(int argc, const struct arg *argv, int index);

#endif
