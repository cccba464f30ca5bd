/*
 * Refusals: the answers to requests that are not run. Clients match these texts, so they are Redis's.
 *
 * The guard refuses what a user may not do or a socket file doesn't allow (guard.h). By the client's worker.
 */
#ifndef KVS_ENGINE_REFUSAL_H
#define KVS_ENGINE_REFUSAL_H

struct arg;
struct client;
struct command;
struct reply;

#define REFUSAL_IN_TRANSACTION "ERR Command not allowed inside a transaction"
#define REFUSAL_NO_MEMORY "OOM command not allowed when used memory > 'maxmemory'."
#define REFUSAL_LOADING "LOADING Redis is loading the dataset in memory"
#define REFUSAL_UNSAVED                                                                                                \
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that "  \
    "may modify the data set are disabled, because this instance is configured to report errors during writes if RDB " \
    "snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB "  \
    "error."
#define REFUSAL_PROTECTED                                                                                              \
    "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", "                          \
    "you can run it from a local connection, otherwise you need to set this option "                                   \
    "in the configuration file, and then restart the server."

/*
 * For a command that doesn't exist (container is NULL), or a subcommand that container doesn't have. A client that
 * turns out to be a web browser is disconnected without an answer.
 */
void refuse_unknown(struct client *client, const struct command *container, const struct arg *argv, int argc,
                    struct reply *reply);

/* For a number of arguments that the command can't have. */
void refuse_arity(const struct command *command, struct reply *reply);

/* A command that stops the world or takes locks of its own can't run inside one that doesn't stop it. */
void refuse_inside(const struct command *command, struct reply *reply);

#endif
