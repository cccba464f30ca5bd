/*
 * What is known of a script before its request runs.
 */
#ifndef KVS_ENGINE_SCRIPT_REQUEST_H
#define KVS_ENGINE_SCRIPT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

struct arg;
struct command;

#define SCRIPT_REQUEST_ROOM ((size_t)64 << 10) /* bytes of memory that a script may need, until it asks for more */

/* Whether a script or function of a command with CMD_SCRIPT says by a flag that it writes nothing. */
bool script_request_reads(const struct command *command, const struct arg *argv, int argc);

/* Whether one says by flags what it may do, and writing is among it. False: it doesn't say, or it isn't. */
bool script_request_announces_writes(const struct command *command, const struct arg *argv, int argc);

/*
 * Whether a script or function of a command with CMD_SCRIPT may not run while memory is over maxmemory: it says by flags
 * what it may do, and that isn't among it.
 */
bool script_request_denies_oom(const struct command *command, const struct arg *argv, int argc);

#endif
