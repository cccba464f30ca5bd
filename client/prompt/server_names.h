/*
 * Names that only the server knows: its directives (CONFIG GET), keys (SCAN), and functions and their libraries
 * (FUNCTION LIST). They are asked for when somebody wants a word completed, never before, and not again where the user
 * may not ask: a refusal stands in the server's ACL LOG.
 */
#ifndef KVS_CLIENT_PROMPT_SERVER_NAMES_H
#define KVS_CLIENT_PROMPT_SERVER_NAMES_H

#include "connection/reply.h"
#include "core/quoting.h"

#include <stdbool.h>
#include <stddef.h>

struct server_names;

/* The way to the server; each gets the `context` of server_names_create(). */
struct server_names_calls {
    /* Another number for each connection and each user; 0: nothing can be asked now. */
    unsigned (*generation)(void *context);

    /* Takes what `arguments` holds. The reply is the caller's to destroy; NULL: there is none, which was told. */
    struct reply *(*ask)(void *context, struct arguments *arguments);
};

struct directive {
    char *name;     /* a single word of printable ASCII */
    bool is_switch; /* its value is yes or no */
};

struct server_names *server_names_create(const struct server_names_calls *calls, void *context);
void server_names_destroy(struct server_names *names);

/* All directives, in the order of their names; asked for once for each connection and user. None where `names` is NULL
 * or the server doesn't tell. They live until the next call. */
const struct directive *server_names_directives(struct server_names *names, size_t *count_out);

/*
 * The keys that begin with a prefix, of any bytes, sorted, for the caller to release (arguments_deinit()). The search
 * is bounded, in rounds and time; false: it didn't get to the end, there may be more. Very long keys are left out.
 */
bool server_names_find_keys(struct server_names *names, const char *prefix, size_t length, struct arguments *keys_out);

enum function_names {
    FUNCTION_NAMES_ANY,
    FUNCTION_NAMES_NO_WRITES, /* of functions that say that they don't write */
    FUNCTION_NAMES_LIBRARIES,
};

/* The names that begin with a prefix, sorted, for the caller to release. They are asked for each time: whoever loads
 * functions wants to see them. */
void server_names_find_functions(struct server_names *names, enum function_names kind, const char *prefix,
                                 size_t length, struct arguments *names_out);

#endif
