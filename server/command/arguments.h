/*
 * Reading arguments: each function returns true and writes the value, or replies with Redis's error and
 * returns false. On the worker that runs the call.
 */
#ifndef KVS_COMMAND_ARGUMENTS_H
#define KVS_COMMAND_ARGUMENTS_H

#include "command/call.h"

#include <stdbool.h>
#include <stdint.h>

/* A canonical decimal int64_t. */
bool argument_i64(struct call *call, const struct arg *arg, int64_t *value_out);

/* The same, within the range of an int. message is the error reply; NULL: Redis's usual ones. */
bool argument_int(struct call *call, const struct arg *arg, const char *message, int *value_out);

/* The number of an existing database. */
bool argument_db(struct call *call, const struct arg *arg, int *db_out);

#endif
