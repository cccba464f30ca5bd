/*
 * The commands that Redis has and kvs-server doesn't yet, under the names that COMMAND LIST gives them: "hset",
 * "client|tracking".
 *
 * kvs-cli has a list of its own since it shares no code with the server; tests hold it against the server's.
 */
#ifndef KVS_CLIENT_SESSION_UNSERVED_COMMANDS_H
#define KVS_CLIENT_SESSION_UNSERVED_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

/* A name in lower case; NULL behind the last. */
const char *unserved_command_at(size_t index);

/* In any case. */
bool unserved_commands_have(const char *name);

#endif
