/*
 * What the server says about its commands (COMMAND DOCS): names, summaries, groups, arguments. From it come
 * completion, hints and HELP, so every command that a server learns is known at once, Redis's and Valkey's too.
 *
 * A server that does not document its commands (Redis before 7) leaves names without arguments, from COMMAND; one
 * that says nothing leaves no commands at all. Texts are the server's: whoever shows one on a terminal makes it
 * printable first (quoting_copy_printable()).
 */
#ifndef KVS_CLIENT_PROMPT_DOCUMENTATION_H
#define KVS_CLIENT_PROMPT_DOCUMENTATION_H

#include "session/session.h"

#include <stdbool.h>
#include <stddef.h>

enum argument_type {
    ARGUMENT_VALUE, /* the user's to give: a string, number, time, pattern ... */
    ARGUMENT_KEY,
    ARGUMENT_PURE_TOKEN, /* nothing but its token */
    ARGUMENT_ONEOF,      /* one of its arguments */
    ARGUMENT_BLOCK,      /* its arguments, in order */
};

struct command_argument {
    const char *name;  /* as shown: COMMAND DOCS's display_text, else name */
    const char *token; /* typed before it, or NULL */
    enum argument_type type;
    bool is_optional, is_multiple, is_multiple_token;
    const struct command_argument *arguments;
    size_t count;
};

struct command_entry {
    const char *name;                                 /* of a subcommand with its container's: "config get" */
    const char *summary, *since, *group, *complexity; /* NULL: unknown */
    const struct command_argument *arguments;
    size_t argument_count;
    const struct command_entry *subcommands;
    size_t subcommand_count;
};

struct documentation;

/* Asks on the session's connection. Never NULL; a lost connection leaves it empty (and was said). */
struct documentation *documentation_load(struct session *session);
void documentation_destroy(struct documentation *documentation);

/* In the order of their names. */
const struct command_entry *documentation_entries(const struct documentation *documentation, size_t *count_out);

/* A command by its name in any case, and its subcommand if that is given and there. NULL: unknown. */
const struct command_entry *documentation_find(const struct documentation *documentation, const char *name,
                                               const char *subcommand);

#endif
