/*
 * What the server says about its commands (COMMAND DOCS): names, summaries, groups, arguments. From it come completion,
 * hints and HELP, so every command that a server gains is known at once, Redis's and Valkey's too.
 *
 * A server that does not document its commands (Redis before 7) leaves names without arguments, from COMMAND; one
 * that says nothing, or nothing to this user, leaves no commands at all.
 *
 * Nothing in it can harm a terminal or a line: texts are printable ASCII of bounded length (other bytes became '?'),
 * names and tokens are single words without quotes, and nesting and size are bounded. What was malformed is left out.
 */
#ifndef KVS_CLIENT_PROMPT_DOCUMENTATION_H
#define KVS_CLIENT_PROMPT_DOCUMENTATION_H

#include "session/session.h"

#include <stdbool.h>
#include <stddef.h>

#define DOCUMENTATION_MAX_DEPTH 16       /* of arguments in arguments */
#define DOCUMENTATION_MAX_ARGUMENTS 1024 /* of a command, at all depths together */
#define DOCUMENTATION_MAX_NAME 64        /* bytes of a name or token */
#define DOCUMENTATION_MAX_TEXT 1024      /* bytes of any other text; the rest is cut */

enum argument_type {
    ARGUMENT_VALUE, /* the user's to give: a string, number, time, pattern ... */
    ARGUMENT_KEY,
    ARGUMENT_PURE_TOKEN, /* nothing but its token */
    ARGUMENT_ONEOF,      /* one of its arguments; at least one is there */
    ARGUMENT_BLOCK,      /* its arguments, in order; at least one is there */
};

struct command_argument {
    const char *name;  /* as shown: COMMAND DOCS's display_text, else name */
    const char *token; /* typed before it, in upper case ("" is an empty word), or NULL */
    enum argument_type type;
    bool is_optional, is_multiple; /* an alternative of a oneof is never optional */
    bool is_multiple_token;        /* the token is repeated with it */
    const struct command_argument *arguments;
    size_t count;
};

struct command_entry {
    const char *name; /* in lower case; of a subcommand with its container's: "config get" */
    const char *summary, *since, *group, *complexity; /* NULL: unknown */
    const char *deprecated_since, *replaced_by;       /* NULL: it isn't, or unknown */
    const struct command_argument *arguments;
    size_t argument_count;
    const struct command_entry *subcommands; /* in the order of their names */
    size_t subcommand_count;
};

struct documentation;

/* Everywhere NULL stands for a documentation without commands. */

/* Asks on the session's connection, which must be neither in MULTI (the question would be queued) nor subscribed.
 * Prints nothing unless the connection is lost meanwhile, as session_query() does. Never NULL; without an answer it is
 * empty, and another may be loaded in its place later (after AUTH). */
struct documentation *documentation_load(struct session *session);

/* The error, printable, with which the server refused documentation_load() its question (NOPERM, NOAUTH); NULL: it did
 * not. Lives as long as the documentation. */
const char *documentation_refusal(const struct documentation *documentation);

/* From the reply to COMMAND DOCS, and from that to COMMAND, which stays the caller's. Empty for a reply of another
 * form. */
struct documentation *documentation_read(const struct reply *docs);
struct documentation *documentation_read_names(const struct reply *commands);
void documentation_destroy(struct documentation *documentation);

/* In the order of their names. */
const struct command_entry *documentation_entries(const struct documentation *documentation, size_t *count_out);

/* A command by its name in any case; with a subcommand's name, that one alone. NULL: unknown. */
const struct command_entry *documentation_find(const struct documentation *documentation, const char *name,
                                               const char *subcommand);

/* The last word of a command's name: "get" of "config get". */
const char *command_entry_last_name(const struct command_entry *entry);

#endif
