/*
 * Refusals: what a client is told whose request is not run. Clients match these texts, so they are Redis's.
 *
 * What a user or a socket file may not do is refused by the guard (guard.h). By the client's worker.
 */
#ifndef KVS_ENGINE_REFUSAL_H
#define KVS_ENGINE_REFUSAL_H

struct arg;
struct client;
struct command;
struct reply;

#define REFUSAL_NO_MEMORY "OOM command not allowed when used memory > 'maxmemory'."
#define REFUSAL_PROTECTED                                                                                              \
    "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", "                          \
    "you can run it from a local connection, otherwise you need to set this option "                                   \
    "in the configuration file, and then restart the server."

/*
 * There is no such command, or container has no such subcommand (NULL: it is the command that isn't there). A client that
 * turns out to be a web browser is disconnected without a word.
 */
void refuse_unknown(struct client *client, const struct command *container, const struct arg *argv, int argc,
                    struct reply *reply);

void refuse_arity(const struct command *command, struct reply *reply);

/* A command that stops the world or takes locks of its own can't run inside one that doesn't stop it. */
void refuse_inside(const struct command *command, struct reply *reply);

#endif
